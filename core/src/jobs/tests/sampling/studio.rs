//! Questions in a folder, and a generator that can be told what to do.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::data::QuestionSet;
use crate::generator::{Completion, Conversation, FinishReason, GenerationRequest, Prompt, Sample};
use crate::jobs::{DataFingerprint, MergedCategory, SampledCategory, Sampling, SamplingMerge, SamplingSettings, Shard};
use crate::registry::{Description, Origin, PluginSource};
use crate::sampler::{Draw, TokenId};
use crate::{
    AnswerExtractor, Cancellation, Context, Error, Generator, GeneratorSettings, PluginKind, PluginSpec, Registry,
    Result, Sampler, StepSplitter, Templates,
};

/// What the generator is to do, and what it did.
#[derive(Default)]
pub struct Script {
    /// Its order of work.
    pub order: AtomicU64,
    /// It fails after so many completions; 0: never.
    pub fail_after: AtomicUsize,
    /// The job is asked to stop after so many; 0: never.
    pub stop_after: AtomicUsize,
    /// It leaves out its last completion.
    pub forgets: AtomicBool,
    /// It makes one up.
    pub invents: AtomicBool,
    /// It hands each over twice, the second time with other text.
    pub repeats: AtomicBool,
    /// Part of every text that it writes, as a server has that is not deterministic.
    pub mood: AtomicU64,
    /// How often it was asked for each prompt.
    pub asked: Mutex<HashMap<String, usize>>,
    /// Whether the job is asked to stop.
    pub stopped: AtomicBool,
}

impl Script {
    pub fn times_asked(&self) -> usize {
        self.asked.lock().unwrap().values().sum()
    }
}

struct Stop(Arc<Script>);

impl Cancellation for Stop {
    fn is_cancelled(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Scripted(Arc<Script>);

impl Generator for Scripted {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        let script = &*self.0;
        for prompt in prompts {
            *script.asked.lock().unwrap().entry(prompt.text.clone()).or_default() += 1;
        }
        let numbers = |prompt| (0..request.samples).map(move |sample| Sample { prompt, sample });
        let mut order: Vec<Sample> = (0..prompts.len()).flat_map(numbers).collect();
        let mut state = script.order.load(Ordering::Relaxed);
        for place in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(place, (state >> 33) as usize % (place + 1));
        }
        if script.forgets.load(Ordering::Relaxed) {
            order.pop();
        }
        if script.invents.load(Ordering::Relaxed) {
            order.push(Sample { prompt: 0, sample: request.samples });
        }
        for sample in order {
            context.check_cancelled()?;
            let text = prompts.get(sample.prompt).map_or("", |prompt| prompt.text.as_str());
            done(sample, self.completion(text, sample.sample, request.seed));
            if script.repeats.load(Ordering::Relaxed) {
                done(sample, Completion { text: "again".to_owned(), finish: FinishReason::Length, tokens: Vec::new() });
            }
            if script.fail_after.fetch_sub(1, Ordering::Relaxed) == 1 {
                return Err(Error::plugin("scripted", "the machine is gone"));
            }
            if script.stop_after.fetch_sub(1, Ordering::Relaxed) == 1 {
                script.stopped.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn chat(&self, _context: &Context, conversation: &Conversation) -> Result<Prompt> {
        Ok(Prompt { text: format!("<user>{}</user>", conversation.messages[0].content) })
    }
}

impl Scripted {
    /// What follows from the arguments and the mood.
    fn completion(&self, prompt: &str, sample: usize, seed: u64) -> Completion {
        let mood = self.0.mood.load(Ordering::Relaxed);
        let mut hash = seed ^ (sample as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ mood;
        for byte in prompt.bytes() {
            hash = hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(byte) + 1);
        }
        let (text, finish) = match hash >> 60 {
            0 => (String::new(), FinishReason::PromptTooLong),
            1 => (" \n\n ".to_owned(), FinishReason::EndOfText),
            2 => (format!("So {hash} is\n\nthe \"answ"), FinishReason::Length),
            3 => (format!("Step é {hash}.\n\n(A)STOP"), FinishReason::Stop),
            4 => ("error".to_owned(), FinishReason::EndOfText),
            _ => (
                format!("Step one: {hash}.\n\nMood {mood}.\n\n({})", char::from(b'A' + (hash % 10) as u8)),
                FinishReason::EndOfText,
            ),
        };
        Completion { text, finish, tokens: Vec::new() }
    }
}

impl GeneratorSettings for Scripted {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(self.clone()))
    }
}

/// Steps between these.
struct Between(String);
impl StepSplitter for Between {
    fn split(&self, solution: &str) -> Result<Vec<Range<usize>>> {
        let start = |piece: &str| piece.as_ptr() as usize - solution.as_ptr() as usize;
        let pieces = solution.split(self.0.as_str()).filter(|piece| !piece.trim().is_empty());
        Ok(pieces.map(|piece| start(piece)..start(piece) + piece.len()).collect())
    }
}

/// The last letter in round brackets.
struct Bracketed;
impl AnswerExtractor for Bracketed {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        if solution == "error" {
            return Err(Error::plugin("bracketed", "I cannot read this"));
        }
        Ok(solution.rfind('(').and_then(|at| solution.get(at + 1..at + 2)).map(str::to_owned))
    }
}

