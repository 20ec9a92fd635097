//! `math_shepherd`: process reward models in the style of Math-Shepherd.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Cot, Question, Verifier, VerifierSettings};
use touchstone_candle::compute::Compute;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::Tokenizer;

use crate::candidates::{Candidates, last_token};
use crate::error::Result;
use crate::marked::{MarkedText, cleaned};
use crate::step_reader::{Kind, Layout, Opening};

/// A process reward model in the style of Math-Shepherd (Wang et al. 2024): a tag ends each step's line.
///
/// The model reads `question step ки`, a line break, `step ки` and so on; all are trimmed and freed of tags first. The reward of
/// a step is the softmax of `+` and `-` at its tag. Such models were trained on text that was tokenised as a whole, so it is
/// here, too; the tag's place in the text tells its token, so a tag that merges with its neighbours, or a word that shares
/// its token, misleads nobody. Aggregate by `min`, or by `prod`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MathShepherd {
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
    /// What follows each step; ` ки` unless told otherwise.
    #[serde(default = "tag")]
    pub tag: String,
    /// What follows the question; a blank unless told otherwise.
    #[serde(default = "separator")]
    pub separator: String,
    /// What stands between a tag and the next step; a line break unless told otherwise.
    #[serde(default = "step_separator")]
    pub step_separator: String,
    /// The two texts whose last tokens are weighed against each other at a tag; `-` and `+` unless told otherwise.
    #[serde(default)]
    pub candidates: Candidates,
}

fn tag() -> String {
    " ки".to_owned()
}

fn separator() -> String {
    " ".to_owned()
}

fn step_separator() -> String {
    "\n".to_owned()
}

touchstone::register!(Verifier, "math_shepherd", MathShepherd);

impl VerifierSettings for MathShepherd {
    fn open(&self, context: &Context) -> touchstone::Result<Box<dyn Verifier>> {
        let opening = Opening {
            verifier: "math_shepherd",
            model: &self.model,
            adapter: self.adapter.as_ref(),
            compute: &self.compute,
            context_length: self.context_length,
        };
        opening.open(context, |model| {
            last_token(model.tokenizer(), "tag", &self.tag)?;
            Ok(Kind { layout: Box::new(self.lines()), head: self.candidates.head(model.tokenizer())? })
        })
    }
}

impl MathShepherd {
    fn lines(&self) -> Lines {
        let Self { tag, separator, step_separator, .. } = self.clone();
        Lines { tag, separator, step_separator }
    }
}

/// The texts around question and steps.
struct Lines {
    tag: String,
    separator: String,
    step_separator: String,
}

impl Layout for Lines {
    fn lay_out(&self, tokenizer: &Tokenizer, question: &Question, cots: &[Cot]) -> Result<Vec<MarkedText>> {
        let question = cleaned(&question.text, &self.tag) + &self.separator;
        cots.iter().map(|cot| self.lay_out_one(tokenizer, question.clone(), cot)).collect()
    }
}

impl Lines {
    fn lay_out_one(&self, tokenizer: &Tokenizer, question: String, cot: &Cot) -> Result<MarkedText> {
        let mut text = question;
        let mut tag_ends = Vec::with_capacity(cot.steps.len());
        for (number, step) in cot.steps.iter().enumerate() {
            if number > 0 {
                text += &self.step_separator;
            }
            text += &cleaned(step, &self.tag);
            text += &self.tag;
            tag_ends.push(text.len());
        }
        let located = tokenizer.locate_literal(&text)?;
        // The last token that begins before the tag's end: where several make up one character, the last of them.
        let mark = |end: &usize| located.starts.partition_point(|start| start < end).saturating_sub(1);
        let marks = tag_ends.iter().map(|end| mark(end) + tokenizer.beginning().len()).collect();
        let beginning = tokenizer.beginning();
        let tokens = [beginning, &located.tokens].concat();
        Ok(MarkedText { tokens, marks, pinned: beginning.len() })
    }
}
