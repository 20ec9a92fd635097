//! Conversations: who lays them out, and that there is one beginning of the text only.

use serde_json::json;
use touchstone::generator::{Conversation, Message, Role, Thinking};
use touchstone::{Error, Generator, PluginSpec, Registry};
use touchstone_openai::{Endpoint, Remote};

use super::server::{Behaviour, Recorded, Server, Wrong};
use super::tokens::Shape;
use super::{call, context, many, remote, request, settings};

fn of(shape: Shape, adds_bos: bool) -> Server {
    Server::start(Behaviour { shape, adds_bos, ..Behaviour::default() })
}

fn laid_out(remote: &Remote, conversation: &Conversation) -> String {
    remote.chat(&context(), conversation).unwrap().text
}

fn told(remote: &Remote) -> String {
    remote.chat(&context(), &Conversation::user("Hi")).unwrap_err().to_string()
}

fn paths(requests: &[Recorded]) -> Vec<&str> {
    requests.iter().map(|request| &*request.path).collect()
}

#[test]
fn a_server_with_llama_cpps_abilities_is_asked_for_its_template() {
    let server = of(Shape::LlamaCpp, true);
    let remote = remote(&settings(&server));
    for _ in 0..2 {
        assert_eq!(laid_out(&remote, &Conversation::user("Hi")), "<user>Hi<assistant>");
    }
    assert_eq!(paths(&server.requests()), ["/apply-template"; 2]);
    assert_eq!(server.requests()[0].body, json!({"messages": [{"role": "user", "content": "Hi"}]}));
}

#[test]
fn a_server_with_vllms_abilities_is_asked_for_tokens_and_its_bos_is_left_out() {
    for adds_bos in [true, false] {
        let server = of(Shape::Vllm, adds_bos);
        let remote = remote(&settings(&server));
        let system = Message { role: Role::System, content: "Be brief.".to_owned() };
        let conversation = Conversation { messages: vec![system, Message::user("Hi")], thinking: Thinking::AsTemplate };
        for _ in 0..2 {
            assert_eq!(laid_out(&remote, &conversation), "<system>Be brief.<user>Hi<assistant>");
        }
        let once = ["/apply-template", "/tokenize"];
        let requests = server.requests();
        assert_eq!(paths(&requests), [&once[..], &["/tokenize", "/detokenize"].repeat(2)].concat());
        assert_eq!(requests[2].body["add_generation_prompt"], json!(true));
        assert_eq!(requests[2].body["model"], json!("small"));
    }
}

#[test]
fn whether_to_think_is_passed_on_where_it_is_said() {
    for shape in [Shape::LlamaCpp, Shape::Vllm] {
        let server = of(shape, true);
        let remote = remote(&settings(&server));
        let with = |thinking| laid_out(&remote, &Conversation::user("Hi").with_thinking(thinking));
        assert_eq!(with(Thinking::Off), "<user>Hi<thinking false><assistant>");
        assert_eq!(with(Thinking::On), "<user>Hi<thinking true><assistant>");
        assert_eq!(with(Thinking::AsTemplate), "<user>Hi<assistant>");
    }
}

#[test]
fn a_server_that_lays_nothing_out_is_an_error_that_says_what_to_set() {
    let server = of(Shape::Plain, true);
    let told = told(&remote(&settings(&server)));
    let root = server.url().replace("/v1", "");
    for words in [&format!("{root}/apply-template"), &format!("{root}/tokenize"), "`chat_template`"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn another_models_name_is_not_taken_for_a_missing_ability() {
    let unknown =
        || Wrong::Status(404, "", json!({"error": {"message": "The model `small` does not exist."}}).to_string());
    let server = Server::with_faults(Behaviour { shape: Shape::Vllm, ..Behaviour::default() }, move |_, asked| {
        (asked.path == "/tokenize").then(unknown)
    });
    let told = told(&remote(&settings(&server)));
    assert!(told.contains("does not exist") && told.contains("serves the model \"small\""), "{told}");
}

#[test]
fn failures_that_may_pass_are_tried_again_and_a_cancelled_call_ends() {
    let faults = |number: usize, _: &Recorded| match number {
        0 => Some(Wrong::Status(503, "retry-after: 0\r\n", String::new())),
        1 => Some(Wrong::Body("{\"error\": \"warming up\"}")),
        2 => Some(Wrong::Dropped),
        _ => None,
    };
    let server = Server::with_faults(Behaviour { shape: Shape::LlamaCpp, ..Behaviour::default() }, faults);
    assert_eq!(laid_out(&remote(&settings(&server)), &Conversation::user("Hi")), "<user>Hi<assistant>");
    assert_eq!(server.requests().len(), 4);
    let context = context();
    context.cancel();
    let stopped = remote(&settings(&server)).chat(&context, &Conversation::user("Hi"));
    assert!(matches!(stopped, Err(Error::Cancelled)));
}

#[test]
fn a_template_that_is_named_is_rendered_here_and_the_server_is_not_asked() {
    let server = of(Shape::LlamaCpp, true);
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"bos_token": "<s>", "chat_template": "{{ bos_token }}[{{ messages[0].content }}]"});
    std::fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    let mut settings = settings(&server);
    settings.chat_template = Some(folder.path().to_owned());
    assert_eq!(laid_out(&remote(&settings), &Conversation::user("Hi")), "[Hi]");
    assert!(server.requests().is_empty());
    settings.chat_template = Some(folder.path().join("absent"));
    let told = Remote::new(&settings).err().unwrap().to_string();
    assert!(told.contains("absent") && told.contains("chat_template is"), "{told}");
}

#[test]
fn the_chat_endpoint_takes_no_conversation_and_no_template() {
    let server = of(Shape::LlamaCpp, true);
    let mut settings = settings(&server);
    settings.endpoint = Endpoint::Chat;
    let told = told(&remote(&settings));
    assert!(told.contains("`chat: none`") && told.contains("its own chat template"), "{told}");
    settings.chat_template = Some("template.jinja".into());
    assert!(Remote::new(&settings).err().unwrap().to_string().contains("leave one of the two out"));
    assert!(server.requests().is_empty());
}

#[test]
fn the_server_is_left_to_begin_prompts_by_itself() {
    let server = of(Shape::Vllm, true);
    call(&remote(&settings(&server)), &context(), &many(1), &request(1)).whole();
    assert_eq!(server.requests()[0].body.get("add_special_tokens"), None);
}

#[test]
fn the_template_is_marked_as_a_location() {
    let registry = Registry::builtin();
    let schema = &registry.describe(touchstone::PluginKind::Generator, "openai").unwrap().schema;
    assert_eq!(schema["properties"]["chat_template"]["format"], "path-or-hub");
    let spec: PluginSpec<dyn Generator> =
        PluginSpec::named("openai").with("url", "http://h/v1").with("model", "m").with("chat_template", "t.jinja");
    registry.check(&spec).unwrap();
}
