//! One category that is under way: which of its solutions are there, and its journal.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::cutter::{Cut, Cutter};
use super::{SampledCategory, Sampling};
use crate::atomic::remove_leftovers;
use crate::data::{QuestionRow, TestRow, write_test_set};
use crate::generator::{Completion, FinishReason};
use crate::jobs::{Identity, JobError, Journal, journal_of};
use crate::{Category, QuestionId, Result};

/// A category whose file is not there yet. Its journal is locked for as long as this lives.
pub struct OpenCategory {
    pub category: Category,
    journal: Journal,
    file: PathBuf,
    samples: usize,
    /// Where in the journal the solutions of each question are, by number.
    places: Mutex<HashMap<QuestionId, Vec<Option<u64>>>>,
    /// How many solutions the journal held.
    resumed: usize,
}

/// A solution as it was written, as journals have it. It is cut only for the file, so that a job may go on with another
/// splitter or extractor.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    q_id: Cow<'a, QuestionId>,
    sample: usize,
    text: Cow<'a, str>,
    finish: FinishReason,
}

impl OpenCategory {
    /// Opens the category's journal, or begins it. `None` if the category was finished meanwhile.
    pub fn open(sampling: &Sampling<'_>, category: &Category, identity: &Identity) -> Result<Option<Self>> {
        let file = sampling.file(category);
        let samples = sampling.settings.samples.get();
        let mut places: HashMap<QuestionId, Vec<Option<u64>>> = HashMap::new();
        let journal = Journal::open_with_places(&journal_of(&file), identity, |place, record: Record<'static>| {
            let of_question = places.entry(record.q_id.into_owned()).or_insert_with(|| vec![None; samples]);
            if let Some(known) = of_question.get_mut(record.sample) {
                known.get_or_insert(place);
            }
        })?;
        if file.exists() {
            return Ok(None);
        }
        // Who holds the journal is the only one to write the file.
        remove_leftovers(&file)?;
        let resumed = places.values().flatten().flatten().count();
        Ok(Some(Self { category: category.clone(), journal, file, samples, places: Mutex::new(places), resumed }))
    }

    /// How many solutions are there.
    pub fn sampled(&self) -> usize {
        self.places().values().flatten().flatten().count()
    }

    /// Whether a solution of this question is lacking.
    pub fn lacks(&self, question: &QuestionId) -> bool {
        self.first_lacking(question).is_some()
    }

    /// The number of the first solution of this question that is lacking.
    fn first_lacking(&self, question: &QuestionId) -> Option<usize> {
        match self.places().get(question) {
            Some(known) => known.iter().position(Option::is_none),
            None => (self.samples > 0).then_some(0),
        }
    }

    /// Keeps a solution, unless it is there: what was kept is never changed. Says whether it is new.
    pub fn keep(&self, question: &QuestionId, sample: usize, completion: &Completion) -> Result<bool> {
        // Held while the record is written, so that of two which come at once one is kept.
        let mut places = self.places();
        let of_question = places.entry(question.clone()).or_insert_with(|| vec![None; self.samples]);
        let Some(place @ None) = of_question.get_mut(sample) else { return Ok(false) };
        let text = Cow::Borrowed(completion.text.as_str());
        let record = Record { q_id: Cow::Borrowed(question), sample, text, finish: completion.finish };
        *place = Some(self.journal.append_with_place(&record)?);
        Ok(true)
    }

    /// Whether every solution of these questions is there.
    pub fn check_sampled(&self, questions: &[QuestionId]) -> Result<()> {
        let lacking = questions.iter().find_map(|id| Some((id, self.first_lacking(id)?)));
        match lacking {
            Some((question, sample)) => Err(JobError::NoCompletion { question: question.clone(), sample }.into()),
            None => Ok(()),
        }
    }

    /// Brings what is kept to the disk.
    pub fn sync(&self) -> Result<()> {
        self.journal.sync()
    }

    /// Cuts the solutions of these questions, writes the category's file and removes its journal.
    pub fn finish(
        self,
        rows: impl Iterator<Item = Result<QuestionRow>>,
        cutter: &Cutter<'_>,
    ) -> Result<SampledCategory> {
        let mut sampled = SampledCategory::none(self.category.clone(), self.file.clone(), self.resumed);
        let rows = rows.map(|row| self.row(row?, cutter, &mut sampled));
        write_test_set(&self.file, rows)?;
        self.journal.remove()?;
        Ok(sampled)
    }

    fn row(&self, row: QuestionRow, cutter: &Cutter<'_>, counts: &mut SampledCategory) -> Result<TestRow> {
        let QuestionRow { question, gold } = row;
        let places = self.places().remove(&question.id).unwrap_or_default();
        let mut cots = Vec::with_capacity(self.samples);
        for sample in 0..self.samples {
            let place = places.get(sample).copied().flatten();
            let place = place.ok_or_else(|| JobError::NoCompletion { question: question.id.clone(), sample })?;
            let Record { text, finish, .. } = self.journal.record(place)?;
            let completion = Completion { text: text.into_owned(), finish, tokens: Vec::new() };
            let cut = cutter.cut(sample, &completion);
            let cut = cut.map_err(|error| error.at(format!("question {}, sample {sample}", question.id)))?;
            counts.add(&completion, &cut);
            cots.push(cut.cot);
        }
        counts.questions += 1;
        Ok(TestRow { question, gold, cots, step_labels: None })
    }

    fn places(&self) -> MutexGuard<'_, HashMap<QuestionId, Vec<Option<u64>>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
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
