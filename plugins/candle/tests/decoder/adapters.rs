//! Adapters that are not what they seem are refused by name; what PEFT computes is computed.

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use touchstone_candle::Batch;

use crate::support::{Copy, assert_says, difference, expected, message};

const CONFIG: &str = "adapter/adapter_config.json";
const WEIGHTS: &str = "adapter/adapter_model.safetensors";
const Q0: &str = "base_model.model.model.layers.0.self_attn.q_proj";

/// The error after one field of the config is set.
fn with_field(name: &str, value: Value) -> String {
    let copy = Copy::of("llama");
    copy.json(CONFIG, |config| {
        config.insert(name.to_owned(), value);
    });
    message(copy.load_adapted("adapter"))
}

#[test]
fn every_variant_that_is_not_computed_is_refused_by_name() {
    for (name, value) in [
        ("use_dora", json!(true)),
        ("fan_in_fan_out", json!(true)),
        ("use_qalora", json!(true)),
        ("alora_invocation_tokens", json!([1, 2])),
        ("lora_bias", json!(true)),
        ("megatron_config", json!({ "a": 1 })),
        ("target_parameters", json!(["x"])),
        ("trainable_token_indices", json!([3])),
        ("layer_replication", json!([[0, 2]])),
        ("use_bdlora", json!({ "a": 1 })),
        ("a_variant_of_next_year", json!(true)),
    ] {
        assert_says(&with_field(name, value), &[name, "not supported", "adapter_config.json"]);
    }
}

#[test]
fn other_kinds_of_adapter_are_refused_by_name() {
    assert_says(&with_field("peft_type", json!("IA3")), &["IA3", "LORA"]);
    assert_says(&with_field("init_lora_weights", json!("pissa")), &["pissa", "base's own weights"]);
    assert_says(&with_field("modules_to_save", json!(["norm"])), &["modules_to_save", "norm"]);
    assert_says(&with_field("target_modules", Value::Null), &["target_modules"]);
    assert_says(&with_field("bias", json!("some")), &["bias", "some"]);
}

#[test]
fn settings_of_training_change_nothing() {
    let copy = Copy::of("llama");
    let text = &expected("llama").texts[0].ids;
    let before = copy.load_adapted("adapter").unwrap().logits(&Batch::of_texts(&[text])).unwrap();
    copy.json(CONFIG, |config| {
        config.insert("lora_dropout".to_owned(), json!(0.5));
        config.insert("init_lora_weights".to_owned(), json!("gaussian"));
        config.insert("bias".to_owned(), json!("all"));
    });
    let after = copy.load_adapted("adapter").unwrap().logits(&Batch::of_texts(&[text])).unwrap();
    assert_eq!(difference(&after, &before), 0.0);
}

#[test]
fn a_missing_half_of_an_adapter_is_named() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        tensors.remove(&format!("{Q0}.lora_B.weight")).unwrap();
    });
    assert_says(&message(copy.load_adapted("adapter")), &["q_proj.lora_B.weight", "missing"]);
}

#[test]
fn a_layer_that_the_config_does_not_target_is_named() {
    let copy = Copy::of("llama");
    copy.json(CONFIG, |config| {
        config.insert("exclude_modules".to_owned(), json!(["q_proj"]));
    });
    assert_says(&message(copy.load_adapted("adapter")), &["q_proj", "does not target"]);
}

#[test]
fn a_tensor_without_a_place_in_the_base_is_named() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        let tensor = tensors[&format!("{Q0}.lora_A.weight")].clone();
        tensors.insert("base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight".to_owned(), tensor);
    });
    assert_says(&message(copy.load_adapted("adapter")), &["1 tensors", "layers.9"]);
}

#[test]
fn an_adapter_of_another_rank_than_its_config_is_an_error() {
    assert_says(&with_field("r", json!(8)), &["lora_A", "[4, 64]", "[8, 64]"]);
}

