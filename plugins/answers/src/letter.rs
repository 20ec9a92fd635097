//! `letter`: the option that a solution chooses.

use serde::{Deserialize, Serialize};
use touchstone::{AnswerExtractor, Result};

use crate::statement::{behind, is_emphasis};

/// The answer is the letter, A to J, of the option that the solution chooses.
///
/// Assumes multiple choice with options by letter. The first of these rules that finds a letter decides, and in each the last
/// place counts:
///
/// 1. a statement: `answer is`, `answer would be`, `answer must be`, `answer should be`, `option is` or `choice is`, in any case,
///    and the letter behind it, as in `The correct answer is **(C)**.`;
/// 2. `Answer:` and the letter behind it, or a box with a letter, as in `\boxed{\text{C}}`;
/// 3. a letter that stands alone in brackets or in bold, or is a whole line: `(C)`, `[C]`, `**C**`, `**C.**`, `C.`
///
/// Between the words and the letter there may be white space, colons, quotation marks, brackets, emphasis, dollars, LaTeX's
/// `\text{` and the like, and the words option, choice, letter (also with the article), therefore, thus, clearly, most, likely,
/// probably. Brackets may be full-width: `（C）`. A letter in lower case counts where something closes around it, as in `(c)`. A
/// letter of a word is none, nor is the argument of `f(A)` or the `I` of `I think` and the like, and a statement without a letter
/// (`the answer is not clear`) is passed over. The letter is given in upper case.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Letter {}

touchstone::register!(AnswerExtractor, "letter", Letter);

const STATEMENTS: [&str; 6] =
    ["answer is", "answer would be", "answer must be", "answer should be", "option is", "choice is"];
const LABELS: [&str; 6] = ["answer:", "answer**:", "answer*:", "answer__:", r"\boxed{", r"\fbox{"];

/// What may stand between a statement and its letter besides single characters.
const FILLERS: [&str; 22] = [
    r"\boxed{",
    r"\fbox{",
    r"\text{",
    r"\textbf{",
    r"\mathrm{",
    r"\mathbf{",
    r"\(",
    r"\[",
    "option ",
    "choice ",
    "letter ",
    "the option ",
    "the choice ",
    "the letter ",
    "therefore ",
    "therefore, ",
    "thus ",
    "thus, ",
    "clearly ",
    "most ",
    "likely ",
    "probably ",
];

/// What follows the `I` that is the writer, up to an apostrophe.
const WRITERS_WORDS: [&str; 21] = [
    "am", "believe", "can", "cannot", "choose", "could", "do", "don", "feel", "found", "get", "got", "guess", "have",
    "know", "need", "see", "suppose", "think", "was", "would",
];

/// So many fillers are taken off; hostile text costs no more than any other.
const MOST_FILLERS: usize = 16;

impl AnswerExtractor for Letter {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        let stated = |phrases| behind(solution, phrases).into_iter().rev().find_map(|at| chosen(solution, at));
        let letter = stated(&STATEMENTS[..]).or_else(|| stated(&LABELS[..])).or_else(|| alone(solution));
        Ok(letter.map(|letter| letter.to_ascii_uppercase().to_string()))
    }
}

/// The letter that is chosen behind a statement that ends at `start`.
fn chosen(solution: &str, start: usize) -> Option<char> {
    let mut rest = &solution[start..];
    for _ in 0..MOST_FILLERS {
        let before = rest;
        rest = rest.trim_start_matches(|character: char| character.is_whitespace() || is_wrapping(character));
        let starts = |filler: &&str| rest.get(..filler.len()).is_some_and(|text| text.eq_ignore_ascii_case(filler));
        if let Some(filler) = FILLERS.into_iter().find(starts) {
            rest = &rest[filler.len()..];
        }
        if rest.len() == before.len() {
            break;
        }
    }
    letter_at(solution, solution.len() - rest.len())
}

fn is_wrapping(character: char) -> bool {
    is_emphasis(character) || matches!(character, '(' | '[' | '{' | '（' | '【' | '$' | '"' | '\'' | '“' | '‘' | '「')
}

/// The letter at this place, if it is one by itself.
fn letter_at(solution: &str, at: usize) -> Option<char> {
    let (before, rest) = solution.split_at(at);
    let letter = rest.chars().next().filter(|letter| is_option(*letter))?;
    let mut following = rest[1..].chars();
    let next = following.next();
    let in_word = match next {
        Some('\'' | '’' | '-') => following.next().is_some_and(char::is_alphanumeric),
        Some(next) => next.is_alphanumeric() || next == '_' && following.next().is_some_and(char::is_alphanumeric),
        None => false,
    };
    let closed = matches!(before.chars().next_back(), Some('(' | '[' | '{' | '（' | '【' | '*' | '"' | '“'))
        && matches!(next, Some(')' | ']' | '}' | '）' | '】' | '*' | '"' | '”'));
    let counts = closed || letter.is_ascii_uppercase() && !is_writer(letter, &rest[1..]);
    (!in_word && counts).then_some(letter)
}

/// Whether this letter is the `I` of a writer, as in `I think`.
fn is_writer(letter: char, following: &str) -> bool {
    let begins = |rest: &str, word: &str| {
        rest.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
    };
    letter == 'I'
        && following.strip_prefix(' ').is_some_and(|rest| WRITERS_WORDS.into_iter().any(|word| begins(rest, word)))
}

