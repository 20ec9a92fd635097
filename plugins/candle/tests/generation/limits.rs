//! Budgets, contexts, the tokens that end a text, and what is refused.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use touchstone::generator::{FinishReason, GenerationRequest};
use touchstone_candle::Model;
use touchstone_candle::compute::Compute;
use touchstone_candle::generation::Local;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::SpecialTokens;

use crate::{complete, context, generate, generate_in, golden, greedy, open, prompts, sampled, tiny, to_the_budget};

#[test]
fn a_completion_has_no_more_tokens_than_asked_for_and_than_the_context_holds() {
    let generator = open(&tiny());
    let prompt = "Question: What is the capital of France?\nStep 1:";
    let request = to_the_budget(generator.as_ref(), prompt);
    let whole = complete(generator.as_ref(), prompt, &request);
    assert_eq!((whole.tokens.len(), whole.finish), (24, FinishReason::Length));

    let mut none = greedy();
    none.max_tokens = 0;
    let completion = complete(generator.as_ref(), prompt, &none);
    assert_eq!((&*completion.text, completion.tokens.len(), completion.finish), ("", 0, FinishReason::Length));
    none.samples = 0;
    assert!(generate(generator.as_ref(), &["a", "b"], &none).is_empty());
    assert!(generate(generator.as_ref(), &[], &greedy()).is_empty());

    let mut settings = tiny();
    settings.context_length = NonZeroUsize::new(24);
    let short = complete(open(&settings).as_ref(), prompt, &request);
    assert!((1..14).contains(&short.tokens.len()) && short.finish == FinishReason::Length, "{short:?}");
    assert_eq!(short.tokens[..], whole.tokens[..short.tokens.len()]);
}

#[test]
fn every_token_that_the_files_name_ends_a_completion() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(golden("llama")).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_file() {
            std::fs::copy(&entry, folder.path().join(entry.file_name().unwrap())).unwrap();
        }
    }
    let location = ModelLocation::Path(folder.path().to_owned());
    let prompt = "The answer is (B).";
    let whole = complete(open(&Local::new(location.clone())).as_ref(), prompt, &greedy());
    assert!(whole.tokens.len() > 5, "{whole:?}");
    let whole_ids = {
        let model = Model::open(&location, None, &Compute::default(), &context()).unwrap();
        let ends = whole.tokens.iter().skip(1).map(|token| token.offset).chain([whole.text.len()]);
        let texts = whole.tokens.iter().zip(ends).map(|(token, end)| &whole.text[token.offset..end]);
        texts.map(|text| model.tokenizer().encode(text, SpecialTokens::Omit).unwrap()).collect::<Vec<_>>()
    };
    // A token whose text is a token again, and which does not come before.
    let place = (1..whole_ids.len())
        .find(|place| whole_ids[*place].len() == 1 && !whole_ids[..*place].concat().contains(&whole_ids[*place][0]));
    let place = place.unwrap();
    let end = whole_ids[place][0];
    for (ends, left) in [(json!([7, end]), place), (json!(end), place), (json!([]), whole.tokens.len())] {
        let config = json!({"eos_token_id": ends}).to_string();
        std::fs::write(folder.path().join("generation_config.json"), config).unwrap();
        let completion = complete(open(&Local::new(location.clone())).as_ref(), prompt, &greedy());
        assert_eq!(completion.tokens.len(), left);
        assert_eq!(completion.finish == FinishReason::EndOfText, left == place);
        assert_eq!(completion.tokens[..], whole.tokens[..left]);
    }
    std::fs::write(folder.path().join("generation_config.json"), r#"{"eos_token_id": "two"}"#).unwrap();
    let error = touchstone::GeneratorSettings::open(&Local::new(location), &context()).err().unwrap().to_string();
    assert!(error.contains("generation_config.json") && error.contains("eos_token_id"), "{error}");
}

#[test]
fn a_prompt_that_fills_the_context_is_completed_with_nothing_and_the_others_as_ever() {
    let mut settings = tiny();
    settings.context_length = NonZeroUsize::new(4);
    let texts = ["a", "one two three four five six seven eight nine ten"];
    let completions = generate(open(&settings).as_ref(), &texts, &GenerationRequest { samples: 2, ..greedy() });
    assert_eq!(completions.len(), 4);
    for (sample, completion) in completions {
        assert_eq!(completion.finish == FinishReason::PromptTooLong, sample.prompt == 1, "{sample:?}");
        assert_eq!(completion.text.is_empty() && completion.tokens.is_empty(), sample.prompt == 1, "{completion:?}");
    }
}

#[test]
fn what_cannot_be_completed_is_refused_with_its_place_and_the_remedy() {
    let mut settings = tiny();
    settings.context_length = NonZeroUsize::new(1_000_000);
    let error = touchstone::GeneratorSettings::open(&settings, &context()).err().unwrap().to_string();
    assert!(error.contains("context_length is 1000000") && error.contains("2048"), "{error}");

    let mut request = greedy();
    request.sampler = touchstone::PluginSpec::named("gredy");
    let error = generate_in(open(&tiny()).as_ref(), &context(), &["a"], &request).unwrap_err().to_string();
    assert!(error.contains("gredy") && error.contains("greedy"), "{error}");
}

#[test]
fn a_call_that_is_cancelled_keeps_what_it_handed_over() {
    let generator = open(&tiny());
    let (context, handed) = (context(), AtomicUsize::new(0));
    let texts = ["a b c", "d e f", "g h i"];
    let error = generator
        .generate(&context, &prompts(&texts), &sampled(40), &|_, completion| {
            assert!(!completion.tokens.is_empty());
            handed.fetch_add(1, Ordering::Relaxed);
            context.cancel();
        })
        .unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    let handed = handed.into_inner();
    assert!((1..120).contains(&handed), "{handed}");
}
