//! Wrong and damaged models are named precisely.

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use touchstone_candle::Batch;

use crate::support::{Copy, assert_says, difference, expected, load, message};

const WEIGHTS: &str = "model.safetensors";

/// The error after one field of the config of `model` is set.
fn with_field(model: &str, name: &str, value: Value) -> String {
    let copy = Copy::of(model);
    copy.json("config.json", |config| {
        config.insert(name.to_owned(), value);
    });
    message(copy.load())
}

#[test]
fn a_missing_tensor_is_named() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        tensors.remove("model.layers.1.mlp.up_proj.weight").unwrap();
    });
    assert_says(&message(copy.load()), &["model.layers.1.mlp.up_proj.weight", "missing", WEIGHTS]);
}

#[test]
fn a_missing_bias_and_a_missing_head_norm_are_named() {
    for (model, file, name) in [
        ("qwen2", WEIGHTS, "model.layers.0.self_attn.k_proj.bias"),
        ("qwen3", "model-00001-of-00002.safetensors", "model.layers.1.self_attn.q_norm.weight"),
    ] {
        let copy = Copy::of(model);
        copy.tensors(file, |tensors| {
            tensors.remove(name).unwrap();
        });
        // In shards, it is the index that still promises it.
        assert_says(&message(copy.load()), &[name]);
    }
}

#[test]
fn a_wrong_shape_is_told_with_the_one_found_and_the_one_expected() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        let name = "model.layers.0.self_attn.k_proj.weight".to_owned();
        tensors.insert(name, Tensor::zeros((64, 64), DType::F32, &Device::Cpu).unwrap());
    });
    assert_says(&message(copy.load()), &["self_attn.k_proj.weight", "[64, 64]", "[32, 64]"]);
}

#[test]
fn a_layer_beyond_the_config_is_an_error() {
    let message = with_field("llama", "num_hidden_layers", json!(1));
    assert_says(&message, &["9 tensors", "model.layers.1.", "no part of the model"]);
}

#[test]
fn a_head_that_no_part_of_the_model_reads_is_an_error() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        tensors.insert("v_head.summary.weight".to_owned(), Tensor::zeros((1, 64), DType::F32, &Device::Cpu).unwrap());
    });
    assert_says(&message(copy.load()), &["v_head.summary.weight"]);
}

#[test]
fn buffers_that_the_config_determines_may_be_there() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        let name = "model.layers.0.self_attn.rotary_emb.inv_freq".to_owned();
        tensors.insert(name, Tensor::zeros(8, DType::F32, &Device::Cpu).unwrap());
    });
    copy.load().unwrap();
}

#[test]
fn a_truncated_file_and_a_damaged_header_are_told() {
    let path = |copy: &Copy| copy.path().join(WEIGHTS);
    let copy = Copy::of("llama");
    let bytes = std::fs::read(path(&copy)).unwrap();
    for damaged in [&bytes[..bytes.len() - 100], &bytes[..200], &bytes[..4], &[]] {
        std::fs::write(path(&copy), damaged).unwrap();
        assert_says(&message(copy.load()), &[WEIGHTS]);
    }
    let mut header = bytes.clone();
    header[20] = 0xFF;
    std::fs::write(path(&copy), &header).unwrap();
    assert_says(&message(copy.load()), &[WEIGHTS, "damaged"]);
    let mut length = bytes;
    length[..8].fill(0xFF);
    std::fs::write(path(&copy), &length).unwrap();
    assert_says(&message(copy.load()), &[WEIGHTS, "damaged"]);
}

#[test]
fn a_missing_shard_is_named() {
    let copy = Copy::of("qwen3");
    std::fs::remove_file(copy.path().join("model-00002-of-00002.safetensors")).unwrap();
    assert_says(&message(copy.load()), &["model-00002-of-00002.safetensors", "missing"]);
}

#[test]
fn a_shard_outside_of_the_folder_is_refused() {
    let copy = Copy::of("qwen3");
    copy.json("model.safetensors.index.json", |index| {
        index["weight_map"]["lm_head.weight"] = json!("../elsewhere.safetensors");
    });
    assert_says(&message(copy.load()), &["../elsewhere.safetensors"]);
}

#[test]
fn a_tensor_of_integers_is_refused() {
    let copy = Copy::of("llama");
    copy.tensors(WEIGHTS, |tensors| {
        let name = "model.norm.weight".to_owned();
        tensors.insert(name, Tensor::zeros(64, DType::I64, &Device::Cpu).unwrap());
    });
    assert_says(&message(copy.load()), &["model.norm.weight", "I64"]);
}

#[test]
fn pickled_weights_are_refused_with_the_reason() {
    for name in ["pytorch_model.bin", "model.pt", "last.ckpt"] {
        let copy = Copy::of("llama");
        std::fs::rename(copy.path().join(WEIGHTS), copy.path().join(name)).unwrap();
        assert_says(&message(copy.load()), &[name, "pickle", "code"]);
    }
    let copy = Copy::of("llama");
    std::fs::remove_file(copy.path().join(WEIGHTS)).unwrap();
    assert_says(&message(copy.load()), &["no model.safetensors"]);
}

#[test]
fn an_unknown_family_is_named_with_the_known_ones() {
    let message = with_field("llama", "model_type", json!("mamba"));
    assert_says(&message, &["mamba", "llama", "mistral", "qwen2", "qwen3"]);
}

