//! A model's repository: which files it has, and any one of them on demand.

use std::path::PathBuf;

use super::kind::RepositoryKind;
use super::{Hub, HubError, Snapshot};
use crate::data::HubReference;

/// The files of a model on the hub at one commit. Which of them make up a model is for the reader of models to say, so
/// nothing is loaded until it is asked for.
///
/// ```no_run
/// use touchstone::data::HubReference;
/// use touchstone::hub::{Hub, HubSettings};
///
/// let reference = HubReference { repository: "namespace/name".into(), revision: "main".into() };
/// let hub = Hub::new(HubSettings::from_environment(|name| std::env::var(name).ok()))?;
/// let model = hub.model(&reference)?;
/// for file in model.files().iter().filter(|file| file.ends_with(".safetensors")) {
///     println!("{}", model.fetch(file)?.display());
/// }
/// # Ok::<(), touchstone::hub::HubError>(())
/// ```
pub struct ModelRepository<'a> {
    hub: &'a Hub,
    snapshot: Snapshot<'a>,
}

impl Hub {
    /// The model's repository, as the revision stands now.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn model<'a>(&'a self, reference: &'a HubReference) -> Result<ModelRepository<'a>, HubError> {
        Ok(ModelRepository { hub: self, snapshot: self.snapshot(reference, RepositoryKind::Model)? })
    }
}

impl ModelRepository<'_> {
    /// The names of its files, with the folders that they are in. Offline, where only another program has loaded the
    /// commit, these are the files that it loaded.
    pub fn files(&self) -> &[String] {
        &self.snapshot.files
    }

    /// Where this file is, after loading it into the cache if it is not there yet.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn fetch(&self, file: &str) -> Result<PathBuf, HubError> {
        self.hub.file(&self.snapshot, file)
    }
}
