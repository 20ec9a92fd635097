//! Verdicts that an independent run computed, read through the whole verifier.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use touchstone::generator::{Conversation, Thinking};
use touchstone::{Context, Cot, Generator, PluginSpec, Question, Verifier};
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::Tokenizer;

use crate::{context, cot, open};

const PREFIX: &str = "Let's verify step by step:";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../candle/tests/golden").join(name)
}

fn expected(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(golden(name).join("expected.json")).unwrap()).unwrap()
}

/// The reward of gORM whose prompt is `text`: a conversation by the model's own chat template, with thinking off, and a
/// critique as far as its verdict. `word` is what the model is made to say then.
fn reward(model: &Path, text: &str, word: &str, context: &Context) -> Option<f64> {
    let generator = PluginSpec::<dyn Generator>::named("local").with("model", model.to_string_lossy());
    let question = {
        // What the template puts around the user's words.
        let generator = context.registry().make(&generator).unwrap().open(context).unwrap();
        let shown = Conversation::user("\u{e0f1}").with_thinking(Thinking::Off);
        let rendered = generator.chat(context, &shown).unwrap().text;
        let (before, after) = rendered.split_once('\u{e0f1}').unwrap();
        let (conversation, _) = text.rsplit_once(PREFIX).unwrap();
        conversation.strip_prefix(before).unwrap().strip_suffix(after).unwrap().to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("question.jinja");
    std::fs::write(&template, "{{ question }}").unwrap();
    let files = ModelLocation::Path(model.to_owned()).model_files(context).unwrap();
    let token = Tokenizer::open(&files).unwrap().last_token_of(word).unwrap();
    let spec: PluginSpec<dyn Verifier> = PluginSpec::named("gorm")
        .with("generator", generator.to_value())
        .with("template", template.to_string_lossy())
        .with("prefix", &text[text.rfind(PREFIX).unwrap()..])
        .with("sampler", json!({"type": "chosen", "token": token}))
        .with("max_tokens", 1)
        .with("verdicts", 1);
    let question = Question { id: 1.into(), category: "law".into(), text: question };
    let cot = Cot { steps: Vec::new(), ..cot(1) };
    open(&spec, context).unwrap().score(context, &question, &cot).unwrap()[0]
}

fn assert_verdicts(model: &Path, cases: &Value) {
    let context = context();
    let cases = cases.as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        for word in [" Yes", " No"] {
            let found = reward(model, case["text"].as_str().unwrap(), word, &context).unwrap();
            let wanted = case["p_yes"].as_f64().unwrap();
            assert!((found - wanted).abs() < 1e-3, "{}: {found} for {wanted}", model.display());
        }
    }
}

#[test]
fn every_small_models_verdicts_are_those_of_transformers() {
    for model in ["llama", "llama-tied-short", "qwen2", "qwen3"] {
        assert_verdicts(
            &golden(&format!("models/{model}")),
            &expected(&format!("models/{model}"))["verdicts"]["cases"],
        );
    }
}

#[test]
fn smollm2s_verdicts_are_those_of_transformers() {
    let Some(file) = std::env::var_os("TOUCHSTONE_SMOLLM2").map(PathBuf::from) else {
        assert!(std::env::var_os("CI").is_none(), "TOUCHSTONE_SMOLLM2 must name the model's file in CI");
        println!("skipped: TOUCHSTONE_SMOLLM2 does not name SmolLM2-135M-Instruct.Q4_1.gguf");
        return;
    };
    assert_verdicts(&file, &expected("smollm2")["verdicts"]);
}

#[test]
fn a_word_that_is_no_verdict_gives_none() {
    let text = expected("models/qwen3")["verdicts"]["cases"][0]["text"].as_str().unwrap().to_owned();
    assert_eq!(reward(&golden("models/qwen3"), &text, " Maybe", &context()), None);
}
