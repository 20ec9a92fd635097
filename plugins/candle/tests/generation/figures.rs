//! Tokens and probabilities against independent figures, and against one pass over the whole text.

use candle_core::{DType, IndexOp};
use serde_json::Value;
use touchstone::generator::{FinishReason, GenerationRequest};
use touchstone_candle::compute::Compute;
use touchstone_candle::generation::Local;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::SpecialTokens;
use touchstone_candle::{Batch, Model};

use crate::{complete, context, golden, greedy, open, tiny};

/// The likeliest tokens, each found by a pass over the whole text: no cache, no batch.
fn likeliest(model: &Model, text: &[u32], count: usize) -> Vec<u32> {
    let mut tokens = text.to_vec();
    for _ in 0..count {
        let logits = model.decoder().logits(&Batch::of_texts(&[&tokens])).unwrap();
        let last = logits.i(tokens.len() - 1).unwrap().argmax(0).unwrap();
        tokens.push(last.to_scalar::<u32>().unwrap());
    }
    tokens.split_off(text.len())
}

#[test]
fn greedy_completions_are_those_of_transformers() {
    let mut tested = 0;
    for name in ["llama", "llama-tied-short", "qwen2", "qwen3"] {
        let folder = golden(name);
        let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let location = ModelLocation::Path(folder);
        let model = Model::open(&location, None, &Compute::default(), &context()).unwrap();
        let generator = open(&Local::new(location));
        for text in expected["texts"].as_array().unwrap() {
            let ids = |field: &str| -> Vec<u32> { serde_json::from_value(text[field].clone()).unwrap() };
            let (prompt, prompt_ids) = (text["text"].as_str().unwrap(), ids("ids"));
            let mut tokens = ids("greedy_ids");
            let encoded = model.tokenizer().encode(prompt, SpecialTokens::Add).unwrap();
            if encoded.len() + tokens.len() > model.decoder().config().context {
                // The reference cut it; a generator refuses it, or has no room for all tokens.
                continue;
            }
            tested += 1;
            assert_eq!(encoded, prompt_ids, "{name}");
            if model.tokenizer().adds_bos() {
                // The reference's generation took a BOS of the id 0 for padding, and read the text without it.
                tokens = likeliest(&model, &prompt_ids, tokens.len());
            }
            let request = GenerationRequest { max_tokens: tokens.len(), ..greedy() };
            let completion = complete(generator.as_ref(), prompt, &request);
            if completion.finish == FinishReason::EndOfText {
                tokens.truncate(completion.tokens.len());
            }
            assert_eq!(completion.tokens.len(), tokens.len(), "{name}: {completion:?}");
            assert_eq!(completion.text, model.tokenizer().decode(&tokens).unwrap(), "{name}");
        }
    }
    assert!(tested > 8, "{tested}");
}

#[test]
fn log_probabilities_are_those_of_one_pass_over_the_whole_text() {
    let model = Model::open(&tiny().model, None, &Compute::default(), &context()).unwrap();
    let tokenizer = model.tokenizer();
    let prompt = "Question: which of these is a prime number?\n";
    let mut request = greedy();
    request.candidates = vec![" Yes".to_owned(), " No".to_owned()];
    let candidates = [" Yes", " No"].map(|text| tokenizer.last_token_of(text).unwrap());
    for temperature in [None, Some(2.5)] {
        if let Some(temperature) = temperature {
            request.sampler = touchstone::PluginSpec::named("temperature").with("temperature", temperature);
        }
        let completion = complete(open(&tiny()).as_ref(), prompt, &request);
        let before = tokenizer.encode(prompt, SpecialTokens::Add).unwrap();
        // Cut at the offsets, each token's text is a token again.
        let mut tokens = before.clone();
        let ends = completion.tokens.iter().skip(1).map(|token| token.offset).chain([completion.text.len()]);
        for (token, end) in completion.tokens.iter().zip(ends) {
            tokens.extend(tokenizer.encode(&completion.text[token.offset..end], SpecialTokens::Omit).unwrap());
        }
        assert_eq!(tokens.len(), before.len() + completion.tokens.len(), "{completion:?}");
        let logits = model.decoder().logits(&Batch::of_texts(&[&tokens])).unwrap().to_dtype(DType::F64).unwrap();
        for (place, token) in completion.tokens.iter().enumerate() {
            let row: Vec<f64> = logits.i(before.len() + place - 1).unwrap().to_vec1().unwrap();
            let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let whole = most + row.iter().map(|logit| (logit - most).exp()).sum::<f64>().ln();
            let expected = |token: u32| row[token as usize] - whole;
            let own = token.log_probability.unwrap();
            assert!((own - expected(tokens[before.len() + place])).abs() < 1e-4, "token {place}: {own}");
            for (found, candidate) in token.candidates.iter().zip(candidates) {
                assert!((found.unwrap() - expected(candidate)).abs() < 1e-4, "token {place}");
            }
        }
    }
}
