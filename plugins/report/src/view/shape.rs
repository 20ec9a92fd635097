//! What a reward is about: a step, or a verdict on the whole CoT.

use serde::Serialize;

/// What the rewards of a question's CoTs are about. Reward files do not say it, so it is told by the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One for each step, as dORM and dPRM give them.
    Steps,
    /// Some for the CoT as a whole: sampled verdicts, as gORM and gPRM give them, or a single reward.
    Verdicts,
}

/// How many rewards and how many steps a CoT has.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Its rewards.
    pub rewards: usize,
    /// Its steps.
    pub steps: usize,
}

impl Shape {
    /// The shape of a question's rewards. Rewards are about steps where there are as many of them, for all CoTs, or for most
    /// where the counts differ (published files have fewer rewards for CoTs that were cut). The same count for every CoT,
    /// whatever its steps, is a number of verdicts.
    pub fn of(counts: &[Counts]) -> Self {
        let judged: Vec<&Counts> = counts.iter().filter(|cot| cot.rewards > 0).collect();
        let matching = judged.iter().filter(|cot| cot.rewards == cot.steps).count();
        let is_constant = judged.windows(2).all(|pair| pair[0].rewards == pair[1].rewards);
        match matching {
            all if all == judged.len() => Self::Steps,
            most if !is_constant && 2 * most > judged.len() => Self::Steps,
            _ => Self::Verdicts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(counts: &[(usize, usize)]) -> Shape {
        Shape::of(&counts.iter().map(|&(rewards, steps)| Counts { rewards, steps }).collect::<Vec<_>>())
    }

    #[test]
    fn as_many_rewards_as_steps_are_about_steps() {
        assert_eq!(shape(&[(3, 3), (5, 5)]), Shape::Steps);
        assert_eq!(shape(&[(3, 3), (0, 4)]), Shape::Steps, "a CoT without rewards says nothing");
        assert_eq!(shape(&[]), Shape::Steps);
    }

    #[test]
    fn the_same_number_for_all_cots_is_a_number_of_verdicts() {
        assert_eq!(shape(&[(10, 3), (10, 10), (10, 7)]), Shape::Verdicts);
        assert_eq!(shape(&[(1, 4)]), Shape::Verdicts);
    }

    #[test]
    fn a_cot_that_was_cut_does_not_turn_steps_into_verdicts() {
        assert_eq!(shape(&[(3, 3), (5, 5), (4, 9)]), Shape::Steps);
    }
}