#[test]
fn an_adapter_of_another_base_is_told_with_the_bases_name() {
    let copy = Copy::of("llama-tied-short");
    copy.json(CONFIG, |config| {
        config.insert("base_model_name_or_path".to_owned(), json!("someone/wider"));
    });
    copy.tensors(WEIGHTS, |tensors| {
        tensors.insert(format!("{Q0}.lora_A.weight"), Tensor::zeros((4, 64), DType::F32, &Device::Cpu).unwrap());
    });
    assert_says(&message(copy.load_adapted("adapter")), &["[4, 64]", "[4, 48]", "someone/wider"]);
}

#[test]
fn a_base_with_more_layers_than_the_adapter_is_told() {
    // By name, not by number: the adapter of three blocks on a base of two, and the other way round.
    let copy = Copy::of("llama-tied-short");
    copy.tensors(WEIGHTS, |tensors| tensors.retain(|name, _| !name.contains("layers.2.")));
    assert_says(&message(copy.load_adapted("adapter")), &["layers.2.", "missing", "another base"]);
}

#[test]
fn tensors_of_dora_are_refused_though_the_config_is_silent() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        let tensor = Tensor::ones(64, DType::F32, &Device::Cpu).unwrap();
        tensors.insert(format!("{Q0}.lora_magnitude_vector"), tensor);
    });
    assert_says(&message(copy.load_adapted("adapter")), &["DoRA"]);
}

#[test]
fn a_pickled_adapter_is_refused_with_the_reason() {
    let copy = Copy::of("llama");
    std::fs::rename(copy.path().join(WEIGHTS), copy.path().join("adapter/adapter_model.bin")).unwrap();
    assert_says(&message(copy.load_adapted("adapter")), &["adapter_model.bin", "pickle", "code"]);
}

#[test]
fn rank_and_alpha_of_a_pattern_count_at_the_layers_that_it_names() {
    // Scale alpha / r = 2 everywhere; with alpha 4 at the queries, whose B is doubled, nothing changes.
    let copy = Copy::of("llama");
    let text = &expected("llama").texts[0].ids;
    let before = copy.load_adapted("adapter").unwrap().logits(&Batch::of_texts(&[text])).unwrap();
    copy.json(CONFIG, |config| {
        config.insert("alpha_pattern".to_owned(), json!({ "q_proj": 4 }));
        config.insert("rank_pattern".to_owned(), json!({ "layers.0.mlp.up_proj": 2 }));
    });
    copy.tensors(WEIGHTS, |tensors| {
        for (name, tensor) in tensors.iter_mut() {
            if name.ends_with("q_proj.lora_B.weight") {
                *tensor = (&*tensor * 2.0).unwrap();
            }
            // Half of the rank, the other half in the base.
            if name.contains("layers.0.mlp.up_proj.lora_A") {
                *tensor = tensor.narrow(0, 0, 2).unwrap().contiguous().unwrap();
            }
            if name.contains("layers.0.mlp.up_proj.lora_B") {
                *tensor = tensor.narrow(1, 0, 2).unwrap().contiguous().unwrap();
            }
        }
    });
    let original = Copy::of("llama");
    let tensors = candle_core::safetensors::load(original.path().join(WEIGHTS), &Device::Cpu).unwrap();
    let part = |half: &str| &tensors[&format!("base_model.model.model.layers.0.mlp.up_proj.lora_{half}.weight")];
    let (a, b) = (part("A").narrow(0, 2, 2).unwrap(), part("B").narrow(1, 2, 2).unwrap());
    let kept = part("B").narrow(1, 0, 2).unwrap().matmul(&part("A").narrow(0, 0, 2).unwrap()).unwrap();
    let cut = (b.contiguous().unwrap().matmul(&a.contiguous().unwrap()).unwrap() * 2.0).unwrap();
    copy.tensors("model.safetensors", |weights| {
        let up = weights.get_mut("model.layers.0.mlp.up_proj.weight").unwrap();
        // The kept half has the scale 8 / 2 = 4 now, not 2.
        *up = ((&*up + cut).unwrap() - (kept * 2.0).unwrap()).unwrap();
    });
    let after = copy.load_adapted("adapter").unwrap().logits(&Batch::of_texts(&[text])).unwrap();
    let error = difference(&after, &before);
    assert!(error < 1e-4, "{error}");
}

