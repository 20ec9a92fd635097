//! The marks and verdicts in the text of a critique, found as Python's `re` finds them.

use std::ops::Range;

use touchstone::Label;

use super::RationaleForm;
use crate::gorm;
use crate::gprm;

/// What ends the thinking.
pub(super) const THINK_END: &str = "</think>";

/// What every critique of a training set begins with.
pub(super) const BEGINNING: &str = "<think>\nLet's verify step by step:";

const MARK: &str = "The step is \\boxed{";
const MARKS: [(&str, Label); 2] = [("correct}", Label::Correct), ("incorrect}", Label::Incorrect)];
const WORDS: [(&str, Label); 2] = [("Yes", Label::Correct), ("No", Label::Incorrect)];

/// How a verdict or a mark is written.
pub(super) fn verdict_text(form: RationaleForm, label: Label) -> String {
    let word = if label == Label::Incorrect { "No" } else { "Yes" };
    format!("{} {word}", before_word(form))
}

/// The mark of a step.
pub(super) fn mark_text(label: Label) -> String {
    let word = if label == Label::Incorrect { "incorrect}" } else { "correct}" };
    format!("{MARK}{word}")
}

fn before_word(form: RationaleForm) -> &'static str {
    match form {
        RationaleForm::Gorm => gorm::VERDICT.before,
        RationaleForm::Gprm => gprm::VERDICT.before,
    }
}

/// A verdict in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Where its word ends, in bytes.
    pub(super) end: usize,
    pub(super) label: Label,
}

/// The first verdict of this form: whatever its case, with any white space before the word, or none.
pub(super) fn verdict(form: RationaleForm, text: &str) -> Option<Verdict> {
    let before = before_word(form);
    let starts = text.char_indices().map(|(start, _)| start);
    starts.into_iter().find_map(|start| {
        let behind = start + ignoring_case(&text[start..], before)?;
        let rest = text[behind..].trim_start_matches(is_white_space);
        let (length, label) = first_of(rest, &WORDS)?;
        Some(Verdict { end: text.len() - rest.len() + length, label })
    })
}

/// The marks of steps, in their order, whatever their case.
pub(super) fn marks(text: &str) -> Vec<Label> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((range, label)) = next_mark(text, from) {
        found.push(label);
        from = range.end;
    }
    found
}

fn next_mark(text: &str, from: usize) -> Option<(Range<usize>, Label)> {
    text[from..].char_indices().find_map(|(offset, _)| {
        let start = from + offset;
        let behind = start + ignoring_case(&text[start..], MARK)?;
        let (length, label) = first_of(&text[behind..], &MARKS)?;
        Some((start..behind + length, label))
    })
}

/// The critique up to where its form ends: for gORM the first verdict, for gPRM the last mark that is written exactly. All of it
/// where there is none.
pub(super) fn trimmed(form: RationaleForm, text: &str) -> &str {
    let end = match form {
        RationaleForm::Gorm => verdict(form, text).map(|verdict| verdict.end),
        RationaleForm::Gprm => MARKS
            .iter()
            .filter_map(|(word, _)| {
                let mark = format!("{MARK}{word}");
                text.rfind(&mark).map(|start| start + mark.len())
            })
            .max(),
    };
    &text[..end.unwrap_or(text.len())]
}

/// The bytes of the first of these words that the text begins with, whatever its case, and its label.
fn first_of(text: &str, words: &[(&str, Label)]) -> Option<(usize, Label)> {
    words.iter().find_map(|(word, label)| Some((ignoring_case(text, word)?, *label)))
}

/// How many bytes of the text are `literal`, which is ASCII, in any case.
fn ignoring_case(text: &str, literal: &str) -> Option<usize> {
    let mut characters = text.chars();
    for wanted in literal.chars() {
        if folded(characters.next()?) != wanted.to_ascii_lowercase() {
            return None;
        }
    }
    Some(text.len() - characters.as_str().len())
}

/// Python's `re` takes these letters for the same as `i`, `s` and `k` where case is ignored.
fn folded(character: char) -> char {
    match character {
        '\u{130}' | '\u{131}' => 'i',
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// Whether preprocessing drops critiques that hold this character: a Chinese one.
pub(super) fn is_chinese(character: char) -> bool {
    matches!(character, '\u{4e00}'..='\u{9fff}')
}

/// What Python's `\s` matches: Unicode's white space, and the four separators of ASCII.
fn is_white_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GORM: &str = "Verification: Is the answer correct (Yes/No)?";

    fn label_of(text: &str) -> Option<Label> {
        verdict(RationaleForm::Gorm, text).map(|verdict| verdict.label)
    }

    #[test]
    fn white_space_and_case_are_those_of_pythons_expressions() {
        for between in ["", " ", "\n\n\t", "\u{1c}\u{1f}", "\u{85}\u{a0}\u{3000}", "\u{2028}"] {
            assert_eq!(label_of(&format!("x {GORM}{between}Yes")), Some(Label::Correct), "{between:?}");
        }
        // A zero-width space, and the separator below the four, are none.
        for between in ["\u{200b}", "\u{1b}", "*", "-"] {
            assert_eq!(label_of(&format!("{GORM}{between}Yes")), None, "{between:?}");
        }
        for text in
            ["verıfİcation: iſ the anſwer correct (yes/NO)? yEſ", "VERIFICATION: IS THE ANSWER CORRECT (YES/NO)?YES"]
        {
            assert_eq!(label_of(text), Some(Label::Correct), "{text}");
        }
        assert_eq!(label_of(&format!("{GORM} Nope")), Some(Label::Incorrect), "no word border is asked for");
    }

    #[test]
    fn a_verdict_without_a_word_is_passed_over_for_the_next() {
        let text = format!("{GORM} Maybe. {GORM} no, {GORM} Yes");
        let found = verdict(RationaleForm::Gorm, &text).unwrap();
        assert_eq!((found.label, trimmed(RationaleForm::Gorm, &text)), (Label::Incorrect, &text[..found.end]));
        assert!(text[..found.end].ends_with("no"));
        assert_eq!(trimmed(RationaleForm::Gorm, "é no verdict \n"), "é no verdict \n");
    }

    #[test]
    fn marks_are_read_in_any_case_and_cut_at_the_last_exact_one() {
        let text = "é The step is \\boxed{correct} the step iſ \\boxed{INCORRECT} The step is \\boxed{correct}, \
                    THE STEP IS \\BOXED{correct} The step is \\boxed{ correct}";
        let (right, wrong) = (Label::Correct, Label::Incorrect);
        assert_eq!(marks(text), [right, wrong, right, right]);
        let cut = trimmed(RationaleForm::Gprm, text);
        assert!(cut.ends_with("The step is \\boxed{correct}") && marks(cut) == [right, wrong, right], "{cut}");
        assert_eq!(trimmed(RationaleForm::Gprm, "The step is \\boxed{Correct}. "), "The step is \\boxed{Correct}. ");
    }
}
