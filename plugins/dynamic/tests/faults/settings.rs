//! Settings against the schema, the plugin's own `check`, and `open`.

use touchstone::{Aggregator, PluginSpec};

use super::compile::{Library, fixture};

fn library() -> Library {
    let schema = "{\"type\": \"object\", \"required\": [\"q\"], \"additionalProperties\": false, \"properties\": \
                  {\"q\": {\"type\": \"number\", \"minimum\": 0}, \"side\": {\"enum\": [\"left\", \"right\"]}}}";
    fixture("opening.c").with("SCHEMA", &format!("TOUCHSTONE_LITERAL({schema:?})")).build()
}

/// What the registry says of the plugin `fixture` with these settings, by a check and by making it.
fn says(library: &Library, settings: &str) -> String {
    let registry = library.load().unwrap();
    let spec: PluginSpec<dyn Aggregator> = format!("fixture{{{settings}}}").parse().unwrap();
    let message = library.says(registry.check(&spec));
    assert_eq!(message, library.says(registry.make(&spec)));
    message
}

#[test]
fn settings_are_held_against_the_schema() {
    let library = library();
    let wrong = "the settings of the aggregator \"fixture\" are wrong: ";
    let cases = [
        ("q=\"much\"", "the setting \"q\": want number, but got string"),
        ("q=-1", "the setting \"q\": must be >=0, but got -1"),
        ("q=1,side=up", "the setting \"side\": value must be one of 'left', 'right'"),
        ("side=left", "missing properties 'q'"),
        (
            "q=true,side=up",
            "the setting \"q\": want number, but got boolean; the setting \"side\": value must be one of 'left', 'right'",
        ),
    ];
    for (settings, expected) in cases {
        assert_eq!(says(&library, settings), format!("{wrong}{expected}"));
    }
    assert!(
        library
            .load()
            .unwrap()
            .check(&"fixture{q=0.1,side=left}".parse::<PluginSpec<dyn Aggregator>>().unwrap())
            .is_ok()
    );
}

#[test]
fn an_unknown_setting_brings_the_one_that_was_meant() {
    assert_eq!(
        says(&library(), "q=1,sied=left"),
        "the aggregator \"fixture\" has no setting \"sied\"; it has: q, side; did you mean \"side\"?"
    );
}

#[test]
fn the_plugins_own_check_is_the_last_word() {
    let library = fixture("opening.c").with("REFUSAL", "\"q must be odd\"").build();
    assert_eq!(
        says(&library, "q=2"),
        "the settings of the aggregator \"fixture\" are wrong: LIB, call `check`: q must be odd"
    );
}

#[test]
fn an_instance_that_does_not_open_says_why_when_it_is_made_and_a_check_opens_none() {
    let cases = [
        ("return touchstone_fail(failure, \"no model at /x\")", "no model at /x"),
        ("return TOUCHSTONE_FAILED", "it failed and gave no reason: its author should put a message"),
        (
            "return touchstone_fail(failure, \"\\xff!\")",
            "it failed with text that is not UTF-8; what can be read of it: \"\u{fffd}!\"",
        ),
        ("return 7", "it returned the status 7, which is none of 0 (done), 1 (failed) and 2 (cancelled)"),
        ("return TOUCHSTONE_CANCELLED", "it returned the status 2 (cancelled), and nobody asked it to stop"),
    ];
    for (open, expected) in cases {
        let library = fixture("opening.c").with("OPEN", open).build();
        let registry = library.load().unwrap();
        let spec = PluginSpec::<dyn Aggregator>::named("fixture");
        assert!(registry.check(&spec).is_ok(), "{open}");
        assert_eq!(
            library.says(registry.make(&spec)),
            format!("the settings of the aggregator \"fixture\" are wrong: LIB, call `open`: {expected}")
        );
    }
}
