//! Writing adapters in PEFT's layout.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Tensor;
use serde_json::json;

use crate::training::{LowRankSettings, TargetModules};
use crate::weights::write_tensors;
use crate::{Error, Result};

/// What PEFT's config says of an adapter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdapterDescription<'a> {
    /// The base, as its users name it.
    pub base: &'a str,
    /// How it was trained.
    pub settings: &'a LowRankSettings,
    /// The layers that it changes, by their names in the base.
    pub modules: &'a [String],
}

impl AdapterDescription<'_> {
    /// The text of `adapter_config.json`.
    fn config(&self) -> String {
        // PEFT writes out what "all-linear" meant for the base; names of layers mean the same in every block.
        let targets = match &self.settings.target_modules {
            TargetModules::Pattern(pattern) if pattern == TargetModules::ALL_LINEAR => {
                let mut ends: Vec<&str> = self.modules.iter().filter_map(|module| module.rsplit('.').next()).collect();
                ends.sort_unstable();
                ends.dedup();
                json!(ends)
            }
            as_given => json!(as_given),
        };
        let saved = Some(&self.settings.modules_to_save).filter(|saved| !saved.is_empty());
        let config = json!({
            "alpha_pattern": {},
            "auto_mapping": null,
            "base_model_name_or_path": self.base,
            "bias": "none",
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "layers_pattern": null,
            "layers_to_transform": null,
            "lora_alpha": whole(self.settings.alpha),
            "lora_dropout": self.settings.dropout,
            "modules_to_save": saved,
            "peft_type": "LORA",
            "r": self.settings.rank,
            "rank_pattern": {},
            "revision": null,
            "target_modules": targets,
            "task_type": "CAUSAL_LM",
            "use_dora": false,
            "use_rslora": self.settings.rank_stabilised,
        });
        format!("{config:#}\n")
    }
}

/// A whole number without a fraction, as PEFT writes it: some readers take no other.
fn whole(number: f64) -> serde_json::Value {
    let rounded = number as i64;
    if rounded as f64 == number { json!(rounded) } else { json!(number) }
}

/// Writes `adapter_config.json` and `adapter_model.safetensors` into a folder. The weights come last: an adapter without them
/// is none.
pub(crate) fn write_adapter(
    folder: &Path,
    description: &AdapterDescription<'_>,
    tensors: &[(String, Tensor)],
) -> Result<()> {
    let config = description.config();
    touchstone::write_atomically(folder.join("adapter_config.json"), |writer| Ok(writer.write_all(config.as_bytes())?))
        .map_err(Error::core)?;
    let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    write_tensors(&folder.join("adapter_model.safetensors"), &metadata, tensors)
}
