//! Rows as tokens with labelled positions.

use std::num::NonZeroUsize;

use touchstone::data::TrainingRow;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};
use touchstone_candle::training::{Example, Objective, Skip, Target};

use super::LabelRule;
use crate::candidates::{Candidates, last_token};
use crate::error::Error;
use crate::tags::Tagged;

/// Lays rows out as the paper's models read them: the question and ` \n\n`, then each step and its tag. Question and steps
/// stay as the set has them, untrimmed, as published.
pub struct StepExamples<R> {
    rule: R,
    layout: Tagged,
    candidates: Candidates,
    longest: Option<NonZeroUsize>,
}

impl<R: LabelRule> StepExamples<R> {
    /// Examples by a rule. A row of more than `longest` tokens, after the cut of its rule, is left out; the paper has 650.
    pub fn new(rule: R, longest: Option<NonZeroUsize>) -> Self {
        Self { rule, layout: Tagged::default(), candidates: Candidates::default(), longest }
    }

    /// Which logits are trained: those of `-` and `+`, in this order.
    ///
    /// # Errors
    /// Where the tokenizer cannot tell the two apart.
    pub fn objective(&self, tokenizer: &Tokenizer) -> Result<Objective, Error> {
        last_token(tokenizer, "tag", &self.layout.tag)?;
        self.candidates.tokens(tokenizer).map(Objective::Tokens)
    }

    /// A row as an example, or why it trains nothing.
    ///
    /// # Errors
    /// Where the vocabulary cannot express the text.
    pub fn example(&self, tokenizer: &Tokenizer, row: &TrainingRow) -> Result<Result<Example, Skip>, Error> {
        let Some(labels) = self.rule.labels(row) else { return Ok(Err(Skip::Unlabelled)) };
        let question = row.question.text.clone() + &self.layout.separator;
        let mut tokens = tokenizer.encode_literal(&question, SpecialTokens::Add)?;
        let mut targets = Vec::with_capacity(labels.labels.len());
        let mut left = labels.labels.iter().peekable();
        for (index, step) in row.cot.steps.iter().take(labels.steps).enumerate() {
            let step = step.to_string() + &self.layout.tag;
            tokens.extend(tokenizer.encode_literal(&step, SpecialTokens::Omit)?);
            if let Some((_, right)) = left.next_if(|(labelled, _)| *labelled == index) {
                targets.push(Target { position: tokens.len() - 1, label: usize::from(*right) });
            }
        }
        if targets.is_empty() {
            return Ok(Err(Skip::Unlabelled));
        }
        match self.longest {
            Some(longest) if tokens.len() > longest.get() => Ok(Err(Skip::TooLong)),
            _ => Ok(Ok(Example { tokens, targets })),
        }
    }
}
