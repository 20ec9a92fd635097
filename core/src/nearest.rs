//! "Did you mean …": the nearest of the known names.

/// The known name that `given` was most likely meant to be, if any is near enough to be worth saying.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count().max(given.chars().count()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; did you mean "name"?`, or nothing.
pub(crate) fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// Adds the nearest known name to a message of serde about an unknown field or variant, which lists them in back ticks.
pub(crate) fn with_suggestion(message: &str) -> String {
    let Some(start) = message.find("unknown field `").or_else(|| message.find("unknown variant `")) else {
        return message.to_owned();
    };
    let mut quoted = message[start..].split('`').skip(1).step_by(2);
    let given = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    format!("{message}{}", suggestion(given, known.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_understood_and_a_wild_word_is_not() {
        assert_eq!(nearest("maen", ["min", "mean", "max"]), Some("mean"));
        assert_eq!(nearest("Last", ["last", "min"]), Some("last"));
        assert_eq!(nearest("entropy", ["min", "mean"]), None);
        assert_eq!(nearest("", ["min"]), None);
    }

    #[test]
    fn serdes_message_gets_the_nearest_name() {
        let message = with_suggestion("unknown field `sede`, expected one of `n`, `runs`, `seed` at line 3");
        assert!(message.ends_with("did you mean \"seed\"?"), "{message}");
        assert_eq!(with_suggestion("missing field `n`"), "missing field `n`");
    }
}
