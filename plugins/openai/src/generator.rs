//! The generator: from prompts to requests, and from answers to completions.

use serde_json::Value;
use touchstone::generator::{Completion, Conversation, FinishReason, GenerationRequest, Prompt, Sample};
use touchstone::{Context, Generator};

use crate::abilities::{Abilities, Asked, Choices, OF_TEXT};
use crate::chat::Layout;
use crate::client::{Client, Route, Watch};
use crate::error::{Error, Result};
use crate::queue::{Queue, Unit};
use crate::reply::Reply;
use crate::request::{Question, body, seed};
use crate::response::{self, Unusable};
use crate::sampling::{Kind, Sampling};
use crate::settings::OpenAi;

/// A server that completes prompts. What it has refused once, such as a number of log-probabilities, it is not asked for
/// again.
pub struct Remote {
    settings: OpenAi,
    client: Client,
    completions: Route,
    layout: Layout,
    abilities: Abilities,
}

/// Where completions go.
type Done<'a> = &'a (dyn Fn(Sample, Completion) + Sync);

/// One call for completions.
struct Call<'a> {
    prompts: &'a [Prompt],
    request: &'a GenerationRequest,
    sampling: Sampling,
    watch: Watch<'a>,
    done: Done<'a>,
}

impl Remote {
    /// The server that the settings name. No request is made yet.
    ///
    /// # Errors
    /// [`Error::Url`], [`Error::Seconds`], [`Error::Key`], and those of a chat template that is named.
    pub fn new(settings: &OpenAi) -> Result<Self, Error> {
        let client = Client::new(&settings.connection)?;
        Ok(Self {
            completions: client.below(settings.endpoint.path(), response::check)?,
            layout: Layout::new(settings, &client)?,
            client,
            abilities: Abilities::new(settings.top_logprobs.get(), OF_TEXT),
            settings: settings.clone(),
        })
    }

    /// How many log-probabilities a position the server is asked for where candidates are to be read: those of the settings,
    /// or fewer once it has refused so many.
    pub fn log_probabilities(&self) -> usize {
        self.abilities.form().log_probabilities
    }

    fn complete(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: Done<'_>,
    ) -> Result<()> {
        let sampling = Sampling::of(&request.sampler, self.settings.neutral)?;
        if request.stop.iter().any(String::is_empty) {
            return Err(Error::EmptyStop);
        }
        if context.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let with_samples = if request.samples > 0 { prompts.len() } else { 0 };
        let queue = Queue::new((0..with_samples).map(|prompt| Unit { prompt, samples: 0..request.samples }));
        let watch = Watch { context, abandoned: &queue.abandoned, deadline: self.client.deadline() };
        let call = Call { prompts, request, sampling, watch, done };
        let most = prompts.len().saturating_mul(request.samples);
        let threads = self.settings.connection.concurrency.get().min(most);
        queue.run_on(threads, |unit| self.work(&call, unit));
        queue.result()
    }

