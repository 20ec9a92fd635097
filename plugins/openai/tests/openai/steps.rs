//! Rewards at the tags of steps, from servers of each shape.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use touchstone::laws::{self, Outcome};
use touchstone::{
    Cot, CotId, Error, PluginKind, PluginSpec, Question, QuestionCots, Registry, Rewards, Step, Verifier,
};
use touchstone_openai::{Candidates, RemoteDprm, RemoteSteps};

use super::context;
use super::server::{Behaviour, Recorded, Server, Wrong};
use super::tokens::{self, BOS, Shape};

const SHAPES: [Shape; 3] = [Shape::LlamaCpp, Shape::Vllm, Shape::Echo];

fn of(shape: Shape) -> Server {
    Server::start(Behaviour { shape, adds_bos: true, ..Behaviour::default() })
}

fn settings(server: &Server) -> RemoteSteps {
    let mut settings = RemoteSteps::new(server.url(), "small");
    settings.connection.first_wait_seconds = 0.001;
    settings.connection.timeout_seconds = 10.0;
    settings.connection.api_key_variable = String::new();
    settings
}

fn open(settings: &RemoteSteps) -> Box<dyn Verifier> {
    touchstone::VerifierSettings::open(&RemoteDprm(settings.clone()), &context()).unwrap()
}

pub fn question(id: &str, cots: &[&[&str]]) -> QuestionCots {
    let cot = |(id, steps): (i64, &&[&str])| Cot {
        id: CotId(id),
        steps: steps.iter().copied().map(Step::from).collect(),
        answer: None,
    };
    QuestionCots {
        question: Question { id: id.into(), category: "law".into(), text: format!(" What is {id}?\n") },
        cots: (0..).zip(cots).map(cot).collect(),
    }
}

fn two() -> Vec<QuestionCots> {
    vec![
        question("first", &[&["It is \u{221a}2.", " So + it is. "], &[], &["One step \n\n\n\nonly"]]),
        question("second", &[&["a", "b", "c"], &["a", "b", "d"]]),
    ]
}

type Scored = BTreeMap<(String, i64), Vec<Option<f64>>>;

fn score(verifier: &dyn Verifier, work: &[QuestionCots]) -> Result<Scored, Error> {
    let scored: Mutex<Scored> = Mutex::default();
    verifier.score_all(&context(), work, &|cot, rewards: Rewards| {
        let before = scored.lock().unwrap().insert((cot.question.to_string(), cot.cot.0), rewards.to_vec());
        assert!(before.is_none(), "{cot:?} comes twice");
    })?;
    Ok(scored.into_inner().unwrap())
}

/// What the model of these servers thinks of each step, worked out from the text as the paper has it.
fn expected(work: &[QuestionCots]) -> Scored {
    let mut expected = Scored::new();
    for QuestionCots { question, cots } in work {
        for cot in cots {
            let mut text = format!("\u{1}{} \n\n", question.text.trim());
            let reward = |step: &Step| {
                text += &(step.trim().replace(" \n\n\n\n", "") + " \n\n\n\n");
                Some(tokens::reward(&tokens::ids(&text)))
            };
            let rewards = cot.steps.iter().map(reward).collect();
            expected.insert((question.id.to_string(), cot.id.0), rewards);
        }
    }
    expected
}

fn assert_close(got: &Scored, expected: &Scored) {
    assert_eq!(got.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (cot, rewards) in got {
        let wanted = &expected[cot];
        assert_eq!(rewards.len(), wanted.len(), "{cot:?}");
        for (got, wanted) in rewards.iter().zip(wanted) {
            assert!((got.unwrap() - wanted.unwrap()).abs() < 1e-12, "{cot:?}: {got:?} {wanted:?}");
        }
    }
}

/// The prompts of tokens that were sent, without the probes.
fn prompts(server: &Server) -> Vec<Vec<u32>> {
    let requests = server.requests();
    let prompts = requests.iter().filter(|request| request.body["prompt"].is_array());
    let prompts = prompts.map(|request| tokens::numbers(&request.body["prompt"]));
    prompts.filter(|prompt| prompt.len() > 4).collect()
}

fn requests_to<'r>(requests: &'r [Recorded], path: &str) -> Vec<&'r Recorded> {
    requests.iter().filter(|request| request.path == path).collect()
}

