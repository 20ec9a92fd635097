//! The one sentence at the top: which method did best, by how much against majority vote, and how sure that is.

use serde::Serialize;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Accuracy, Comparison, OVERALL, Strategy};

use super::method::label;
use super::number::{counted, p_value, rounded, signed};

/// What the page opens with.
#[derive(Debug, Serialize)]
pub struct Headline {
    /// The finding.
    pub sentence: String,
    /// What to keep in mind when quoting it.
    pub note: Option<String>,
}

/// A difference to majority vote.
struct Difference {
    points: f64,
    interval: Option<[f64; 2]>,
    p: Option<f64>,
}

/// The headline of an evaluation.
pub fn of(evaluation: &Evaluation) -> Headline {
    let overall = || evaluation.accuracy.iter().filter(|entry| entry.category == OVERALL && entry.mean.is_finite());
    let Some(n) = overall().map(|entry| entry.n).max() else {
        return Headline { sentence: "This evaluation holds no accuracy.".to_owned(), note: None };
    };
    let majority = overall().find(|entry| entry.n == n && entry.strategy == Strategy::MajorityVote);
    let contenders: Vec<&Accuracy> = overall()
        .filter(|entry| entry.n == n && matches!(entry.strategy, Strategy::BestOfN | Strategy::WeightedVote))
        .collect();
    // The first of equals, as in the tables.
    let best = contenders.iter().copied().reduce(|best, entry| if entry.mean > best.mean { entry } else { best });
    match (best, majority) {
        (Some(best), _) => Headline {
            sentence: sentence(evaluation, best, majority, contenders.len()),
            note: (contenders.len() > 1).then(|| {
                format!(
                    "It was picked as the highest of {} on these same questions, so its accuracy is likely overstated; \
                     intervals and p-values do not account for that choice.",
                    contenders.len()
                )
            }),
        },
        (None, Some(majority)) => Headline {
            sentence: format!(
                "Majority vote is right on {} % at N = {n}; no reward method was evaluated.",
                rounded(majority.mean, 1)
            ),
            note: None,
        },
        (None, None) => {
            Headline { sentence: "Neither majority vote nor a reward method was evaluated.".to_owned(), note: None }
        }
    }
}

fn sentence(evaluation: &Evaluation, best: &Accuracy, majority: Option<&Accuracy>, contenders: usize) -> String {
    let name = label(&best.method, best.strategy);
    let highest = if contenders > 1 { "has the highest accuracy of the reward methods" } else { "is right on" };
    let link = if contenders > 1 { ": " } else { " " };
    let lead = format!("At N = {}, {name} {highest}{link}{} %", best.n, rounded(best.mean, 1));
    let Some(majority) = majority else { return format!("{lead}. Majority vote was not evaluated.") };
    let vote = format!("majority vote's {} %", rounded(majority.mean, 1));
    let Some(difference) = difference(evaluation, best) else {
        return format!("{lead}, against {vote}; the difference was not tested.");
    };
    let size = rounded(difference.points.abs(), 1);
    let place = match difference.points {
        points if points > 0.0 => format!("{size} points above {vote}"),
        points if points < 0.0 => format!("{size} points below {vote}"),
        _ => format!("level with {vote}"),
    };
    let evidence = evidence(&difference);
    if evidence.is_empty() {
        format!("{lead}, {place}; how sure that is was not computed.")
    } else if is_distinct(&difference) {
        format!("{lead}, {place} ({evidence}).")
    } else {
        let questions = counted(evaluation.data.questions, "question does", "questions do");
        format!("{lead}, {place}, but these {questions} not tell the difference from chance ({evidence}).")
    }
}

/// Whether everything that is known speaks against no difference.
fn is_distinct(difference: &Difference) -> bool {
    let outside = difference.interval.is_none_or(|[low, high]| low > 0.0 || high < 0.0);
    outside && difference.p.is_none_or(|p| p < 0.05)
}

fn evidence(difference: &Difference) -> String {
    let interval = difference
        .interval
        .filter(|ends| ends.iter().all(|end| end.is_finite()))
        .map(|[low, high]| format!("95 % interval {} to {}", signed(low, 1), signed(high, 1)));
    let p = difference.p.filter(|p| p.is_finite()).map(|p| match p_value(p) {
        bound if bound.starts_with('<') => format!("p {bound}"),
        value => format!("p = {value}"),
    });
    [interval, p].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The comparison of this method with majority vote, whichever of the two comes first in it.
fn difference(evaluation: &Evaluation, best: &Accuracy) -> Option<Difference> {
    let is_best = |method: &str, strategy| method == best.method && strategy == best.strategy;
    evaluation.comparisons.iter().filter(|pair| pair.n == best.n && pair.category == OVERALL).find_map(|pair| {
        let Comparison { first, second, difference, interval, p, .. } = pair;
        if is_best(&first.method, first.strategy) && second.strategy == Strategy::MajorityVote {
            Some(Difference { points: *difference, interval: *interval, p: *p })
        } else if is_best(&second.method, second.strategy) && first.strategy == Strategy::MajorityVote {
            Some(Difference { points: -difference, interval: interval.map(|[low, high]| [-high, -low]), p: *p })
        } else {
            None
        }
    })
}