    /// Makes one request and hands its completions over; gives what is still to be done of the unit.
    fn work(&self, call: &Call<'_>, unit: Unit) -> Result<Vec<Unit>> {
        let request = call.request;
        if request.max_tokens == 0 {
            // Servers refuse this, and there is nothing to ask for.
            hand_over_nothing(call, unit, FinishReason::Length);
            return Ok(Vec::new());
        }
        let prompt = &call.prompts[unit.prompt].text;
        let seed = seed(request.seed, prompt, unit.samples.start);
        loop {
            let form = self.abilities.form();
            // vLLM refuses to be greedy many times at once, which says nothing of its other requests.
            let singly = form.choices == Choices::One || call.sampling.kind == Kind::Greedy;
            if singly && unit.samples.len() > 1 {
                return Ok(unit.one_by_one());
            }
            let wanted = if request.candidates.is_empty() { 1 } else { self.settings.top_logprobs.get() };
            let log_probabilities = form.log_probabilities.min(wanted);
            if log_probabilities == 0 && !request.candidates.is_empty() {
                return Err(self.no_log_probabilities(request, log_probabilities));
            }
            let asked = Asked { form, choices: unit.samples.len(), log_probabilities };
            let body = body(&Question {
                model: &self.settings.connection.model,
                endpoint: self.settings.endpoint,
                prompt,
                request,
                sampling: &call.sampling,
                seed,
                asked,
                extras: self.abilities.extras(form).collect(),
            });
            match self.client.ask(&call.watch, &self.completions, &body, u64::from(seed))? {
                Reply::Answer(answer) => return self.hand_over(call, unit, &answer, log_probabilities),
                Reply::Refusal(refusal) if refusal.is_of_a_full_context() => {
                    hand_over_nothing(call, unit, FinishReason::PromptTooLong);
                    return Ok(Vec::new());
                }
                Reply::Refusal(refusal) if self.abilities.lower(&refusal, &asked) => {}
                Reply::Refusal(refusal) => return Err(refusal.error),
                Reply::Absent(error) => return Err(error),
            }
        }
    }

    fn hand_over(&self, call: &Call<'_>, unit: Unit, answer: &Value, log_probabilities: usize) -> Result<Vec<Unit>> {
        let choices = response::choices(answer);
        let (given, asked) = (choices.len(), unit.samples.len());
        if given > asked {
            return Err(Error::Choices { url: self.completions.address.shown.clone(), given, asked });
        }
        let mut remaining = Vec::new();
        if given < asked {
            self.abilities.one_choice_only();
            remaining = unit.clone().one_by_one();
            if given > 1 {
                // From which seeds these are is not known, so with them the completions would hang on when this was found out.
                return Ok(remaining);
            }
            // A single choice is what the request for the first sample alone would have given: it has the same seed.
            remaining.remove(0);
        }
        let completions = choices.into_iter().map(|choice| {
            response::completion(choice, call.request)
                .map_err(|unusable| self.unusable(unusable, call.request, log_probabilities))
        });
        let completions = completions.collect::<Result<Vec<_>>>()?;
        if let Some(tokens) = response::token_count(answer) {
            call.watch.context.count("tokens", tokens);
        }
        for (sample, completion) in unit.samples.zip(completions) {
            (call.done)(Sample { prompt: unit.prompt, sample }, completion);
        }
        Ok(remaining)
    }

    fn unusable(&self, unusable: Unusable, request: &GenerationRequest, log_probabilities: usize) -> Error {
        match unusable {
            Unusable::FinishReason(reason) => Error::FinishReason {
                url: self.completions.address.shown.clone(),
                reason: self.client.message(&reason),
            },
            Unusable::NoLogProbabilities => self.no_log_probabilities(request, log_probabilities),
        }
    }

    fn no_log_probabilities(&self, request: &GenerationRequest, asked: usize) -> Error {
        Error::NoLogProbabilities {
            url: self.completions.address.shown.clone(),
            candidates: request.candidates.clone(),
            asked,
            wanted: self.settings.top_logprobs.get(),
        }
    }
}

impl Generator for Remote {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> touchstone::Result<()> {
        self.complete(context, prompts, request, done).map_err(|error| error.of_plugin(crate::NAME))
    }

    fn chat(&self, context: &Context, conversation: &Conversation) -> touchstone::Result<Prompt> {
        let text = self.layout.lay_out(&self.client, context, conversation);
        Ok(Prompt { text: text.map_err(|error| error.of_plugin(crate::NAME))? })
    }
}

/// Empty completions for all samples of the unit.
fn hand_over_nothing(call: &Call<'_>, unit: Unit, finish: FinishReason) {
    for sample in unit.samples {
        let nothing = Completion { text: String::new(), finish, tokens: Vec::new() };
        (call.done)(Sample { prompt: unit.prompt, sample }, nothing);
    }
}
