//! `line`: every line is a step.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use touchstone::StepSplitter;

use crate::spans::{lines, trimmed};

/// Every line that is not blank is a step.
///
/// Assumes that the solution keeps a thought on a line, as GSM8K's do. Code and displayed formulas are cut line by line.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {}

touchstone::register!(StepSplitter, "line", Line);

impl StepSplitter for Line {
    fn split(&self, solution: &str) -> touchstone::Result<Vec<Range<usize>>> {
        Ok(lines(solution).filter_map(|line| trimmed(solution, line)).collect())
    }
}

#[cfg(test)]
mod tests {
    use touchstone::splitter::steps;

    use super::*;

    #[test]
    fn lines_of_any_system_are_steps_and_blank_ones_are_not() {
        assert_eq!(
            steps(&Line {}, "a = 1\r\n\r\n  b = 2\n \nc\n").unwrap(),
            ["a = 1".into(), "b = 2".into(), "c".into()]
        );
    }
}
