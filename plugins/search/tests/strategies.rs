//! Every strategy in the toy world: it beats a single sample by a margin that is no luck, keeps its limits and says what it
//! spent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use std::sync::atomic::{AtomicUsize, Ordering};

use touchstone::Cancellation;
use touchstone::Context;
use touchstone::generator::{Completion, FinishReason, GenerationRequest, Generator, Prompt, Sample};
use touchstone_search::{Ending, Error, Solution, StrategySettings, Writing, names};
use toy::{Knows, World, Writer, prompt, question};

fn strategy(text: &str) -> StrategySettings {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn solve(world: &World, strategy: &StrategySettings, id: i64) -> Solution {
    let (writer, verifier) = (Writer::default(), Knows::with_noise(0.4));
    let question = question(id);
    strategy.solve(&world.solver(&writer, Some(&verifier)), &question, &prompt(&question)).unwrap()
}

const QUESTIONS: i64 = 300;

/// The share of the questions that a strategy answers right.
fn accuracy(settings: &str) -> f64 {
    let (world, strategy) = (World::default(), strategy(settings));
    let right = (0..QUESTIONS).filter(|id| solve(&world, &strategy, *id).choice.answer.as_deref() == Some("A"));
    right.count() as f64 / QUESTIONS as f64
}

#[test]
fn every_strategy_beats_a_single_sample_by_far() {
    let single = accuracy("majority_vote{samples=1}");
    // 0.7^4 = 0.24, and the answer of none of the others is A.
    assert!((0.16..0.32).contains(&single), "{single}");
    for name in names() {
        let accuracy = accuracy(name);
        // A share of 300 questions has a standard deviation below 0.03: five of them.
        assert!(accuracy > single + 0.15, "{name}: {accuracy}, and {single} by a single sample");
    }
}

#[test]
fn searches_beat_best_of_as_many_samples() {
    let best_of_4 = accuracy("best_of_n{samples=4}");
    for search in ["beam_search{beams=4,width=4}", "beam_search{beams=4,width=2}", "particle_filtering{particles=4}"] {
        let accuracy = accuracy(search);
        assert!(accuracy > best_of_4 + 0.15, "{search}: {accuracy}, and {best_of_4} by Best-of-4");
    }
}

#[test]
fn a_solution_is_the_same_every_time_and_another_one_with_another_seed() {
    for name in names() {
        let strategy = strategy(name);
        let once = solve(&World::default(), &strategy, 1);
        assert_eq!(once, solve(&World::default(), &strategy, 1), "{name}");
        assert_ne!(once.candidates, solve(&World::with_seed(43), &strategy, 1).candidates, "{name}");
        let json = serde_json::to_value(&once).unwrap();
        assert_eq!(serde_json::from_value::<Solution>(json).unwrap(), once);
    }
}

#[test]
fn every_candidate_is_scored_whole_where_rewards_count() {
    for name in names() {
        let solution = solve(&World::default(), &strategy(name), 2);
        let votes = ["majority_vote", "self_consistency"].contains(&name);
        assert_eq!(solution.choice.values.len(), if votes { 0 } else { solution.candidates.len() }, "{name}");
        for (place, candidate) in solution.candidates.iter().enumerate() {
            assert_eq!(candidate.cot.id.0, place as i64);
            assert_eq!(candidate.cot.steps.len(), toy::STEPS + 1, "{name}");
            assert_eq!(candidate.ending, Ending::EndOfText);
            assert_eq!(candidate.rewards.len(), if votes { 0 } else { toy::STEPS + 1 }, "{name}");
        }
        assert_eq!(solution.best().unwrap().cot.answer, solution.choice.answer);
    }
}

#[test]
fn what_was_spent_is_what_was_asked_for() {
    let world = World::default();
    let question = question(3);
    // A step is two tokens and the white space between paragraphs one; an answer is four.
    let step = 3;
    for (settings, generated, generator, verifier, scored) in [
        ("best_of_n{samples=4}", 4 * (4 * step + 4), 1, 1, 4),
        ("majority_vote{samples=4}", 4 * (4 * step + 4), 1, 0, 0),
        ("beam_search{beams=4,width=2}", 4 * (4 * step + 4), 5, 5, 20),
        ("beam_search{beams=4,width=1}", 4 * (4 * step + 4), 5, 1, 4),
        ("diverse_verifier_tree_search{beams=4,width=2}", 4 * (4 * step + 4), 5, 5, 20),
    ] {
        let (writer, knows) = (Writer::default(), Knows::with_noise(0.4));
        let solution = strategy(settings).solve(&world.solver(&writer, Some(&knows)), &question, &prompt(&question));
        let spent = solution.unwrap().spent;
        assert_eq!(spent.generator_calls, generator, "{settings}");
        assert_eq!(spent.generator_calls, writer.calls.into_inner().unwrap().len() as u64);
        assert_eq!((spent.verifier_calls, spent.scored_solutions), (verifier, scored), "{settings}");
        assert_eq!(knows.calls.into_inner().unwrap().len() as u64, verifier);
        assert_eq!((spent.generated_tokens, spent.completions_without_tokens), (generated, 0), "{settings}");
    }
    let silent = Writer { silent: true, ..Writer::default() };
    let knows = Knows::default();
    let solution = strategy("beam_search{beams=4,width=2}").solve(
        &world.solver(&silent, Some(&knows)),
        &question,
        &prompt(&question),
    );
    let spent = solution.unwrap().spent;
    assert_eq!((spent.generated_tokens, spent.completions_without_tokens), (0, 20));
}

#[test]
fn particles_that_were_drawn_more_often_share_calls_by_how_often() {
    let (world, writer, knows) = (World::default(), Writer::default(), Knows::with_noise(0.4));
    let question = question(5);
    let solver = world.solver(&writer, Some(&knows));
    let solution = strategy("particle_filtering{particles=16}").solve(&solver, &question, &prompt(&question)).unwrap();
    assert_eq!(solution.candidates.len(), 16);
    let calls = writer.calls.into_inner().unwrap();
    assert_eq!(calls[0], (1, 16));
    let asked: usize = calls.iter().map(|(prompts, samples)| prompts * samples).sum();
    assert_eq!(asked, 16 * (toy::STEPS + 1));
    assert_eq!(knows.calls.into_inner().unwrap(), [16; toy::STEPS + 1]);
}

#[test]
fn a_verifier_that_compares_sees_all_beams_every_time() {
    let (world, writer) = (World::default(), Writer::default());
    let knows = Knows { compares: true, ..Knows::default() };
    let question = question(5);
    strategy("beam_search{beams=4}")
        .solve(&world.solver(&writer, Some(&knows)), &question, &prompt(&question))
        .unwrap();
    assert_eq!(knows.calls.into_inner().unwrap(), [4; toy::STEPS + 1]);
}

#[test]
fn steps_and_tokens_are_bounded() {
    let writing = |max_steps: usize, max_tokens: usize| Writing {
        max_steps: max_steps.try_into().unwrap(),
        max_tokens: max_tokens.try_into().unwrap(),
        ..Writing::default()
    };
    for name in ["beam_search", "diverse_verifier_tree_search", "particle_filtering"] {
        let world = World { writing: writing(2, 100), ..World::default() };
        for candidate in solve(&world, &strategy(name), 1).candidates {
            assert_eq!((candidate.cot.steps.len(), candidate.ending), (2, Ending::Steps), "{name}");
            assert_eq!(candidate.cot.answer, None);
        }
        // Seven tokens are two steps and one word.
        let world = World { writing: writing(40, 7), ..World::default() };
        for candidate in solve(&world, &strategy(name), 1).candidates {
            assert_eq!(candidate.ending, Ending::Tokens, "{name}");
            assert_eq!(candidate.text.split_inclusive([' ', '\n']).count(), 7, "{name}: {:?}", candidate.text);
        }
    }
    let whole = World { writing: writing(40, 7), ..World::default() };
    assert!(solve(&whole, &strategy("best_of_n"), 1).candidates.iter().all(|one| one.ending == Ending::Tokens));
}

#[test]
fn a_stop_text_ends_a_solution_wherever_steps_do() {
    let stop = vec!["\n\nThe answer".to_owned()];
    let world = World { writing: Writing { stop, ..Writing::default() }, ..World::default() };
    for name in names() {
        for candidate in solve(&world, &strategy(name), 1).candidates {
            assert_eq!((candidate.cot.steps.len(), candidate.ending), (toy::STEPS, Ending::Stop), "{name}");
            assert!(!candidate.text.contains("\n\nThe"), "{:?}", candidate.text);
        }
    }
}

/// Has a prompt that is too long for it.
struct Small;

impl Generator for Small {
    fn generate(
        &self,
        _: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> touchstone::Result<()> {
        for (prompt, given) in prompts.iter().enumerate() {
            for sample in 0..request.samples {
                let (text, finish) = match given.text.ends_with("\n\n") {
                    true => (String::new(), FinishReason::PromptTooLong),
                    false => (format!("step {sample}\n\n"), FinishReason::Stop),
                };
                done(Sample { prompt, sample }, Completion { text, finish, tokens: Vec::new() });
            }
        }
        Ok(())
    }
}

#[test]
fn a_context_that_is_full_ends_a_solution() {
    let (world, knows, question) = (World::default(), Knows::default(), question(1));
    let solver = world.solver(&Small, Some(&knows));
    for name in ["beam_search", "diverse_verifier_tree_search", "particle_filtering"] {
        let solution = strategy(name).solve(&solver, &question, &prompt(&question)).unwrap();
        let full = |one: &touchstone_search::Candidate| one.ending == Ending::PromptTooLong && one.cot.steps.len() == 1;
        assert!(solution.candidates.iter().all(full), "{name}");
    }
    let prompt = Prompt { text: "too long\n\n".to_owned() };
    for name in names() {
        let solution = strategy(name).solve(&solver, &question, &prompt).unwrap();
        assert!(solution.candidates.iter().all(|one| one.ending == Ending::PromptTooLong && one.text.is_empty()));
        assert_eq!(solution.choice.answer, None, "{name}");
    }
}

/// Asks to stop once it was asked so often.
struct After(AtomicUsize);

impl Cancellation for After {
    fn is_cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn a_strategy_stops_when_it_is_asked_to() {
    for name in names() {
        for questions in 0..3 {
            let world = World::default();
            let context = world.context.clone().with_cancellation(After(AtomicUsize::new(questions)));
            let world = World { context, ..world };
            let (writer, knows, question) = (Writer::default(), Knows::with_noise(0.4), question(1));
            let solved = strategy(name).solve(&world.solver(&writer, Some(&knows)), &question, &prompt(&question));
            // A strategy of one call may be done by then.
            match solved {
                Err(error) => assert!(error.is_cancelled(), "{name}: {error}"),
                Ok(_) => assert!(questions > 0, "{name}"),
            }
        }
    }
}

#[test]
fn strategies_that_go_by_rewards_say_that_they_need_a_verifier_before_they_write() {
    for name in names() {
        let (world, writer, question) = (World::default(), Writer::default(), question(1));
        let solved = strategy(name).solve(&world.solver(&writer, None), &question, &prompt(&question));
        if ["majority_vote", "self_consistency"].contains(&name) {
            solved.unwrap();
            continue;
        }
        assert!(matches!(solved, Err(Error::NoVerifier { strategy }) if strategy == name), "{name}");
        assert!(writer.calls.into_inner().unwrap().is_empty());
    }
}

#[test]
fn settings_are_tagged_data_with_defaults() {
    for name in names() {
        let whole = serde_json::to_value(strategy(name)).unwrap();
        assert_eq!(whole["type"], name);
        let again = serde_json::to_value(touchstone_search::read(&whole).unwrap()).unwrap();
        assert_eq!(whole, again);
    }
    let told = |text: &str| text.parse::<StrategySettings>().unwrap_err().to_string();
    assert!(told("beam_serch").contains("did you mean \"beam_search\"?"), "{}", told("beam_serch"));
    assert!(told("beam_search{beam=4}").contains("unknown field `beam`"));
    assert!(told("beam_search{beams=4").contains("brace is not closed"));
    assert!(told("particle_filtering{temperature=0}").contains("not above 0"));
    let uneven = strategy("beam_search{beams=6,width=4}");
    let (world, writer, knows, question) = (World::default(), Writer::default(), Knows::default(), question(1));
    let error = uneven.solve(&world.solver(&writer, Some(&knows)), &question, &prompt(&question)).unwrap_err();
    assert!(error.to_string().contains("take a width that divides them"), "{error}");
}

#[test]
fn the_schema_has_every_strategy_with_its_settings() {
    let schema =
        serde_json::to_value(touchstone_search::schemars::schema_for!(dyn touchstone_search::Strategy)).unwrap();
    let all = schema["oneOf"].as_array().unwrap();
    let of = |one: &serde_json::Value| one["properties"]["type"]["const"].as_str().unwrap().to_owned();
    assert_eq!(all.iter().map(of).collect::<Vec<_>>(), names());
    assert_eq!(all[0]["additionalProperties"], false);
    assert!(all[0]["properties"]["width"]["description"].as_str().unwrap().contains("divides N"));
}
