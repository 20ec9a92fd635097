//! P(Yes) at the verdict of a forced text, against an independent implementation.

use std::num::NonZeroUsize;

use touchstone::generator::GenerationRequest;

use super::{ALL, complete, golden, greedy, server, settings};

/// What the log-probabilities of ` Yes` and ` No` differ by at most from the golden ones, and P(Yes).
fn largest_differences(url: &str) -> (f64, f64) {
    let mut settings = settings(url);
    settings.top_logprobs = NonZeroUsize::new(ALL).unwrap();
    let request = GenerationRequest { candidates: vec![" Yes".to_owned(), " No".to_owned()], ..greedy(1) };
    let (mut of_logarithms, mut of_reward) = (0_f64, 0_f64);
    for case in golden()["verdicts"].as_array().unwrap() {
        let completion = complete(&settings, &[case["text"].as_str().unwrap()], &request).remove(0);
        let [Some(yes), Some(no)] = completion.tokens[0].candidates[..] else { panic!("{:?}", completion.tokens[0]) };
        let number = |name: &str| case[name].as_f64().unwrap();
        let p_yes = 1.0 / (1.0 + (no - yes).exp());
        of_logarithms = of_logarithms.max((yes - number("logprob_yes")).abs()).max((no - number("logprob_no")).abs());
        of_reward = of_reward.max((p_yes - number("p_yes")).abs());
    }
    (of_logarithms, of_reward)
}

#[test]
fn the_probability_of_yes_is_that_of_an_independent_implementation() {
    let Some(url) = server::url() else { return };
    let (of_logarithms, of_reward) = largest_differences(&url);
    println!("32 bits: log-probabilities within {of_logarithms:.1e}, P(Yes) within {of_reward:.1e}");
    assert!(of_logarithms < 1e-3, "{of_logarithms}");
    assert!(of_reward < 1e-3, "{of_reward}");
}

/// llama.cpp multiplies quantised weights with activations that it quantises, too: that is what this measures.
#[test]
fn quantised_arithmetic_is_off_by_more_and_not_by_much() {
    let Some((url, mut process)) = server::of_quantised() else { return };
    let (of_logarithms, of_reward) = largest_differences(&url);
    println!("Q4_1: log-probabilities within {of_logarithms:.1e}, P(Yes) within {of_reward:.1e}");
    drop(process.stdin.take());
    process.wait().unwrap();
    assert!((1e-3..0.2).contains(&of_logarithms), "{of_logarithms}");
    assert!((1e-4..0.02).contains(&of_reward), "{of_reward}");
}
