//! Critiques by rules, for those who can run no large model: a stand-in, and no substitute for one.
//!
//! A composed critique says what the labels say and nothing else. It names the question and each step up to the first wrong
//! one by their last words, calls the step right or wrong, and closes with the verdict; a brief one counts the steps, marks them
//! where the form asks for marks, and judges. It has the form of a written critique, so that the whole way from data to a trained
//! generative reward model can be gone with a tiny model; a reward model that learns from it learns the form, and of the subject
//! only what labels tell.

use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::data::{Labels, Spread, TrainingRow, TrainingSet};
use touchstone::random::PythonRandom;
use touchstone::{Category, Context, Label, Step};

use super::critique::{THINK_END, is_chinese, mark_text, verdict_text};
use super::error::RowOf;
use super::label::{marks, of_answer};
use super::preprocess::count;
use super::{RationaleError, RationaleForm, file_of, read, write};

/// So many words are quoted: the last ones, in which steps and questions differ more than in the first.
const QUOTED: usize = 3;

/// What is said of a step that is right, and of one that is wrong.
const RIGHT: [&str; 3] = ["holds", "is right", "follows"];
const WRONG: [&str; 3] = ["fails", "is wrong", "does not follow"];

/// How much a composed critique says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wording {
    /// It quotes the question and every step, and remarks on each.
    #[default]
    Quoting,
    /// It counts the steps and judges. Nothing that is said before a verdict of the whole gives the verdict away, so the reward
    /// of a model that learned it is its own probability of `Yes`, and a model too small to quote can learn it.
    Brief,
}

/// Composes a critique for every labelled row of a training set.
pub struct Composing<'a> {
    /// Progress, and whether to stop.
    pub context: &'a Context,
    /// Which reward model the critiques are for.
    pub form: RationaleForm,
    /// How much they say.
    pub wording: Wording,
    /// Where the choice of words begins.
    pub seed: u64,
    /// The rows.
    pub rows: &'a TrainingSet,
    /// Where the rows with their critiques go, as `{category}.json`. Made where it is not there.
    pub folder: &'a Path,
}

/// A category whose file was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComposedCategory {
    /// The category.
    pub category: Category,
    /// The file.
    pub file: PathBuf,
    /// The rows that were read.
    pub rows: usize,
    /// Those without labels, which were left out.
    pub unlabelled: usize,
    /// Those that were left out because their CoT has no steps, or, for gPRM, because their labels end before the CoT and before a
    /// wrong step.
    pub not_covered: usize,
    /// The critiques that were composed, each in its row.
    pub critiques: usize,
    /// Their words, by white space.
    pub words: Option<Spread>,
}

impl Composing<'_> {
    /// Writes a file for each category. A file that is there is replaced once the new one is whole.
    ///
    /// # Errors
    /// [`RationaleError`]: for gPRM, a row without labels of steps; a file that is read and would be overwritten; what cannot be
    /// read or written.
    pub fn run(&self) -> Result<Vec<ComposedCategory>, RationaleError> {
        self.rows.categories().map(|category| self.category(category)).collect()
    }

    fn category(&self, category: &Category) -> Result<ComposedCategory, RationaleError> {
        let file = file_of(self.rows, self.folder, category, "")?;
        let rows = read(self.context, self.rows, category)?;
        let (read, mut unlabelled, mut not_covered) = (rows.len(), 0, 0);
        let mut composed = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            if row.labels.is_none() {
                unlabelled += 1;
            } else if self.form == RationaleForm::Gprm && matches!(row.labels, Some(Labels::Whole(_))) {
                return Err(RationaleError::NoStepLabels { place: RowOf::new(place, &row) });
            } else if let Some(critique) = compose(self.form, self.wording, self.seed, place, &row) {
                composed.push(TrainingRow { critique: Some(critique), ..row });
            } else {
                not_covered += 1;
            }
        }
        write(&file, &composed)?;
        let words = composed.iter().flat_map(|row| &row.critique).map(|text| count(text.split_whitespace().count()));
        let (category, words, critiques) = (category.clone(), Spread::of(words.collect()), composed.len());
        Ok(ComposedCategory { category, file, rows: read, unlabelled, not_covered, critiques, words })
    }
}

