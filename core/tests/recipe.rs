//! Recipes as users write them, right and wrong.
#![cfg(feature = "evaluation")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use touchstone::{Aggregator, Category, PluginSpec, Recipe, Registry};
use touchstone_aggregators as _;

const YAML: &str = "
version: 1
plugins: [./libtrimmed.so]
data: { path: data/test, categories: [law, math] }
methods:
  - name: dORM
    verifier: { type: dorm, model: models/tiny, steps: 3 }
    aggregator: { type: quantile, q: 0.25 }
  - name: gORM
    rewards: [rewards/a, hf://name/set@main]
    aggregator: mean
evaluate: { n: [1, 2, 4], runs: 10, seed: 7 }
out: results/first
";

const TOML: &str = r#"
version = 1
plugins = ["./libtrimmed.so"]
out = "results/first"

[data]
path = "data/test"
categories = ["law", "math"]

[[methods]]
name = "dORM"
verifier = { type = "dorm", model = "models/tiny", steps = 3 }
aggregator = { type = "quantile", q = 0.25 }

[[methods]]
name = "gORM"
rewards = ["rewards/a", "hf://name/set@main"]
aggregator = "mean"

[evaluate]
n = [1, 2, 4]
runs = 10
seed = 7
"#;

const SMALL: &str = "
version: 1
data: { path: data/test }
methods:
  - { name: one, rewards: [a], aggregator: last }
out: out
";

fn complaint(yaml: &str) -> String {
    Recipe::from_yaml(yaml).unwrap_err().to_string()
}

fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn yaml_and_toml_say_the_same() {
    let recipe = Recipe::from_yaml(YAML).unwrap();
    assert_eq!(recipe, Recipe::from_toml(TOML).unwrap());
    assert_eq!(recipe.data.categories, ["law", "math"].map(Category::from));
    assert_eq!(recipe.methods[0].aggregator, PluginSpec::<dyn Aggregator>::named("quantile").with("q", 0.25));
    assert_eq!(recipe.methods[1].aggregator, PluginSpec::named("mean"));
    assert_eq!((recipe.evaluate.n, recipe.evaluate.runs, recipe.evaluate.seed), (vec![1, 2, 4], 10, 7));
}

#[test]
fn a_recipe_reads_back_as_it_was_written() {
    let recipe = Recipe::from_yaml(YAML).unwrap();
    let json = serde_json::to_string(&recipe).unwrap();
    assert_eq!(serde_json::from_str::<Recipe>(&json).unwrap(), recipe);
}

#[test]
fn what_is_not_said_is_the_papers() {
    let evaluate = Recipe::from_yaml(SMALL).unwrap().evaluate;
    assert_eq!((evaluate.n, evaluate.runs, evaluate.seed), (vec![1, 2, 4, 8, 16], 100, 42));
    assert_eq!(evaluate.answers, PluginSpec::named("multiple_choice"));
}

#[test]
fn an_unknown_key_is_shown_with_its_line_and_the_nearest_known_one() {
    let message = complaint(&SMALL.replace("name: one, rewards", "name: one, rewadrs"));
    assert_says(&message, &["rewadrs", "line 5", "did you mean \"rewards\"?"]);
    let message = complaint(&SMALL.replace("out: out", "evaluate: { sede: 1 }\nout: out"));
    assert_says(&message, &["sede", "line 6", "did you mean \"seed\"?"]);
    let toml = TOML.replace("categories", "catgories");
    let message = Recipe::from_toml(&toml).unwrap_err().to_string();
    assert_says(&message, &["catgories", "line 8", "did you mean \"categories\"?"]);
}

#[test]
fn a_missing_field_and_a_wrong_type_are_shown_with_their_line() {
    assert_says(&complaint(&SMALL.replace("out: out", "")), &["missing field `out`"]);
    assert_says(&complaint(&SMALL.replace("out: out", "evaluate: { runs: many }\nout: out")), &["line 6", "many"]);
    assert_says(
        &complaint(&SMALL.replace("aggregator: last", "aggregator: 5")),
        &["aggregator", "{ type: NAME }", "line 5"],
    );
    assert_says(&complaint("version: [1"), &["line 1"]);
}

#[test]
fn another_version_is_refused() {
    assert_says(&complaint(&SMALL.replace("version: 1", "version: 2")), &["version", "it is 2", "reads version 1"]);
}

#[test]
fn a_method_has_a_verifier_or_rewards_and_not_both() {
    let both = complaint(&SMALL.replace("aggregator: last", "verifier: dorm, aggregator: last"));
    assert_says(&both, &["methods.0", "\"one\"", "exactly one of `verifier` and `rewards`"]);
    let neither = complaint(&SMALL.replace("rewards: [a], ", ""));
    assert_says(&neither, &["methods.0", "\"one\"", "exactly one of `verifier` and `rewards`"]);
}

#[test]
fn two_methods_of_one_name_are_refused() {
    let twice = "  - { name: one, rewards: [a], aggregator: last }\n".repeat(2);
    let message = complaint(&SMALL.replace("  - { name: one, rewards: [a], aggregator: last }\n", &twice));
    assert_says(&message, &["methods.1.name", "\"one\""]);
}

#[test]
fn evaluation_settings_without_sense_are_refused() {
    for (settings, field) in
        [("n: []", "n"), ("n: [0, 1]", "n"), ("n: [2, 1]", "n"), ("n: [1, 1]", "n"), ("runs: 0", "runs")]
    {
        let message = complaint(&SMALL.replace("out: out", &format!("evaluate: {{ {settings} }}\nout: out")));
        assert_says(&message, &[&format!("the evaluation setting {field} is wrong")]);
    }
}

#[test]
fn paths_are_relative_to_the_recipe_and_the_hubs_stay() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [("recipe.yaml", YAML), ("recipe.toml", TOML), ("recipe.TOML", TOML)] {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let recipe = Recipe::read(&path).unwrap();
        assert_eq!(Path::new(&recipe.data.path), folder.path().join("data/test"));
        assert_eq!(Path::new(&recipe.methods[1].rewards[0]), folder.path().join("rewards/a"));
        assert_eq!(recipe.methods[1].rewards[1], "hf://name/set@main");
        assert_eq!(recipe.out, folder.path().join("results/first"));
        assert_eq!(recipe.plugins, [folder.path().join("libtrimmed.so")]);
    }
}

