//! From a question and a CoT to the prompt of a critique.

use std::path::Path;

use serde::Serialize;
use touchstone::generator::{Chat, Prompt, Thinking};
use touchstone::{Context, Cot, Error, Generator, Question, Result, Step, Templates};

/// The name of the template of `gorm`.
pub const GORM: &str = "gorm.jinja";

/// The name of the template of `gprm`.
pub const GPRM: &str = "gprm.jinja";

/// The name of the template by which models without training of their own are asked for critiques of steps.
pub const GPRM_RATIONALE: &str = "gprm_rationale.jinja";

/// Every template of this crate, by name.
const TEMPLATES: [(&str, &str); 3] = [
    (GORM, include_str!("../../../templates/gorm.jinja")),
    (GPRM, include_str!("../../../templates/gprm.jinja")),
    (GPRM_RATIONALE, include_str!("../../../templates/gprm_rationale.jinja")),
];

/// Adds the templates of this crate, except where the user's folder has one of the name.
///
/// # Errors
/// [`Error::Template`], which a test rules out for these.
pub fn add_templates(templates: &mut Templates) -> Result<()> {
    TEMPLATES.into_iter().try_for_each(|(name, source)| templates.add(name, source))
}

/// What a template is given.
#[derive(Serialize)]
struct Values<'a> {
    /// The subject; empty where the category names none.
    category: &'a str,
    question: &'a str,
    steps: &'a [Step],
}

/// The text of a request for a critique, before a chat template.
pub(crate) struct Texts {
    templates: Templates,
    name: String,
    /// The name without the user's file.
    usual_name: String,
}

impl Texts {
    /// Texts by the user's own template file, or by the one of this name.
    pub(crate) fn new(context: &Context, name: &str, file: Option<&Path>) -> Result<Self> {
        let mut templates = context.templates().clone();
        add_templates(&mut templates)?;
        let usual_name = name.to_owned();
        let mut name = usual_name.clone();
        if let Some(file) = file {
            let source = std::fs::read_to_string(file).map_err(|error| Error::io("read the template", file, error))?;
            name = file.display().to_string();
            templates.add(name.clone(), source)?;
        }
        Ok(Self { templates, name, usual_name })
    }

    /// The template under its usual name, and each that it may include, with their texts.
    pub(crate) fn sources(&self) -> Vec<(String, String)> {
        let mut found = self.templates.with_includes(&self.name);
        if let Some((own, _)) = found.first_mut() {
            // Where a file lies changes no prompt.
            own.clone_from(&self.usual_name);
        }
        found
    }

    /// The text for this CoT.
    ///
    /// # Errors
    /// A variable that the template uses and there is not, with its line.
    pub(crate) fn render(&self, question: &Question, cot: &Cot) -> Result<String> {
        let category = question.category.subject().unwrap_or_default();
        self.templates.render(&self.name, Values { category, question: &question.text, steps: &cot.steps })
    }
}

/// Makes prompts.
pub(crate) struct Prompts {
    texts: Texts,
    chat: Chat,
    thinking: Thinking,
    prefix: String,
}

impl Prompts {
    /// Prompts of these texts, each with `prefix` as the beginning of the critique.
    pub(crate) fn new(texts: Texts, chat: Chat, thinking: Thinking, prefix: &str) -> Self {
        Self { texts, chat, thinking, prefix: prefix.to_owned() }
    }

    /// The template under its usual name, and each that it may include, with their texts.
    pub(crate) fn sources(&self) -> Vec<(String, String)> {
        self.texts.sources()
    }

    /// The prompt of a critique of this CoT.
    ///
    /// # Errors
    /// A variable that the template uses and there is not, with its line; what the chat template says.
    pub(crate) fn prompt(
        &self,
        generator: &dyn Generator,
        context: &Context,
        question: &Question,
        cot: &Cot,
    ) -> Result<Prompt> {
        let text = self.texts.render(question, cot)?;
        let mut prompt = self.chat.prompt(generator, context, text, self.thinking)?;
        if self.chat == Chat::None && !self.prefix.is_empty() {
            // Nothing else separates the two.
            prompt.text.push_str("\n\n");
        }
        prompt.text.push_str(&self.prefix);
        Ok(prompt)
    }
}
