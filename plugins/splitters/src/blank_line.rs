//! `blank_line`: every paragraph is a step.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use touchstone::StepSplitter;

use crate::spans::{lines, steps_from};

/// Steps are the paragraphs: what stands between blank lines. A line of white space only is blank.
///
/// Assumes that the solution was written in paragraphs, as instruction-tuned models write and as the paper's CoTs were cut.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlankLine {}

touchstone::register!(StepSplitter, "blank_line", BlankLine);

impl StepSplitter for BlankLine {
    fn split(&self, solution: &str) -> touchstone::Result<Vec<Range<usize>>> {
        let blank = |line: &Range<usize>| solution[line.clone()].trim().is_empty();
        Ok(steps_from(solution, lines(solution).filter(blank).map(|line| line.start)))
    }
}

#[cfg(test)]
mod tests {
    use touchstone::splitter::steps;

    use super::*;

    #[test]
    fn paragraphs_are_steps_whatever_the_blank_lines_hold() {
        let text = "\n\nfirst\nstill first\n\nsecond\r\n \t\r\n\r\nthird\n";
        assert_eq!(steps(&BlankLine {}, text).unwrap(), ["first\nstill first".into(), "second".into(), "third".into()]);
    }

    #[test]
    fn a_text_without_blank_lines_is_one_step() {
        assert_eq!(steps(&BlankLine {}, "a\nb").unwrap(), ["a\nb".into()]);
        assert_eq!(steps(&BlankLine {}, " \n\n ").unwrap(), []);
    }
}
