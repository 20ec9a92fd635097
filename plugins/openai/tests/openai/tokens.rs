//! What the server of these tests does with tokens: tokenizing, laying out conversations, and telling distributions.
//!
//! A token is a character, its id that character's number; `\u{1}` begins every text where the tokenizer adds a BOS.

use serde_json::{Map, Value, json};

use super::server::Behaviour;

pub const BOS: u32 = 1;

/// Whose abilities the server has beyond OpenAI's protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Shape {
    /// Nobody's.
    #[default]
    Plain,
    /// llama.cpp's: it tokenises, lays out conversations, and tells the distribution after a prompt.
    LlamaCpp,
    /// vLLM's: it tokenises texts and conversations, and tells the distributions in a prompt.
    Vllm,
    /// Older servers': these tell the distributions in a prompt with its `echo`, and name tokens by their texts.
    Echo,
}

/// What the server answers at a path beside the protocol's; nothing where it has no such path.
pub fn answer(behaviour: &Behaviour, path: &str, body: &Value) -> Option<Value> {
    let shape = behaviour.shape;
    match path {
        "/apply-template" if shape == Shape::LlamaCpp => Some(json!({"prompt": laid_out(body)})),
        "/tokenize" if shape == Shape::LlamaCpp => {
            Some(json!({"tokens": encoded(behaviour, &body["content"], &body["add_special"])}))
        }
        "/tokenize" if matches!(shape, Shape::Vllm | Shape::Echo) => {
            let tokens = match body.get("messages") {
                Some(_) => [beginning(behaviour), ids(&laid_out(body))].concat(),
                None => encoded(behaviour, &body["prompt"], &body["add_special_tokens"]),
            };
            Some(json!({"count": tokens.len(), "tokens": tokens}))
        }
        "/detokenize" if matches!(shape, Shape::Vllm | Shape::Echo) => {
            Some(json!({"prompt": text(&numbers(&body["tokens"]))}))
        }
        _ => None,
    }
}

fn beginning(behaviour: &Behaviour) -> Vec<u32> {
    if behaviour.adds_bos { vec![BOS] } else { Vec::new() }
}

fn encoded(behaviour: &Behaviour, text: &Value, special: &Value) -> Vec<u32> {
    let beginning = if special == true { beginning(behaviour) } else { Vec::new() };
    [beginning, ids(text.as_str().unwrap())].concat()
}

pub fn ids(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

pub fn text(ids: &[u32]) -> String {
    ids.iter().map(|id| char::from_u32(*id).unwrap()).collect()
}

/// The token ids of a JSON list.
pub fn numbers(list: &Value) -> Vec<u32> {
    list.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn laid_out(body: &Value) -> String {
    let turn =
        |message: &Value| format!("<{}>{}", message["role"].as_str().unwrap(), message["content"].as_str().unwrap());
    let turns: String = body["messages"].as_array().unwrap().iter().map(turn).collect();
    match body.pointer("/chat_template_kwargs/enable_thinking") {
        Some(thinking) => format!("{turns}<thinking {thinking}><assistant>"),
        None => format!("{turns}<assistant>"),
    }
}

/// The likeliest tokens after these, the likeliest first: `a`, and `+` and `-` with what hangs on all that comes before.
pub fn likeliest(before: &[u32]) -> Vec<(char, f64)> {
    let mut state = before
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, id| (hash ^ u64::from(*id)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut draw = || {
        state = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (state >> 40) as f64 / f64::from(1 << 24) * 6.0
    };
    let mut told = vec![('a', -0.25), ('+', -1.0 - draw()), ('-', -1.0 - draw())];
    told.sort_by(|left, right| right.1.total_cmp(&left.1));
    told
}

/// What a model that reads these tokens thinks of the step that they end with.
pub fn reward(before: &[u32]) -> f64 {
    let told = likeliest(before);
    let of = |character| told.iter().find(|(other, _)| *other == character).unwrap().1;
    1.0 / (1.0 + (of('-') - of('+')).exp())
}

/// The one choice that answers a prompt of tokens.
pub fn choice(behaviour: &Behaviour, body: &Value) -> Value {
    let prompt = numbers(&body["prompt"]);
    let most = body["logprobs"].as_u64().unwrap() as usize;
    let by_id = body["return_tokens_as_token_ids"] == true && behaviour.shape == Shape::Vllm;
    let name =
        |character: char| if by_id { format!("token_id:{}", u32::from(character)) } else { character.to_string() };
    let top = |before: &[u32]| -> Value {
        likeliest(before)
            .into_iter()
            .take(most)
            .map(|(token, value)| (name(token), json!(value)))
            .collect::<Map<_, _>>()
            .into()
    };
    let mut choice = json!({"index": 0, "text": "a", "finish_reason": "length", "count": 1});
    let lists = |from: usize| {
        let whole = [&*prompt, &[u32::from('a')]].concat();
        let of = |place: usize| if place == 0 { Value::Null } else { top(&whole[..place]) };
        let places = from..whole.len();
        json!({
            "tokens": places.clone().map(|place| name(char::from_u32(whole[place]).unwrap())).collect::<Vec<_>>(),
            "token_logprobs": places.clone().map(|place| if place == 0 { Value::Null } else { json!(-9.0) }).collect::<Vec<_>>(),
            "top_logprobs": places.map(of).collect::<Vec<_>>(),
        })
    };
    choice["logprobs"] = match behaviour.shape {
        Shape::LlamaCpp => {
            let entry = |(token, value): (char, f64)| json!({"id": u32::from(token), "token": token, "logprob": value});
            let top: Vec<Value> = likeliest(&prompt).into_iter().take(most).map(entry).collect();
            json!({"content": [{"id": 97, "token": "a", "logprob": -0.25, "top_logprobs": top}]})
        }
        Shape::Echo if body["echo"] == true => lists(0),
        _ => lists(prompt.len()),
    };
    if behaviour.shape == Shape::Vllm && body.get("prompt_logprobs").is_some() {
        let entry = |place: usize| -> Value {
            let told = likeliest(&prompt[..place]).into_iter().take(most);
            let told = told.map(|(token, value)| (u32::from(token).to_string(), json!({"logprob": value, "rank": 1})));
            told.chain([(prompt[place].to_string(), json!({"logprob": -9.0, "rank": 99}))])
                .collect::<Map<_, _>>()
                .into()
        };
        choice["prompt_logprobs"] = std::iter::once(Value::Null).chain((1..prompt.len()).map(entry)).collect();
    }
    choice
}