#[test]
fn every_shape_gives_the_rewards_of_the_text_as_the_paper_has_it() {
    for shape in SHAPES {
        let server = of(shape);
        assert_close(&score(&*open(&settings(&server)), &two()).unwrap(), &expected(&two()));
    }
}

#[test]
fn one_request_a_cot_where_the_server_tells_of_prompts_and_one_a_step_elsewhere() {
    for (shape, requests) in [(Shape::LlamaCpp, 9), (Shape::Vllm, 4), (Shape::Echo, 4)] {
        let server = of(shape);
        score(&*open(&settings(&server)), &two()).unwrap();
        assert_eq!(prompts(&server).len(), requests, "{shape:?}");
    }
}

#[test]
fn the_steps_of_a_cot_are_asked_for_in_order_and_each_text_is_tokenised_once() {
    let server = of(Shape::LlamaCpp);
    let mut settings = settings(&server);
    settings.connection.concurrency = NonZeroUsize::MIN;
    let verifier = open(&settings);
    score(&*verifier, &two()[1..]).unwrap();
    let sent = prompts(&server);
    let first = tokens::text(&sent[0]);
    assert_eq!(first, "\u{1}What is second? \n\na \n\n\n\n");
    assert!(sent[1].starts_with(&sent[0]) && sent[2].starts_with(&sent[1]));
    let requests = server.requests();
    let texts: Vec<&str> =
        requests_to(&requests, "/tokenize").iter().map(|request| request.body["content"].as_str().unwrap()).collect();
    let tagged = |step: &str| format!("{step} \n\n\n\n");
    let segments = ["What is second? \n\n".to_owned(), tagged("a"), tagged("b"), tagged("c"), tagged("d")];
    assert_eq!(texts[..4], ["-", "+", " \n\n\n\n", ""]);
    assert_eq!(texts[4..], segments);
    assert!(requests_to(&requests, "/tokenize").iter().all(|request| request.body["parse_special"] == false));
    let completions = requests_to(&requests, "/v1/completions");
    assert!(completions.iter().all(|request| request.body["cache_prompt"] == true));
}

#[test]
fn what_a_server_can_do_is_found_out_once() {
    for (shape, probes) in [(Shape::LlamaCpp, 3), (Shape::Vllm, 1), (Shape::Echo, 2)] {
        let server = of(shape);
        let verifier = open(&settings(&server));
        for _ in 0..2 {
            score(&*verifier, &two()).unwrap();
        }
        let requests = server.requests();
        let short = |request: &&&Recorded| request.body["prompt"].as_array().unwrap().len() == 4;
        assert_eq!(requests_to(&requests, "/v1/completions").iter().filter(short).count(), probes, "{shape:?}");
    }
}

#[test]
fn fields_and_numbers_that_are_refused_are_asked_for_in_another_way() {
    for (shape, field) in [
        (Shape::Echo, "prompt_logprobs"),
        (Shape::LlamaCpp, "echo"),
        (Shape::LlamaCpp, "cache_prompt"),
        (Shape::Echo, "return_tokens_as_token_ids"),
    ] {
        let behaviour = Behaviour { shape, adds_bos: true, refuses_field: Some(field), ..Behaviour::default() };
        let server = Server::start(behaviour);
        assert_close(&score(&*open(&settings(&server)), &two()).unwrap(), &expected(&two()));
    }
    for shape in SHAPES {
        let behaviour = Behaviour { shape, adds_bos: true, most_log_probabilities: Some(20), ..Behaviour::default() };
        let server = Server::start(behaviour);
        let mut settings = settings(&server);
        settings.connection.concurrency = NonZeroUsize::MIN;
        assert_close(&score(&*open(&settings), &two()).unwrap(), &expected(&two()));
        let requests = server.requests();
        let asked: Vec<u64> = requests_to(&requests, "/v1/completions")
            .iter()
            .map(|request| request.body["logprobs"].as_u64().unwrap())
            .filter(|asked| *asked > 1)
            .collect();
        assert_eq!(asked[0], 200);
        assert!(asked[1..].iter().all(|asked| *asked == 20), "{asked:?}");
    }
}

