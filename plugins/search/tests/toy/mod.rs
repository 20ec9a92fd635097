//! A world in which the best result is known: questions of four steps, each of which may go wrong.
//!
//! A solution is right if all its steps are; the right answer is A, and wrong solutions scatter over B to J. A step is drawn by
//! the seed and the text before it, so that a solution that is written step by step is the one that is written at once.

#![allow(dead_code)]

use std::ops::Range;
use std::sync::Mutex;

use touchstone::answer::MultipleChoice;
use touchstone::generator::{Completion, CompletionToken, FinishReason, GenerationRequest, Generator, Prompt, Sample};
use touchstone::verifier::Scope;
use touchstone::{
    Aggregator, AnswerExtractor, Context, Cot, Question, QuestionCots, Registry, Result, Rewards, StepSplitter,
    Verifier,
};
use touchstone_search::{Solver, Writing};

/// How many steps a solution has before its answer.
pub const STEPS: usize = 4;

/// How likely a step is right.
const RIGHT: f64 = 0.7;

/// A hash of texts and numbers, as a number from 0 to below 1.
pub fn chance(text: &str, numbers: &[u64]) -> f64 {
    let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
    let hash = text
        .bytes()
        .chain(numbers)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((hash ^ (hash >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Writes solutions of the toy world. A step reads "right 123456" or "wrong3 123456", where the number tells it from others.
#[derive(Default)]
pub struct Writer {
    /// What every call asked for: how many prompts, and samples of each.
    pub calls: Mutex<Vec<(usize, usize)>>,
    /// Whether tokens are told.
    pub silent: bool,
}

impl Writer {
    /// The next step after this text, the last one with the answer.
    fn step(before: &str, seed: u64, sample: usize) -> String {
        let written = before.rsplit('?').next().unwrap_or_default();
        if written.matches("\n\n").count() == STEPS {
            let wrong: usize = written.split("wrong").skip(1).map(|rest| usize::from(rest.as_bytes()[0] - b'0')).sum();
            let letter = char::from(b'A' + if wrong == 0 { 0 } else { 1 + (wrong % 9) as u8 });
            return format!("The answer is ({letter}).");
        }
        let draw = |what| chance(before, &[seed, sample as u64, what]);
        let word = match draw(0) < RIGHT {
            true => "right".to_owned(),
            false => format!("wrong{}", 1 + (draw(1) * 9.0) as usize),
        };
        format!("{word} {:06}\n\n", (draw(2) * 1e6) as usize)
    }

    fn complete(&self, prompt: &str, request: &GenerationRequest, sample: usize) -> Completion {
        let mut text = String::new();
        let mut sample = sample;
        let mut finish = FinishReason::EndOfText;
        loop {
            let step = Self::step(&format!("{prompt}{text}"), request.seed, sample);
            text.push_str(&step);
            // What follows hangs on the text, which has the number of this sample's first step.
            sample = 0;
            if let Some(end) = request.stop.iter().filter_map(|stop| Some(text.find(stop)? + stop.len())).min() {
                text.truncate(end);
                finish = FinishReason::Stop;
                break;
            }
            if !step.ends_with("\n\n") {
                break;
            }
        }
        let mut starts: Vec<usize> = vec![0];
        starts.extend(text.match_indices([' ', '\n']).map(|(at, _)| at + 1).filter(|at| *at < text.len()));
        if let Some(end) = starts.get(request.max_tokens) {
            text.truncate(*end);
            starts.truncate(request.max_tokens);
            finish = FinishReason::Length;
        }
        let token = |offset| CompletionToken { offset, log_probability: None, candidates: Vec::new() };
        let tokens = if self.silent { Vec::new() } else { starts.into_iter().map(token).collect() };
        Completion { text, finish, tokens }
    }
}

impl Generator for Writer {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        context.check_cancelled()?;
        self.calls.lock().unwrap().push((prompts.len(), request.samples));
        // Backwards: the order in which completions come means nothing.
        for (prompt, text) in prompts.iter().enumerate().rev() {
            for sample in (0..request.samples).rev() {
                done(Sample { prompt, sample }, self.complete(&text.text, request, sample));
            }
        }
        Ok(())
    }
}

/// Knows whether every step so far is right, and says so with noise.
#[derive(Default)]
pub struct Knows {
    /// How far rewards are off at most.
    pub noise: f64,
    /// How many CoTs every call was asked about.
    pub calls: Mutex<Vec<usize>>,
    /// Whether it says that its rewards hang on all CoTs.
    pub compares: bool,
}

impl Knows {
    pub fn with_noise(noise: f64) -> Self {
        Self { noise, ..Self::default() }
    }
}

impl Verifier for Knows {
    fn score(&self, _: &Context, _: &Question, cot: &Cot) -> Result<Rewards> {
        let (mut right, mut read) = (true, String::new());
        let reward = |step: &touchstone::Step| {
            right &= !step.contains("wrong");
            read.push_str(step);
            let noise = self.noise * (2.0 * chance(&read, &[7]) - 1.0);
            Some((if right { 0.8_f64 } else { 0.2 } + noise).clamp(0.0, 1.0))
        };
        Rewards::new(cot.steps.iter().map(reward).collect())
    }

    fn scope(&self) -> Scope {
        if self.compares { Scope::Question } else { Scope::Cot }
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        self.calls.lock().unwrap().push(work.cots.len());
        work.cots.iter().map(|cot| self.score(context, &work.question, cot)).collect()
    }
}

/// Paragraphs are steps.
pub struct Paragraphs;

impl StepSplitter for Paragraphs {
    fn split(&self, solution: &str) -> Result<Vec<Range<usize>>> {
        let mut start = 0;
        let pieces = solution.split("\n\n").map(|piece| {
            let range = start..start + piece.len();
            start = range.end + 2;
            range
        });
        Ok(pieces.filter(|range| !solution[range.clone()].trim().is_empty()).collect())
    }
}

/// The letter after "The answer is (".
pub struct AfterBracket;

impl AnswerExtractor for AfterBracket {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        Ok(solution.split_once("The answer is (").and_then(|(_, rest)| rest.get(..1)).map(str::to_owned))
    }
}

/// Everything that a solver borrows.
pub struct World {
    pub context: Context,
    pub writing: Writing,
    pub aggregator: Box<dyn Aggregator>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            context: Context::new(Registry::builtin()),
            writing: Writing::default(),
            aggregator: Box::new(touchstone_aggregators::Last {}),
        }
    }
}

impl World {
    pub fn with_seed(seed: u64) -> Self {
        Self { writing: Writing { seed, ..Writing::default() }, ..Self::default() }
    }

    pub fn solver<'a>(&'a self, generator: &'a dyn Generator, verifier: Option<&'a dyn Verifier>) -> Solver<'a> {
        Solver {
            context: &self.context,
            generator,
            verifier,
            aggregator: &*self.aggregator,
            splitter: &Paragraphs,
            extractor: &AfterBracket,
            answers: &MultipleChoice {},
            writing: &self.writing,
        }
    }
}

pub fn question(id: i64) -> Question {
    Question { id: id.into(), category: "math".into(), text: format!("What is {id}?") }
}

pub fn prompt(question: &Question) -> Prompt {
    Prompt { text: question.text.clone() }
}
