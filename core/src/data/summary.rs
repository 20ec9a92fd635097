//! What is in a set: counts, lengths, what is missing, a sample. `touchstone inspect` shows it.

use std::path::PathBuf;

use serde::Serialize;

use super::rows::Row;
use super::{DataError, DataSet, Labels, Location, RewardRow, RewardSet, TestRow, TestSet, TrainingRow, TrainingSet};
use crate::answer::{AnswerEquivalence, MultipleChoice};
use crate::{Category, Context, Cot, Error, Label, Question, Result};

/// What is in a set, by category.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Summary {
    /// Questions with their CoTs.
    TestSet {
        /// The categories in order.
        categories: Vec<CategorySummary<TestSummary>>,
    },
    /// Single CoTs with labels or critiques.
    TrainingSet {
        /// The categories in order.
        categories: Vec<CategorySummary<TrainingSummary>>,
    },
    /// The rewards that one verifier gave.
    Rewards {
        /// The categories in order.
        categories: Vec<CategorySummary<RewardSummary>>,
    },
}

/// What is in one category.
#[derive(Clone, Debug, Serialize)]
pub struct CategorySummary<T> {
    /// The category.
    pub category: Category,
    /// Its files on this machine.
    pub files: Vec<PathBuf>,
    /// What they hold.
    #[serde(flatten)]
    pub content: T,
}

/// What is in a category of a test set.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TestSummary {
    /// Its questions.
    pub questions: usize,
    /// Their CoTs.
    pub cots: usize,
    /// CoTs of a question.
    pub cots_per_question: Option<Spread>,
    /// Steps of a CoT.
    pub steps_per_cot: Option<Spread>,
    /// Words of a CoT, by white space.
    pub words_per_cot: Option<Spread>,
    /// CoTs without steps.
    pub empty_cots: usize,
    /// CoTs whose final answer is absent, or empty.
    pub missing_answers: usize,
    /// CoTs whose final answer is right by the paper's multiple-choice protocol.
    pub right: usize,
    /// The first question with its first CoT.
    pub sample: Option<Sample>,
}

/// What is in a category of a training set.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrainingSummary {
    /// Its rows: one a CoT.
    pub rows: usize,
    /// Steps of a CoT.
    pub steps_per_cot: Option<Spread>,
    /// Words of a CoT, by white space.
    pub words_per_cot: Option<Spread>,
    /// Rows without labels; training passes them over.
    pub unlabelled: usize,
    /// Labelled rows in which something is labelled wrong.
    pub with_wrong_label: usize,
    /// Rows with a critique.
    pub critiques: usize,
    /// The first row.
    pub sample: Option<Sample>,
}

/// What is in a category of a reward set.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RewardSummary {
    /// Its questions.
    pub questions: usize,
    /// Their CoTs.
    pub cots: usize,
    /// The rewards that are there.
    pub rewards: usize,
    /// The rewards that are missing.
    pub missing: usize,
    /// CoTs whose list of rewards is empty.
    pub empty_cots: usize,
    /// Rewards of a CoT.
    pub rewards_per_cot: Option<Spread>,
    /// The lowest reward.
    pub lowest: Option<f64>,
    /// The mean reward.
    pub mean: Option<f64>,
    /// The highest reward.
    pub highest: Option<f64>,
    /// The first question's rewards.
    pub sample: Option<RewardRow>,
}

/// A question and one of its CoTs.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The question.
    pub question: Question,
    /// The gold answer, where there is one.
    pub gold: Option<String>,
    /// The CoT.
    pub cot: Option<Cot>,
}

/// How a count is spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The least.
    pub min: u32,
    /// The median; the lower of two.
    pub median: u32,
    /// The mean.
    pub mean: f64,
    /// The greatest.
    pub max: u32,
}

impl Spread {
    /// How these are spread; nothing where there are none.
    pub fn of(mut counts: Vec<u32>) -> Option<Self> {
        counts.sort_unstable();
        let total: f64 = counts.iter().copied().map(f64::from).sum();
        Some(Self {
            min: *counts.first()?,
            median: counts[(counts.len() - 1) / 2],
            mean: total / counts.len() as f64,
            max: *counts.last()?,
        })
    }
}

impl Summary {
    /// Reads the set at `location`, whichever kind it is, once and in order; memory holds a few bytes a CoT.
    ///
    /// # Errors
    /// Whatever is wrong with the set; [`DataError::MissingColumn`] of a test set where it is of no kind.
    pub fn of(context: &Context, location: &Location) -> Result<Self> {
        let rewards = RewardSet::open(location)?;
        if has_columns(&rewards)? {
            return Ok(Self::Rewards { categories: summarise(context, &rewards, rewards_of)? });
        }
        let training = TrainingSet::open(location)?;
        if has_columns(&training)? {
            return Ok(Self::TrainingSet { categories: summarise(context, &training, training_of)? });
        }
        Ok(Self::TestSet { categories: summarise(context, &TestSet::open(location)?, test_of)? })
    }
}

