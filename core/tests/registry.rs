//! The registry as a program with plugins uses it: the aggregators' crate is linked in, more plugins are defined here, and a
//! library is played by [`Library`].
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use touchstone::registry::{Description, Origin, PluginSource, SettingsError};
use touchstone::{
    Aggregator, AnswerEquivalence, Context, Cot, PluginKind, PluginSpec, Question, Registry, Result, Rewards, Verifier,
    VerifierSettings,
};
use touchstone_aggregators as _;

/// Nests plugins in every way that settings can.
///
/// The second paragraph is no part of the summary.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nest {
    /// Directly.
    main: PluginSpec<dyn Aggregator>,
    /// Or not at all.
    #[serde(default)]
    spare: Option<PluginSpec<dyn Aggregator>>,
    /// Many.
    #[serde(default)]
    more: Vec<PluginSpec<dyn Aggregator>>,
    /// Within other settings.
    #[serde(default)]
    inner: Option<Inner>,
    /// No plugin.
    #[serde(default)]
    weight: f64,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Inner {
    /// Of another kind.
    answers: PluginSpec<dyn AnswerEquivalence>,
    /// By name.
    #[serde(default)]
    named: std::collections::BTreeMap<String, PluginSpec<dyn Aggregator>>,
}

touchstone::register!(Aggregator, "nest", Nest);

impl Aggregator for Nest {
    fn aggregate(&self, rewards: &[Option<f64>]) -> Result<f64> {
        Ok(rewards.len() as f64 * self.weight)
    }
}

/// Makes its nested aggregator when it is opened.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Opening {
    aggregator: PluginSpec<dyn Aggregator>,
}

touchstone::register!(Verifier, "opening", Opening);

struct Opened(Box<dyn Aggregator>);

impl VerifierSettings for Opening {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(Opened(context.registry().make(&self.aggregator)?)))
    }
}

impl Verifier for Opened {
    fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
        Rewards::new(vec![Some(self.0.aggregate(&[Some(0.25), Some(0.75)])?)])
    }
}

/// A loaded library with one aggregator that gives its setting back.
struct Library {
    path: &'static str,
    names: Vec<&'static str>,
}

struct Constant(f64);
impl Aggregator for Constant {
    fn aggregate(&self, _rewards: &[Option<f64>]) -> Result<f64> {
        Ok(self.0)
    }
}

impl PluginSource for Library {
    fn plugins(&self) -> Vec<Description> {
        let plugin = |name: &&str| Description {
            kind: PluginKind::Aggregator,
            name: (*name).to_owned(),
            text: "From a library.".to_owned(),
            schema: json!({
                "type": "object",
                "properties": {
                    "value": { "type": "number" },
                    "fallback": { "x-touchstone-plugin": "aggregator" },
                },
                "additionalProperties": false,
            }),
            origin: Origin::Library { path: PathBuf::from(self.path), version: "1.0".to_owned() },
        };
        self.names.iter().map(plugin).collect()
    }

    fn aggregator(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn Aggregator>> {
        match settings.get("value").map_or(Some(0.0), Value::as_f64) {
            Some(value) => Ok(Box::new(Constant(value))),
            None => Err(touchstone::Error::plugin(name, "value must be a number")),
        }
    }
}

fn library(path: &'static str, names: &[&'static str]) -> Arc<Library> {
    Arc::new(Library { path, names: names.to_vec() })
}

fn aggregator(value: Value) -> PluginSpec<dyn Aggregator> {
    serde_json::from_value(value).unwrap()
}

/// What is said about settings that are wrong.
fn complaint(value: Value) -> String {
    Registry::builtin().check(&aggregator(value)).unwrap_err().to_string()
}

fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn an_unknown_name_lists_the_known_ones_and_suggests_the_nearest() {
    let message = complaint(json!("maen"));
    assert_says(
        &message,
        &["no aggregator is called \"maen\"", "geometric_mean", "quantile", "did you mean \"mean\"?"],
    );
    assert!(!complaint(json!("entropy")).contains("did you mean"));
}

#[test]
fn a_name_of_another_kind_is_unknown() {
    assert_says(&complaint(json!("multiple_choice")), &["no aggregator is called \"multiple_choice\""]);
}

#[test]
fn an_unknown_setting_is_named_and_the_nearest_suggested() {
    let message = complaint(json!({ "type": "last_k_mean", "kk": 3 }));
    assert_says(&message, &["\"last_k_mean\"", "no setting \"kk\"", "it has: k", "did you mean \"k\"?"]);
}

#[test]
fn a_plugin_without_settings_says_that_it_has_none() {
    assert_says(&complaint(json!({ "type": "min", "q": 0.5 })), &["\"min\"", "no setting \"q\"", "it has: none"]);
}

