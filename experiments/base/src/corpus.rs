//! The texts: questions of the training set, each with its CoTs.

use std::collections::BTreeMap;
use std::path::Path;

use touchstone::data::{Location, TrainingSet};

use crate::layout::Layout;

/// A question with the CoTs that the training set has of it.
pub struct Question {
    /// The problem, its options with it.
    pub text: String,
    /// The CoTs, each as its steps.
    pub cots: Vec<Vec<String>>,
}

/// The questions that are trained on, and those that are held out.
pub struct Corpus {
    /// Trained on.
    pub training: Vec<Question>,
    /// For the held-out loss.
    pub held_out: Vec<Question>,
}

impl Corpus {
    /// Reads a training set; of each category the last `held_out` questions, in the order of their ids, are kept apart.
    pub fn read(folder: &Path, held_out: usize) -> anyhow::Result<Self> {
        let set = TrainingSet::open(&Location::Path(folder.to_owned()))?;
        let mut corpus = Self { training: Vec::new(), held_out: Vec::new() };
        for category in set.categories() {
            let mut questions: BTreeMap<String, Question> = BTreeMap::new();
            for row in set.rows(category)? {
                let row = row?;
                let question = questions
                    .entry(row.question.id.to_string())
                    .or_insert_with(|| Question { text: row.question.text.trim().to_owned(), cots: Vec::new() });
                let steps = row.cot.steps.iter().map(|step| step.trim().to_owned());
                question.cots.push(steps.filter(|step| !step.is_empty()).collect());
            }
            let mut questions: Vec<Question> = questions.into_values().collect();
            let kept = questions.len().saturating_sub(held_out);
            corpus.held_out.extend(questions.split_off(kept));
            corpus.training.extend(questions);
        }
        Ok(corpus)
    }

    /// Every text that is trained on, in both layouts, for the vocabulary.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.training.iter().flat_map(|question| {
            [Layout::Tagged, Layout::Chat].into_iter().flat_map(move |layout| {
                let cots = question.cots.iter().map(move |steps| layout.cot(steps));
                std::iter::once(layout.question(&question.text)).chain(cots)
            })
        })
    }
}
