//! What may go wrong in an evaluation.

use std::fmt;

use crate::{Category, CotId, QuestionId};

/// An evaluation cannot be made of what it was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// A setting has no sensible meaning.
    #[error("the evaluation setting {field} is wrong: {message}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },

    /// A question comes twice in one category.
    #[error("{source_name}, category {category}: the question {question} comes twice; ids are unique in a category")]
    DuplicateQuestion {
        /// The test set or reward file.
        source_name: String,
        /// The category.
        category: Category,
        /// The question's id.
        question: QuestionId,
    },

    /// A CoT comes twice in one question.
    #[error(
        "{source_name}, category {category}, question {question}: the CoT id {cot} comes twice; give each CoT its own"
    )]
    DuplicateCot {
        /// The test set or reward file.
        source_name: String,
        /// The category.
        category: Category,
        /// The question's id.
        question: QuestionId,
        /// The id.
        cot: CotId,
    },

    /// The step labels of a CoT do not fit it.
    #[error("category {category}, question {question}, CoT {cot}: {message}")]
    StepLabels {
        /// The category.
        category: Category,
        /// The question's id.
        question: QuestionId,
        /// The CoT's id.
        cot: CotId,
        /// What is wrong and what to do.
        message: String,
    },

    /// A method's name is taken or empty.
    #[error("the method name {name:?} cannot be used: {message}")]
    MethodName {
        /// The name.
        name: String,
        /// Why not.
        message: String,
    },

    /// A method has no reward set.
    #[error("the method {method:?} has no rewards; give it at least one reward set")]
    NoRewards {
        /// The method.
        method: String,
    },

    /// There is nothing to evaluate.
    #[error("there is no question to evaluate in {path}: {message}")]
    NoQuestions {
        /// The test set.
        path: String,
        /// Why.
        message: String,
    },

    /// A reward set lacks what the test set has.
    #[error(
        "the rewards {rewards} of the method {method:?} lack {missing}; score what is missing, or allow a partial evaluation \
         (--allow-partial)"
    )]
    MissingRewards {
        /// The method.
        method: String,
        /// The reward set.
        rewards: String,
        /// What is missing.
        missing: Listing,
    },

    /// A reward set has CoTs that the test set lacks, though it has their questions.
    #[error(
        "the rewards {rewards} of the method {method:?} have {unknown} that the test set lacks; they seem to belong to another \
         test set (--allow-partial passes over them)"
    )]
    UnknownCots {
        /// The method.
        method: String,
        /// The reward set.
        rewards: String,
        /// What is unknown.
        unknown: Listing,
    },
}

/// Questions or CoTs, the first few by name and all by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What is listed, in the singular: "question".
    pub what: &'static str,
    /// The first few, as "law/17".
    pub first: Vec<String>,
    /// How many there are in all.
    pub count: usize,
}

impl Listing {
    /// How many are named.
    const NAMED: usize = 5;

    pub(super) fn new(what: &'static str) -> Self {
        Self { what, first: Vec::new(), count: 0 }
    }

    pub(super) fn add(&mut self, name: impl FnOnce() -> String) {
        if self.count < Self::NAMED {
            self.first.push(name());
        }
        self.count += 1;
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(formatter, "{} {}{plural}: {}", self.count, self.what, self.first.join(", "))?;
        let rest = self.count - self.first.len();
        if rest > 0 { write!(formatter, " and {rest} more") } else { Ok(()) }
    }
}