#[test]
fn a_missing_setting_is_named() {
    assert_says(&complaint(json!("quantile")), &["\"quantile\"", "missing field `q`"]);
    assert_says(&complaint(json!({ "type": "nest", "weight": 1.0 })), &["\"nest\"", "missing field `main`"]);
}

#[test]
fn a_setting_of_the_wrong_type_is_named_with_what_is_expected() {
    let message = complaint(json!({ "type": "quantile", "q": "low" }));
    assert_says(&message, &["\"quantile\"", "the setting \"q\"", "\"low\"", "expected f64"]);
    let message = complaint(json!({ "type": "nest", "main": "min", "more": "max", "weight": "heavy" }));
    assert_says(&message, &["the setting \"more\"", "expected a sequence"]);
    let message = complaint(json!({ "type": "nest", "main": "min", "weight": "heavy", "spare": null }));
    assert_says(&message, &["the setting \"weight\"", "\"heavy\""]);
    let message = complaint(json!({ "type": "nest", "main": "min", "inner": {} }));
    assert_says(&message, &["the setting \"inner\"", "missing field `answers`"]);
    let message = complaint(json!({ "type": "nest", "main": 5 }));
    assert_says(&message, &["the setting \"main\"", "named by `type`", "not 5"]);
}

#[test]
fn a_nested_plugin_is_checked_wherever_it_stands_and_reported_with_its_path() {
    let nest = |field: &str, value: Value| {
        let mut settings = json!({ "type": "nest", "main": "min" });
        settings[field] = value;
        settings
    };
    for (settings, path) in [
        (nest("main", json!("maen")), "main"),
        (nest("spare", json!({ "type": "maen" })), "spare"),
        (nest("more", json!(["max", "maen"])), "more.1"),
        (nest("inner", json!({ "answers": "multiple_choice", "named": { "low": "maen" } })), "inner.named.low"),
    ] {
        let message = complaint(settings);
        assert_says(
            &message,
            &[&format!("in the setting {path:?} of the aggregator \"nest\""), "did you mean \"mean\"?"],
        );
    }
    let message = complaint(nest("inner", json!({ "answers": "multiple_choise" })));
    assert_says(&message, &["\"inner.answers\"", "no answer equivalence", "did you mean \"multiple_choice\"?"]);
    let message = complaint(nest("more", json!([{ "type": "quantile", "qq": 1 }])));
    assert_says(&message, &["\"more.0\"", "\"quantile\"", "no setting \"qq\""]);
    let message = complaint(nest("more", json!(["min", { "type": "nest", "main": { "type": "quantile", "q": 7 } }])));
    assert_says(&message, &["\"more.1\"", "in the setting \"main\"", "the setting \"q\"", "q is 7"]);
}

#[test]
fn right_settings_pass_with_everything_that_is_nested_in_them() {
    let settings = json!({
        "type": "nest", "main": "min", "spare": null, "weight": 2,
        "more": ["max", { "type": "quantile", "q": 0.1 }],
        "inner": { "answers": { "type": "multiple_choice" }, "named": { "low": "min" } },
    });
    let made = Registry::builtin().make(&aggregator(settings)).unwrap();
    assert_eq!(made.aggregate(&[None, None]).unwrap(), 4.0);
}

#[test]
fn a_plugin_without_settings_may_be_named_by_a_word() {
    let (word, object) = (aggregator(json!("min")), aggregator(json!({ "type": "min" })));
    assert_eq!(word, object);
    assert_eq!(Registry::builtin().make(&word).unwrap().aggregate(&[Some(0.9), Some(0.2)]).unwrap(), 0.2);
}

#[test]
fn what_names_no_plugin_is_told_how_to() {
    for value in [json!(5), json!({ "q": 1 }), json!({ "type": 1 }), json!(null), json!(["min"])] {
        let message = serde_json::from_value::<PluginSpec<dyn Aggregator>>(value).unwrap_err().to_string();
        assert_says(&message, &["aggregator", "`type`", "{ type: NAME }"]);
    }
}

#[test]
fn a_librarys_plugins_are_found_after_the_built_in_ones_and_made_with_their_settings() {
    let mut registry = Registry::builtin();
    registry.add(library("libmine.so", &["trimmed"])).unwrap();
    let names: Vec<_> = registry.plugins().map(|plugin| plugin.name.clone()).collect();
    assert_eq!(names.last().unwrap(), "trimmed");
    let made = registry.make(&aggregator(json!({ "type": "trimmed", "value": 0.75 }))).unwrap();
    assert_eq!(made.aggregate(&[]).unwrap(), 0.75);
    let message = registry.check(&aggregator(json!("trimed"))).unwrap_err().to_string();
    assert_says(&message, &["quantile", "did you mean \"trimmed\"?"]);
    let message = registry.check(&aggregator(json!({ "type": "trimmed", "valeu": 1 }))).unwrap_err().to_string();
    assert_says(&message, &["\"trimmed\"", "no setting \"valeu\"", "did you mean \"value\"?"]);
    let message = registry.check(&aggregator(json!({ "type": "trimmed", "value": "x" }))).unwrap_err().to_string();
    assert_says(&message, &["\"trimmed\"", "value must be a number"]);
    let origin = &registry.describe(PluginKind::Aggregator, "trimmed").unwrap().origin;
    assert_eq!(origin.to_string(), "the library libmine.so, version 1.0");
}

