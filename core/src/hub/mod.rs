//! `hf://` through the Hugging Face hub's protocol.
//!
//! [`data_set_files`] is all that a reader of data sets calls: it finds the categories of a repository in every layout
//! that the hub knows ([`crate::data::layout`]) and brings their files into the cache that the Python client uses too.
//! [`Hub::model`] does it for the files of a model. The environment is read as that client reads it ([`HubSettings::from_environment`]).
//!
//! ```no_run
//! use touchstone::data::HubReference;
//!
//! let set = HubReference { repository: "namespace/name".into(), revision: "main".into() };
//! for entry in touchstone::hub::data_set_files(&set, &["law".into()])? {
//!     println!("{}: {:?}", entry.category, entry.paths);
//! }
//! # Ok::<(), touchstone::hub::HubError>(())
//! ```
//!
//! Calls to the network, which `HF_HUB_OFFLINE` forbids altogether:
//! * a branch or tag is looked up each time, by one call, since it may have moved; its cached files are not asked for
//!   again. A hub that cannot be reached is an error and not silently what the cache holds: results should not depend on
//!   the weather;
//! * a commit (40 hexadecimal digits) means the same for ever: once loaded here, it is loaded again without any call. The
//!   first load of a commit that another program has cached asks once for its list of files.

mod address;
mod cache;
mod client;
mod download;
mod error;
mod kind;
mod model;
mod settings;

use hf_hub::api::RepoInfo;

use self::cache::{CachedRepository, Listing, is_commit};
use self::client::{Client, Subject, protocol};
pub use self::error::{HubError, Missing};
use self::kind::RepositoryKind;
pub use self::model::ModelRepository;
pub use self::settings::{HubSettings, Network, Patience, Token};
use crate::Category;
use crate::data::layout::{self, LayoutError};
use crate::data::{FilesOfCategory, HubReference};

/// Where the hub keeps the Parquet files that it makes of data sets in other formats.
const CONVERTED: &str = "refs/convert/parquet";
const CARD: &str = "README.md";

/// The files of a data set on the hub, loaded into the cache where they are not there yet: those of `categories`, or of
/// all that there are if none are named. The process's environment says how ([`HubSettings::from_environment`]).
///
/// # Errors
/// [`HubError`].
pub fn data_set_files(reference: &HubReference, categories: &[Category]) -> Result<Vec<FilesOfCategory>, HubError> {
    let settings = HubSettings::from_environment(|name| std::env::var(name).ok());
    Hub::new(settings)?.data_set_files(reference, categories)
}

/// The hub with its cache.
pub struct Hub {
    settings: HubSettings,
    /// None where the network is forbidden, so that no call can slip through.
    client: Option<Client>,
}

/// The files of a repository at one commit.
struct Snapshot<'a> {
    kind: RepositoryKind,
    reference: &'a HubReference,
    commit: String,
    files: Vec<String>,
    cached: CachedRepository,
}

impl Hub {
    /// The hub as `settings` describe it.
    ///
    /// # Errors
    /// [`HubError`] if the endpoint is no web address, or the token cannot be one.
    pub fn new(settings: HubSettings) -> Result<Self, HubError> {
        let client = match settings.network {
            Network::Online => Some(Client::new(&settings)?),
            Network::Offline => None,
        };
        Ok(Self { settings, client })
    }

