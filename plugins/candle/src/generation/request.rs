//! A request, made ready for this model.

use touchstone::generator::GenerationRequest;
use touchstone::sampler::{Draw, TokenId};
use touchstone::{Context, Sampler};
use touchstone_kernel::log_sum_exp;

use crate::Model;

/// A request with everything looked up that does not change from token to token.
pub(super) struct Prepared {
    pub(super) samples: usize,
    pub(super) max_tokens: usize,
    pub(super) stop: Vec<String>,
    pub(super) ends: Vec<u32>,
    sampler: Box<dyn Sampler>,
    seed: u64,
    candidates: Vec<usize>,
}

/// A token that was chosen, and what the model thought of it and of the candidates.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) token: u32,
    pub(super) log_probability: f64,
    pub(super) candidates: Vec<Option<f64>>,
}

impl Prepared {
    /// # Errors
    /// An unknown sampler, wrong settings of it, or a candidate that has no token.
    pub(super) fn new(
        context: &Context,
        request: &GenerationRequest,
        model: &Model,
        ends: &[u32],
    ) -> touchstone::Result<Self> {
        let candidate = |text: &String| {
            let token = model.tokenizer().last_token_of(text).map_err(crate::Error::from);
            token.map(|token| token as usize).map_err(|error| error.of_plugin("local"))
        };
        Ok(Self {
            samples: request.samples,
            max_tokens: request.max_tokens,
            // An empty text is in every completion from the beginning on: it stops nothing.
            stop: request.stop.iter().filter(|stop| !stop.is_empty()).cloned().collect(),
            ends: ends.to_vec(),
            sampler: context.registry().make(&request.sampler)?,
            seed: request.seed,
            candidates: request.candidates.iter().map(candidate).collect::<touchstone::Result<_>>()?,
        })
    }

    /// The next token of a sequence after these logits, which are scrambled. `position` counts its new tokens from 0.
    pub(super) fn choose(
        &self,
        logits: &mut [f32],
        history: &[TokenId],
        sequence: u64,
        position: usize,
    ) -> touchstone::Result<Chosen> {
        let whole = log_sum_exp(logits);
        // Rounding may put a token that is as good as certain a hair above 0.
        let log_probability = |logit: f32| (f64::from(logit) - whole).min(0.0);
        let of_candidate = |token: &usize| logits.get(*token).map(|logit| log_probability(*logit));
        let candidates = self.candidates.iter().map(of_candidate).collect();
        let untempered = logits.to_vec();
        let draw = Draw { seed: self.seed, sequence, position: position as u64 };
        let TokenId(token) = self.sampler.sample(logits, history, draw)?;
        let Some(logit) = untempered.get(token as usize) else {
            let message = format!("it chose the token {token} of a vocabulary of {}", untempered.len());
            return Err(touchstone::Error::plugin("sampler", message));
        };
        Ok(Chosen { token, log_probability: log_probability(*logit), candidates })
    }
}

/// The number by which a sampler knows a sequence: of the prompt's text and the sample, so that neither other prompts nor the
/// order of the work change a draw.
pub(super) fn sequence_number(prompt: &str, sample: usize) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    // 64-bit FNV-1a of the text and the sample's number.
    let sample = (sample as u64).to_le_bytes();
    prompt.bytes().chain(sample).fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}
