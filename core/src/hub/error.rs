//! What may go wrong with the hub.

use std::path::PathBuf;

use crate::data::layout::LayoutError;

/// The hub, or its cache, could not serve. No message holds the token, nor the query of an address (which may be signed).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The endpoint is no web address.
    #[error("HF_ENDPOINT is {endpoint:?}, which is no web address: write it as https://host or https://host/path")]
    Endpoint {
        /// What was set, without user name and password.
        endpoint: String,
    },

    /// The token cannot be sent.
    #[error(
        "the access token holds characters that no token has: check HF_TOKEN, or the token file that is used without it"
    )]
    Token,

    /// A revision that no repository can have.
    #[error("{revision:?} cannot be a revision: name a branch, a tag, a commit or refs/pr/NUMBER")]
    Revision {
        /// What was asked for.
        revision: String,
    },

    /// The repository, revision or file does not exist, as far as the hub tells.
    #[error(
        "{reference}: {missing}; check the spelling. A private repository is only found with a token that may read it \
         (set HF_TOKEN)"
    )]
    NotFound {
        /// The repository and revision.
        reference: String,
        /// What was not found.
        missing: Missing,
    },

    /// The hub refuses access.
    #[error(
        "{reference}: the hub refuses access (HTTP {status}{}); if it is gated, accept its terms on its page, then set \
         HF_TOKEN to a token that may read it",
        said(message)
    )]
    Denied {
        /// The repository and revision.
        reference: String,
        /// 401 or 403.
        status: u16,
        /// What the hub said.
        message: Option<String>,
    },

    /// The hub refuses the request as such.
    #[error("{reference}: the hub answered HTTP {status} to {url}{}; it is not tried again", said(message))]
    Refused {
        /// The repository and revision.
        reference: String,
        /// The status.
        status: u16,
        /// What was asked for.
        url: String,
        /// What the hub said.
        message: Option<String>,
    },

    /// The network is forbidden and the cache does not hold what is needed.
    #[error(
        "{reference}: {needed} is not in the cache {}, and HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE, HF_DATASETS_OFFLINE) \
         forbids the network: load it once online, or unset that variable", cache.display()
    )]
    Offline {
        /// The repository and revision.
        reference: String,
        /// What is not there.
        needed: String,
        /// The cache's folder.
        cache: PathBuf,
    },

    /// The hub could not be reached, or was too busy, in every attempt.
    #[error(
        "{reference}: {url} failed {attempts} times, at last with: {message}; try again later, or set HF_HUB_OFFLINE=1 to \
         use what the cache holds"
    )]
    Unreachable {
        /// The repository and revision.
        reference: String,
        /// What was asked for.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What happened in the last attempt.
        message: String,
    },

    /// A download ended early in every attempt, or did not hold what the hub promised.
    #[error(
        "{reference}: the download of {file:?} is not what the hub announced ({message}); nothing of it was kept, try again"
    )]
    Damaged {
        /// The repository and revision.
        reference: String,
        /// The file.
        file: String,
        /// What differs.
        message: String,
    },

    /// The answer is not of the hub's protocol.
    #[error("{reference}: {url} does not answer as a hub does: {message}; check HF_ENDPOINT and any proxy")]
    Protocol {
        /// The repository and revision.
        reference: String,
        /// What was asked for.
        url: String,
        /// What is wrong.
        message: String,
    },

    /// A listed file would be written outside its folder.
    #[error("{reference}: the repository lists the file {file:?}, whose name would leave its folder; it is not loaded")]
    FileName {
        /// The repository and revision.
        reference: String,
        /// The name.
        file: String,
    },

    /// A category that the data set does not have.
    #[error("{reference} has no category {category:?}; it has {}", known.join(", "))]
    NoSuchCategory {
        /// The repository and revision.
        reference: String,
        /// The category that was asked for.
        category: String,
        /// Those that are there.
        known: Vec<String>,
    },

    /// The repository's files are in no known layout.
    #[error("{reference}: {source}")]
    Layout {
        /// The repository and revision.
        reference: String,
        /// What is wrong.
        source: LayoutError,
    },

    /// The cache could not be read or written.
    #[error("could not {action} {} in the hub's cache: {source}", path.display())]
    Cache {
        /// What was attempted.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What the hub could not find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The repository.
    Repository,
    /// The revision of a repository that exists.
    Revision,
    /// One or the other: the server did not say.
    RepositoryOrRevision,
    /// A file.
    File(String),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Repository => formatter.write_str("the hub knows no such repository"),
            Self::Revision => formatter.write_str("the repository has no such revision"),
            Self::RepositoryOrRevision => formatter.write_str("the hub knows no such repository or revision"),
            Self::File(file) => write!(formatter, "the repository has no file {file:?} in this revision"),
        }
    }
}

fn said(message: &Option<String>) -> String {
    message.as_ref().map(|message| format!(": {message}")).unwrap_or_default()
}
