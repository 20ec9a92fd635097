//! How the learning rate moves over the steps.

use std::f64::consts::PI;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The course of the learning rate after warm-up, as transformers' schedules of the same names have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// Down to 0 along half a cosine: the paper's for dORM and dPRM.
    Cosine,
    /// Down to 0 in a straight line: the paper's for gORM and gPRM.
    #[default]
    Linear,
    /// It stays as it is.
    Constant,
}

impl Schedule {
    /// What the learning rate is multiplied with at `step`, counted from 0, of `steps`, of which the first `warm_up` rise
    /// from 0.
    pub fn factor(self, step: usize, warm_up: usize, steps: usize) -> f64 {
        if step < warm_up {
            return step as f64 / warm_up as f64;
        }
        let progress = (step - warm_up) as f64 / steps.saturating_sub(warm_up).max(1) as f64;
        match self {
            Self::Cosine => 0.5 * (1.0 + (PI * progress).cos()),
            Self::Linear => 1.0 - progress,
            Self::Constant => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_course_rises_from_nothing_and_ends_near_nothing() {
        let course = |schedule: Schedule| (0..6).map(|step| schedule.factor(step, 2, 6)).collect::<Vec<_>>();
        assert_eq!(course(Schedule::Linear), [0.0, 0.5, 1.0, 0.75, 0.5, 0.25]);
        assert_eq!(course(Schedule::Constant), [0.0, 0.5, 1.0, 1.0, 1.0, 1.0]);
        let cosine = course(Schedule::Cosine);
        assert_eq!(cosine[..3], [0.0, 0.5, 1.0]);
        assert!((cosine[4] - 0.5).abs() < 1e-12 && (cosine[5] - 0.146_446_609_4).abs() < 1e-9);
    }

    #[test]
    fn warm_up_may_be_all_or_nothing() {
        assert_eq!(Schedule::Cosine.factor(0, 0, 1), 1.0);
        assert_eq!(Schedule::Linear.factor(1, 3, 3), 1.0 / 3.0);
    }
}