/// Whether the set's files have the columns of this kind of row: told by the first row of the first category.
fn has_columns<R: Row>(set: &DataSet<R>) -> Result<bool> {
    let Some(category) = set.categories().next() else { return Ok(false) };
    let first = set.rows(category).and_then(|mut rows| rows.next().transpose());
    match first {
        Ok(row) => Ok(row.is_some()),
        Err(Error::Data(DataError::MissingColumn { .. })) => Ok(false),
        // Right columns with something wrong in them: reading the whole says what.
        Err(_) => Ok(true),
    }
}

fn summarise<R: Row, T>(
    context: &Context,
    set: &DataSet<R>,
    of: impl Fn(&mut dyn Iterator<Item = Result<R>>) -> Result<T>,
) -> Result<Vec<CategorySummary<T>>> {
    let files = set.files().iter();
    files
        .map(|files| {
            let progress = context.start(&format!("reading {}", files.category), None);
            let mut rows = set.rows(&files.category)?.inspect(|_| progress.advance(1)).map(|row| {
                context.check_cancelled()?;
                row
            });
            Ok(CategorySummary {
                category: files.category.clone(),
                files: files.paths.clone(),
                content: of(&mut rows)?,
            })
        })
        .collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn words(cot: &Cot) -> u32 {
    count(cot.steps.iter().map(|step| step.split_whitespace().count()).sum())
}

fn test_of(rows: &mut dyn Iterator<Item = Result<TestRow>>) -> Result<TestSummary> {
    let mut summary = TestSummary::default();
    let (mut cots, mut steps, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let row = row?;
        let gold = MultipleChoice {}.gold(&row.gold)?;
        summary.questions += 1;
        cots.push(count(row.cots.len()));
        for cot in &row.cots {
            summary.cots += 1;
            steps.push(count(cot.steps.len()));
            lengths.push(words(cot));
            summary.empty_cots += usize::from(cot.steps.is_empty());
            summary.missing_answers += usize::from(cot.answer.as_deref().is_none_or(|answer| answer.trim().is_empty()));
            summary.right += usize::from(MultipleChoice {}.key(cot.answer.as_deref())? == gold);
        }
        summary.sample.get_or_insert_with(|| Sample {
            question: row.question,
            gold: Some(row.gold),
            cot: row.cots.into_iter().next(),
        });
    }
    summary.cots_per_question = Spread::of(cots);
    summary.steps_per_cot = Spread::of(steps);
    summary.words_per_cot = Spread::of(lengths);
    Ok(summary)
}

fn has_wrong(labels: &Labels) -> bool {
    match labels {
        Labels::Whole(label) => *label == Label::Incorrect,
        Labels::Steps(labels) => labels.contains(&Label::Incorrect),
    }
}

fn training_of(rows: &mut dyn Iterator<Item = Result<TrainingRow>>) -> Result<TrainingSummary> {
    let mut summary = TrainingSummary::default();
    let (mut steps, mut lengths) = (Vec::new(), Vec::new());
    for row in rows {
        let row = row?;
        summary.rows += 1;
        steps.push(count(row.cot.steps.len()));
        lengths.push(words(&row.cot));
        match &row.labels {
            None => summary.unlabelled += 1,
            Some(labels) => summary.with_wrong_label += usize::from(has_wrong(labels)),
        }
        summary.critiques += usize::from(row.critique.is_some());
        summary.sample.get_or_insert(Sample { question: row.question, gold: row.gold, cot: Some(row.cot) });
    }
    summary.steps_per_cot = Spread::of(steps);
    summary.words_per_cot = Spread::of(lengths);
    Ok(summary)
}

fn rewards_of(rows: &mut dyn Iterator<Item = Result<RewardRow>>) -> Result<RewardSummary> {
    let mut summary = RewardSummary::default();
    let (mut lengths, mut sum) = (Vec::new(), 0.0);
    for row in rows {
        let row = row?;
        summary.questions += 1;
        for rewards in &row.rewards {
            summary.cots += 1;
            summary.empty_cots += usize::from(rewards.is_empty());
            summary.missing += rewards.missing();
            lengths.push(count(rewards.len()));
            for &reward in rewards.iter().flatten() {
                summary.rewards += 1;
                sum += reward;
                summary.lowest = Some(summary.lowest.map_or(reward, |lowest: f64| lowest.min(reward)));
                summary.highest = Some(summary.highest.map_or(reward, |highest: f64| highest.max(reward)));
            }
        }
        summary.sample.get_or_insert(row);
    }
    summary.mean = (summary.rewards > 0).then(|| sum / summary.rewards as f64);
    summary.rewards_per_cot = Spread::of(lengths);
    Ok(summary)
}
