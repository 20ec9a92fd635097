//! The program that loads the library: plugins of its own, a context that tells what it was told, work to do.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use touchstone::generator::{
    Completion, CompletionToken, FinishReason, GenerationRequest, Generator, GeneratorSettings, Prompt, Sample,
};
use touchstone::registry::Pluggable;
use touchstone::sampler::{Draw, Sampler, TokenId};
use touchstone::{
    Category, Context, Cot, CotId, Error, PluginSpec, Progress, ProgressStage, Question, QuestionCots, Registry,
    Result, Rewards, Templates, Verifier,
};
use touchstone_aggregators as _;

use crate::build::PLAIN;

/// The library, built once for all tests.
pub fn library() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| PLAIN.library())
}

/// The program's plugins and the library's.
pub fn registry() -> Registry {
    let mut registry = Registry::builtin();
    touchstone_dynamic::load::load(&mut registry, library()).unwrap();
    registry
}

/// The plugin that this text names, as on the command line.
pub fn make<K: Pluggable + ?Sized>(spec: &str) -> Box<K::Made> {
    registry().make(&spec.parse::<PluginSpec<K>>().unwrap()).unwrap()
}

/// The verifier that this text names, opened.
pub fn verifier(spec: &str, context: &Context) -> Result<Box<dyn Verifier>> {
    context.registry().make(&spec.parse::<PluginSpec<dyn Verifier>>()?)?.open(context)
}

/// The generator that this text names, opened.
pub fn generator(spec: &str, context: &Context) -> Result<Box<dyn Generator>> {
    context.registry().make(&spec.parse::<PluginSpec<dyn Generator>>()?)?.open(context)
}

/// A context with every plugin, and a template.
pub fn context() -> Context {
    let mut templates = Templates::new();
    templates.add("judge.txt", "{{ question }}|{% for step in steps %}{{ step }};{% endfor %}").unwrap();
    Context::new(registry()).with_templates(templates)
}

/// The likeliest token, or an error where there is none.
#[touchstone_sdk::settings]
pub struct Likeliest {}

impl Sampler for Likeliest {
    fn sample(&self, logits: &mut [f32], _history: &[TokenId], _draw: Draw) -> Result<TokenId> {
        let likeliest = (0..).zip(logits.iter()).max_by(|(_, left), (_, right)| left.total_cmp(right));
        likeliest.map(|(token, _)| TokenId(token)).ok_or_else(|| Error::plugin("likeliest", "there is no token"))
    }
}

touchstone::register!(Sampler, "likeliest", Likeliest);

/// Answers with the share of the prompt's characters that are digits; at a prompt with `?` it fails.
#[touchstone_sdk::settings]
pub struct Scorer {}

impl GeneratorSettings for Scorer {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(self.clone()))
    }
}

impl Generator for Scorer {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        context.start("generating", None).advance(prompts.len() as u64);
        context.check_cancelled()?;
        for (prompt, Prompt { text }) in prompts.iter().enumerate() {
            if text.contains('?') {
                return Err(Error::plugin("scorer", "the server is gone"));
            }
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let token = CompletionToken { offset: 0, log_probability: None, candidates: Vec::new() };
            let completion = Completion {
                text: format!("{}\n", digits as f64 / text.chars().count() as f64),
                finish: FinishReason::Stop,
                tokens: vec![token],
            };
            (0..request.samples).for_each(|sample| done(Sample { prompt, sample }, completion.clone()));
        }
        Ok(())
    }
}

touchstone::register!(Generator, "scorer", Scorer);

/// A question with CoTs: each has its steps, and the number of its steps as answer.
pub fn question(id: &str, text: &str, cots: &[&[&str]]) -> QuestionCots {
    let cots = (3..).zip(cots).map(|(id, steps)| Cot {
        id: CotId(id),
        steps: steps.iter().map(|step| (*step).into()).collect(),
        answer: (!steps.is_empty()).then(|| steps.len().to_string()),
    });
    QuestionCots {
        question: Question { id: id.into(), category: Category::new("law"), text: text.to_owned() },
        cots: cots.collect(),
    }
}

/// Work of every shape: no CoTs, no steps, empty steps, characters of several bytes.
pub fn work() -> Vec<QuestionCots> {
    vec![
        question("first", "1 + 1 = ä", &[&["1 + 1 = 2", "so", ""], &[], &["\"two\"\n\u{0}", "∑ = 2"], &["x", "y"]]),
        question("no CoTs", "", &[]),
        question("third", "hard", &[&["a = b"]]),
    ]
}

/// What `score_all` hands out, in the order of the work.
pub fn score_all(verifier: &dyn Verifier, context: &Context, work: &[QuestionCots]) -> Result<Vec<Vec<Rewards>>> {
    let scored = Mutex::new(std::collections::HashMap::new());
    verifier.score_all(context, work, &|cot, rewards| {
        let twice = scored.lock().unwrap().insert((cot.question.clone(), cot.cot), rewards);
        assert!(twice.is_none(), "{cot:?}");
    })?;
    let mut scored = scored.into_inner().unwrap();
    let mut of = |unit: &QuestionCots| {
        unit.cots.iter().map(|cot| scored.remove(&(unit.question.id.clone(), cot.id)).unwrap()).collect()
    };
    Ok(work.iter().map(&mut of).collect())
}

/// Writes down what it is told. Clones are the same record.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Vec<String>>>);

impl Record {
    /// What it was told so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until it is told this.
    pub fn wait_for(&self, line: &str) {
        wait_until(line, || self.lines().iter().any(|told| told == line));
    }

    /// How many clones there are beside this one: whoever holds a context with it holds one.
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }

    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Progress for Record {
    fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
        let total = total.map_or("?".to_owned(), |total| total.to_string());
        self.write(format!("{stage}: start 0/{total}"));
        Box::new(RecordStage { record: self.clone(), stage: stage.to_owned() })
    }
}

struct RecordStage {
    record: Record,
    stage: String,
}

impl ProgressStage for RecordStage {
    fn advance(&self, units: u64) {
        self.record.write(format!("{}: {units} more", self.stage));
    }
}

impl Drop for RecordStage {
    fn drop(&mut self) {
        self.record.write(format!("{}: end", self.stage));
    }
}

/// Waits until it is so, for ten seconds at most.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(10), "never happened: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
