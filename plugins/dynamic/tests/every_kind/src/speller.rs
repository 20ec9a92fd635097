//! A generator that chooses its tokens with a sampler of the program.

use touchstone_sdk::generator::{
    Completion, CompletionToken, Conversation, FinishReason, GenerationRequest, Generator, GeneratorSettings, Prompt,
    Sample,
};
use touchstone_sdk::sampler::{Draw, TokenId};
use touchstone_sdk::{Context, Error, Result};

/// Spells with a small alphabet, whatever the prompt is; every prompt has its own logits.
#[touchstone_sdk::settings]
pub struct Speller {
    /// What it spells with.
    pub alphabet: String,
}

impl GeneratorSettings for Speller {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(self.clone()))
    }
}

impl Generator for Speller {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        let sampler = context.registry().make(&request.sampler)?;
        let letters: Vec<char> = self.alphabet.chars().collect();
        for (prompt, text) in prompts.iter().enumerate() {
            for sample in 0..request.samples {
                context.check_cancelled()?;
                let (mut history, mut tokens, mut written) = (Vec::new(), Vec::new(), String::new());
                for position in 0..request.max_tokens as u64 {
                    let sequence = (prompt * request.samples + sample) as u64;
                    let mut logits: Vec<f32> =
                        (0..letters.len()).map(|letter| (letter + text.text.len()) as f32).collect();
                    let draw = Draw { seed: request.seed, sequence, position };
                    let TokenId(token) = sampler.sample(&mut logits, &history, draw)?;
                    history.push(TokenId(token));
                    tokens.push(CompletionToken {
                        offset: written.len(),
                        log_probability: (position > 0).then_some(-0.1 * position as f64),
                        candidates: request.candidates.iter().map(|c| (c.len() > 3).then_some(-1.5)).collect(),
                    });
                    written.push(letters[token as usize]);
                    if request.stop.iter().any(|stop| written.ends_with(stop.as_str())) {
                        break;
                    }
                }
                let finish = match (written.is_empty(), tokens.len() == request.max_tokens) {
                    (true, _) => FinishReason::EndOfText,
                    (false, true) => FinishReason::Length,
                    (false, false) => FinishReason::Stop,
                };
                done(Sample { prompt, sample }, Completion { text: written, finish, tokens });
            }
        }
        Ok(())
    }

    /// Knows no conversation without a turn, and none of one whose only turn is empty.
    fn chat(&self, _context: &Context, conversation: &Conversation) -> Result<Prompt> {
        let turns = conversation.messages.iter().map(|message| format!("{:?}: {}", message.role, message.content));
        match &*turns.collect::<Vec<_>>() {
            [] => Err(Error::plugin("speller", "there is nothing to answer")),
            [turn] if turn.ends_with(": ") => Err(Error::NoChatTemplate),
            turns => Ok(Prompt { text: format!("{} ({:?})", turns.join("\n"), conversation.thinking) }),
        }
    }
}
