//! Where a critique says its verdict, and the reward that is read there.

use touchstone::generator::{Completion, CompletionToken};

/// The words of a verdict, as they follow the text before them.
const YES: &str = " Yes";
const NO: &str = " No";

/// How a verdict is written: this text, and ` Yes` or ` No` after it, in this case and with one space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VerdictForm {
    /// What comes before the word.
    pub(crate) before: &'static str,
}

impl VerdictForm {
    /// The texts that end a critique.
    pub(crate) fn stop_texts(self) -> [String; 2] {
        [YES, NO].map(|word| format!("{}{word}", self.before))
    }

    /// The two texts whose last tokens are weighed against each other: for Yes, for No.
    pub(crate) fn candidates() -> [String; 2] {
        [YES, NO].map(str::to_owned)
    }

    /// The reward of a critique that goes on after `prefix`: `P(Yes) / (P(Yes) + P(No))` at the token that completes the
    /// verdict's word. `None` where there is no verdict, or where neither probability is known.
    ///
    /// A generator that tells the likeliest tokens alone may know only one of the two: then the reward is 1 or 0.
    pub(crate) fn reward(self, prefix: &str, critique: &Completion) -> Option<f64> {
        let word = self.word(prefix, &critique.text)?;
        let within = |token: &&CompletionToken| word.contains(&token.offset);
        // By the place of its text and never by counting: servers go on telling tokens after a stop text.
        let token = critique.tokens.iter().rev().find(within)?;
        match *token.candidates {
            [yes, no] => share(yes, no),
            _ => None,
        }
    }

    /// Where the first verdict's word stands in the critique, in bytes. The text before the word may begin in the prefix.
    fn word(self, prefix: &str, critique: &str) -> Option<std::ops::Range<usize>> {
        let whole = format!("{prefix}{critique}");
        let ends = whole.match_indices(self.before).map(|(start, before)| start + before.len());
        let word = |end: usize| {
            let length = [YES, NO].into_iter().find(|word| whole[end..].starts_with(word))?.len();
            // Of a verdict that the prefix holds, the model said nothing.
            (end + length > prefix.len()).then(|| end.saturating_sub(prefix.len())..end + length - prefix.len())
        };
        ends.into_iter().find_map(word)
    }
}

