//! How a question and a CoT are laid out as text: in both ways in which reward models will meet them.

use crate::vocabulary::{END_OF_TEXT, TURN_END, TURN_START};

/// A layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As dORM and dPRM read: every step followed by its tag, so that the tag's hidden state has something to tell.
    Tagged,
    /// As a turn of a chat, from which the generative reward models start.
    Chat,
}

/// What follows every step in [`Layout::Tagged`].
const TAG: &str = " \n\n\n\n";

impl Layout {
    /// Layouts take turns from question to question and from epoch to epoch.
    pub fn of(question: usize, epoch: usize) -> Self {
        if (question + epoch).is_multiple_of(2) { Self::Tagged } else { Self::Chat }
    }

    /// The beginning that all CoTs of a question share.
    pub fn question(self, text: &str) -> String {
        match self {
            Self::Tagged => format!("{text} \n\n"),
            Self::Chat => format!("{TURN_START}user\n{text}{TURN_END}\n{TURN_START}assistant\n"),
        }
    }

    /// What follows it: a CoT to its end.
    pub fn cot(self, steps: &[String]) -> String {
        match self {
            Self::Tagged => steps.iter().flat_map(|step| [step, TAG]).chain([END_OF_TEXT]).collect(),
            Self::Chat => steps.join("\n\n") + TURN_END,
        }
    }
}

/// The chat template that renders [`Layout::Chat`].
pub const CHAT_TEMPLATE: &str = "\
{%- for message in messages -%}
{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\\n' }}
{%- endif -%}
";
