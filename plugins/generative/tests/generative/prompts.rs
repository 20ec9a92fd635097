//! What the generator is asked.

use serde_json::json;
use touchstone::generator::{Chat, Conversation, Generator, Prompt, Thinking};
use touchstone::jobs::CritiquePrompts;
use touchstone::{Context, PluginSpec, QuestionCots, Result, Templates, Verifier};
use touchstone_generative::rationales::{RationaleForm, RationalePrompts};
use touchstone_generative::{GORM, GPRM, GPRM_RATIONALE, add_templates};

use crate::scripted::prompts;
use crate::{context, cot, open, question, scored, work};

/// The prompt of one CoT of a question of this category.
fn prompt(spec: PluginSpec<dyn Verifier>, name: &str, category: &str) -> String {
    let context = context();
    let generator = json!({"type": "scripted", "texts": [""], "name": name});
    let verifier = open(&spec.with("generator", generator).with("verdicts", 1), &context).unwrap();
    let work = [QuestionCots { question: question(7, category), cots: vec![cot(7)] }];
    scored(&*verifier, &context, &work).unwrap();
    let [prompt] = &prompts(name)[..] else { panic!("one prompt for one CoT") };
    prompt.clone()
}

fn gorm() -> PluginSpec<dyn Verifier> {
    PluginSpec::named("gorm")
}

#[test]
fn gorm_shows_the_steps_between_blank_lines_and_names_the_form_of_the_verdict() {
    let prompt = prompt(gorm(), "gorm", "computer_science");
    assert!(prompt.starts_with("<user>You are checking a solution to a computer science question."), "{prompt}");
    assert!(prompt.contains("\n\nVerification: Is the answer correct (Yes/No)? X\n\n"), "{prompt}");
    let end = "Question:\nWhat is 7 + 7?\n\nSolution:\n7 and 7.\n\nThat is 14.<model>Let's verify step by step:";
    assert!(prompt.ends_with(end), "{prompt}");
}

#[test]
fn gprm_numbers_the_steps_a_line_each_and_names_the_marks() {
    let prompt = prompt(PluginSpec::named("gprm"), "gprm", "gsm8k");
    assert!(prompt.starts_with("<user>You are checking the steps of a solution to a math question."), "{prompt}");
    for mark in ["The step is \\boxed{correct}", "The step is \\boxed{incorrect}", "Is the solution correct? Yes"] {
        assert!(prompt.contains(mark), "{mark}");
    }
    let end = "Solution:\nStep 1: 7 and 7.\nStep 2: That is 14.<model>Let's verify step by step:";
    assert!(prompt.ends_with(end), "{prompt}");
}

#[test]
fn a_category_that_names_no_subject_leaves_no_trace() {
    for category in ["other", "test", "my_own"] {
        let prompt = prompt(gorm(), category, category);
        assert!(prompt.contains("a solution to a question. Go"), "{prompt}");
    }
}

#[test]
fn the_prompt_for_rationales_states_form_and_end() {
    let mut templates = Templates::new();
    add_templates(&mut templates).unwrap();
    let values = json!({"category": "", "question": "1 + 1?", "steps": ["2.", "So 2."]});
    let text = templates.render(GPRM_RATIONALE, &values).unwrap();
    for told in
        ["Stop at the first step that is incorrect", "The step is \\boxed{incorrect}", "Is the solution correct? No"]
    {
        assert!(text.contains(told), "{told}");
    }
    assert!(text.ends_with("Question:\n1 + 1?\n\nSolution:\nStep 1: 2.\nStep 2: So 2."), "{text}");
    for name in [GORM, GPRM, GPRM_RATIONALE] {
        for missing in ["category", "question", "steps"] {
            let mut values = values.clone();
            values.as_object_mut().unwrap().remove(missing);
            let message = templates.render(name, &values).unwrap_err().to_string();
            assert!(message.contains(name) && message.contains("undefined"), "{message}");
        }
    }
}

#[test]
fn chat_thinking_and_prefix_are_settings() {
    let plain = prompt(gorm().with("chat", "none"), "plain", "law");
    assert!(plain.starts_with("You are checking") && plain.ends_with("14.\n\nLet's verify step by step:"), "{plain}");
    let bare = prompt(gorm().with("chat", "none").with("prefix", ""), "bare", "law");
    assert!(bare.ends_with("That is 14."), "{bare}");
    let thinking = prompt(gorm().with("thinking", "on").with("prefix", "Well,"), "thinking", "law");
    assert!(thinking.ends_with("<model><think>Well,"), "{thinking}");
}

