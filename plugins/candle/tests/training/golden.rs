//! `golden/training`: the generative runs, whose texts are rendered; the discriminative ones are in the crate that lays
//! their texts out.

use std::path::Path;

use serde_json::Value;
use touchstone::{Context, Registry};
use touchstone_candle::adapter::AdapterFiles;
use touchstone_candle::decoder::LoadSettings;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};
use touchstone_candle::training::{
    Example, LowRankSettings, Objective, Schedule, Trained, Trainer, TrainingSettings,
};
use touchstone_candle::weights::ModelFiles;

use crate::golden;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The settings of a golden run.
fn settings(expected: &Value) -> TrainingSettings {
    let count = |name: &str| expected[name].as_u64().unwrap() as usize;
    let low_rank = LowRankSettings {
        rank: count("r"),
        alpha: number(&expected["alpha"]),
        dropout: 0.0,
        ..LowRankSettings::default()
    };
    TrainingSettings {
        trained: Trained::LowRank(low_rank),
        learning_rate: number(&expected["learning_rate"]),
        schedule: if expected["schedule"] == "cosine" { Schedule::Cosine } else { Schedule::Linear },
        warmup_ratio: number(&expected["warmup_ratio"]),
        weight_decay: number(&expected["weight_decay"]),
        max_gradient_norm: number(&expected["max_grad_norm"]),
        batch: count("batch") * count("accumulation"),
        shuffle: false,
        ..TrainingSettings::default()
    }
}

#[test]
fn steps_and_adapters_of_the_generative_runs_are_those_of_transformers() {
    for base in ["llama", "qwen3"] {
        let folder = golden(&format!("training/{base}-gORM"));
        let expected = json(&folder.join("expected.json"));
        let model = golden(&format!("models/{base}"));
        let location = ModelLocation::Path(model.clone());
        let tokenizer = Tokenizer::open(&location.model_files(&Context::new(Registry::builtin())).unwrap()).unwrap();
        let rows = json(&folder.join("rendered.json"));
        let example = |row: &Value| {
            let encode = |part: &str| tokenizer.encode(row[part].as_str().unwrap(), SpecialTokens::Omit).unwrap();
            let prompt = encode("prompt");
            let first = prompt.len();
            Example::completion([prompt, encode("completion")].concat(), first)
        };
        let examples: Vec<Example> = rows.as_array().unwrap().iter().map(example).collect();
        let lengths: Vec<u64> = examples.iter().map(|example| example.tokens.len() as u64).collect();
        let expected_lengths: Vec<u64> =
            expected["tokens"].as_array().unwrap().iter().map(|length| length.as_u64().unwrap()).collect();
        assert_eq!(lengths, expected_lengths, "{base}");

        let settings = settings(&expected);
        let start = tempfile::tempdir().unwrap();
        std::fs::copy(folder.join("adapter_start.safetensors"), start.path().join("adapter_model.safetensors")).unwrap();
        let config = serde_json::json!({
            "peft_type": "LORA", "r": expected["r"], "lora_alpha": expected["alpha"], "target_modules": "all-linear",
        });
        std::fs::write(start.path().join("adapter_config.json"), config.to_string()).unwrap();
        let begin = AdapterFiles::Folder(start.path().to_owned());
        let files = ModelFiles::Folder(model);
        let mut trainer =
            Trainer::open(&files, Some(&begin), Objective::Vocabulary, settings, &LoadSettings::default()).unwrap();
        let log = expected["log"].as_array().unwrap();
        for (index, expected) in log.iter().enumerate() {
            let step = trainer.step(&examples).unwrap().unwrap();
            println!("{base} {step:?} {expected}");
            let tolerance = if index == 0 { 1e-4 } else { 1e-3 };
            let near = |found: f64, name: &str| {
                let expected = number(&expected[name]);
                assert!((found - expected).abs() <= tolerance * expected, "{base} step {index}: {name} {found} {expected}");
            };
            near(step.loss, "loss");
            near(step.gradient_norm, "grad_norm");
            assert!((step.learning_rate - number(&expected["learning_rate"])).abs() < 1e-12);
        }
        assert!(trainer.step(&examples).unwrap().is_none(), "{base}: one step too many");
    }
}
