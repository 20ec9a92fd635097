//! The laws of `touchstone::laws`, for every verifier of this crate.

use touchstone::{PluginKind, PluginSpec, Registry, Verifier, laws};

use super::material::{context, model, open, spec};
use super::{math_shepherd, qwen_prm};

/// A verifier with a small model of its kind.
struct Small {
    spec: PluginSpec<dyn Verifier>,
    /// Keeps the model's folder.
    _folder: Option<tempfile::TempDir>,
}

/// Every registered verifier. A new one is missing here until it has a model to be tried with.
fn verifiers() -> Vec<Small> {
    let shepherd = math_shepherd::small_model();
    let qwen = qwen_prm::small_model();
    vec![
        Small { spec: spec("dorm", &model("llama-tied-short")), _folder: None },
        Small { spec: spec("dprm", &model("qwen2")), _folder: None },
        Small { spec: spec("math_shepherd", shepherd.path()), _folder: Some(shepherd) },
        Small { spec: spec("qwen_prm", qwen.path()), _folder: Some(qwen) },
    ]
}

#[test]
fn every_verifier_keeps_the_laws() {
    let context = context();
    for Small { spec, .. } in verifiers() {
        let report = laws::verifier::check(&*open(&spec), &context);
        assert!(report.holds(), "{spec}:\n{report}");
    }
}

#[test]
fn every_registered_verifier_is_held_to_the_laws_and_says_how_to_aggregate_it() {
    let registry = Registry::builtin();
    let mut held: Vec<String> = verifiers().iter().map(|small| small.spec.name().to_owned()).collect();
    held.sort();
    let plugins = registry.plugins().filter(|plugin| plugin.kind == PluginKind::Verifier);
    let mut registered: Vec<String> = plugins.map(|plugin| plugin.name.clone()).collect();
    registered.sort();
    assert_eq!(held, registered);
    for name in registered {
        let description = registry.describe(PluginKind::Verifier, &name).unwrap();
        assert!(!description.summary().is_empty() && description.text.contains("ggregate"), "{name}");
        assert!(description.fields().any(|field| field == "model"), "{name}");
    }
}
