//! `min`: a chain is as strong as its weakest link.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, present};

/// The lowest reward.
///
/// Assumes that one wrong step makes the CoT wrong. It was proposed for process reward models (Lightman et al. 2023) and is
/// the paper's choice for its discriminative one (dPRM). One misjudged step decides; `quantile` is the robust relative.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Min {}

touchstone::register!(Aggregator, "min", Min);

impl Aggregator for Min {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        Ok(present(rewards).fold(f64::INFINITY, f64::min))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_step_counts() {
        assert_eq!(Min {}.aggregate(&[Some(0.9), Some(0.2), Some(0.7)]).unwrap(), 0.2);
    }

    #[test]
    fn min_of_no_steps_is_one_half() {
        assert_eq!(Min {}.aggregate(&[]).unwrap(), 0.5);
    }
}
