//! The laws of answer extractors.

use super::Report;
use super::calls::{Calls, Case, Given, examine, median_time, timed};
use super::report::Trial;
use super::texts::{HARD, many_lines, megabyte_on_one_line, solution};
use crate::AnswerExtractor;

/// Holds an answer extractor to its laws.
///
/// An error concerns one solution and never the run, so an extractor that cannot read some of the solutions gets a note; one
/// that can read none of them breaks its law.
pub fn check(plugin: &dyn AnswerExtractor) -> Report {
    let calls = Calls::new();
    let cases = cases();
    // An error is a result here: it, too, follows from the text alone.
    let examined = examine(&calls, &cases, |text| Ok(plugin.extract(text).map_err(|error| error.to_string())));
    let mut readable = Trial::of("a solution has an answer or none, but no error");
    let mut full = Trial::of("an answer that is found holds more than white space");
    for Given { case, result } in &examined.given {
        readable.judge(result.as_ref().err().map(|error| format!("{} gave the error: {error}", case.told)));
        if let Ok(Some(answer)) = result {
            full.judge(answer.trim().is_empty().then(|| format!("{} gave the answer {answer:?}", case.told)));
        }
    }
    let mut readable = readable.finish();
    if examined.given.iter().any(|given| given.result.is_ok()) {
        readable = readable.excused("such a CoT has no answer");
    }
    let typical = solution() + "So the answer is (C).";
    let time_per_call = median_time(|| timed(10, || plugin.extract(&typical)));
    // `readable` says what this one would: to `calls`, an error was a result.
    let [_, panics] = calls.findings();
    let findings = vec![readable, panics, full.finish(), examined.repeats, examined.threads];
    Report { findings, time_per_call }
}

const ORDINARY: [&str; 14] = [
    "2 + 2 = 4.\n\nThe answer is (C).",
    "**Answer: B**",
    "Final answer: 42",
    "So the area is $\\boxed{\\frac{3}{4}}$.",
    "\\boxed{}",
    "\\boxed{ }",
    "\\boxed{x",
    "The answer is",
    "The answer is .",
    "the answer is: ** **",
    "answer is $ $",
    "( )",
    "So it is not (A), not (B), but it was cut off bef",
    "Answer:\n\n",
];

fn cases() -> Vec<Case<String>> {
    let mut cases = vec![Case::ordinary("the answer of a solution of 2 kB", solution())];
    cases.extend(ORDINARY.map(|text| Case::ordinary(format!("the answer of {text:?}"), text.to_owned())));
    cases.extend(
        HARD.map(|hard| Case::ordinary(format!("the answer of {} ({:?})", hard.name, hard.text), hard.text.to_owned())),
    );
    for (name, text) in [
        ("a megabyte on one line", megabyte_on_one_line()),
        ("ten thousand short paragraphs", many_lines()),
        ("a hundred thousand boxes that nothing closes", "\\boxed{".repeat(100_000)),
        ("a hundred thousand answers", "the answer is ".repeat(100_000)),
        ("a hundred thousand open brackets", "(".repeat(100_000)),
    ] {
        cases.push(Case::huge(format!("the answer of {name}"), text));
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::super::breach::{Home, assert_every_law_held, only_breach};
    use super::*;
    use crate::{Error, Result};

    /// An extractor that is a function.
    struct By<F>(F);
    impl<F: Fn(&str) -> Result<Option<String>> + Send + Sync> AnswerExtractor for By<F> {
        fn extract(&self, solution: &str) -> Result<Option<String>> {
            (self.0)(solution)
        }
    }

    fn last_word(text: &str) -> Option<String> {
        text.split_whitespace().next_back().map(str::to_owned)
    }

    fn breach(extract: impl Fn(&str) -> Result<Option<String>> + Send + Sync) -> String {
        only_breach(&check(&By(extract)))
    }

    #[test]
    fn every_law_holds_of_the_last_word_and_it_is_timed() {
        let report = check(&By(|text: &str| Ok(last_word(text))));
        assert_every_law_held(&report);
        assert!(report.time_per_call.is_some(), "{report}");
    }

    #[test]
    fn an_error_for_some_solutions_is_noted_with_the_first() {
        let report = check(&By(|text: &str| match text.contains("42") {
            true => Err(Error::plugin("word", "no number, please")),
            false => Ok(last_word(text)),
        }));
        assert!(report.holds(), "{report}");
        let Outcome::Noted(note) = &report.findings[0].outcome else { panic!("{report}") };
        assert!(note.contains("gave the error: ") && note.contains("no number, please"), "{note}");
    }

    #[test]
    fn an_error_for_every_solution_is_a_breach() {
        let told = breach(|_| Err(Error::plugin("never", "out of order")));
        assert!(told.starts_with("a solution has an answer or none, but no error: "), "{told}");
    }

    #[test]
    fn a_panic_is_a_breach() {
        let told = breach(|text| Ok(last_word(&text[text.len().min(1)..])));
        assert!(told.starts_with("no input makes it panic: "), "{told}");
    }

    #[test]
    fn an_answer_of_white_space_is_a_breach() {
        let told = breach(|text| Ok(text.split_once("boxed{").map(|(_, rest)| rest.replace('}', ""))));
        let expected = "an answer that is found holds more than white space: the answer of \"\\\\boxed{}\" gave";
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn an_answer_that_hangs_on_earlier_calls_is_a_breach() {
        let home = Home::default();
        let told = breach(|_| Ok(Some(if home.earlier_calls() >= Some(cases().len()) { "b" } else { "a" }.to_owned())));
        assert!(told.starts_with("the same input gives the same result twice: "), "{told}");
    }

    #[test]
    fn an_answer_that_hangs_on_the_thread_is_a_breach() {
        let home = Home::default();
        let told = breach(|_| Ok(Some(if home.earlier_calls().is_some() { "home" } else { "away" }.to_owned())));
        assert!(told.starts_with("eight threads at once get what one thread gets: "), "{told}");
    }
}