#[test]
fn modules_that_the_adapter_saves_replace_those_of_the_base() {
    let (copy, base) = (Copy::of("llama"), Copy::of("llama"));
    let text = &expected("llama").texts[0].ids;
    let mut replaced = None;
    copy.tensors("model.safetensors", |tensors| {
        for name in ["model.embed_tokens.weight", "lm_head.weight"] {
            let table = tensors.get_mut(name).unwrap();
            *table = (&*table * 1.5).unwrap();
        }
        replaced = Some((tensors["model.embed_tokens.weight"].clone(), tensors["lm_head.weight"].clone()));
    });
    let expected = copy.load_adapted("adapter").unwrap().logits(&Batch::of_texts(&[text])).unwrap();
    let (embedding, head) = replaced.unwrap();
    base.json(CONFIG, |config| {
        config.insert("modules_to_save".to_owned(), json!(["embed_tokens", "lm_head"]));
    });
    assert_says(&message(base.load_adapted("adapter")), &["embed_tokens", "missing", "modules_to_save"]);
    base.tensors(WEIGHTS, |tensors| {
        tensors.insert("base_model.model.model.embed_tokens.weight".to_owned(), embedding.clone());
        tensors.insert("base_model.model.lm_head.weight".to_owned(), head);
    });
    let found = base.load_adapted("adapter").unwrap().logits(&Batch::of_texts(&[text])).unwrap();
    assert_eq!(difference(&found, &expected), 0.0);
    base.tensors(WEIGHTS, |tensors| {
        let fewer = embedding.narrow(0, 0, 1000).unwrap().contiguous().unwrap();
        tensors.insert("base_model.model.model.embed_tokens.weight".to_owned(), fewer);
    });
    assert_says(&message(base.load_adapted("adapter")), &["[1000, 64]", "[1024, 64]", "vocabulary"]);
}

#[test]
fn an_adapter_on_the_head_changes_logits_and_head_rows_alike() {
    let copy = Copy::of("llama-tied-short");
    let text = &expected("llama-tied-short").texts[0].ids;
    let batch = Batch::of_texts(&[text]);
    let before = copy.load_adapted("adapter").unwrap();
    let hidden = before.hidden(&batch, &[3]).unwrap();
    let a = Tensor::rand(-0.1_f32, 0.1, (4, 48), &Device::Cpu).unwrap();
    let b = Tensor::rand(-0.1_f32, 0.1, (1024, 4), &Device::Cpu).unwrap();
    copy.json(CONFIG, |config| {
        config["target_modules"].as_array_mut().unwrap().push(json!("lm_head"));
    });
    copy.tensors(WEIGHTS, |tensors| {
        tensors.insert("base_model.model.lm_head.lora_A.weight".to_owned(), a.clone());
        tensors.insert("base_model.model.lm_head.lora_B.weight".to_owned(), b.clone());
    });
    let after = copy.load_adapted("adapter").unwrap();
    // The tied embedding is not touched: hidden states stay.
    assert_eq!(difference(&after.hidden(&batch, &[3]).unwrap(), &hidden), 0.0);
    let added = (hidden.matmul(&a.t().unwrap()).unwrap().matmul(&b.t().unwrap()).unwrap() * 2.0).unwrap();
    let expected = (before.head(&hidden).unwrap() + added).unwrap();
    assert!(difference(&after.head(&hidden).unwrap(), &expected) < 1e-4);
    let rows = hidden.matmul(&after.head_rows(&[7, 1023]).unwrap().t().unwrap()).unwrap();
    let picked = expected.index_select(&Tensor::new(&[7_u32, 1023], &Device::Cpu).unwrap(), 1).unwrap();
    assert!(difference(&rows, &picked) < 1e-4);
}
