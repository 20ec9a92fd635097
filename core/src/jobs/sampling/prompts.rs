//! From a question to the prompt that asks for its solution.

use std::path::Path;

use serde::Serialize;

use crate::generator::{Chat, Prompt, Thinking};
use crate::{Context, Error, Generator, Question, Result, Templates};

/// The name of the template that asks for a solution.
pub const TEMPLATE: &str = "solution.jinja";

/// Adds the template that asks for a solution, except where the user's folder has one of its name.
///
/// # Errors
/// [`Error::Template`], which a test rules out for this one.
pub fn add_template(templates: &mut Templates) -> Result<()> {
    templates.add(TEMPLATE, include_str!("../../../../templates/solution.jinja"))
}

/// What the template is given.
#[derive(Serialize)]
struct Values<'a> {
    /// The subject; empty where the category names none.
    category: &'a str,
    question: &'a str,
}

/// Makes the prompts that ask for solutions.
pub struct Prompts {
    templates: Templates,
    name: String,
    chat: Chat,
    thinking: Thinking,
}

impl Prompts {
    /// Prompts by the user's own file, or by [`TEMPLATE`] of the context, which is tried once.
    ///
    /// # Errors
    /// Where the file cannot be read, or what is in it is no template or asks for what it is not given.
    pub fn new(context: &Context, template: Option<&Path>, chat: Chat, thinking: Thinking) -> Result<Self> {
        let mut templates = context.templates().clone();
        add_template(&mut templates)?;
        let mut name = TEMPLATE.to_owned();
        if let Some(file) = template {
            let source = std::fs::read_to_string(file).map_err(|error| Error::io("read the template", file, error))?;
            name = file.display().to_string();
            templates.add(name.clone(), source)?;
        }
        let prompts = Self { templates, name, chat, thinking };
        prompts.render(&Values { category: "math", question: "?" })?;
        Ok(prompts)
    }

    /// The template under its usual name, and each that it may include, with their texts.
    pub(super) fn sources(&self) -> Vec<(String, String)> {
        let mut found = self.templates.with_includes(&self.name);
        if let Some((own, _)) = found.first_mut() {
            // Where a file lies changes no prompt.
            *own = TEMPLATE.to_owned();
        }
        found
    }

    /// The prompt that asks for a solution of this question.
    ///
    /// # Errors
    /// What the template or the generator's chat template says.
    pub fn prompt(&self, generator: &dyn Generator, context: &Context, question: &Question) -> Result<Prompt> {
        let category = question.category.subject().unwrap_or_default();
        let text = self.render(&Values { category, question: &question.text })?;
        self.chat.prompt(generator, context, text, self.thinking)
    }

    fn render(&self, values: &Values<'_>) -> Result<String> {
        self.templates.render(&self.name, values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::SamplingSettings;
    use super::*;
    use crate::{PluginSpec, Registry};

    fn of_settings(context: &Context, settings: &SamplingSettings) -> Result<Prompts> {
        Prompts::new(context, settings.template.as_deref(), settings.chat, settings.thinking)
    }

    fn prompts(templates: Templates) -> Result<Prompts> {
        let context = Context::new(Registry::builtin()).with_templates(templates);
        of_settings(&context, &SamplingSettings::new(PluginSpec::named("none")))
    }

    fn overridden(files: &[(&str, &str)]) -> Result<Prompts> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut templates = Templates::new();
        templates.override_from(folder.path())?;
        prompts(templates)
    }

    #[test]
    fn the_template_reads_well_with_a_subject_and_without() {
        let prompts = prompts(Templates::new()).unwrap();
        let told = prompts.render(&Values { category: "computer science", question: "What is 2 + 2?\n(A) 3\n(B) 4" });
        let told = told.unwrap();
        assert!(
            told.contains("Solve the computer science question") && told.ends_with("\nWhat is 2 + 2?\n(A) 3\n(B) 4"),
            "{told}"
        );
        assert!(told.contains("\"The answer is (X).\"") && told.contains("blank line"), "{told}");
        let told = prompts.render(&Values { category: "", question: "?" }).unwrap();
        assert!(told.contains("Solve the question below") && !told.contains("  "), "{told}");
    }

    #[test]
    fn the_users_template_takes_its_place_and_a_hole_in_it_is_found_at_once() {
        let mine = overridden(&[(TEMPLATE, "Q: {{ question }}\nA:")]).unwrap();
        assert_eq!(mine.render(&Values { category: "", question: "1 + 1" }).unwrap(), "Q: 1 + 1\nA:");
        let told = overridden(&[(TEMPLATE, "{{ options }}")]).err().unwrap().to_string();
        assert!(told.contains("solution.jinja:1"), "{told}");
    }

    #[test]
    fn a_file_is_the_same_template_wherever_it_lies_and_what_it_includes_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine");
        std::fs::write(&file, "{% include 'part.txt' %}").unwrap();
        let mut templates = Templates::new();
        templates.add("part.txt", "{% include \"deep.txt\" %}{{ question }}").unwrap();
        templates.add("deep.txt", "{% if false %}{% include 'part.txt' %}{% endif %}x").unwrap();
        templates.add("other.txt", "").unwrap();
        let context = Context::new(Registry::builtin()).with_templates(templates);
        let settings = SamplingSettings { template: Some(file), ..SamplingSettings::new(PluginSpec::named("none")) };
        let sources = of_settings(&context, &settings).unwrap().sources();
        let names: Vec<&str> = sources.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [TEMPLATE, "part.txt", "deep.txt"]);
    }
}
