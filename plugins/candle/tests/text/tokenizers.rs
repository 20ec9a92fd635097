//! Tokenizers from `tokenizer.json`.

use serde_json::{Value, json};
use touchstone_candle::source::{ModelFile, ModelFiles, SafetensorsModel};
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer, TokenizerError};

use crate::{GOLDEN, expected, golden, ids, real_texts, tokenizer};

/// The tokenizer of a golden model after changes to its files.
fn changed(
    model: &str,
    json_change: impl Fn(&mut Value),
    config_change: impl Fn(&mut Value),
) -> Result<Tokenizer, TokenizerError> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut value = crate::json(&golden("models").join(model).join(name));
        change(&mut value);
        let path = folder.path().join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        ModelFile::OnDisk(path)
    };
    Tokenizer::open(&ModelFiles::Safetensors(SafetensorsModel {
        config: ModelFile::OnDisk(folder.path().join("config.json")),
        weights: Vec::new(),
        tokenizer: write("tokenizer.json", &json_change),
        tokenizer_config: Some(write("tokenizer_config.json", &config_change)),
        chat_template: None,
        generation_config: None,
    }))
}

fn unchanged(_: &mut Value) {}

#[test]
fn every_golden_text_has_the_tokens_of_the_independent_run() {
    for model in GOLDEN {
        let (tokenizer, expected) = (tokenizer(model), expected(&format!("models/{model}")));
        for text in expected["texts"].as_array().unwrap() {
            let wanted = ids(&text["ids"]);
            let found = tokenizer.encode(text["text"].as_str().unwrap(), SpecialTokens::Add).unwrap();
            // The texts of the model with a short context were cut to leave room for the greedy tokens.
            let whole = if model == "llama-tied-short" { wanted.len() } else { found.len() };
            assert_eq!(found[..whole], wanted, "{model}");
            let greedy = tokenizer.decode_all(&ids(&text["greedy_ids"])).unwrap();
            assert_eq!(greedy, text["greedy_text"].as_str().unwrap(), "{model}");
        }
    }
}

#[test]
fn the_candidates_of_a_verdict_are_the_last_tokens_of_their_texts() {
    for model in GOLDEN {
        let (tokenizer, expected) = (tokenizer(model), expected(&format!("models/{model}")));
        for (text, id) in [(" Yes", "yes_id"), (" No", "no_id")] {
            assert_eq!(tokenizer.last_token_of(text).unwrap(), ids(&json!([expected["verdicts"][id]]))[0], "{model}");
        }
        let message = tokenizer.last_token_of("").unwrap_err().to_string();
        assert!(message.contains("\"\" has no token in"), "{message}");
    }
}

#[test]
fn real_cots_come_back_as_they_were() {
    for model in GOLDEN {
        let tokenizer = tokenizer(model);
        for text in real_texts() {
            let tokens = tokenizer.encode(&text, SpecialTokens::Omit).unwrap();
            assert_eq!(tokenizer.decode(&tokens).unwrap(), text, "{model}");
        }
    }
}

#[test]
fn a_text_that_begins_with_the_bos_gets_no_second_one() {
    let tokenizer = tokenizer("llama");
    let bos = tokenizer.bos().unwrap();
    let plain = tokenizer.encode("Is it?", SpecialTokens::Add).unwrap();
    assert_eq!(tokenizer.encode("<|begin_of_text|>Is it?", SpecialTokens::Add).unwrap(), plain);
    assert_eq!(plain.iter().filter(|id| **id == bos).count(), 1);
    assert_eq!(tokenizer.encode("Is it?", SpecialTokens::Omit).unwrap(), plain[1..]);
    assert_eq!(tokenizer.encode("", SpecialTokens::Add).unwrap(), [bos]);
}

#[test]
fn special_tokens_are_those_of_the_files() {
    let llama = tokenizer("llama");
    assert_eq!((llama.bos(), llama.eos(), llama.adds_bos()), (Some(0), Some(4), true));
    assert_eq!(llama.token_id("<|eot_id|>"), Some(4));
    assert_eq!(llama.token(4).as_deref(), Some("<|eot_id|>"));
    assert_eq!(llama.decode(&[0, 4]).unwrap(), "");
    let qwen = tokenizer("qwen2");
    assert_eq!((qwen.bos(), qwen.eos(), qwen.adds_bos()), (None, Some(2), false));
    assert_eq!((qwen.vocabulary_size(), qwen.kind()), (1024, "byte-level BPE"));
}