/// The critique of the row at this place of its category, which decides the choice of words together with the seed. None where the
/// labels do not tell enough.
///
/// ```
/// use touchstone::data::{Labels, TrainingRow};
/// use touchstone::{Cot, CotId, Label, Question};
/// use touchstone_generative::rationales::{RationaleForm, Wording, compose};
///
/// let row = TrainingRow {
///     question: Question { id: 7.into(), category: "math".into(), text: "What is 2 + 3?".into() },
///     gold: Some("5".into()),
///     cot: Cot { id: CotId(0), steps: vec!["Two and three make six.".into()], answer: Some("6".into()) },
///     labels: Some(Labels::Steps(vec![Label::Incorrect])),
///     critique: None,
/// };
/// let critique = compose(RationaleForm::Gorm, Wording::Quoting, 42, 0, &row).unwrap();
/// assert!(critique.starts_with(" \"2 + 3?\": \"three make six.\" "));
/// assert!(critique.ends_with("</think>\nThe answer 6 is wrong.\n\nVerification: Is the answer correct (Yes/No)? No"));
/// let critique = compose(RationaleForm::Gorm, Wording::Brief, 42, 0, &row).unwrap();
/// assert_eq!(critique, " 1 steps.\n</think>\n\nVerification: Is the answer correct (Yes/No)? No");
/// ```
pub fn compose(form: RationaleForm, wording: Wording, seed: u64, place: usize, row: &TrainingRow) -> Option<String> {
    let words = PythonRandom::new(seed ^ (place as u64).rotate_left(u32::BITS));
    let mut words = Words(words, wording);
    let steps = row.cot.steps.as_slice();
    if steps.is_empty() {
        return None;
    }
    match form {
        RationaleForm::Gorm => Some(of_solution(&mut words, row)),
        RationaleForm::Gprm => match &row.labels {
            Some(Labels::Steps(labels)) => of_steps(&mut words, &row.question.text, steps, &marks(labels)),
            Some(Labels::Whole(_)) | None => None,
        },
    }
}

/// Chooses words.
struct Words(PythonRandom, Wording);

impl Words {
    /// What is said of this step.
    fn remark(&mut self, step: &Step, label: Label) -> String {
        let verbs = if label == Label::Incorrect { &WRONG } else { &RIGHT };
        format!("{} {}.", quoted(step), verbs[self.0.below(verbs.len())])
    }
}

/// The last words of a text, without those that preprocessing would take amiss.
fn quoted(text: &str) -> String {
    let may_be_quoted = |word: &&str| !word.contains(is_chinese) && !word.contains(THINK_END);
    let mut words: Vec<&str> = text.split_whitespace().rev().filter(may_be_quoted).take(QUOTED).collect();
    words.reverse();
    format!("\"{}\"", words.join(" "))
}

fn of_solution(words: &mut Words, row: &TrainingRow) -> String {
    let labels = match &row.labels {
        Some(Labels::Steps(labels)) => marks(labels),
        Some(Labels::Whole(_)) | None => Vec::new(),
    };
    let remarks = row.cot.steps.iter().zip(labels).map(|(step, label)| format!(" {}", words.remark(step, label)));
    let remarks: String = remarks.collect();
    let label = of_answer(row);
    let verdict = verdict_text(RationaleForm::Gorm, label);
    if words.1 == Wording::Brief {
        return format!(" {} steps.\n{THINK_END}\n\n{verdict}", row.cot.steps.len());
    }
    let judged = if label == Label::Incorrect { "wrong" } else { "right" };
    let answer = row.cot.answer.as_deref().map(|answer| format!(" {}", answer.trim())).unwrap_or_default();
    let question = quoted(&row.question.text);
    format!(" {question}:{remarks}\n{THINK_END}\nThe answer{answer} is {judged}.\n\n{verdict}")
}

