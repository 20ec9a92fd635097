//! `touchstone.json`: what is to be known of a model or adapter that was trained here, besides its weights.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use touchstone::Context;

use super::{ModelLocation, SourceError};

const NAME: &str = "touchstone.json";

/// What is saved beside the weights of a trained model or adapter. Fields that another version wrote are passed over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingNote {
    /// Which reward model it is: `dORM`, `dPRM`, `gORM`, `gPRM`.
    pub reward_model: String,
    /// The beginning of every critique, which a generative reward model is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What the training was made of, by which it is told from another.
    pub fingerprint: String,
    /// Everything else that its maker wanted to be known, by name.
    pub facts: BTreeMap<String, serde_json::Value>,
}

impl TrainingNote {
    /// Writes it into the folder of the weights.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, folder: &Path) -> touchstone::Result<()> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        touchstone::write_atomically(folder.join(NAME), |writer| Ok(writer.write_all(text.as_bytes())?))
    }
}

impl ModelLocation {
    /// The note beside a model's or an adapter's weights, if there is one.
    ///
    /// # Errors
    /// [`SourceError`] if the place or the file cannot be read, or is damaged.
    pub fn training_note(&self, context: &Context) -> Result<Option<TrainingNote>, SourceError> {
        if matches!(self, Self::Hub { file: Some(_), .. }) || matches!(self, Self::Path(path) if !path.is_dir()) {
            return Ok(None);
        }
        self.with_store(context, |store| {
            let Some(file) = store.find(NAME)? else { return Ok(None) };
            serde_json::from_slice(&file.read()?)
                .map(Some)
                .map_err(|error| SourceError::Note { file: file.to_string(), message: error.to_string() })
        })
    }
}

#[cfg(test)]
mod tests {
    use touchstone::Registry;

    use super::*;

    #[test]
    fn a_note_is_read_where_it_was_written_and_missed_where_it_was_not() {
        let context = Context::new(Registry::builtin());
        let folder = tempfile::tempdir().unwrap();
        let location = ModelLocation::Path(folder.path().to_owned());
        assert_eq!(location.training_note(&context).unwrap(), None);
        let note = TrainingNote { prefix: Some("<think>\nSo:".to_owned()), ..TrainingNote::default() };
        note.write(folder.path()).unwrap();
        assert_eq!(location.training_note(&context).unwrap(), Some(note));
        std::fs::write(folder.path().join(NAME), "{").unwrap();
        let message = location.training_note(&context).unwrap_err().to_string();
        assert!(message.contains(NAME), "{message}");
        let embedded: ModelLocation = "embedded:tiny".parse().unwrap();
        assert_eq!(embedded.training_note(&context).unwrap(), None);
    }
}
