//! Where a model keeps its chat template.

use super::ChatError;
use crate::source::ModelFiles;
use crate::tokenizer::{ChatTemplates, TokenizerConfig};

/// A chat template's text, and where it was found.
pub(super) struct TemplateSource {
    pub name: String,
    pub text: String,
}

pub(super) fn find(files: &ModelFiles) -> Result<Option<TemplateSource>, ChatError> {
    let model = match files {
        ModelFiles::Gguf(header) => {
            const KEY: &str = "tokenizer.chat_template";
            let metadata = header.metadata();
            let name = format!("{}: {KEY}", metadata.file());
            return Ok(metadata.text(KEY)?.map(|text| TemplateSource { name, text: text.to_owned() }));
        }
        ModelFiles::Safetensors(model) => model,
    };
    if let Some(file) = &model.chat_template {
        let name = file.to_string();
        let text = String::from_utf8(file.read()?.into_owned());
        let text = text.map_err(|_| ChatError::NotText { file: name.clone() })?;
        return Ok(Some(TemplateSource { name, text }));
    }
    let Some(file) = &model.tokenizer_config else { return Ok(None) };
    let name = file.to_string();
    match TokenizerConfig::read(file)?.chat_template {
        None => Ok(None),
        Some(ChatTemplates::One(text)) => Ok(Some(TemplateSource { name, text })),
        Some(ChatTemplates::Named(templates)) => {
            let names = templates.iter().map(|template| template.name.clone()).collect();
            let default = templates.into_iter().find(|template| template.name == "default");
            let text = default.ok_or(ChatError::NoDefault { file: name.clone(), names })?.template;
            Ok(Some(TemplateSource { name: format!("{name}: default"), text }))
        }
    }
}
