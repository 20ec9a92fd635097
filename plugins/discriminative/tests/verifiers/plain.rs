//! A straightforward computation to hold the verifiers against: each text alone, all of its positions, plain loops for
//! the heads.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use touchstone_candle::Model;
use touchstone_candle::decoder::Batch;

use super::material::open_model;

/// A model and its tensors.
pub struct Plain {
    model: Model,
    tensors: HashMap<String, Tensor>,
    tokenizer: tokenizers::Tokenizer,
}

impl Plain {
    pub fn open(folder: &Path) -> Self {
        Self {
            model: open_model(folder),
            tensors: candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap(),
            tokenizer: tokenizers::Tokenizer::from_file(folder.join("tokenizer.json")).unwrap(),
        }
    }

    /// The tokens of a text as a whole, without special tokens but those that are written in it.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode(text, false).unwrap().get_ids().to_vec()
    }

    /// The hidden state at each of these tokens.
    pub fn hidden(&self, tokens: &[u32]) -> Vec<Vec<f32>> {
        let rows: Vec<usize> = (0..tokens.len()).collect();
        self.model.decoder().hidden(&Batch::of_texts(&[tokens]), &rows).unwrap().to_vec2().unwrap()
    }

    /// The linear layer of this name.
    pub fn linear(&self, name: &str, input: &[f32]) -> Vec<f32> {
        let weight: Vec<Vec<f32>> = self.tensors[&format!("{name}.weight")].to_vec2().unwrap();
        let bias = self.tensors.get(&format!("{name}.bias")).map(|bias| bias.to_vec1::<f32>().unwrap());
        let sum = |row: &Vec<f32>| row.iter().zip(input).map(|(left, right)| left * right).sum::<f32>();
        let bias = bias.unwrap_or_else(|| vec![0.0; weight.len()]);
        weight.iter().zip(bias).map(|(row, bias)| sum(row) + bias).collect()
    }

    /// The logit of a token.
    pub fn logit(&self, token: u32, state: &[f32]) -> f32 {
        let head: Vec<f32> = self.tensors["lm_head.weight"].get(token as usize).unwrap().to_vec1().unwrap();
        head.iter().zip(state).map(|(left, right)| left * right).sum()
    }
}