struct First;
impl Sampler for First {
    fn sample(&self, _logits: &mut [f32], _history: &[TokenId], _draw: Draw) -> Result<TokenId> {
        Ok(TokenId(0))
    }
}

struct Library(Arc<Script>);

impl PluginSource for Library {
    fn plugins(&self) -> Vec<Description> {
        let schema = json!({
            "type": "object",
            "properties": {
                "by": {"type": "string"},
                "batch": {"type": "integer", "x-touchstone-same-results": true},
                "model": {"type": "string", "format": "path-or-hub"},
            },
            "additionalProperties": false,
        });
        let plugin = |(kind, name): (PluginKind, &str)| {
            let origin = Origin::Crate("test".to_owned());
            Description { kind, name: name.to_owned(), text: "For tests.".to_owned(), schema: schema.clone(), origin }
        };
        [
            (PluginKind::Generator, "scripted"),
            (PluginKind::StepSplitter, "between"),
            (PluginKind::AnswerExtractor, "bracketed"),
            (PluginKind::AnswerExtractor, "bracketed_too"),
            (PluginKind::Sampler, "first"),
        ]
        .map(plugin)
        .to_vec()
    }

    fn generator(&self, _name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn GeneratorSettings>> {
        Ok(Box::new(Scripted(Arc::clone(&self.0))))
    }
    fn step_splitter(&self, _name: &str, settings: &Map<String, Value>) -> Result<Box<dyn StepSplitter>> {
        let by = settings.get("by").and_then(Value::as_str).unwrap_or("\n\n");
        Ok(Box::new(Between(by.to_owned())))
    }
    fn answer_extractor(&self, _name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn AnswerExtractor>> {
        Ok(Box::new(Bracketed))
    }
    fn sampler(&self, _name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn Sampler>> {
        Ok(Box::new(First))
    }
}

/// A folder with the question set `data` of two categories.
pub struct Studio {
    folder: tempfile::TempDir,
    pub script: Arc<Script>,
    pub settings: SamplingSettings,
    pub templates: Templates,
    registry: Registry,
}

impl Studio {
    /// So many questions of law and of mathematics.
    pub fn new(law: usize, math: usize) -> Self {
        let script = Arc::<Script>::default();
        let mut registry = Registry::builtin();
        registry.add(Arc::new(Library(Arc::clone(&script)))).unwrap();
        let settings = SamplingSettings {
            samples: 3.try_into().unwrap(),
            sampler: PluginSpec::named("first"),
            stop: vec!["STOP".to_owned(), "OP".to_owned()],
            splitter: PluginSpec::named("between"),
            extractor: PluginSpec::named("bracketed"),
            ..SamplingSettings::new(PluginSpec::named("scripted"))
        };
        let folder = tempfile::tempdir().unwrap();
        let studio = Self { folder, script, settings, templates: Templates::new(), registry };
        studio.write("data/law.jsonl", &questions("law", law));
        studio.write("data/math.jsonl", &questions("math", math));
        studio
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn questions(&self) -> QuestionSet {
        QuestionSet::open(&self.path("data").to_str().unwrap().parse().unwrap()).unwrap()
    }

    pub fn sample(&self, out: &str) -> Result<Vec<SampledCategory>> {
        self.sample_shard(out, None)
    }

    pub fn sample_shard(&self, out: &str, shard: Option<Shard>) -> Result<Vec<SampledCategory>> {
        let context = self.context();
        let questions = self.questions();
        let sampling = Sampling {
            context: &context,
            settings: &self.settings,
            questions: &questions,
            fingerprint: &DataFingerprint::of(&questions).unwrap(),
            folder: &self.path(out),
            shard,
        };
        sampling.run()
    }

    /// The context of a job that was not asked to stop yet.
    pub fn context(&self) -> Context {
        self.script.stopped.store(false, Ordering::Relaxed);
        Context::new(self.registry.clone())
            .with_templates(self.templates.clone())
            .with_cancellation(Stop(Arc::clone(&self.script)))
    }

    pub fn merge(&self, shards: &[&str], out: &str) -> Result<Vec<MergedCategory>> {
        let questions = self.questions();
        let shards: Vec<PathBuf> = shards.iter().map(|folder| self.path(folder)).collect();
        let fingerprint = DataFingerprint::of(&questions).unwrap();
        SamplingMerge { shards: &shards, questions: &questions, fingerprint: &fingerprint, folder: &self.path(out) }
            .run()
    }

    /// Runs to the end, undisturbed, and gives the two files.
    pub fn undisturbed(&self) -> [Vec<u8>; 2] {
        self.sample("undisturbed").unwrap();
        let files = self.files("undisturbed");
        fs::remove_dir_all(self.path("undisturbed")).unwrap();
        self.script.asked.lock().unwrap().clear();
        files
    }

    pub fn files(&self, folder: &str) -> [Vec<u8>; 2] {
        let extension = self.settings.format.extension();
        ["law", "math"].map(|category| fs::read(self.path(&format!("{folder}/{category}.{extension}"))).unwrap())
    }
}

/// The lines of a question set, with a column that nobody knows.
pub fn questions(category: &str, count: usize) -> String {
    let row = |question: usize| json!({"q_id": question, "question": format!("{category} {question}?"), "answer": "A", "cots": "none yet"});
    (0..count).map(|question| row(question).to_string() + "\n").collect()
}
