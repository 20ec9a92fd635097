//! What the labels of a row say of its CoT.

use touchstone::Label;
use touchstone::data::{Labels, TrainingRow};

/// The label of the final answer: whether it equals the gold answer where both are there, else whether no step is labelled wrong.
pub(super) fn of_answer(row: &TrainingRow) -> Label {
    let is_right = match (&row.gold, &row.cot.answer) {
        (Some(gold), Some(answer)) => gold == answer,
        _ => match &row.labels {
            Some(Labels::Steps(labels)) => !labels.contains(&Label::Incorrect),
            Some(Labels::Whole(label)) => *label != Label::Incorrect,
            None => true,
        },
    };
    if is_right { Label::Correct } else { Label::Incorrect }
}

/// How many of these labels come before the first wrong one is past.
pub(super) fn up_to_first_wrong(labels: &[Label]) -> usize {
    labels.iter().position(|label| *label == Label::Incorrect).map_or(labels.len(), |place| place + 1)
}

/// The marks that a critique should give: right for every step before the first wrong one, also for neutral ones.
pub(super) fn marks(labels: &[Label]) -> Vec<Label> {
    let judged = &labels[..up_to_first_wrong(labels)];
    judged.iter().map(|label| if *label == Label::Incorrect { Label::Incorrect } else { Label::Correct }).collect()
}