#[test]
fn settings_that_cut_lengthen_or_vary_a_text_are_switched_off() {
    let text = "The answer is (B).";
    let plain = tokenizer("qwen2").encode(text, SpecialTokens::Add).unwrap();
    let spoilt = changed(
        "qwen2",
        |json| {
            json["truncation"] =
                json!({"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0});
            json["padding"] = json!({"strategy": {"Fixed": 32}, "direction": "Left", "pad_to_multiple_of": null,
                "pad_id": 0, "pad_type_id": 0, "pad_token": "<|endoftext|>"});
            json["model"]["dropout"] = json!(0.9);
        },
        unchanged,
    );
    assert_eq!(spoilt.unwrap().encode(text, SpecialTokens::Add).unwrap(), plain);
}

#[test]
fn the_configuration_decides_on_the_bos_where_it_says_so() {
    let without = changed("llama", unchanged, |config| config["add_bos_token"] = json!(false)).unwrap();
    assert!(!without.adds_bos() && without.bos() == Some(0));
    assert!(!without.encode("a", SpecialTokens::Add).unwrap().contains(&0));
    let with = changed("qwen2", unchanged, |config| {
        config["add_bos_token"] = json!(true);
        config["bos_token"] = json!({"content": "<|endoftext|>", "lstrip": false});
    });
    assert_eq!(with.unwrap().encode("", SpecialTokens::Add).unwrap(), [0]);
    let message = changed("qwen2", unchanged, |config| config["add_bos_token"] = json!(true)).unwrap_err().to_string();
    assert!(message.contains("tokenizer_config.json") && message.contains("names none"), "{message}");
}

#[test]
fn an_eos_that_the_file_puts_behind_texts_is_left_out() {
    let tokenizer = changed(
        "llama",
        |json| {
            let eos = json!({"SpecialToken": {"id": "<|eot_id|>", "type_id": 0}});
            let processor = &mut json["post_processor"];
            processor["single"].as_array_mut().unwrap().push(eos);
            processor["special_tokens"]["<|eot_id|>"] =
                json!({"id": "<|eot_id|>", "ids": [4], "tokens": ["<|eot_id|>"]});
        },
        unchanged,
    );
    assert_eq!(
        tokenizer.unwrap().encode("a", SpecialTokens::Add).unwrap(),
        crate::tokenizer("llama").encode("a", SpecialTokens::Add).unwrap()
    );
}

#[test]
fn a_tokenizer_larger_than_the_embedding_is_named_with_both_sizes() {
    let tokenizer = tokenizer("llama");
    for rows in [1024, 2000] {
        tokenizer.check_embedding(rows).unwrap();
    }
    let message = tokenizer.check_embedding(1000).unwrap_err().to_string();
    assert!(message.contains("1000 rows") && message.contains("tokens up to 1023"), "{message}");
    let longer = changed(
        "llama",
        |json| {
            let mut token = json["added_tokens"][0].clone();
            token["id"] = json!(1024);
            token["content"] = json!("<extra>");
            json["added_tokens"].as_array_mut().unwrap().push(token);
        },
        unchanged,
    );
    let message = longer.unwrap().check_embedding(1024).unwrap_err().to_string();
    assert!(message.contains("tokens up to 1024 (\"<extra>\")"), "{message}");
}

#[test]
fn a_damaged_tokenizer_is_named_with_its_file() {
    let message = changed("llama", |json| json["model"] = json!({"type": "BPE"}), unchanged).unwrap_err().to_string();
    assert!(message.contains("tokenizer.json is no tokenizer that can be read"), "{message}");
    let message =
        changed("llama", unchanged, |config| config["eos_token"] = json!("<|absent|>")).unwrap_err().to_string();
    assert!(message.contains("tokenizer_config.json names \"<|absent|>\" as EOS"), "{message}");
    let message = changed("llama", unchanged, |config| config["bos_token"] = json!(7)).unwrap_err().to_string();
    assert!(message.contains("tokenizer_config.json"), "{message}");
}
