//! A test set in a folder, and a verifier that can be told when to fail.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::data::TestSet;
use crate::generator::FinishReason;
use crate::jobs::{DataFingerprint, Merge, MergedCategory, ScoredCategory, Scoring, Shard};
use crate::registry::{Description, Origin, PluginSource};
use crate::verifier::{Scope, ScoredCot};
use crate::{
    Context, Cot, CotId, Error, PluginKind, PluginSpec, Question, QuestionCots, QuestionId, Rationale, Registry,
    Result, Rewards, Verifier, VerifierSettings,
};

/// What a verifier is to do, and what it did.
#[derive(Default)]
pub struct Script {
    /// Its order of work.
    pub seed: AtomicUsize,
    /// It fails when so many CoTs are scored; 0: never.
    pub fail_after: AtomicUsize,
    /// It asks the job to stop then.
    pub stop_after: AtomicUsize,
    /// How often it scored each CoT.
    pub scored: Mutex<HashMap<(QuestionId, CotId), usize>>,
}

impl Script {
    pub fn times_scored(&self) -> usize {
        self.scored.lock().unwrap().values().sum()
    }
}

#[derive(Clone)]
struct Scripted {
    script: Arc<Script>,
    scope: Scope,
}

impl Scripted {
    /// Depends on the question, the CoT and, in the scope of a question, on how many CoTs there are.
    fn rewards(&self, unit: &QuestionCots, cot: &Cot) -> Rewards {
        let others = if self.scope == Scope::Question { unit.cots.len() } else { 0 };
        let mut hash = 17 + 31 * others as u64 + cot.id.0 as u64;
        for byte in unit.question.id.as_str().bytes() {
            hash = hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(byte));
        }
        let reward =
            |step: u64| (step != 2).then_some((hash.rotate_left(step as u32 * 7) >> 11) as f64 / 2_f64.powi(53));
        Rewards::new((0..cot.steps.len() as u64).map(reward).collect()).unwrap()
    }
}

impl Verifier for Scripted {
    fn score(&self, _context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        Ok(self.rewards(&QuestionCots { question: question.clone(), cots: vec![cot.clone()] }, cot))
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> Result<()> {
        let mut order: Vec<_> = work.iter().flat_map(|unit| unit.cots.iter().map(move |cot| (unit, cot))).collect();
        let mut state = self.script.seed.load(Ordering::Relaxed) as u64;
        for place in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(place, (state >> 33) as usize % (place + 1));
        }
        for (unit, cot) in order {
            context.check_cancelled()?;
            let key = (unit.question.id.clone(), cot.id);
            *self.script.scored.lock().unwrap().entry(key).or_default() += 1;
            let (scored, rewards) = (ScoredCot { question: &unit.question.id, cot: cot.id }, self.rewards(unit, cot));
            let rationale = |(place, reward): (usize, &Option<f64>)| Rationale {
                text: format!("{}\n{place}", cot.id),
                finish: FinishReason::Stop,
                reward: *reward,
            };
            context.keep_rationales(scored, rewards.iter().enumerate().map(rationale).collect());
            done(scored, rewards);
            if self.script.fail_after.fetch_sub(1, Ordering::Relaxed) == 1 {
                return Err(Error::plugin("scripted", "the machine is gone"));
            }
        }
        Ok(())
    }
}

impl VerifierSettings for Scripted {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        if self.script.stop_after.load(Ordering::Relaxed) > 0 {
            context.cancel();
        }
        Ok(Box::new(self.clone()))
    }
}

struct Library(Arc<Script>);

impl PluginSource for Library {
    fn plugins(&self) -> Vec<Description> {
        let location = json!({"type": ["string", "null"], "format": "path-or-hub"});
        let schema = json!({
            "type": "object",
            "properties": {
                "scope": {"type": "string"},
                "model": location,
                "adapters": {"type": "array", "items": location},
                "compute": {"$ref": "#/$defs/Compute"},
                "inner": {"anyOf": [{"x-touchstone-plugin": "verifier"}, {"type": "null"}]},
            },
            "$defs": {"Compute": {"type": "object", "properties": {
                "device": {"type": "string"},
                "batch": {"type": "integer", "x-touchstone-same-results": true},
            }}},
            "additionalProperties": false,
        });
        let origin = Origin::Crate("test".to_owned());
        let (kind, name, text) = (PluginKind::Verifier, "scripted".to_owned(), "For tests.".to_owned());
        vec![Description { kind, name, text, schema, origin }]
    }

