//! One CoT's rewards: its tokens, the requests for them, and what the answers say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use touchstone::{Cot, Question, Rewards};

use super::candidates::Candidate;
use super::settings::RemoteSteps;
use super::text::{MarkedText, cleaned};
use super::way::{WAYS, Way};
use crate::abilities::{Abilities, Asked, OF_READING};
use crate::client::{Client, Deadline, Route, Watch};
use crate::error::{Error, Result};
use crate::reply::Reply;
use crate::request::hash;
use crate::response;
use crate::tokenizer::{Special, Tokenizer};

/// A server that is asked for rewards.
pub(super) struct Reader {
    settings: RemoteSteps,
    client: Client,
    completions: Route,
    tokenizer: Tokenizer,
    abilities: Abilities,
    known: Mutex<Option<Arc<Known>>>,
}

/// What is found out of a server before anything is scored.
struct Known {
    way: Way,
    /// What its tokenizer begins every text with.
    beginning: Vec<u32>,
    incorrect: Candidate,
    correct: Candidate,
}

/// The tokens of a question's segments, by their text: the question is every CoT's, and CoTs share steps.
#[derive(Default)]
pub(super) struct Segments(Mutex<HashMap<String, Arc<[u32]>>>);

impl Segments {
    fn get(&self, text: &str) -> Option<Arc<[u32]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned()
    }

    fn keep(&self, text: String, tokens: Arc<[u32]>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text, tokens);
    }

    /// Forgets everything, once the question is done.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Reader {
    /// The server that the settings name. No request is made yet.
    pub fn new(settings: &RemoteSteps) -> Result<Self> {
        let client = Client::new(&settings.connection)?;
        Ok(Self {
            completions: client.below("completions", response::check)?,
            tokenizer: Tokenizer::new(&client, &settings.connection.model)?,
            client,
            abilities: Abilities::new(settings.top_logprobs.get(), OF_READING),
            known: Mutex::new(None),
            settings: settings.clone(),
        })
    }

    /// When a call that begins now must be done.
    pub fn deadline(&self) -> Option<Deadline> {
        self.client.deadline()
    }

    /// The rewards of a CoT.
    pub fn read(&self, watch: &Watch<'_>, segments: &Segments, question: &Question, cot: &Cot) -> Result<Rewards> {
        if cot.steps.is_empty() {
            return Ok(Rewards::default());
        }
        let known = self.known(watch)?;
        let text = self.text(watch, &known, segments, question, cot)?;
        if text.cut > 0 {
            watch.context.count("cut CoTs", 1);
        }
        let mut rewards = vec![None; text.lost];
        match known.way {
            Way::Prompt | Way::Echo if !text.marks.is_empty() => {
                let choice = self.ask(watch, known.way, &text.tokens)?;
                for mark in &text.marks {
                    rewards.push(Some(self.reward(&known, &choice, *mark, text.tokens.len(), rewards.len())?));
                }
            }
            way => {
                // One after the other, so that the server has read the beginning of each when it is asked for it.
                for mark in &text.marks {
                    let choice = self.ask(watch, way, &text.tokens[..=*mark])?;
                    rewards.push(Some(self.reward(&known, &choice, *mark, mark + 1, rewards.len())?));
                }
            }
        }
        watch.context.count("tokens", text.tokens.len() as u64);
        Rewards::new(rewards).map_err(|error| Error::Rewards(Box::new(error)))
    }

    /// The tokens of a question and a CoT, cut to the context.
    fn text(
        &self,
        watch: &Watch<'_>,
        known: &Known,
        segments: &Segments,
        question: &Question,
        cot: &Cot,
    ) -> Result<MarkedText> {
        let RemoteSteps { tag, separator, context_length, .. } = &self.settings;
        let segment = |text: &str, end: &str| self.segment(watch, segments, cleaned(text, tag) + end);
        let before = segment(&question.text, separator)?;
        let steps = cot.steps.iter().map(|step| segment(step, tag)).collect::<Result<Vec<_>>>()?;
        let text = MarkedText::new(&known.beginning, &before, steps.iter().map(|step| &**step));
        Ok(match context_length {
            Some(context) => text.fit(context.get(), known.beginning.len()),
            None => text,
        })
    }

    fn segment(&self, watch: &Watch<'_>, segments: &Segments, text: String) -> Result<Arc<[u32]>> {
        if let Some(tokens) = segments.get(&text) {
            return Ok(tokens);
        }
        let tokens: Arc<[u32]> = self.tokenizer.encode(&self.client, watch, &text, Special::Omit)?.into();
        segments.keep(text, Arc::clone(&tokens));
        Ok(tokens)
    }

    /// The softmax of the two candidates after the mark, at the right one.
    fn reward(&self, known: &Known, choice: &Value, mark: usize, tokens: usize, step: usize) -> Result<f64> {
        let of = |candidate: &Candidate| {
            let told = known.way.after(mark, tokens, choice, candidate);
            told.ok_or_else(|| Error::MissingCandidate {
                url: self.completions.address.shown.clone(),
                step: step + 1,
                candidate: candidate.text.clone(),
                token: candidate.token,
                asked: self.abilities.form().log_probabilities,
                wanted: self.settings.top_logprobs.get(),
            })
        };
        Ok(1.0 / (1.0 + (of(&known.incorrect)? - of(&known.correct)?).exp()))
    }

    /// The choice that answers for this prompt.
    fn ask(&self, watch: &Watch<'_>, way: Way, tokens: &[u32]) -> Result<Value> {
        let salt = salt(tokens);
        loop {
            let form = self.abilities.form();
            let asked = Asked { form, choices: 1, log_probabilities: form.log_probabilities };
            if asked.log_probabilities == 0 {
                return Err(self.no_log_probabilities());
            }
            let model = &self.settings.connection.model;
            let body = way.body(model, tokens, asked.log_probabilities, self.abilities.extras(form));
            match self.client.ask(watch, &self.completions, &body, salt)? {
                Reply::Answer(mut answer) => {
                    let choice = answer.pointer_mut("/choices/0").map(Value::take).unwrap_or_default();
                    let url = self.completions.address.shown.clone();
                    return match way.is_kept_by(&choice, tokens.len()) {
                        true => Ok(choice),
                        false => Err(Error::Positions { url, tokens: tokens.len() }),
                    };
                }
                Reply::Refusal(refusal) if self.abilities.lower(&refusal, &asked) => {}
                Reply::Refusal(refusal) => return Err(refusal.error),
                Reply::Absent(error) => return Err(error),
            }
        }
    }

    /// What is known of the server. Whoever needs it first finds it out; the others wait for that.
    fn known(&self, watch: &Watch<'_>) -> Result<Arc<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(self.find_out(watch)?);
        *known = Some(Arc::clone(&found));
        Ok(found)
    }

    fn find_out(&self, watch: &Watch<'_>) -> Result<Known> {
        let encode = |text: &str, special| self.tokenizer.encode(&self.client, watch, text, special);
        let candidates = &self.settings.candidates;
        let candidate = |text: &String| Candidate::new(text, &encode(text, Special::Omit)?);
        let (incorrect, correct) = (candidate(&candidates.incorrect)?, candidate(&candidates.correct)?);
        if incorrect.token == correct.token {
            let (incorrect, correct, token) = (incorrect.text, correct.text, correct.token);
            return Err(Error::SameCandidates { incorrect, correct, token });
        }
        let tag = &self.settings.tag;
        if encode(tag, Special::Omit)?.is_empty() {
            return Err(Error::NoToken { what: "tag", text: tag.clone() });
        }
        let beginning = encode("", Special::Add)?;
        let probe = [&*beginning, &[incorrect.token, correct.token, incorrect.token]].concat();
        for way in WAYS {
            if self.goes(watch, way, &probe)? {
                return Ok(Known { way, beginning, incorrect, correct });
            }
        }
        Err(self.no_log_probabilities())
    }

    /// Whether the server goes this way. What refuses it says that it does not; so does an answer without what was asked for.
    fn goes(&self, watch: &Watch<'_>, way: Way, probe: &[u32]) -> Result<bool> {
        loop {
            let form = self.abilities.form();
            let body = way.body(&self.settings.connection.model, probe, 1, self.abilities.extras(form));
            match self.client.ask(watch, &self.completions, &body, salt(probe))? {
                Reply::Answer(answer) => return Ok(way.is_kept_by(&answer["choices"][0], probe.len())),
                Reply::Refusal(refusal) if self.abilities.leave_out(&refusal, form) => {}
                Reply::Refusal(refusal) if way == Way::Prefixes => return Err(refusal.error),
                Reply::Refusal(_) => return Ok(false),
                Reply::Absent(error) => return Err(error),
            }
        }
    }

    fn no_log_probabilities(&self) -> Error {
        let candidates = &self.settings.candidates;
        Error::NoLogProbabilities {
            url: self.completions.address.shown.clone(),
            candidates: vec![candidates.incorrect.clone(), candidates.correct.clone()],
            asked: self.abilities.form().log_probabilities,
            wanted: self.settings.top_logprobs.get(),
        }
    }
}

/// Tells requests from one another.
fn salt(tokens: &[u32]) -> u64 {
    hash(tokens.iter().flat_map(|token| token.to_le_bytes()))
}
