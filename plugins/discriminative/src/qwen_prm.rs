//! `qwen_prm`: process reward models in the style of Qwen2.5-Math-PRM.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::chat::GenerationPrompt;
use touchstone::generator::{Conversation, Message, Role, Thinking};
use touchstone::{Context, Cot, Question, Verifier, VerifierSettings};
use touchstone_candle::Model;
use touchstone_candle::compute::Compute;
use touchstone_candle::reading::ReadingHead;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};

use crate::error::{Error, Result};
use crate::marked::MarkedText;
use crate::step_reader::{Kind, Layout, Opening};

/// A process reward model in the style of Qwen2.5-Math-PRM (Zhang et al. 2025): a conversation in which a separator token
/// ends each step, and a head of two classes.
///
/// The model reads its chat template with a system prompt, the question as the user's turn and, as the assistant's, each step
/// and the separator; question and steps are trimmed. A step's reward is the softmax of the two classes at its separator, at
/// the second. What looks like a separator or another control token in a question or step is read as plain text. Aggregate
/// by `min`, or by `prod`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QwenPrm {
    /// The model, with its classification head: a folder, or an address on the hub.
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
    /// The system's turn; `Please reason step by step, and put your final answer within \boxed{}.` unless told otherwise.
    #[serde(default = "system_prompt")]
    pub system_prompt: String,
    /// The token that ends each step; `<extra_0>` unless told otherwise.
    #[serde(default = "step_token")]
    pub step_token: String,
}

fn system_prompt() -> String {
    "Please reason step by step, and put your final answer within \\boxed{}.".to_owned()
}

fn step_token() -> String {
    "<extra_0>".to_owned()
}

touchstone::register!(Verifier, "qwen_prm", QwenPrm);

impl VerifierSettings for QwenPrm {
    fn open(&self, context: &Context) -> touchstone::Result<Box<dyn Verifier>> {
        let opening = Opening {
            verifier: "qwen_prm",
            model: &self.model,
            adapter: self.adapter.as_ref(),
            compute: &self.compute,
            context_length: self.context_length,
        };
        opening.open(context, |model| {
            match model.decoder().labels() {
                Some(2) => {}
                classes => return Err(Error::NotTwoClasses { classes: classes.unwrap_or(0) }),
            }
            Ok(Kind { layout: Box::new(ConversationLayout::new(self, model)?), head: ReadingHead::Classifier })
        })
    }
}

/// The tokens around question and steps.
struct ConversationLayout {
    before_question: Vec<u32>,
    after_question: Vec<u32>,
    step_token: u32,
}

impl ConversationLayout {
    /// Renders the chat template once, with a stand-in for the question and one for the steps, and tokenises what stands around
    /// them. Control tokens are such in the template only.
    fn new(settings: &QwenPrm, model: &Model) -> Result<Self> {
        // Code points for private use: in no template, and untouched by its trimming and escaping.
        const QUESTION: &str = "\u{e0f1}";
        const STEPS: &str = "\u{e0f2}";
        let tokenizer = model.tokenizer();
        let turn = |role, content: &str| Message { role, content: content.to_owned() };
        let turns = [(Role::System, &*settings.system_prompt), (Role::User, QUESTION), (Role::Assistant, STEPS)];
        let turns = Conversation {
            messages: turns.map(|(role, content)| turn(role, content)).to_vec(),
            thinking: Thinking::AsTemplate,
        };
        let template = model.chat().ok_or(Error::NoTemplate)?;
        let rendered = template.render(&turns, GenerationPrompt::Omit)?;
        let (before_question, rest) = rendered.split_once(QUESTION).ok_or(Error::Template { part: "question" })?;
        let (after_question, _) = rest.split_once(STEPS).ok_or(Error::Template { part: "steps" })?;
        let encode = |text: &str| tokenizer.encode(text, SpecialTokens::Omit);
        let [step_token] = encode(&settings.step_token)?[..] else {
            let tokens = encode(&settings.step_token)?.len();
            return Err(Error::NotOneToken { text: settings.step_token.clone(), tokens });
        };
        Ok(Self { before_question: encode(before_question)?, after_question: encode(after_question)?, step_token })
    }
}

impl Layout for ConversationLayout {
    fn lay_out(&self, tokenizer: &Tokenizer, question: &Question, cots: &[Cot]) -> Result<Vec<MarkedText>> {
        let question = tokenizer.encode_literal(question.text.trim(), SpecialTokens::Omit)?;
        let before = [&self.before_question[..], &question, &self.after_question].concat();
        let before = MarkedText::before_steps(before, 0);
        let lay_out = |cot: &Cot| {
            let mut text = before.clone();
            for step in &cot.steps {
                let mut tokens = tokenizer.encode_literal(step.trim(), SpecialTokens::Omit)?;
                tokens.push(self.step_token);
                text.push_step(&tokens);
            }
            Ok(text)
        };
        cots.iter().map(lay_out).collect()
    }
}
