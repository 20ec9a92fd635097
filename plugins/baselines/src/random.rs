//! `random`: the control that must look like chance.

use serde::{Deserialize, Serialize};
use touchstone::{Context, Cot, Question, Result, Rewards, Verifier, VerifierSettings};

/// A reward drawn evenly from 0 to 1, the same every time for the same seed, category, question id and CoT id.
///
/// Assumes nothing and knows nothing, so its Best-of-N must come out as picking one CoT at random does and its AUROC as one
/// half: a control for the evaluation, and the floor for every reward model. The draw is a hash (SplitMix64 over 64-bit FNV-1a)
/// of the ids, so it depends neither on order nor on the machine.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// Another seed draws other rewards; 42 unless told otherwise.
    #[serde(default = "forty_two")]
    pub seed: u64,
}

const fn forty_two() -> u64 {
    42
}

impl Default for Random {
    fn default() -> Self {
        Self { seed: forty_two() }
    }
}

touchstone::register!(Verifier, "random", Random);

/// Nothing to load: the settings are the verifier.
impl VerifierSettings for Random {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(self.clone()))
    }
}

impl Verifier for Random {
    fn score(&self, _context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        // A zero byte after each text keeps "ab" + "c" and "a" + "bc" apart.
        let category = question.category.as_str().bytes().chain([0]);
        let id = question.id.as_str().bytes().chain([0]);
        let bytes = self.seed.to_le_bytes().into_iter().chain(category).chain(id).chain(cot.id.0.to_le_bytes());
        Rewards::new(vec![Some(unit(split_mix(fnv_1a(bytes))))])
    }
}

/// The 64-bit FNV-1a hash.
fn fnv_1a(bytes: impl Iterator<Item = u8>) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// The first output of SplitMix64 from this state: it spreads FNV's weak high bits.
fn split_mix(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The upper 53 bits as a number from 0 to below 1.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use touchstone::{Category, CotId, Registry};

    use super::*;

    fn reward(seed: u64, category: &str, question: &str, cot: i64) -> f64 {
        let question = Question { id: question.into(), category: Category::new(category), text: String::new() };
        let cot = Cot { id: CotId(cot), steps: Vec::new(), answer: None };
        Random { seed }.score(&Context::new(Registry::builtin()), &question, &cot).unwrap()[0].unwrap()
    }

    /// The published test vectors of both hashes.
    #[test]
    fn the_hashes_are_the_ones_they_are_called() {
        assert_eq!(fnv_1a(b"".iter().copied()), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(b"a".iter().copied()), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv_1a(b"foobar".iter().copied()), 0x8594_4171_f739_67e8);
        assert_eq!(split_mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(split_mix(1_234_567), 6_457_827_717_110_365_317);
    }

    /// Computed by a separate implementation of the two hashes in Python.
    #[test]
    fn rewards_are_the_same_on_every_machine() {
        assert_eq!(reward(42, "law", "17", 3), 0.6179566021862076);
        assert_eq!(reward(7, "computer_science", "é", -1), 0.7769711944393327);
    }

    #[test]
    fn seed_category_question_and_cot_each_make_a_difference() {
        let all = [
            reward(42, "law", "1", 1),
            reward(43, "law", "1", 1),
            reward(42, "math", "1", 1),
            reward(42, "law", "2", 1),
            reward(42, "law", "1", 2),
            reward(42, "law1", "", 1),
        ];
        for (place, reward) in all.iter().enumerate() {
            assert!(!all[..place].contains(reward), "{all:?}");
        }
    }

    #[test]
    fn ten_thousand_rewards_spread_evenly() {
        let mut bins = [0_u32; 10];
        for draw in 0..10_000_i64 {
            let reward = reward(42, "law", &(draw / 16).to_string(), draw % 16);
            bins[(reward * 10.0) as usize] += 1;
        }
        // Chi-squared with nine degrees of freedom: 27.9 is passed by chance once in a thousand.
        let chi_squared: f64 = bins.iter().map(|count| (f64::from(*count) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi_squared < 27.9, "{bins:?}");
    }
}
