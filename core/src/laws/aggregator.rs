//! The laws of aggregators.

use super::Report;
use super::calls::{Calls, Case, Given, examine, median_time, timed};
use super::report::Trial;
use crate::Aggregator;
use crate::aggregator::MISSING;

/// Holds an aggregator to its laws.
///
/// That missing rewards, and no rewards at all, count as one half is the convention of the field and no law: an aggregator
/// that does otherwise gets a note.
pub fn check(plugin: &dyn Aggregator) -> Report {
    let calls = Calls::new();
    let value = |rewards: &[Option<f64>]| plugin.aggregate(rewards).map(Value);
    let cases = cases();
    let examined = examine(&calls, &cases, |rewards| value(rewards));
    let mut finite = Trial::of("the value is finite");
    let mut one_half = Trial::of("a missing reward, and no rewards at all, count as one half");
    for Given { case, result } in &examined.given {
        finite.judge((!result.0.is_finite()).then(|| format!("{} gave {result:?}", case.told)));
        if let Some(filled) = filled(&case.input) {
            let told = format!("{}, each 0.5 instead", case.told);
            if let Some(instead) = calls.make(&told, || value(&filled)) {
                let fault = || format!("{} gave {result:?}, but {instead:?} with 0.5 instead", case.told);
                one_half.judge((*result != instead).then(fault));
            }
        }
    }
    let typical = mixed(20);
    let time_per_call = median_time(|| timed(100, || plugin.aggregate(&typical)));
    let [errors, panics] = calls.findings();
    let one_half = one_half.finish().excused("a convention, not a law: `touchstone::aggregator::present` keeps it");
    let findings = vec![errors, panics, finite.finish(), examined.repeats, examined.threads, one_half];
    Report { findings, time_per_call }
}

/// A value that is the same as another when each of its bits is.
struct Value(f64);

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

fn cases() -> Vec<Case<Vec<Option<f64>>>> {
    let case = |name: &str, rewards| Case::ordinary(format!("aggregate of {name}"), rewards);
    let some = |values: &[f64]| values.iter().copied().map(Some).collect();
    let sparse = mixed(20).into_iter().enumerate().map(|(place, reward)| reward.filter(|_| place % 3 != 0)).collect();
    vec![
        case("20 rewards", mixed(20)),
        case("no rewards", Vec::new()),
        case("one reward of 0", some(&[0.0])),
        case("one reward of 1", some(&[1.0])),
        case("one missing reward", vec![None]),
        case("20 missing rewards", vec![None; 20]),
        case("20 rewards, every third missing", sparse),
        case("20 rewards of 0", vec![Some(0.0); 20]),
        case("20 rewards of 1", vec![Some(1.0); 20]),
        case("20 equal rewards", vec![Some(0.3); 20]),
        case("rewards next to 0 and 1", some(&[0.0, -0.0, 5e-324, f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0, 1.0])),
        Case::huge("aggregate of 50,000 rewards", mixed(50_000)),
        Case::huge("aggregate of 50,000 rewards of 0", vec![Some(0.0); 50_000]),
        Case::huge("aggregate of 50,000 missing rewards", vec![None; 50_000]),
    ]
}

/// Rewards all over the range, in no order.
fn mixed(count: u32) -> Vec<Option<f64>> {
    (0..count).map(|place| Some(f64::from((place * 7919 + 13) % 10_007) / 10_007.0)).collect()
}

/// The rewards with one half for each missing one, or for all of them; none where nothing is missing.
fn filled(rewards: &[Option<f64>]) -> Option<Vec<Option<f64>>> {
    match rewards {
        [] => Some(vec![Some(MISSING)]),
        _ if rewards.iter().all(Option::is_some) => None,
        _ => Some(rewards.iter().map(|reward| reward.or(Some(MISSING))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::super::breach::{Home, assert_every_law_held, only_breach};
    use super::*;
    use crate::aggregator::{mean_of_rewards, present};
    use crate::{Error, Result};

    /// An aggregator that is a function.
    struct By<F>(F);
    impl<F: Fn(&[Option<f64>]) -> Result<f64> + Send + Sync> Aggregator for By<F> {
        fn aggregate(&self, rewards: &[Option<f64>]) -> Result<f64> {
            (self.0)(rewards)
        }
    }

    fn breach(aggregate: impl Fn(&[Option<f64>]) -> Result<f64> + Send + Sync) -> String {
        only_breach(&check(&By(aggregate)))
    }

    #[test]
    fn every_law_holds_of_the_mean_and_it_is_timed() {
        let report = check(&By(|rewards: &[Option<f64>]| Ok(mean_of_rewards(rewards))));
        assert_every_law_held(&report);
        assert!(report.time_per_call.is_some_and(|time| time.as_millis() < 10), "{report}");
    }

    #[test]
    fn an_error_for_no_rewards_is_a_breach() {
        let told = breach(|rewards| match rewards {
            [] => Err(Error::plugin("picky", "where are they?")),
            _ => Ok(mean_of_rewards(rewards)),
        });
        assert!(told.contains("not an error: aggregate of no rewards gave the error: "), "{told}");
        assert!(told.contains("where are they?"), "{told}");
    }

    #[test]
    fn a_panic_is_a_breach() {
        let told = breach(|rewards| Ok(present(rewards).count() as f64 + rewards.first().map_or(0.5, |r| r.unwrap())));
        assert!(told.starts_with("no input makes it panic: aggregate of one missing reward panicked: "), "{told}");
    }

    #[test]
    fn a_value_that_is_not_finite_is_a_breach() {
        let told = breach(|rewards| Ok(present(rewards).map(f64::ln).sum()));
        assert_eq!(told, "the value is finite: aggregate of one reward of 0 gave -inf");
    }

    #[test]
    fn a_value_that_hangs_on_earlier_calls_is_a_breach() {
        let home = Home::default();
        let told = breach(|_| Ok(if home.earlier_calls() >= Some(cases().len()) { 7.0 } else { 0.5 }));
        let expected =
            "the same input gives the same result twice: aggregate of 50,000 missing rewards gave 0.5, then 7.0";
        assert_eq!(told, expected);
    }

    #[test]
    fn a_value_that_hangs_on_the_thread_is_a_breach() {
        let home = Home::default();
        let told = breach(|_| Ok(if home.earlier_calls().is_some() { 0.5 } else { 0.25 }));
        assert!(told.starts_with("eight threads at once get what one thread gets: aggregate of "), "{told}");
        assert!(told.ends_with("gave 0.5 alone, 0.25 beside seven others"), "{told}");
    }

    #[test]
    fn another_value_for_missing_rewards_is_noted_and_no_breach() {
        let report = check(&By(|rewards: &[Option<f64>]| Ok(rewards.iter().flatten().sum())));
        assert!(report.holds(), "{report}");
        let Some(Outcome::Noted(note)) = report.findings.last().map(|finding| finding.outcome.clone()) else {
            panic!("{report}")
        };
        let expected = "aggregate of no rewards gave -0.0, but 0.5 with 0.5 instead (a convention";
        assert!(note.starts_with(expected), "{note}");
    }

    #[test]
    fn an_aggregator_that_never_answers_is_not_timed() {
        let report = check(&By(|_: &[Option<f64>]| Err(Error::plugin("shy", "no"))));
        assert_eq!((report.holds(), report.time_per_call), (false, None));
    }
}
