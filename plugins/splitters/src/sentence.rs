//! `sentence`: every sentence is a step.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use touchstone::StepSplitter;

use crate::spans::{lines, steps_from};

/// Every sentence is a step; a blank line ends one, too.
///
/// Assumes running text, in English or in a script whose full stops are unmistakable (。！？). A full stop ends a sentence
/// when white space and something that can open a sentence follow, and when it does not belong to an abbreviation
/// (`e.g.`, `Fig. 2`), a decimal, a name's initial (`by J. Smith`) or a list's number that opens a line. Quotes and brackets
/// that close after it belong to the sentence. After "is", "option" and the like a single capital is an answer, not an
/// initial.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentence {}

touchstone::register!(StepSplitter, "sentence", Sentence);

impl StepSplitter for Sentence {
    fn split(&self, solution: &str) -> touchstone::Result<Vec<Range<usize>>> {
        let mut starts = Vec::new();
        for paragraph in paragraphs(solution) {
            starts.push(paragraph.start);
            sentences(solution, paragraph, &mut starts);
        }
        Ok(steps_from(solution, starts))
    }
}

/// The stretches between blank lines.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut paragraphs = Vec::new();
    let mut begin = 0;
    for line in lines(text).filter(|line| text[line.clone()].trim().is_empty()) {
        paragraphs.push(begin..line.start);
        begin = line.start;
    }
    paragraphs.push(begin..text.len());
    paragraphs
}

/// Never the end of a sentence.
const ABBREVIATIONS: [&str; 24] = [
    "e.g", "i.e", "cf", "vs", "viz", "approx", "resp", "dr", "mr", "mrs", "ms", "prof", "st", "rev", "gen", "hon",
    "gov", "sen", "rep", "fig", "figs", "eq", "eqs", "al",
];
/// Not the end of a sentence before a number.
const BEFORE_NUMBERS: [&str; 14] =
    ["no", "nos", "p", "pp", "sec", "ch", "vol", "art", "thm", "lem", "def", "ex", "ref", "refs"];
/// After these a single capital is an answer or a thing's name.
const BEFORE_LETTERS: [&str; 16] = [
    "is",
    "are",
    "be",
    "option",
    "options",
    "choice",
    "answer",
    "statement",
    "case",
    "point",
    "figure",
    "part",
    "only",
    "choose",
    "select",
    "step",
];

/// Adds where the sentences of a paragraph begin, but for the first.
fn sentences(text: &str, paragraph: Range<usize>, starts: &mut Vec<usize>) {
    let end = paragraph.end;
    let mut begin = paragraph.start;
    // The word that is being read and the one before it.
    let (mut word, mut previous) = (begin..begin, begin..begin);
    let mut place = begin;
    while let Some(character) = text[place..end].chars().next() {
        let next = place + character.len_utf8();
        if character.is_whitespace() {
            if word.start < place {
                previous = word.start..place;
            }
            word = next..next;
        } else if is_terminator(character) {
            let stop = after_terminators(&text[..end], place);
            let after = Following::at(text, stop, end);
            let before = Before {
                opens_line: opens_line(&text[begin..word.start]),
                word: &text[word.start..place],
                previous: &text[previous.clone()],
            };
            if after.is_some_and(|after| ends_sentence(&text[place..stop], &before, &after)) {
                starts.push(stop);
                begin = stop;
                previous = stop..stop;
                word = stop..stop;
            }
            place = stop;
            continue;
        }
        place = next;
    }
}

/// What stands before a terminator.
struct Before<'a> {
    /// Whether the word opens its sentence or a line of it.
    opens_line: bool,
    word: &'a str,
    previous: &'a str,
}

/// What stands after a terminator.
struct Following {
    spaced: bool,
    character: char,
}

impl Following {
    /// Nothing where the paragraph ends.
    fn at(text: &str, place: usize, end: usize) -> Option<Self> {
        let rest = &text[place..end];
        let visible = rest.trim_start();
        Some(Self { spaced: visible.len() < rest.len(), character: visible.chars().next()? })
    }
}

/// Whether the terminators `mark`, with the quotes and brackets that close after them, end a sentence.
fn ends_sentence(mark: &str, before: &Before<'_>, after: &Following) -> bool {
    if mark.contains(is_wide_terminator) {
        return true;
    }
    if !after.spaced || !can_open_sentence(after.character) {
        return false;
    }
    !mark.starts_with('.') || mark.starts_with("..") || !is_part_of_word(before, after)
}

/// Whether a full stop belongs to the word before it: an abbreviation, an initial, a list's number.
fn is_part_of_word(before: &Before<'_>, after: &Following) -> bool {
    let word = before.word.trim_start_matches(|character: char| !character.is_alphanumeric());
    let is = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    is(&ABBREVIATIONS)
        || after.character.is_numeric() && is(&BEFORE_NUMBERS)
        || before.opens_line && is_number(word)
        || is_initial(word) && after.character.is_uppercase() && before.reads_as_name()
}

