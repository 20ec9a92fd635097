//! `evaluation.json`: everything that an evaluation found.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Settings;
use crate::{Aggregator, Category, PluginSpec};

/// The version of the document that this crate writes.
pub const VERSION: u32 = 1;

/// The category name that stands for all categories together.
pub const OVERALL: &str = "overall";

/// Everything that an evaluation found; `evaluation.json` is this, serialised. A value that does not exist is null.
/// Accuracies are percentages, 0 to 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The version of the document: [`VERSION`].
    pub version: u32,
    /// What was evaluated.
    pub data: DataSummary,
    /// How.
    pub settings: Settings,
    /// The methods, in the order of tables and figures: majority vote; each reward method by Best-of-N; each by weighted
    /// vote; Pass@N.
    pub methods: Vec<MethodSummary>,
    /// One entry for each method and strategy, N, and category ([`OVERALL`] included): methods in their order, then N,
    /// then overall followed by the categories in theirs.
    pub accuracy: Vec<Accuracy>,
    /// Pairs of methods held against each other on the same questions.
    pub comparisons: Vec<Comparison>,
    /// How well the values tell right CoTs from wrong ones, for each reward method, overall and by category.
    pub calibration: Vec<Calibration>,
    /// How well step rewards find the first wrong step, where the data has step labels.
    pub first_error: Vec<FirstError>,
    /// Accuracy of single CoTs and of Best-of-N by how long CoTs are.
    pub by_length: Vec<ByLength>,
    /// What was missing.
    pub missing: Missing,
}

/// What was evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Where the test set came from, as the user named it.
    pub path: String,
    /// A hash of what the evaluation used of it (ids, answers, golds): equal fingerprints mean equal test sets.
    pub fingerprint: String,
    /// Questions evaluated.
    pub questions: usize,
    /// Their CoTs.
    pub cots: usize,
    /// The same by category, in the order of tables and figures.
    pub categories: Vec<CategorySummary>,
    /// Categories that had no question to evaluate and were left out.
    pub empty_categories: Vec<Category>,
}

/// One category of what was evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategorySummary {
    /// The category.
    pub name: Category,
    /// Its questions.
    pub questions: usize,
    /// Their CoTs.
    pub cots: usize,
}

/// How one CoT is chosen among the N drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The answer that most CoTs give.
    MajorityVote,
    /// The CoT of the highest value.
    BestOfN,
    /// The answer whose CoTs' values add up to most.
    WeightedVote,
    /// Right if any CoT is: the ceiling for every other strategy.
    PassAtN,
}

impl fmt::Display for Strategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::MajorityVote => "majority vote",
            Self::BestOfN => "Best-of-N",
            Self::WeightedVote => "weighted vote",
            Self::PassAtN => "Pass@N",
        })
    }
}

/// A method under one strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodSummary {
    /// Its name in tables: `MV`, `Pass@N`, or the reward method's.
    pub name: String,
    /// How it chooses.
    pub strategy: Strategy,
    /// How it aggregates rewards; none for majority vote and Pass@N.
    pub aggregator: Option<PluginSpec<dyn Aggregator>>,
    /// How many reward sets it has.
    pub replicates: usize,
    /// Where they came from.
    pub rewards: Vec<String>,
}

/// The accuracy of a method under a strategy, for one N, in one category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// The method's name.
    pub method: String,
    /// The strategy.
    pub strategy: Strategy,
    /// How many CoTs were drawn of each question.
    pub n: usize,
    /// The category's name, or [`OVERALL`].
    pub category: String,
    /// The mean over runs (and over replicates, where there are several).
    pub mean: f64,
    /// The population standard deviation over runs, as published (averaged over replicates, where there are several).
    /// Overall it is over all categories' runs together.
    pub std: f64,
    /// The exact expected value over all subsets of N CoTs, where there is an algorithm; over replicates its mean.
    pub expected: Option<f64>,
    /// The 95 % bootstrap interval over questions, of the expected value where there is one, else of the mean.
    pub interval: Option<[f64; 2]>,
    /// The mean of each replicate, in the order of the reward sets; empty for a method without replicates.
    pub replicates: Vec<f64>,
    /// The sample standard deviation over replicates' means, where there are at least two.
    pub replicate_std: Option<f64>,
}

