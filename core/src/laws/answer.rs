//! The laws of answer equivalences.

use super::Report;
use super::calls::{Calls, Case, Given, examine, median_time, timed};
use super::report::Trial;
use super::texts::{HARD, megabyte_on_one_line};
use crate::AnswerEquivalence;

/// Holds an answer equivalence to its laws.
///
/// An error concerns one answer and never the run, so an equivalence that cannot read some of the answers gets a note; one
/// that can read none of them breaks its law.
pub fn check(plugin: &dyn AnswerEquivalence) -> Report {
    let calls = Calls::new();
    let cases = cases();
    // An error is a result here: it, too, follows from the text alone.
    let examined = examine(&calls, &cases, |question| {
        let key = match question {
            Asked::Key(answer) => plugin.key(answer.as_deref()),
            Asked::Gold(answer) => plugin.gold(answer),
        };
        Ok(key.map_err(|error| error.to_string()))
    });
    let mut readable = Trial::of("an answer has a key or none, but no error");
    for Given { case, result } in &examined.given {
        readable.judge(result.as_ref().err().map(|error| format!("{} gave the error: {error}", case.told)));
    }
    let mut readable = readable.finish();
    if examined.given.iter().any(|given| given.result.is_ok()) {
        readable = readable.excused("such a CoT takes part in no vote and is never right");
    }
    let time_per_call = median_time(|| timed(100, || plugin.key(Some(r"$\frac{3}{4}$"))));
    // `readable` says what this one would: to `calls`, an error was a result.
    let [_, panics] = calls.findings();
    Report { findings: vec![readable, panics, examined.repeats, examined.threads], time_per_call }
}

/// What an equivalence is asked for.
enum Asked {
    Key(Option<String>),
    Gold(String),
}

const ORDINARY: [&str; 16] = [
    "A",
    "c",
    " (B) ",
    "N/A",
    "42",
    "-3.50",
    "1,000",
    "1e400",
    "3/4",
    r"$\frac{3}{4}$",
    r"\boxed{x^2 + 1}",
    "50%",
    "12 cm",
    "Paris",
    "yes",
    "the mitochondrion is the powerhouse of the cell",
];

fn cases() -> Vec<Case<Asked>> {
    let mut cases = vec![Case::ordinary("the key of no answer", Asked::Key(None))];
    let hard = HARD.iter().map(|hard| hard.text);
    for answer in ORDINARY.into_iter().chain(hard) {
        cases.push(Case::ordinary(format!("the key of {answer:?}"), Asked::Key(Some(answer.to_owned()))));
        cases.push(Case::ordinary(format!("the gold key of {answer:?}"), Asked::Gold(answer.to_owned())));
    }
    for (name, text) in
        [("a megabyte on one line", megabyte_on_one_line()), ("a megabyte of digits", "9".repeat(1 << 20))]
    {
        cases.push(Case::huge(format!("the key of {name}"), Asked::Key(Some(text))));
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::super::breach::{Home, assert_every_law_held, only_breach};
    use super::*;
    use crate::answer::{AnswerKey, MultipleChoice};
    use crate::{Error, Result};

    /// An equivalence that is a function.
    struct By<F>(F);
    impl<F: Fn(&str) -> Result<String> + Send + Sync> AnswerEquivalence for By<F> {
        fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>> {
            answer.map(|answer| (self.0)(answer).map(AnswerKey)).transpose()
        }
    }

    fn breach(key: impl Fn(&str) -> Result<String> + Send + Sync) -> String {
        only_breach(&check(&By(key)))
    }

    #[test]
    fn every_law_holds_of_multiple_choice_and_it_is_timed() {
        let report = check(&MultipleChoice {});
        assert_every_law_held(&report);
        assert!(report.time_per_call.is_some(), "{report}");
    }

    #[test]
    fn an_error_for_some_answers_is_noted_with_the_first() {
        let report = check(&By(|answer: &str| {
            answer.parse::<f64>().map(|n| n.to_string()).map_err(|_| Error::plugin("number", "no number"))
        }));
        assert!(report.holds(), "{report}");
        let Outcome::Noted(note) = &report.findings[0].outcome else { panic!("{report}") };
        assert!(note.starts_with("the key of \"A\" gave the error: ") && note.contains("no number"), "{note}");
    }

    #[test]
    fn an_error_for_every_answer_is_a_breach() {
        struct Never;
        impl AnswerEquivalence for Never {
            fn key(&self, _answer: Option<&str>) -> Result<Option<AnswerKey>> {
                Err(Error::plugin("never", "out of order"))
            }
        }
        let report = check(&Never);
        let told = only_breach(&report);
        assert!(told.starts_with("an answer has a key or none, but no error: the key of no answer gave"), "{told}");
        assert!(told.contains("out of order"), "{told}");
        assert_eq!(report.time_per_call, None);
    }

    #[test]
    fn a_panic_is_a_breach() {
        let told = breach(|answer| Ok(answer[..answer.len().min(1)].to_owned()));
        assert!(told.starts_with("no input makes it panic: the key of \"🙂\" panicked: "), "{told}");
    }

    #[test]
    fn a_key_that_hangs_on_earlier_calls_is_a_breach() {
        let home = Home::default();
        // The first case has no answer, so the function is not asked.
        let asked = cases().len() - 1;
        let told = breach(|_| Ok(if home.earlier_calls() >= Some(asked) { "b" } else { "a" }.to_owned()));
        let expected = "the same input gives the same result twice: the key of a megabyte of digits gave ";
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn a_key_that_hangs_on_the_thread_is_a_breach() {
        let home = Home::default();
        let told = breach(|_| Ok(if home.earlier_calls().is_some() { "home" } else { "away" }.to_owned()));
        assert!(told.starts_with("eight threads at once get what one thread gets: "), "{told}");
        assert!(told.contains("home") && told.contains("away"), "{told}");
    }
}
