//! Chat templates.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use touchstone::chat::{ChatTemplate, GenerationPrompt};
use touchstone::generator::{Conversation, Message, Role, Thinking};
use touchstone_candle::chat::chat_template;
use touchstone_candle::source::{ModelFile, ModelFiles, SafetensorsModel};
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};

use crate::{GOLDEN, expected, golden, text_files, tokenizer};

fn message(value: &Value) -> Message {
    let role = match value["role"].as_str().unwrap() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => panic!("{other}"),
    };
    Message { role, content: value["content"].as_str().unwrap().to_owned() }
}

/// A golden model whose `tokenizer_config.json` is changed, and whose template is this, if any.
fn model(folder: &Path, chat_template: Option<&str>, change: impl Fn(&mut Value)) -> ModelFiles {
    let ModelFiles::Safetensors(base) = text_files("llama") else { panic!("no safetensors") };
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        ModelFile::OnDisk(path)
    };
    let mut config = crate::json(&golden("models/llama/tokenizer_config.json"));
    change(&mut config);
    ModelFiles::Safetensors(SafetensorsModel {
        tokenizer_config: Some(write("tokenizer_config.json", &config.to_string())),
        chat_template: chat_template.map(|text| write("chat_template.jinja", text)),
        ..base
    })
}

fn open(files: &ModelFiles) -> ChatTemplate {
    chat_template(files, &Tokenizer::open(files).unwrap()).unwrap().unwrap()
}

fn nothing() -> Conversation {
    Conversation { messages: Vec::new(), thinking: Thinking::AsTemplate }
}

fn rendered(template: &str) -> Result<String, String> {
    let template = ChatTemplate::new("chat.jinja", template).map_err(|error| error.to_string())?;
    let rendered = template.render(&Conversation::user("?"), GenerationPrompt::Add);
    rendered.map_err(|error| error.to_string())
}

#[test]
fn every_golden_template_gives_the_text_of_the_independent_run() {
    for model in GOLDEN {
        let expected = &expected(&format!("models/{model}"))["chat"];
        let template = open(&text_files(model));
        for (key, thinking) in [("plain", Thinking::AsTemplate), ("no_thinking", Thinking::Off)] {
            let text = template
                .render(&Conversation::user("Is it (A)?\n").with_thinking(thinking), GenerationPrompt::Add)
                .unwrap();
            assert_eq!(text, expected[key].as_str().unwrap(), "{model}, {key}");
        }
    }
}

#[test]
fn templates_with_the_means_of_published_ones_give_what_python_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/chat");
    let day = jiff::civil::date(2026, 3, 7).at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    let files = tempfile::tempdir().unwrap();
    let mut templates: HashMap<String, ChatTemplate> = HashMap::new();
    for case in crate::json(&folder.join("expected.json")).as_array().unwrap() {
        let name = case["template"].as_str().unwrap();
        let template = templates.entry(name.to_owned()).or_insert_with(|| {
            let text = std::fs::read_to_string(folder.join(format!("{name}.jinja"))).unwrap();
            let day = day.clone();
            open(&model(files.path(), Some(&text), |_| ())).with_clock(Arc::new(move || day.clone()))
        });
        let prompt = if case["generation_prompt"] == true { GenerationPrompt::Add } else { GenerationPrompt::Omit };
        let thinking = match case["thinking"].as_bool() {
            None => Thinking::AsTemplate,
            Some(true) => Thinking::On,
            Some(false) => Thinking::Off,
        };
        let messages = case["messages"].as_array().unwrap().iter().map(message).collect();
        let conversation = Conversation { messages, thinking };
        let wanted = case["text"].as_str().unwrap();
        // The golden model's own special tokens.
        let wanted = wanted.replace("<|bos|>", "<|begin_of_text|>").replace("<|eos|>", "<|eot_id|>");
        assert_eq!(template.render(&conversation, prompt).unwrap(), wanted, "{name}: {conversation:?}");
    }
    assert_eq!(templates.len(), 5);
}

#[test]
fn an_encoded_conversation_has_exactly_one_bos_whether_or_not_the_template_writes_it() {
    let tokenizer = tokenizer("llama");
    let bos = tokenizer.bos().unwrap();
    for text in ["{{ bos_token }}Hello", "Hello"] {
        let folder = tempfile::tempdir().unwrap();
        let template = open(&model(folder.path(), Some(text), |_| ()));
        let text = template.render(&nothing(), GenerationPrompt::Omit).unwrap();
        let tokens = tokenizer.encode(&text, SpecialTokens::Add).unwrap();
        assert_eq!(tokens[0], bos);
        assert_eq!(tokens.iter().filter(|id| **id == bos).count(), 1, "{text}");
    }
}

#[test]
fn the_template_is_found_in_its_own_file_then_in_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let text = |files: &ModelFiles| open(files).render(&nothing(), GenerationPrompt::Omit).unwrap();
    let one = |config: &mut Value| config["chat_template"] = json!("one");
    assert_eq!(text(&model(folder.path(), Some("file"), one)), "file");
    assert_eq!(text(&model(folder.path(), None, one)), "one");
    let named = |name: &'static str| {
        move |config: &mut Value| {
            config["chat_template"] =
                json!([{"name": "tool_use", "template": "tools"}, {"name": name, "template": "named"}]);
        }
    };
    assert_eq!(text(&model(folder.path(), None, named("default"))), "named");
    let files = model(folder.path(), None, named("rag"));
    let message = chat_template(&files, &tokenizer("llama")).unwrap_err().to_string();
    assert!(message.contains("(tool_use, rag) and none called \"default\""), "{message}");
    let none = model(folder.path(), None, |_| ());
    assert!(chat_template(&none, &tokenizer("llama")).unwrap().is_none());
}

#[test]
fn an_error_has_the_templates_name_and_line() {
    let message = rendered("\n\n{% if %}").unwrap_err();
    assert!(message.contains("chat.jinja cannot be read: line 3"), "{message}");
    let message = rendered("a\n{{ messages[0].absent.more }}").unwrap_err();
    assert!(message.contains("chat.jinja failed: line 2"), "{message}");
    let message = rendered("{{ strftime_now('%Q%') }}").unwrap_err();
    assert!(message.contains("line 1") && message.contains("strftime_now"), "{message}");
    let message = rendered("{{ 1 | tojson(sort_keys=true) }}").unwrap_err();
    assert!(message.contains("sort_keys"), "{message}");
}

#[test]
fn a_template_that_refuses_messages_is_quoted() {
    let message = rendered("{% if messages[0].role == 'user' %}{{ raise_exception('no users') }}{% endif %}");
    let message = message.unwrap_err();
    assert!(message.ends_with("chat.jinja does not take these messages: no users"), "{message}");
}

#[test]
fn special_tokens_that_a_model_lacks_print_nothing() {
    assert_eq!(rendered("[{{ bos_token }}{{ eos_token }}]").unwrap(), "[]");
}
