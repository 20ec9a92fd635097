//! Whether tokens are drawn as often as they should be, by exact probabilities that are worked out here in another way.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use touchstone::sampler::{Draw, Sampler, TokenId};
use touchstone_samplers::Temperature;

const DRAWS: u64 = 100_000;

/// Logits of fifteen tokens, one of them impossible.
const LOGITS: [f32; 15] = [2.1, -0.3, 1.7, f32::NEG_INFINITY, 0.4, 3.0, -1.5, 0.9, 2.6, -2.2, 1.1, 0.0, -0.8, 1.9, 0.6];
const HISTORY: [TokenId; 5] = [TokenId(5), TokenId(1), TokenId(5), TokenId(6), TokenId(8)];

fn sampler(settings: Value) -> Temperature {
    serde_json::from_value(settings).unwrap()
}

fn drawn(sampler: &Temperature, draw: Draw) -> usize {
    sampler.sample(&mut LOGITS.clone(), &HISTORY, draw).unwrap().0 as usize
}

/// The exact distribution: every filter by its definition, over (token, probability) in full order.
fn exact(settings: &Value) -> Vec<f64> {
    let setting = |name: &str, off: f64| settings.get(name).and_then(Value::as_f64).unwrap_or(off);
    let penalty = setting("repetition_penalty", 1.0);
    let lowered = |token: usize, logit: f64| match HISTORY.contains(&TokenId(token as u32)) {
        true if logit > 0.0 => logit / penalty,
        true => logit * penalty,
        false => logit,
    };
    let weight = |(token, logit): (usize, &f32)| {
        (token, (lowered(token, f64::from(*logit)) / setting("temperature", 1.0)).exp())
    };
    let mut shares: Vec<(usize, f64)> = LOGITS.iter().enumerate().map(weight).filter(|share| share.1 > 0.0).collect();
    shares.sort_by(|left, right| right.1.total_cmp(&left.1));
    normalise(&mut shares);
    let least = setting("min_p", 0.0) * shares[0].1;
    shares.retain(|share| share.1 >= least);
    let count = setting("top_k", 0.0) as usize;
    if count > 0 {
        shares.truncate(count); // no two logits are equal
    }
    normalise(&mut shares);
    let entropy: f64 = shares.iter().map(|share| -share.1 * share.1.ln()).sum();
    let distance = |share: &(usize, f64)| (-share.1.ln() - entropy).abs();
    shares.sort_by(|left, right| distance(left).total_cmp(&distance(right)));
    keep_mass(&mut shares, setting("typical_p", 1.0));
    normalise(&mut shares);
    shares.sort_by(|left, right| right.1.total_cmp(&left.1));
    keep_mass(&mut shares, setting("top_p", 1.0));
    normalise(&mut shares);
    let mut probabilities = vec![0.0; LOGITS.len()];
    shares.iter().for_each(|(token, probability)| probabilities[*token] = *probability);
    probabilities
}

fn normalise(shares: &mut [(usize, f64)]) {
    let total: f64 = shares.iter().map(|share| share.1).sum();
    shares.iter_mut().for_each(|share| share.1 /= total);
}

/// Keeps the first ones, each while the mass before it is below `mass`.
fn keep_mass(shares: &mut Vec<(usize, f64)>, mass: f64) {
    let mut before = 0.0;
    shares.retain(|share| {
        let is_needed = before < mass;
        before += share.1;
        is_needed
    });
}

/// Draws 100,000 tokens, in ten sequences, and holds how often each comes to its probability: the counts of each token within 5
/// standard deviations, and all of them together within 5 of what chi-squared has.
fn check(settings: Value, kept: usize) {
    let probabilities = exact(&settings);
    assert_eq!(probabilities.iter().filter(|probability| **probability > 0.0).count(), kept, "{settings}");
    let sampler = sampler(settings.clone());
    let mut counts = [0.0_f64; LOGITS.len()];
    for number in 0..DRAWS {
        counts[drawn(&sampler, Draw { seed: 42, sequence: number % 10, position: number / 10 })] += 1.0;
    }
    let mut chi_squared = 0.0;
    for (token, (count, probability)) in counts.iter().zip(&probabilities).enumerate() {
        let expected = probability * DRAWS as f64;
        let deviation = (expected * (1.0 - probability)).sqrt();
        assert!(
            (count - expected).abs() <= 5.0 * deviation + 1e-6,
            "{settings}: token {token} came {count} times of {expected}"
        );
        if expected > 0.0 {
            chi_squared += (count - expected).powi(2) / expected;
        }
    }
    let degrees = (kept - 1) as f64;
    assert!(chi_squared <= degrees + 5.0 * (2.0 * degrees).sqrt(), "{settings}: chi-squared is {chi_squared}");
}

