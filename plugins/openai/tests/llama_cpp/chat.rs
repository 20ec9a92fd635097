//! Conversations in SmolLM2's chat template.

use touchstone::Generator;
use touchstone::generator::{Conversation, Thinking};
use touchstone_openai::Remote;

use super::{complete, context, golden, greedy, server, settings};

#[test]
fn the_server_lays_a_conversation_out_as_an_independent_implementation_does() {
    let Some(url) = server::url() else { return };
    let remote = Remote::new(&settings(&url)).unwrap();
    for case in golden()["texts"].as_array().unwrap() {
        let wanted = case["prompt"].as_str().unwrap();
        let (_, question) = wanted.split_once("<|im_start|>user\n").unwrap();
        let (question, _) = question.split_once("<|im_end|>").unwrap();
        for thinking in [Thinking::AsTemplate, Thinking::Off] {
            let conversation = Conversation::user(question).with_thinking(thinking);
            assert_eq!(remote.chat(&context(), &conversation).unwrap().text, wanted);
        }
    }
}

#[test]
fn what_was_laid_out_is_answered() {
    let Some(url) = server::url() else { return };
    let settings = settings(&url);
    let prompt = Remote::new(&settings).unwrap().chat(&context(), &Conversation::user("What is 1 + 1?")).unwrap();
    let answer = complete(&settings, &[&prompt.text], &greedy(24)).remove(0);
    assert!(answer.text.contains('2'), "{}", answer.text);
}
