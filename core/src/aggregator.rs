//! From the rewards of one CoT to one value.

use crate::Result;
pub use crate::pairwise::{mean_of_rewards, pairwise_mean};

/// Turns the rewards of one CoT into the one value by which CoTs are compared.
///
/// **Who calls it, when, with what.** Evaluation calls `aggregate` once for every CoT of every question and replicate,
/// from many threads at once, before any draw is made; selection strategies call it for each CoT they weigh. `rewards`
/// are the CoT's [`Rewards`](crate::Rewards) in order: probabilities, `None` where one is missing. The slice may be empty
/// (an empty CoT) and may have tens of thousands of entries.
///
/// **What must hold.** The result is finite, depends on `rewards` alone, and is the same every time. Larger means better.
/// It need not be a probability, but weighted vote adds values up, so a negative one counts against an answer. The
/// convention of the field, which every built-in keeps through [`present`]: a missing reward counts as one half, and no
/// rewards at all count as one reward of one half.
///
/// **What may go wrong.** An aggregator that cannot give a value returns an error; evaluation adds the category, question
/// and CoT to it and stops. A value that is not finite is such an error too.
///
/// # A whole aggregator
/// ```
/// use touchstone::aggregator::{Aggregator, present};
///
/// /// The median of a CoT's rewards.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct Median {}
///
/// impl Aggregator for Median {
///     fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
///         let mut values: Vec<f64> = present(rewards).collect();
///         values.sort_by(f64::total_cmp);
///         Ok(values[values.len() / 2])
///     }
/// }
///
/// touchstone::register!(Aggregator, "median", Median);
///
/// # fn main() -> touchstone::Result<()> {
/// let registry = touchstone::Registry::builtin();
/// let median = registry.make(&touchstone::PluginSpec::<dyn Aggregator>::named("median"))?;
/// assert_eq!(median.aggregate(&[Some(0.9), None, Some(0.1)])?, 0.5);
/// # Ok(())
/// # }
/// ```
pub trait Aggregator: Send + Sync {
    /// The value of a CoT with these rewards.
    fn aggregate(&self, rewards: &[Option<f64>]) -> Result<f64>;
}

/// The value that stands for a missing reward (spec of the paper's evaluation).
pub const MISSING: f64 = 0.5;

/// The rewards as numbers: [`MISSING`] for each missing one, and one [`MISSING`] where there are none. The iterator is
/// never empty.
pub fn present(rewards: &[Option<f64>]) -> impl DoubleEndedIterator<Item = f64> + Clone + '_ {
    let stand_in: &[Option<f64>] = if rewards.is_empty() { &[None] } else { rewards };
    stand_in.iter().map(|reward| reward.unwrap_or(MISSING))
}
