//! `numbered_step`: the steps that the solution itself numbers.

use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use touchstone::StepSplitter;

use crate::spans::{lines, steps_from};

/// Steps are what the solution numbers as such: `Step 1:`, `**Step 2**`, `### Step 3.`, or else `1.`, `2)`, `(3)`.
///
/// Assumes that the model was asked for numbered steps. A step begins on a line that opens with its number, and the numbers
/// count up by one from 0 or 1, so that `2.5`, a year or a list within a step do not cut. Numbers with the word "Step" (in any
/// case) are preferred; bare numbers count where there are none, and only those that are indented and decorated as the first.
/// What stands before the first number is a step of its own, what follows the last number's step belongs to it, and a solution
/// without numbers is one step.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberedStep {}

touchstone::register!(StepSplitter, "numbered_step", NumberedStep);

impl StepSplitter for NumberedStep {
    fn split(&self, solution: &str) -> touchstone::Result<Vec<Range<usize>>> {
        let markers: Vec<_> = lines(solution).filter_map(|line| marker(solution, line)).collect();
        let (named, bare): (Vec<_>, Vec<_>) = markers.into_iter().partition(|marker| marker.named);
        let named = counting_up(named, |_, _| true);
        let starts =
            if named.is_empty() { counting_up(bare, |first, next| first.before == next.before) } else { named };
        Ok(steps_from(solution, starts))
    }
}

/// The number that opens a line.
struct Marker<'a> {
    start: usize,
    /// What stands before the number: indentation and decoration.
    before: &'a str,
    /// Whether the word "Step" stands there.
    named: bool,
    number: u32,
}

/// What opens a numbered line: decoration, then a number with the word or without, then what sets it off from the text.
/// The pattern is fixed, so that the tests show that it compiles.
static MARKER: LazyLock<Option<regex::Regex>> = LazyLock::new(|| {
    regex::Regex::new(
        r"(?x)
        ^(?<before> [\ \t]* (?: \#{1,6} [\ \t]* )? [*_]{0,3} )
        (?:
            (?i:step) [\ \t]* [\#(*_]{0,3} (?<named> [0-9]{1,4} ) (?: [*_)]{0,3} [\ \t]* (?: [:.)\-–—：] | $ ) | [*_]{1,3} )
          | \(? (?<bare> [0-9]{1,4} ) [.):：] [*_]{0,3} (?: [\ \t] | $ )
        )",
    )
    .ok()
});

fn marker(solution: &str, line: Range<usize>) -> Option<Marker<'_>> {
    let text = &solution[line.clone()];
    let found = MARKER.as_ref()?.captures(text)?;
    let named = found.name("named");
    let number = named.or_else(|| found.name("bare"))?.as_str().parse().ok()?;
    let before = found.name("before").map_or("", |before| before.as_str());
    Some(Marker { start: line.start, before, named: named.is_some(), number })
}

/// Where the steps begin: at the first marker that is numbered 0 or 1, then at each that has the next number and `belongs` to
/// the first.
fn counting_up<'a>(markers: Vec<Marker<'a>>, belongs: impl Fn(&Marker<'a>, &Marker<'a>) -> bool) -> Vec<usize> {
    let mut markers = markers.into_iter().skip_while(|marker| marker.number > 1);
    let Some(first) = markers.next() else { return Vec::new() };
    let mut starts = vec![first.start];
    let mut expected = first.number + 1;
    for marker in markers.filter(|marker| belongs(&first, marker)) {
        if marker.number == expected {
            starts.push(marker.start);
            expected += 1;
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use touchstone::splitter::steps;

    use super::*;

    fn cut(text: &str) -> Vec<String> {
        steps(&NumberedStep {}, text).unwrap().into_iter().map(|step| step.0).collect()
    }

    #[test]
    fn steps_are_numbered_in_many_ways() {
        for numbers in [
            ["Step 1:", "Step 2:", "Step 3:"],
            ["STEP 1.", "step 2.", "Step3."],
            ["**Step 1**", "**Step 2:**", "**Step 3.**"],
            ["### Step 1:", "## Step 2 -", "#### **Step 3** —"],
            ["Step 1", "Step (2)", "Step #3:"],
            ["Step 0:", "Step 1:", "Step 2:"],
            ["1.", "2.", "3."],
            ["1)", "2)", "3)"],
            ["(1)", "(2)", "(3)"],
            ["**1.**", "**2.**", "**3.**"],
            ["  ### 1.", "  ### 2.", "  ### 3."],
        ] {
            let text = numbers.map(|number| format!("{number}\nsome text, 2.5 of it")).join("\r\n");
            assert_eq!(cut(&text).len(), 3, "{text}");
        }
    }

    #[test]
    fn what_comes_before_the_first_number_is_a_step_of_its_own() {
        assert_eq!(
            cut("Let us see.\n\nStep 1: a\nb\n\nStep 2: c\nSo C."),
            ["Let us see.", "Step 1: a\nb", "Step 2: c\nSo C."]
        );
    }

    #[test]
    fn decimals_years_and_numbers_out_of_turn_do_not_cut() {
        assert_eq!(
            cut("1. a\n2.5 is more\n1995. A good year\n5. no\n12 apples\n2. b"),
            ["1. a\n2.5 is more\n1995. A good year\n5. no\n12 apples", "2. b"]
        );
        assert_eq!(cut("2020. Then\n3. x").len(), 1);
    }

    #[test]
    fn a_list_within_a_step_does_not_cut() {
        assert_eq!(cut("Step 1: list\n1. a\n2. b\nStep 2: go on\n1. c\n2. d").len(), 2);
        assert_eq!(cut("1. list\n   1. a\n   2. b\n2. go on").len(), 2);
        assert_eq!(cut("### 1. list\n1. a\n2. b\n### 2. go on").len(), 2);
    }

    #[test]
    fn a_sentence_about_a_step_does_not_cut() {
        assert_eq!(cut("Step 1: a\nStep 2 of the proof is wrong\nsteps 2: no\nStep 2: b").len(), 2);
    }

    #[test]
    fn a_solution_without_numbers_is_one_step() {
        assert_eq!(cut("a\n\nb"), ["a\n\nb"]);
        assert_eq!(cut(" \n"), Vec::<String>::new());
    }
}
