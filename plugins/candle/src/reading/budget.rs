//! How many tokens a batch may hold.

use std::num::NonZeroUsize;

use crate::config::Config;

/// The largest number of distinct tokens in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenBudget(NonZeroUsize);

/// No batch is made larger than this. A batch of a thousand tokens already reads each weight once for a thousand products,
/// so more of them make the arithmetic no faster; a question with sixteen CoTs has some 4,000 distinct tokens and should stay
/// whole; and what a job may lose when it is stopped is a batch.
pub const MOST_TOKENS: usize = 4096;

/// No batch is made smaller than this, however little memory there is: below it the weights are read too often.
const FEWEST_TOKENS: usize = 256;

/// The part of the free memory that a batch may take: the rest is for whatever else the machine does.
const SHARE: u64 = 2;

/// An upper bound of what a token takes while it passes a layer, in bytes: hidden states before and after a norm and their
/// sum with a block's output, queries before and after the rotary embedding with the attention's output, keys and values,
/// and the MLP's gate, up projection and product, all in f32. Keys and values count for one layer only, as they live no
/// longer than that.
fn bytes_per_token(model: &Config) -> u64 {
    let numbers = model.hidden_size + model.query_size() + model.kv_size() + model.intermediate_size;
    4 * 3 * numbers as u64
}

impl TokenBudget {
    /// Exactly so many tokens.
    pub fn of(tokens: NonZeroUsize) -> Self {
        Self(tokens)
    }

    /// What half of the free memory holds, within 256 and [`MOST_TOKENS`]. Where the system does not say how much memory is
    /// free, and on devices of their own memory, [`MOST_TOKENS`].
    pub fn from_free_memory(model: &Config) -> Self {
        Self::for_memory(crate::memory::free(), bytes_per_token(model))
    }

    fn for_memory(free: Option<u64>, bytes_per_token: u64) -> Self {
        let fitting = |free: u64| free / SHARE / bytes_per_token.max(1);
        let tokens = free.map_or(MOST_TOKENS, |free| usize::try_from(fitting(free)).unwrap_or(MOST_TOKENS));
        let tokens = tokens.clamp(FEWEST_TOKENS, MOST_TOKENS);
        Self(NonZeroUsize::new(tokens).unwrap_or(NonZeroUsize::MIN))
    }

    /// The number of tokens.
    pub fn tokens(self) -> usize {
        self.0.get()
    }
}

impl Default for TokenBudget {
    fn default() -> Self {
        Self(NonZeroUsize::new(MOST_TOKENS).unwrap_or(NonZeroUsize::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a token takes in SmolLM2-135M and in Llama 3.1 8B.
    const SMALL: u64 = 12 * (576 + 576 + 192 + 1536);
    const LARGE: u64 = 12 * (4096 + 4096 + 1024 + 14336);
    const GB: u64 = 1 << 30;

    #[test]
    fn a_batch_takes_half_of_the_free_memory_at_most() {
        for bytes in [SMALL, LARGE] {
            for free in [GB / 4, GB / 2, GB, 4 * GB] {
                let tokens = TokenBudget::for_memory(Some(free), bytes).tokens() as u64;
                assert!(tokens * bytes <= free / 2 || tokens == 256, "{tokens} in {free}");
            }
        }
        assert_eq!(TokenBudget::for_memory(Some(GB), LARGE).tokens(), 1899);
    }

    #[test]
    fn it_stays_within_its_bounds_whatever_the_system_says() {
        for (free, tokens) in [(Some(0), 256), (Some(u64::MAX), MOST_TOKENS), (None, MOST_TOKENS)] {
            assert_eq!(TokenBudget::for_memory(free, SMALL).tokens(), tokens);
        }
    }
}
