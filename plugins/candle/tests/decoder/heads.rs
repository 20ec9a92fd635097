//! Heads over classes: sequence and token classifiers, process reward models.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use serde_json::json;
use touchstone_candle::{Batch, Decoder};

use crate::support::{Copy, assert_says, difference, message};

const CONFIG: &str = "adapter/adapter_config.json";

fn random(shape: &[usize]) -> Tensor {
    Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap()
}

/// A Qwen2 model of another kind, with these tensors as its head and none over the vocabulary.
fn with_head(architecture: &str, head: &[(&str, &Tensor)]) -> Copy {
    let copy = Copy::of("qwen2");
    copy.json("config.json", |config| {
        config.insert("architectures".to_owned(), json!([architecture]));
    });
    copy.tensors("model.safetensors", |tensors| {
        tensors.extend(head.iter().map(|&(name, tensor)| (name.to_owned(), tensor.clone())));
    });
    copy
}

fn hidden(decoder: &Decoder) -> Tensor {
    decoder.hidden(&Batch::of_texts(&[[5_u32, 6, 7, 8]]), &[1, 3]).unwrap()
}

#[test]
fn a_token_classifier_is_one_layer_with_a_bias() {
    let (weight, bias) = (random(&[2, 64]), random(&[2]));
    let copy = with_head("Qwen2ForTokenClassification", &[("score.weight", &weight), ("score.bias", &bias)]);
    let decoder = copy.load().unwrap();
    assert_eq!(decoder.labels(), Some(2));
    let hidden = hidden(&decoder);
    let expected = hidden.matmul(&weight.t().unwrap()).unwrap().broadcast_add(&bias).unwrap();
    assert!(difference(&decoder.classify(&hidden).unwrap(), &expected) < 1e-5);
    assert_says(&message(decoder.head(&hidden)), &["over the vocabulary"]);
    assert_says(&message(decoder.head_rows(&[1])), &["over the vocabulary"]);
}

#[test]
fn a_process_reward_model_is_two_layers_with_relu_between() {
    let head: HashMap<&str, Tensor> = [
        ("score.0.weight", random(&[64, 64])),
        ("score.0.bias", random(&[64])),
        ("score.2.weight", random(&[2, 64])),
        ("score.2.bias", random(&[2])),
    ]
    .into();
    let copy = with_head("Qwen2ForProcessRewardModel", &head.iter().map(|(&name, t)| (name, t)).collect::<Vec<_>>());
    let decoder = copy.load().unwrap();
    let hidden = hidden(&decoder);
    let layer = |x: &Tensor, place: usize| {
        let (weight, bias) = (&head[&*format!("score.{place}.weight")], &head[&*format!("score.{place}.bias")]);
        x.matmul(&weight.t().unwrap()).unwrap().broadcast_add(bias).unwrap()
    };
    let expected = layer(&layer(&hidden, 0).relu().unwrap(), 2);
    assert!(difference(&decoder.classify(&hidden).unwrap(), &expected) < 1e-4);
}

#[test]
fn a_classifier_whose_head_is_lost_is_an_error() {
    for architecture in ["Qwen2ForSequenceClassification", "Qwen2ForTokenClassification", "Qwen2ForProcessRewardModel"]
    {
        let message = message(with_head(architecture, &[]).load());
        assert_says(&message, &["score.*", "lost", "model.safetensors"]);
    }
}

#[test]
fn a_head_of_another_width_is_an_error() {
    let copy = with_head("Qwen2ForTokenClassification", &[("score.weight", &random(&[2, 32]))]);
    assert_says(&message(copy.load()), &["score.weight", "[2, 32]", "[2, 64]"]);
}

#[test]
fn a_language_model_has_no_classes() {
    let decoder = Copy::of("qwen2").load().unwrap();
    assert_eq!(decoder.labels(), None);
    assert_says(&message(decoder.classify(&hidden(&decoder))), &["over classes"]);
}

#[test]
fn an_adapter_brings_the_head_that_it_was_trained_with() {
    let weight = random(&[1, 64]);
    let copy = Copy::of("qwen2");
    copy.json(CONFIG, |config| {
        config.insert("task_type".to_owned(), json!("SEQ_CLS"));
    });
    assert_says(&message(copy.load_adapted("adapter")), &["score.*", "lost"]);
    copy.json(CONFIG, |config| {
        config.insert("modules_to_save".to_owned(), json!(["classifier", "score"]));
    });
    assert_says(&message(copy.load_adapted("adapter")), &["score.weight", "missing"]);
    copy.tensors("adapter/adapter_model.safetensors", |tensors| {
        tensors.insert("base_model.model.score.weight".to_owned(), weight.clone());
    });
    let decoder = copy.load_adapted("adapter").unwrap();
    let hidden = hidden(&decoder);
    assert_eq!(hidden.dtype(), DType::F32);
    let expected = hidden.matmul(&weight.t().unwrap()).unwrap();
    assert!(difference(&decoder.classify(&hidden).unwrap(), &expected) < 1e-5);
}
