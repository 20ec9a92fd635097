//! What may be wrong with a data file.

/// A data set or reward file is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A hub reference is not of its form.
    #[error(
        "{text:?} does not name a repository of the hub: write hf://namespace/name@revision (the revision may be left out)"
    )]
    HubReference {
        /// What was written.
        text: String,
    },
}
