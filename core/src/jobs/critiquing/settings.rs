//! What a critiquing job may set.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::generator::GenerationRequest;
use crate::{Generator, PluginSpec, Sampler};

/// How critiques of training rows are written. The defaults are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CritiquingSettings {
    /// What writes the critiques.
    pub generator: PluginSpec<dyn Generator>,
    /// How many critiques of each row: 4 by default.
    #[serde(default = "default_critiques")]
    pub critiques: NonZeroUsize,
    /// The most new tokens of a critique: 8192 by default.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: NonZeroUsize,
    /// How tokens are chosen: by default at the temperature 0.6, from the 20 likeliest that come to 0.95.
    #[serde(default = "default_sampler")]
    pub sampler: PluginSpec<dyn Sampler>,
    /// Where randomness starts: 42 by default.
    #[serde(default = "default_seed")]
    pub seed: u64,
}

impl CritiquingSettings {
    /// Critiques of this generator, with everything else by default.
    pub fn new(generator: PluginSpec<dyn Generator>) -> Self {
        Self {
            generator,
            critiques: default_critiques(),
            max_tokens: default_max_tokens(),
            sampler: default_sampler(),
            seed: default_seed(),
        }
    }

    /// What the generator is asked for. No text ends a critique early: a verdict inside the thinking is not yet its end.
    pub(super) fn request(&self) -> GenerationRequest {
        GenerationRequest {
            samples: self.critiques.get(),
            max_tokens: self.max_tokens.get(),
            stop: Vec::new(),
            sampler: self.sampler.clone(),
            seed: self.seed,
            candidates: Vec::new(),
        }
    }
}

fn default_critiques() -> NonZeroUsize {
    const FOUR: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);
    FOUR
}

fn default_max_tokens() -> NonZeroUsize {
    const EIGHT_THOUSAND: NonZeroUsize = NonZeroUsize::MIN.saturating_add(8191);
    EIGHT_THOUSAND
}

fn default_sampler() -> PluginSpec<dyn Sampler> {
    PluginSpec::named("temperature").with("temperature", 0.6).with("top_k", 20).with("top_p", 0.95).with("min_p", 0.0)
}

fn default_seed() -> u64 {
    42
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_from_a_generator_alone_are_the_papers() {
        let read = serde_json::from_str::<CritiquingSettings>(r#"{"generator": "echo"}"#).unwrap();
        assert_eq!(read, CritiquingSettings::new(PluginSpec::named("echo")));
        assert_eq!((read.critiques.get(), read.max_tokens.get(), read.seed), (4, 8192, 42));
        assert_eq!(read.sampler.to_string(), "temperature{temperature=0.6,top_k=20,top_p=0.95,min_p=0.0}");
    }
}
