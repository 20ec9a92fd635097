//! Byte ranges of a text: its lines, and the steps between places where it is cut.

use std::ops::Range;

/// The lines of `text` without their ends (`\n` or `\r\n`).
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.trim_end_matches(['\n', '\r']).len();
        start += line.len();
        range
    })
}

/// The range without the white space around its text; nothing where there is nothing else.
pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    let step = start..start + piece.trim().len();
    (!step.is_empty()).then_some(step)
}

/// The steps of `text` when a new one begins at each of `starts`, which ascend.
pub(crate) fn steps_from(text: &str, starts: impl IntoIterator<Item = usize>) -> Vec<Range<usize>> {
    let mut begin = 0;
    let mut steps = Vec::new();
    for start in starts.into_iter().chain([text.len()]) {
        steps.extend(trimmed(text, begin..start));
        begin = start;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_either_kind_of_line_end() {
        let text = "a\r\n\nb";
        assert_eq!(lines(text).map(|line| &text[line]).collect::<Vec<_>>(), ["a", "", "b"]);
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn a_blank_stretch_is_no_step() {
        assert_eq!(steps_from(" a  b ", [3, 3, 5]), [1..2, 4..5]);
        assert_eq!(steps_from(" \u{a0}\n", []), Vec::<Range<usize>>::new());
    }
}
