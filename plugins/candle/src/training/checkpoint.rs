//! The state of a training that was interrupted, in one file: what is trained, the optimiser's moments, the loss curve.
//!
//! A file of safetensors: each tensor under its name, its moments under the name and `.mean` or `.square`; steps, curve and a
//! fingerprint of all that decides on the numbers are in the metadata.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Tensor;
use safetensors::SafeTensors;

use super::{Example, Trainer};
use crate::split_mix::mixed;
use crate::weights::{Bytes, SafetensorsFiles, Source, write_tensors};
use crate::{Error, Result};

const MOMENTS: [&str; 2] = [".mean", ".square"];

impl Trainer {
    /// A number that changes with the settings, the examples, and the model: a checkpoint of another training is not gone on
    /// from.
    pub fn fingerprint(&self, examples: &[Example]) -> Result<String> {
        let settings = serde_json::to_string(self.settings()).unwrap_or_default();
        let mut state = 0;
        let mut add = |bytes: &[u8]| {
            for chunk in bytes.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                state = mixed(state ^ u64::from_le_bytes(word)).wrapping_add(chunk.len() as u64);
            }
        };
        add(settings.as_bytes());
        add(format!("{:?} {:?}", self.config(), self.objective()).as_bytes());
        for example in examples {
            example.tokens.iter().for_each(|token| add(&token.to_le_bytes()));
            for target in &example.targets {
                add(&(target.position as u64).to_le_bytes());
                add(&(target.label as u64).to_le_bytes());
            }
        }
        // Of the frozen weights a part that no two models share.
        let table = self.model.embedding.tensor(&self.model.parameters);
        let first = match self.settings().trained {
            super::Trained::Weights => Vec::new(),
            super::Trained::LowRank(_) => {
                let rows = table.dim(0)?.min(64);
                table.narrow(0, 0, rows)?.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1::<f32>()?
            }
        };
        first.iter().for_each(|number| add(&number.to_le_bytes()));
        Ok(format!("{state:016x}"))
    }

    /// Writes the state after the last step, with the loss curve so far.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save_checkpoint(&self, path: &Path, fingerprint: &str, curve: &str) -> Result<()> {
        let mut tensors: Vec<(String, Tensor)> = Vec::new();
        for ((name, value), moments) in self.named().zip(&self.optimiser.moments) {
            tensors.push((name.to_owned(), value.clone()));
            for (end, moment) in MOMENTS.iter().zip(moments) {
                tensors.push((format!("{name}{end}"), moment.clone()));
            }
        }
        let metadata = BTreeMap::from([
            ("curve".to_owned(), curve.to_owned()),
            ("fingerprint".to_owned(), fingerprint.to_owned()),
            ("steps".to_owned(), self.optimiser.steps.to_string()),
        ]);
        write_tensors(path, &metadata, &tensors)
    }

    /// Goes on from a checkpoint, and gives the loss curve up to there.
    ///
    /// # Errors
    /// Where the file is damaged, or of another training.
    pub fn restore_checkpoint(&mut self, path: &Path, fingerprint: &str) -> Result<String> {
        let wrong = |message: String| Error::Weights { origin: path.display().to_string(), message };
        let bytes = Bytes::map(path)?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| wrong(error.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let field = |name: &str| {
            metadata.get(name).cloned().ok_or_else(|| wrong(format!("no {name:?}: no checkpoint of a training")))
        };
        if field("fingerprint")? != fingerprint {
            return Err(wrong(
                "the checkpoint of another training: the model, the settings or the data have changed since; train into \
                 another folder, or remove this file to begin anew"
                    .to_owned(),
            ));
        }
        let steps = field("steps")?.parse().map_err(|_| wrong("its number of steps is none".to_owned()))?;
        let files = SafetensorsFiles::in_file(path)?;
        let device = self.model.device.clone();
        let load = |name: &str, like: &Tensor| -> Result<Tensor> {
            let tensor = files.load(name)?.dense()?.to_device(&device)?;
            match tensor.dims() == like.dims() {
                true => Ok(tensor),
                false => Err(wrong(format!("{name:?} has another shape than in this model"))),
            }
        };
        for (parameter, moments) in self.model.parameters.iter_mut().zip(&mut self.optimiser.moments) {
            for (end, moment) in MOMENTS.iter().zip(moments) {
                *moment = load(&format!("{}{end}", parameter.name), moment)?;
            }
            parameter.value = load(&parameter.name, &parameter.value)?;
        }
        self.optimiser.steps = steps;
        field("curve")
    }
}