/// The share of Yes in the probability of the two, from their logarithms.
fn share(yes: Option<f64>, no: Option<f64>) -> Option<f64> {
    match (yes, no) {
        (Some(yes), Some(no)) => Some(1.0 / (1.0 + (no - yes).exp())).filter(|share| !share.is_nan()),
        (Some(_), None) => Some(1.0),
        (None, Some(_)) => Some(0.0),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use touchstone::generator::FinishReason;

    use super::*;

    const FORM: VerdictForm = VerdictForm { before: "Is it?" };

    /// A critique of these tokens, of which each names its two log-probabilities.
    fn critique(tokens: &[(&str, Option<f64>, Option<f64>)]) -> Completion {
        let mut text = String::new();
        let mut told = Vec::new();
        for (piece, yes, no) in tokens {
            told.push(CompletionToken { offset: text.len(), log_probability: None, candidates: vec![*yes, *no] });
            text.push_str(piece);
        }
        Completion { text, finish: FinishReason::Stop, tokens: told }
    }

    fn reward(prefix: &str, tokens: &[(&str, Option<f64>, Option<f64>)]) -> Option<f64> {
        FORM.reward(prefix, &critique(tokens))
    }

    const FAR: (&str, Option<f64>, Option<f64>) = ("Well. Is it?", Some(-9.0), Some(-0.1));

    #[test]
    fn the_reward_is_the_share_of_yes_at_the_token_of_the_verdict() {
        let yes = 0.6f64.ln();
        let no = 0.2f64.ln();
        for word in [" Yes", " No"] {
            let found = reward("", &[FAR, (word, Some(yes), Some(no))]).unwrap();
            assert!((found - 0.75).abs() < 1e-12, "{word}: {found}");
        }
    }

    #[test]
    fn the_token_is_found_by_its_place_in_the_text() {
        let at = |yes| (Some(f64::ln(yes)), Some(f64::ln(1.0 - yes)));
        let token = |text, yes| (text, at(yes).0, at(yes).1);
        let near = |found: Option<f64>, wanted: f64| assert!((found.unwrap() - wanted).abs() < 1e-12, "{found:?}");
        // Tokens that a server tells after the stop text, and a space that is a token of its own.
        near(reward("", &[token("Is it? Yes", 0.1)]).or(Some(0.5)), 0.5);
        near(reward("", &[token("Is it?", 0.1), token(" ", 0.2), token("Yes", 0.3)]), 0.3);
        near(reward("", &[token("Is it?", 0.1), token(" Y", 0.2), token("es", 0.3)]), 0.3);
        near(reward("", &[token("Is it?", 0.1), token(" Yes", 0.2), token("\n", 0.3), token(" Yes", 0.4)]), 0.2);
        // The first of two verdicts.
        let two = [token("Is it?", 0.1), token(" No", 0.2), token(" Is it?", 0.3), token(" Yes", 0.4)];
        near(reward("", &two), 0.2);
    }

    #[test]
    fn the_form_is_exact() {
        for text in
            ["Is it?  Yes", "Is it? yes", "Is it?Yes", "is it? Yes", "Is it? Maybe", "Is it?\u{a0}Yes", "Yes", ""]
        {
            let one = critique(&[(text, Some(-0.1), Some(-3.0))]);
            // Every place of the text has a token, so that nothing but the form decides.
            let places = (0..text.len()).map(|offset| CompletionToken { offset, ..one.tokens[0].clone() }).collect();
            assert_eq!(FORM.reward("", &Completion { tokens: places, ..one }), None, "{text:?}");
        }
        assert!(reward("", &[("Is it?", None, None), (" Yesterday", Some(-1.0), Some(-2.0))]).is_some());
    }

    #[test]
    fn a_verdict_may_begin_in_the_prefix_and_one_that_is_all_there_is_none_of_the_models() {
        let yes = (" Yes", Some(-1.0), Some(-1.0));
        assert_eq!(reward("So. Is it?", &[yes]), Some(0.5));
        assert_eq!(reward("So. Is", &[(" it?", None, None), yes]), Some(0.5));
        assert_eq!(reward("Is it? ", &[("Yes", Some(-1.0), Some(-1.0))]), Some(0.5));
        assert_eq!(reward("Is it? No", &[(" way.", Some(-1.0), Some(-1.0))]), None);
        assert_eq!(reward("Is it? No", &[("! Is it?", None, None), yes]), Some(0.5));
    }

    #[test]
    fn of_one_probability_alone_the_reward_is_certain_and_of_none_it_is_missing() {
        let of = |yes, no| reward("", &[FAR, (" Yes", yes, no)]);
        assert_eq!(of(Some(-7.0), None), Some(1.0));
        assert_eq!(of(None, Some(-7.0)), Some(0.0));
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(f64::NEG_INFINITY), Some(-1.0)), Some(0.0));
        assert_eq!(of(Some(-1.0), Some(f64::NEG_INFINITY)), Some(1.0));
        assert_eq!(of(Some(f64::NEG_INFINITY), Some(f64::NEG_INFINITY)), None);
        assert_eq!(of(Some(f64::NAN), Some(-1.0)), None);
        // Without tokens, or without what was asked for.
        assert_eq!(
            FORM.reward("", &Completion { tokens: Vec::new(), ..critique(&[("Is it? Yes", None, None)]) }),
            None
        );
        let mut bare = critique(&[FAR, (" Yes", None, None)]);
        bare.tokens[1].candidates.clear();
        assert_eq!(FORM.reward("", &bare), None);
    }

    #[test]
    fn certainties_far_apart_are_probabilities_all_the_same() {
        assert_eq!(share(Some(-1e300), Some(0.0)), Some(0.0));
        assert_eq!(share(Some(0.0), Some(-1e300)), Some(1.0));
        let (yes, no) = (share(Some(-0.3), Some(-1.7)).unwrap(), share(Some(-1.7), Some(-0.3)).unwrap());
        assert!((yes + no - 1.0).abs() < 1e-15);
    }
}
