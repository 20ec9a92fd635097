//! The rewards of an independent implementation for the four small models, with and without adapters.

use serde::Deserialize;
use serde_json::Value;
use touchstone::{PluginSpec, Verifier};

use super::material::{assert_close, model, open, questions, score, spec};

const MODELS: [&str; 4] = ["llama", "llama-tied-short", "qwen2", "qwen3"];
const BOUND: f64 = 1e-4;

/// The rewards of one CoT.
#[derive(Deserialize)]
struct Golden {
    q_id: String,
    cot: usize,
    rewards: Vec<Option<f64>>,
}

fn expected(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(model(name).join("expected.json")).unwrap()).unwrap()
}

/// Holds the verifier to the golden rewards; returns how many there are and how many of them are missing.
fn hold(spec: &PluginSpec<dyn Verifier>, golden: &Value) -> [usize; 2] {
    let golden: Vec<Golden> = serde_json::from_value(golden.clone()).unwrap();
    let work = questions("law");
    let scored = score(&*open(spec), &work);
    for Golden { q_id, cot, rewards } in &golden {
        let unit = work.iter().position(|unit| unit.question.id.as_str() == q_id).unwrap();
        assert_close(&scored[unit][*cot], rewards, BOUND, &format!("{spec}, CoT {cot} of {q_id}"));
    }
    let all = golden.iter().flat_map(|golden| &golden.rewards);
    [all.clone().count(), all.filter(|reward| reward.is_none()).count()]
}

#[test]
fn rewards_are_those_of_an_independent_implementation() {
    for name in MODELS {
        let [count, missing] = hold(&spec("dprm", &model(name)), &expected(name)["rewards"]);
        // One of them has a context of 192 tokens, which cuts the tags of six steps.
        assert_eq!([count, missing], [87, if name == "llama-tied-short" { 6 } else { 0 }], "{name}");
    }
}

#[test]
fn rewards_with_an_adapter_are_too() {
    for name in MODELS {
        for adapter in ["adapter", "adapter-rslora"] {
            let folder = model(name).join(adapter);
            let spec = spec("dprm", &model(name)).with("adapter", folder.to_str().unwrap());
            let [count, _] = hold(&spec, &expected(name)[adapter]["rewards"]);
            assert_eq!(count, 39);
        }
    }
}

#[test]
fn dorm_and_dprm_read_alike() {
    let work = questions("law");
    let scored = ["dorm", "dprm"].map(|verifier| score(&*open(&spec(verifier, &model("llama"))), &work));
    assert_eq!(scored[0], scored[1]);
}
