//! A sampler.

use touchstone_sdk::sampler::{Draw, Sampler, TokenId};
use touchstone_sdk::{Error, Result};

/// Draws from the tokens whose logit is above a threshold; never repeats the last token where there is another.
#[touchstone_sdk::settings]
pub struct Drawn {
    /// The threshold.
    #[serde(default)]
    pub above: f32,
}

impl Sampler for Drawn {
    fn sample(&self, logits: &mut [f32], history: &[TokenId], draw: Draw) -> Result<TokenId> {
        if let Some(last) = history.last().and_then(|last| logits.get_mut(last.0 as usize)) {
            *last = f32::NEG_INFINITY;
        }
        let good: Vec<u32> =
            (0..).zip(logits.iter()).filter(|(_, logit)| **logit > self.above).map(|(token, _)| token).collect();
        let mixed = [draw.seed, draw.sequence, draw.position]
            .iter()
            .fold(17_u64, |state, part| (state ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
        match good.len() {
            0 => Err(Error::plugin("drawn", format!("no token has a logit above {}", self.above))),
            count => Ok(TokenId(good[(mixed % count as u64) as usize])),
        }
    }
}
