//! `mean`: the arithmetic mean, bit for bit as `numpy.mean` has it.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, mean_of_rewards};

/// The arithmetic mean of the rewards.
///
/// Assumes that every reward is one more reading of the same thing, as sampled verdicts are: it is the paper's choice for its
/// generative reward models (gORM, gPRM). Summed pairwise, so that it is bit for bit what `numpy.mean` gives.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mean {}

touchstone::register!(Aggregator, "mean", Mean);

impl Aggregator for Mean {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        Ok(mean_of_rewards(rewards))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that any language computes to the same bits: one division of two small integers each.
    fn values(count: u64) -> Vec<f64> {
        (0..count).map(|i| ((i * 7919 + 13) % 10007) as f64 / 10007.0).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        Mean {}.aggregate(&values.iter().copied().map(Some).collect::<Vec<_>>()).unwrap()
    }

    /// `numpy.mean([((i * 7919 + 13) % 10007) / 10007 for i in range(count)])`, NumPy 2.4.6.
    #[test]
    fn the_mean_is_numpys_to_the_last_bit_at_every_block_border() {
        const NUMPY: [(u64, f64); 19] = [
            (1, 0.001299090636554412),
            (3, 0.45931181506278945),
            (7, 0.5181944067724021),
            (8, 0.5210102927950434),
            (9, 0.5000166550081608),
            (15, 0.4740548282868658),
            (16, 0.49889452383331667),
            (17, 0.5085381409483949),
            (127, 0.5017700208279401),
            (128, 0.5017737583691416),
            (129, 0.5001599655434994),
            (136, 0.4980403423485913),
            (137, 0.4989624051485128),
            (255, 0.49832685747427774),
            (256, 0.4994839549815129),
            (257, 0.49982016479514924),
            (1000, 0.5006549415409213),
            (4099, 0.4998666827341378),
            (20000, 0.4999536574397922),
        ];
        for (count, expected) in NUMPY {
            assert_eq!(mean(&values(count)).to_bits(), expected.to_bits(), "{count} values");
        }
    }

    #[test]
    fn the_order_of_summation_matters_so_the_vectors_can_tell() {
        let values = values(1000);
        assert_ne!(values.iter().sum::<f64>() / 1000.0, mean(&values));
    }
}
