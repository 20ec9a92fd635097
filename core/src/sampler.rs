//! From the logits of a position to the next token.

use serde::{Deserialize, Serialize};

use crate::Result;

/// The id of a token in a model's vocabulary.
#[repr(transparent)] // slices of it cross to dynamic plugins as they are
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub u32);

/// Where randomness comes from. A sampler derives every random number from these three and from nothing else, so that
/// sample j of prompt i is the same whatever else is in the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Draw {
    /// The seed of the job.
    pub seed: u64,
    /// Which sequence of the job: unlike for any two samples.
    pub sequence: u64,
    /// Which position of the sequence, counted from 0 at the first new token.
    pub position: u64,
}

/// Chooses the next token.
///
/// **Who calls it, when, with what.** A local [`Generator`](crate::Generator) calls `sample` once for every new token of
/// every sequence, possibly from many threads. `logits` holds one finite value or negative infinity per token of the
/// vocabulary; the sampler may scramble it. `history` holds the prompt's tokens and then the sampled ones, in order.
///
/// **What must hold.** The token is below `logits.len()` and follows from the three arguments alone.
///
/// **What may go wrong.** Logits that leave no token (all negative infinity, NaN) are an error, never a guess.
///
/// # A whole sampler
/// ```
/// use touchstone::sampler::{Draw, Sampler, TokenId};
///
/// /// Always the likeliest token; the first of equals.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct Likeliest {}
///
/// impl Sampler for Likeliest {
///     fn sample(&self, logits: &mut [f32], _history: &[TokenId], _draw: Draw) -> touchstone::Result<TokenId> {
///         let mut best = None;
///         for (token, &logit) in (0..).zip(logits.iter()) {
///             if logit > best.map_or(f32::NEG_INFINITY, |(_, highest)| highest) {
///                 best = Some((TokenId(token), logit));
///             }
///         }
///         best.map(|(token, _)| token)
///             .ok_or_else(|| touchstone::Error::plugin("likeliest", "no token has a logit above negative infinity"))
///     }
/// }
///
/// touchstone::register!(Sampler, "likeliest", Likeliest);
///
/// # fn main() -> touchstone::Result<()> {
/// let draw = Draw { seed: 42, sequence: 0, position: 0 };
/// assert_eq!(Likeliest {}.sample(&mut [0.1, 2.0, -1.0], &[], draw)?, TokenId(1));
/// # Ok(())
/// # }
/// ```
pub trait Sampler: Send + Sync {
    /// The next token of a sequence.
    fn sample(&self, logits: &mut [f32], history: &[TokenId], draw: Draw) -> Result<TokenId>;
}
