//! Over the border every kind gives what the same type gives when it is called directly.

use std::sync::Mutex;

use touchstone::generator::{
    Completion, Conversation, FinishReason, GenerationRequest, Generator, Message, Prompt, Role, Sample, Thinking,
};
use touchstone::sampler::{Draw, TokenId};
use touchstone::verifier::Scope;
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Error, Rewards, Sampler, StepSplitter, Verifier,
};

use crate::direct::{After, Agreement, Average, Clause, Digits, Drawn, Equations, Speller};
use crate::program::{context, generator, make, registry, score_all, verifier, work};

#[test]
fn an_aggregator_gives_the_same_bits_for_any_number_of_rewards() {
    let over = make::<dyn Aggregator>("average");
    let built_in = make::<dyn Aggregator>("mean");
    for count in [0, 1, 2, 20, 63, 64, 65, 20_000] {
        let reward = |place: usize| (!place.is_multiple_of(7)).then_some((place * 7919 % 10_007) as f64 / 10_007.0);
        let rewards: Vec<Option<f64>> = (1..=count).map(reward).collect();
        let value = over.aggregate(&rewards).unwrap().to_bits();
        assert_eq!(value, Average {}.aggregate(&rewards).unwrap().to_bits(), "{count} rewards");
        assert_eq!(value, built_in.aggregate(&rewards).unwrap().to_bits(), "{count} rewards");
    }
}

#[test]
fn a_splitter_gives_the_same_ranges() {
    let over = make::<dyn StepSplitter>("clause{end=é}");
    let long = "é∑".repeat(10_000);
    for solution in ["", " ", "one", "oné twé ", "é", "\u{0}é\u{0}", &long] {
        assert_eq!(over.split(solution).unwrap(), Clause { end: 'é' }.split(solution).unwrap(), "{solution:?}");
    }
}

#[test]
fn a_sampler_draws_the_same_tokens_and_may_overwrite_the_logits() {
    let over = make::<dyn Sampler>("drawn{above=0.5}");
    let direct = Drawn { above: 0.5 };
    for (seed, position) in [(0, 0), (0, 1), (u64::MAX, 0), (42, u64::MAX)] {
        let draw = Draw { seed, sequence: 3, position };
        for history in [&[][..], &[TokenId(9)], &[TokenId(1), TokenId(2)], &[TokenId(77)]] {
            let [mut left, mut right] = [(); 2].map(|()| (0..10).map(|token| token as f32 / 4.0).collect::<Vec<_>>());
            assert_eq!(
                over.sample(&mut left, history, draw).unwrap(),
                direct.sample(&mut right, history, draw).unwrap()
            );
            assert_eq!(left, right);
        }
    }
    let message = over.sample(&mut [], &[], Draw { seed: 0, sequence: 0, position: 0 }).unwrap_err().to_string();
    assert!(message.contains("no token has a logit above 0.5"), "{message}");
}

#[test]
fn an_answer_equivalence_gives_the_same_keys_for_answers_and_golds() {
    let over = make::<dyn AnswerEquivalence>("digits");
    for answer in [None, Some(""), Some("none"), Some("4\u{0}2 é")] {
        assert_eq!(over.key(answer).unwrap(), Digits {}.key(answer).unwrap(), "{answer:?}");
    }
    assert_eq!(over.gold("42").unwrap(), Digits {}.gold("42").unwrap());
    let message = over.gold("none").unwrap_err().to_string();
    assert!(message.contains("call `gold`: the gold answer \"none\" has no digits"), "{message}");
}

#[test]
fn an_answer_extractor_gives_the_same_answers() {
    let over = make::<dyn AnswerExtractor>("after{mark=é}");
    let long = "é∑".repeat(10_000);
    for solution in ["", "no mark", "1 é 2", "1é \u{a0}", "é", &long] {
        assert_eq!(over.extract(solution).unwrap(), After { mark: 'é' }.extract(solution).unwrap(), "{solution:?}");
    }
    let message = over.extract("\0").unwrap_err().to_string();
    assert!(message.contains("call `extract`: the solution holds NUL"), "{message}");
}

/// The rewards of all work, by each of the three ways to ask, which must agree where the scope is the CoT.
fn scored(verifier: &dyn Verifier, context: &Context) -> Vec<Vec<Rewards>> {
    let work = work();
    let all = score_all(verifier, context, &work).unwrap();
    let by_question: Vec<_> = work.iter().map(|unit| verifier.score_question(context, unit).unwrap()).collect();
    assert_eq!(all, by_question);
    if verifier.scope() == Scope::Cot {
        let by_cot: Vec<Vec<_>> = work
            .iter()
            .map(|unit| unit.cots.iter().map(|cot| verifier.score(context, &unit.question, cot).unwrap()).collect())
            .collect();
        assert_eq!(all, by_cot);
    }
    all
}