#[test]
fn a_candidate_that_is_not_told_is_an_error_and_no_guess() {
    for shape in SHAPES {
        let server = of(shape);
        let mut settings = settings(&server);
        settings.top_logprobs = NonZeroUsize::MIN;
        settings.connection.concurrency = NonZeroUsize::MIN;
        let told = score(&*open(&settings), &two()[1..]).unwrap_err().to_string();
        for words in ["CoT 0 of question second", "step 1", "\"-\" (token 45)", "the 1 likeliest", "`top_logprobs`"] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}

#[test]
fn candidates_are_the_last_tokens_of_their_texts() {
    let server = of(Shape::Vllm);
    let mut settings = settings(&server);
    settings.candidates = Candidates { incorrect: "x+".to_owned(), correct: "x-".to_owned() };
    let turned = score(&*open(&settings), &two()).unwrap();
    let straight = expected(&two());
    for (cot, rewards) in &turned {
        for (turned, straight) in rewards.iter().zip(&straight[cot]) {
            assert!((turned.unwrap() + straight.unwrap() - 1.0).abs() < 1e-12);
        }
    }
    settings.candidates.correct = "y+".to_owned();
    let told = score(&*open(&settings), &two()).unwrap_err().to_string();
    assert!(told.contains("end in the same token, 43"), "{told}");
    settings.candidates.correct = String::new();
    assert!(score(&*open(&settings), &two()).unwrap_err().to_string().contains("the candidate \"\" has no token"));
    settings.candidates = Candidates::default();
    settings.tag = String::new();
    assert!(score(&*open(&settings), &two()).unwrap_err().to_string().contains("the tag \"\" has no token"));
}

#[test]
fn a_text_too_long_keeps_its_end_and_the_steps_that_were_cut_off_are_missing() {
    let work = [question("long", &[&["aaaaaaaaaa", "bbbbbbbbbb", "c"]])];
    for shape in SHAPES {
        let server = of(shape);
        let mut settings = settings(&server);
        for (context, lost) in [(22, 1), (7, 2), (1, 3)] {
            settings.context_length = NonZeroUsize::new(context);
            let rewards = score(&*open(&settings), &work).unwrap().into_values().next().unwrap();
            let whole = tokens::ids("What is long? \n\naaaaaaaaaa \n\n\n\nbbbbbbbbbb \n\n\n\nc \n\n\n\n");
            let read = [&[BOS][..], &whole[whole.len() - (context - 1)..]].concat();
            let mut wanted = vec![None; lost];
            for mark in (lost..3).map(|step| if step == 1 { read.len() - 6 } else { read.len() }) {
                wanted.push(Some(tokens::reward(&read[..mark])));
            }
            assert_eq!(rewards, wanted, "{shape:?} {context}");
        }
    }
}

#[test]
fn a_server_without_a_tokenizer_or_log_probabilities_is_an_error_that_says_so() {
    let server = of(Shape::Plain);
    let told = score(&*open(&settings(&server)), &two()).unwrap_err().to_string();
    assert!(told.contains("/tokenize") && told.contains("remote_dprm"), "{told}");
    let silent = Server::with_faults(Behaviour { shape: Shape::Vllm, ..Behaviour::default() }, |_, asked| {
        (asked.path == "/v1/completions").then_some(Wrong::Body(r#"{"choices": [{"text": "a", "logprobs": null}]}"#))
    });
    let told = score(&*open(&settings(&silent)), &two()).unwrap_err().to_string();
    assert!(told.contains("no log-probabilities"), "{told}");
}

#[test]
fn requests_are_kept_in_flight_over_all_cots() {
    let slow = |_: usize, _: &Recorded| Some(Wrong::Slow(Duration::from_millis(30)));
    let behaviour = Behaviour { shape: Shape::Vllm, ..Behaviour::default() };
    let server = Server::with_faults(behaviour, slow);
    let mut settings = settings(&server);
    settings.connection.concurrency = NonZeroUsize::new(4).unwrap();
    let work: Vec<QuestionCots> = (0..8).map(|id| question(&id.to_string(), &[&["a"]])).collect();
    score(&*open(&settings), &work).unwrap();
    assert_eq!(server.most_in_flight(), 4);
}

#[test]
fn faults_that_may_pass_change_nothing() {
    for shape in SHAPES {
        let faults = |number: usize, _: &Recorded| match number % 5 {
            0 => Some(Wrong::Status(503, "retry-after: 0\r\n", String::new())),
            1 => Some(Wrong::Truncated(10)),
            2 => Some(Wrong::Dropped),
            _ => None,
        };
        let server = Server::with_faults(Behaviour { shape, adds_bos: true, ..Behaviour::default() }, faults);
        let mut settings = settings(&server);
        settings.connection.retries = 50;
        assert_close(&score(&*open(&settings), &two()).unwrap(), &expected(&two()));
    }
}

#[test]
fn a_refusal_names_the_cot_and_ends_the_job_with_what_was_done_kept() {
    let refused = |_: usize, asked: &Recorded| {
        let is_it =
            asked.body["prompt"].as_array().is_some_and(|prompt| prompt.contains(&json!(u32::from('\u{221a}'))));
        is_it.then(|| Wrong::Status(400, "", json!({"error": "longer than the context"}).to_string()))
    };
    let server = Server::with_faults(Behaviour { shape: Shape::Vllm, ..Behaviour::default() }, refused);
    let mut settings = settings(&server);
    settings.connection.concurrency = NonZeroUsize::MIN;
    let mut work = two();
    work.reverse();
    let done = Mutex::new(0);
    let told =
        open(&settings).score_all(&context(), &work, &|_, _| *done.lock().unwrap() += 1).unwrap_err().to_string();
    assert!(told.contains("CoT 0 of question first") && told.contains("longer than the context"), "{told}");
    assert_eq!(done.into_inner().unwrap(), 2);
}

#[test]
fn the_laws_hold_where_prompts_are_told_of_and_where_steps_are_asked_for_one_by_one() {
    for shape in [Shape::Vllm, Shape::LlamaCpp] {
        let server = of(shape);
        let mut settings = settings(&server);
        // Some of the laws' CoTs have ten thousand steps.
        settings.context_length = NonZeroUsize::new(500);
        let report = laws::verifier::check(&*open(&settings), &context());
        assert!(report.findings.iter().all(|finding| matches!(finding.outcome, Outcome::Held)), "{shape:?}:\n{report}");
    }
}

#[test]
fn both_are_registered_take_the_connections_settings_and_say_how_to_aggregate_them() {
    let registry = Registry::builtin();
    for name in ["remote_dorm", "remote_dprm"] {
        let description = registry.describe(PluginKind::Verifier, name).unwrap();
        assert!(!description.summary().is_empty() && description.text.contains("ggregate"), "{name}");
        let spec: PluginSpec<dyn Verifier> =
            PluginSpec::named(name).with("url", "http://127.0.0.1:1/v1").with("model", "small");
        assert!(registry.make(&spec).unwrap().open(&context()).is_ok());
        let told = registry.check(&spec.clone().with("concurency", 3)).unwrap_err().to_string();
        assert!(told.contains("did you mean \"concurrency\"?"), "{told}");
        assert!(registry.check(&spec.with("endpoint", "chat")).is_err());
        assert_eq!(description.schema["additionalProperties"], false);
        for field in ["concurrency", "retries", "top_logprobs"] {
            assert_eq!(description.schema["properties"][field]["x-touchstone-same-results"], true, "{field}");
        }
        assert_eq!(description.schema["properties"]["tag"].get("x-touchstone-same-results"), None);
    }
}
