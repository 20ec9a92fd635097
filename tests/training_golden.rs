//! The six runs of `golden/training`: rows, labels, losses, gradient norms, learning rates and adapters of transformers'
//! Trainer with PEFT under the published code's rules.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use serde_json::Value;
use touchstone::data::{Location, TrainingSet};
use touchstone::{Context, Registry};
use touchstone_candle::adapter::AdapterFiles;
use touchstone_candle::decoder::LoadSettings;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};
use touchstone_candle::training::{
    Example, LowRankSettings, Objective, Prepared, Schedule, Trained, Trainer, TrainingSettings,
};
use touchstone_candle::weights::ModelFiles;
use touchstone_discriminative::training::{LabelRule, OutcomeLabels, ProcessLabels, StepExamples};

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/candle/tests/golden").join(path)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn tokenizer(base: &str) -> Tokenizer {
    let location = ModelLocation::Path(golden(&format!("models/{base}")));
    Tokenizer::open(&location.model_files(&Context::new(Registry::builtin())).unwrap()).unwrap()
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

/// Holds rows and labels of a discriminative run against the expected ones.
fn discriminative(base: &str, folder: &Path, expected: &Value, rule: impl LabelRule) -> (Objective, Vec<Example>) {
    let tokenizer = tokenizer(base);
    let layout = StepExamples::new(rule, NonZeroUsize::new(650));
    let set = TrainingSet::open(&Location::Path(folder.join("train.json"))).unwrap();
    let mut prepared = Prepared::default();
    for category in set.categories() {
        for row in set.rows(category).unwrap() {
            let row = row.unwrap();
            prepared.add(&row.question.id.to_string(), layout.example(&tokenizer, &row).unwrap());
        }
    }
    let skipped = (prepared.too_long as u64, prepared.unlabelled as u64);
    let expected_skipped = ["skipped_too_long", "skipped_without_labels"].map(|name| expected[name].as_u64().unwrap());
    assert_eq!(skipped, expected_skipped.into());
    let examples: Vec<Example> = prepared.examples().cloned().collect();
    let labelled: Vec<Value> = examples
        .iter()
        .map(|example| example.targets.iter().map(|target| Value::from(vec![target.position, target.label])).collect())
        .collect();
    assert_eq!(Value::from(labelled), expected["labelled"]);
    (layout.objective(&tokenizer).unwrap(), examples)
}

/// The examples of a generative run, whose texts are rendered.
fn generative(base: &str, folder: &Path) -> (Objective, Vec<Example>) {
    let tokenizer = tokenizer(base);
    let rows = json(&folder.join("rendered.json"));
    let example = |row: &Value| {
        let encode = |part: &str| tokenizer.encode(row[part].as_str().unwrap(), SpecialTokens::Omit).unwrap();
        let prompt = encode("prompt");
        let first = prompt.len();
        Example::completion([prompt, encode("completion")].concat(), first)
    };
    (Objective::Vocabulary, rows.as_array().unwrap().iter().map(example).collect())
}

type Adapter = HashMap<String, Tensor>;

fn adapter(path: &Path) -> Adapter {
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

/// The distance of two adapters, over all tensors together.
fn distance(one: &Adapter, other: &Adapter) -> f64 {
    assert_eq!(one.len(), other.len());
    let squares = one.iter().map(|(name, tensor)| {
        let other = other.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        (tensor - other).unwrap().sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap()
    });
    squares.map(f64::from).sum::<f64>().sqrt()
}

fn hold(base: &str, task: &str) {
    let folder = golden(&format!("training/{base}-{task}"));
    let expected = json(&folder.join("expected.json"));
    let (objective, examples) = match task {
        "dORM" => discriminative(base, &folder, &expected, OutcomeLabels),
        "dPRM" => discriminative(base, &folder, &expected, ProcessLabels),
        _ => generative(base, &folder),
    };
    assert_eq!(examples.len() as u64, expected["rows"].as_u64().unwrap());
    let lengths: Vec<usize> = examples.iter().map(|example| example.tokens.len()).collect();
    assert_eq!(Value::from(lengths), expected["tokens"]);

    let start = tempfile::tempdir().unwrap();
    std::fs::copy(folder.join("adapter_start.safetensors"), start.path().join("adapter_model.safetensors")).unwrap();
    let config = serde_json::json!({
        "peft_type": "LORA", "r": expected["r"], "lora_alpha": expected["alpha"], "target_modules": "all-linear",
    });
    std::fs::write(start.path().join("adapter_config.json"), config.to_string()).unwrap();
    let begin = AdapterFiles::Folder(start.path().to_owned());
    let files = ModelFiles::Folder(golden(&format!("models/{base}")));
    let load = LoadSettings::default();
    let mut trainer = Trainer::open(&files, Some(&begin), objective, settings(&expected), &load).unwrap();
    let log = expected["log"].as_array().unwrap();
    for (index, expected) in log.iter().enumerate() {
        let step = trainer.step(&examples).unwrap().unwrap();
        println!("{base}-{task} {step:?} {expected}");
        let tolerance = if index == 0 { 1e-4 } else { 1e-3 };
        for (found, name) in [(step.loss, "loss"), (step.gradient_norm, "grad_norm")] {
            let expected = number(&expected[name]);
            let apart = (found - expected).abs() / expected;
            assert!(apart <= tolerance, "{base}-{task}, step {}: {name} {found} for {expected}", step.step);
        }
        assert!((step.learning_rate - number(&expected["learning_rate"])).abs() < 1e-12);
    }
    assert!(trainer.step(&examples).unwrap().is_none(), "{base}-{task}: one step too many");

    let out = tempfile::tempdir().unwrap();
    trainer.save(out.path(), base).unwrap();
    let end = adapter(&out.path().join("adapter_model.safetensors"));
    let expected = adapter(&folder.join("adapter_end.safetensors"));
    let moved = distance(&expected, &adapter(&folder.join("adapter_start.safetensors")));
    let apart = distance(&end, &expected) / moved;
    println!("{base}-{task}: the end adapter is {apart:.1e} of the way from the expected one");
    assert!(apart <= 0.01, "{base}-{task}: {apart}");
}

#[test]
fn dorm_trains_as_transformers_and_peft_do() {
    ["llama", "qwen3"].iter().for_each(|base| hold(base, "dORM"));
}

#[test]
fn dprm_trains_as_transformers_and_peft_do() {
    ["llama", "qwen3"].iter().for_each(|base| hold(base, "dPRM"));
}

#[test]
fn gorm_trains_as_transformers_and_peft_do() {
    ["llama", "qwen3"].iter().for_each(|base| hold(base, "gORM"));
}
