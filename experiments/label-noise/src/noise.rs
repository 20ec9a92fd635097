//! Labels that are wrong with a probability.

use serde::Deserialize;
use touchstone::Label;
use touchstone::data::{Labels, TrainingRow};
use touchstone::random::PythonRandom;

/// How finely probabilities are told apart.
const PARTS: usize = 1_000_000;

/// What is flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flipped {
    /// The label of every step, on its own. What the final answer says stays.
    Steps,
    /// The outcome of the whole CoT, in place of what the final answer says.
    Outcome,
}

/// Flips labels of rows that come in the order of their set. It draws for a row whatever the probability is, so what a lower
/// one flips, a higher one flips, too.
pub struct Noise {
    flipped: Flipped,
    probability: f64,
    random: PythonRandom,
}

impl Noise {
    /// Flips with this probability.
    pub fn new(flipped: Flipped, probability: f64, seed: u64) -> Self {
        Self { flipped, probability, random: PythonRandom::new(seed) }
    }

    /// Flips labels of the next row.
    pub fn flip(&mut self, row: &mut TrainingRow) {
        match self.flipped {
            Flipped::Steps => {
                if let Some(Labels::Steps(labels)) = &mut row.labels {
                    labels.iter_mut().for_each(|label| *label = self.label(*label));
                }
            }
            Flipped::Outcome => {
                let Some(labels) = &row.labels else { return };
                let right = match (&row.cot.answer, &row.gold, labels) {
                    (Some(answer), Some(gold), _) => answer == gold,
                    (_, _, Labels::Whole(label)) => *label != Label::Incorrect,
                    (_, _, Labels::Steps(labels)) => !labels.contains(&Label::Incorrect),
                };
                let label = self.label(if right { Label::Correct } else { Label::Incorrect });
                // Without a gold answer the label decides.
                (row.labels, row.gold) = (Some(Labels::Whole(label)), None);
            }
        }
    }

    fn label(&mut self, label: Label) -> Label {
        let other = if label == Label::Incorrect { Label::Correct } else { Label::Incorrect };
        if (self.random.below(PARTS) as f64) < self.probability * PARTS as f64 { other } else { label }
    }
}

#[cfg(test)]
mod tests {
    use touchstone::{Cot, CotId, Question};
    use touchstone_discriminative::training::{EveryStep, LabelRule, OutcomeLabels};

    use super::*;

    fn row() -> TrainingRow {
        TrainingRow {
            question: Question { id: 0.into(), category: "law".into(), text: String::new() },
            gold: Some("A".to_owned()),
            cot: Cot { id: CotId(0), steps: vec!["a".into(); 1000], answer: Some("A".to_owned()) },
            labels: Some(Labels::Steps(vec![Label::Correct; 1000])),
            critique: None,
        }
    }

    fn wrong(flipped: Flipped, probability: f64) -> Vec<usize> {
        let mut row = row();
        Noise::new(flipped, probability, 42).flip(&mut row);
        let labels = EveryStep.labels(&row).unwrap().labels;
        labels.into_iter().filter(|(_, right)| !right).map(|(step, _)| step).collect()
    }

    #[test]
    fn steps_are_flipped_about_as_often_as_asked_for_and_no_answer_is() {
        assert!(wrong(Flipped::Steps, 0.0).is_empty());
        let few = wrong(Flipped::Steps, 0.1);
        let many = wrong(Flipped::Steps, 0.4);
        assert!((70..130).contains(&few.len()) && (350..450).contains(&many.len()), "{} {}", few.len(), many.len());
        assert!(few.iter().all(|step| many.contains(step)));
        let mut row = row();
        Noise::new(Flipped::Steps, 1.0, 42).flip(&mut row);
        assert!(OutcomeLabels.labels(&row).unwrap().labels[0].1);
    }

    #[test]
    fn an_outcome_is_flipped_whatever_the_answer_says() {
        let outcome = |probability| {
            let mut row = row();
            Noise::new(Flipped::Outcome, probability, 42).flip(&mut row);
            OutcomeLabels.labels(&row).unwrap().labels
        };
        assert_eq!((outcome(0.0), outcome(1.0)), (vec![(999, true)], vec![(999, false)]));
    }
}
