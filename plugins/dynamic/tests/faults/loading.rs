//! Libraries that cannot be loaded, and what stays when one is.

use touchstone::registry::SettingsError;
use touchstone::{Aggregator, PluginSpec, Registry};
use touchstone_dynamic::load::{LoadError, load};

use super::compile::{Fixture, fixture};

fn refusal(fixture: &Fixture) -> String {
    let library = fixture.build();
    library.says(library.load())
}

/// What the one plugin of a table is refused for.
fn problem(fixture: &Fixture) -> String {
    let message = refusal(fixture);
    message.strip_prefix("the library LIB, plugin 1 (").unwrap_or_else(|| panic!("{message}")).to_owned()
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = load(&mut Registry::builtin(), "no/such/lib.so".as_ref()).unwrap_err();
    let message = error.to_string();
    assert_eq!(message, "the library no/such/lib.so cannot be loaded: No such file or directory (os error 2)");
}

#[test]
fn a_file_that_is_no_library_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.so");
    std::fs::write(&path, "This is no library.").unwrap();
    let message = load(&mut Registry::builtin(), &path).unwrap_err().to_string();
    assert!(message.starts_with(&format!("the library {} cannot be loaded: ", path.display())), "{message}");
    // The system's own words, which differ between systems, name the file again.
    assert_eq!(message.matches("text.so").count(), 2, "{message}");
    let folder = load(&mut Registry::builtin(), folder.path()).unwrap_err();
    assert!(matches!(folder, LoadError::Open { .. }), "{folder}");
}

#[test]
fn a_library_of_something_else_is_told_what_it_lacks() {
    let message = refusal(&fixture("table.c").with("touchstone_library", "something_else"));
    assert!(
        message.starts_with("LIB is no library of plugins: it exports no function `touchstone_library` ("),
        "{message}"
    );
    assert!(
        message.ends_with("in Rust `touchstone_sdk::export!` makes it, in C touchstone.h declares it"),
        "{message}"
    );
}

#[test]
fn a_library_without_a_table_is_refused() {
    let message = refusal(&fixture("table.c").with("TABLE", "0"));
    assert_eq!(message, "the library LIB gave no table: its function `touchstone_library` returned null");
}

#[test]
fn a_library_of_another_version_is_told_to_be_built_again() {
    for version in ["0", "1", "3", "4294967295"] {
        let message = refusal(&fixture("table.c").with("ABI_VERSION", version));
        assert_eq!(
            message,
            format!(
                "the library LIB is built for version {version} of the plugin table, and this program has version 2: \
                 build it again with this program's SDK or touchstone.h"
            )
        );
    }
}

#[test]
fn of_another_version_nothing_but_the_version_is_read() {
    let fixture = fixture("table.c").with("ABI_VERSION", "3").with("PLUGINS", "(const TouchstonePlugin *)1");
    assert!(refusal(&fixture).contains("built for version 3"));
}

#[test]
fn a_list_of_plugins_that_cannot_be_meant_is_refused() {
    let none = refusal(&fixture("table.c").with("COUNT", "0"));
    assert_eq!(none, "the library LIB says that it has 0 plugins, and its list of them is there");
    let null = refusal(&fixture("table.c").with("PLUGINS", "0"));
    assert_eq!(null, "the library LIB says that it has 1 plugins, and its list of them is null");
    let absurd = refusal(&fixture("table.c").with("COUNT", "4000000000u"));
    assert_eq!(absurd, "the library LIB says that it has 4000000000 plugins, and its list of them is there");
}

#[test]
fn a_name_must_be_one_that_a_recipe_can_hold() {
    let named = |name: &str| problem(&fixture("table.c").with("NAME", name));
    assert_eq!(named("{0, 0}"), "without a name): its name is null, or has a length that cannot be");
    assert_eq!(named("{0, 7}"), "without a name): its name is null, or has a length that cannot be");
    assert_eq!(named("{\"x\", SIZE_MAX}"), "without a name): its name is null, or has a length that cannot be");
    assert_eq!(
        named("TOUCHSTONE_LITERAL(\"x\\xff\")"),
        "without a name): its name is not UTF-8: invalid utf-8 sequence of 1 bytes from index 1"
    );
    let long = "x".repeat(65);
    for name in ["a b", "x{y", "", "é", long.as_str()] {
        assert_eq!(
            named(&format!("TOUCHSTONE_LITERAL(\"{name}\")")),
            format!(
                "{name}): the name {name:?} cannot stand in a recipe: it needs 1 to 64 ASCII letters, digits and the \
                 characters _ - ."
            )
        );
    }
    let name = format!("TOUCHSTONE_LITERAL(\"A_-.9{}\")", "x".repeat(59));
    assert!(fixture("table.c").with("NAME", &name).build().load().is_ok());
}

#[test]
fn a_version_must_be_there() {
    assert_eq!(
        problem(&fixture("table.c").with("VERSION", "{0, 0}")),
        "fixture): its version is null, or has a length that cannot be"
    );
}

