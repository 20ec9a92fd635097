//! Plugins of the library that use plugins and templates of the program.

use touchstone::generator::{GenerationRequest, Prompt};
use touchstone::verifier::Verifier;
use touchstone::{Error, PluginSpec};

use crate::program::{Record, context, generator, question, registry, score_all, verifier, work};

const JUDGE: &str = "judge{generator={\"type\":\"scorer\"},sampler=likeliest,template=judge.txt}";

#[test]
fn a_verifier_asks_the_programs_generator_with_the_programs_template() {
    let context = context();
    let judge = verifier(JUDGE, &context).unwrap();
    let work = [question("a", "12", &[&["3"], &["xyz"]])];
    // `12|3;` and `12|xyz;`: three digits of five characters, two of seven.
    let rewards = score_all(&*judge, &context, &work).unwrap();
    assert_eq!(&*rewards[0][0], [Some(3.0 / 5.0)]);
    assert_eq!(&*rewards[0][1], [Some(2.0 / 7.0)]);
}

#[test]
fn a_verifier_of_the_library_may_ask_the_librarys_own_generator() {
    let context = context();
    // The speller asks a sampler in its turn, which is the program's, and spells `1` for ever.
    let spec = "judge{generator={\"type\":\"speller\",\"alphabet\":\"1\"},sampler=likeliest,template=judge.txt}";
    let judge = verifier(spec, &context).unwrap();
    let message = judge.score_question(&context, &work()[2]).unwrap_err().to_string();
    assert!(message.contains("11111111 at place 0 is no probability"), "{message}");
}

#[test]
fn progress_and_cancellation_reach_the_programs_generator_through_the_library() {
    let record = Record::default();
    let context = context().with_progress(record.clone());
    let judge = verifier(JUDGE, &context).unwrap();
    judge.score_question(&context, &question("a", "1", &[&[]])).unwrap();
    assert_eq!(record.lines(), ["generating: start 0/?", "generating: 1 more", "generating: end"]);
    context.cancel();
    assert!(matches!(judge.score_question(&context, &question("a", "1", &[&[]])), Err(Error::Cancelled)));
}

#[test]
fn an_error_of_the_programs_generator_comes_back_with_its_name_through_the_verifiers() {
    let context = context();
    let judge = verifier(JUDGE, &context).unwrap();
    let message = score_all(&*judge, &context, &[question("q7", "why?", &[&[]])]).unwrap_err().to_string();
    for part in ["the plugin \"judge\" failed", "call `score_all`", "question q7", "\"scorer\"", "the server is gone"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_template_that_the_program_lacks_is_named() {
    let context = context();
    let spec = JUDGE.replace("judge.txt", "absent.txt");
    let judge = verifier(&spec, &context).unwrap();
    let message = judge.score_question(&context, &work()[2]).unwrap_err().to_string();
    assert!(message.contains("absent.txt"), "{message}");
}

#[test]
fn a_generator_of_the_library_draws_with_the_programs_sampler() {
    let context = context();
    let speller = generator("speller{alphabet=abc}", &context).unwrap();
    let request = |sampler: &str| GenerationRequest {
        samples: 1,
        max_tokens: 2,
        stop: Vec::new(),
        sampler: sampler.parse().unwrap(),
        seed: 0,
        candidates: Vec::new(),
    };
    let prompts = [Prompt { text: String::new() }];
    let written = std::sync::Mutex::new(String::new());
    let write = |_, completion: touchstone::generator::Completion| written.lock().unwrap().push_str(&completion.text);
    speller.generate(&context, &prompts, &request("likeliest"), &write).unwrap();
    assert_eq!(*written.lock().unwrap(), "cc");
    let message = speller.generate(&context, &prompts, &request("likliest"), &|_, _| {}).unwrap_err().to_string();
    assert!(message.contains("no sampler is called \"likliest\"") && message.contains("likeliest"), "{message}");
}

#[test]
fn a_nested_plugin_is_checked_by_the_program_before_anything_is_opened() {
    let check = |spec: &str| registry().check(&spec.parse::<PluginSpec<dyn Verifier>>().unwrap());
    check(JUDGE).unwrap();
    let message = check(&JUDGE.replace("\"scorer\"", "\"scorr\"")).unwrap_err().to_string();
    let place = "in the setting \"generator\" of the verifier \"judge\": no generator is called \"scorr\"";
    assert!(message.starts_with(place), "{message}");
    let message = check(&JUDGE.replace("\"scorer\"", "\"scorer\",\"extra\":1")).unwrap_err().to_string();
    assert!(message.contains("\"generator\"") && message.contains("has no setting \"extra\""), "{message}");
    let message = check(&JUDGE.replace("{\"type\":\"scorer\"}", "3")).unwrap_err().to_string();
    assert!(message.contains("generator"), "{message}");
}
