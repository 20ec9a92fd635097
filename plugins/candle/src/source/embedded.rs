//! Models and adapters that are part of this program.

use super::{ModelFile, SourceError};

/// A model or an adapter whose files were compiled in.
pub(super) struct EmbeddedModel {
    pub name: &'static str,
    pub files: &'static [EmbeddedFile],
}

/// A file that was compiled in.
pub(super) struct EmbeddedFile {
    pub name: &'static str,
    pub bytes: &'static [u8],
}

/// Every embedded model and adapter; a new one is a line here and its files below.
const MODELS: &[EmbeddedModel] = &[TINY, DORM, DPRM, GORM, GPRM];

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

/// An adapter of the tiny base, as `touchstone train` left it in `reward-models`.
macro_rules! adapter {
    ($name:literal) => {
        EmbeddedModel {
            name: $name,
            files: &[
                adapter!(@file $name, "adapter_config.json"),
                adapter!(@file $name, "adapter_model.safetensors"),
                adapter!(@file $name, "touchstone.json"),
            ],
        }
    };
    (@file $name:literal, $file:literal) => {
        EmbeddedFile { name: $file, bytes: include_bytes!(concat!("../../reward-models/", $name, "/", $file)) }
    };
}

/// The discriminative outcome reward model.
const DORM: EmbeddedModel = adapter!("dORM");
/// The discriminative process reward model.
const DPRM: EmbeddedModel = adapter!("dPRM");
/// The generative outcome reward model.
const GORM: EmbeddedModel = adapter!("gORM");
/// The generative process reward model.
const GPRM: EmbeddedModel = adapter!("gPRM");

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
