//! What a name becomes in a project.

use super::ProjectError;

/// The longest name that a library may have in it.
pub(super) const LONGEST: usize = 64;

/// Names that a crate cannot have: the keywords of Rust, and crates that every project sees.
#[rustfmt::skip]
const TAKEN_CRATES: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    "alloc", "anyhow", "core", "proc_macro", "serde", "std", "tempfile", "test", "touchstone", "touchstone_aggregators",
    "touchstone_baselines", "touchstone_experiment", "touchstone_sdk",
];

/// Names that a type cannot have beside what the sources import and the prelude brings.
#[rustfmt::skip]
const TAKEN_TYPES: &[&str] = &[
    "Aggregator", "AnswerEquivalence", "AnswerExtractor", "AnswerKey", "Box", "Clone", "Completion", "Context", "Copy", "Cot", "Debug",
    "Default", "Draw", "Drop", "Eq", "Err", "Error", "Extend", "FinishReason", "Fn", "FnMut", "FnOnce", "From",
    "GenerationRequest", "Generator", "GeneratorSettings", "Into", "Iterator", "None", "Ok", "Option", "Ord",
    "PartialEq", "PartialOrd", "PluginSpec", "Prompt", "Question", "Range", "Registry", "Result", "Rewards", "Sample",
    "Sampler", "Self", "Send", "Sized", "Some", "StepSplitter", "String", "Sync", "ToOwned", "ToString", "TokenId",
    "TryFrom", "TryInto", "Vec", "Verifier", "VerifierSettings",
];

/// Checks that `what`, a plugin or an experiment, can have this name.
pub(super) fn check(what: &'static str, name: &str) -> Result<(), ProjectError> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.len() <= LONGEST && name.chars().all(fits) {
        Ok(())
    } else {
        Err(ProjectError::Name { what, name: name.to_owned() })
    }
}

/// A name as a crate's: in snake case, with the suffix where it is taken.
pub(super) fn crate_name(name: &str, suffix: &str) -> String {
    let mut snake = words(name).join("_").to_lowercase();
    if TAKEN_CRATES.contains(&snake.as_str()) {
        snake.push_str(suffix);
    }
    snake
}

/// The name of a plugin as a type's: in camel case.
pub(super) fn type_name(name: &str) -> String {
    let capitalised = |word: &str| word[..1].to_uppercase() + &word[1..];
    let mut camel: String = words(name).into_iter().map(capitalised).collect();
    if TAKEN_TYPES.contains(&camel.as_str()) {
        camel.push_str("Plugin");
    }
    camel
}

/// The words of a name, which a character that is no letter or digit ends, or a capital that follows a small letter begins.
fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for piece in name.split(['_', '-', '.']) {
        let mut start = 0;
        for (end, pair) in (1..).zip(piece.as_bytes().windows(2)) {
            if !pair[0].is_ascii_uppercase() && pair[1].is_ascii_uppercase() {
                words.push(&piece[start..end]);
                start = end;
            }
        }
        words.push(&piece[start..]);
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_what_is_allowed_where_it_is_not() {
        for good in ["a", "Trimmed", "trimmed-mean_2.0", &"a".repeat(64)] {
            assert!(check("a plugin", good).is_ok(), "{good}");
        }
        for bad in ["", "2fast", "-a", "_a", ".a", "a b", "é", "aé", "a/b", "a\0", &"a".repeat(65)] {
            let message = check("a plugin", bad).unwrap_err().to_string();
            assert!(
                message.contains(&format!("{bad:?}")) && message.contains("begins with an ASCII letter"),
                "{message}"
            );
        }
    }

    #[test]
    fn crates_are_in_snake_case_and_types_in_camel_case() {
        for (name, snake, camel) in [
            ("trimmed", "trimmed", "Trimmed"),
            ("trimmed-mean_2.0", "trimmed_mean_2_0", "TrimmedMean20"),
            ("TrimmedMean", "trimmed_mean", "TrimmedMean"),
            ("dORM", "d_orm", "DORM"),
            ("a--b.", "a_b", "AB"),
        ] {
            assert_eq!((crate_name(name, "_plugin").as_str(), type_name(name).as_str()), (snake, camel), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_taken_in_rust_gets_another() {
        assert_eq!((crate_name("match", "_plugin").as_str(), type_name("match").as_str()), ("match_plugin", "Match"));
        assert_eq!(
            (crate_name("aggregator", "_plugin").as_str(), type_name("aggregator").as_str()),
            ("aggregator", "AggregatorPlugin")
        );
        assert_eq!(crate_name("touchstone-sdk", "_experiment"), "touchstone_sdk_experiment");
    }
}
