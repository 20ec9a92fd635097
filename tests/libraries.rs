//! Commands with third-party libraries, as a user runs them: how libraries are named, what is shown of them, and that a plugin
//! of theirs is as good as a built-in one. The libraries are made here by a C compiler.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with libraries in it, and the program run from there.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Compiles a library from C.
    fn library(&self, name: &str, source: &str) {
        self.write("library.c", source);
        let output = Command::new("cc")
            .args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "library.c", "-o", name])
            .arg(format!("-I{}", top().join("plugins/dynamic/include").display()))
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command.args(arguments).current_dir(self.0.path()).env_remove("TOUCHSTONE_PLUGINS");
        command
    }

    /// What a successful run prints.
    fn succeed(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        assert!(status.success(), "{arguments:?} failed: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// What a run that fails with this code says, on stdout and stderr.
    fn fail(&self, code: i32, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let told = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}: {told}");
        told
    }
}

/// An aggregator of this name whose `aggregate` has this body.
fn aggregator(name: &str, schema: &str, body: &str) -> String {
    format!(
        r#"#include "touchstone.h"
static int32_t aggregate(void *instance, const double *rewards, size_t length, double *value,
                         const TouchstoneTextSink *failure) {{
    (void)instance; (void)rewards; (void)length; (void)failure; (void)value;
    {body}
}}
static const TouchstonePlugin plugins[] = {{{{
    .kind = TOUCHSTONE_AGGREGATOR, .name = TOUCHSTONE_LITERAL("{name}"), .version = TOUCHSTONE_LITERAL("0.3"),
    .schema = TOUCHSTONE_LITERAL("{schema}"), .aggregate = aggregate,
}}}};
static const TouchstoneLibrary library = {{TOUCHSTONE_ABI_VERSION, 1, plugins}};
const TouchstoneLibrary *touchstone_library(void) {{ return &library; }}
"#
    )
}

const ONE_HALF: &str = "*value = 0.5; return TOUCHSTONE_DONE;";
const NO_SETTINGS: &str = r#"{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false, \"description\": \"Always one half.\"}"#;
const ONE_SETTING: &str = r#"{\"type\": \"object\", \"properties\": {\"weight\": {\"type\": \"number\", \"minimum\": 0}}, \"required\": [\"weight\"]}"#;

/// A verifier whose every reward is the same.
fn verifier(reward: f64) -> String {
    format!(
        r#"#include "touchstone.h"
static size_t count(TouchstoneText work) {{
    size_t steps = 0;
    for (size_t at = 0; at + 8 <= work.length; at++) steps += memcmp(work.data + at, "\"steps\":", 8) == 0;
    return steps;
}}
static int32_t score(void *instance, const TouchstoneContext *context, TouchstoneText work,
                     const TouchstoneRewardSink *rewards, const TouchstoneTextSink *failure) {{
    const double reward = {reward};
    (void)instance; (void)context; (void)failure;
    for (size_t cot = 0, cots = count(work); cot < cots; cot++) rewards->put(rewards->sink, 0, cot, &reward, 1);
    return TOUCHSTONE_DONE;
}}
static const TouchstonePlugin plugins[] = {{{{
    .kind = TOUCHSTONE_VERIFIER, .name = TOUCHSTONE_LITERAL("constant"), .version = TOUCHSTONE_LITERAL("1"),
    .schema = TOUCHSTONE_LITERAL("{{\"type\": \"object\"}}"), .score_question = score,
}}}};
static const TouchstoneLibrary library = {{TOUCHSTONE_ABI_VERSION, 1, plugins}};
const TouchstoneLibrary *touchstone_library(void) {{ return &library; }}
"#
    )
}

#[test]
fn a_library_is_named_by_option_or_variable_and_its_plugins_stand_beside_the_built_in_ones() {
    let workplace = Workplace::new();
    workplace.library("libhalf.so", &aggregator("half", NO_SETTINGS, ONE_HALF));
    let listed = workplace.succeed(&["--plugin", "libhalf.so", "plugins", "list"]);
    assert!(listed.contains("half") && listed.contains("Always one half. (libhalf.so)"), "{listed}");
    assert!(listed.contains("quantile"), "{listed}");
    let described = workplace.succeed(&["plugins", "describe", "half", "--plugin", "libhalf.so"]);
    assert!(described.contains("aggregator; the library libhalf.so, version 0.3"), "{described}");

    let output = workplace.command(&["plugins", "list"]).env("TOUCHSTONE_PLUGINS", "./libhalf.so:").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("(./libhalf.so)"));
    let bare = workplace.succeed(&["plugins", "list"]);
    assert!(!bare.contains("half."), "a library beside the program is not loaded: {bare}");

    let told = workplace.fail(3, &["--plugin", "nowhere.so", "plugins", "list"]);
    assert!(told.contains("nowhere.so"), "{told}");
    // The same file by another path is the same library.
    workplace.succeed(&["--plugin", "libhalf.so", "--plugin", "./libhalf.so", "plugins", "list"]);
    workplace.library("libother.so", &aggregator("half", NO_SETTINGS, ONE_HALF));
    let told = workplace.fail(3, &["--plugin", "libhalf.so", "--plugin", "libother.so", "plugins", "list"]);
    assert!(told.contains("libhalf.so") && told.contains("libother.so") && told.contains("\"half\""), "{told}");
}