#[test]
fn plain_draws_come_as_often_as_the_model_says() {
    check(json!({}), 14);
}

#[test]
fn a_temperature_sharpens_and_flattens() {
    check(json!({"temperature": 0.5}), 14);
    check(json!({"temperature": 3}), 14);
}

#[test]
fn draws_after_each_filter_come_as_often_as_they_should() {
    check(json!({"repetition_penalty": 1.5}), 14);
    check(json!({"min_p": 0.2}), 5);
    check(json!({"top_k": 4}), 4);
    check(json!({"typical_p": 0.6}), 5);
    check(json!({"top_p": 0.8}), 5);
}

#[test]
fn draws_after_all_filters_together_come_as_often_as_they_should() {
    let settings = json!({
        "temperature": 1.3, "repetition_penalty": 1.2, "min_p": 0.1, "top_k": 8, "typical_p": 0.9, "top_p": 0.85
    });
    check(settings, 5);
}

/// Chi-squared of the pairs (a token, another token) against independence: of 14 by 14 cells, 195 degrees of freedom.
fn check_independence(pair: impl Fn(u64) -> [Draw; 2]) {
    let sampler = sampler(json!({}));
    let probabilities = exact(&json!({}));
    let mut counts = vec![[0.0_f64; LOGITS.len()]; LOGITS.len()];
    for number in 0..DRAWS {
        let [first, second] = pair(number).map(|draw| drawn(&sampler, draw));
        counts[first][second] += 1.0;
    }
    let mut chi_squared = 0.0;
    for (row, first) in counts.iter().zip(&probabilities) {
        for (count, second) in row.iter().zip(&probabilities).filter(|_| *first > 0.0) {
            let expected = first * second * DRAWS as f64;
            chi_squared += if expected > 0.0 { (count - expected).powi(2) / expected } else { 0.0 };
        }
    }
    let degrees = 14.0 * 14.0 - 1.0;
    assert!((chi_squared - degrees).abs() <= 5.0 * f64::sqrt(2.0 * degrees), "chi-squared is {chi_squared}");
}

#[test]
fn neighbouring_positions_are_independent() {
    check_independence(|number| {
        [0, 1].map(|next| Draw { seed: 42, sequence: number % 100, position: 2 * (number / 100) + next })
    });
}

#[test]
fn neighbouring_sequences_are_independent() {
    check_independence(|number| {
        [0, 1].map(|next| Draw { seed: 42, sequence: 2 * (number / 100) + next, position: number % 100 })
    });
}

#[test]
fn neighbouring_seeds_are_independent() {
    check_independence(|number| {
        [0, 1].map(|next| Draw { seed: 2 * (number / 100) + next, sequence: number % 10, position: number % 100 })
    });
}

#[test]
fn a_draw_is_the_same_again_whatever_is_drawn_between() {
    let settings = json!({"temperature": 0.9, "top_p": 0.95, "typical_p": 0.97, "repetition_penalty": 1.1});
    let sampler = sampler(settings);
    let draw = |sequence, position| Draw { seed: 7, sequence, position };
    let alone: Vec<_> = (0..200).map(|position| drawn(&sampler, draw(3, position))).collect();
    // In a batch of five, from the last position to the first.
    let mut batch: Vec<_> = (0..200)
        .rev()
        .map(|position| [4, 1, 3, 0, 2].map(|sequence| drawn(&sampler, draw(sequence, position)))[2])
        .collect();
    batch.reverse();
    assert_eq!(alone, batch);
    // And they are draws, not one token.
    assert!(alone.iter().any(|token| *token != alone[0]));
}
