//! The sentence at the top claims no more than the numbers do.

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{OVERALL, Strategy};

use crate::sample;

/// Majority vote 60 %, gORM by weighted vote 63 % at N = 16, with this comparison.
fn with(difference: f64, interval: Option<[f64; 2]>, p: Option<f64>) -> Evaluation {
    let mut evaluation = sample::evaluation(&["law", "math"], &["dORM", "gORM"]);
    for entry in &mut evaluation.accuracy {
        entry.mean = match (entry.method.as_str(), entry.strategy, entry.category.as_str()) {
            ("gORM", Strategy::WeightedVote, OVERALL) => 60.0 + difference,
            (_, Strategy::MajorityVote, _) => 60.0,
            (_, Strategy::PassAtN, _) => 90.0,
            _ => 40.0,
        };
    }
    for pair in evaluation.comparisons.iter_mut().filter(|pair| pair.first.strategy == Strategy::WeightedVote) {
        (pair.difference, pair.interval, pair.p) = (difference, interval, p);
    }
    evaluation
}

fn sentence(evaluation: &Evaluation) -> String {
    let html = sample::page_of(evaluation);
    let sentence = html.split("<p class=\"finding\">").nth(1).unwrap().split("</p>").next().unwrap();
    sentence.replace("&#x27;", "'").replace("&lt;", "<")
}

#[test]
fn a_clear_lead_is_said_with_its_interval_and_p() {
    assert_eq!(
        sentence(&with(3.0, Some([1.25, 4.75]), Some(0.0004))),
        "At N = 16, gORM (weighted vote) has the highest accuracy of the reward methods: 63.0 %, 3.0 points above \
         majority vote's 60.0 % (95 % interval +1.2 to +4.8, p < 0.001)."
    );
}

#[test]
fn a_lead_within_chance_is_called_that() {
    let unclear = "but these 50 questions do not tell the difference from chance";
    assert!(sentence(&with(3.0, Some([-0.5, 6.5]), Some(0.09))).contains(unclear));
    assert!(sentence(&with(3.0, Some([0.5, 5.5]), Some(0.09))).contains(unclear), "p alone is enough to doubt");
    assert!(sentence(&with(3.0, Some([-0.5, 6.5]), Some(0.04))).contains(unclear), "so is the interval alone");
    assert!(!sentence(&with(3.0, Some([0.5, 5.5]), None)).contains(unclear));
}

#[test]
fn the_best_method_may_be_below_majority_vote() {
    let text = sentence(&with(-2.0, Some([-3.0, -1.0]), Some(0.01)));
    assert!(
        text.contains("2.0 points below majority vote's 60.0 % (95 % interval \u{2212}3.0 to \u{2212}1.0, p = 0.010)"),
        "{text}"
    );
    assert!(sentence(&with(0.0, Some([-1.0, 1.0]), Some(1.0))).contains("level with majority vote's 60.0 %"));
}

#[test]
fn a_comparison_the_other_way_round_is_turned() {
    let mut evaluation = with(3.0, Some([1.0, 5.0]), Some(0.01));
    let expected = sentence(&evaluation);
    for pair in &mut evaluation.comparisons {
        std::mem::swap(&mut pair.first, &mut pair.second);
        pair.difference = -pair.difference;
        pair.interval = pair.interval.map(|[low, high]| [-high, -low]);
    }
    assert_eq!(sentence(&evaluation), expected);
}

#[test]
fn without_a_test_none_is_claimed() {
    assert!(sentence(&with(3.0, None, None)).ends_with("majority vote's 60.0 %; how sure that is was not computed."));
    let mut evaluation = with(3.0, None, None);
    evaluation.comparisons.clear();
    assert!(sentence(&evaluation).ends_with("against majority vote's 60.0 %; the difference was not tested."));
}

#[test]
fn the_best_of_several_comes_with_a_caution_and_a_single_one_without() {
    assert!(sample::page_of(&with(3.0, None, None)).contains("picked as the highest of 4"));
    let mut single = with(3.0, None, None);
    single.accuracy.retain(|entry| entry.method == "gORM" && entry.strategy == Strategy::WeightedVote);
    assert!(!sample::page_of(&single).contains("picked as the highest"));
    assert_eq!(
        sentence(&single),
        "At N = 16, gORM (weighted vote) is right on 63.0 %. Majority vote was not evaluated."
    );
}

#[test]
fn without_reward_methods_majority_vote_is_the_headline() {
    let mut evaluation = with(3.0, None, None);
    evaluation.accuracy.retain(|entry| entry.strategy == Strategy::MajorityVote);
    assert_eq!(sentence(&evaluation), "Majority vote is right on 60.0 % at N = 16; no reward method was evaluated.");
}
