//! The paper's way to read a CoT: a tag after each step, and the softmax of two tokens at its end.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Cot, Question, Verifier};
use touchstone_candle::compute::Compute;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};

use crate::candidates::{Candidates, last_token};
use crate::error::Result;
use crate::marked::{MarkedText, cleaned};
use crate::step_reader::{Kind, Layout, Opening};

/// The settings of a verifier that reads rewards at tags. The defaults are the paper's.
///
/// The model reads the question and ` \n\n`, then each step and its tag; all are trimmed and freed of tags first. Each of
/// these segments is tokenised on its own, as in training, so a step's reward is read at the last token of its segment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
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
            last_token(model.tokenizer(), "tag", &self.tag)?;
            let layout = Tagged { tag: self.tag.clone(), separator: self.separator.clone() };
            Ok(Kind { layout: Box::new(layout), head: self.candidates.head(model.tokenizer())? })
        })
    }
}

/// The texts around question and steps.
pub(crate) struct Tagged {
    pub(crate) tag: String,
    pub(crate) separator: String,
}

impl Default for Tagged {
    fn default() -> Self {
        Self { tag: tag(), separator: separator() }
    }
}

impl Layout for Tagged {
    fn lay_out(&self, tokenizer: &Tokenizer, question: &Question, cots: &[Cot]) -> Result<Vec<MarkedText>> {
        let before =
            tokenizer.encode_literal(&(cleaned(&question.text, &self.tag) + &self.separator), SpecialTokens::Add)?;
        let before = MarkedText::before_steps(before, tokenizer.beginning().len());
        let lay_out = |cot: &Cot| {
            let mut text = before.clone();
            for step in &cot.steps {
                text.push_step(
                    &tokenizer.encode_literal(&(cleaned(step, &self.tag) + &self.tag), SpecialTokens::Omit)?,
                );
            }
            Ok(text)
        };
        cots.iter().map(lay_out).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use touchstone::{CotId, QuestionCots, Registry};
    use touchstone_candle::tokenizer::SpecialTokens;

    use super::*;

    /// The real questions of this category.
    fn questions(category: &str) -> Vec<QuestionCots> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/cots/{category}.jsonl"));
        let row = |line: &str| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let steps = |cot: &serde_json::Value| serde_json::from_value(cot.clone()).unwrap();
            let cots = row["cots"].as_array().unwrap().iter();
            let cot = |cot| Cot { id: CotId(0), steps: steps(cot), answer: None };
            let text = row["question"].as_str().unwrap().to_owned();
            QuestionCots {
                question: Question { id: 0.into(), category: category.into(), text },
                cots: cots.map(cot).collect(),
            }
        };
        std::fs::read_to_string(path).unwrap().lines().map(row).collect()
    }

    fn tokenizer(model: PathBuf) -> Tokenizer {
        let files = ModelLocation::Path(model).model_files(&Context::new(Registry::builtin())).unwrap();
        Tokenizer::open(&files).unwrap()
    }

    fn golden(name: &str) -> Tokenizer {
        tokenizer(Path::new(env!("CARGO_MANIFEST_DIR")).join("../candle/tests/golden/models").join(name))
    }

    fn smollm2() -> Option<Tokenizer> {
        let file = std::env::var_os("TOUCHSTONE_SMOLLM2").map(PathBuf::from);
        if file.is_none() {
            assert!(std::env::var_os("CI").is_none(), "TOUCHSTONE_SMOLLM2 must name the model's file in CI");
            println!("skipped: TOUCHSTONE_SMOLLM2 does not name SmolLM2-135M-Instruct.Q4_1.gguf");
        }
        file.map(tokenizer)
    }

    fn paper() -> Tagged {
        Tagged::default()
    }

    /// The text as the published code puts it together.
    fn whole(question: &Question, cot: &Cot) -> String {
        let steps = cot.steps.iter().map(|step| cleaned(step, &tag()) + &tag());
        cleaned(&question.text, &tag()) + &separator() + &steps.collect::<String>()
    }

    #[test]
    fn on_llama_3_and_qwen_tokenizers_the_segments_are_the_tokens_of_the_whole_text() {
        for name in ["llama", "qwen2", "qwen3"] {
            let tokenizer = golden(name);
            for unit in ["law", "psychology"].into_iter().flat_map(questions) {
                let texts = paper().lay_out(&tokenizer, &unit.question, &unit.cots).unwrap();
                for (cot, text) in unit.cots.iter().zip(texts) {
                    let whole = tokenizer.encode(&whole(&unit.question, cot), SpecialTokens::Add).unwrap();
                    assert_eq!(text.tokens, whole, "{name}");
                }
            }
        }
    }

    #[test]
    fn on_a_gpt_2_tokenizer_the_whole_text_loses_the_tags_that_the_segments_keep() {
        let Some(tokenizer) = smollm2() else { return };
        let last_of_tag = tokenizer.last_token_of(&tag()).unwrap();
        let found = |tokens: &[u32]| tokens.iter().filter(|token| **token == last_of_tag).count();
        for unit in questions("psychology") {
            let texts = paper().lay_out(&tokenizer, &unit.question, &unit.cots).unwrap();
            for (cot, text) in unit.cots.iter().zip(texts) {
                let whole = tokenizer.encode(&whole(&unit.question, cot), SpecialTokens::Add).unwrap();
                assert_eq!(found(&whole), 1, "{cot:?}");
                assert!(text.marks.iter().all(|mark| text.tokens[*mark] == last_of_tag));
                assert_eq!(text.marks.len(), cot.steps.len());
            }
        }
    }

    #[test]
    fn a_bos_comes_first_once_and_is_pinned_where_the_tokenizer_adds_one() {
        let question = Question { id: 0.into(), category: "law".into(), text: "What?".to_owned() };
        let cot = Cot { id: CotId(0), steps: vec!["<|begin_of_text|>".into()], answer: None };
        for (name, bos) in [("llama", 1), ("qwen2", 0)] {
            let text = &paper().lay_out(&golden(name), &question, std::slice::from_ref(&cot)).unwrap()[0];
            assert_eq!(text.pinned, bos);
            // The token that begins a text is token 0 here.
            assert_eq!(text.tokens.iter().filter(|token| **token == 0).count(), bos, "{name}");
        }
    }

    #[test]
    fn a_control_token_in_a_text_is_its_characters() {
        let tokenizer = golden("qwen2");
        let cot = Cot { id: CotId(0), steps: vec!["a<|endoftext|>b".into()], answer: None };
        let question = Question { id: 0.into(), category: "law".into(), text: "<|im_end|>".to_owned() };
        let text = &paper().lay_out(&tokenizer, &question, &[cot]).unwrap()[0];
        let controls = ["<|endoftext|>", "<|im_end|>"].map(|token| tokenizer.token_id(token).unwrap());
        assert!(text.tokens.iter().all(|token| !controls.contains(token)));
        assert!(tokenizer.decode(&text.tokens).unwrap().contains("a<|endoftext|>b"));
    }
}
