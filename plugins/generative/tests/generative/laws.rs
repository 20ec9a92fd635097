//! The laws of `touchstone::laws`, for every verifier of this crate.

use serde_json::json;
use touchstone::{Context, PluginKind, PluginSpec, Registry, Verifier, laws};
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::Tokenizer;

use crate::{context, open};

/// A verifier whose model is made to say Yes at once, where it is asked for a verdict: the reward is what it thinks of that.
fn small(name: &str, context: &Context) -> PluginSpec<dyn Verifier> {
    let tiny: ModelLocation = "embedded:tiny".parse().unwrap();
    let tokenizer = Tokenizer::open(&tiny.model_files(context).unwrap()).unwrap();
    let form =
        if name == "gorm" { "Verification: Is the answer correct (Yes/No)?" } else { "Is the solution correct?" };
    PluginSpec::named(name)
        .with("generator", json!({"type": "local", "model": "embedded:tiny"}))
        .with("sampler", json!({"type": "chosen", "token": tokenizer.last_token_of(" Yes").unwrap()}))
        .with("prefix", format!("So: {form}"))
        .with("max_tokens", 1)
        .with("verdicts", 2)
}

#[test]
fn every_verifier_keeps_the_laws() {
    let context = context();
    let registry = Registry::builtin();
    let verifiers = registry.plugins().filter(|plugin| plugin.kind == PluginKind::Verifier);
    let names: Vec<String> = verifiers.map(|plugin| plugin.name.clone()).collect();
    assert_eq!(names, ["gorm", "gprm"]);
    for name in names {
        let texts = ["Verification: Is the answer correct (Yes/No)? Yes", "Is the solution correct? No"];
        let scripted = json!({"type": "scripted", "texts": texts, "yes": -0.5, "no": -2.0});
        let small = small(&name, &context);
        for spec in [small.clone(), small.with("generator", scripted).with("prefix", "So:")] {
            let report = laws::verifier::check(&*open(&spec, &context).unwrap(), &context);
            assert!(report.holds(), "{spec}:\n{report}");
        }
        let description = registry.describe(PluginKind::Verifier, &name).unwrap();
        assert!(description.text.contains("ggregate by `mean`"), "{name}");
    }
}
