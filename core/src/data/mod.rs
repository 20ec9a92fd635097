//! Test sets, training sets and reward files in and out.

mod error;
pub mod layout;
mod location;

pub use error::DataError;
pub use location::{HubReference, Location};

use std::path::PathBuf;

use crate::Category;

/// The files of one category on this machine, in order (shards of a split).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesOfCategory {
    /// The category.
    pub category: Category,
    /// Its files.
    pub paths: Vec<PathBuf>,
}
