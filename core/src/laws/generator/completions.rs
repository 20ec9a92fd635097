//! What holds of every completion by itself: its text, and its tokens.

use super::super::Finding;
use super::super::calls::Given;
use super::super::report::{Trial, shown};
use super::Handed;
use super::work::Call;
use crate::generator::{Completion, CompletionToken, FinishReason, GenerationRequest};

/// Judges all completions by the laws of their texts and tokens.
pub(super) fn judge(given: &[Given<'_, Call, Handed>]) -> [Finding; 5] {
    let mut stops = Trial::of("a completion ends with the first stop text that it contains, and keeps it");
    let mut budget = Trial::of("a completion has no more tokens than were asked for");
    let mut offsets = Trial::of("tokens begin inside the text, between characters, in order");
    let mut probabilities = Trial::of("log-probabilities are at most 0");
    let mut candidates = Trial::of("each token has a log-probability, or none, for each candidate");
    for Given { case, result } in given {
        let request = &case.input.request;
        for (sample, completion) in result.iter().flat_map(|(sample, all)| all.iter().map(move |one| (sample, one))) {
            let told = |fault: String| {
                format!("{} gave sample {} of prompt {} {fault}", case.told, sample.sample, sample.prompt)
            };
            if reaches_stop(request, completion) {
                stops.judge(wrong_end(request, completion).map(told));
            }
            if completion.tokens.is_empty() {
                continue;
            }
            let count = completion.tokens.len();
            budget.judge(
                (count > request.max_tokens).then(|| told(format!("{count} tokens, not {}", request.max_tokens))),
            );
            offsets.judge(wrong_offset(completion).map(told));
            probabilities.judge(wrong_probability(completion).map(told));
            candidates.judge(wrong_candidates(request, completion).map(told));
        }
    }
    [stops, budget, offsets, probabilities, candidates].map(Trial::finish)
}

fn reaches_stop(request: &GenerationRequest, completion: &Completion) -> bool {
    completion.finish == FinishReason::Stop || request.stop.iter().any(|stop| completion.text.contains(stop))
}

fn wrong_end(request: &GenerationRequest, completion: &Completion) -> Option<String> {
    let text = &completion.text;
    let ends = request.stop.iter().filter_map(|stop| Some(text.find(stop)? + stop.len()));
    match ends.min() {
        Some(end) if end == text.len() => None,
        Some(end) => Some(format!("{}, which goes on after the stop text at byte {end}", shown(text))),
        None => Some(format!("{}, which ended at a stop text but does not contain one", shown(text))),
    }
}

fn wrong_offset(completion: &Completion) -> Option<String> {
    let mut earliest = 0;
    for (place, CompletionToken { offset, .. }) in completion.tokens.iter().enumerate() {
        if *offset < earliest || !completion.text.is_char_boundary(*offset) {
            return Some(format!("with token {place} at byte {offset} of {}", shown(&completion.text)));
        }
        earliest = *offset;
    }
    None
}

fn wrong_probability(completion: &Completion) -> Option<String> {
    let told = completion.tokens.iter().enumerate().flat_map(|(place, token)| {
        token.log_probability.iter().chain(token.candidates.iter().flatten()).map(move |value| (place, *value))
    });
    // Written so that NaN is wrong, too.
    let wrong = |(_, value): &(usize, f64)| !matches!(value.partial_cmp(&0.0), Some(order) if order.is_le());
    let (place, value) = { told }.find(wrong)?;
    Some(format!("with the log-probability {value} at token {place}"))
}

fn wrong_candidates(request: &GenerationRequest, completion: &Completion) -> Option<String> {
    let wanted = request.candidates.len();
    let wrong = |(_, token): &(usize, &CompletionToken)| token.candidates.len() != wanted;
    let (place, token) = completion.tokens.iter().enumerate().find(wrong)?;
    Some(format!("with {} candidates, not {wanted}, at token {place}", token.candidates.len()))
}
