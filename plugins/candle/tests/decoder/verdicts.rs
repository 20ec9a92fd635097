//! What models say at the place of a verdict: rendered prompts with a forced critique, tokenised and read here, against
//! transformers.

use std::path::{Path, PathBuf};

use candle_core::DType;
use serde::Deserialize;
use serde_json::Value;
use touchstone::{Context, Registry};
use touchstone_candle::compute::Compute;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::SpecialTokens;
use touchstone_candle::{Batch, Model};

use crate::real_model;
use crate::support::{MODELS, folder};

/// A text that ends before a verdict, and what is expected there.
#[derive(Debug, Deserialize)]
struct Verdict {
    text: String,
    tokens: usize,
    p_yes: f64,
    logprob_yes: f64,
    logprob_no: f64,
}

fn assert_verdicts(location: PathBuf, verdicts: &[Verdict]) {
    let name = location.display().to_string();
    let context = Context::new(Registry::builtin());
    let model = Model::open(&ModelLocation::Path(location), None, &Compute::default(), &context).unwrap();
    let candidates = [" Yes", " No"].map(|text| model.tokenizer().last_token_of(text).unwrap() as usize);
    for Verdict { text, tokens, p_yes, logprob_yes, logprob_no } in verdicts {
        // A rendered template brings its BOS, which must not come twice.
        let ids = model.tokenizer().encode(text, SpecialTokens::Add).unwrap();
        assert_eq!(ids.len(), *tokens, "{name}");
        let hidden = model.decoder().hidden(&Batch::of_texts(&[&ids]), &[ids.len() - 1]).unwrap();
        let logits = model.decoder().head(&hidden).unwrap().to_dtype(DType::F64).unwrap();
        let logits: Vec<f64> = logits.flatten_all().unwrap().to_vec1().unwrap();
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let whole = most + logits.iter().map(|logit| (logit - most).exp()).sum::<f64>().ln();
        let [yes, no] = candidates.map(|token| logits[token] - whole);
        let share = yes.exp() / (yes.exp() + no.exp());
        for (found, expected) in [(share, p_yes), (yes, logprob_yes), (no, logprob_no)] {
            assert!((found - expected).abs() < 1e-3, "{name}: {found} for {expected}");
        }
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_small_models_verdicts_are_those_of_transformers() {
    for model in MODELS {
        let expected = &read(&folder(model).join("expected.json"))["verdicts"];
        let verdicts: Vec<Verdict> = serde_json::from_value(expected["cases"].clone()).unwrap();
        assert!(!verdicts.is_empty());
        assert_verdicts(folder(model), &verdicts);
    }
}

#[test]
fn smollm2s_verdicts_are_those_of_transformers() {
    let Some(file) = real_model::file() else { return };
    let expected = folder("llama").join("../../smollm2/expected.json");
    let verdicts: Vec<Verdict> = serde_json::from_value(read(&expected)["verdicts"].clone()).unwrap();
    assert!(!verdicts.is_empty());
    assert_verdicts(file, &verdicts);
}
