//! A model's tensors while a decoder is put together: each is checked against the config, and none may be left over.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;

use super::{Stored, layout};
use crate::config::Config;
use crate::{Error, Result};

/// Something that holds tensors under Hugging Face's names.
pub(crate) trait Source: Debug {
    /// The file or folder, for messages.
    fn origin(&self) -> &str;
    /// The names of all tensors.
    fn names(&self) -> Vec<String>;
    /// The shape of a tensor, if it is there.
    fn shape(&self, name: &str) -> Option<Vec<usize>>;
    /// Reads a tensor that is there.
    fn load(&self, name: &str) -> Result<Stored>;
}

/// A source, the shapes that its tensors must have, and which were read.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    source: Box<dyn Source>,
    shapes: HashMap<String, Vec<usize>>,
    used: HashSet<String>,
}

impl Checkpoint {
    /// The tensors of `source` for a model of this config.
    pub(crate) fn new(source: Box<dyn Source>, config: &Config) -> Self {
        let shapes = layout(config).into_iter().map(|entry| (entry.name, entry.shape)).collect();
        Self { source, shapes, used: HashSet::new() }
    }

    /// The file or folder, for messages.
    pub(crate) fn origin(&self) -> &str {
        self.source.origin()
    }

    /// A tensor that must be there.
    pub(crate) fn take(&mut self, name: &str) -> Result<Stored> {
        self.take_optional(name)?
            .ok_or_else(|| Error::MissingTensor { origin: self.origin().to_owned(), name: name.to_owned() })
    }

    /// A tensor that need not be there.
    pub(crate) fn take_optional(&mut self, name: &str) -> Result<Option<Stored>> {
        let Some(found) = self.source.shape(name) else { return Ok(None) };
        if let Some(expected) = self.shapes.get(name).filter(|&expected| *expected != found) {
            return Err(Error::Shape {
                origin: self.origin().to_owned(),
                name: name.to_owned(),
                found,
                expected: expected.clone(),
            });
        }
        self.used.insert(name.to_owned());
        self.source.load(name).map(Some)
    }

    /// Checks names and shapes of all tensors as reading them would, without reading them. Tensors named `score.*`, a
    /// head over classes, are taken as they are.
    pub(crate) fn check(mut self) -> Result<()> {
        let mut expected: Vec<(String, Vec<usize>)> = self.shapes.clone().into_iter().collect();
        expected.sort();
        for (name, expected) in expected {
            match self.source.shape(&name) {
                Some(found) if found == expected => self.used.insert(name),
                // A head that is tied to the embedding.
                None if name == "lm_head.weight" => false,
                None => return Err(Error::MissingTensor { origin: self.origin().to_owned(), name }),
                Some(found) => {
                    return Err(Error::Shape { origin: self.origin().to_owned(), name, found, expected });
                }
            };
        }
        self.used.extend(self.source.names().into_iter().filter(|name| name.starts_with("score.")));
        self.finish()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Where tensors are left that no part of the model has read.
    pub(crate) fn finish(self) -> Result<()> {
        let mut unused: Vec<String> = self.source.names();
        unused.retain(|name| !self.used.contains(name) && !is_derived(name));
        if unused.is_empty() {
            return Ok(());
        }
        unused.sort();
        let names: Vec<String> = unused.iter().take(3).map(|name| format!("{name:?}")).collect();
        Err(Error::UnusedTensors { origin: self.origin().to_owned(), count: unused.len(), names: names.join(", ") })
    }
}

/// Buffers that older versions of transformers saved although the config determines them.
fn is_derived(name: &str) -> bool {
    name.ends_with(".rotary_emb.inv_freq")
}