    /// The files of a data set, as of [`data_set_files`].
    ///
    /// A repository without any file that can be read (CSV, text) is read from the Parquet files that the hub itself
    /// makes of its `main` branch. That does not happen for other revisions: what is pinned never becomes something else.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn data_set_files(
        &self,
        reference: &HubReference,
        categories: &[Category],
    ) -> Result<Vec<FilesOfCategory>, HubError> {
        let snapshot = self.snapshot(reference, RepositoryKind::DataSet)?;
        match self.layout(&snapshot) {
            Ok(found) => self.load(&snapshot, found, categories),
            Err(HubError::Layout {
                source: source @ (LayoutError::NoDataFiles { .. } | LayoutError::CardFormat { .. }),
                ..
            }) if reference.revision == "main" => {
                let converted =
                    HubReference { repository: reference.repository.clone(), revision: CONVERTED.to_owned() };
                let snapshot = match self.snapshot(&converted, RepositoryKind::DataSet) {
                    // There is no conversion: what is wrong with the repository itself is the news.
                    Err(HubError::NotFound { .. }) => {
                        return Err(HubError::Layout { reference: reference.to_string(), source });
                    }
                    other => other?,
                };
                let found = self.layout(&snapshot)?;
                self.load(&snapshot, found, categories)
            }
            Err(error) => Err(error),
        }
    }

    fn snapshot<'a>(&self, reference: &'a HubReference, kind: RepositoryKind) -> Result<Snapshot<'a>, HubError> {
        let revision = reference.revision.as_str();
        if !address::stays_inside(revision) || revision.contains(' ') {
            return Err(HubError::Revision { revision: revision.to_owned() });
        }
        let cached = CachedRepository::new(&self.settings.cache, kind, &reference.repository);
        let known_commit = if is_commit(revision) { Some(revision.to_owned()) } else { cached.commit_of(revision) };
        let Some(client) = &self.client else {
            let commit = known_commit.ok_or_else(|| self.offline(reference, format!("the revision {revision}")))?;
            return match cached.listing(&commit) {
                Some(Listing::Whole(files) | Listing::Derived(files)) => {
                    Ok(Snapshot { kind, reference, commit, files, cached })
                }
                None => Err(self.offline(reference, format!("the commit {commit}"))),
            };
        };
        if is_commit(revision)
            && let Some(Listing::Whole(files)) = cached.listing(revision)
        {
            return Ok(Snapshot { kind, reference, commit: revision.to_owned(), files, cached });
        }
        let (commit, files) = list(client, kind, reference).map(|info| {
            let files = info.siblings.into_iter().map(|sibling| sibling.rfilename).collect::<Vec<_>>();
            (info.sha, files)
        })?;
        cached.remember_listing(&commit, &files)?;
        if !is_commit(revision) {
            cached.remember_commit(revision, &commit)?;
        }
        Ok(Snapshot { kind, reference, commit, files, cached })
    }

    fn layout(&self, snapshot: &Snapshot<'_>) -> Result<Vec<layout::CategoryFiles>, HubError> {
        let reference = || snapshot.reference.to_string();
        let card = if snapshot.files.iter().any(|file| file == CARD) {
            let path = self.file(snapshot, CARD)?;
            let bytes = std::fs::read(&path).map_err(|source| HubError::Cache { action: "read", path, source })?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        } else {
            None
        };
        layout::categories(&snapshot.files, card.as_deref())
            .map_err(|source| HubError::Layout { reference: reference(), source })
    }

    fn load(
        &self,
        snapshot: &Snapshot<'_>,
        found: Vec<layout::CategoryFiles>,
        categories: &[Category],
    ) -> Result<Vec<FilesOfCategory>, HubError> {
        if let Some(absent) = categories.iter().find(|wanted| found.iter().all(|entry| entry.category != **wanted)) {
            return Err(HubError::NoSuchCategory {
                reference: snapshot.reference.to_string(),
                category: absent.to_string(),
                known: found.iter().map(|entry| entry.category.to_string()).collect(),
            });
        }
        found
            .into_iter()
            .filter(|entry| categories.is_empty() || categories.contains(&entry.category))
            .map(|entry| {
                let paths = entry.files.iter().map(|file| self.file(snapshot, file));
                Ok(FilesOfCategory { category: entry.category, paths: paths.collect::<Result<_, HubError>>()? })
            })
            .collect()
    }

    fn file(&self, snapshot: &Snapshot<'_>, file: &str) -> Result<std::path::PathBuf, HubError> {
        if let Some(path) = snapshot.cached.file(&snapshot.commit, file) {
            return Ok(path);
        }
        match &self.client {
            None => Err(self.offline(snapshot.reference, format!("the file {file:?}"))),
            Some(client) => {
                let subject = Subject { kind: snapshot.kind, reference: snapshot.reference, file: Some(file) };
                download::download(client, &snapshot.cached, &snapshot.commit, subject, file)
            }
        }
    }

    fn offline(&self, reference: &HubReference, needed: String) -> HubError {
        HubError::Offline { reference: reference.to_string(), needed, cache: self.settings.cache.clone() }
    }
}

/// Asks the hub which commit a revision is and which files it has.
fn list(client: &Client, kind: RepositoryKind, reference: &HubReference) -> Result<RepoInfo, HubError> {
    let url = client.url(&format!(
        "{}/{}/revision/{}",
        kind.listed_below(),
        address::encode_path(&reference.repository),
        address::encode_part(&reference.revision)
    ));
    let subject = Subject { kind, reference, file: None };
    let bytes = client.text(&url, subject)?;
    let info: RepoInfo = serde_json::from_slice(&bytes)
        .map_err(|error| protocol(&url, subject, &format!("it sent no description of a repository ({error})")))?;
    if !is_commit(&info.sha) {
        return Err(protocol(&url, subject, &format!("it gave {:?} as commit", info.sha)));
    }
    if is_commit(&reference.revision) && info.sha != reference.revision {
        return Err(protocol(&url, subject, &format!("it gave the commit {} where another was asked for", info.sha)));
    }
    if let Some(sibling) = info.siblings.iter().find(|sibling| !address::stays_inside(&sibling.rfilename)) {
        return Err(HubError::FileName { reference: reference.to_string(), file: sibling.rfilename.clone() });
    }
    Ok(info)
}
