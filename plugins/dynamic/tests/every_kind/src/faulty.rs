//! Plugins that do what they should not, each in the way that its settings say.

use std::ops::Range;
use std::panic::{panic_any, resume_unwind};

use touchstone_sdk::answer::{AnswerEquivalence, AnswerKey};
use touchstone_sdk::generator::{
    Completion, FinishReason, GenerationRequest, Generator, GeneratorSettings, Prompt, Sample,
};
use touchstone_sdk::sampler::{Draw, Sampler, TokenId};
use touchstone_sdk::verifier::{Scope, ScoredCot};
use touchstone_sdk::{
    Aggregator, AnswerExtractor, Context, Cot, Error, Question, QuestionCots, Result, Rewards, StepSplitter, Verifier, VerifierSettings,
};

/// What goes wrong.
#[touchstone_sdk::settings]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It panics with a message.
    Panic,
    /// It panics with what is no message.
    PanicWithNumber,
    /// It panics with what panics when it is dropped.
    PanicTwice,
    /// A thread that it started panics.
    PanicInThread,
    /// It returns an error.
    Error,
    /// It returns an error of another plugin.
    ErrorOfAnother,
    /// It gives less than it was asked for.
    TooLittle,
    /// It gives more than it was asked for.
    TooMuch,
    /// It gives what is no result of its kind.
    Wrong,
    /// It says something other than what is right the first time.
    Twice,
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("and again");
    }
}

impl Fault {
    /// Goes wrong, where it is a way that every call has.
    fn happen(self) -> Result<()> {
        match self {
            Self::Panic => panic!("there are {} legs, not two", 3),
            Self::PanicWithNumber => panic_any(7),
            Self::PanicTwice => panic_any(PanicsWhenDropped),
            Self::PanicInThread => {
                let thread = std::thread::spawn(|| panic!("deep below"));
                thread.join().unwrap_or_else(|payload| resume_unwind(payload))
            }
            Self::Error => Err(Error::plugin("faulty", "no legs at all")),
            Self::ErrorOfAnother => Err(Error::plugin("another", "no legs at all")),
            _ => Ok(()),
        }
    }
}

/// Goes wrong when it aggregates, or when its settings are read.
#[touchstone_sdk::settings]
pub struct FaultyAggregator {
    /// What goes wrong.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// Cannot be read: trying to panics.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub unreadable: Option<Unreadable>,
}

/// Panics when it is read.
#[derive(Clone, Debug, touchstone_sdk::serde::Serialize)]
#[serde(crate = "touchstone_sdk::serde")]
pub struct Unreadable;

impl<'de> touchstone_sdk::serde::Deserialize<'de> for Unreadable {
    fn deserialize<D: touchstone_sdk::serde::Deserializer<'de>>(_deserializer: D) -> Result<Self, D::Error> {
        panic!("nobody can read this");
    }
}

impl Aggregator for FaultyAggregator {
    fn aggregate(&self, _rewards: &[Option<f64>]) -> Result<f64> {
        self.fault.map_or(Ok(()), Fault::happen)?;
        Ok(if self.fault == Some(Fault::Wrong) { f64::NAN } else { 0.5 })
    }
}

/// Goes wrong when it splits.
#[touchstone_sdk::settings]
pub struct FaultySplitter {
    /// What goes wrong.
    pub fault: Fault,
}

impl StepSplitter for FaultySplitter {
    fn split(&self, solution: &str) -> Result<Vec<Range<usize>>> {
        self.fault.happen()?;
        Ok(match self.fault {
            Fault::TooMuch => vec![0..solution.len() + 1],
            Fault::Twice => vec![0..1, 0..1],
            _ => vec![0..1, 2..3],
        })
    }
}

/// Goes wrong when it is asked for a key.
#[touchstone_sdk::settings]
pub struct FaultyAnswers {
    /// What goes wrong.
    pub fault: Fault,
}

