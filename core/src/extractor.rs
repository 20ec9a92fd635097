//! From a solution's text to its final answer.

use crate::Result;

/// Reads the final answer out of the text of a solution.
///
/// **Who calls it, when, with what.** The sampling stage calls `extract` once for every solution that a
/// [`Generator`](crate::Generator) wrote, from many threads. `solution` is any UTF-8 text: empty, cut off by the token budget
/// in the middle of a sentence, a page without any answer, a single line of a megabyte, another language.
///
/// **What must hold.** The answer follows from the text alone, and takes time linear in its length or so. An answer that is
/// found holds more than white space; a solution without one has no answer, which is `None` and never an empty text. It is the
/// solution's own claim, right or wrong, as it is written: what makes two answers the same is for an
/// [`AnswerEquivalence`](crate::AnswerEquivalence) to say.
///
/// **What may go wrong.** An error concerns one solution, never the run: the sampling stage counts it, and the CoT has no
/// answer.
///
/// # A whole extractor
/// ```
/// use touchstone::AnswerExtractor;
///
/// /// The last number of a solution, as in data sets of sums.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct LastNumber {}
///
/// impl AnswerExtractor for LastNumber {
///     fn extract(&self, solution: &str) -> touchstone::Result<Option<String>> {
///         let mut numbers = solution.split(|character: char| !character.is_ascii_digit());
///         Ok(numbers.rfind(|number| !number.is_empty()).map(str::to_owned))
///     }
/// }
///
/// touchstone::register!(AnswerExtractor, "last_number", LastNumber);
///
/// # fn main() -> touchstone::Result<()> {
/// assert_eq!(LastNumber {}.extract("12 eggs and 30 more are 42.")?.as_deref(), Some("42"));
/// assert_eq!(LastNumber {}.extract("That depends.")?, None);
/// # Ok(())
/// # }
/// ```
pub trait AnswerExtractor: Send + Sync {
    /// The final answer of a solution; `None` where it gives none.
    fn extract(&self, solution: &str) -> Result<Option<String>>;
}
