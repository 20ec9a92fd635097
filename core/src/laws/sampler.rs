//! The laws of samplers.

use std::time::Instant;

use super::Report;
use super::calls::{Calls, Case, Given, examine, median_time};
use super::report::Trial;
use crate::sampler::{Draw, TokenId};
use crate::{Result, Sampler};

/// Holds a sampler to its laws.
pub fn check(plugin: &dyn Sampler) -> Report {
    let calls = Calls::new();
    let cases = cases();
    let examined = examine(&calls, &cases, |position| position.sample(plugin));
    let mut known = Trial::of("the token is one of the vocabulary");
    let mut possible = Trial::of("a token of negative infinity is never chosen");
    for Given { case, result } in &examined.given {
        let logit = case.input.logits.get(result.0 as usize);
        let fault = || format!("{} gave the token {} of {}", case.told, result.0, case.input.logits.len());
        known.judge(logit.is_none().then(fault));
        if let Some(logit) = logit {
            let fault = || format!("{} gave the token {}, whose logit is {logit}", case.told, result.0);
            possible.judge((*logit == f32::NEG_INFINITY).then(fault));
        }
    }
    let hopeless = hopeless_logits(plugin, &calls);
    let typical = Position::of(spread(32_000));
    let time_per_call = median_time(|| {
        let mut logits = typical.logits.clone();
        let start = Instant::now();
        plugin.sample(&mut logits, &typical.history, typical.draw).ok()?;
        Some(start.elapsed())
    });
    let [errors, panics] = calls.findings();
    let findings =
        vec![errors, panics, known.finish(), possible.finish(), hopeless, examined.repeats, examined.threads];
    Report { findings, time_per_call }
}

fn hopeless_logits(plugin: &dyn Sampler, calls: &Calls) -> super::Finding {
    let mut trial = Trial::of("logits that leave no token are an error");
    for (name, logits) in [
        ("no logits", Vec::new()),
        ("100 logits of negative infinity", vec![f32::NEG_INFINITY; 100]),
        ("100 logits of NaN", vec![f32::NAN; 100]),
    ] {
        let told = format!("sample of {name}");
        if let Some(outcome) = calls.attempt(&told, || Position::of(logits).sample(plugin)) {
            trial.judge(outcome.ok().map(|token| format!("{told} gave the token {}", token.0)));
        }
    }
    trial.finish()
}

/// All that a sampler chooses by.
struct Position {
    logits: Vec<f32>,
    history: Vec<TokenId>,
    draw: Draw,
}

impl Position {
    fn of(logits: Vec<f32>) -> Self {
        let history = [0, 1, 1, 0].map(TokenId).into();
        Self { logits, history, draw: Draw { seed: 42, sequence: 0, position: 0 } }
    }

    fn drawn(self, draw: Draw) -> Self {
        Self { draw, ..self }
    }

    fn after(self, history: Vec<TokenId>) -> Self {
        Self { history, ..self }
    }

    /// The sampler may scramble the logits, so each call has its own.
    fn sample(&self, plugin: &dyn Sampler) -> Result<TokenId> {
        plugin.sample(&mut self.logits.clone(), &self.history, self.draw)
    }
}

fn cases() -> Vec<Case<Position>> {
    let case = |name: &str, position| Case::ordinary(format!("sample of {name}"), position);
    let mut cases = vec![case("1,000 logits", Position::of(spread(1000)))];
    for position in 0..16 {
        // Flat logits, so that the draw decides.
        let draw = Draw { seed: 7, sequence: position / 4, position };
        cases.push(case(&format!("100 equal logits at {draw:?}"), Position::of(vec![0.0; 100]).drawn(draw)));
    }
    let farthest = Draw { seed: u64::MAX, sequence: u64::MAX, position: u64::MAX };
    let banned = |logits: Vec<f32>| {
        let mut logits = logits;
        logits.iter_mut().enumerate().filter(|(token, _)| token % 10 != 9).for_each(|(_, l)| *l = f32::NEG_INFINITY);
        logits
    };
    let long = (0..50_000).map(|place| TokenId(place % 1000)).collect();
    cases.extend([
        case("the largest draw", Position::of(vec![0.0; 100]).drawn(farthest)),
        case("a vocabulary of one token", Position::of(vec![-3.0]).after(Vec::new())),
        case("logits of negative infinity but for every tenth", Position::of(banned(spread(1000)))),
        case("equal logits but for nine in ten of negative infinity", Position::of(banned(vec![0.0; 100]))),
        case("the largest and the smallest logits", Position::of(vec![f32::MIN, f32::MAX, 0.0, f32::MAX, f32::MIN])),
        case("logits around -1,000", Position::of(spread(1000).into_iter().map(|logit| logit - 1000.0).collect())),
        case("1,000 logits and no history", Position::of(spread(1000)).after(Vec::new())),
        Case::huge("sample of 1,000 logits after 50,000 tokens", Position::of(spread(1000)).after(long)),
        Case::huge("sample of 128,000 logits", Position::of(spread(128_000))),
        Case::huge("sample of 128,000 equal logits", Position::of(vec![1.0; 128_000])),
    ]);
    cases
}

