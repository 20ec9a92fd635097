//! Tokenizers built from a GGUF's metadata, against the same tokenizer from `tokenizer.json`.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;
use touchstone_candle::gguf::Metadata;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};

use crate::{golden, real_texts, tokenizer};

fn texts(values: impl IntoIterator<Item = String>) -> Value {
    Value::Array(values.into_iter().map(Value::String).collect())
}

/// The metadata that a converter writes for a golden model's tokenizer.
fn converted(model: &str, pre: &str) -> HashMap<String, Value> {
    let json = crate::json(&golden("models").join(model).join("tokenizer.json"));
    let vocabulary: HashMap<String, usize> = serde_json::from_value(json["model"]["vocab"].clone()).unwrap();
    let mut tokens = vec![String::new(); vocabulary.len()];
    for (token, id) in vocabulary {
        tokens[id] = token;
    }
    let special: Vec<u64> =
        json["added_tokens"].as_array().unwrap().iter().map(|token| token["id"].as_u64().unwrap()).collect();
    let types = (0..tokens.len()).map(|id| Value::I32(if special.contains(&(id as u64)) { 3 } else { 1 }));
    let merges = json["model"]["merges"].as_array().unwrap().iter();
    let merges = merges.map(|pair| format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
    let entry = |key: &str, value| (format!("tokenizer.ggml.{key}"), value);
    HashMap::from([
        entry("model", Value::String("gpt2".into())),
        entry("pre", Value::String(pre.into())),
        entry("merges", texts(merges)),
        entry("token_type", Value::Array(types.collect())),
        entry("bos_token_id", Value::U32(0)),
        entry("eos_token_id", Value::U32(2)),
        entry("tokens", texts(tokens)),
    ])
}

fn built(values: &HashMap<String, Value>) -> Tokenizer {
    Tokenizer::from_gguf(&Metadata::new("model.gguf", values)).unwrap()
}

#[track_caller]
fn failure(values: &HashMap<String, Value>) -> String {
    Tokenizer::from_gguf(&Metadata::new("model.gguf", values)).unwrap_err().to_string()
}

fn without_bos(mut values: HashMap<String, Value>) -> HashMap<String, Value> {
    values.insert("tokenizer.ggml.add_bos_token".into(), Value::Bool(false));
    values
}

#[test]
fn real_cots_have_the_same_tokens_as_by_tokenizer_json() {
    for (model, pre) in [("llama", "llama-bpe"), ("qwen2", "qwen2"), ("qwen2", "deepseek-r1-qwen")] {
        let (built, read) = (built(&converted(model, pre)), tokenizer(model));
        let odd = ["<|im_start|>user\n  1234 é</s>", "<|eot_id|>a", "  \n\n\n\n x\t", "don'T 12345"].map(str::to_owned);
        for text in real_texts().into_iter().chain(odd) {
            for special in [SpecialTokens::Add, SpecialTokens::Omit] {
                let tokens = built.encode(&text, special).unwrap();
                assert_eq!(tokens, read.encode(&text, special).unwrap(), "{pre}: {text:?}");
                assert_eq!(built.decode(&tokens).unwrap(), read.decode(&tokens).unwrap());
            }
        }
    }
}

#[test]
fn a_bos_is_added_where_the_file_or_the_family_says_so() {
    let llama = converted("llama", "llama-bpe");
    assert_eq!(built(&llama).encode("", SpecialTokens::Add).unwrap(), [0]);
    assert!(!built(&without_bos(llama)).adds_bos());
    let mut qwen = converted("qwen2", "qwen2");
    assert!(!built(&qwen).adds_bos());
    qwen.insert("tokenizer.ggml.add_bos_token".into(), Value::Bool(true));
    assert!(built(&qwen).adds_bos());
    qwen.remove("tokenizer.ggml.bos_token_id");
    assert!(failure(&qwen).contains("names none"));
}

#[test]
fn letters_are_composed_for_qwen2_only() {
    let decomposed = "Poincare\u{301}";
    let (qwen, gpt) = (built(&converted("qwen2", "qwen2")), built(&without_bos(converted("qwen2", "gpt-2"))));
    let round_trip =
        |tokenizer: &Tokenizer| tokenizer.decode(&tokenizer.encode(decomposed, SpecialTokens::Omit).unwrap()).unwrap();
    assert_eq!(round_trip(&qwen), "Poincar\u{e9}");
    assert_eq!(round_trip(&gpt), decomposed);
}

#[test]
fn user_defined_tokens_are_whole_but_not_special_and_unused_ones_are_only_counted() {
    let mut values = converted("qwen2", "qwen2");
    for (key, added) in [
        ("tokens", [Value::String("<think>".into()), Value::String("[PAD1025]".into())]),
        ("token_type", [Value::I32(4), Value::I32(5)]),
    ] {
        match values.get_mut(&format!("tokenizer.ggml.{key}")) {
            Some(Value::Array(list)) => list.extend(added),
            other => panic!("{other:?}"),
        }
    }
    let tokenizer = built(&values);
    assert_eq!(tokenizer.vocabulary_size(), 1026);
    let tokens = tokenizer.encode("<think>[PAD1025]<|im_end|>", SpecialTokens::Omit).unwrap();
    assert_eq!(tokens[0], 1024);
    assert!(!tokens.contains(&1025));
    assert_eq!(tokenizer.decode(&tokens).unwrap(), "<think>[PAD1025]");
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let mut values = converted("qwen2", "qwen2");
    values.insert("tokenizer.ggml.pre".into(), Value::String("viking".into()));
    let message = failure(&values);
    assert!(message.contains("\"viking\" is not known") && message.contains("llama-bpe"), "{message}");
    values.remove("tokenizer.ggml.pre");
    assert!(failure(&values).contains("no metadata entry tokenizer.ggml.pre"));
    values.insert("tokenizer.ggml.model".into(), Value::String("llama".into()));
    assert!(failure(&values).contains("the kind \"llama\" cannot be built"));
}

#[test]
fn damaged_metadata_is_named() {
    let with = |key: &str, value: Value| {
        let mut values = converted("qwen2", "qwen2");
        values.insert(format!("tokenizer.ggml.{key}"), value);
        failure(&values)
    };
    assert!(with("token_type", Value::Array(vec![Value::I32(1)])).contains("1024 tokens, but 1 token types"));
    assert!(with("merges", texts(["ab".to_owned()])).contains("the merge \"ab\""));
    assert!(with("merges", texts(["Ġ absent".to_owned()])).contains("model.gguf is no tokenizer"));
    assert!(with("eos_token_id", Value::U32(5000)).contains("eos_token_id is 5000, and there are 1024 tokens"));
    assert!(with("tokens", texts(["a".to_owned(), "a".to_owned()])).contains("model.gguf is no tokenizer"));
    assert!(with("tokens", Value::Bool(true)).contains("should be a list of texts"));
}
