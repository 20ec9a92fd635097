//! Aggregators, splitters, samplers, generators and answer equivalences that break a rule in a call.

use std::sync::Mutex;

use touchstone::answer::AnswerKey;
use touchstone::generator::{Completion, Conversation, FinishReason, GenerationRequest, Prompt, Sample};
use touchstone::sampler::{Draw, TokenId};
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Error, Generator, PluginSpec, Registry, Result, Sampler,
    StepSplitter,
};

use super::compile::{Library, fixture};

/// What is wrong, after the plugin, the file and the call.
fn fault<T>(library: &Library, call: &str, outcome: Result<T>) -> String {
    let message = library.says(outcome);
    let start = format!("the plugin \"fixture\" failed: LIB, call `{call}`: ");
    message.strip_prefix(&start).unwrap_or_else(|| panic!("{message}")).to_owned()
}

fn aggregate(body: &str) -> String {
    let library = fixture("aggregator.c").with("DO", body).build();
    fault(&library, "aggregate", library.make::<dyn Aggregator>().aggregate(&[Some(0.5), None]))
}

#[test]
fn a_failure_is_told_in_the_plugins_words() {
    assert_eq!(aggregate("return touchstone_fail(failure, \"the moon is full\")"), "the moon is full");
}

#[test]
fn a_failure_without_a_word_is_told_so() {
    let silent = "it failed and gave no reason: its author should put a message";
    assert_eq!(aggregate("return TOUCHSTONE_FAILED"), silent);
    assert_eq!(aggregate("return touchstone_fail(failure, \"\")"), silent);
    assert_eq!(
        aggregate("const TouchstoneText none = {0, 3}; failure->put(failure->sink, none); return TOUCHSTONE_FAILED"),
        silent
    );
}

#[test]
fn a_message_that_is_not_utf8_is_told_as_far_as_it_can_be_read() {
    assert_eq!(
        aggregate("return touchstone_fail(failure, \"caf\\xe9\")"),
        "it failed with text that is not UTF-8; what can be read of it: \"caf\u{fffd}\""
    );
}

#[test]
fn a_status_must_be_known() {
    for status in ["7", "-1"] {
        assert_eq!(
            aggregate(&format!("return {status}")),
            format!("it returned the status {status}, which is none of 0 (done), 1 (failed) and 2 (cancelled)")
        );
    }
}

#[test]
fn only_what_was_asked_to_stop_may_say_so() {
    assert_eq!(
        aggregate("return TOUCHSTONE_CANCELLED"),
        "it returned the status 2 (cancelled), and nobody asked it to stop"
    );
}

#[test]
fn a_value_must_be_finite() {
    for (value, shown) in [("NAN", "NaN"), ("INFINITY", "inf"), ("-INFINITY", "-inf")] {
        assert_eq!(
            aggregate(&format!("*value = {value}; return TOUCHSTONE_DONE")),
            format!("it gave the value {shown} for 2 rewards: a value must be finite")
        );
    }
    assert!(aggregate("return TOUCHSTONE_DONE").starts_with("it gave the value NaN"), "a value that was not set");
}

const SOLUTION: &str = "é b  c";

fn split(body: &str) -> (Library, Result<Vec<std::ops::Range<usize>>>) {
    let library = fixture("splitter.c").with("DO", &format!("{body} return TOUCHSTONE_DONE")).build();
    let outcome = library.make::<dyn StepSplitter>().split(SOLUTION);
    (library, outcome)
}

#[test]
fn ranges_must_be_pieces_of_the_text_in_order() {
    let cases = [
        ("outside the text", "STEP(0, 8);", "0..8"),
        ("far outside the text", "STEP(3, SIZE_MAX);", "3..18446744073709551615"),
        ("from inside a character", "STEP(1, 3);", "1..3"),
        ("to inside a character", "STEP(0, 1);", "0..1"),
        ("out of order", "STEP(3, 4); STEP(0, 2);", "0..2"),
        ("overlapping", "STEP(0, 4); STEP(3, 7);", "3..7"),
        ("white space only", "STEP(0, 2); STEP(4, 6);", "4..6"),
        ("empty", "STEP(3, 3);", "3..3"),
        ("backwards", "STEP(4, 3);", "4..3"),
    ];
    for (what, body, range) in cases {
        let (library, outcome) = split(body);
        assert_eq!(
            fault(&library, "split", outcome),
            format!(
                "the splitter gave the step range {range} in a solution of 7 bytes: ranges must lie inside the text, \
                 begin and end between characters, come in order, and hold more than white space"
            ),
            "{what}"
        );
    }
}

#[test]
fn ranges_that_keep_the_rules_are_the_steps() {
    assert_eq!(split("STEP(0, 2); STEP(3, 4); STEP(4, 7);").1.unwrap(), [0..2, 3..4, 4..7]);
    assert!(split("").1.unwrap().is_empty());
}

