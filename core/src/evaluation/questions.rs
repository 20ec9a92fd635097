//! The test set as evaluation needs it: ids, answers and lengths, without the texts.

use std::collections::{BTreeMap, HashMap, HashSet};

use md5::{Digest, Md5};

use super::EvaluationError;
use crate::answer::AnswerKey;
use crate::{AnswerEquivalence, Category, CotId, Label, QuestionId, Result};

/// One row of a test set: a question with its CoTs, in the order in which draws index them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRecord {
    /// The question's id, unique in its category.
    pub id: QuestionId,
    /// The gold answer as the data has it.
    pub gold: String,
    /// The CoTs.
    pub cots: Vec<CotRecord>,
}

/// What evaluation knows of one CoT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CotRecord {
    /// The CoT's id among those of its question.
    pub id: CotId,
    /// The final answer that was read from it, as the data has it.
    pub answer: Option<String>,
    /// How many steps it has.
    pub steps: usize,
    /// The labels of its steps from the first on, where the data has them; neutral counts as correct. They may stop at the
    /// first error; where they stop before any, nothing is known of the CoT.
    pub step_labels: Option<Vec<Label>>,
}

/// A test set, built row by row: each row's answers become small numbers at once, and its texts can be let go.
pub struct Questions {
    path: String,
    answers: Box<dyn AnswerEquivalence>,
    no_answer: Option<AnswerKey>,
    categories: BTreeMap<Category, CategoryQuestions>,
}

#[derive(Default)]
struct CategoryQuestions {
    rows: Vec<JudgedQuestion>,
    ids: HashSet<QuestionId>,
}

/// A question whose answers were compared with one another and with the gold.
pub(super) struct JudgedQuestion {
    pub(super) id: QuestionId,
    pub(super) cots: Vec<CotId>,
    /// Which answer each CoT gives: equal numbers are equivalent answers, [`NO_KEY`](Self::NO_KEY) is none.
    pub(super) answers: Vec<u32>,
    /// How many different answers there are.
    pub(super) distinct: u32,
    /// The number of the right answer, if any CoT gives it.
    pub(super) right: Option<u32>,
    pub(super) steps: Vec<u32>,
    /// Empty where no CoT has step labels.
    pub(super) labels: Vec<StepLabels>,
    pub(super) without_answer: usize,
    pub(super) unreadable: usize,
    pub(super) digest: [u8; 16],
}

/// What the step labels of one CoT say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepLabels {
    Absent,
    AllRight,
    FirstWrong(u32),
}

impl JudgedQuestion {
    /// The answer number of a CoT that has no key: it takes part in no vote and is never right.
    pub(super) const NO_KEY: u32 = u32::MAX;

    /// Whether the CoT at this place gives the right answer.
    pub(super) fn is_right(&self, cot: usize) -> bool {
        Some(self.answers[cot]) == self.right
    }
}

impl Questions {
    /// An empty test set: `path` is where it comes from, as the user named it, and `answers` decides when two answers are
    /// the same.
    pub fn new(path: impl Into<String>, answers: Box<dyn AnswerEquivalence>) -> Self {
        let no_answer = answers.key(None).unwrap_or_default();
        Self { path: path.into(), answers, no_answer, categories: BTreeMap::new() }
    }

    /// Adds a category, even if no question of it follows: it is then reported as empty.
    pub fn declare(&mut self, category: &Category) {
        if !self.categories.contains_key(category) {
            self.categories.insert(category.clone(), CategoryQuestions::default());
        }
    }