fn is_option(letter: char) -> bool {
    matches!(letter, 'A'..='J' | 'a'..='j')
}

/// The last letter that stands alone in brackets, in bold, or in its line.
fn alone(solution: &str) -> Option<char> {
    let letters = solution.bytes().enumerate().rev().filter(|(_, byte)| is_option(char::from(*byte)));
    letters
        .map(|(at, byte)| (at, char::from(byte)))
        .find(|(at, letter)| stands_alone(solution, *at, *letter))
        .map(|(_, letter)| letter)
}

fn stands_alone(solution: &str, at: usize, letter: char) -> bool {
    let (before, after) = (&solution[..at], &solution[at + 1..]);
    let bracketed = [('(', ')'), ('[', ']'), ('（', '）'), ('【', '】')].into_iter().any(|(open, close)| {
        let outside = before.strip_suffix(open).filter(|_| after.starts_with(close));
        // No function has full-width brackets, and languages that write them put no blank before them.
        let called = |last: char| open.is_ascii() && (last.is_alphanumeric() || last == '}');
        outside.is_some_and(|outside| !outside.ends_with(called))
    });
    if bracketed || !letter.is_ascii_uppercase() {
        return bracketed;
    }
    let pointed = after.strip_prefix(['.', ')', ':']).unwrap_or(after);
    let bold = before.ends_with("**") && (after.starts_with("**") || pointed.starts_with("**"));
    let begins = before.is_empty() || before.ends_with(['\n', '\r']);
    let ends = pointed.trim_start_matches([' ', '\t']).is_empty() || {
        // Only what is near: a line of a megabyte of spaces is no letter alone in its line.
        let near = pointed.bytes().take(8).find(|byte| !matches!(byte, b' ' | b'\t'));
        matches!(near, Some(b'\n' | b'\r'))
    };
    bold || begins && ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(solution: &str) -> Option<String> {
        Letter {}.extract(solution).unwrap()
    }

    fn assert_answers(answers: &[(&str, &str)]) {
        for (solution, expected) in answers {
            assert_eq!(answer(solution).as_deref(), Some(*expected), "{solution:?}");
        }
    }

    #[test]
    fn the_last_statement_decides() {
        assert_answers(&[
            ("The answer is (C).", "C"),
            ("the answer is c)... no, THE ANSWER IS D", "D"),
            ("The correct answer is **(B)**.", "B"),
            ("The correct answer is: **B. Paris**", "B"),
            ("Therefore, the answer is option J.", "J"),
            ("The correct option is (a).", "A"),
            ("The best choice is therefore H, not (A).", "H"),
            ("The final answer is $\\boxed{\\text{E}}$.", "E"),
            ("The final answer is\n\n\\[ \\boxed{F} \\]", "F"),
            ("The answer is A because 2 + 2 = 4.", "A"),
            ("The answer is \"G\".", "G"),
            ("The answer would be I.", "I"),
            ("The answer is I because 2 + 2 = 4.", "I"),
            ("The answer is most likely B.", "B"),
            ("The answer is therefore, the letter C.", "C"),
            ("The answer is（d）。", "D"),
            ("The answer is (E). So the answer is I think clear.", "E"),
            ("The answer is (A). Check: (B) fails.", "A"),
            ("The answer is (A). On second thought, the answer is not clear. (B)", "A"),
        ]);
    }

    #[test]
    fn else_a_label_or_a_box() {
        assert_answers(&[
            ("(A) is wrong.\n\nAnswer: D", "D"),
            ("**Answer:** (c)", "C"),
            ("**Answer**: E. It is so.", "E"),
            ("### Answer: **F**", "F"),
            ("So it is \\boxed{B}, not (C).", "B"),
            ("Answer: A\n\nor better \\boxed{\\textbf{G}}", "G"),
        ]);
    }

    #[test]
    fn else_a_letter_that_stands_alone() {
        assert_answers(&[
            ("It is (A) or (B), so (B).", "B"),
            ("So option **D** is right.", "D"),
            ("So **D.** is right", "D"),
            ("[e]", "E"),
            ("答案是（F）。", "F"),
            ("The answer is I think (G).", "G"),
            ("Answer: I don't know, maybe (H).", "H"),
            ("Let us see.\n\nC", "C"),
            ("Let us see.\nC.\r\nBye", "C"),
            ("A", "A"),
        ]);
    }

    #[test]
    fn words_functions_and_other_letters_are_no_answers() {
        for solution in [
            "",
            "I think that A is nice.",
            "The answer is a matter of taste.",
            "The answer is 42.",
            "The answer is Berlin.",
            "The answer is K.",
            "The answer is (K).",
            "The answer is A-level stuff",
            "The answer is I'm lost",
            "Answer: I am not sure",
            "The answer is",
            "We know that f(A) and P(B) and \\vec{x}(C) hold.",
            "Answer: none of them",
            "\\boxed{12}",
            "(AB) ** A ** (É)",
            "The answer is ÀC",
        ] {
            assert_eq!(answer(solution), None, "{solution:?}");
        }
    }

    #[test]
    fn any_number_of_brackets_is_looked_at_once() {
        let begun = std::time::Instant::now();
        assert_eq!(answer(&"the answer is (((((".repeat(100_000)), None);
        assert_eq!(answer(&("A".to_owned() + &" ".repeat(1 << 20)).repeat(2)), None);
        assert!(begun.elapsed().as_secs() < 10);
    }
}
