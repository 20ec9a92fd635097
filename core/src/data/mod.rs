//! Test sets, training sets and reward files in and out.

mod error;
pub mod layout;
mod location;

use std::path::PathBuf;

pub use error::DataError;
pub use location::{HubReference, Location};

use crate::Category;

/// The files on this machine that hold a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesOfCategory {
    /// The category.
    pub category: Category,
    /// Its files, in order: one, or the shards of a split.
    pub paths: Vec<PathBuf>,
}
