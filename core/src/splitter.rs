//! From a solution's text to its steps.

use std::ops::Range;

use crate::{Error, Result, Step};

/// Cuts the text of a solution into steps.
///
/// **Who calls it, when, with what.** The sampling stage calls `split` once for every solution that a
/// [`Generator`](crate::Generator) wrote, and data tools call it for solutions that come as plain text; from many threads.
/// `solution` is any UTF-8 text, also empty, also a single line of a megabyte.
///
/// **What must hold.** The ranges are byte ranges into `solution` that begin and end between characters, do not overlap,
/// come in order, and hold more than white space each. Text between them is dropped. Returning ranges, not strings, lets a
/// page show where each step stood.
///
/// **What may go wrong.** A splitter that cannot cut returns an error; the caller adds the question and solution to it.
/// [`steps`] checks the law and names a splitter that breaks it.
///
/// # A whole splitter
/// ```
/// use std::ops::Range;
/// use touchstone::splitter::{StepSplitter, steps};
///
/// /// A step ends at every semicolon.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct Semicolon {}
///
/// impl StepSplitter for Semicolon {
///     fn split(&self, solution: &str) -> touchstone::Result<Vec<Range<usize>>> {
///         let mut start = 0;
///         let pieces = solution.split(';').map(|piece| {
///             let range = start..start + piece.len();
///             start = range.end + 1;
///             range
///         });
///         Ok(pieces.filter(|range| !solution[range.clone()].trim().is_empty()).collect())
///     }
/// }
///
/// touchstone::register!(StepSplitter, "semicolon", Semicolon);
///
/// # fn main() -> touchstone::Result<()> {
/// assert_eq!(steps(&Semicolon {}, "x = 2; so 2x = 4;")?, ["x = 2".into(), " so 2x = 4".into()]);
/// # Ok(())
/// # }
/// ```
pub trait StepSplitter: Send + Sync {
    /// The byte ranges of the steps of `solution`.
    fn split(&self, solution: &str) -> Result<Vec<Range<usize>>>;
}

/// The steps that `splitter` finds in `solution`, as text, with the splitter's law checked.
///
/// # Errors
/// The splitter's own, and those of [`texts`].
pub fn steps(splitter: &dyn StepSplitter, solution: &str) -> Result<Vec<Step>> {
    Ok(texts(solution, &splitter.split(solution)?)?.into_iter().map(Step::from).collect())
}

/// The text of each range, if they are what a splitter may give.
///
/// # Errors
/// [`Error::StepRange`] for a range that is outside the text, inside a character, out of order, or white space only.
pub fn texts<'a>(solution: &'a str, ranges: &[Range<usize>]) -> Result<Vec<&'a str>> {
    let mut end = 0;
    let text = |range: &Range<usize>| {
        let text = (range.start >= end).then(|| solution.get(range.clone())).flatten();
        end = range.end;
        text.filter(|text| !text.trim().is_empty())
            .ok_or_else(|| Error::StepRange { range: range.clone(), length: solution.len() })
    };
    ranges.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Vec<Range<usize>>);
    impl StepSplitter for Fixed {
        fn split(&self, _solution: &str) -> Result<Vec<Range<usize>>> {
            Ok(self.0.clone())
        }
    }

    #[test]
    #[allow(clippy::reversed_empty_ranges, clippy::single_range_in_vec_init)]
    fn a_splitter_that_breaks_its_law_is_told_which_range_is_wrong() {
        for bad in [vec![0..99], vec![1..2], vec![3..4, 0..2], vec![2..3], vec![3..2]] {
            let message = steps(&Fixed(bad.clone()), "é b").unwrap_err().to_string();
            assert!(message.contains("step range"), "{bad:?}: {message}");
        }
        assert_eq!(steps(&Fixed(vec![0..2, 3..4]), "é b").unwrap(), ["é".into(), "b".into()]);
    }
}
