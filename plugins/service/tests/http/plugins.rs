//! A verifier and a generator that do what a test asks of them.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::generator::{
    Completion, CompletionToken, Conversation, FinishReason, GenerationRequest, GeneratorSettings, Prompt, Sample,
};
use touchstone::{
    Context, Cot, Error, Generator, Question, Rationale, Result, Rewards, Verifier, VerifierSettings,
    verifier::ScoredCot,
};

/// Names that tests and plugins tell each other.
pub struct Board {
    names: Mutex<HashSet<String>>,
    changed: Condvar,
}

impl Board {
    const fn new(names: Mutex<HashSet<String>>) -> Self {
        Self { names, changed: Condvar::new() }
    }

    pub fn put(&self, name: &str) {
        self.names.lock().unwrap().insert(name.to_owned());
        self.changed.notify_all();
    }

    /// Waits for a name; fails after a time in which it should long be there.
    pub fn wait_for(&self, name: &str) {
        let names = self.names.lock().unwrap();
        let waited = self.changed.wait_timeout_while(names, Duration::from_secs(20), |names| !names.contains(name));
        assert!(!waited.unwrap().1.timed_out(), "{name} never came");
    }

    fn has(&self, name: &str) -> bool {
        self.names.lock().unwrap().contains(name)
    }
}

macro_rules! board {
    ($name:ident, $what:literal) => {
        #[doc = $what]
        pub static $name: std::sync::LazyLock<Board> = std::sync::LazyLock::new(|| Board::new(Mutex::default()));
    };
}
board!(BEGUN, "Steps `hold:NAME` that a verifier has come to.");
board!(RELEASED, "Steps `hold:NAME` that it may go on from.");
board!(STOPPED, "Steps `hold:NAME` at which it was stopped.");

/// Rewards each step with its length in hundredths; `missing` has none, `fail` fails, and at `hold:NAME` it waits.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ByLength {}

impl Verifier for ByLength {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        let mut rewards = Vec::new();
        for step in &cot.steps {
            if let Some(name) = step.strip_prefix("hold:") {
                hold(context, name)?;
            }
            if &**step == "fail" {
                return Err(Error::plugin("by_length", "this step is too hard"));
            }
            rewards.push((&**step != "missing").then_some(step.len().min(100) as f64 / 100.0));
        }
        let scored = ScoredCot { question: &question.id, cot: cot.id };
        context.meter_tokens(scored, cot.steps.iter().map(|step| step.len() as u64).sum());
        context.count("tokens", 1);
        let rationale = Rationale { text: "So it is.".to_owned(), finish: FinishReason::EndOfText, reward: Some(0.5) };
        context.keep_rationales(scored, vec![rationale]);
        Rewards::new(rewards)
    }
}

fn hold(context: &Context, name: &str) -> Result<()> {
    BEGUN.put(name);
    while !RELEASED.has(name) {
        if context.is_cancelled() {
            STOPPED.put(name);
            return Err(Error::Cancelled);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

impl VerifierSettings for ByLength {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(self.clone()))
    }
}

touchstone::register!(Verifier, "by_length", ByLength);

/// Writes these texts, one after the other; `hold:NAME` waits, `gone` is a server that is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Scripted {
    texts: Vec<String>,
}

impl Generator for Scripted {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        for (prompt, asked) in prompts.iter().enumerate() {
            for sample in 0..request.samples {
                let text = self.texts[sample % self.texts.len()].replace("PROMPT", &asked.text);
                if let Some(name) = text.strip_prefix("hold:") {
                    hold(context, name)?;
                }
                if text == "gone" {
                    return Err(Error::Upstream { plugin: "scripted".to_owned(), message: "it is gone".to_owned() });
                }
                let token = CompletionToken { offset: 0, log_probability: None, candidates: Vec::new() };
                done(
                    Sample { prompt, sample },
                    Completion { text, finish: FinishReason::EndOfText, tokens: vec![token] },
                );
            }
        }
        Ok(())
    }

    fn chat(&self, _context: &Context, conversation: &Conversation) -> Result<Prompt> {
        let turn = |message: &touchstone::generator::Message| format!("[{:?} {}]", message.role, message.content);
        Ok(Prompt { text: conversation.messages.iter().map(turn).collect() })
    }
}

impl GeneratorSettings for Scripted {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(self.clone()))
    }
}

touchstone::register!(Generator, "scripted", Scripted);