/// Marks stand behind the thinking alone, since each counts once.
fn of_steps(words: &mut Words, question: &str, steps: &[Step], marks: &[Label]) -> Option<String> {
    let outcome = if marks.contains(&Label::Incorrect) { Label::Incorrect } else { Label::Correct };
    if marks.len() > steps.len() || (outcome == Label::Correct && marks.len() < steps.len()) {
        return None;
    }
    let critiques = steps.iter().zip(marks).zip(1..).map(|((step, mark), number)| match words.1 {
        Wording::Quoting => format!("Step {number}: {} {}\n", words.remark(step, *mark), mark_text(*mark)),
        Wording::Brief => format!("Step {number}: {}\n", mark_text(*mark)),
    });
    let critiques: String = critiques.collect();
    let verdict = verdict_text(RationaleForm::Gprm, outcome);
    let (judged, all) = (marks.len(), steps.len());
    if words.1 == Wording::Brief {
        return Some(format!(" {all} steps.\n{THINK_END}\n{critiques}{verdict}"));
    }
    let question = quoted(question);
    Some(format!(" {question}: {judged} of {all} steps.\n{THINK_END}\n{critiques}{verdict}"))
}

#[cfg(test)]
mod tests {
    use touchstone::{Cot, CotId, Question};

    use super::super::critique::{marks as marks_in, verdict};
    use super::*;

    fn row(labels: &[i64]) -> TrainingRow {
        let steps = (0..3).map(|step| Step(format!("Step number {step} goes on"))).collect();
        TrainingRow {
            question: Question { id: 1.into(), category: "law".into(), text: "?".into() },
            gold: Some("A".into()),
            cot: Cot { id: CotId(0), steps, answer: None },
            labels: Some(Labels::Steps(labels.iter().filter_map(|number| Label::from_number(*number)).collect())),
            critique: None,
        }
    }

    #[test]
    fn marks_and_verdicts_say_what_the_labels_say() {
        let (right, wrong) = (Label::Correct, Label::Incorrect);
        for (labels, expected) in
            [(&[1, 0, 1][..], &[right, right, right][..]), (&[1, -1, 1], &[right, wrong]), (&[-1], &[wrong])]
        {
            let critique = compose(RationaleForm::Gprm, Wording::Quoting, 1, 0, &row(labels)).unwrap();
            assert_eq!(marks_in(&critique), expected, "{critique}");
            let outcome = *expected.last().unwrap();
            assert_eq!(verdict(RationaleForm::Gprm, &critique).unwrap().label, outcome);
            let critique = compose(RationaleForm::Gorm, Wording::Quoting, 1, 0, &row(labels)).unwrap();
            assert_eq!(verdict(RationaleForm::Gorm, &critique).unwrap().label, outcome, "{critique}");
            for form in [RationaleForm::Gorm, RationaleForm::Gprm] {
                let critique = compose(form, Wording::Brief, 1, 0, &row(labels)).unwrap();
                assert_eq!(verdict(form, &critique).unwrap().label, outcome, "{critique}");
                assert_eq!(marks_in(&critique), if form == RationaleForm::Gprm { expected } else { &[] }, "{critique}");
            }
        }
    }

    #[test]
    fn labels_that_end_early_make_no_critique_of_steps() {
        assert_eq!(compose(RationaleForm::Gprm, Wording::Quoting, 1, 0, &row(&[1, 1])), None);
        assert_eq!(compose(RationaleForm::Gprm, Wording::Quoting, 1, 0, &row(&[1, 1, 1, 1])), None);
        assert!(compose(RationaleForm::Gorm, Wording::Quoting, 1, 0, &row(&[1, 1])).is_some());
    }

    #[test]
    fn words_hang_on_seed_and_place_alone() {
        let of = |seed, place| compose(RationaleForm::Gprm, Wording::Quoting, seed, place, &row(&[1, 1, 1]));
        assert_eq!(of(1, 0), of(1, 0));
        let all: std::collections::HashSet<_> = (0..20).map(|place| of(1, place)).collect();
        assert!(all.len() > 5, "{}", all.len());
    }
}
