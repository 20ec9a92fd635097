//! Generators behind the table.

use std::ffi::c_void;

use touchstone::Error;
use touchstone::generator::{Completion, Conversation, GenerationRequest, Generator, Prompt, Sample};

use super::{Given, close, misused, required};
use crate::table::{self, CompletionSink, Plugin, Text, TextSink};

type Instance = Given<dyn Generator>;

pub(super) const fn functions(plugin: Plugin) -> Plugin {
    Plugin { close: Some(close::<dyn Generator>), generate: Some(generate), chat: Some(chat), ..plugin }
}

unsafe extern "C" fn generate(
    instance: *mut c_void,
    context: *const table::Context,
    prompts: Text,
    request: Text,
    completions: *const CompletionSink,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            let context = given.context(context);
            let wrong = |error: serde_json::Error| misused(format!("the call is not of its form: {error}"));
            let prompts: Vec<Prompt> = serde_json::from_str(required(prompts, "prompts")?).map_err(wrong)?;
            let request: GenerationRequest = serde_json::from_str(required(request, "request")?).map_err(wrong)?;
            let sink = Sink(completions.as_ref());
            given.plugin.generate(&context, &prompts, &request, &|sample, completion| {
                // A completion is text and numbers, and a number that JSON lacks becomes null: writing does not fail.
                let _ = sink.put(sample, &completion);
            })
        })
    }
}

unsafe extern "C" fn chat(
    instance: *mut c_void,
    context: *const table::Context,
    conversation: Text,
    prompt: *const TextSink,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            let context = given.context(context);
            let conversation: Conversation = serde_json::from_str(required(conversation, "conversation")?)
                .map_err(|error| misused(format!("the conversation is not of its form: {error}")))?;
            match (given.plugin.chat(&context, &conversation), prompt.as_ref()) {
                (Ok(Prompt { text }), Some(sink)) => sink.put(&text),
                (Ok(_), None) | (Err(Error::NoChatTemplate), _) => {}
                (Err(error), _) => return Err(error),
            }
            Ok(())
        })
    }
}

/// Where completions go, for as long as the call lasts.
struct Sink<'a>(Option<&'a CompletionSink>);

// SAFETY: the contract lets a sink of completions be used from any thread.
unsafe impl Sync for Sink<'_> {}

impl Sink<'_> {
    fn put(&self, Sample { prompt, sample }: Sample, completion: &Completion) -> Result<(), serde_json::Error> {
        let json = serde_json::to_string(completion)?;
        if let Some(CompletionSink { sink, put: Some(put) }) = self.0 {
            // SAFETY: the sink is valid for the call that this value belongs to; the text outlives `put`.
            unsafe { put(*sink, prompt, sample, Text::of(&json)) }
        }
        Ok(())
    }
}