#[test]
fn a_template_file_of_the_users_takes_the_place_of_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("published.jinja");
    std::fs::write(&file, "{{ category }}|{{ question }}|{{ steps | length }}|{{ steps[1] }}").unwrap();
    let spec = gorm().with("template", file.to_string_lossy());
    assert_eq!(
        prompt(spec.clone(), "own", "law"),
        "<user>law|What is 7 + 7?|2|That is 14.<model>Let's verify step by step:"
    );
    std::fs::write(&file, "{{ question }}\n{{ answer }}").unwrap();
    let context = context();
    let spec = spec.with("generator", json!({"type": "scripted"}));
    let message = scored(&*open(&spec, &context).unwrap(), &context, &work(1)).unwrap_err().to_string();
    for told in ["question 0, CoT 0", "published.jinja", ":2", "undefined"] {
        assert!(message.contains(told), "{told}: {message}");
    }
}

#[test]
fn a_template_in_the_users_folder_takes_the_place_of_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gorm.jinja"), "mine: {{ question }}").unwrap();
    let mut templates = Templates::new();
    templates.override_from(folder.path()).unwrap();
    let context = context().with_templates(templates);
    let generator = json!({"type": "scripted", "texts": [""], "name": "folder"});
    let spec = gorm().with("generator", generator).with("verdicts", 1);
    scored(&*open(&spec, &context).unwrap(), &context, &work(1)).unwrap();
    assert!(prompts("folder")[0].starts_with("<user>mine: What is 0 + 0?<model>"));
}

#[test]
fn a_generator_without_a_chat_template_is_told_what_to_do() {
    let context = context();
    let plain = json!({"type": "scripted", "texts": [""], "plain": true});
    let spec = gorm().with("generator", plain).with("verdicts", 1);
    let message = scored(&*open(&spec, &context).unwrap(), &context, &work(1)).unwrap_err().to_string();
    assert!(message.contains("no chat template") && message.contains("chat: none"), "{message}");
    let given = scored(&*open(&spec.with("chat", "none"), &context).unwrap(), &context, &work(1)).unwrap();
    assert_eq!(given.len(), 2);
}

/// A model whose chat template ends so.
struct Ending(&'static str);

impl Generator for Ending {
    fn generate(
        &self,
        _context: &Context,
        _prompts: &[Prompt],
        _request: &touchstone::generator::GenerationRequest,
        _done: &(dyn Fn(touchstone::generator::Sample, touchstone::generator::Completion) + Sync),
    ) -> Result<()> {
        Ok(())
    }

    fn chat(&self, _context: &Context, conversation: &Conversation) -> Result<Prompt> {
        Ok(Prompt { text: format!("<user>{}<model>{}", conversation.messages[0].content, self.0) })
    }
}

#[test]
fn a_rationale_begins_inside_a_thinking_that_is_opened_once() {
    let context = context();
    let prompts = |form, chat| RationalePrompts::new(&context, form, None, chat, Thinking::default()).unwrap();
    let of = |prompts: &RationalePrompts, ending| {
        prompts.prompt(&Ending(ending), &context, &question(7, "math"), &cot(7)).unwrap().text
    };
    let gprm = prompts(RationaleForm::Gprm, Chat::Model);
    for ending in ["", "<think>\n"] {
        let text = of(&gprm, ending);
        assert!(text.contains("Stop at the first step"), "{text}");
        assert!(text.ends_with("<model><think>\nLet's verify step by step:"), "{text}");
    }
    let gorm = prompts(RationaleForm::Gorm, Chat::None);
    let text = of(&gorm, "");
    assert!(text.ends_with("That is 14.\n\n<think>\nLet's verify step by step:"), "{text}");
    assert!(of(&gorm.with_prefix(""), "").ends_with("That is 14."));
    // What a job's identity is made of.
    let names = |prompts: &RationalePrompts| prompts.templates().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&gprm), [GPRM_RATIONALE]);
    assert_eq!(gprm.settings()["prefix"], "<think>\nLet's verify step by step:");
}