#[test]
fn a_schema_must_be_one() {
    let of = |schema: &str| problem(&fixture("table.c").with("SCHEMA", schema));
    assert_eq!(of("{0, 0}"), "fixture): its schema is null, or has a length that cannot be");
    let literal = |json: &str| of(&format!("TOUCHSTONE_LITERAL({json:?})"));
    let wrong = "fixture): its schema is no JSON Schema of an object: ";
    assert_eq!(literal(""), format!("{wrong}EOF while parsing a value at line 1 column 0"));
    assert_eq!(literal("{"), format!("{wrong}EOF while parsing an object at line 1 column 1"));
    assert_eq!(literal("[1]"), format!("{wrong}it is [1], and must be an object"));
    assert_eq!(
        literal("{\"type\": 5}"),
        format!(
            "{wrong}at \"type\": value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'; \
             at \"type\": want array, but got number"
        )
    );
    let of_q = |schema: &str| literal(&format!("{{\"properties\": {{\"q\": {schema}}}}}"));
    let nowhere = of_q("{\"$ref\": \"#/nowhere\"}");
    assert_eq!(nowhere, format!("{wrong}json-pointer in touchstone:///schema#/nowhere not found"));
    assert_eq!(
        of_q("{\"$ref\": \"file:///etc/hostname\"}"),
        format!("{wrong}error loading file:///etc/hostname: a schema may refer to places in itself only")
    );
    let pattern = of_q("{\"pattern\": \"(\"}");
    assert!(pattern.starts_with(&format!("{wrong}at \"properties.q.pattern\": '(' is not valid regex")), "{pattern}");
}

#[test]
fn a_kind_must_be_known() {
    for kind in ["0", "8"] {
        assert_eq!(
            problem(&fixture("table.c").with("KIND", kind)),
            format!("fixture): its kind is {kind}, and kinds are 1 (verifier) to 7 (answer extractor)")
        );
    }
}

#[test]
fn a_demand_on_threads_must_be_known() {
    assert_eq!(
        problem(&fixture("table.c").with("THREADS", "2")),
        "fixture): its demand on threads is 2, which is none of 0 (any thread) and 1 (one at a time)"
    );
}

#[test]
fn every_kind_must_have_its_function() {
    let needs = [
        ("TOUCHSTONE_VERIFIER", "score_question"),
        ("TOUCHSTONE_STEP_SPLITTER", "split"),
        ("TOUCHSTONE_AGGREGATOR", "aggregate"),
        ("TOUCHSTONE_SAMPLER", "sample"),
        ("TOUCHSTONE_GENERATOR", "generate"),
        ("TOUCHSTONE_ANSWER_EQUIVALENCE", "key"),
        ("TOUCHSTONE_ANSWER_EXTRACTOR", "extract"),
    ];
    for (kind, function) in needs {
        assert_eq!(
            problem(&fixture("table.c").with("KIND", kind).with("FUNCTIONS", ".close = 0")),
            format!("fixture): its function `{function}` is null, and its kind needs it")
        );
    }
}

#[test]
fn two_plugins_of_one_library_may_not_share_kind_and_name() {
    assert_eq!(
        refusal(&fixture("table.c").with("COUNT", "2")),
        "the library LIB, plugin 2 (fixture): an earlier plugin of this library is of its kind and has its name, too"
    );
}

#[test]
fn two_libraries_with_one_plugin_name_are_both_named_and_the_second_is_refused() {
    let (first, second) = (fixture("table.c").build(), fixture("table.c").build());
    let mut registry = first.load().unwrap();
    let error = load(&mut registry, second.path()).unwrap_err();
    assert!(matches!(error, LoadError::Names(SettingsError::Ambiguous { .. })), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "two plugins of kind aggregator are called \"fixture\": the library {}, version 1.2, and the library {}, \
             version 1.2; load only one of them",
            first.path().display(),
            second.path().display()
        )
    );
    assert_eq!(registry.libraries().collect::<Vec<_>>(), [first.path()]);
}

#[test]
fn the_name_of_a_built_in_plugin_is_taken() {
    assert_eq!(
        refusal(&fixture("table.c").with("NAME", "TOUCHSTONE_LITERAL(\"mean\")")),
        "two plugins of kind aggregator are called \"mean\": built in, from the crate touchstone-aggregators, and the \
         library LIB, version 1.2; load only one of them"
    );
}

#[test]
fn one_name_may_stand_for_plugins_of_two_kinds() {
    let splitter = fixture("splitter.c").with("NAME", "TOUCHSTONE_LITERAL(\"mean\")").with("DO", "return 0").build();
    assert!(splitter.load().is_ok());
}

#[test]
fn a_library_that_is_named_twice_is_loaded_once() {
    let library = fixture("table.c").build();
    let link = library.folder().join("link.so");
    std::os::unix::fs::symlink(library.path(), &link).unwrap();
    let roundabout = library.folder().join("../").join(library.folder().file_name().unwrap()).join("./libfixture.so");
    let mut registry = library.load().unwrap();
    let plugins = registry.plugins().count();
    for path in [library.path(), &link, &roundabout] {
        load(&mut registry, path).unwrap();
    }
    assert_eq!(registry.plugins().count(), plugins);
    assert_eq!(registry.libraries().collect::<Vec<_>>(), [library.path()]);
}

#[test]
fn a_refused_library_leaves_the_registry_as_it_was() {
    let library = fixture("table.c").with("KIND", "7").build();
    let mut registry = Registry::builtin();
    let plugins = registry.plugins().count();
    load(&mut registry, library.path()).unwrap_err();
    assert_eq!((registry.plugins().count(), registry.libraries().count()), (plugins, 0));
}

#[test]
fn an_instance_outlives_registry_and_file() {
    let library = fixture("table.c").build();
    let aggregator = library.load().unwrap().make(&PluginSpec::<dyn Aggregator>::named("fixture")).unwrap();
    drop(library);
    assert_eq!(aggregator.aggregate(&[Some(1.0)]).unwrap(), 0.25);
}
