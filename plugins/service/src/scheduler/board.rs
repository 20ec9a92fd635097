//! What is known of a batch while it is scored.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use touchstone::verifier::ScoredCot;
use touchstone::{Cancellation, CotId, QuestionId, Rationale, Rationales, Rewards, TokenMeter};

use super::job::{Job, Scored, Wanted};

/// Where a CoT is among a batch's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub unit: usize,
    pub cot: usize,
}

/// Keeps what comes of each CoT, and answers each job as soon as its last one is done. Also stops the verifier once nobody waits.
pub(super) struct Board {
    /// Where the CoTs are, by what the verifier calls them.
    places: HashMap<(QuestionId, CotId), Place>,
    state: Mutex<State>,
}

struct State {
    /// By unit and CoT.
    results: Vec<Vec<Known>>,
    waiting: Vec<Option<Waiting>>,
}

/// What is known of a CoT.
#[derive(Clone, Default)]
struct Known {
    rewards: Option<Rewards>,
    tokens: Option<u64>,
    rationales: Option<Vec<Rationale>>,
    /// Which jobs wait for it.
    jobs: Vec<usize>,
}

/// A job that is not answered, and where its CoTs are.
struct Waiting {
    job: Job,
    places: Vec<Place>,
    left: usize,
}

impl Board {
    /// `sizes` are the numbers of CoTs of the units; each job comes with the places of its CoTs.
    pub fn new(
        sizes: impl Iterator<Item = usize>,
        places: HashMap<(QuestionId, CotId), Place>,
        jobs: Vec<(Job, Vec<Place>)>,
    ) -> Self {
        let mut results: Vec<Vec<Known>> = sizes.map(|cots| vec![Known::default(); cots]).collect();
        let mut waiting = Vec::with_capacity(jobs.len());
        for (number, (job, places)) in jobs.into_iter().enumerate() {
            let mut left = 0;
            for place in &places {
                let known = &mut results[place.unit][place.cot].jobs;
                // A job may hold a CoT twice.
                if known.last() != Some(&number) {
                    known.push(number);
                    left += 1;
                }
            }
            waiting.push(Some(Waiting { job, places, left }));
        }
        Self { places, state: Mutex::new(State { results, waiting }) }
    }

    /// A CoT's rewards are final.
    pub fn done(&self, cot: ScoredCot<'_>, rewards: Rewards) {
        let answered = match self.place(cot) {
            Some(place) => self.state().done(place, rewards),
            None => Vec::new(),
        };
        // Not under the lock: what a reply does is the caller's.
        for (job, scored) in answered {
            (job.reply)(Ok(scored));
        }
    }

    /// The jobs that are not answered, given up.
    pub fn unanswered(&self) -> Vec<Job> {
        self.state().waiting.iter_mut().filter_map(Option::take).map(|waiting| waiting.job).collect()
    }

    fn place(&self, cot: ScoredCot<'_>) -> Option<Place> {
        self.places.get(&(cot.question.clone(), cot.cot)).copied()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Keeps the rewards of a CoT; gives the jobs that are done with it, and what came of them. What was there before stays.
    fn done(&mut self, place: Place, rewards: Rewards) -> Vec<(Job, Vec<Scored>)> {
        let known = &mut self.results[place.unit][place.cot];
        if known.rewards.is_some() {
            return Vec::new();
        }
        known.rewards = Some(rewards);
        let mut done = Vec::new();
        for number in std::mem::take(&mut known.jobs) {
            if let Some(waiting) = &mut self.waiting[number] {
                waiting.left -= 1;
            }
            if let Some(Waiting { job, places, .. }) = self.waiting[number].take_if(|waiting| waiting.left == 0) {
                let scored = places.iter().map(|place| self.results[place.unit][place.cot].of(job.rationales));
                let scored = scored.collect();
                done.push((job, scored));
            }
        }
        done
    }
}

impl Known {
    /// What a job is told of it.
    fn of(&self, rationales: Wanted) -> Scored {
        Scored {
            rewards: self.rewards.clone().unwrap_or_default(),
            tokens: self.tokens,
            rationales: self.rationales.clone().filter(|_| rationales == Wanted::Yes),
        }
    }
}

impl Cancellation for Board {
    fn is_cancelled(&self) -> bool {
        self.state().waiting.iter().flatten().all(|waiting| waiting.job.client.is_cancelled())
    }
}

impl TokenMeter for Board {
    fn meter(&self, cot: ScoredCot<'_>, tokens: u64) {
        if let Some(place) = self.place(cot) {
            self.state().results[place.unit][place.cot].tokens = Some(tokens);
        }
    }
}

impl Rationales for Board {
    fn keep(&self, cot: ScoredCot<'_>, rationales: Vec<Rationale>) {
        if let Some(place) = self.place(cot) {
            self.state().results[place.unit][place.cot].rationales = Some(rationales);
        }
    }
}
