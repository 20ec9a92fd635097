//! Completions that a generator is asked for, and that are kept until their category's file is written.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Identity, JobError, Journal, journal_of};
use crate::atomic::remove_leftovers;
use crate::generator::{Completion, FinishReason, GenerationRequest, Prompt};
use crate::{Context, Generator, ProgressStage, QuestionId, Result};

/// The generator is handed prompts until they come to so many bytes, so that it keeps its batches full and memory stays bounded.
const WINDOW: usize = 64 << 20;

/// What one prompt asks about: a question, a row. Its fields are those of the journal's records.
pub trait Unit: Clone + Eq + Hash + Serialize + DeserializeOwned + Send {
    /// The question, for messages.
    fn question(&self) -> &QuestionId;
}

/// The completions of a category whose file is not there yet. Its journal is locked for as long as this lives.
pub struct Completions<U> {
    journal: Journal,
    /// The file that is to be written.
    pub file: PathBuf,
    samples: usize,
    /// Where in the journal the completions of each unit are, by number.
    places: Mutex<HashMap<U, Vec<Option<u64>>>>,
    /// How many completions the journal held.
    pub resumed: usize,
}

/// A completion as journals have it.
#[derive(Serialize)]
struct NewRecord<'a, U> {
    #[serde(flatten)]
    unit: &'a U,
    sample: usize,
    text: &'a str,
    finish: FinishReason,
}

/// The same, read back.
#[derive(Deserialize)]
struct Record<U> {
    #[serde(flatten)]
    unit: U,
    sample: usize,
    text: String,
    finish: FinishReason,
}

impl<U: Unit> Completions<U> {
    /// Opens the journal of this file, or begins it; so many samples of each unit are wanted. `None` if the file was finished
    /// meanwhile.
    pub fn open(file: &Path, identity: &Identity, samples: usize) -> Result<Option<Self>> {
        let mut places: HashMap<U, Vec<Option<u64>>> = HashMap::new();
        let journal = Journal::open_with_places(&journal_of(file), identity, |place, record: Record<U>| {
            let of_unit = places.entry(record.unit).or_insert_with(|| vec![None; samples]);
            if let Some(known) = of_unit.get_mut(record.sample) {
                known.get_or_insert(place);
            }
        })?;
        if file.exists() {
            return Ok(None);
        }
        // Who holds the journal is the only one to write the file.
        remove_leftovers(file)?;
        let resumed = places.values().flatten().flatten().count();
        Ok(Some(Self { journal, file: file.to_owned(), samples, places: Mutex::new(places), resumed }))
    }

    /// How many completions are there.
    pub fn count(&self) -> usize {
        self.places().values().flatten().flatten().count()
    }

    /// Whether a completion of this unit is lacking.
    pub fn lacks(&self, unit: &U) -> bool {
        self.first_lacking(unit).is_some()
    }

    /// The number of the first completion of this unit that is lacking.
    fn first_lacking(&self, unit: &U) -> Option<usize> {
        match self.places().get(unit) {
            Some(known) => known.iter().position(Option::is_none),
            None => (self.samples > 0).then_some(0),
        }
    }

    /// Keeps a completion, unless it is there: what was kept is never changed. Says whether it is new.
    fn keep(&self, unit: &U, sample: usize, completion: &Completion) -> Result<bool> {
        // Held while the record is written, so that of two which come at once one is kept.
        let mut places = self.places();
        let of_unit = places.entry(unit.clone()).or_insert_with(|| vec![None; self.samples]);
        let Some(place @ None) = of_unit.get_mut(sample) else { return Ok(false) };
        let record = NewRecord { unit, sample, text: &completion.text, finish: completion.finish };
        *place = Some(self.journal.append_with_place(&record)?);
        Ok(true)
    }