impl AnswerEquivalence for FaultyAnswers {
    fn key(&self, _answer: Option<&str>) -> Result<Option<AnswerKey>> {
        self.fault.happen().map(|()| None)
    }
}

/// Goes wrong when it is asked for an answer.
#[touchstone_sdk::settings]
pub struct FaultyExtractor {
    /// What goes wrong.
    pub fault: Fault,
}

impl AnswerExtractor for FaultyExtractor {
    fn extract(&self, _solution: &str) -> Result<Option<String>> {
        self.fault.happen().map(|()| None)
    }
}

/// Goes wrong when it samples.
#[touchstone_sdk::settings]
pub struct FaultySampler {
    /// What goes wrong.
    pub fault: Fault,
}

impl Sampler for FaultySampler {
    fn sample(&self, logits: &mut [f32], _history: &[TokenId], _draw: Draw) -> Result<TokenId> {
        self.fault.happen()?;
        Ok(TokenId(logits.len() as u32))
    }
}

/// Goes wrong when it is opened, or when it generates.
#[touchstone_sdk::settings]
pub struct FaultyGenerator {
    /// What goes wrong in the call.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// What goes wrong when it is opened.
    #[serde(default)]
    pub at_first: Option<Fault>,
}

impl GeneratorSettings for FaultyGenerator {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        self.at_first.map_or(Ok(()), Fault::happen)?;
        Ok(Box::new(self.clone()))
    }
}

impl Generator for FaultyGenerator {
    fn generate(
        &self,
        _context: &Context,
        prompts: &[Prompt],
        _request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        let empty = Completion { text: String::new(), finish: FinishReason::EndOfText, tokens: Vec::new() };
        done(Sample { prompt: 0, sample: 0 }, empty.clone());
        self.fault.map_or(Ok(()), Fault::happen)?;
        match self.fault {
            Some(Fault::Twice) => done(Sample { prompt: 0, sample: 0 }, empty),
            Some(Fault::TooMuch) => done(Sample { prompt: prompts.len(), sample: 0 }, empty),
            _ => {}
        }
        Ok(())
    }
}

/// Goes wrong when it is opened, asked for its scope, scores, or is closed.
#[touchstone_sdk::settings]
pub struct FaultyVerifier {
    /// What goes wrong with a question whose text is `hard`.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// What goes wrong when it is opened.
    #[serde(default)]
    pub at_first: Option<Fault>,
    /// What goes wrong with the scope.
    #[serde(default)]
    pub scope: Option<Fault>,
    /// What goes wrong before the first question of a batch.
    #[serde(default)]
    pub batch: Option<Fault>,
    /// What goes wrong when it is closed.
    #[serde(default)]
    pub at_the_end: Option<Fault>,
}

struct Opened(FaultyVerifier);

impl VerifierSettings for FaultyVerifier {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        self.at_first.map_or(Ok(()), Fault::happen)?;
        Ok(Box::new(Opened(self.clone())))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let _ = self.0.at_the_end.map_or(Ok(()), Fault::happen);
    }
}

impl Verifier for Opened {
    fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
        Rewards::new(vec![Some(0.5)])
    }

    fn scope(&self) -> Scope {
        let _ = self.0.scope.map_or(Ok(()), Fault::happen);
        Scope::Cot
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        let fault = self.0.fault.filter(|_| work.question.text == "hard");
        fault.map_or(Ok(()), Fault::happen)?;
        let mut all: Vec<_> =
            work.cots.iter().map(|cot| self.score(context, &work.question, cot)).collect::<Result<_>>()?;
        match fault {
            Some(Fault::TooLittle) => drop(all.pop()),
            Some(Fault::TooMuch) => all.push(Rewards::default()),
            _ => {}
        }
        Ok(all)
    }

    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> Result<()> {
        self.0.batch.map_or(Ok(()), Fault::happen)?;
        touchstone_sdk::verifier::score_each(self, context, work, done)
    }
}
