//! Samplers behind a table.

use touchstone::Result;
use touchstone::sampler::{Draw, Sampler, TokenId};

use super::Taken;
use crate::Fault;
use crate::table;

pub(crate) struct TakenSampler(pub Taken);

impl Sampler for TakenSampler {
    fn sample(&self, logits: &mut [f32], history: &[TokenId], draw: Draw) -> Result<TokenId> {
        let vocabulary = logits.len();
        let logits = logits.as_mut_ptr();
        let draw = table::Draw { seed: draw.seed, sequence: draw.sequence, position: draw.position };
        let mut token = u32::MAX;
        self.0.call("sample", self.0.plugin().sample, None, |sample, instance, failure| {
            // A token id is a transparent `u32`.
            let tokens = history.as_ptr().cast();
            // SAFETY: logits, tokens, the result and the sink outlive the call, and nothing else touches them meanwhile.
            unsafe { sample(instance, logits, vocabulary, tokens, history.len(), draw, &raw mut token, failure) }
        })?;
        match usize::try_from(token) {
            Ok(place) if place < vocabulary => Ok(TokenId(token)),
            _ => Err(self.0.error("sample", &Fault::Token { token, vocabulary })),
        }
    }
}
