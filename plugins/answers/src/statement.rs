//! Where a solution states its answer.

/// The offsets behind each of these phrases in `text`, in the order in which they come. Phrases are in lower case, and case
/// means nothing.
pub(crate) fn behind(text: &str, phrases: &[&str]) -> Vec<usize> {
    // Bytes stay where they are.
    let lower = text.to_ascii_lowercase();
    let ends = |phrase: &&str| lower.match_indices(*phrase).map(|(at, found)| at + found.len()).collect::<Vec<_>>();
    let mut found: Vec<usize> = phrases.iter().flat_map(ends).collect();
    found.sort_unstable();
    found
}

/// Whether a character is emphasis of Markdown or a colon, which stand around answers and mean nothing.
pub(crate) fn is_emphasis(character: char) -> bool {
    matches!(character, '*' | '_' | '`' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_found_in_any_case_and_in_order() {
        let text = "É: the Answer is 1; ANSWER: 2; answer is";
        let found = behind(text, &["answer:", "answer is"]);
        let rest: Vec<&str> = found.iter().map(|at| &text[*at..]).collect();
        assert_eq!(rest, [" 1; ANSWER: 2; answer is", " 2; answer is", ""]);
    }
}
