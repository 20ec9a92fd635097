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

/// Adds the nearest known name to a message about an unknown field or variant, at the end of the line that lists the known
/// ones: in back ticks as serde writes them, or without as the YAML reader does, which shows the place on further lines.
pub(crate) fn with_suggestion(message: &str) -> String {
    let start = ["unknown field `", "unknown variant `"].into_iter().find_map(|complaint| message.find(complaint));
    let Some(start) = start else {
        return message.to_owned();
    };
    let end = message[start..].find('\n').map_or(message.len(), |length| start + length);
    let line = &message[start..end];
    let (complaint, expected) = line.split_once("expected ").unwrap_or((line, ""));
    let given = complaint.split('`').nth(1).unwrap_or_default();
    let known: Vec<&str> = if expected.contains('`') {
        expected.split('`').skip(1).step_by(2).collect()
    } else {
        expected
            .trim_start_matches("one of ")
            .split(", ")
            .flat_map(|names| names.split(" or "))
            .map(str::trim)
            .collect()
    };
    format!("{}{}{}", &message[..end], suggestion(given, known.iter().copied()), &message[end..])
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

    #[test]
    fn the_yaml_readers_message_gets_it_before_the_place_is_shown() {
        let place = "\n --> <input>:5:18\n5 | { rewadrs: `name` }";
        for expected in ["one of name, rewards", "name or rewards", "rewards", "`rewards`"] {
            let complaint = format!("line 5: unknown field `rewadrs`, expected {expected}");
            let message = with_suggestion(&format!("{complaint}{place}"));
            assert_eq!(message, format!("{complaint}; did you mean \"rewards\"?{place}"));
        }
    }
}
