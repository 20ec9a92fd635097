//! Solving many questions, several at a time.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use touchstone::Question;
use touchstone::generator::Prompt;

use crate::{Error, Result, Solution, Solver, Strategy};

/// Makes the prompt that asks for a solution of a question.
pub type Prompting<'p> = &'p (dyn Fn(&Question) -> touchstone::Result<Prompt> + Sync);

/// Solves questions, up to `at_once` at a time, and gives their solutions in their order. A generator whose calls share passes, or a
/// server, is put to better use so; no solution hangs on it. `done` is called, from any thread, once for each question that is
/// solved.
///
/// # Errors
/// The first of a question's, with the question: those under way beside it are stopped. What making a prompt gives.
pub fn solve_all(
    strategy: &dyn Strategy,
    solver: &Solver<'_>,
    questions: &[Question],
    prompting: Prompting<'_>,
    at_once: NonZeroUsize,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Solution>> {
    // Stops the questions, and only them, once one has failed.
    let context = solver.context.clone().with_cancellation(solver.context.clone());
    let solver = Solver { context: &context, ..*solver };
    let solve = |question: &Question| -> Result<Solution> {
        context.check_cancelled()?;
        strategy.solve(&solver, question, &prompting(question)?)
    };
    let solutions: Vec<OnceLock<Solution>> = questions.iter().map(|_| OnceLock::new()).collect();
    let (next, failed) = (AtomicUsize::new(0), OnceLock::new());
    let work = || {
        while let Some(place) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|place| *place < questions.len()) {
            match solve(&questions[place]) {
                // Each place is one thread's alone.
                Ok(solution) => {
                    let _ = solutions[place].set(solution);
                    done();
                }
                Err(error) => {
                    // Of several errors the first is told; the others may be its consequence.
                    let _ = failed.set(of_question(error, &questions[place]));
                    context.cancel();
                    return;
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..at_once.get().min(questions.len()) {
            // Where the system grants no further thread, the others do the work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    match failed.into_inner() {
        Some(error) => Err(error),
        None => Ok(solutions.into_iter().filter_map(OnceLock::into_inner).collect()),
    }
}

/// The error, saying which question it is of; that the work was stopped happened nowhere.
fn of_question(error: Error, question: &Question) -> Error {
    match error {
        error if error.is_cancelled() => error,
        Error::Core(error) => Error::Core(error.at(format!("question {}", question.id))),
        error => error,
    }
}
