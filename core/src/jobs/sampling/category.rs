//! One category that is under way: which of its solutions are there, and what its file is made of.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::cutter::{Cut, Cutter};
use super::{SampledCategory, Sampling};
use crate::data::{QuestionRow, TestRow, write_test_set};
use crate::generator::{Completion, FinishReason};
use crate::jobs::Identity;
use crate::jobs::completions::{Completions, Unit};
use crate::{Category, QuestionId, Result};

/// A question, as journals have it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OfQuestion {
    pub q_id: QuestionId,
}

impl Unit for OfQuestion {
    fn question(&self) -> &QuestionId {
        &self.q_id
    }
}

/// A category whose file is not there yet. Journals hold whole solutions, which are cut only for the file, so that a job may go
/// on with another splitter or extractor.
pub struct OpenCategory {
    pub category: Category,
    pub solutions: Completions<OfQuestion>,
}

impl OpenCategory {
    /// Opens the category's journal, or begins it. `None` if the category was finished meanwhile.
    pub fn open(sampling: &Sampling<'_>, category: &Category, identity: &Identity) -> Result<Option<Self>> {
        let solutions = Completions::open(&sampling.file(category), identity, sampling.settings.samples.get())?;
        Ok(solutions.map(|solutions| Self { category: category.clone(), solutions }))
    }

    /// Cuts the solutions of these questions, writes the category's file and removes its journal.
    pub fn finish(
        self,
        rows: impl Iterator<Item = Result<QuestionRow>>,
        cutter: &Cutter<'_>,
    ) -> Result<SampledCategory> {
        let file = self.solutions.file.clone();
        let mut sampled = SampledCategory::none(self.category.clone(), file.clone(), self.solutions.resumed);
        let rows = rows.map(|row| self.row(row?, cutter, &mut sampled));
        write_test_set(file, rows)?;
        self.solutions.remove_journal()?;
        Ok(sampled)
    }

    fn row(&self, row: QuestionRow, cutter: &Cutter<'_>, counts: &mut SampledCategory) -> Result<TestRow> {
        let QuestionRow { question, gold } = row;
        let unit = OfQuestion { q_id: question.id.clone() };
        let mut cots = Vec::new();
        for (sample, completion) in self.solutions.take(&unit).enumerate() {
            let completion = completion?;
            let cut = cutter.cut(sample, &completion);
            let cut = cut.map_err(|error| error.at(format!("question {}, sample {sample}", question.id)))?;
            counts.add(&completion, &cut);
            cots.push(cut.cot);
        }
        counts.questions += 1;
        Ok(TestRow { question, gold, cots, step_labels: None })
    }
}

impl SampledCategory {
    fn none(category: Category, file: PathBuf, resumed: usize) -> Self {
        Self {
            category,
            file,
            questions: 0,
            cots: 0,
            resumed,
            cut_short: 0,
            prompt_too_long: 0,
            without_answer: 0,
            unreadable: 0,
            empty: 0,
        }
    }

    fn add(&mut self, completion: &Completion, Cut { cot, unreadable }: &Cut) {
        self.cots += 1;
        self.cut_short += usize::from(completion.finish == FinishReason::Length);
        self.prompt_too_long += usize::from(completion.finish == FinishReason::PromptTooLong);
        self.without_answer += usize::from(cot.answer.is_none());
        self.unreadable += usize::from(*unreadable);
        self.empty += usize::from(cot.steps.is_empty());
    }
}
