//! What is trained on: tokens of which some positions are labelled.

use crate::tokenizer::{SpecialTokens, Tokenizer};
use crate::{Error, Result};

/// A text to train on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The tokens, which are read as a text of their own.
    pub tokens: Vec<u32>,
    /// The labelled positions, rising.
    pub targets: Vec<Target>,
}

/// A labelled position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Whose hidden state meets the output head: an index into the tokens.
    pub position: usize,
    /// Which of the head's logits is right there.
    pub label: usize,
}

/// Which rows of the output head are trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objective {
    /// Only these tokens' logits: a label is an index into the list. How dORM and dPRM are trained, with `-` and `+`.
    Tokens(Vec<u32>),
    /// All logits: a label is a token. How gORM and gPRM are trained, on the tokens of a critique.
    Vocabulary,
}

impl Example {
    /// A text of which every token from `first` on is to be predicted from what stands before it.
    pub fn completion(tokens: Vec<u32>, first: usize) -> Self {
        let positions = first.max(1)..tokens.len();
        let targets = positions.map(|place| Target { position: place - 1, label: tokens[place] as usize }).collect();
        Self { tokens, targets }
    }

    /// A prompt, with its special tokens written out, and its completion, which is to be learnt. The two are tokenised apart,
    /// as they are when a model is asked.
    ///
    /// # Errors
    /// Where the vocabulary cannot express the text.
    pub fn of_texts(tokenizer: &Tokenizer, prompt: &str, completion: &str) -> Result<Self> {
        let mut tokens = tokenizer.encode(prompt, SpecialTokens::Add)?;
        let first = tokens.len();
        tokens.extend(tokenizer.encode(completion, SpecialTokens::Omit)?);
        Ok(Self::completion(tokens, first))
    }

    /// What training relies on.
    pub(super) fn check(&self, labels: usize) -> Result<()> {
        let wrong = |message: String| Err(Error::Batch { message });
        if self.targets.is_empty() {
            return wrong("an example has no labelled position: it trains nothing, leave it out".to_owned());
        }
        if let Some(pair) = self.targets.windows(2).find(|pair| pair[0].position >= pair[1].position) {
            return wrong(format!("an example's labelled position {} comes twice or too late", pair[1].position));
        }
        for target in &self.targets {
            if target.position >= self.tokens.len() {
                let length = self.tokens.len();
                return wrong(format!("an example of {length} tokens has a label at position {}", target.position));
            }
            if target.label >= labels {
                return wrong(format!("an example has the label {}, but there are {labels}", target.label));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_of_a_completion_is_predicted_by_the_one_before_it() {
        let example = Example::completion(vec![7, 8, 9, 5], 2);
        let targets = [Target { position: 1, label: 9 }, Target { position: 2, label: 5 }];
        assert_eq!(example.targets, targets);
        // Nothing predicts the first token of a text.
        assert_eq!(Example::completion(vec![7, 8], 0).targets, [Target { position: 0, label: 8 }]);
    }

    #[test]
    fn what_cannot_be_trained_on_is_refused() {
        let example = |positions: &[usize], label| Example {
            tokens: vec![1, 2, 3],
            targets: positions.iter().map(|&position| Target { position, label }).collect(),
        };
        assert!(example(&[0, 2], 1).check(2).is_ok());
        for (wrong, said) in [
            (example(&[], 0), "no labelled position"),
            (example(&[1, 1], 0), "twice"),
            (example(&[3], 0), "3 tokens has a label at position 3"),
            (example(&[0], 2), "label 2, but there are 2"),
        ] {
            assert!(wrong.check(2).unwrap_err().to_string().contains(said), "{said}");
        }
    }
}
