//! One verifier for many clients: what they send is scored together, by [`Verifier::score_all`], as a scoring job has it.
//!
//! ```text
//! request ──▶ Job ─┐                   ┌─ Board: who waits for which CoT ─┐
//! request ──▶ Job ─┼─ queue ─▶ Batch ──┤                                  ├──▶ each request its rewards, as soon as
//! request ──▶ Job ─┘                   └─ Verifier::score_all ────────────┘    its last CoT is done
//! ```
//! **A request's rewards do not depend on its neighbours.** Inside of a batch a question and its CoTs are named by their
//! content, so what a verifier sees of a request is the same whoever else is there, and no verifier's rewards depend on more (it
//! is its law). What two requests both ask is computed once: the question, whose CoTs share its beginning in the model, and
//! CoTs that are the same.
//!
//! **Whoever has gone is not worked for.** A job whose client has gone leaves the queue; a batch is stopped once all of its
//! clients have.

mod batch;
mod board;
mod job;
mod name;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use touchstone::verifier::Scope;
use touchstone::{Context, Result, Verifier};

use batch::Batch;
pub(crate) use job::{Job, Scored, Wanted};

use crate::metrics::Metrics;

/// The queue of a verifier, and the threads that work on it. Dropping it ends them once the queue is empty.
pub(crate) struct Scheduler {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    verifier: Box<dyn Verifier>,
    context: Context,
    batch_cots: usize,
    queue: Mutex<Queue>,
    changed: Condvar,
    metrics: Metrics,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Scheduler {
    /// A queue of the verifier of this name, with so many threads. A batch ends with the job that brings it to `batch_cots`.
    ///
    /// # Errors
    /// The system's, where it grants no thread.
    pub fn new(
        name: &str,
        verifier: Box<dyn Verifier>,
        context: Context,
        batch_cots: usize,
        workers: usize,
        metrics: Metrics,
    ) -> std::io::Result<Self> {
        let (queue, changed) = Default::default();
        let name = name.to_owned();
        let shared = Arc::new(Shared { name, verifier, context, batch_cots, queue, changed, metrics });
        let scheduler = Self { shared };
        for _ in 0..workers {
            let shared = Arc::clone(&scheduler.shared);
            thread::Builder::new().name("scoring".to_owned()).spawn(move || shared.work())?;
        }
        Ok(scheduler)
    }

    /// What the verifier's rewards depend on.
    pub fn scope(&self) -> Scope {
        self.shared.verifier.scope()
    }

    /// Puts a job into the queue. Its reply comes from another thread.
    pub fn submit(&self, job: Job) {
        let shared = Arc::clone(&self.shared);
        let reply = job.reply;
        let counted = Box::new(move |scored: Result<Vec<Scored>>| {
            if let Ok(scored) = &scored {
                let missing = scored.iter().map(|scored| scored.rewards.missing()).sum();
                shared.metrics.scored(&shared.name, scored.len(), missing);
            }
            reply(scored);
        });
        self.shared.queue().jobs.push_back(Job { reply: counted, ..job });
        self.shared.changed.notify_one();
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.shared.queue().is_closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(jobs) = self.next() {
            self.metrics.batch(jobs.iter().map(|job| job.work.cots.len()).sum());
            let batch = Batch::new(jobs, self.verifier.scope());
            // Of a batch that fails, each job that is not done is tried alone, so that one request cannot fail another.
            for left in batch.run(&*self.verifier, &self.context) {
                Batch::new(vec![left], self.verifier.scope()).run(&*self.verifier, &self.context);
            }
        }
    }

    /// The next batch's jobs, once there are any; none when there will be no more.
    fn next(&self) -> Option<Vec<Job>> {
        let mut queue = self.queue();
        loop {
            queue.jobs.retain(|job| !job.client.is_cancelled());
            if let Some(first) = queue.jobs.pop_front() {
                return Some(self.with_neighbours(first, &mut queue.jobs));
            }
            if queue.is_closed {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// This job, and those behind it, in order, as far as they fit into its batch.
    fn with_neighbours(&self, first: Job, waiting: &mut VecDeque<Job>) -> Vec<Job> {
        let mut cots = first.work.cots.len();
        let mut jobs = vec![first];
        while let Some(next) = waiting.front() {
            cots += next.work.cots.len();
            if cots > self.batch_cots {
                break;
            }
            jobs.extend(waiting.pop_front());
        }
        jobs
    }
}

#[cfg(test)]
mod tests;
