//! `greedy`: always the likeliest token.

use serde::{Deserialize, Serialize};
use touchstone::Result;
use touchstone::sampler::{Draw, Sampler, TokenId};

use crate::RepetitionPenalty;
use crate::likeliest::likeliest;

/// The likeliest token; of equally likely ones the one of the lowest id.
///
/// All samples of a prompt are the same, so it is for one solution a question, not for test-time scaling.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Greedy {
    /// Makes tokens of the prompt and of the text so far less likely: above 0; 1 is off, and below 1 they become likelier.
    #[serde(default)]
    pub repetition_penalty: RepetitionPenalty,
}

touchstone::register!(Sampler, "greedy", Greedy);

impl Sampler for Greedy {
    fn sample(&self, logits: &mut [f32], history: &[TokenId], _draw: Draw) -> Result<TokenId> {
        self.repetition_penalty.apply(logits, history);
        likeliest(logits, "greedy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greedy(settings: &str, logits: &[f32], history: &[u32]) -> u32 {
        let history: Vec<TokenId> = history.iter().copied().map(TokenId).collect();
        let sampler: Greedy = serde_json::from_str(settings).unwrap();
        sampler.sample(&mut logits.to_vec(), &history, Draw { seed: 1, sequence: 2, position: 3 }).unwrap().0
    }

    #[test]
    fn the_likeliest_token_is_chosen_and_of_equals_the_first() {
        assert_eq!(greedy("{}", &[0.0, 3.0, 1.0, 3.0], &[1]), 1);
        assert_eq!(greedy("{}", &[-0.0, 0.0, -5.0], &[]), 0);
    }

    #[test]
    fn a_penalty_makes_way_for_a_token_that_did_not_occur() {
        assert_eq!(greedy(r#"{"repetition_penalty": 2}"#, &[0.0, 3.0, 2.0], &[1, 1]), 2);
        assert_eq!(greedy(r#"{"repetition_penalty": 2}"#, &[0.0, 5.0, 2.0], &[1, 1]), 1);
    }

    #[test]
    fn errors_name_the_sampler() {
        let message = Greedy::default()
            .sample(&mut [f32::NAN], &[], Draw { seed: 0, sequence: 0, position: 0 })
            .unwrap_err()
            .to_string();
        assert!(message.contains("\"greedy\"") && message.contains("NaN"), "{message}");
    }
}
