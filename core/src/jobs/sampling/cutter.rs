//! From what a generator wrote to a CoT.

use crate::generator::{Completion, FinishReason};
use crate::splitter::steps;
use crate::{AnswerExtractor, Context, Cot, CotId, Result, StepSplitter};

use super::SamplingSettings;

/// Makes CoTs of completions.
pub struct Cutter<'s> {
    splitter: Box<dyn StepSplitter>,
    extractor: Box<dyn AnswerExtractor>,
    stop: &'s [String],
}

/// A CoT, and whether its answer could be looked for.
pub struct Cut {
    pub cot: Cot,
    /// Whether the extractor gave an error.
    pub unreadable: bool,
}

impl<'s> Cutter<'s> {
    pub fn new(context: &Context, settings: &'s SamplingSettings) -> Result<Self> {
        Ok(Self {
            splitter: context.registry().make(&settings.splitter)?,
            extractor: context.registry().make(&settings.extractor)?,
            stop: &settings.stop,
        })
    }

    /// The CoT of this number. A text without steps makes a CoT without steps, which all that follows accepts.
    pub fn cut(&self, number: usize, completion: &Completion) -> Result<Cut> {
        let solution = self.without_stop(completion);
        let extracted = self.extractor.extract(solution);
        // An error concerns one answer, and never the run.
        let unreadable = extracted.is_err();
        let answer = extracted.ok().flatten().filter(|answer| !answer.trim().is_empty());
        let steps = steps(&*self.splitter, solution)?;
        Ok(Cut { cot: Cot { id: CotId(number as i64), steps, answer }, unreadable })
    }

    /// The text before the stop text that ended it, which is no part of the solution.
    fn without_stop<'c>(&self, completion: &'c Completion) -> &'c str {
        let text = completion.text.as_str();
        if completion.finish != FinishReason::Stop {
            return text;
        }
        self.stop
            .iter()
            .filter_map(|stop| text.strip_suffix(stop.as_str()))
            .min_by_key(|rest| rest.len())
            .unwrap_or(text)
    }
}