#[test]
fn plugins_of_libraries_and_built_in_ones_nest_in_one_another() {
    let mut registry = Registry::builtin();
    registry.add(library("libmine.so", &["trimmed"])).unwrap();
    registry.check(&aggregator(json!({ "type": "nest", "main": "trimmed" }))).unwrap();
    let message = registry
        .check(&aggregator(json!({ "type": "nest", "main": { "type": "trimmed", "fallback": "maen" } })))
        .unwrap_err()
        .to_string();
    assert_says(
        &message,
        &["\"main\"", "in the setting \"fallback\" of the aggregator \"trimmed\"", "did you mean \"mean\"?"],
    );

    let context = Context::new(registry);
    let spec =
        PluginSpec::<dyn Verifier>::named("opening").with("aggregator", json!({ "type": "trimmed", "value": 0.125 }));
    let verifier = context.registry().make(&spec).unwrap().open(&context).unwrap();
    let question = Question { id: 1.into(), category: "law".into(), text: String::new() };
    let cot = Cot { id: touchstone::CotId(0), steps: Vec::new(), answer: None };
    assert_eq!(verifier.score(&context, &question, &cot).unwrap()[0], Some(0.125));
}

#[test]
fn two_plugins_of_one_name_are_refused_and_both_places_named() {
    let mut registry = Registry::builtin();
    let message = registry.add(library("libmine.so", &["min"])).unwrap_err().to_string();
    assert_says(&message, &["\"min\"", "touchstone-aggregators", "libmine.so"]);
    registry.add(library("libmine.so", &["trimmed"])).unwrap();
    let clash = registry.add(library("libother.so", &["new", "trimmed"])).unwrap_err();
    assert!(matches!(&clash, SettingsError::Ambiguous { kind: PluginKind::Aggregator, .. }), "{clash}");
    assert_says(&clash.to_string(), &["\"trimmed\"", "libmine.so", "libother.so"]);
    let message = registry.add(library("libtwice.so", &["twice", "twice"])).unwrap_err().to_string();
    assert_says(&message, &["\"twice\"", "libtwice.so"]);
    // A library that was refused brings nothing.
    assert!(registry.describe(PluginKind::Aggregator, "new").is_err());
}

#[test]
fn a_description_tells_summary_settings_defaults_and_origin() {
    let registry = Registry::builtin();
    let nest = registry.describe(PluginKind::Aggregator, "nest").unwrap();
    assert_eq!(nest.summary(), "Nests plugins in every way that settings can.");
    assert_eq!(nest.fields().collect::<Vec<_>>(), ["main", "spare", "more", "inner", "weight"]);
    assert_eq!(nest.schema["required"], json!(["main"]));
    assert_eq!(nest.origin, Origin::Crate("touchstone".to_owned()));
    let last_k = registry.describe(PluginKind::Aggregator, "last_k_mean").unwrap();
    assert_eq!(last_k.schema["properties"]["k"]["default"], json!(3));
    assert_says(last_k.schema["properties"]["k"]["description"].as_str().unwrap(), &["How many rewards count"]);
    assert_eq!(last_k.origin.to_string(), "built in, from the crate touchstone-aggregators");
    assert_eq!(registry.describe(PluginKind::Aggregator, "min").unwrap().fields().count(), 0);
}

#[test]
fn every_built_in_plugin_has_a_summary_and_refuses_unknown_settings() {
    for plugin in Registry::builtin().plugins() {
        assert!(!plugin.summary().is_empty(), "{}", plugin.name);
        assert_eq!(plugin.schema.get("additionalProperties"), Some(&json!(false)), "{}", plugin.name);
    }
}

#[test]
fn a_spec_reads_back_as_it_was_written_and_shows_as_on_the_command_line() {
    let spec = PluginSpec::<dyn Aggregator>::named("quantile").with("q", 0.1);
    assert_eq!(serde_json::to_string(&spec).unwrap(), r#"{"type":"quantile","q":0.1}"#);
    assert_eq!(aggregator(serde_json::to_value(&spec).unwrap()), spec);
    assert_eq!(spec.to_string(), "quantile{q=0.1}");
    assert_eq!(PluginSpec::<dyn Aggregator>::named("min").to_string(), "min");
    assert_eq!(aggregator(json!({ "b": 1, "type": "x", "a": "y" })).to_string(), r#"x{b=1,a="y"}"#);
}
