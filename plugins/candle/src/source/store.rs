//! A place that holds files by name: a folder, a repository on the hub, this program.

use std::path::{Path, PathBuf};

use touchstone::Context;
use touchstone::hub::ModelRepository;

use super::embedded::EmbeddedModel;
use super::{ModelFile, SourceError};

/// A place that holds files by name.
pub(super) struct Store<'a> {
    /// How to call it in messages.
    pub place: String,
    names: Vec<String>,
    kind: Kind<'a>,
    context: &'a Context,
}

enum Kind<'a> {
    Folder(PathBuf),
    Repository(ModelRepository<'a>),
    Embedded(&'static EmbeddedModel),
}

impl<'a> Store<'a> {
    pub fn folder(context: &'a Context, folder: &Path) -> Result<Self, SourceError> {
        let failed = |source| SourceError::Io { path: folder.to_owned(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Links are followed: the hub's cache consists of them.
            if let (true, Ok(name)) = (entry.path().is_file(), entry.file_name().into_string()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(Self { place: folder.display().to_string(), names, kind: Kind::Folder(folder.to_owned()), context })
    }

    pub fn repository(context: &'a Context, place: String, repository: ModelRepository<'a>) -> Self {
        // What lies in subfolders is something else: checkpoints of training, other formats.
        let names = repository.files().iter().filter(|name| !name.contains('/')).cloned().collect();
        Self { place, names, kind: Kind::Repository(repository), context }
    }

    pub fn embedded(context: &'a Context, model: &'static EmbeddedModel) -> Self {
        let names = model.files.iter().map(|file| file.name.to_owned()).collect();
        Self { place: format!("embedded:{}", model.name), names, kind: Kind::Embedded(model), context }
    }

    /// The names of its files, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The file of this name, fetched if it must be; none if there is no such file.
    pub fn find(&self, name: &str) -> Result<Option<ModelFile>, SourceError> {
        if !self.has(name) {
            return Ok(None);
        }
        match &self.kind {
            Kind::Folder(folder) => ModelFile::on_disk(folder.join(name)).map(Some),
            Kind::Embedded(model) => Ok(model.file(name)),
            Kind::Repository(repository) => {
                self.context.check_cancelled().map_err(|_| SourceError::Cancelled)?;
                let stage = self.context.start(name, None);
                let path = repository.fetch(name)?;
                drop(stage);
                Ok(Some(ModelFile::OnDisk(path)))
            }
        }
    }
}
