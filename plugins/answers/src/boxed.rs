//! `boxed`: what a solution draws a box around.

use serde::{Deserialize, Serialize};
use touchstone::{AnswerExtractor, Result};

/// The answer is what stands in the last `\boxed{…}` or `\fbox{…}`.
///
/// Assumes that the model was told to box its final answer, as sets of mathematics do. Braces inside are counted, and `\{` and
/// `\}` are none, but behind the line break `\\` they are; of a box in a box the inner one counts. A box that is empty or that
/// nothing closes is passed over: then the one before it counts. A solution without a box has no answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Boxed {}

touchstone::register!(AnswerExtractor, "boxed", Boxed);

/// An opening brace that nothing has closed yet.
struct Open {
    /// Behind the brace.
    content: usize,
    is_box: bool,
}

impl AnswerExtractor for Boxed {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        let mut open: Vec<Open> = Vec::new();
        let mut last: Option<(usize, &str)> = None;
        let bytes = solution.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += match byte {
                b'\\' => {
                    let run = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
                    if matches!(bytes.get(at + run), Some(b'{' | b'}')) {
                        // Every two are a line break, so that only an odd one makes a text of the brace.
                        run + run % 2
                    } else if let Some(length) = box_opens(&solution[at + run - 1..]) {
                        open.push(Open { content: at + run - 1 + length, is_box: true });
                        run - 1 + length
                    } else {
                        run
                    }
                }
                b'{' => {
                    open.push(Open { content: at + 1, is_box: false });
                    1
                }
                b'}' => {
                    if let Some(Open { content, is_box: true }) = open.pop()
                        && last.is_none_or(|(start, _)| start < content)
                    {
                        let text = solution[content..at].trim();
                        last = if text.is_empty() { last } else { Some((content, text)) };
                    }
                    1
                }
                _ => 1,
            };
        }
        Ok(last.map(|(_, text)| text.to_owned()))
    }
}

/// The length of the command that opens a box, with its brace, where `text` begins with one.
fn box_opens(text: &str) -> Option<usize> {
    let rest = [r"\boxed", r"\fbox"].into_iter().find_map(|command| text.strip_prefix(command))?;
    let brace = rest.trim_start_matches(' ').strip_prefix('{')?;
    Some(text.len() - brace.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(solution: &str) -> Option<String> {
        Boxed {}.extract(solution).unwrap()
    }

    #[test]
    fn the_last_box_counts_whatever_is_around_it() {
        for (solution, expected) in [
            (r"So $x = \boxed{5}$.", "5"),
            (r"\boxed{1}, or rather \boxed{ 2 } it is.", "2"),
            (r"$\fbox{C}$", "C"),
            (r"\boxed {7}", "7"),
            (r"\\boxed{8}", "8"),
            (r"Größe: $\boxed{é}$", "é"),
        ] {
            assert_eq!(answer(solution).as_deref(), Some(expected), "{solution}");
        }
    }

    #[test]
    fn braces_are_balanced_and_escaped_ones_are_text() {
        assert_eq!(answer(r"\boxed{\frac{3}{4}}").as_deref(), Some(r"\frac{3}{4}"));
        assert_eq!(answer(r"\boxed{\{1, 2\}}}").as_deref(), Some(r"\{1, 2\}"));
        assert_eq!(answer(r"} {{ \boxed{\text{a}b} {").as_deref(), Some(r"\text{a}b"));
    }

    #[test]
    fn a_brace_behind_a_line_break_is_one() {
        for (solution, expected) in [
            (r"\boxed{1 \\}", r"1 \\"),
            (r"\boxed{\begin{cases} x \\{y} \end{cases}}", r"\begin{cases} x \\{y} \end{cases}"),
            (r"\boxed{1 \\\} 2}", r"1 \\\} 2"),
            (r"\\boxed{\\{1, 2\\}}", r"\\{1, 2\\}"),
            (r"\\\boxed{3}", "3"),
        ] {
            assert_eq!(answer(solution).as_deref(), Some(expected), "{solution}");
        }
    }

    #[test]
    fn of_a_box_in_a_box_the_inner_one_counts() {
        assert_eq!(answer(r"\boxed{x = \boxed{3}}").as_deref(), Some("3"));
        assert_eq!(answer(r"\boxed{x = \boxed{ }}").as_deref(), Some(r"x = \boxed{ }"));
    }

    #[test]
    fn an_empty_or_open_box_is_passed_over() {
        assert_eq!(answer(r"\boxed{4} and \boxed{} and \boxed{\frac{1}{2}").as_deref(), Some("4"));
        for solution in ["", r"\boxed", r"\boxed{", r"\boxed{}", r"\boxed{ \n", "boxed{3}", r"\boxedx{3}", "5"] {
            assert_eq!(answer(solution), None, "{solution}");
        }
    }
}
