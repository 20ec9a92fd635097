//! What recipes may say.

use touchstone::generator::GenerationRequest;
use touchstone::{Generator, PluginKind, PluginSpec, Registry, Sampler};
use touchstone_openai::{Error, OpenAi, Remote};

use super::server::{Behaviour, Server};
use super::{context, generate, many, request, settings};

fn spec() -> PluginSpec<dyn Generator> {
    PluginSpec::named("openai").with("url", "http://127.0.0.1:8000/v1").with("model", "small")
}

#[test]
fn it_is_registered_and_opens_without_a_request() {
    let context = context();
    assert!(context.registry().make(&spec()).unwrap().open(&context).is_ok());
    let description = context.registry().describe(PluginKind::Generator, "openai").unwrap();
    assert!(description.text.contains("Assumes") && !description.summary().is_empty());
}

#[test]
fn wrong_settings_are_refused_when_a_recipe_is_checked_and_named() {
    for (spec, words) in [
        (spec().with("endpoint", "chats"), ["\"endpoint\"", "did you mean \"chat\"?"]),
        (spec().with("concurrency", 0), ["\"concurrency\"", "nonzero"]),
        (spec().with("concurency", 1), ["\"concurency\"", "did you mean \"concurrency\"?"]),
        (spec().with("api_key", "sk-1"), ["\"api_key\"", "no setting"]),
        (PluginSpec::named("openai").with("model", "small"), ["url", "openai"]),
    ] {
        let message = Registry::builtin().check(&spec).unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{spec}: {message}");
    }
}

#[test]
fn wrong_addresses_and_times_are_refused_when_it_is_opened() {
    let opened = |change: fn(&mut OpenAi)| {
        let mut settings = OpenAi::new("http://127.0.0.1:8000/v1", "small");
        change(&mut settings);
        Remote::new(&settings).err()
    };
    assert!(opened(|_| {}).is_none());
    assert!(matches!(
        opened(|settings| settings.connection.url = "127.0.0.1:8000".to_owned()),
        Some(Error::Url { .. })
    ));
    assert!(matches!(opened(|settings| settings.connection.timeout_seconds = 0.0), Some(Error::Seconds { .. })));
    assert!(matches!(opened(|settings| settings.connection.first_wait_seconds = -1.0), Some(Error::Seconds { .. })));
    assert!(matches!(
        opened(|settings| settings.connection.total_timeout_seconds = Some(f64::NAN)),
        Some(Error::Seconds { .. })
    ));
}

#[test]
fn settings_that_change_no_completion_are_marked_and_the_others_are_not() {
    let registry = Registry::builtin();
    let schema = &registry.describe(PluginKind::Generator, "openai").unwrap().schema;
    assert_eq!(schema["additionalProperties"], false);
    let properties = schema["properties"].as_object().unwrap();
    let marked = properties.iter().filter(|(_, field)| field["x-touchstone-same-results"] == true);
    let mut marked: Vec<&str> = marked.map(|(name, _)| name.as_str()).collect();
    marked.sort_unstable();
    let wanted = [
        "api_key_variable",
        "concurrency",
        "first_wait_seconds",
        "retries",
        "timeout_seconds",
        "total_timeout_seconds",
        "url",
    ];
    assert_eq!(marked, wanted);
}

#[test]
fn a_sampler_that_no_server_understands_and_an_empty_stop_text_are_refused_before_anything_is_asked() {
    let server = Server::start(Behaviour::default());
    let dice = GenerationRequest { sampler: PluginSpec::<dyn Sampler>::named("dice"), ..request(1) };
    let told = generate(&settings(&server), &many(1), &dice).told();
    assert!(told.contains("\"dice\"") && told.contains("`greedy` or `temperature`"), "{told}");
    let stop = GenerationRequest { stop: vec![String::new()], ..request(1) };
    assert!(generate(&settings(&server), &many(1), &stop).told().contains("a stop text is empty"));
    assert!(server.requests().is_empty());
}
