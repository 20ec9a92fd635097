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
const MODELS: &[EmbeddedModel] = &[TINY];

/// A base model of a few million weights, trained on the bundled training CoTs by `experiments/base`.
const TINY: EmbeddedModel = EmbeddedModel {
    name: "tiny",
    files: &[
        EmbeddedFile { name: "config.json", bytes: include_bytes!("../../tiny/config.json") },
        EmbeddedFile { name: "model.safetensors", bytes: include_bytes!("../../tiny/model.safetensors") },
        EmbeddedFile { name: "tokenizer.json", bytes: include_bytes!("../../tiny/tokenizer.json") },
        EmbeddedFile { name: "tokenizer_config.json", bytes: include_bytes!("../../tiny/tokenizer_config.json") },
    ],
};

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