#[test]
fn absolute_paths_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recipe.yaml");
    std::fs::write(&path, SMALL.replace("data/test", "/data/test").replace("out: out", "out: /out")).unwrap();
    let recipe = Recipe::read(&path).unwrap();
    assert_eq!((recipe.data.path.as_str(), recipe.out), ("/data/test", PathBuf::from("/out")));
}

#[test]
fn an_error_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recipe.yaml");
    std::fs::write(&path, "version: 1\nbogus: 2\n").unwrap();
    assert_says(&Recipe::read(&path).unwrap_err().to_string(), &["recipe.yaml", "bogus", "line 2"]);
    let absent = folder.path().join("absent.yaml");
    assert_says(&Recipe::read(&absent).unwrap_err().to_string(), &["absent.yaml", "read the recipe"]);
}

#[test]
fn every_plugin_is_checked_before_any_work_and_its_method_named() {
    let check = |yaml: String| Recipe::from_yaml(&yaml).unwrap().check_plugins(&Registry::builtin());
    check(SMALL.to_owned()).unwrap();
    let message = check(SMALL.replace("aggregator: last", "aggregator: lsat")).unwrap_err().to_string();
    assert_says(&message, &["method \"one\"", "no aggregator is called \"lsat\"", "did you mean \"last\"?"]);
    let quantile = "aggregator: { type: quantile, q: 7 }";
    let message = check(SMALL.replace("aggregator: last", quantile)).unwrap_err().to_string();
    assert_says(&message, &["method \"one\"", "\"quantile\"", "the setting \"q\"", "q is 7"]);
    let message = check(SMALL.replace("rewards: [a]", "verifier: no_such")).unwrap_err().to_string();
    assert_says(&message, &["method \"one\"", "no verifier is called \"no_such\""]);
    let answers = "evaluate: { answers: multiple_choise }\nout: out";
    let message = check(SMALL.replace("out: out", answers)).unwrap_err().to_string();
    assert_says(&message, &["evaluate.answers", "did you mean \"multiple_choice\"?"]);
}
