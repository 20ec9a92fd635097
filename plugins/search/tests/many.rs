//! Many questions at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use touchstone::Question;
use touchstone::generator::{Completion, GenerationRequest, Generator, Prompt, Sample};
use touchstone::{Context, Error, Result};
use touchstone_search::{Solution, Solver, StrategySettings, solve_all};
use toy::{Knows, World, Writer, prompt, question};

fn at_once(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn strategy() -> StrategySettings {
    "beam_search{beams=4,width=2}".parse().unwrap()
}

fn prompting(question: &Question) -> Result<Prompt> {
    Ok(prompt(question))
}

#[test]
fn solutions_come_in_the_order_of_their_questions_and_are_those_of_each_alone() {
    let world = World::with_seed(7);
    let (writer, knows) = (Writer::default(), Knows::with_noise(0.3));
    let solver = world.solver(&writer, Some(&knows));
    let questions: Vec<Question> = (0..40).map(question).collect();
    let alone = |question: &Question| strategy().solve(&solver, question, &prompt(question)).unwrap();
    let alone: Vec<Solution> = questions.iter().map(alone).collect();
    for count in [1, 3, 100] {
        let solved = AtomicUsize::new(0);
        let done = || {
            solved.fetch_add(1, Ordering::Relaxed);
        };
        let together = solve_all(&*strategy(), &solver, &questions, &prompting, at_once(count), &done).unwrap();
        assert_eq!(together, alone, "{count} at a time");
        assert_eq!(solved.into_inner(), 40);
    }
    assert!(solve_all(&*strategy(), &solver, &[], &prompting, at_once(4), &|| {}).unwrap().is_empty());
}

/// Writes as the writer does, once so many questions are at it at the same time; fails at prompts of question 5.
struct Together<'w> {
    writer: &'w Writer,
    meeting: Option<Barrier>,
}

impl Generator for Together<'_> {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        match &self.meeting {
            Some(meeting) => drop(meeting.wait()),
            None if prompts[0].text == prompt(&question(5)).text => return Err(Error::plugin("writer", "too hard")),
            None => {}
        }
        self.writer.generate(context, prompts, request, done)
    }
}

#[test]
fn as_many_as_asked_for_are_solved_at_the_same_time() {
    let world = World::with_seed(7);
    let writer = Writer::default();
    // It opens only when four questions are there.
    let together = Together { writer: &writer, meeting: Some(Barrier::new(4)) };
    let solver: Solver<'_> = Solver { generator: &together, ..world.solver(&writer, None) };
    let vote: StrategySettings = "majority_vote{samples=3}".parse().unwrap();
    let questions: Vec<Question> = (0..8).map(question).collect();
    assert_eq!(solve_all(&*vote, &solver, &questions, &prompting, at_once(4), &|| {}).unwrap().len(), 8);
}

#[test]
fn the_error_of_one_names_its_question_and_ends_the_others() {
    let world = World::with_seed(7);
    let writer = Writer::default();
    let fails = Together { writer: &writer, meeting: None };
    let solver: Solver<'_> = Solver { generator: &fails, ..world.solver(&writer, None) };
    let vote: StrategySettings = "majority_vote{samples=3}".parse().unwrap();
    let questions: Vec<Question> = (0..200).map(question).collect();
    let solved = AtomicUsize::new(0);
    let done = || {
        solved.fetch_add(1, Ordering::Relaxed);
    };
    let error = solve_all(&*vote, &solver, &questions, &prompting, at_once(2), &done).unwrap_err().to_string();
    assert!(error.starts_with("question 5:") && error.contains("too hard"), "{error}");
    assert!(solved.into_inner() < 199);
    assert!(!solver.context.is_cancelled(), "what the caller does besides goes on");
}

#[test]
fn a_stop_is_a_stop_of_all() {
    let world = World::with_seed(7);
    let writer = Writer::default();
    let context = Context::new(touchstone::Registry::builtin());
    let solver: Solver<'_> = Solver { context: &context, ..world.solver(&writer, None) };
    let vote: StrategySettings = "majority_vote{samples=3}".parse().unwrap();
    let questions: Vec<Question> = (0..200).map(question).collect();
    let error = solve_all(&*vote, &solver, &questions, &prompting, at_once(2), &|| context.cancel()).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}
