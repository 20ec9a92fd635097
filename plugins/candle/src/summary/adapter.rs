//! What an adapter is.

use serde::{Deserialize, Serialize};
use touchstone::Context;

use crate::adapter::Adapter;
use crate::source::{AdapterFiles, ModelLocation};
use crate::{Error, Result};

/// What an adapter's configuration says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdapterSummary {
    /// Where it lies.
    pub location: String,
    /// The rank of its matrices, where no pattern says otherwise.
    pub rank: u64,
    /// The factor that is divided by the rank, or by its square root.
    pub alpha: f64,
    /// Whether it is divided by the square root (rsLoRA).
    pub rslora: bool,
    /// The kinds of layer that it changes (`q_proj`), or one expression.
    pub targets: Vec<String>,
    /// The model that it was trained on, as it was called there.
    pub base: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    r: u64,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: Option<bool>,
    target_modules: Targets,
    #[serde(default)]
    base_model_name_or_path: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Targets {
    Names(Vec<String>),
    Expression(String),
}

impl AdapterSummary {
    /// Looks at the adapter there, and checks what the loader checks of an adapter alone.
    ///
    /// # Errors
    /// [`Error`] as the loader gives it.
    pub fn of(context: &Context, location: &ModelLocation) -> Result<Self> {
        let files: AdapterFiles = location.adapter_files(context)?;
        Adapter::open(&files.for_decoder()?)?;
        let told: Told = serde_json::from_slice(&files.config.read()?)
            .map_err(|error| Error::Adapter { origin: files.config.to_string(), message: error.to_string() })?;
        let mut targets = match told.target_modules {
            // Some list every module with its path; which kinds of layer these are is what a reader wants to know.
            Targets::Names(names) => names.into_iter().map(|name| last_part(&name).to_owned()).collect(),
            Targets::Expression(expression) => vec![expression],
        };
        targets.sort();
        targets.dedup();
        Ok(Self {
            location: location.to_string(),
            rank: told.r,
            alpha: told.lora_alpha,
            rslora: told.use_rslora.unwrap_or(false),
            targets,
            base: told.base_model_name_or_path.filter(|base| !base.is_empty()),
        })
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
