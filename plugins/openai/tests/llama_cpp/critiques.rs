//! gORM and gPRM over the server and on this machine.

use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use touchstone::data::TestSet;
use touchstone::{PluginSpec, QuestionCots, Rationale, Rationales, Rewards, Verifier, verifier::ScoredCot};
use touchstone_candle as _;
use touchstone_generative as _;
use touchstone_samplers as _;

use super::{context, gguf, server};

/// The first question of these categories of the bundled data, with its first two CoTs.
fn work() -> Vec<QuestionCots> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/cli/quickstart/data");
    let set = TestSet::open(&folder.to_string_lossy().parse().unwrap()).unwrap();
    let first = |category: &str| {
        let row = set.rows(&category.into()).unwrap().next().unwrap().unwrap();
        QuestionCots { question: row.question, cots: row.cots.into_iter().take(2).collect() }
    };
    ["psychology", "biology"].map(first).to_vec()
}

/// The generators, on this machine and over the server, both with the weights in 32 bits.
fn generators() -> Option<[Value; 2]> {
    let url = server::url()?;
    let local = json!({"type": "local", "model": gguf::dequantised(&server::quantised()?)});
    let remote = json!({"type": "openai", "url": url, "model": "smollm2", "concurrency": 2, "api_key_variable": ""});
    Some([local, remote])
}

#[derive(Clone, Default)]
struct Kept(std::sync::Arc<Mutex<Vec<Rationale>>>);

impl Rationales for Kept {
    fn keep(&self, _cot: ScoredCot<'_>, rationales: Vec<Rationale>) {
        self.0.lock().unwrap().extend(rationales);
    }
}

/// The rewards of every CoT, and all that was written.
fn score(spec: &PluginSpec<dyn Verifier>, work: &[QuestionCots]) -> (Vec<Rewards>, Vec<Rationale>) {
    let kept = Kept::default();
    let context = context().with_rationales(kept.clone());
    let verifier = context.registry().make(spec).unwrap().open(&context).unwrap();
    let given = Mutex::new(Vec::new());
    verifier
        .score_all(&context, work, &|cot, rewards| {
            given.lock().unwrap().push(((cot.question.to_string(), cot.cot), rewards));
        })
        .unwrap();
    let mut given = given.into_inner().unwrap();
    given.sort_by(|one, other| one.0.cmp(&other.0));
    let rationales = kept.0.lock().unwrap().clone();
    (given.into_iter().map(|(_, rewards)| rewards).collect(), rationales)
}

#[test]
fn both_score_real_cots_with_critiques_of_their_own() {
    let Some(generators) = generators() else { return };
    let work = &work()[..1];
    for generator in generators {
        for verifier in ["gorm", "gprm"] {
            let spec = PluginSpec::named(verifier).with("generator", generator.clone());
            let (rewards, rationales) = score(&spec.with("verdicts", 2).with("max_tokens", 24), work);
            assert_eq!(rewards.iter().map(|rewards| rewards.len()).collect::<Vec<_>>(), [2; 2]);
            assert_eq!(rationales.len(), 4);
            assert!(rationales.iter().all(|rationale| !rationale.text.is_empty()), "{rationales:?}");
        }
    }
}

#[test]
fn both_think_the_same_of_the_same_critique() {
    let Some(generators) = generators() else { return };
    let work = work();
    let form = |verifier| match verifier {
        "gorm" => "Verification: Is the answer correct (Yes/No)?",
        _ => "Is the solution correct?",
    };
    for verifier in ["gorm", "gprm"] {
        let form = form(verifier);
        // Told what to say once, this small model says it again.
        let critique = format!("Let's verify step by step: All is right. {form} Yes\n\nLet me say that again. {form}");
        let [local, remote] = generators.clone().map(|generator| {
            let spec = PluginSpec::named(verifier)
                .with("generator", generator)
                .with("prefix", critique.as_str())
                .with("sampler", json!({"type": "greedy"}))
                .with("verdicts", 1)
                .with("max_tokens", 1);
            score(&spec, &work).0
        });
        assert_eq!(local.len(), 4);
        for (local, remote) in local.iter().zip(&remote) {
            let (local, remote) = (local[0].unwrap(), remote[0].unwrap());
            assert!((local - remote).abs() < 1e-3, "{verifier}: {local} here, {remote} over the server");
            println!("{verifier}: {local:.6} here, {remote:.6} over the server");
        }
    }
}
