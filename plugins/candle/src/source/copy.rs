//! The small files of a model beside new weights of it.

use std::path::Path;

use super::{ModelFile, SafetensorsModel, SourceError};

impl SafetensorsModel {
    /// Copies tokenizer and chat template into a folder, so that an adapter there brings those that it was trained with.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub fn copy_tokenizer(&self, folder: &Path) -> Result<(), SourceError> {
        copy(Some(&self.tokenizer), folder, "tokenizer.json")?;
        copy(self.tokenizer_config.as_ref(), folder, "tokenizer_config.json")?;
        copy(self.chat_template.as_ref(), folder, "chat_template.jinja")
    }

    /// Copies everything but the weights, so that new weights make a whole model. The config's `torch_dtype` (or `dtype`)
    /// becomes `dtype`, if that is given.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub fn copy_all_but_weights(&self, folder: &Path, dtype: Option<&str>) -> Result<(), SourceError> {
        self.copy_tokenizer(folder)?;
        copy(self.generation_config.as_ref(), folder, "generation_config.json")?;
        let damaged = |error: serde_json::Error| SourceError::Note {
            file: self.config.to_string(),
            message: format!("no JSON object: {error}"),
        };
        let mut config: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&self.config.read()?).map_err(damaged)?;
        let key = if config.contains_key("dtype") { "dtype" } else { "torch_dtype" };
        if let Some(dtype) = dtype {
            config.insert(key.to_owned(), dtype.into());
        }
        let text = serde_json::to_string_pretty(&config).map_err(damaged)? + "\n";
        write(folder, "config.json", text.as_bytes())
    }
}

fn copy(file: Option<&ModelFile>, folder: &Path, name: &str) -> Result<(), SourceError> {
    match file {
        Some(file) => write(folder, name, &file.read()?),
        None => Ok(()),
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), SourceError> {
    let path = folder.join(name);
    touchstone::write_atomically(&path, |writer| Ok(writer.write_all(bytes)?))
        .map_err(|error| SourceError::Io { path, source: std::io::Error::other(error) })
}
