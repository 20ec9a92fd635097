//! Prompts and requests for the check of a generator.

use super::super::calls::Case;
use super::super::texts::HARD;
use crate::generator::{GenerationRequest, Prompt};
use crate::{Context, PluginKind, PluginSpec, Sampler};

/// The arguments of one call.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) prompts: Vec<Prompt>,
    pub(super) request: GenerationRequest,
}

impl Call {
    fn of<'t>(prompts: impl IntoIterator<Item = &'t str>, request: GenerationRequest) -> Self {
        let prompts = prompts.into_iter().map(|text| Prompt { text: text.to_owned() }).collect();
        Self { prompts, request }
    }
}

/// So many completions a prompt, each of at most so many tokens.
#[derive(Clone, Copy)]
struct Amount {
    samples: usize,
    max_tokens: usize,
}

const PROMPTS: [&str; 3] = [
    "Question: What is 6 * 7? Show all steps.\nAnswer:",
    "Question: What is 6 * 7? Show all steps.\nAnswer: It is",
    "Is 7 a prime number? Answer with Yes or No:",
];

/// One prompt, one completion: also what a generator is timed by.
pub(super) fn one_prompt(context: &Context) -> Call {
    Call::of([PROMPTS[0]], request(context, Amount { samples: 1, max_tokens: 16 }))
}

/// Calls that every generator must answer. `written` is a completion that it wrote: a stop text is taken from it.
pub(super) fn cases(context: &Context, written: &str) -> Vec<Case<Call>> {
    let request = |samples, max_tokens| request(context, Amount { samples, max_tokens });
    let middle = written.char_indices().nth(written.chars().count() / 2).map_or('.', |(_, character)| character);
    let stop = vec![middle.to_string(), "\n".to_owned()];
    let candidates = vec![" Yes".to_owned(), " No".to_owned()];
    let case = |told: &str, call| Case::ordinary(format!("generate for {told}"), call);
    vec![
        case("three prompts, two samples each", Call::of(PROMPTS, request(2, 16))),
        case(
            &format!("a prompt that ends at {:?}", stop),
            Call::of([PROMPTS[0]], GenerationRequest { stop, ..request(2, 16) }),
        ),
        case(
            &format!("a prompt with the candidates {candidates:?}"),
            Call::of([PROMPTS[2]], GenerationRequest { candidates, ..request(1, 2) }),
        ),
        case("no prompts", Call::of([], request(2, 16))),
        case("a prompt without samples", Call::of([PROMPTS[0]], request(0, 16))),
        case("a prompt with a budget of one token", Call::of([PROMPTS[0]], request(3, 1))),
        case("the same prompt twice", Call::of([PROMPTS[0], PROMPTS[0]], request(1, 16))),
        case("prompts of hard texts, an empty one included", Call::of(HARD.map(|hard| hard.text), request(1, 4))),
    ]
}

/// A prompt that is longer than most contexts, for which an error is allowed.
pub(super) fn long_prompt(context: &Context, text: &str) -> Call {
    Call::of([text], request(context, Amount { samples: 1, max_tokens: 1 }))
}

fn request(context: &Context, amount: Amount) -> GenerationRequest {
    GenerationRequest {
        samples: amount.samples,
        max_tokens: amount.max_tokens,
        stop: Vec::new(),
        sampler: sampler(context),
        seed: 42,
        candidates: Vec::new(),
    }
}

/// `greedy`, whose completions hang on nothing but the model, or the first sampler that there is.
fn sampler(context: &Context) -> PluginSpec<dyn Sampler> {
    const GREEDY: &str = "greedy";
    let registry = context.registry();
    if registry.describe(PluginKind::Sampler, GREEDY).is_ok() {
        return PluginSpec::named(GREEDY);
    }
    let first = registry.plugins().find(|plugin| plugin.kind == PluginKind::Sampler);
    PluginSpec::named(first.map_or(GREEDY, |plugin| &plugin.name))
}