fn sample(body: &str) -> (Library, Result<TokenId>) {
    let library = fixture("sampler.c").with("DO", &format!("{body} return TOUCHSTONE_DONE")).build();
    let draw = Draw { seed: 1, sequence: 2, position: 3 };
    let outcome = library.make::<dyn Sampler>().sample(&mut [0.0, 1.0], &[TokenId(40), TokenId(50)], draw);
    (library, outcome)
}

#[test]
fn a_token_must_be_in_the_vocabulary() {
    for (body, token) in [("*token = 2;", "2"), ("*token = UINT32_MAX;", "4294967295"), ("", "4294967295")] {
        let (library, outcome) = sample(body);
        assert_eq!(fault(&library, "sample", outcome), format!("it chose the token {token} of a vocabulary of 2"));
    }
}

#[test]
fn a_sampler_is_given_logits_history_and_draw() {
    let all_there = "*token = vocabulary == 2 && logits[1] == 1.0f && length == 2 && history[1] == 50 && draw.seed == 1 \
                     && draw.sequence == 2 && draw.position == 3; logits[0] = 9;";
    assert_eq!(sample(all_there).1.unwrap(), TokenId(1));
}

fn generate(body: &str) -> (Library, Result<Vec<(Sample, Completion)>>) {
    let library = fixture("generator.c").with("DO", &format!("{body} return TOUCHSTONE_DONE")).build();
    let context = Context::new(Registry::builtin());
    let generator = library.make::<dyn Generator>().open(&context).unwrap();
    let prompts = [Prompt { text: "first".to_owned() }, Prompt { text: "second".to_owned() }];
    let request = GenerationRequest {
        samples: 2,
        max_tokens: 8,
        stop: Vec::new(),
        sampler: PluginSpec::named("greedy"),
        seed: 42,
        candidates: Vec::new(),
    };
    let taken = Mutex::new(Vec::new());
    let done = |sample, completion| taken.lock().unwrap().push((sample, completion));
    let outcome = generator.generate(&context, &prompts, &request, &done);
    (library, outcome.map(|()| taken.into_inner().unwrap()))
}

fn generation_fault(body: &str) -> String {
    let (library, outcome) = generate(body);
    fault(&library, "generate", outcome)
}

fn chat(library: &Library) -> Result<Prompt> {
    let context = Context::new(Registry::builtin());
    library.make::<dyn Generator>().open(&context).unwrap().chat(&context, &Conversation::user("?"))
}

