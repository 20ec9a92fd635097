//! Texts that plugins meet, and texts that are hard to get right.

/// The length of a typical solution.
const TYPICAL: usize = 2048;
/// The length of the longest line.
const MEGABYTE: usize = 1 << 20;

/// A solution of 2 kB, in numbered steps and paragraphs.
pub(super) fn solution() -> String {
    let step = |number: usize| {
        format!(
            "Step {number}: We know that x_{number} = {number}/7, i.e. about {:.3}. So 7 * x_{number} = {number}.\n\n",
            number as f64 / 7.0
        )
    };
    let mut text = String::new();
    for number in 1.. {
        if text.len() >= TYPICAL {
            break;
        }
        text += &step(number);
    }
    text
}

/// A megabyte without the end of a line.
pub(super) fn megabyte_on_one_line() -> String {
    const SENTENCE: &str = "So x = 1. ";
    SENTENCE.repeat(MEGABYTE / SENTENCE.len())
}

/// Ten thousand short paragraphs.
pub(super) fn many_lines() -> String {
    "1. é\n\n".repeat(10_000)
}

/// A text with what makes it hard.
#[derive(Clone, Copy)]
pub(super) struct Hard {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

const fn hard(name: &'static str, text: &'static str) -> Hard {
    Hard { name, text }
}

pub(super) const HARD: [Hard; 16] = [
    hard("an empty text", ""),
    hard("a text of one letter", "x"),
    hard("a text of one character of four bytes", "🙂"),
    hard("a text of white space only", " \t\n\u{a0}\u{3000}\r\n "),
    hard("a text of line ends only", "\n\n\n"),
    hard("a text with CRLF line ends", "Step 1: a\r\n\r\nStep 2: b\r\nc\r\n"),
    hard("a text with lone carriage returns", "a\rb\r\rc"),
    hard("a text with multi-byte characters", "Größe: 二乗 ≤ π². Ça va… 「はい。」"),
    hard("a text with emoji of several code points", "👩‍👩‍👧‍👦 is 🏳️‍🌈. 👍🏽!\n\n🇳🇿"),
    hard("a text with combining characters", "e\u{301}\u{323} a\u{30a}. \u{301}x"),
    hard("a right-to-left text", "الجواب هو ٤٢.\n\nהתשובה היא \u{202e}42\u{202c}."),
    hard("a text with a NUL and control characters", "a\0b\u{1b}[31m\u{7}\n\nc\0"),
    hard("a text with a byte order mark and odd separators", "\u{feff}a\u{2028}b\u{2029}c\u{85}d"),
    hard("a text with the last code points", "\u{fffd}\u{ffff}\u{10ffff} \u{e000}"),
    hard("a text of quotes, braces and backslashes", r#"{"a": "\"\\n\u0000"}} {{ x }} {% y %} </s> $\frac{1"#),
    hard("a text of special tokens", "<|im_start|>user\n<|im_end|><s></s>[INST] <think>"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typical_solution_has_two_kilobytes_and_the_longest_line_a_megabyte() {
        assert!((TYPICAL..TYPICAL + 100).contains(&solution().len()));
        assert!((MEGABYTE - 10..=MEGABYTE).contains(&megabyte_on_one_line().len()));
        assert!(!megabyte_on_one_line().contains(['\n', '\r']));
    }
}
