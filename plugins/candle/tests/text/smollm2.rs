//! The tokenizer of a real model, from its GGUF file.

use std::path::PathBuf;

use touchstone::chat::GenerationPrompt;
use touchstone::generator::{Conversation, Thinking};
use touchstone_candle::chat::chat_template;
use touchstone_candle::source::{ModelFiles, ModelLocation};
use touchstone_candle::summary::Summary;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};

use crate::{context, expected, files, ids, real_texts};

/// The file `SmolLM2-135M-Instruct.Q4_1.gguf`, which the environment variable names. Without it there is nothing to test,
/// except on the build server, which must have it.
fn model() -> Option<ModelFiles> {
    match std::env::var_os("TOUCHSTONE_SMOLLM2") {
        Some(path) => Some(files(&PathBuf::from(path))),
        None => {
            assert!(std::env::var_os("CI").is_none(), "TOUCHSTONE_SMOLLM2 must name the model's file here");
            eprintln!("skipped: TOUCHSTONE_SMOLLM2 does not name SmolLM2-135M-Instruct.Q4_1.gguf");
            None
        }
    }
}

#[test]
fn its_prompts_have_the_tokens_of_the_independent_run() {
    let Some(model) = model() else { return };
    let (tokenizer, expected) = (Tokenizer::open(&model).unwrap(), expected("smollm2"));
    for text in expected["texts"].as_array().unwrap() {
        let found = tokenizer.encode(text["prompt"].as_str().unwrap(), SpecialTokens::Add).unwrap();
        assert_eq!(found, ids(&text["ids"]));
        assert_eq!(tokenizer.decode_all(&ids(&text["greedy_ids"])).unwrap(), text["greedy_text"].as_str().unwrap());
    }
    let candidates = ["-", "+"].map(|text| tokenizer.last_token_of(text).unwrap());
    assert_eq!(candidates.to_vec(), ids(&expected["candidates"]));
    assert_eq!(u64::from(tokenizer.last_token_of(" Yes").unwrap()), expected["yes_id"]);
    assert_eq!(tokenizer.token(tokenizer.bos().unwrap()).as_deref(), expected["bos"].as_str());
    assert_eq!(tokenizer.adds_bos(), expected["question_gets_bos"]);
    assert_eq!((tokenizer.vocabulary_size(), tokenizer.kind()), (49152, "byte-level BPE (smollm)"));
}

#[test]
fn real_cots_come_back_as_they_were() {
    let Some(model) = model() else { return };
    let tokenizer = Tokenizer::open(&model).unwrap();
    for text in real_texts() {
        assert_eq!(tokenizer.decode(&tokenizer.encode(&text, SpecialTokens::Omit).unwrap()).unwrap(), text);
    }
}

/// Why a step's tag must be encoded with its own step only: what follows takes a line break away from it.
#[test]
fn a_step_and_its_tag_have_other_tokens_when_a_letter_follows() {
    let Some(model) = model() else { return };
    let tokenizer = Tokenizer::open(&model).unwrap();
    let encode = |text: &str| tokenizer.encode(text, SpecialTokens::Omit).unwrap();
    let apart = [encode("It is B. \n\n\n\n"), encode("So it is.")].concat();
    let together = encode("It is B. \n\n\n\nSo it is.");
    assert_ne!(apart, together);
    let tag = encode(" \n\n\n\n").pop().unwrap();
    assert!(apart.contains(&tag) && !together.contains(&tag));
}

#[test]
fn its_chat_template_gives_the_prompts_of_the_independent_run() {
    let Some(model) = model() else { return };
    let template = chat_template(&model, &Tokenizer::open(&model).unwrap()).unwrap().unwrap();
    for text in expected("smollm2")["texts"].as_array().unwrap() {
        let wanted = text["prompt"].as_str().unwrap();
        let (_, user) = wanted.split_once("<|im_start|>user\n").unwrap();
        let (user, _) = user.split_once("<|im_end|>").unwrap();
        let found =
            template.render(&Conversation::user(user).with_thinking(Thinking::Off), GenerationPrompt::Add).unwrap();
        assert_eq!(found, wanted);
    }
}

#[test]
fn its_summary_tells_sizes_and_quantisation() {
    let Some(path) = std::env::var_os("TOUCHSTONE_SMOLLM2") else { return };
    let location = ModelLocation::Path(PathBuf::from(path));
    let Summary::Model(summary) = Summary::of(&context(), &location).unwrap() else { panic!("no model") };
    assert_eq!((summary.family, summary.format, summary.layers, summary.kv_heads), ("llama", "gguf", 30, 3));
    assert_eq!((summary.context, summary.parameters, summary.tied_head), (8192, 134_515_008, true));
    let types: Vec<&str> = summary.weights.iter().map(|weights| weights.dtype.as_str()).collect();
    assert_eq!(types, ["Q4_1", "Q8_0", "F32"]);
}
