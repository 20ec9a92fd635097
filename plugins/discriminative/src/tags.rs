//! The paper's way to read a CoT: a tag after each step, and the softmax of two tokens at its end.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Cot, Question, Verifier};
use touchstone_candle::compute::Compute;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::Tokenizer;

use crate::candidates::Candidates;
use crate::error::{Error, Result};
use crate::marked::{MarkedText, cleaned};
use crate::step_reader::{Kind, Layout, Opening};

/// The settings of a verifier that reads rewards at tags. The defaults are the paper's.
///
/// The model reads the question and ` \n\n`, then each step and its tag; all are trimmed and freed of tags first. Each of
/// these segments is tokenised on its own, as in training, so a step's reward is read at the last token of its segment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepTags {
    /// The model: a folder, a GGUF file, or an address on the hub.
    pub model: ModelLocation,
    /// A LoRA adapter that was trained on that model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<ModelLocation>,
    /// Where and how to compute.
    #[serde(default)]
    pub compute: Compute,
    /// The most tokens that the model reads of a question and a CoT. Of a longer text the end is read, and the steps that
    /// were cut off have missing rewards. Without it, the model's own context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_length: Option<NonZeroUsize>,
    /// What follows each step; ` \n\n\n\n` unless told otherwise.
    #[serde(default = "tag")]
    pub tag: String,
    /// What follows the question; ` \n\n` unless told otherwise.
    #[serde(default = "separator")]
    pub separator: String,
    /// The two texts whose last tokens are weighed against each other at a tag; `-` and `+` unless told otherwise.
    #[serde(default)]
    pub candidates: Candidates,
}

fn tag() -> String {
    " \n\n\n\n".to_owned()
}

fn separator() -> String {
    " \n\n".to_owned()
}

impl StepTags {
    /// The paper's settings for this model.
    pub fn new(model: ModelLocation) -> Self {
        Self {
            model,
            adapter: None,
            compute: Compute::default(),
            context_length: None,
            tag: tag(),
            separator: separator(),
            candidates: Candidates::default(),
        }
    }

    /// Loads the model for the verifier of this name.
    pub(crate) fn open(&self, verifier: &'static str, context: &Context) -> touchstone::Result<Box<dyn Verifier>> {
        let opening = Opening {
            verifier,
            model: &self.model,
            adapter: self.adapter.as_ref(),
            compute: &self.compute,
            context_length: self.context_length,
        };
        opening.open(context, |model| {
            if model.tokenizer().encode_plain(&self.tag)?.is_empty() {
                return Err(Error::NoToken { what: "tag", text: self.tag.clone() });
            }
            let layout = Tagged { tag: self.tag.clone(), separator: self.separator.clone() };
            Ok(Kind { layout: Box::new(layout), head: self.candidates.head(model.tokenizer())? })
        })
    }
}

/// The texts around question and steps.
struct Tagged {
    tag: String,
    separator: String,
}

impl Layout for Tagged {
    fn lay_out(&self, tokenizer: &Tokenizer, question: &Question, cots: &[Cot]) -> Result<Vec<MarkedText>> {
        let before = tokenizer.encode_with_special(&(cleaned(&question.text, &self.tag) + &self.separator))?;
        let before = MarkedText::before_steps(before, tokenizer.leading_special());
        let lay_out = |cot: &Cot| {
            let mut text = before.clone();
            for step in &cot.steps {
                text.push_step(&tokenizer.encode_plain(&(cleaned(step, &self.tag) + &self.tag))?);
            }
            Ok(text)
        };
        cots.iter().map(lay_out).collect()
    }
}
