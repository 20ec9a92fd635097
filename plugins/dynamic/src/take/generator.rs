//! Generators behind a table.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use touchstone::generator::{Completion, Conversation, GenerationRequest, Generator, Prompt, Sample};
use touchstone::{Context, Error, Result};

use super::Taken;
use crate::Fault;
use crate::give::lend;
use crate::table::{CompletionSink, Text};
use crate::text::Kept;

pub(crate) struct TakenGenerator(pub Taken);

impl Generator for TakenGenerator {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        let json = |error: serde_json::Error| {
            self.0.error("generate", &Fault::Failed(format!("the prompts cannot be written as JSON: {error}")))
        };
        let prompts_json = serde_json::to_string(prompts).map_err(json)?;
        let request_json = serde_json::to_string(request).map_err(json)?;
        let lent = lend(context);
        let received = Received::new(prompts.len(), request.samples, done);
        let sink = CompletionSink { sink: std::ptr::from_ref(&received).cast_mut().cast(), put: Some(receive) };
        let called = self.0.call("generate", self.0.plugin().generate, Some(context), |generate, instance, failure| {
            let (prompts, request) = (Text::of(&prompts_json), Text::of(&request_json));
            // SAFETY: context, texts and sinks outlive the call.
            unsafe { generate(instance, lent.table(), prompts, request, &sink, failure) }
        });
        let places = received.places.lock().unwrap_or_else(PoisonError::into_inner);
        // A rule that was broken explains a failure, too.
        if let Some(fault) = &places.fault {
            return Err(self.0.error("generate", fault));
        }
        called?;
        match places.seen.iter().position(|seen| !seen) {
            Some(place) => {
                let sample = Sample { prompt: place / request.samples, sample: place % request.samples };
                Err(self.0.error("generate", &received.fault("it gave no completion", sample)))
            }
            None => Ok(()),
        }
    }

    fn chat(&self, context: &Context, conversation: &Conversation) -> Result<Prompt> {
        if self.0.plugin().chat.is_none() {
            return Err(Error::NoChatTemplate);
        }
        let json = serde_json::to_string(conversation).map_err(|error| {
            self.0.error("chat", &Fault::Failed(format!("the conversation cannot be written as JSON: {error}")))
        })?;
        let lent = lend(context);
        let mut prompt = Kept::default();
        let sink = prompt.sink();
        self.0.call("chat", self.0.plugin().chat, Some(context), |chat, instance, failure| {
            // SAFETY: context, text and sinks outlive the call.
            unsafe { chat(instance, lent.table(), Text::of(&json), &sink, failure) }
        })?;
        let text = prompt.text().map_err(|not_utf8| self.0.error("chat", &Fault::Prompt(not_utf8)))?;
        text.map(|text| Prompt { text }).ok_or(Error::NoChatTemplate)
    }
}

/// What takes the completions of a call: reads and checks each and hands it on.
struct Received<'a> {
    prompts: usize,
    samples: usize,
    done: &'a (dyn Fn(Sample, Completion) + Sync),
    places: Mutex<Places>,
}

/// Which completions are there, prompt by prompt, and the first rule that was broken.
struct Places {
    seen: Vec<bool>,
    fault: Option<Fault>,
}

impl<'a> Received<'a> {
    fn new(prompts: usize, samples: usize, done: &'a (dyn Fn(Sample, Completion) + Sync)) -> Self {
        let seen = vec![false; prompts.saturating_mul(samples)];
        Self { prompts, samples, done, places: Mutex::new(Places { seen, fault: None }) }
    }

    fn fault(&self, problem: &'static str, Sample { prompt, sample }: Sample) -> Fault {
        Fault::Completion { problem, prompt, sample, prompts: self.prompts, samples: self.samples }
    }

    fn take(&self, sample: Sample, completion: Option<&[u8]>) {
        if let Err(fault) = self.check(sample, completion).and_then(|completion| {
            // A panic must not run into the plugin's code.
            catch_unwind(AssertUnwindSafe(|| (self.done)(sample, completion))).map_err(|_| Fault::Receiver)
        }) {
            self.places.lock().unwrap_or_else(PoisonError::into_inner).fault.get_or_insert(fault);
        }
    }

    fn check(&self, sample: Sample, completion: Option<&[u8]>) -> Result<Completion, Fault> {
        if sample.prompt >= self.prompts || sample.sample >= self.samples {
            return Err(self.fault("it gave a completion that was not asked for", sample));
        }
        let place = sample.prompt * self.samples + sample.sample;
        if std::mem::replace(&mut self.places.lock().unwrap_or_else(PoisonError::into_inner).seen[place], true) {
            return Err(self.fault("it gave a second completion", sample));
        }
        let form = |message: String| Fault::CompletionForm { prompt: sample.prompt, sample: sample.sample, message };
        let json = completion.ok_or_else(|| form("it is null".to_owned()))?;
        serde_json::from_slice(json).map_err(|error| form(error.to_string()))
    }
}

unsafe extern "C" fn receive(sink: *mut c_void, prompt: usize, sample: usize, completion: Text) {
    // SAFETY: the sink is the `Received` of a call that is under way, which is only read and locked; the text is the
    // plugin's for as long as this call lasts.
    unsafe {
        if let Some(received) = sink.cast::<Received<'_>>().as_ref() {
            received.take(Sample { prompt, sample }, completion.bytes());
        }
    }
}