    fn verifier(&self, _name: &str, settings: &Map<String, Value>) -> Result<Box<dyn VerifierSettings>> {
        let scope = if settings.get("scope") == Some(&json!("question")) { Scope::Question } else { Scope::Cot };
        Ok(Box::new(Scripted { script: Arc::clone(&self.0), scope }))
    }
}

/// A folder with the test set `data` of two categories.
pub struct Place {
    folder: tempfile::TempDir,
    pub script: Arc<Script>,
    registry: Registry,
    /// Whether what its verifier writes is not kept.
    pub drops_rationales: Cell<bool>,
}

/// How many CoTs the test set has.
pub const COTS: usize = 7 * 3 + 4 * 3;

impl Place {
    pub fn new() -> Self {
        let script = Arc::<Script>::default();
        let mut registry = Registry::builtin();
        registry.add(Arc::new(Library(Arc::clone(&script)))).unwrap();
        let place = Self { folder: tempfile::tempdir().unwrap(), script, registry, drops_rationales: Cell::new(false) };
        place.write("data/law.jsonl", &questions("law", 7));
        place.write("data/math.jsonl", &questions("math", 4));
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn score(&self, settings: Value, out: &str) -> Result<Vec<ScoredCategory>> {
        self.score_shard(settings, out, None)
    }

    pub fn score_shard(&self, settings: Value, out: &str, shard: Option<Shard>) -> Result<Vec<ScoredCategory>> {
        self.score_under(&Context::new(self.registry.clone()), settings, out, shard)
    }

    pub fn score_under(
        &self,
        context: &Context,
        settings: Value,
        out: &str,
        shard: Option<Shard>,
    ) -> Result<Vec<ScoredCategory>> {
        let mut verifier = PluginSpec::named("scripted");
        for (field, value) in settings.as_object().unwrap() {
            verifier = verifier.with(field, value.clone());
        }
        let test_set = self.test_set();
        let fingerprint = DataFingerprint::of(&test_set).unwrap();
        let folder = self.path(out);
        let scoring = Scoring {
            context,
            verifier: &verifier,
            test_set: &test_set,
            fingerprint: &fingerprint,
            folder: &folder,
            shard,
            keep_rationales: !self.drops_rationales.get(),
        };
        scoring.run()
    }

    pub fn context(&self) -> Context {
        Context::new(self.registry.clone())
    }

    pub fn merge(&self, shards: &[&str], out: &str) -> Result<Vec<MergedCategory>> {
        let test_set = self.test_set();
        let fingerprint = DataFingerprint::of(&test_set).unwrap();
        let shards: Vec<PathBuf> = shards.iter().map(|folder| self.path(folder)).collect();
        Merge { shards: &shards, test_set: &test_set, fingerprint: &fingerprint, folder: &self.path(out) }.run()
    }

    fn test_set(&self) -> TestSet {
        TestSet::open(&self.path("data").to_str().unwrap().parse().unwrap()).unwrap()
    }

    /// Runs to the end, undisturbed, and gives the two files.
    pub fn undisturbed(&self, settings: Value) -> [String; 2] {
        self.score(settings, "undisturbed").unwrap();
        let files = self.files("undisturbed");
        fs::remove_dir_all(self.path("undisturbed")).unwrap();
        self.script.scored.lock().unwrap().clear();
        files
    }

    pub fn files(&self, folder: &str) -> [String; 2] {
        ["law", "math"].map(|category| self.read(&format!("{folder}/{category}_reward.json")))
    }
}

/// The lines of a test set; ids are text in one category and numbers in the other.
pub fn questions(category: &str, count: usize) -> String {
    let row = |question: usize| {
        let id = if category == "law" { json!(format!("é{question}")) } else { json!(question) };
        let cots: Vec<Vec<String>> = (0..3).map(|cot| vec!["step".to_owned(); (question + cot) % 4]).collect();
        json!({"q_id": id, "question": "?", "answer": "A", "cot_ids": [5, 1, 3], "cots": cots,
               "parsed_answers": [null, "A", "B"]})
    };
    (0..count).map(|question| row(question).to_string() + "\n").collect()
}

/// Cuts so many bytes off the end of a file, if it is there.
pub fn cut(path: &Path, bytes: u64) {
    if let Ok(file) = fs::OpenOptions::new().write(true).open(path) {
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(bytes)).unwrap();
    }
}