#[test]
fn a_verifier_of_single_cots_gives_the_same_rewards_whichever_way_it_is_asked() {
    let context = context();
    let over = verifier("equations{otherwise=0.25}", &context).unwrap();
    assert_eq!(over.scope(), Scope::Cot);
    let rewards = scored(&*over, &context);
    assert_eq!(rewards, scored(&Equations { otherwise: 0.25 }, &context));
    assert_eq!(&*rewards[0][0], [Some(1.0), Some(0.25), None], "a missing reward stays one");
}

#[test]
fn a_verifier_of_whole_questions_gives_the_same_rewards_and_says_its_scope() {
    let context = context();
    let over = verifier("agreement", &context).unwrap();
    assert_eq!(over.scope(), Scope::Question);
    let rewards = scored(&*over, &context);
    assert_eq!(rewards, scored(&Agreement {}, &context));
    assert_eq!(&*rewards[0][3], [Some(0.5)], "two of four CoTs have two steps");
}

#[test]
fn no_work_is_done_without_a_call_too_many() {
    let context = context();
    let over = verifier("equations", &context).unwrap();
    assert_eq!(score_all(&*over, &context, &[]).unwrap(), Vec::<Vec<Rewards>>::new());
}

fn completions(generator: &dyn Generator, context: &Context) -> Vec<(Sample, Completion)> {
    let prompts = ["", "two", "ü\n\"\u{0}"].map(|text| Prompt { text: text.to_owned() });
    let request = GenerationRequest {
        samples: 3,
        max_tokens: 5,
        stop: vec!["é".to_owned()],
        sampler: "drawn{above=-1}".parse().unwrap(),
        seed: u64::MAX,
        candidates: vec![" Yes".to_owned(), " No".to_owned()],
    };
    let all = Mutex::new(Vec::new());
    generator.generate(context, &prompts, &request, &|sample, text| all.lock().unwrap().push((sample, text))).unwrap();
    let mut all = all.into_inner().unwrap();
    all.sort_by_key(|(sample, _)| *sample);
    assert_eq!(all.len(), prompts.len() * request.samples);
    all
}

#[test]
fn a_generator_gives_the_same_completions_with_all_their_fields() {
    let context = context();
    let over = generator("speller{alphabet=aébcdef}", &context).unwrap();
    let all = completions(&*over, &context);
    assert_eq!(all, completions(&Speller { alphabet: "aébcdef".to_owned() }, &context));
    for finish in [FinishReason::Stop, FinishReason::Length] {
        assert!(all.iter().any(|(_, completion)| completion.finish == finish), "{finish:?}");
    }
    let tokens: Vec<_> = all.iter().flat_map(|(_, completion)| &completion.tokens).collect();
    assert!(tokens.iter().any(|token| token.log_probability.is_none()));
    assert!(tokens.iter().any(|token| token.log_probability.is_some()));
    assert!(tokens.iter().all(|token| token.candidates == [Some(-1.5), None]));
}

#[test]
fn eight_threads_at_once_get_what_one_gets() {
    let context = context();
    let average = make::<dyn Aggregator>("average");
    let equations = verifier("equations{otherwise=0.25}", &context).unwrap();
    let speller = generator("speller{alphabet=aébcdef}", &context).unwrap();
    let expected = (scored(&*equations, &context), completions(&*speller, &context));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (context, average, equations, speller, expected) =
                (&context, &average, &equations, &speller, &expected);
            scope.spawn(move || {
                for round in 0..50 {
                    let rewards = vec![Some(f64::from(thread * 50 + round) / 400.0); 100];
                    assert_eq!(average.aggregate(&rewards).unwrap(), Average {}.aggregate(&rewards).unwrap());
                    assert_eq!(scored(&**equations, context), expected.0);
                    assert_eq!(completions(&**speller, context), expected.1);
                }
            });
        }
    });
}

#[test]
fn the_library_is_described_with_its_file_version_and_comments() {
    let registry = registry();
    let plugin = registry.describe(touchstone::PluginKind::Verifier, "equations").unwrap();
    assert_eq!(plugin.summary(), "Trusts each step that states an equation; cannot judge a step that is empty.");
    assert_eq!(plugin.fields().collect::<Vec<_>>(), ["otherwise"]);
    assert!(plugin.origin.to_string().ends_with("version 1.2.3"), "{}", plugin.origin);
}

#[test]
fn a_generator_lays_out_the_same_prompts_and_has_a_chat_template_or_not() {
    let context = context();
    let over = generator("speller{alphabet=a}", &context).unwrap();
    let turn = |role, content: &str| Message { role, content: content.to_owned() };
    let messages = vec![turn(Role::System, "é\n"), turn(Role::User, "\"?"), turn(Role::Assistant, "")];
    let prompt = over.chat(&context, &Conversation { messages, thinking: Thinking::Off }).unwrap();
    assert_eq!(prompt.text, "System: é\n\nUser: \"?\nAssistant:  (Off)");
    assert!(matches!(over.chat(&context, &Conversation::user("")), Err(Error::NoChatTemplate)));
    let nothing = Conversation { messages: Vec::new(), thinking: Thinking::AsTemplate };
    let message = over.chat(&context, &nothing).unwrap_err().to_string();
    assert!(message.contains("speller") && message.ends_with("there is nothing to answer"), "{message}");
}