impl Before<'_> {
    /// Whether a single capital here is the initial of a name: at the beginning, after another capitalised word, or after
    /// a word that a name follows.
    fn reads_as_name(&self) -> bool {
        let previous = self.previous.trim_matches(|character: char| !character.is_alphanumeric());
        let is = |known: &[&str]| known.iter().any(|known| previous.eq_ignore_ascii_case(known));
        let capitalised = previous.chars().next().is_none_or(char::is_uppercase);
        !is(&BEFORE_LETTERS) && (capitalised || is(&["by", "of", "with", "from", "and", "to"]))
    }
}

/// Whether the next word opens a sentence, of which this much is written, or a line of it.
fn opens_line(sentence: &str) -> bool {
    let visible = sentence.trim_end();
    visible.is_empty() || sentence[visible.len()..].contains('\n')
}

/// Whether the word is a number in digits or a small Roman one, as lists have them.
fn is_number(word: &str) -> bool {
    let all = |is: fn(char) -> bool| !word.is_empty() && word.chars().all(is);
    all(|character| character.is_ascii_digit()) || all(|character| matches!(character, 'I' | 'V' | 'X'))
}

fn is_initial(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(char::is_uppercase) && characters.next().is_none()
}

fn is_wide_terminator(character: char) -> bool {
    matches!(character, '。' | '！' | '？' | '｡')
}

fn is_terminator(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | '…') || is_wide_terminator(character)
}

fn is_closer(character: char) -> bool {
    matches!(
        character,
        '"' | '\'' | ')' | ']' | '}' | '”' | '’' | '»' | '」' | '』' | '】' | '）' | '》' | '*' | '_' | '`' | '$'
    )
}

/// Where the terminators at `place` end, with the quotes and brackets that close after them.
fn after_terminators(text: &str, place: usize) -> usize {
    let rest = text[place..].trim_start_matches(is_terminator).trim_start_matches(is_closer);
    text.len() - rest.len()
}

/// Whether a sentence can open like this: with a capital, a letter of a script without case, a number, a quote, a bracket, a
/// formula or an emphasis.
fn can_open_sentence(character: char) -> bool {
    character.is_alphanumeric() && !character.is_lowercase()
        || matches!(
            character,
            '"' | '\''
                | '“'
                | '‘'
                | '«'
                | '「'
                | '『'
                | '（'
                | '('
                | '['
                | '{'
                | '$'
                | '\\'
                | '*'
                | '_'
                | '`'
                | '#'
                | '¿'
                | '¡'
        )
}

#[cfg(test)]
mod tests {
    use touchstone::splitter::steps;

    use super::*;

    /// Each text is written with a bar where it is to be cut.
    fn check(marked: &str) {
        let steps: Vec<String> =
            steps(&Sentence {}, &marked.replace('|', "")).unwrap().into_iter().map(|step| step.0).collect();
        let expected: Vec<&str> = marked.split('|').map(str::trim).collect();
        assert_eq!(steps, expected);
    }

    #[test]
    fn sentences_end_at_full_stops_questions_and_exclamations() {
        check("We add. | Is it 4? | Yes! | Good?! | Done");
        check("One line\nof two. | Next\nline.");
    }

    #[test]
    fn decimals_and_dotted_names_do_not_cut() {
        check("Pi is 3.14, v1.2.3 of example.com.au. | 2.5 more.");
    }

    #[test]
    fn abbreviations_do_not_cut() {
        check("Some, e.g. Gauss, i.e. Dr. Gauss (cf. Fig. 2 and Eq. (3)) vs. Euler et al. 1750. | See No. 5 and p. 7.");
        check("The answer is no. | Then stop.");
    }

    #[test]
    fn initials_do_not_cut_and_answers_do() {
        check("A proof by J. R. Smith and George W. Bush. | It holds.");
        check("So the answer is C. | Then we stop. | Option B. | Only A. | Next.");
        check("A. Five meters");
    }

    #[test]
    fn a_lists_number_is_no_sentence() {
        check("1. Add them. | 2. Stop.");
        check("It is 4. | Good. | So it is World War II. | Next.");
        check("Both hold: | \n\nI. Magic. | II. More of it.\n  III. All.".replace("it.\n", "it. | \n").as_str());
        check("He answers:\n1. Add them. | \n2. Stop.");
    }

    #[test]
    fn an_ellipsis_cuts_only_before_a_new_sentence() {
        check("Well... maybe. | Hm… | So it is... | Yes.");
    }

    #[test]
    fn quotes_and_brackets_that_close_belong_to_the_sentence() {
        check("He said \"Stop.\" | (He meant it.) | **Bold.** | $x = 1.$ | “Fine.” | End.");
        check("\"Why?\" he asked. | Right.");
    }

    #[test]
    fn a_factorial_does_not_cut() {
        check("As 5! = 120 and n! is large. | Done.");
    }

    #[test]
    fn full_stops_of_chinese_and_japanese_need_no_space() {
        check("我们相加。|得到四！|对吗？|「好。」|完");
    }

    #[test]
    fn a_blank_line_ends_a_sentence() {
        check("Heading | \n\nText\n  of two lines | \r\n \r\nmore");
    }
}
