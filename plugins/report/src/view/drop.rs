//! Drops: how far a step's reward lies below the one before.

/// The largest drop from a step to the next, in thousandths, rounded down. A missing reward has no neighbour to drop
/// from or to.
///
/// The page compares drops in thousandths, too, so that it marks a step exactly where the list says that there is one.
pub fn largest(rewards: &[Option<f64>]) -> u16 {
    let drops = rewards.windows(2).filter_map(|pair| Some(pair[0]? - pair[1]?));
    thousandths(drops.fold(0.0, f64::max))
}

/// What is a drop of 0.2 on paper, 0.7 to 0.5, is a little less in binary: it counts as what it is on paper.
fn thousandths(drop: f64) -> u16 {
    (1000.0 * (drop + 1e-9)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_is_measured_from_one_step_to_the_next() {
        assert_eq!(largest(&[Some(0.7), Some(0.5), Some(0.4), Some(0.9)]), 200);
        assert_eq!(largest(&[Some(0.1), Some(0.9)]), 0, "a rise is none");
        assert_eq!(largest(&[Some(1.0), Some(0.0)]), 1000);
        assert_eq!(largest(&[]), 0);
    }

    #[test]
    fn a_missing_reward_is_no_end_of_a_drop() {
        assert_eq!(largest(&[Some(0.9), None, Some(0.1)]), 0);
    }
}
