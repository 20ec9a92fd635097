//! What a sampling job may set.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::generator::{Chat, GenerationRequest, Thinking};
use crate::{AnswerExtractor, Generator, PluginSpec, Sampler, StepSplitter};

/// How CoTs are sampled, cut and read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingSettings {
    /// What writes the solutions.
    pub generator: PluginSpec<dyn Generator>,
    /// How many solutions of each question: 16 by default, as the paper's sets have.
    #[serde(default = "default_samples")]
    pub samples: NonZeroUsize,
    /// The most new tokens of a solution: 2048 by default.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: NonZeroUsize,
    /// How tokens are chosen: by default at the temperature 0.7 and from the whole distribution, as self-consistency and
    /// Math-Shepherd have it.
    #[serde(default = "default_sampler")]
    pub sampler: PluginSpec<dyn Sampler>,
    /// Where randomness starts: 42 by default.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// A solution ends before the first of these texts.
    #[serde(default)]
    pub stop: Vec<String>,
    /// How solutions are cut into steps: at blank lines by default, as the prompt asks for.
    #[serde(default = "default_splitter")]
    pub splitter: PluginSpec<dyn StepSplitter>,
    /// How the answer is read: a letter by default.
    #[serde(default = "default_extractor")]
    pub extractor: PluginSpec<dyn AnswerExtractor>,
    /// A file with the prompt's template, in place of the template `solution.jinja`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<PathBuf>,
    /// How the prompt reaches the model.
    #[serde(default)]
    pub chat: Chat,
    /// Whether the model is to think first, where it can.
    #[serde(default)]
    pub thinking: Thinking,
    /// The format of the files.
    #[serde(default)]
    pub format: FileFormat,
}

/// The format of the files of a test set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// An array of objects, one a line.
    #[default]
    Json,
    /// An object a line.
    Jsonl,
    /// Parquet. Ids must all be numbers or all be texts.
    Parquet,
}

impl FileFormat {
    /// What the names of files end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

impl SamplingSettings {
    /// Sampling from this generator, with everything else by default.
    pub fn new(generator: PluginSpec<dyn Generator>) -> Self {
        Self {
            generator,
            samples: default_samples(),
            max_tokens: default_max_tokens(),
            sampler: default_sampler(),
            seed: default_seed(),
            stop: Vec::new(),
            splitter: default_splitter(),
            extractor: default_extractor(),
            template: None,
            chat: Chat::default(),
            thinking: Thinking::default(),
            format: FileFormat::default(),
        }
    }

    /// What the generator is asked for.
    pub(super) fn request(&self) -> GenerationRequest {
        GenerationRequest {
            samples: self.samples.get(),
            max_tokens: self.max_tokens.get(),
            stop: self.stop.clone(),
            sampler: self.sampler.clone(),
            seed: self.seed,
            candidates: Vec::new(),
        }
    }
}

fn default_samples() -> NonZeroUsize {
    const SIXTEEN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);
    SIXTEEN
}

fn default_max_tokens() -> NonZeroUsize {
    const TWO_THOUSAND: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2047);
    TWO_THOUSAND
}

fn default_sampler() -> PluginSpec<dyn Sampler> {
    PluginSpec::named("temperature").with("temperature", 0.7)
}

fn default_seed() -> u64 {
    42
}

fn default_splitter() -> PluginSpec<dyn StepSplitter> {
    PluginSpec::named("blank_line")
}

fn default_extractor() -> PluginSpec<dyn AnswerExtractor> {
    PluginSpec::named("letter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_from_a_generator_alone_are_the_defaults_and_an_unknown_field_is_an_error() {
        let read = serde_json::from_str::<SamplingSettings>(r#"{"generator": "echo"}"#).unwrap();
        assert_eq!(read, SamplingSettings::new(PluginSpec::named("echo")));
        assert_eq!((read.samples.get(), read.max_tokens.get(), read.seed), (16, 2048, 42));
        assert_eq!(read.sampler.to_string(), "temperature{temperature=0.7}");
        let told = serde_json::from_str::<SamplingSettings>(r#"{"generator": "echo", "sample": 3}"#).unwrap_err();
        assert!(told.to_string().contains("unknown field `sample`"), "{told}");
    }
}
