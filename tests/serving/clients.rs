//! Clients that others wrote: curl, and OpenAI's own for Python.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::named;
use crate::program::{Program, QUICK_START};

const KEY: &str = "a key of this test";

/// What curl prints: the body, and the status in a line of its own.
fn curl(url: &str, arguments: &[&str]) -> (Value, String) {
    let output =
        Command::new("curl").args(["--silent", "--write-out", "\n%{http_code}"]).args(arguments).arg(url).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (serde_json::from_str(body).unwrap_or(Value::Null), status.to_owned())
}

#[test]
fn curl_gets_rewards_answers_and_errors_and_the_program_ends_when_asked_to() {
    let service = Program::serve(Path::new(QUICK_START), Some(KEY));
    let rewards = format!("{}/v1/rewards", service.url);
    let header = format!("Authorization: Bearer {KEY}");
    let json = "Content-Type: application/json";
    let body = r#"{"question": "What is 2 + 3? (A) 4 (B) 5", "cots": ["2 + 3 = 5\n\nThe answer is (B)."]}"#;
    let (answer, status) = curl(&rewards, &["-H", &header, "-H", json, "-d", body]);
    assert_eq!(status, "200", "{answer}");
    let cot = &answer["cots"][0];
    let values = cot["rewards"].as_array().unwrap();
    assert!(values.len() == 2 && values.iter().all(|value| (0.0..=1.0).contains(&value.as_f64().unwrap())), "{answer}");
    assert!(cot["answer"] == "B" && cot["tokens"].as_u64().unwrap() > 10, "{answer}");
    let (refused, status) = curl(&rewards, &["-H", json, "-d", body]);
    assert_eq!((status.as_str(), &refused["error"]["code"]), ("401", &"invalid_api_key".into()));
    let (_, status) = curl(&format!("{}/healthz", service.url), &[]);
    assert_eq!(status, "200");
    let chat = format!("{}/v1/chat/completions", service.url);
    let body =
        r#"{"model": "majority-vote-of-4", "messages": [{"role": "user", "content": "What is 2 + 3? (A) 4 (B) 5"}]}"#;
    let (answer, status) = curl(&chat, &["-H", &header, "-H", json, "-d", body]);
    assert_eq!((status.as_str(), &answer["object"]), ("200", &"chat.completion".into()), "{answer}");
    assert!(answer["usage"]["completion_tokens"].as_u64().unwrap() > 10, "{answer}");
    let noted = service.noted();
    assert!(noted.contains("\"/v1/rewards\"") && !noted.contains("2 + 3") && !noted.contains(KEY), "{noted}");
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn openais_own_client_works_and_so_do_the_books_reward_functions() {
    let what = "a Python interpreter with the packages openai and requests";
    let Some(python) = named("TOUCHSTONE_OPENAI_CLIENT", what) else { return };
    let service = Program::serve(Path::new(QUICK_START), Some(KEY));
    let open = Program::serve(Path::new(QUICK_START), None);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new(python)
        .arg(format!("{folder}/tests/serving/client.py"))
        .args([&service.url, KEY, &open.url, &format!("{folder}/book/src/serve.md")])
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{told}\n{}", service.noted());
}
