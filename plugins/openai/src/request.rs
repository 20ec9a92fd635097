//! The body of a request, and its seed.

use serde_json::{Map, Value, json};
use touchstone::generator::GenerationRequest;

use crate::abilities::Asked;
use crate::sampling::Sampling;
use crate::settings::Endpoint;

/// What one request asks for.
pub(crate) struct Question<'a> {
    pub model: &'a str,
    pub endpoint: Endpoint,
    pub prompt: &'a str,
    pub request: &'a GenerationRequest,
    pub sampling: &'a Sampling,
    pub seed: u32,
    pub asked: Asked,
    /// Fields besides those of the protocol.
    pub extras: Vec<(&'static str, bool)>,
}

impl Endpoint {
    /// Its path below the base address.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Completions => "completions",
            Self::Chat => "chat/completions",
        }
    }
}

/// The body, as JSON.
pub(crate) fn body(question: &Question<'_>) -> Value {
    let Question { model, endpoint, prompt, request, sampling, seed, asked, extras } = question;
    let mut body = Map::new();
    let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
    add("model", json!(model));
    match endpoint {
        Endpoint::Completions => add("prompt", json!(prompt)),
        Endpoint::Chat => add("messages", json!([{"role": "user", "content": prompt}])),
    };
    add("max_tokens", json!(request.max_tokens));
    add("seed", json!(seed));
    if asked.choices > 1 {
        add("n", json!(asked.choices));
    }
    if !request.stop.is_empty() {
        add("stop", json!(request.stop));
    }
    match (endpoint, asked.log_probabilities) {
        (_, 0) => {}
        (Endpoint::Completions, number) => {
            add("logprobs", json!(number));
        }
        (Endpoint::Chat, number) => {
            add("logprobs", json!(true));
            add("top_logprobs", json!(number));
        }
    }
    for (name, value) in extras {
        add(name, json!(value));
    }
    body.extend(sampling.parameters.clone());
    Value::Object(body)
}

/// The seed of a prompt's completions from number `sample` on. It hangs on nothing else, so the order of work and what else is
/// asked for change nothing. The same prompt has the same seeds wherever it stands. Below 2^31, which every server takes.
pub(crate) fn seed(request: u64, prompt: &str, sample: usize) -> u32 {
    let prompt = hash(request.to_le_bytes().into_iter().chain(prompt.bytes()));
    let sample = sample as u64;
    (spread(prompt ^ spread(sample)) >> 33) as u32
}

/// The 64-bit FNV-1a hash.
pub(crate) fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.into_iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// The first output of SplitMix64 from this state: it spreads FNV's weak high bits.
pub(crate) fn spread(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use touchstone::PluginSpec;

    use super::*;
    use crate::abilities::{Abilities, OF_TEXT};
    use crate::settings::Neutral;

    fn written(endpoint: Endpoint, choices: usize, log_probabilities: usize) -> Value {
        let request = GenerationRequest {
            samples: choices,
            max_tokens: 8,
            stop: vec!["\n".to_owned()],
            sampler: PluginSpec::named("temperature").with("top_p", 0.5),
            seed: 42,
            candidates: Vec::new(),
        };
        body(&Question {
            model: "m",
            endpoint,
            prompt: "P",
            request: &request,
            sampling: &Sampling::of(&request.sampler, Neutral::Omit).unwrap(),
            seed: 7,
            asked: Asked { form: Abilities::new(20, OF_TEXT).form(), choices, log_probabilities },
            extras: OF_TEXT.to_vec(),
        })
    }

    #[test]
    fn a_request_for_completions_holds_everything() {
        let wanted = json!({"model": "m", "prompt": "P", "max_tokens": 8, "seed": 7, "n": 2, "stop": ["\n"],
            "logprobs": 20, "include_stop_str_in_output": true, "return_tokens_as_token_ids": false,
            "top_p": 0.5});
        assert_eq!(written(Endpoint::Completions, 2, 20), wanted);
    }

    #[test]
    fn a_request_for_a_chat_asks_in_the_chats_way() {
        let wanted = json!({"model": "m", "messages": [{"role": "user", "content": "P"}], "max_tokens": 8, "seed": 7,
            "stop": ["\n"], "logprobs": true, "top_logprobs": 5, "include_stop_str_in_output": true,
            "return_tokens_as_token_ids": false, "top_p": 0.5});
        assert_eq!(written(Endpoint::Chat, 1, 5), wanted);
        assert_eq!(written(Endpoint::Chat, 1, 0).get("logprobs"), None);
    }

    #[test]
    fn seeds_differ_by_seed_prompt_and_sample_and_stay_small() {
        let long = "the same long beginning ".repeat(9);
        let mut seeds = vec![seed(42, "a", 0), seed(43, "a", 0), seed(42, "b", 0), seed(42, "", 0)];
        seeds.extend([seed(42, &long, 0), seed(42, &(long + "?"), 0)]);
        seeds.extend((1..1000).map(|sample| seed(42, "a", sample)));
        assert!(seeds.iter().all(|seed| *seed < 1 << 31));
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 1005);
    }
}