#[test]
fn what_would_be_computed_wrongly_is_refused() {
    for (model, name, value, says) in [
        ("llama", "hidden_act", json!("gelu"), "gelu"),
        ("llama", "rope_scaling", json!({ "rope_type": "yarn", "factor": 4.0 }), "yarn"),
        ("llama", "rope_scaling", json!({ "type": "dynamic", "factor": 4.0 }), "dynamic"),
        ("llama", "rope_scaling", json!({ "rope_type": "longrope" }), "longrope"),
        ("llama", "rope_scaling", json!({ "rope_type": "of tomorrow" }), "of tomorrow"),
        ("llama", "rope_scaling", json!({ "factor": 4.0 }), "rope_type"),
        ("llama", "rope_scaling", json!({ "type": "linear" }), "factor"),
        ("qwen3", "rope_parameters", json!({ "rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0 }), "yarn"),
        ("qwen3", "rope_parameters", json!({ "full_attention": { "rope_theta": 1e6 } }), "rope_type"),
        ("llama", "partial_rotary_factor", json!(0.5), "partial_rotary_factor"),
        ("llama", "quantization_config", json!({ "quant_method": "gptq" }), "gptq"),
        ("llama", "num_key_value_heads", json!(3), "3 key heads"),
        ("llama", "hidden_size", json!(0), "hidden_size"),
        ("qwen2", "layer_types", json!(["full_attention", "linear_attention"]), "linear_attention"),
    ] {
        assert_says(&with_field(model, name, value), &[says, "config.json"]);
    }
    let copy = Copy::of("llama");
    std::fs::write(copy.path().join("config.json"), "{").unwrap();
    assert_says(&message(copy.load()), &["config.json", "not JSON"]);
    std::fs::write(copy.path().join("config.json"), r#"{"model_type": "llama", "hidden_size": 64}"#).unwrap();
    assert_says(&message(copy.load()), &["config.json", "missing field"]);
}

#[test]
fn a_sliding_window_is_refused_only_where_it_is_in_force() {
    let qwen2 = |window: usize, used: bool, first: usize| {
        let copy = Copy::of("qwen2");
        copy.json("config.json", |config| {
            config.insert("sliding_window".to_owned(), json!(window));
            config.insert("use_sliding_window".to_owned(), json!(used));
            config.insert("max_window_layers".to_owned(), json!(first));
            config.remove("layer_types");
        });
        copy.load().map(|_| ())
    };
    qwen2(128, false, 0).unwrap();
    qwen2(2048, true, 0).unwrap();
    qwen2(128, true, 2).unwrap();
    assert_says(&message(qwen2(128, true, 1)), &["sliding window of 128", "2048"]);
    let mistral = |window: Value| {
        let copy = Copy::of("llama-tied-short");
        copy.json("config.json", |config| {
            config.insert("model_type".to_owned(), json!("mistral"));
            config.insert("sliding_window".to_owned(), window);
        });
        copy.load().map(|_| ())
    };
    mistral(Value::Null).unwrap();
    mistral(json!(192)).unwrap();
    assert_says(&message(mistral(json!(64))), &["sliding window of 64"]);
    let qwen3 = |kinds: [&str; 2]| {
        let copy = Copy::of("qwen3");
        copy.json("config.json", |config| {
            config.insert("sliding_window".to_owned(), json!(64));
            config.insert("layer_types".to_owned(), json!(kinds));
        });
        copy.load().map(|_| ())
    };
    qwen3(["full_attention", "full_attention"]).unwrap();
    assert_says(&message(qwen3(["full_attention", "sliding_attention"])), &["sliding window of 64"]);
}

#[test]
fn a_tied_head_is_told_by_the_absence_of_its_tensor() {
    // A config that calls the head untied while the file has none: the embedding is the head.
    let text = &expected("llama-tied-short").texts[0].ids;
    let batch = Batch::of_texts(&[text]);
    let tied = load("llama-tied-short").logits(&batch).unwrap();
    for value in [json!(false), Value::Null] {
        let copy = Copy::of("llama-tied-short");
        copy.json("config.json", |config| {
            config.insert("tie_word_embeddings".to_owned(), value);
        });
        assert_eq!(difference(&copy.load().unwrap().logits(&batch).unwrap(), &tied), 0.0);
    }
    // A config that calls it tied while the file has another: the file's is the head.
    let text = &expected("llama").texts[0].ids;
    let batch = Batch::of_texts(&[text]);
    let copy = Copy::of("llama");
    copy.json("config.json", |config| {
        config.insert("tie_word_embeddings".to_owned(), json!(true));
    });
    let untied = load("llama").logits(&batch).unwrap();
    assert_eq!(difference(&copy.load().unwrap().logits(&batch).unwrap(), &untied), 0.0);
}

#[test]
fn both_forms_of_the_positions_settings_give_the_same_model() {
    let text = &expected("llama").texts[0].ids;
    let batch = Batch::of_texts(&[text]);
    let copy = Copy::of("llama");
    copy.json("config.json", |config| {
        let mut parameters = config.remove("rope_scaling").unwrap();
        parameters["rope_theta"] = config.remove("rope_theta").unwrap();
        config.insert("rope_parameters".to_owned(), parameters);
    });
    let older = load("llama").logits(&batch).unwrap();
    assert_eq!(difference(&copy.load().unwrap().logits(&batch).unwrap(), &older), 0.0);
    copy.json("config.json", |config| {
        config["rope_parameters"]["factor"] = json!(16.0);
    });
    assert!(difference(&copy.load().unwrap().logits(&batch).unwrap(), &older) > 0.0, "the scaling is applied");
}
