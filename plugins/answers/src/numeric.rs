//! `numeric`: the same number, however it is written.

use serde::{Deserialize, Serialize};
use touchstone::answer::{AnswerEquivalence, AnswerKey};

use crate::exact::{collapsed, lower_case};
use crate::latex::unwrapped;
use crate::number;

/// Answers are the same when they are the same number, however written, or else the same text.
///
/// Assumes one number an answer, with a point for decimals and commas between thousands: `1,000`, `1000.0`, `1e3` and
/// `10^3`-style powers after a factor are one value, `1/2`, `0.5` and `\frac{1}{2}` are another. Values are compared exactly,
/// never rounded. `$…$`, `\(…\)` and `\boxed{…}` around the whole mean nothing. What follows or leads a number tells answers
/// apart: `5`, `5 cm`, `$5` and `5%` are four answers, but `50%` is `50\%`, and `12cm` is `12.0 \text{ cm}`. Other answers are
/// compared as text. Case and white space mean nothing. A blank answer is none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Numeric {}

touchstone::register!(AnswerEquivalence, "numeric", Numeric);

impl AnswerEquivalence for Numeric {
    fn key(&self, answer: Option<&str>) -> touchstone::Result<Option<AnswerKey>> {
        let text = lower_case(&collapsed(answer.unwrap_or_default()));
        let text = unwrapped(&text);
        let key = quantity(text).unwrap_or_else(|| text.to_owned());
        Ok((!key.is_empty()).then_some(AnswerKey(key)))
    }
}

const CURRENCIES: [&str; 5] = [r"\$", "$", "€", "£", "¥"];

/// A number with its unit, in its one form; nothing where the text is something else.
fn quantity(text: &str) -> Option<String> {
    let money = CURRENCIES.into_iter().find_map(|sign| Some((sign, text.strip_prefix(sign)?)));
    let (currency, amount) =
        money.map_or(("", text), |(sign, amount)| (sign.trim_start_matches('\\'), amount.trim_start()));
    let read = number::read(amount)?;
    let unit = unit(read.rest)?;
    // `1/2x` may be a half of x or the inverse of 2x: it stays text.
    if read.slash && !unit.is_empty() && !read.rest.starts_with([' ', '\\', '%', '°'])
        || !currency.is_empty() && unit == "$"
    {
        return None;
    }
    let parts = [read.number.to_string(), currency.to_owned(), unit];
    Some(parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// Layers and spaces around a unit take turns no more often than this in what anybody writes.
const TURNS: usize = 8;

/// What follows a number, in its one form, where that can be a unit; nothing where it makes a formula or a list of it.
fn unit(rest: &str) -> Option<String> {
    let unit = bare(rest);
    let unit = match unit {
        r"\%" => "%",
        r"^\circ" | r"^{\circ}" => "°",
        other => other,
    };
    let opens_unit =
        |character: char| character.is_alphabetic() || matches!(character, '%' | '°' | '$' | '€' | '£' | '¥' | '\\');
    unit.chars().next().is_none_or(opens_unit).then(|| unit.to_owned())
}

/// A unit without the spaces before it and what is around the whole of it, in whatever order they come. Where they take turns
/// more often than anybody writes, it keeps what is around it.
fn bare(rest: &str) -> &str {
    let spaced = without_spaces(rest);
    let mut unit = spaced;
    for _ in 0..TURNS {
        let inner = without_spaces(unwrapped(unit).trim());
        if inner.len() == unit.len() {
            return unit;
        }
        unit = inner;
    }
    spaced
}

/// Without spaces on both sides, and without LaTeX's spaces before it, however many.
fn without_spaces(text: &str) -> &str {
    let mut text = text.trim_matches([' ', '~']);
    while let Some(rest) = [r"\ ", r"\,", r"\;", r"\!"].into_iter().find_map(|space| text.strip_prefix(space)) {
        text = rest.trim_start_matches([' ', '~']);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(answer: &str) -> String {
        Numeric {}.key(Some(answer)).unwrap().unwrap().0
    }

    fn all_the_same(answers: &[&str]) {
        for answer in answers {
            assert_eq!(key(answer), key(answers[0]), "{answer} and {}", answers[0]);
        }
    }

    fn all_different(answers: &[&str]) {
        for (place, answer) in answers.iter().enumerate() {
            for other in &answers[..place] {
                assert_ne!(key(answer), key(other), "{answer} and {other}");
            }
        }
    }

    #[test]
    fn a_number_is_its_value() {
        all_the_same(&[
            "1000",
            "1,000",
            " 1000.0 ",
            "1e3",
            "1E+3",
            "1{,}000",
            "+1000.",
            "1 \\times 10^{3}",
            "1×10^3",
            "2000/2",
        ]);
        all_the_same(&["0", "-0", "0.000", "0e5", "0/3", "-0.0"]);
        all_the_same(&["-7", "−7", "- 7.0", "-14/2", "14/-2"]);
    }

    #[test]
    fn a_fraction_is_its_value() {
        all_the_same(&["0.5", ".5", "1/2", "2 / 4", r"\frac{1}{2}", r"\dfrac12", r"\frac{ 2 }{4}", "5e-1", "0.25/0.5"]);
        all_the_same(&["-1/3", r"-\frac{1}{3}", r"\frac{-1}{3}", r"\frac{1}{-3}", "1/-3"]);
        all_different(&["1/3", "0.3333333333", "0.33", "3"]);
    }

    #[test]
    fn what_stands_around_the_whole_means_nothing() {
        all_the_same(&["12", "$12$", "$$12.0$$", r"\(12\)", r"\boxed{12}", r"$\boxed{\text{12}}$"]);
    }

    #[test]
    fn units_tell_answers_apart_and_their_spelling_does_not() {
        all_different(&["50", "50%", "0.5", "50 cm", "50 m", "$50", "50°", "€50"]);
        all_the_same(&["50%", r"50\%", "50.0 %", r"$50\%$"]);
        all_the_same(&["12 cm", "12cm", r"12\text{ cm}", r"12.0\ \mathrm{cm}", "12 CM"]);
        all_the_same(&["12 cm", r"12\,\,cm", r"12\;\ \,\text{\,cm}", r"12~\text{~\mathrm{\;cm}}"]);
        all_the_same(&["$1,000", r"\$1000.00", "1000 $"]);
        all_the_same(&["90°", r"90^\circ", r"90^{\circ}"]);
    }

    #[test]
    fn everything_else_is_text() {
        all_different(&[
            "x + 1", "x+1", "2^3", "8", "1,2", "1.2", "1, 2", "12", "1/2x", "0.5x", "3 + 4", "1/0", "0", "1/2/3",
        ]);
        all_the_same(&["$X+1$", " x+1", r"\boxed{x+1}"]);
        all_the_same(&["Paris", " paris\n"]);
    }

    #[test]
    fn numbers_of_any_size_are_exact() {
        all_the_same(&[
            "123456789012345678901234567890",
            "123,456,789,012,345,678,901,234,567,890",
            "12345678901234567890123456789e1",
        ]);
        all_different(&[
            "123456789012345678901234567890",
            "123456789012345678901234567891",
            "1e400",
            "1e401",
            "1e-400",
            "0",
        ]);
        all_the_same(&["1e400", "10e399", "0.1e401"]);
        all_different(&["9007199254740993", "9007199254740992"]);
    }
}
