//! What a job is made from, and how two jobs differ.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a job is made from, as JSON: settings, fingerprints, versions. Two jobs of equal identity give equal results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(Value);

/// One field in which two identities differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field's path, as in `verifier.compute.device`.
    pub path: String,
    /// Its value before; `None` where it was absent.
    pub before: Option<Value>,
    /// Its value now; `None` where it is absent.
    pub now: Option<Value>,
}

impl Identity {
    /// The identity of a job that is made from this.
    pub fn new(made_from: Value) -> Self {
        Self(made_from)
    }

    /// Every field in which `now` is not as `self` was, in the order of their names.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        compare(String::new(), Some(&self.0), Some(&now.0), &mut found);
        found
    }
}

fn compare(path: String, before: Option<&Value>, now: Option<&Value>, found: &mut Vec<Difference>) {
    if before == now {
        return;
    }
    let (Some(Value::Object(old)), Some(Value::Object(new))) = (before, now) else {
        return found.push(Difference { path, before: before.cloned(), now: now.cloned() });
    };
    for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        compare(path, old.get(name), new.get(name), found);
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), shortened);
        write!(formatter, "{}: it was {}, and is {} now", self.path, told(&self.before), told(&self.now))
    }
}

/// A value in one line that a terminal holds.
fn shortened(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_identities_differ_in_nothing_whatever_the_order_of_their_fields() {
        let one = Identity::new(json!({"a": 1, "b": {"c": [1, 2], "d": null}}));
        let other = Identity::new(json!({"b": {"d": null, "c": [1, 2]}, "a": 1}));
        assert_eq!(one.differences(&other), []);
    }

    #[test]
    fn a_difference_is_told_by_path_with_the_old_and_the_new_value() {
        let before = Identity::new(json!({"verifier": {"words": 200, "prefer": "shorter"}, "shard": "0/2"}));
        let now = Identity::new(json!({"verifier": {"words": 100, "deep": {"x": true}, "prefer": "shorter"}}));
        let told: Vec<String> = before.differences(&now).iter().map(Difference::to_string).collect();
        assert_eq!(
            told,
            [
                "shard: it was \"0/2\", and is nothing now",
                "verifier.deep: it was nothing, and is {\"x\":true} now",
                "verifier.words: it was 200, and is 100 now",
            ]
        );
    }

    #[test]
    fn a_long_value_is_shortened() {
        let before = Identity::new(json!({"a": "é".repeat(1000)}));
        let told = before.differences(&Identity::new(json!({})))[0].to_string();
        assert!(told.chars().count() < 100 && told.contains('…'), "{told}");
    }
}
