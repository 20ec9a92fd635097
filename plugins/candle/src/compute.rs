//! Where a model's arithmetic is done, and on what: the `compute` settings of every plugin with a local model.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use candle_core::Device;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decoder::{Decoder, LoadSettings, WeightForm};
use crate::reading::TokenBudget;
use crate::{Error, Result};

/// How a local model computes. In a recipe, every field with its default:
///
/// ```yaml
/// compute: { device: cpu, weights: f32, max_batch_tokens: null }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Compute {
    /// `cpu` (the default), `cuda:N` for the N-th NVIDIA GPU, or `metal` for Apple's; the latter two need a build with the
    /// feature of that name.
    pub device: DeviceName,
    /// How the weights are kept in memory.
    pub weights: WeightForm,
    /// The most tokens in a batch. Without it, as many as half of the free memory holds, and 4,096 at most. It changes speed
    /// and memory, and no reward: a job that was interrupted may go on with another budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub max_batch_tokens: Option<NonZeroUsize>,
}

impl Compute {
    /// How to load a model for these settings.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn load_settings(&self) -> Result<LoadSettings> {
        Ok(LoadSettings { device: self.device.open()?, weights: self.weights, ..LoadSettings::default() })
    }

    /// How many tokens a batch of this model may hold.
    pub fn budget(&self, decoder: &Decoder) -> TokenBudget {
        match self.max_batch_tokens {
            Some(tokens) => TokenBudget::of(tokens),
            // What is free on another device is not known; and where bits depend on batches, memory must not decide on them.
            None if !decoder.device().is_cpu() => TokenBudget::default(),
            None => TokenBudget::from_free_memory(decoder.config()),
        }
    }
}

/// A device by its name in settings: `cpu`, `cuda:0`, `metal`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceName {
    /// This machine's processor.
    #[default]
    Cpu,
    /// The NVIDIA GPU of this number.
    Cuda(usize),
    /// Apple's GPU.
    Metal,
}

impl fmt::Display for DeviceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(number) => write!(formatter, "cuda:{number}"),
            Self::Metal => formatter.write_str("metal"),
        }
    }
}

impl DeviceName {
    /// The device.
    ///
    /// # Errors
    /// [`Error::Device`] where this build has no support for it, or the machine has none.
    pub fn open(self) -> Result<Device> {
        let device = match self {
            Self::Cpu => return Ok(Device::Cpu),
            Self::Cuda(number) if cfg!(feature = "cuda") => Device::new_cuda(number),
            Self::Metal if cfg!(feature = "metal") => Device::new_metal(0),
            Self::Cuda(_) => return Err(self.needs("cuda")),
            Self::Metal => return Err(self.needs("metal")),
        };
        device.map_err(|error| Error::Device { name: self, message: error.to_string() })
    }

    /// This build lacks the feature that brings the device.
    fn needs(self, feature: &str) -> Error {
        let message = format!(
            "this build has no support for it; build with `--features {feature}` where its tools are installed, or set \
             device: cpu"
        );
        Error::Device { name: self, message }
    }
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no device {0:?}: write cpu, cuda:N (cuda is the first one), or metal")]
pub struct UnknownDevice(String);

impl FromStr for DeviceName {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownDevice> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => {
                let number = text.strip_prefix("cuda:").and_then(|number| number.parse().ok());
                number.map(Self::Cuda).ok_or_else(|| UnknownDevice(text.to_owned()))
            }
        }
    }
}

impl Serialize for DeviceName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeviceName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for DeviceName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DeviceName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A device: `cpu`, `cuda:N`, `metal`.",
            "pattern": "^(cpu|cuda(:[0-9]+)?|metal)$",
            "default": "cpu",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_means_the_processor_in_f32() {
        let compute: Compute = serde_json::from_str("{}").unwrap();
        assert_eq!(compute, Compute { device: DeviceName::Cpu, weights: WeightForm::F32, max_batch_tokens: None });
    }

    #[test]
    fn settings_read_back_as_they_are_written() {
        let text = r#"{"device":"cuda:1","weights":"quantised_matmul","max_batch_tokens":512}"#;
        let compute: Compute = serde_json::from_str(text).unwrap();
        assert_eq!((compute.device, compute.weights), (DeviceName::Cuda(1), WeightForm::QuantisedMatmul));
        assert_eq!(serde_json::to_string(&compute).unwrap(), text);
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_this_build_does_not_know_is_refused_with_the_feature_that_brings_it() {
        let message = DeviceName::Cuda(1).open().unwrap_err().to_string();
        assert!(message.contains("cuda:1 cannot be used") && message.contains("--features cuda"), "{message}");
        assert!(DeviceName::Cpu.open().unwrap().is_cpu());
    }

    #[test]
    fn an_unknown_device_or_field_is_refused_with_what_there_is() {
        let message = |text: &str| serde_json::from_str::<Compute>(text).unwrap_err().to_string();
        assert!(message(r#"{"device": "gpu"}"#).contains("there is no device \"gpu\": write cpu, cuda:N"));
        assert!(message(r#"{"device": "cuda:x"}"#).contains("there is no device \"cuda:x\""));
        assert!(message(r#"{"devise": "cpu"}"#).contains("devise"));
        assert!(message(r#"{"max_batch_tokens": 0}"#).contains("nonzero"));
    }
}
