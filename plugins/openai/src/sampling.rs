//! From a sampler's name and settings to the parameters that a server understands.
//!
//! The names and settings are those of the samplers `greedy` and `temperature`, which local generators run; here they are
//! read and never made, so that they need not be linked in.

use serde::Deserialize;
use serde_json::{Map, Value};
use touchstone::{PluginSpec, Sampler};

use crate::error::{Error, Result};
use crate::settings::Neutral;

/// How the server is to choose tokens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sampling {
    /// Fields of the request's body.
    pub parameters: Map<String, Value>,
    /// Whether every completion of a prompt is the same.
    pub kind: Kind,
}

/// Whether chance is involved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Always the likeliest token.
    Greedy,
    /// Tokens are drawn.
    Drawn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GreedySettings {
    repetition_penalty: f64,
}

impl Default for GreedySettings {
    fn default() -> Self {
        Self { repetition_penalty: 1.0 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TemperatureSettings {
    temperature: f64,
    top_k: u32,
    top_p: f64,
    min_p: f64,
    typical_p: f64,
    repetition_penalty: f64,
}

impl Default for TemperatureSettings {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, typical_p: 1.0, repetition_penalty: 1.0 }
    }
}

impl Sampling {
    /// The parameters for this sampler.
    ///
    /// # Errors
    /// [`Error::Sampler`] for any but the two that servers understand, [`Error::SamplerSettings`] for settings that these do
    /// not have.
    pub fn of(sampler: &PluginSpec<dyn Sampler>, neutral: Neutral) -> Result<Self> {
        let mut parameters = Parameters { chosen: Map::new(), neutral };
        let kind = match sampler.name() {
            "greedy" => {
                let settings: GreedySettings = read(sampler)?;
                parameters.always("temperature", 0.0);
                parameters.add("repetition_penalty", settings.repetition_penalty, 1.0);
                Kind::Greedy
            }
            "temperature" => {
                let settings: TemperatureSettings = read(sampler)?;
                parameters.add("temperature", settings.temperature, 1.0);
                parameters.top_k(settings.top_k);
                parameters.add("top_p", settings.top_p, 1.0);
                parameters.add("min_p", settings.min_p, 0.0);
                parameters.add("typical_p", settings.typical_p, 1.0);
                parameters.add("repetition_penalty", settings.repetition_penalty, 1.0);
                if settings.temperature == 0.0 { Kind::Greedy } else { Kind::Drawn }
            }
            name => return Err(Error::Sampler { name: name.to_owned() }),
        };
        Ok(Self { parameters: parameters.chosen, kind })
    }
}

fn read<T: for<'a> Deserialize<'a>>(sampler: &PluginSpec<dyn Sampler>) -> Result<T> {
    serde_json::from_value(Value::Object(sampler.settings().clone()))
        .map_err(|error| Error::SamplerSettings { name: sampler.name().to_owned(), message: error.to_string() })
}

struct Parameters {
    chosen: Map<String, Value>,
    neutral: Neutral,
}

impl Parameters {
    fn always(&mut self, name: &str, value: impl Into<Value>) {
        self.chosen.insert(name.to_owned(), value.into());
    }

    fn add(&mut self, name: &str, value: f64, neutral: f64) {
        if value != neutral || self.neutral == Neutral::Send {
            self.always(name, value);
        }
    }

    /// All tokens are 0 in a sampler and -1 to the servers: all three take that, not all of them take 0.
    fn top_k(&mut self, value: u32) {
        match value {
            0 if self.neutral == Neutral::Omit => {}
            0 => self.always("top_k", -1),
            value => self.always("top_k", value),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(name: &str) -> PluginSpec<dyn Sampler> {
        PluginSpec::named(name)
    }

    fn parameters(sampler: &PluginSpec<dyn Sampler>, neutral: Neutral) -> Value {
        Value::Object(Sampling::of(sampler, neutral).unwrap().parameters)
    }

    #[test]
    fn neutral_values_are_left_out_unless_they_are_to_be_sent() {
        assert_eq!(parameters(&spec("greedy"), Neutral::Omit), json!({"temperature": 0.0}));
        assert_eq!(parameters(&spec("temperature"), Neutral::Omit), json!({}));
        let neutral = spec("temperature").with("top_k", 0).with("top_p", 1).with("min_p", 0.0);
        assert_eq!(parameters(&neutral, Neutral::Omit), json!({}));
        let all = json!({"temperature": 1.0, "top_k": -1, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0,
            "repetition_penalty": 1.0});
        assert_eq!(parameters(&neutral, Neutral::Send), all);
    }

    #[test]
    fn every_setting_is_passed_on() {
        let greedy = spec("greedy").with("repetition_penalty", 1.1);
        assert_eq!(parameters(&greedy, Neutral::Omit), json!({"temperature": 0.0, "repetition_penalty": 1.1}));
        let values = json!({"temperature": 0.7, "top_k": 20, "top_p": 0.9, "min_p": 0.05, "typical_p": 0.95,
            "repetition_penalty": 1.05});
        let mut drawn = spec("temperature");
        for (name, value) in values.as_object().unwrap() {
            drawn = drawn.with(name, value.clone());
        }
        assert_eq!(parameters(&drawn, Neutral::Omit), values);
    }

    #[test]
    fn temperature_zero_is_greedy() {
        let kind = |sampler| Sampling::of(&sampler, Neutral::Omit).unwrap().kind;
        assert_eq!(kind(spec("greedy")), Kind::Greedy);
        assert_eq!(kind(spec("temperature").with("temperature", 0)), Kind::Greedy);
        assert_eq!(kind(spec("temperature")), Kind::Drawn);
    }

    #[test]
    fn another_sampler_and_unknown_settings_are_refused() {
        let told = |sampler: PluginSpec<dyn Sampler>| Sampling::of(&sampler, Neutral::Omit).unwrap_err().to_string();
        let other = told(spec("dice"));
        for words in ["\"dice\"", "samples by itself", "`greedy`", "`temperature`"] {
            assert!(other.contains(words), "{other}");
        }
        let unknown = told(spec("temperature").with("top_q", 1));
        assert!(unknown.contains("temperature") && unknown.contains("top_q"), "{unknown}");
        assert!(told(spec("greedy").with("temperature", 1)).contains("temperature"));
        assert!(told(spec("temperature").with("top_k", -1)).contains("-1"));
    }
}
