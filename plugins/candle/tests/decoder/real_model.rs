//! A published model, SmolLM2-135M-Instruct as GGUF, against transformers over its dequantised weights.
//!
//! Where `TOUCHSTONE_SMOLLM2` names the file; elsewhere the test says so and does nothing, but fails under CI.

use std::path::PathBuf;

use candle_core::Device;
use serde::Deserialize;
use touchstone_candle::decoder::LoadSettings;
use touchstone_candle::weights::ModelFiles;
use touchstone_candle::{Batch, Decoder};

use crate::support::greedy;

#[derive(Debug, Deserialize)]
struct Expected {
    texts: Vec<Text>,
}

#[derive(Debug, Deserialize)]
struct Text {
    ids: Vec<u32>,
    top_ids: Vec<u32>,
    top_logits: Vec<f32>,
    greedy_ids: Vec<u32>,
}

pub fn file() -> Option<PathBuf> {
    let file = std::env::var_os("TOUCHSTONE_SMOLLM2").map(PathBuf::from);
    if file.is_none() {
        assert!(std::env::var_os("CI").is_none(), "TOUCHSTONE_SMOLLM2 must name the model's file in CI");
        eprintln!("skipped: TOUCHSTONE_SMOLLM2 does not name SmolLM2-135M-Instruct.Q4_1.gguf");
    }
    file
}

#[test]
fn smollm2_has_the_logits_and_greedy_tokens_of_transformers() {
    let Some(file) = file() else { return };
    let decoder = Decoder::load(&ModelFiles::Gguf(file), &LoadSettings::default()).unwrap();
    let expected: Expected = serde_json::from_str(include_str!("../golden/smollm2/expected.json")).unwrap();
    for text in expected.texts {
        let hidden = decoder.hidden(&Batch::of_texts(&[&text.ids]), &[text.ids.len() - 1]).unwrap();
        let logits = decoder.head(&hidden).unwrap().to_device(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
        let mut order: Vec<u32> = (0..logits[0].len() as u32).collect();
        order.sort_by(|a, b| logits[0][*b as usize].total_cmp(&logits[0][*a as usize]));
        assert_eq!(order[..text.top_ids.len()], text.top_ids);
        for (&token, &expected) in text.top_ids.iter().zip(&text.top_logits) {
            let error = (logits[0][token as usize] - expected).abs();
            assert!(error < 1e-3, "token {token}: {error}");
        }
        assert_eq!(greedy(&decoder, &text.ids, text.greedy_ids.len()), text.greedy_ids);
    }
}
