//! What a text must not hold.

/// The text without white space around it, then without the tag: a tag in it would be taken for the end of a step.
///
/// White space is Python's: Unicode's and the four separators U+001C to U+001F, as in the published code.
pub(crate) fn cleaned(text: &str, tag: &str) -> String {
    let is_white = |character: char| character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character);
    text.trim_matches(is_white).replace(tag, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = " \n\n\n\n";

    #[test]
    fn a_text_is_trimmed_first_and_freed_of_tags_then() {
        assert_eq!(cleaned("\n a \n\n\n\nb \n\n\n\n", TAG), "ab");
        // So white space before a tag that ends the text stays, as in the published code.
        assert_eq!(cleaned(" a  ки\n", " ки"), "a ");
    }

    #[test]
    fn a_text_of_tags_only_is_empty() {
        assert_eq!(cleaned(&TAG.repeat(3), TAG), "");
        assert_eq!(cleaned("", TAG), "");
    }

    #[test]
    fn white_space_is_what_python_takes_for_it() {
        assert_eq!(cleaned("\u{1c}\u{a0}\u{3000}a\u{85}\u{1f}", TAG), "a");
        assert_eq!(cleaned("\u{200b}a\0", TAG), "\u{200b}a\0");
    }
}