/// Two methods on the same questions and draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many CoTs were drawn.
    pub n: usize,
    /// The category's name, or [`OVERALL`].
    pub category: String,
    /// One method.
    pub first: MethodRef,
    /// The other.
    pub second: MethodRef,
    /// Accuracy of the first minus that of the second, in percentage points.
    pub difference: f64,
    /// The paired 95 % bootstrap interval over questions.
    pub interval: Option<[f64; 2]>,
    /// The two-sided p-value of no difference, by a paired test over questions.
    pub p: Option<f64>,
}

/// Names a method under a strategy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MethodRef {
    /// Its name.
    pub method: String,
    /// Its strategy.
    pub strategy: Strategy,
}

/// How well aggregated values predict that a CoT's final answer is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The method.
    pub method: String,
    /// The category's name, or [`OVERALL`].
    pub category: String,
    /// How many CoTs were looked at (over all replicates).
    pub cots: usize,
    /// How many of them are right.
    pub right: usize,
    /// The area under the ROC curve, ties counted half; none where all or no CoTs are right.
    pub auroc: Option<f64>,
    /// Its 95 % bootstrap interval over questions.
    pub auroc_interval: Option<[f64; 2]>,
    /// The mean squared difference of value and outcome; none where a value is no probability.
    pub brier: Option<f64>,
    /// The expected calibration error over the bins; none where a value is no probability.
    pub ece: Option<f64>,
    /// Ten bins of equal width over `0..=1`; empty where a value is no probability.
    pub bins: Vec<CalibrationBin>,
}

/// The CoTs whose value lies in one bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// The bin's lower edge.
    pub from: f64,
    /// Its upper edge.
    pub to: f64,
    /// CoTs in it.
    pub cots: usize,
    /// Their mean value; none in an empty bin.
    pub mean_value: Option<f64>,
    /// The share of them that is right, 0 to 1; none in an empty bin.
    pub right_share: Option<f64>,
}

/// How well a method's step rewards find the first wrong step (ProcessBench's measure).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstError {
    /// The method.
    pub method: String,
    /// The category's name, or [`OVERALL`].
    pub category: String,
    /// The reward below which a step counts as wrong.
    pub threshold: f64,
    /// CoTs with a wrong step.
    pub wrong_cots: usize,
    /// The share of them whose first wrong step was found exactly, 0 to 1.
    pub wrong_accuracy: Option<f64>,
    /// CoTs without a wrong step.
    pub right_cots: usize,
    /// The share of them in which no step was called wrong, 0 to 1.
    pub right_accuracy: Option<f64>,
    /// The harmonic mean of the two shares.
    pub f1: Option<f64>,
}

/// Accuracy for CoTs of about one length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByLength {
    /// The method whose values are looked at.
    pub method: String,
    /// The fewest steps of a CoT in this group.
    pub from_steps: usize,
    /// The most.
    pub to_steps: usize,
    /// CoTs in the group.
    pub cots: usize,
    /// The percentage of them that is right.
    pub accuracy: f64,
    /// Their mean value.
    pub mean_value: f64,
    /// The area under the ROC curve within the group.
    pub auroc: Option<f64>,
}

/// What was missing from data and reward files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// CoTs without an answer that could be read (under multiple choice: those that count as "N/A").
    pub answers: usize,
    /// Answers that the answer equivalence failed on.
    pub unreadable_answers: usize,
    /// Questions that were left out because a reward file lacks them.
    pub questions_left_out: usize,
    /// By method.
    pub methods: Vec<MissingRewards>,
}

/// What was missing from one method's rewards, over all its replicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MissingRewards {
    /// The method.
    pub method: String,
    /// Single rewards that are missing from lists that have others or should have them.
    pub rewards: usize,
    /// CoTs whose list of rewards is empty.
    pub empty_cots: usize,
    /// CoTs that the reward file does not mention.
    pub absent_cots: usize,
    /// Questions that the reward file does not mention.
    pub absent_questions: usize,
}