    /// Adds a question to a category.
    ///
    /// # Errors
    /// [`EvaluationError`] names the question if its id is there already, if two of its CoTs have one id, or if the
    /// labels of a CoT are not one of 1, 0 and -1 for each step.
    pub fn push(&mut self, category: &Category, question: QuestionRecord) -> Result<()> {
        self.declare(category);
        let judged = self.judge(category, &question)?;
        let place = self.categories.entry(category.clone()).or_default();
        if !place.ids.insert(question.id.clone()) {
            return Err(EvaluationError::DuplicateQuestion {
                source_name: self.path.clone(),
                category: category.clone(),
                question: question.id,
            }
            .into());
        }
        place.rows.push(judged);
        Ok(())
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Every category, in the order of tables and figures, with its questions in the test set's order.
    pub(super) fn categories(&self) -> Vec<(&Category, &[JudgedQuestion])> {
        let mut order: Vec<Category> = self.categories.keys().cloned().collect();
        Category::sort(&mut order);
        order
            .iter()
            .filter_map(|name| self.categories.get_key_value(name))
            .map(|(name, questions)| (name, questions.rows.as_slice()))
            .collect()
    }

    fn judge(&self, category: &Category, question: &QuestionRecord) -> Result<JudgedQuestion, EvaluationError> {
        let mut judged = JudgedQuestion {
            id: question.id.clone(),
            cots: question.cots.iter().map(|cot| cot.id).collect(),
            answers: Vec::with_capacity(question.cots.len()),
            distinct: 0,
            right: None,
            steps: question.cots.iter().map(|cot| u32::try_from(cot.steps).unwrap_or(u32::MAX - 1)).collect(),
            labels: Vec::new(),
            without_answer: 0,
            unreadable: 0,
            digest: digest(question),
        };
        let mut ids = HashSet::with_capacity(question.cots.len());
        if let Some(twice) = judged.cots.iter().find(|id| !ids.insert(**id)) {
            return Err(EvaluationError::DuplicateCot {
                source_name: self.path.clone(),
                category: category.clone(),
                question: question.id.clone(),
                cot: *twice,
            });
        }
        self.number_answers(question, &mut judged);
        if question.cots.iter().any(|cot| cot.step_labels.is_some()) {
            for cot in &question.cots {
                judged.labels.push(read_labels(cot).map_err(|message| EvaluationError::StepLabels {
                    category: category.clone(),
                    question: question.id.clone(),
                    cot: cot.id,
                    message,
                })?);
            }
        }
        Ok(judged)
    }

    fn number_answers(&self, question: &QuestionRecord, judged: &mut JudgedQuestion) {
        let mut numbers: HashMap<AnswerKey, u32> = HashMap::new();
        for cot in &question.cots {
            let key = match self.answers.key(cot.answer.as_deref()) {
                Ok(key) => {
                    judged.without_answer += usize::from(key == self.no_answer || key.is_none());
                    key
                }
                Err(_) => {
                    judged.unreadable += 1;
                    None
                }
            };
            judged.answers.push(match key {
                Some(key) => {
                    let next = numbers.len() as u32;
                    *numbers.entry(key).or_insert(next)
                }
                None => JudgedQuestion::NO_KEY,
            });
        }
        judged.distinct = numbers.len() as u32;
        match self.answers.gold(&question.gold) {
            Ok(gold) => judged.right = gold.and_then(|key| numbers.get(&key).copied()),
            Err(_) => judged.unreadable += 1,
        }
    }
}

/// What the labels of a CoT say, or what is wrong with them.
fn read_labels(cot: &CotRecord) -> Result<StepLabels, String> {
    let Some(labels) = &cot.step_labels else { return Ok(StepLabels::Absent) };
    if labels.len() > cot.steps {
        return Err(format!(
            "there are {} labels for {} steps; give at most one for each step",
            labels.len(),
            cot.steps
        ));
    }
    let wrong = labels.iter().position(|label| *label == Label::Incorrect);
    // Labelling often stops at the first error. Where it stopped without one, nothing is known of the rest.
    if wrong.is_none() && (labels.is_empty() || labels.len() < cot.steps) {
        return Ok(StepLabels::Absent);
    }
    Ok(wrong.map_or(StepLabels::AllRight, |step| StepLabels::FirstWrong(u32::try_from(step).unwrap_or(u32::MAX))))
}

/// A hash of what evaluation uses of a question. Texts are hashed with their length before them, so that no two questions
/// run together.
fn digest(question: &QuestionRecord) -> [u8; 16] {
    fn text(hash: &mut Md5, text: &str) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    let mut hash = Md5::new();
    text(&mut hash, question.id.as_str());
    text(&mut hash, &question.gold);
    for cot in &question.cots {
        hash.update(cot.id.0.to_le_bytes());
        hash.update([u8::from(cot.answer.is_some())]);
        text(&mut hash, cot.answer.as_deref().unwrap_or_default());
    }
    hash.finalize().into()
}
