//! Which steps of a row are labelled, and how.

use touchstone::Label;
use touchstone::data::{Labels, TrainingRow};

use crate::error::Error;

/// Labels of a CoT's steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLabels {
    /// How many of the row's steps are read, from the first on.
    pub steps: usize,
    /// Steps that are labelled, rising, below `steps`: whether each is right.
    pub labels: Vec<(usize, bool)>,
}

/// How a row of a training set becomes labels of steps.
pub trait LabelRule: Send + Sync {
    /// The labels; `None` where the row trains nothing.
    fn labels(&self, row: &TrainingRow) -> Option<StepLabels>;
}

/// Makes a rule.
type Rule = fn() -> Box<dyn LabelRule>;

/// A rule of this module by its name in training files; a new rule is an implementation above and a line here.
const RULES: [(&str, Rule); 3] = [
    ("outcome", || Box::new(OutcomeLabels)),
    ("first_error", || Box::new(ProcessLabels)),
    ("every_step", || Box::new(EveryStep)),
];

/// The rule of this name: `outcome` ([`OutcomeLabels`]), `first_error` ([`ProcessLabels`]) or `every_step` ([`EveryStep`]).
///
/// # Errors
/// [`Error::LabelRule`] names those that there are.
pub fn label_rule(name: &str) -> Result<Box<dyn LabelRule>, Error> {
    let found = RULES.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, rule)| rule())
        .ok_or_else(|| Error::LabelRule { name: name.to_owned(), known: RULES.map(|(known, _)| known).join(", ") })
}

impl LabelRule for Box<dyn LabelRule> {
    fn labels(&self, row: &TrainingRow) -> Option<StepLabels> {
        (**self).labels(row)
    }
}

/// dORM's rule: the last step is labelled, by whether the final answer is right. That is whether the CoT's answer equals the
/// gold one where both are there; else whether no step is labelled as wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct OutcomeLabels;

impl LabelRule for OutcomeLabels {
    fn labels(&self, row: &TrainingRow) -> Option<StepLabels> {
        let labels = row.labels.as_ref()?;
        let last = row.cot.steps.len().checked_sub(1)?;
        let right = match (&row.cot.answer, &row.gold) {
            (Some(answer), Some(gold)) => answer == gold,
            _ => match labels {
                Labels::Whole(label) => *label != Label::Incorrect,
                Labels::Steps(labels) => !labels.contains(&Label::Incorrect),
            },
        };
        Some(StepLabels { steps: last + 1, labels: vec![(last, right)] })
    }
}

/// dPRM's rule: every step up to and including the first wrong one is labelled; what follows it is not read.
///
/// A row whose labels end before its steps do is read up to its last label.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessLabels;

impl LabelRule for ProcessLabels {
    fn labels(&self, row: &TrainingRow) -> Option<StepLabels> {
        let Labels::Steps(labels) = row.labels.as_ref()? else { return None };
        let labels = &labels[..labels.len().min(row.cot.steps.len())];
        let wrong = labels.iter().position(|label| *label == Label::Incorrect);
        let steps = wrong.map_or(labels.len(), |wrong| wrong + 1);
        if steps == 0 {
            return None;
        }
        let labels = (0..steps).map(|step| (step, Some(step) != wrong)).collect();
        Some(StepLabels { steps, labels })
    }
}

/// Every step by its own label, also behind the first wrong one.
///
/// Where a data set has the outcome of the whole CoT on each step, since nobody labelled the steps one by one, a model learns
/// from this rule how likely a beginning is to end well (Cobbe et al., 2021, token by token). By [`ProcessLabels`] it would see
/// nothing of such a wrong CoT but its first step.
#[derive(Debug, Clone, Copy, Default)]
pub struct EveryStep;

impl LabelRule for EveryStep {
    fn labels(&self, row: &TrainingRow) -> Option<StepLabels> {
        let Labels::Steps(labels) = row.labels.as_ref()? else { return None };
        let steps = labels.len().min(row.cot.steps.len());
        let labels = labels[..steps].iter().map(|label| *label != Label::Incorrect);
        (steps > 0).then(|| StepLabels { steps, labels: labels.enumerate().collect() })
    }
}

