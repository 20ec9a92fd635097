//! The laws of step splitters.

use std::ops::Range;

use super::Report;
use super::calls::{Calls, Case, Given, examine, median_time, timed};
use super::report::Trial;
use super::texts::{HARD, many_lines, megabyte_on_one_line, solution};
use crate::splitter::steps;
use crate::{Result, StepSplitter};

/// Holds a step splitter to its laws.
pub fn check(plugin: &dyn StepSplitter) -> Report {
    let calls = Calls::new();
    let cases = cases();
    let examined = examine(&calls, &cases, |solution| plugin.split(solution));
    let mut ranges =
        Trial::of("the ranges lie inside the text, between characters, in order, and hold more than white space");
    for Given { case, result } in &examined.given {
        let fault = steps(&Recorded(result), &case.input).err();
        ranges.judge(fault.map(|error| format!("{}: {error}", case.told)));
    }
    let typical = solution();
    let time_per_call = median_time(|| timed(1, || plugin.split(&typical)));
    let [errors, panics] = calls.findings();
    Report { findings: vec![errors, panics, ranges.finish(), examined.repeats, examined.threads], time_per_call }
}

/// What a splitter gave before, to be judged by [`steps`].
struct Recorded<'a>(&'a [Range<usize>]);

impl StepSplitter for Recorded<'_> {
    fn split(&self, _solution: &str) -> Result<Vec<Range<usize>>> {
        Ok(self.0.to_vec())
    }
}

fn cases() -> Vec<Case<String>> {
    let mut cases = vec![Case::ordinary("split of a solution of 2 kB", solution())];
    cases.extend(
        HARD.map(|hard| Case::ordinary(format!("split of {} ({:?})", hard.name, hard.text), hard.text.to_owned())),
    );
    cases.push(Case::huge("split of a megabyte on one line", megabyte_on_one_line()));
    cases.push(Case::huge("split of ten thousand short paragraphs", many_lines()));
    cases
}

#[cfg(test)]
mod tests {
    use super::super::breach::{Home, assert_every_law_held, only_breach};
    use super::*;
    use crate::Error;

    /// A splitter that is a function.
    struct By<F>(F);
    impl<F: Fn(&str) -> Result<Vec<Range<usize>>> + Send + Sync> StepSplitter for By<F> {
        fn split(&self, solution: &str) -> Result<Vec<Range<usize>>> {
            (self.0)(solution)
        }
    }

    /// Every word.
    fn words(text: &str) -> Vec<Range<usize>> {
        let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        text.split_whitespace().map(|word| start(word)..start(word) + word.len()).collect()
    }

    fn breach(split: impl Fn(&str) -> Result<Vec<Range<usize>>> + Send + Sync) -> String {
        only_breach(&check(&By(split)))
    }

    const RANGES: &str = "the ranges lie inside the text";

    #[test]
    fn every_law_holds_of_words_and_they_are_timed() {
        let report = check(&By(|text: &str| Ok(words(text))));
        assert_every_law_held(&report);
        assert!(report.time_per_call.is_some(), "{report}");
    }

    #[test]
    fn an_error_is_a_breach_and_names_the_text() {
        let told = breach(|text| match text.contains('\0') {
            true => Err(Error::plugin("words", "not a text")),
            false => Ok(words(text)),
        });
        assert!(told.contains("not an error: split of a text with a NUL and control characters (\"a\\0b"), "{told}");
        assert!(told.ends_with("not a text"), "{told}");
    }

    #[test]
    fn a_panic_is_a_breach() {
        let told = breach(|text| Ok(words(text).into_iter().filter(|_| text[..1] != *"#").collect()));
        assert!(told.starts_with("no input makes it panic: split of a text of one character of four bytes"), "{told}");
        assert!(told.contains("(\"🙂\") panicked: "), "{told}");
    }

    #[test]
    fn the_whole_text_is_a_breach_where_it_is_blank() {
        let told = breach(|text| Ok([text].map(|whole| 0..whole.len()).into()));
        assert!(told.starts_with(RANGES) && told.contains("split of an empty text (\"\"): "), "{told}");
        assert!(told.contains("the step range 0..0 in a solution of 0 bytes"), "{told}");
    }

    #[test]
    fn a_cut_inside_a_character_is_a_breach() {
        let told = breach(|text| Ok(words(text).into_iter().map(|word| word.start..word.start + 1).collect()));
        assert!(told.starts_with(RANGES) && told.contains("the step range 0..1 in a solution of 4 bytes"), "{told}");
    }

    #[test]
    fn ranges_out_of_order_are_a_breach() {
        let told = breach(|text| Ok(words(text).into_iter().rev().collect()));
        assert!(told.starts_with(RANGES) && told.contains("split of a solution of 2 kB: "), "{told}");
    }

    #[test]
    fn ranges_that_hang_on_earlier_calls_are_a_breach() {
        let home = Home::default();
        let told = breach(|text| {
            let again = home.earlier_calls() >= Some(cases().len()) && text.len() == 1;
            Ok(words(text).into_iter().skip(usize::from(again)).collect())
        });
        let expected =
            "the same input gives the same result twice: split of a text of one letter (\"x\") gave [0..1], then []";
        assert_eq!(told, expected);
    }

    #[test]
    fn ranges_that_hang_on_the_thread_are_a_breach() {
        let home = Home::default();
        let told =
            breach(|text| Ok(words(text).into_iter().skip(usize::from(home.earlier_calls().is_none())).collect()));
        assert!(told.starts_with("eight threads at once get what one thread gets: split of "), "{told}");
    }
}
