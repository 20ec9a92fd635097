//! The two kinds of repository: where the hub and its cache keep each.

use hf_hub::RepoType;

/// What a repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RepositoryKind {
    DataSet,
    Model,
}

impl RepositoryKind {
    /// The part of the hub's programming interface that lists such repositories.
    pub fn listed_below(self) -> &'static str {
        match self {
            Self::DataSet => "api/datasets",
            Self::Model => "api/models",
        }
    }

    /// What stands before a repository's name in the address of its files: models have nothing there.
    pub fn files_below(self) -> &'static str {
        match self {
            Self::DataSet => "datasets/",
            Self::Model => "",
        }
    }

    pub fn repo_type(self) -> RepoType {
        match self {
            Self::DataSet => RepoType::Dataset,
            Self::Model => RepoType::Model,
        }
    }
}
