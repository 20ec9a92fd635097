//! What gORM and gPRM are trained on: critiques as the answers of a conversation.
//!
//! ```text
//!  row ──template──▶ the user's turn ─┐
//!      critique ────▶ the model's turn ┴─chat template──▶ prompt │ completion
//! ```
//! The loss is over the completion, which begins where the model's turn does and ends with it. As in the published code the
//! conversation is rendered without a generation prompt. No tensors here: `touchstone_candle::training` takes the two texts.

use std::path::Path;

use touchstone::chat::{ChatTemplate, ChatTemplateError, GenerationPrompt};
use touchstone::data::TrainingRow;
use touchstone::generator::{Conversation, Message, Role, Thinking};
use touchstone::{Context, Error, Result};

use crate::prompts::Texts;

/// A row as text to train on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingText {
    /// What the model reads, special tokens written out.
    pub prompt: String,
    /// What it is to write: the critique, within the marks of the model's turn.
    pub completion: String,
}

/// Lays rows of a generative training set out as text.
pub struct TrainingTexts {
    texts: Texts,
    chat: ChatTemplate,
}

/// A text that no template changes and no data set holds: where it comes out, the critique goes in.
const PLACE: &str = "\u{E000}critique\u{E000}";

impl TrainingTexts {
    /// Texts by the template of this name ([`GORM`](crate::GORM), [`GPRM`](crate::GPRM)) or by a file of the user's own, in the
    /// model's chat template.
    ///
    /// # Errors
    /// Where the file cannot be read or is no template.
    pub fn new(context: &Context, name: &str, file: Option<&Path>, chat: ChatTemplate) -> Result<Self> {
        Ok(Self { texts: Texts::new(context, name, file)?, chat })
    }

    /// A row's text; `None` where it has no critique.
    ///
    /// # Errors
    /// What a template says; a chat template that takes no answer of the model.
    pub fn text(&self, row: &TrainingRow) -> Result<Option<TrainingText>> {
        let Some(critique) = row.critique.as_deref().filter(|critique| !critique.trim().is_empty()) else {
            return Ok(None);
        };
        let asked = self.texts.render(&row.question, &row.cot)?;
        let prompt = self.render(vec![message(Role::User, &asked)])?;
        let answered = |answer: &str| self.render(vec![message(Role::User, &asked), message(Role::Assistant, answer)]);
        let mut whole = answered(critique)?;
        // Templates of models that think take the thinking out of a turn that is over. It is what is to be learnt here.
        if !holds_all(&whole, critique) {
            let around = answered(PLACE)?;
            let Some((before, after)) = around.split_once(PLACE) else { return Err(self.unfit("leaves it out")) };
            whole = [before, critique, after].concat();
        }
        match whole.strip_prefix(&prompt) {
            Some(completion) => Ok(Some(TrainingText { completion: completion.to_owned(), prompt })),
            None => Err(self.unfit("writes the user's turn differently before it")),
        }
    }

    /// What a generator must be given as the beginning of a critique, so that it goes on as it was trained: what training
    /// texts begin with, less what the generation prompt brings itself.
    ///
    /// # Errors
    /// What the chat template says.
    pub fn prefix(&self) -> Result<&'static str> {
        let conversation = Conversation::user("?").with_thinking(Thinking::Off);
        let prompt = self.chat.render(&conversation, GenerationPrompt::Add).map_err(chat_error)?;
        Ok(match prompt.ends_with("<think>\n") {
            true => "Let's verify step by step:",
            false => "<think>\nLet's verify step by step:",
        })
    }

    fn render(&self, messages: Vec<Message>) -> Result<String> {
        let conversation = Conversation { messages, ..Conversation::user("") };
        self.chat.render(&conversation, GenerationPrompt::Omit).map_err(chat_error)
    }

    fn unfit(&self, what: &str) -> Error {
        Error::plugin(
            "training texts",
            format!(
                "the chat template {} {what} where it is given an answer of the model: training needs one that keeps it; give \
                 the model another chat template",
                self.chat.name()
            ),
        )
    }
}

fn chat_error(error: ChatTemplateError) -> Error {
    Error::plugin("training texts", error.to_string())
}

fn message(role: Role, content: &str) -> Message {
    Message { role, content: content.to_owned() }
}

/// Whether a rendered text holds a critique, whatever white space a template moves.
fn holds_all(text: &str, critique: &str) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    dense(text).contains(&dense(critique))
}

#[cfg(test)]
mod tests {
    use touchstone::{Cot, CotId, Question, Registry};

    use super::*;

    const KEEPING: &str = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}\
                           {% if add_generation_prompt %}<|assistant|>{% endif %}";
    const FORGETFUL: &str = "{% for m in messages %}<|{{ m.role }}|>{{ m.content.split('</think>')[-1] }}<|end|>{% endfor %}\
         {% if add_generation_prompt %}<|assistant|><think>\n{% endif %}";
    const CRITIQUE: &str = "<think>\nLet's verify step by step: fine.\n</think>\n\nVerification: Yes";

    fn texts(template: &str) -> TrainingTexts {
        let chat = ChatTemplate::new("chat.jinja", template).unwrap();
        TrainingTexts::new(&Context::new(Registry::builtin()), crate::GORM, None, chat).unwrap()
    }

    fn row(critique: Option<&str>) -> TrainingRow {
        TrainingRow {
            question: Question { id: 0.into(), category: "law".into(), text: "Why?".to_owned() },
            gold: None,
            cot: Cot { id: CotId(0), steps: vec!["Because.".into()], answer: None },
            labels: None,
            critique: critique.map(str::to_owned),
        }
    }

    #[test]
    fn the_completion_is_the_whole_turn_of_the_model() {
        for template in [KEEPING, FORGETFUL] {
            let text = texts(template).text(&row(Some(CRITIQUE))).unwrap().unwrap();
            assert!(text.prompt.starts_with("<|user|>") && text.prompt.ends_with("Because.<|end|>"), "{text:?}");
            assert_eq!(text.completion, format!("<|assistant|>{CRITIQUE}<|end|>"));
        }
    }

    #[test]
    fn a_row_without_a_critique_trains_nothing() {
        assert_eq!(texts(KEEPING).text(&row(None)).unwrap(), None);
        assert_eq!(texts(KEEPING).text(&row(Some(" \n"))).unwrap(), None);
    }

    #[test]
    fn what_opens_the_thinking_is_given_once() {
        assert_eq!(texts(KEEPING).prefix().unwrap(), "<think>\nLet's verify step by step:");
        assert_eq!(texts(FORGETFUL).prefix().unwrap(), "Let's verify step by step:");
    }

    #[test]
    fn a_template_that_leaves_answers_out_is_refused() {
        let deaf = texts("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}");
        let message = deaf.text(&row(Some(CRITIQUE))).unwrap_err().to_string();
        assert!(message.contains("chat.jinja") && message.contains("leaves it out"), "{message}");
    }
}