#[test]
fn settings_are_checked_before_any_work() {
    let workplace = Workplace::new();
    workplace.library("libhalf.so", &aggregator("half", ONE_SETTING, ONE_HALF));
    // The data is not there, and nobody looks for it before the settings are right.
    let method = |spec: &str| format!("dORM:{spec}=nowhere");
    let evaluate = |spec: &str| {
        let rewards = method(spec);
        workplace
            .fail(3, &["--plugin", "libhalf.so", "evaluate", "--data", "none", "--rewards", &rewards, "--out", "o"])
    };
    for (spec, parts) in [
        ("half", ["weight", "missing"]),
        ("half{weight=-1}", ["\"weight\"", "-1"]),
        ("half{weight=heavy}", ["\"weight\"", "number"]),
        ("hlaf{weight=1}", ["hlaf", "did you mean \"half\"?"]),
    ] {
        let told = evaluate(spec);
        assert!(parts.iter().all(|part| told.contains(part)), "{spec}: {told}");
    }
    assert!(!workplace.path("o").exists());
}

#[test]
fn a_recipe_names_its_libraries_and_a_library_built_anew_is_noticed() {
    let workplace = Workplace::new();
    let data = top().join("experiments/cli/quickstart/data").canonicalize().unwrap();
    std::fs::create_dir(workplace.path("study")).unwrap();
    workplace.library("study/libconstant.so", &verifier(0.25));
    workplace.write(
        "study/recipe.yaml",
        &format!(
            "version: 1\nplugins: [libconstant.so]\ndata: {{ path: {}, categories: [law] }}\n\
             methods:\n  - {{ name: constant, verifier: constant, aggregator: last }}\n\
             evaluate: {{ runs: 2, bootstrap: 0 }}\nout: results\n",
            data.display()
        ),
    );
    workplace.succeed(&["run", "study/recipe.yaml"]);
    let rewards = std::fs::read_to_string(workplace.path("study/results/rewards/constant/law_reward.json")).unwrap();
    assert!(rewards.contains("0.25"), "{rewards}");
    let again = workplace.command(&["run", "study/recipe.yaml"]).output().unwrap();
    assert!(String::from_utf8(again.stderr).unwrap().contains("Nothing to do"));

    workplace.library("study/libconstant.so", &verifier(0.75));
    let told = workplace.fail(1, &["run", "study/recipe.yaml"]);
    assert!(told.contains("made by another verifier") && told.contains("constant"), "{told}");
    std::fs::remove_dir_all(workplace.path("study/results/rewards/constant")).unwrap();
    workplace.succeed(&["run", "study/recipe.yaml"]);
    let rewards = std::fs::read_to_string(workplace.path("study/results/rewards/constant/law_reward.json")).unwrap();
    assert!(rewards.contains("0.75"), "{rewards}");
}

#[test]
fn check_says_which_law_a_library_breaks_and_with_what() {
    let workplace = Workplace::new();
    workplace.library("libhalf.so", &aggregator("half", NO_SETTINGS, ONE_HALF));
    let told = workplace.succeed(&["plugins", "check", "libhalf.so"]);
    assert!(told.contains("half (aggregator)") && told.contains("eight threads") && !told.contains("BROKEN"), "{told}");

    let sum = "double sum = 0; for (size_t i = 0; i < length; i++) sum += rewards[i]; *value = sum; return 0;";
    workplace.library("libsum.so", &aggregator("sum", NO_SETTINGS, sum));
    let told = workplace.fail(1, &["plugins", "check", "libsum.so"]);
    assert!(told.contains("BROKEN") && told.contains("libsum.so, call `aggregate`") && told.contains("NaN"), "{told}");
    let json = workplace.command(&["plugins", "check", "libsum.so", "--format", "json"]).output().unwrap().stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json[0]["plugin"], "sum");

    let count = "static int calls; *value = calls++; return 0;";
    workplace.library("libcount.so", &aggregator("count", NO_SETTINGS, count));
    let told = workplace.fail(1, &["plugins", "check", "libcount.so"]);
    assert!(told.contains("BROKEN  the same input gives the same result twice"), "{told}");
}

#[test]
fn check_outlives_a_library_that_ends_its_process() {
    let workplace = Workplace::new();
    workplace.library(
        "libcrash.so",
        &aggregator(
            "crash",
            NO_SETTINGS,
            "volatile int *nowhere = (volatile int *)(length + 8); *nowhere = 1; return 0;",
        ),
    );
    let told = workplace.fail(1, &["plugins", "check", "libcrash.so"]);
    assert!(told.contains("checking the aggregator crash"), "{told}");
    assert!(told.contains("libcrash.so ended the process") && told.contains("sanitizer"), "{told}");
}

#[test]
fn check_needs_settings_where_a_plugin_has_no_defaults() {
    let workplace = Workplace::new();
    workplace.library("libhalf.so", &aggregator("half", ONE_SETTING, ONE_HALF));
    let told = workplace.fail(3, &["plugins", "check", "libhalf.so"]);
    assert!(told.contains("half{field=value}") && told.contains("weight"), "{told}");
    workplace.succeed(&["plugins", "check", "libhalf.so", "half{weight=2}"]);
    let told = workplace.fail(1, &["plugins", "check", "libhalf.so", "haff"]);
    assert!(told.contains("it has: half"), "{told}");
}
