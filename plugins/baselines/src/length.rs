//! `length`: a CoT is trusted by how many words it has.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use touchstone::{Context, Cot, Question, Result, Rewards, Verifier, VerifierSettings};

/// The shorter a CoT, the higher its reward (or the longer).
///
/// Assumes that hard questions and lost threads make CoTs long, so that among the CoTs of one question the shorter ones are
/// right more often. A reward model that does no better may have learnt little but length. The reward is
/// `words / (words + n)` for a CoT of n words, counted by white space: one half at `words`, towards 1 for few and towards 0 for
/// many. A CoT without a word has a missing reward.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// How many words earn a reward of one half: 200 unless told otherwise. It spreads the rewards and changes no order.
    #[serde(default = "two_hundred")]
    pub words: NonZeroU32,
    /// Which CoTs are trusted more: `shorter` (the default) or `longer`.
    #[serde(default)]
    pub prefer: Prefer,
}

/// Which CoTs are trusted more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// Those of fewer words.
    #[default]
    Shorter,
    /// Those of more words.
    Longer,
}

const fn two_hundred() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(199)
}

impl Default for Length {
    fn default() -> Self {
        Self { words: two_hundred(), prefer: Prefer::default() }
    }
}

touchstone::register!(Verifier, "length", Length);

/// Nothing to load: the settings are the verifier.
impl VerifierSettings for Length {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(self.clone()))
    }
}

impl Verifier for Length {
    fn score(&self, _context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
        let words = cot.steps.iter().map(|step| step.split_whitespace().count()).sum::<usize>() as f64;
        let half = f64::from(self.words.get());
        let reward = match self.prefer {
            Prefer::Shorter => half / (half + words),
            Prefer::Longer => words / (half + words),
        };
        Rewards::new(vec![(words > 0.0).then_some(reward)])
    }
}

#[cfg(test)]
mod tests {
    use touchstone::{Category, CotId, Registry, Step};

    use super::*;

    fn reward(settings: &str, words: usize) -> Option<f64> {
        let verifier: Length = serde_json::from_str(settings).unwrap();
        let question = Question { id: 1.into(), category: Category::new("law"), text: "?".to_owned() };
        let steps = vec![Step::from(" word\n".repeat(words / 2)), Step::from("word ".repeat(words - words / 2))];
        let cot = Cot { id: CotId(0), steps, answer: None };
        verifier.score(&Context::new(Registry::builtin()), &question, &cot).unwrap()[0]
    }

    #[test]
    fn the_scale_earns_one_half_either_way() {
        assert_eq!(reward("{}", 200), Some(0.5));
        assert_eq!(reward(r#"{"words": 3}"#, 3), Some(0.5));
        assert_eq!(reward(r#"{"words": 3, "prefer": "longer"}"#, 3), Some(0.5));
    }

    #[test]
    fn every_word_makes_a_difference_in_the_direction_that_was_asked_for() {
        for words in 1..500 {
            assert!(reward("{}", words) > reward("{}", words + 1));
            let longer = |words| reward(r#"{"prefer": "longer"}"#, words);
            assert!(longer(words) < longer(words + 1));
        }
    }

    #[test]
    fn a_cot_without_a_word_has_a_missing_reward() {
        assert_eq!(reward("{}", 0), None);
        assert_eq!(reward(r#"{"prefer": "longer"}"#, 0), None);
    }
}