    /// Whether every completion of these units is there.
    fn check(&self, units: &[U]) -> Result<()> {
        match units.iter().find_map(|unit| Some(no_completion(unit, self.first_lacking(unit)?))) {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// The completions of a unit, in their order, which are given up for it.
    pub fn take(&self, unit: &U) -> impl Iterator<Item = Result<Completion>> {
        let places = self.places().remove(unit).unwrap_or_default();
        (0..self.samples).map(move |sample| {
            let place = places.get(sample).copied().flatten().ok_or_else(|| no_completion(unit, sample))?;
            let Record { text, finish, .. } = self.journal.record::<Record<U>>(place)?;
            Ok(Completion { text, finish, tokens: Vec::new() })
        })
    }

    /// Removes the journal, once the file is there.
    pub fn remove_journal(self) -> Result<()> {
        self.journal.remove()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<U, Vec<Option<u64>>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_completion(unit: &impl Unit, sample: usize) -> JobError {
    JobError::NoCompletion { question: unit.question().clone(), sample }
}

/// A generator that is asked for completions.
pub struct Asking<'a> {
    pub context: &'a Context,
    pub generator: &'a dyn Generator,
    pub request: &'a GenerationRequest,
    pub progress: &'a dyn ProgressStage,
}

/// Units that are asked about together.
struct Window<U> {
    units: Vec<U>,
    prompts: Vec<Prompt>,
}

impl Asking<'_> {
    /// Has every completion of these units written and kept. Prompts are made only when their turn has come.
    pub fn complete<U: Unit + Sync>(
        &self,
        completions: &Completions<U>,
        prompts: impl Iterator<Item = Result<(U, Prompt)>>,
    ) -> Result<()> {
        let completed = self.windows(completions, prompts);
        // Also after an error, which is the one to tell.
        let synced = if completed.is_err() { completions.journal.sync() } else { Ok(()) };
        completed.and(synced)
    }

    fn windows<U: Unit + Sync>(
        &self,
        completions: &Completions<U>,
        mut prompts: impl Iterator<Item = Result<(U, Prompt)>>,
    ) -> Result<()> {
        loop {
            let window = self.window(&mut prompts)?;
            if window.prompts.is_empty() {
                return Ok(());
            }
            self.complete_window(completions, &window)?;
            completions.check(&window.units)?;
            self.context.check_cancelled()?;
        }
    }

    fn window<U>(&self, prompts: &mut impl Iterator<Item = Result<(U, Prompt)>>) -> Result<Window<U>> {
        let mut window = Window { units: Vec::new(), prompts: Vec::new() };
        let mut bytes = 0;
        while bytes < WINDOW {
            let Some((unit, prompt)) = prompts.next().transpose()? else { break };
            self.context.check_cancelled()?;
            bytes += prompt.text.len();
            window.units.push(unit);
            window.prompts.push(prompt);
        }
        Ok(window)
    }

    /// Lets the generator complete these prompts, and keeps what is new.
    fn complete_window<U: Unit + Sync>(&self, completions: &Completions<U>, window: &Window<U>) -> Result<()> {
        let failed = OnceLock::new();
        // Stops the generator, and only it, where its completions can no longer be kept.
        let context = self.context.clone().with_cancellation(self.context.clone());
        let samples = self.request.samples;
        let ended = self.generator.generate(&context, &window.prompts, self.request, &|sample, completion| {
            let kept = match window.units.get(sample.prompt).filter(|_| sample.sample < samples) {
                Some(unit) => completions.keep(unit, sample.sample, &completion),
                None => {
                    let (prompt, sample, prompts) = (sample.prompt, sample.sample, window.prompts.len());
                    Err(JobError::NotAsked { prompt, sample, prompts, samples }.into())
                }
            };
            match kept {
                Ok(is_new) => self.progress.advance(u64::from(is_new)),
                Err(error) => {
                    // Of several errors the first is told.
                    let _ = failed.set(error);
                    context.cancel();
                }
            }
        });
        match failed.into_inner() {
            Some(error) => Err(error),
            None => ended,
        }
    }
}
