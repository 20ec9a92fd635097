//! Weights as variables: new ones to be trained, and their way into a file.

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::path::Path;
use std::sync::PoisonError;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarMap;

use super::{Role, Source, Stored, layout};
use crate::config::Config;
use crate::split_mix::{STRIDE, mixed};
use crate::{Error, Result};

/// The variables of a map, as a source of weights. A decoder made of them computes with what they hold at the time.
#[derive(Debug)]
pub(crate) struct Variables(HashMap<String, Tensor>);

impl Variables {
    /// The map's variables.
    pub(crate) fn new(variables: &VarMap) -> Self {
        let data = variables.data().lock().unwrap_or_else(PoisonError::into_inner);
        Self(data.iter().map(|(name, variable)| (name.clone(), variable.as_tensor().clone())).collect())
    }
}

impl Source for Variables {
    fn origin(&self) -> &str {
        "the variables"
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.0.get(name).map(|tensor| tensor.dims().to_vec())
    }

    fn load(&self, name: &str) -> Result<Stored> {
        match self.0.get(name) {
            Some(tensor) => Ok(Stored::Dense(tensor.clone())),
            None => Err(Error::MissingTensor { origin: self.origin().to_owned(), name: name.to_owned() }),
        }
    }
}

/// New weights for a model of this config, in f32: matrices and tables from a normal distribution with the config's
/// `initializer_range`, norms one, biases zero. The same seed gives the same weights. There is no `lm_head.weight` where
/// the config ties it to the embedding.
///
/// # Errors
/// Where the device has no memory left.
pub fn random_variables(config: &Config, seed: u64, device: &Device) -> Result<VarMap> {
    let variables = VarMap::new();
    let mut normal = Normal(seed);
    for entry in layout(config) {
        if entry.name == "lm_head.weight" && config.tied {
            continue;
        }
        let shape = entry.shape.as_slice();
        let tensor = match entry.role {
            Role::Norm => Tensor::ones(shape, DType::F32, device)?,
            Role::Bias => Tensor::zeros(shape, DType::F32, device)?,
            Role::Matrix | Role::Table => {
                let values: Vec<f32> =
                    (0..shape.iter().product()).map(|_| (normal.draw() * config.initializer_range) as f32).collect();
                Tensor::from_vec(values, shape, device)?
            }
        };
        let variable = Var::from_tensor(&tensor)?;
        variables.data().lock().unwrap_or_else(PoisonError::into_inner).insert(entry.name, variable);
    }
    Ok(variables)
}

/// Writes variables as safetensors of the type `dtype`, under their names: with a `config.json` beside it, a model that
/// this crate and transformers load.
///
/// # Errors
/// Where the file cannot be written.
pub fn save_variables(variables: &VarMap, dtype: DType, path: &Path) -> Result<()> {
    let tensors = Variables::new(variables).0;
    let tensors: Result<HashMap<String, Tensor>> =
        tensors.into_iter().map(|(name, tensor)| Ok((name, tensor.to_dtype(dtype)?))).collect();
    Ok(candle_core::safetensors::save(&tensors?, path)?)
}

/// Draws from the standard normal distribution: SplitMix64 and the Box-Muller transform. candle's own draws on the CPU
/// take no seed.
struct Normal(u64);

impl Normal {
    fn draw(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
    }

    /// From 0 (inclusive) to 1.
    fn uniform(&mut self) -> f64 {
        let bits = mixed(self.0);
        self.0 = self.0.wrapping_add(STRIDE);
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}