#[test]
fn a_prompt_is_text_and_none_means_no_chat_template() {
    let prompt = |body: &str| {
        let library = fixture("generator.c").with("CHAT", &format!("{body}; return TOUCHSTONE_DONE")).build();
        let outcome = chat(&library);
        (library, outcome)
    };
    let given = prompt("prompt->put(prompt->sink, conversation)").1.unwrap().text;
    assert_eq!(given, r#"{"messages":[{"role":"user","content":"?"}],"thinking":"as_template"}"#);
    assert!(matches!(prompt("").1, Err(Error::NoChatTemplate)));
    let (library, outcome) = prompt("prompt->put(prompt->sink, text_of(\"\\xff\"))");
    assert!(fault(&library, "chat", outcome).starts_with("its prompt is text that is not UTF-8"));
    let library = fixture("generator.c").with("CHAT", "return TOUCHSTONE_FAILED").build();
    let outcome = chat(&library);
    assert!(fault(&library, "chat", outcome).starts_with("it failed and gave no reason"));
}

const REST: &str = "GIVE(0, 1, COMPLETION); GIVE(1, 0, COMPLETION); GIVE(1, 1, COMPLETION);";

#[test]
fn completions_reach_their_place() {
    let taken = generate(&format!("GIVE(0, 0, COMPLETION); {REST}")).1.unwrap();
    let so = Completion { text: "so".to_owned(), finish: FinishReason::Stop, tokens: Vec::new() };
    assert_eq!(taken.len(), 4);
    assert_eq!(taken[3], (Sample { prompt: 1, sample: 1 }, so));
}

#[test]
fn a_completion_must_have_its_form() {
    let form = "its completion of prompt 0, sample 0 (places from 0) is not of the form that the contract says: ";
    let of = |json: &str| generation_fault(&format!("GIVE(0, 0, {json}); {REST}"));
    assert_eq!(of("\"{\""), format!("{form}EOF while parsing an object at line 1 column 1"));
    assert_eq!(of("\"{}\""), format!("{form}missing field `text` at line 1 column 2"));
    assert!(of("\"{\\\"text\\\": \\\"\\xff\\\"}\"").starts_with(form));
    let null = "const TouchstoneText none = {0, 0}; completions->put(completions->sink, 0, 0, none);";
    assert_eq!(generation_fault(&format!("{null} {REST}")), format!("{form}it is null"));
}

#[test]
fn every_completion_comes_once() {
    let asked = "asked for were 2 samples of each of 2 prompts";
    assert_eq!(
        generation_fault(&format!("GIVE(0, 0, COMPLETION); GIVE(0, 0, COMPLETION); {REST}")),
        format!("it gave a second completion of prompt 0, sample 0 (places from 0); {asked}")
    );
    for (prompt, sample) in [("2", "0"), ("0", "2"), ("18446744073709551615", "18446744073709551615")] {
        assert_eq!(
            generation_fault(&format!("GIVE({prompt}u, {sample}u, COMPLETION);")),
            format!(
                "it gave a completion that was not asked for of prompt {prompt}, sample {sample} (places from 0); {asked}"
            )
        );
    }
    assert_eq!(
        generation_fault("GIVE(0, 0, COMPLETION); GIVE(0, 1, COMPLETION); GIVE(1, 1, COMPLETION);"),
        format!("it gave no completion of prompt 1, sample 0 (places from 0); {asked}")
    );
}

#[test]
fn a_receiver_that_panics_does_not_end_the_process() {
    let body = format!("GIVE(0, 0, COMPLETION); {REST} return TOUCHSTONE_DONE");
    let library = fixture("generator.c").with("DO", &body).build();
    let context = Context::new(Registry::builtin());
    let generator = library.make::<dyn Generator>().open(&context).unwrap();
    let request = GenerationRequest {
        samples: 1,
        max_tokens: 1,
        stop: Vec::new(),
        sampler: PluginSpec::named("greedy"),
        seed: 0,
        candidates: Vec::new(),
    };
    let prompts = [Prompt { text: String::new() }];
    let outcome = generator.generate(&context, &prompts, &request, &|_, _| panic!("the disk is full"));
    assert_eq!(fault(&library, "generate", outcome), "what takes its results panicked; this is no fault of the plugin");
}

fn answers(body: &str) -> (Library, Box<dyn AnswerEquivalence>) {
    let library = fixture("answers.c").with("DO", &format!("{body}; return TOUCHSTONE_DONE")).build();
    let answers = library.make::<dyn AnswerEquivalence>();
    (library, answers)
}

#[test]
fn a_key_must_be_utf8() {
    let (library, answers) = answers("KEY(text_of(\"\\xe9\"))");
    assert_eq!(
        fault(&library, "key", answers.key(Some("x"))),
        "its key is text that is not UTF-8; what can be read of it: \"\u{fffd}\""
    );
    let gold = "KEY(text_of(\"\\xe9\")); return TOUCHSTONE_DONE";
    let library = fixture("answers.c").with("DO", "return TOUCHSTONE_DONE").with("GOLD", gold).build();
    let outcome = library.make::<dyn AnswerEquivalence>().gold("x");
    assert!(fault(&library, "gold", outcome).starts_with("its key is text that is not UTF-8"));
}

#[test]
fn an_answer_that_is_absent_is_null_and_a_key_that_is_null_is_none() {
    let (_library, answers) = answers("KEY(answer)");
    assert_eq!(answers.key(None).unwrap(), None);
    assert_eq!(answers.key(Some("")).unwrap(), Some(AnswerKey(String::new())));
    assert_eq!(answers.key(Some("a\0b")).unwrap(), Some(AnswerKey("a\0b".to_owned())));
    assert_eq!(answers.gold("C").unwrap(), Some(AnswerKey("C".to_owned())), "`key` stands in for `gold`");
}

#[test]
fn nothing_put_is_no_key() {
    let (_library, answers) = answers("(void)key");
    assert_eq!(answers.key(Some("x")).unwrap(), None);
}

#[test]
fn an_extracted_answer_must_be_utf8_and_nothing_put_is_none() {
    let extractor = |body: &str| {
        let library = fixture("extractor.c").with("DO", &format!("{body}; return TOUCHSTONE_DONE")).build();
        let extractor = library.make::<dyn AnswerExtractor>();
        (library, extractor)
    };
    let (library, wrong) = extractor("ANSWER(text_of(\"\\xe9\"))");
    assert_eq!(
        fault(&library, "extract", wrong.extract("x")),
        "its answer is text that is not UTF-8; what can be read of it: \"\u{fffd}\""
    );
    let (_library, echo) = extractor("ANSWER(solution)");
    assert_eq!(echo.extract("a\0é").unwrap().as_deref(), Some("a\0é"));
    let (_library, silent) = extractor("(void)answer");
    assert_eq!(silent.extract("x").unwrap(), None);
}

#[test]
fn errors_of_calls_are_errors_of_the_plugin() {
    let library = fixture("aggregator.c").with("DO", "return TOUCHSTONE_FAILED").build();
    let error = library.make::<dyn Aggregator>().aggregate(&[]).unwrap_err();
    assert!(matches!(error, Error::Plugin { plugin, .. } if plugin == "fixture"));
}