#[cfg(test)]
mod tests {
    use touchstone::{Cot, CotId, Question};

    use super::*;

    fn row(steps: usize, labels: Option<&[i64]>, answers: [Option<&str>; 2]) -> TrainingRow {
        let of = |labels: &[i64]| labels.iter().map(|label| Label::from_number(*label).unwrap()).collect();
        let [answer, gold] = answers.map(|answer| answer.map(str::to_owned));
        TrainingRow {
            question: Question { id: 0.into(), category: "law".into(), text: String::new() },
            gold,
            cot: Cot { id: CotId(0), steps: vec!["a".into(); steps], answer },
            labels: labels.map(of).map(Labels::Steps),
            critique: None,
        }
    }

    fn outcome(labels: Option<&[i64]>, answers: [Option<&str>; 2]) -> Option<bool> {
        OutcomeLabels.labels(&row(3, labels, answers)).map(|labels| {
            assert_eq!(labels.steps, 3);
            labels.labels[0].1
        })
    }

    #[test]
    fn an_outcome_is_the_answer_where_both_are_there_and_the_steps_otherwise() {
        assert_eq!(outcome(Some(&[1, 1, -1]), [Some("B"), Some("B")]), Some(true));
        assert_eq!(outcome(Some(&[1, 1, 1]), [Some("C"), Some("B")]), Some(false));
        assert_eq!(outcome(Some(&[1, 1, -1]), [None, Some("B")]), Some(false));
        assert_eq!(outcome(Some(&[1, 0, 1]), [None, None]), Some(true));
        // An empty answer is there, and wrong.
        assert_eq!(outcome(Some(&[1, 1, 1]), [Some(""), Some("B")]), Some(false));
        assert_eq!(outcome(None, [Some("B"), Some("B")]), None);
        assert_eq!(OutcomeLabels.labels(&row(0, Some(&[1]), [None, None])), None);
    }

    #[test]
    fn steps_are_labelled_up_to_the_first_wrong_one() {
        let labels = |steps, labels: &[i64]| ProcessLabels.labels(&row(steps, Some(labels), [None, None]));
        let of = |right: &[bool]| {
            Some(StepLabels { steps: right.len(), labels: right.iter().copied().enumerate().collect() })
        };
        assert_eq!(labels(4, &[1, 0, -1, 1]), of(&[true, true, false]));
        assert_eq!(labels(2, &[1, 1]), of(&[true, true]));
        assert_eq!(labels(3, &[1]), of(&[true]));
        assert_eq!(labels(1, &[1, -1]), of(&[true]));
        assert_eq!(labels(0, &[1]), None);
        assert_eq!(ProcessLabels.labels(&row(2, None, [None, None])), None);
    }

    #[test]
    fn every_step_keeps_its_label_under_its_rule() {
        let labels = |steps, labels: &[i64]| EveryStep.labels(&row(steps, Some(labels), [None, None]));
        let found = labels(4, &[1, 0, -1, 1]).unwrap();
        assert_eq!(found, StepLabels { steps: 4, labels: vec![(0, true), (1, true), (2, false), (3, true)] });
        assert_eq!(labels(1, &[-1, 1]).unwrap().labels, [(0, false)]);
        assert_eq!(labels(2, &[]), None);
    }

    #[test]
    fn rules_are_found_by_name() {
        let row = row(3, Some(&[-1, -1, -1]), [None, None]);
        let labels = |name| label_rule(name).unwrap().labels(&row).unwrap().labels.len();
        assert_eq!(["outcome", "first_error", "every_step"].map(labels), [1, 1, 3]);
        let message = label_rule("last").err().unwrap().to_string();
        assert!(message.contains("\"last\"") && message.contains("outcome, first_error, every_step"), "{message}");
    }
}
