//! `answer_is`: what a solution says that its answer is.

use serde::{Deserialize, Serialize};
use touchstone::{AnswerExtractor, Result};

use crate::statement::{behind, is_emphasis};

/// The answer is what follows the last `answer is` or `final answer:`, in any case, up to the end of its sentence.
///
/// Assumes that the model was told to end with such a sentence, and that answers are words or formulas without full stops of
/// their own: a sentence ends with its line, or at `.`, `!`, `?` or `。` where white space, emphasis or nothing follows, so that
/// 3.14 is whole. White space, colons, the emphasis of Markdown (`**`, `_`, backticks) and the dollars or brackets of a formula
/// that is the whole answer are taken off; a displayed formula may stand on lines of its own. A statement that says nothing is
/// passed over: then the one before it counts. A solution without any has no answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerIs {}

touchstone::register!(AnswerExtractor, "answer_is", AnswerIs);

const PHRASES: [&str; 5] = ["answer is", "final answer:", "final answer**:", "final answer*:", "final answer__:"];

impl AnswerExtractor for AnswerIs {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        let statements = behind(solution, &PHRASES);
        Ok(statements.into_iter().rev().find_map(|at| stated(&solution[at..])).map(str::to_owned))
    }
}

/// Further away no end of a formula is looked for, in bytes.
const LONGEST_FORMULA: usize = 4096;

/// What is said at the beginning of this text.
fn stated(text: &str) -> Option<&str> {
    // `answering` and `answer isn't` state nothing.
    if text.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '\'' | '’')) {
        return None;
    }
    let text = text.trim_start_matches(around);
    let said = formula(text).unwrap_or_else(|| bare(sentence(text)));
    // The first half of what was cut off says nothing.
    let says = !said.trim_matches(|mark| around(mark) || matches!(mark, '$' | '\\' | '(' | '[')).is_empty();
    says.then_some(said)
}

/// The inside of a formula that is all that the sentence says.
fn formula(text: &str) -> Option<&str> {
    const MARKS: [(&str, &str); 4] = [("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")];
    let (open, close) = MARKS.into_iter().find(|(open, _)| text.starts_with(open))?;
    let near = LONGEST_FORMULA.min(text.len())..text.len();
    let end = near.into_iter().find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    let inside = text[open.len()..end].split_once(close)?.0;
    let rest = &text[open.len() + inside.len() + close.len()..];
    let nothing_else = bare(sentence(rest)).is_empty();
    // An amount of money has one dollar, and its formula would end in another sentence.
    let is_one = close.len() > 1 || !inside.contains('\n');
    (nothing_else && is_one).then(|| bare(inside)).filter(|inside| !inside.is_empty())
}

/// The text up to the end of its first sentence.
fn sentence(text: &str) -> &str {
    let ends = |(at, character): (usize, char)| {
        let rest = &text[at + character.len_utf8()..];
        let over = || rest.chars().next().is_none_or(|next| next.is_whitespace() || is_emphasis(next));
        matches!(character, '\n' | '\r' | '。') || (matches!(character, '.' | '!' | '?') && over())
    };
    let end = text.char_indices().find(|place| ends(*place)).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// The text without what may stand around an answer.
fn bare(text: &str) -> &str {
    text.trim_matches(|character| around(character) || character == '.')
}

fn around(character: char) -> bool {
    character.is_whitespace() || is_emphasis(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(solution: &str) -> Option<String> {
        AnswerIs {}.extract(solution).unwrap()
    }

    #[test]
    fn the_last_statement_counts_up_to_the_end_of_its_sentence() {
        for (solution, expected) in [
            ("The answer is 42.", "42"),
            ("I thought the answer is 41. No: THE ANSWER IS 42! Done.", "42"),
            ("So the answer is: **42**.\nBye.", "42"),
            ("**Final Answer:** Paris", "Paris"),
            ("**Final Answer**: Paris", "Paris"),
            ("The final answer is 3.14", "3.14"),
            ("The answer is (C) because 2 + 2 = 4.", "(C) because 2 + 2 = 4"),
            ("The final answer is _yes_", "yes"),
            ("答案: the answer is 四十二。再见", "四十二"),
            ("The answer is:\r\n\r\n12 cm\r\n", "12 cm"),
        ] {
            assert_eq!(answer(solution).as_deref(), Some(expected), "{solution}");
        }
    }

    #[test]
    fn the_dollars_of_a_formula_come_off_and_those_of_an_amount_stay() {
        for (solution, expected) in [
            ("The answer is $x + 1$.", "x + 1"),
            ("The answer is\n\n$$\n\\frac{1}{2}\n$$\n\nDone.", r"\frac{1}{2}"),
            (r"The final answer is: \[ \boxed{7} \].", r"\boxed{7}"),
            (r"The answer is \(n^2\)", "n^2"),
            ("The answer is **$5$**.", "5"),
            ("The answer is $5.", "$5"),
            ("The answer is $5 and not $6.", "$5 and not $6"),
            ("The answer is $5.\nIt was $6.", "$5"),
            ("The answer is $x$ or $y$.", "$x$ or $y$"),
        ] {
            assert_eq!(answer(solution).as_deref(), Some(expected), "{solution}");
        }
    }

    #[test]
    fn a_statement_that_says_nothing_is_passed_over() {
        assert_eq!(answer("The answer is 7. As I said, the answer is").as_deref(), Some("7"));
        assert_eq!(answer("The answer is 7. The answer isn't 8.").as_deref(), Some("7"));
        for solution in [
            "",
            "42",
            "the answer is",
            "The answer is .",
            "The answer is ** **",
            "answer is $ $",
            r"answer is \(",
            "Final answer",
        ] {
            assert_eq!(answer(solution), None, "{solution}");
        }
    }
}