/// Logits from -10 to 10, in no order.
fn spread(count: u64) -> Vec<f32> {
    (0..count).map(|token| ((token * 7919 + 13) % 10_007) as f32 / 500.35 - 10.0).collect()
}

#[cfg(test)]
mod tests {
    use super::super::breach::{Home, assert_every_law_held, only_breach};
    use super::*;
    use crate::Error;

    /// A sampler that is a function.
    struct By<F>(F);
    impl<F: Fn(&mut [f32], Draw) -> Result<TokenId> + Send + Sync> Sampler for By<F> {
        fn sample(&self, logits: &mut [f32], _history: &[TokenId], draw: Draw) -> Result<TokenId> {
            (self.0)(logits, draw)
        }
    }

    /// The `place`-th token, counted round, of those that are possible; scrambles the logits as samplers may.
    fn possible(logits: &mut [f32], place: u64) -> Result<TokenId> {
        let tokens: Vec<u32> = (0..).zip(&*logits).filter(|(_, l)| **l > f32::NEG_INFINITY).map(|(t, _)| t).collect();
        logits.fill(f32::NAN);
        let index = place as usize % tokens.len().max(1);
        tokens.get(index).map(|token| TokenId(*token)).ok_or_else(|| Error::plugin("possible", "no token is left"))
    }

    fn breach(sample: impl Fn(&mut [f32], Draw) -> Result<TokenId> + Send + Sync) -> String {
        only_breach(&check(&By(sample)))
    }

    #[test]
    fn every_law_holds_of_a_seeded_choice_that_scrambles_logits_and_it_is_timed() {
        let report = check(&By(|logits: &mut [f32], draw: Draw| possible(logits, draw.position ^ draw.seed)));
        assert_every_law_held(&report);
        assert!(report.time_per_call.is_some(), "{report}");
    }

    #[test]
    fn an_error_is_a_breach() {
        let told = breach(|logits, draw| match logits.len() {
            1 => Err(Error::plugin("picky", "nothing to choose from")),
            _ => possible(logits, draw.position),
        });
        assert!(told.contains("sample of a vocabulary of one token gave the error: "), "{told}");
        assert!(told.ends_with("nothing to choose from"), "{told}");
    }

    #[test]
    fn a_panic_is_a_breach() {
        let told = breach(|logits, draw| possible(logits, draw.position.checked_add(1).unwrap()));
        assert!(told.starts_with("no input makes it panic: sample of the largest draw panicked: "), "{told}");
    }

    #[test]
    fn a_token_beyond_the_vocabulary_is_a_breach() {
        let told = breach(|logits, draw| {
            let count = logits.len() as u32;
            possible(logits, draw.position).map(|token| if count == 5 { TokenId(5) } else { token })
        });
        let expected =
            "the token is one of the vocabulary: sample of the largest and the smallest logits gave the token 5 of 5";
        assert_eq!(told, expected);
    }

    #[test]
    fn an_impossible_token_is_a_breach() {
        let told = breach(|logits, draw| possible(logits, draw.position).map(|_| TokenId(0)));
        assert!(told.starts_with("a token of negative infinity is never chosen: sample of logits of neg"), "{told}");
        assert!(told.ends_with("gave the token 0, whose logit is -inf"), "{told}");
    }

    #[test]
    fn a_guess_where_no_token_is_left_is_a_breach() {
        let told = breach(|logits, draw| possible(logits, draw.position).or(Ok(TokenId(0))));
        assert_eq!(told, "logits that leave no token are an error: sample of no logits gave the token 0");
        let told = breach(|logits, draw| match logits.iter().all(|logit| logit.is_nan()) && !logits.is_empty() {
            true => Ok(TokenId(3)),
            false => possible(logits, draw.position),
        });
        assert_eq!(told, "logits that leave no token are an error: sample of 100 logits of NaN gave the token 3");
    }

    #[test]
    fn a_choice_that_hangs_on_earlier_calls_is_a_breach() {
        let home = Home::default();
        let told = breach(|logits, draw| {
            let again = home.earlier_calls() >= Some(cases().len());
            possible(logits, draw.position / 2 + u64::from(again))
        });
        assert!(told.starts_with("the same input gives the same result twice: sample of "), "{told}");
        assert!(told.ends_with("gave TokenId(0), then TokenId(1)"), "{told}");
    }

    #[test]
    fn a_choice_that_hangs_on_the_thread_is_a_breach() {
        let home = Home::default();
        let told =
            breach(|logits, draw| possible(logits, draw.position / 2 + u64::from(home.earlier_calls().is_none())));
        assert!(told.starts_with("eight threads at once get what one thread gets: sample of "), "{told}");
    }
}
