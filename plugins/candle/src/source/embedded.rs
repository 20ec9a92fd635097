//! Models that are part of this program.

use super::{ModelFile, SourceError};

/// A model whose files were compiled in.
pub(super) struct EmbeddedModel {
    pub name: &'static str,
    pub files: &'static [EmbeddedFile],
}

/// A file that was compiled in.
pub(super) struct EmbeddedFile {
    pub name: &'static str,
    pub bytes: &'static [u8],
}

/// Every embedded model.
const MODELS: &[EmbeddedModel] = &[];

impl EmbeddedModel {
    /// The embedded model of this name.
    pub fn named(name: &str) -> Result<&'static Self, SourceError> {
        MODELS.iter().find(|model| model.name == name).ok_or_else(|| SourceError::NotEmbedded {
            name: name.to_owned(),
            known: MODELS.iter().map(|model| model.name).collect(),
        })
    }

    pub fn file(&self, name: &str) -> Option<ModelFile> {
        let file = self.files.iter().find(|file| file.name == name)?;
        Some(ModelFile::Embedded { name: format!("embedded:{}/{name}", self.name), bytes: file.bytes })
    }
}
