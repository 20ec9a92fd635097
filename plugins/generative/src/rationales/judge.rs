//! Whether a critique is kept, and what becomes of its row.

use std::collections::HashSet;

use serde::Serialize;
use touchstone::data::{Labels, TrainingRow};
use touchstone::{Cot, Label};

use super::critique::{BEGINNING, THINK_END, is_chinese, marks, trimmed, verdict, verdict_text};
use super::error::RowOf;
use super::label::{self, of_answer, up_to_first_wrong};
use super::{CountTokens, RationaleError, RationaleForm, Variant};

/// How many critiques were dropped, by the first reason that held. The reasons are tried in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Equal to one that was kept before.
    pub duplicate: usize,
    /// Without `</think>`: the thinking never came to an end.
    pub without_think_end: usize,
    /// With a Chinese character.
    pub chinese: usize,
    /// Of a CoT without steps.
    pub empty_cot: usize,
    /// Without a verdict, or with marks that fit no reading of the CoT.
    pub unparsable: usize,
    /// With marks or a verdict that differ from the label.
    pub other_label: usize,
    /// Of more tokens than are allowed.
    pub too_long: usize,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> usize {
        let Self { duplicate, without_think_end, chinese, empty_cot, unparsable, other_label, too_long } = self;
        duplicate + without_think_end + chinese + empty_cot + unparsable + other_label + too_long
    }
}

/// A row whose critique is kept, in its final form.
pub(super) struct Kept {
    pub(super) row: TrainingRow,
    /// Whether it is of the class of right CoTs.
    pub(super) is_positive: bool,
    /// The tokens of the critique, where they are counted.
    pub(super) tokens: Option<usize>,
}

/// Looks at the critiques of a category, one after the other.
pub(super) struct Judge<'a> {
    pub(super) variant: Variant,
    pub(super) max_tokens: Option<usize>,
    pub(super) count_tokens: Option<&'a CountTokens<'a>>,
    pub(super) keep_repeated: bool,
    pub(super) dropped: Dropped,
    /// The critiques that were kept.
    pub(super) known: HashSet<String>,
}

impl Judge<'_> {
    /// The row as it is kept; none where its critique is dropped, which is counted.
    pub(super) fn judge(&mut self, place: usize, row: TrainingRow) -> Result<Option<Kept>, RationaleError> {
        let form = self.variant.form();
        let Some(critique) = &row.critique else {
            return Err(RationaleError::NoCritique { place: RowOf::new(place, &row) });
        };
        let critique = trimmed(form, critique);
        let dropped = &mut self.dropped;
        if !self.keep_repeated && self.known.contains(critique) {
            dropped.duplicate += 1;
            return Ok(None);
        }
        if !critique.contains(THINK_END) {
            dropped.without_think_end += 1;
            return Ok(None);
        }
        if critique.contains(is_chinese) {
            dropped.chinese += 1;
            return Ok(None);
        }
        if row.cot.steps.is_empty() {
            dropped.empty_cot += 1;
            return Ok(None);
        }
        let Some(labels) = parsed(form, critique, row.cot.steps.len()) else {
            dropped.unparsable += 1;
            return Ok(None);
        };
        if !self.variant.agrees(&labels, place, &row)? {
            dropped.other_label += 1;
            return Ok(None);
        }
        let tokens = self.count_tokens.map(|count| count(critique)).transpose()?;
        if self.max_tokens.is_some_and(|most| tokens.is_some_and(|tokens| tokens > most)) {
            dropped.too_long += 1;
            return Ok(None);
        }
        self.known.insert(critique.to_owned());
        let is_positive = !labels.contains(&Label::Incorrect);
        let row = finished(form, critique, labels, &row);
        Ok(Some(Kept { row, is_positive, tokens }))
    }
}

/// What the critique says: one label for gORM, the marks for gPRM. None where it cannot be read.
fn parsed(form: RationaleForm, critique: &str, steps: usize) -> Option<Vec<Label>> {
    match form {
        RationaleForm::Gorm => verdict(form, critique).map(|verdict| vec![verdict.label]),
        RationaleForm::Gprm => Some(marks(critique)).filter(|marks| match marks.split_last() {
            Some((last, before)) => {
                let ends_well = *last == Label::Incorrect || marks.len() == steps;
                marks.len() <= steps && ends_well && !before.contains(&Label::Incorrect)
            }
            None => false,
        }),
    }
}

impl Variant {
    fn agrees(self, said: &[Label], place: usize, row: &TrainingRow) -> Result<bool, RationaleError> {
        match self {
            Self::Gorm => Ok(said == [of_answer(row)]),
            Self::Gprm => Ok(said == label::marks(step_labels(place, row)?)),
            Self::GprmRelaxed => {
                step_labels(place, row)?;
                Ok(said.contains(&Label::Incorrect) == (of_answer(row) == Label::Incorrect))
            }
        }
    }
}

fn step_labels(place: usize, row: &TrainingRow) -> Result<&[Label], RationaleError> {
    match &row.labels {
        Some(Labels::Steps(labels)) => Ok(labels),
        Some(Labels::Whole(_)) => Err(RationaleError::NoStepLabels { place: RowOf::new(place, row) }),
        None => Ok(&[]),
    }
}

/// The row as training reads it.
fn finished(form: RationaleForm, critique: &str, said: Vec<Label>, row: &TrainingRow) -> TrainingRow {
    let mut steps = row.cot.steps.clone();
    let mut critique = format!("{BEGINNING}{critique}");
    let labels = match form {
        RationaleForm::Gorm => said.first().copied().map(Labels::Whole),
        RationaleForm::Gprm => {
            let outcome = if said.contains(&Label::Incorrect) { Label::Incorrect } else { Label::Correct };
            critique = format!("{critique}\n{}", verdict_text(form, outcome));
            // What follows the first wrong step by the row's own labels, whatever the marks say.
            if let Some(Labels::Steps(own)) = &row.labels
                && own.contains(&Label::Incorrect)
            {
                steps.truncate(up_to_first_wrong(own));
            }
            Some(Labels::Steps(said))
        }
    };
    TrainingRow {
        question: row.question.clone(),
        gold: None,
        cot: Cot { id: row.cot.id, steps, answer: None },
        labels,
        critique: Some(critique),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_must_end_with_the_cot_or_at_the_first_wrong_step() {
        let text = |marks: &str| {
            let mark =
                |letter| format!("The step is \\boxed{{{}}} ", if letter == 'y' { "correct" } else { "incorrect" });
            marks.chars().map(mark).collect::<String>()
        };
        for (marks, steps, expected) in [
            ("yyy", 3, true),
            ("yy", 3, false),
            ("yyyy", 3, false),
            ("n", 3, true),
            ("yn", 3, true),
            ("yyn", 3, true),
            ("yyyn", 3, false),
            ("yny", 3, false),
            ("nn", 3, false),
            ("", 3, false),
        ] {
            assert_eq!(parsed(RationaleForm::Gprm, &text(marks), steps).is_some(), expected, "{marks} of {steps}");
        }
    }
}
