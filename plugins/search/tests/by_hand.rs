//! Small cases, worked out by hand: what each search writes, keeps and chooses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use std::sync::Mutex;

use touchstone::generator::{Completion, FinishReason, GenerationRequest, Generator, Prompt, Sample};
use touchstone::{Context, Cot, Question, Result, Rewards, Verifier};
use touchstone_search::{Solution, StrategySettings};
use toy::World;

/// Writes what a script says. A step is a letter.
struct Script {
    /// After which text sample j is which letter; a capital one ends the solution.
    steps: &'static [(&'static str, &'static str)],
    calls: Mutex<Vec<Vec<String>>>,
}

impl Script {
    fn new(steps: &'static [(&'static str, &'static str)]) -> Self {
        Self { steps, calls: Mutex::default() }
    }
}

impl Generator for Script {
    fn generate(
        &self,
        _: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        let written = |prompt: &Prompt| prompt.text.trim_start_matches('?').replace("\n\n", "");
        self.calls
            .lock()
            .unwrap()
            .push(prompts.iter().map(|prompt| format!("{}×{}", written(prompt), request.samples)).collect());
        for (prompt, text) in prompts.iter().enumerate() {
            let script = self.steps.iter().find(|(before, _)| *before == written(text));
            let (_, letters) = script.unwrap_or_else(|| panic!("no script after {:?}", written(text)));
            for (sample, letter) in letters.chars().enumerate().take(request.samples) {
                let (text, finish) = match letter.is_uppercase() {
                    true => (format!("The answer is ({letter})"), FinishReason::EndOfText),
                    false => (format!("{letter}\n\n"), FinishReason::Stop),
                };
                done(Sample { prompt, sample }, Completion { text, finish, tokens: Vec::new() });
            }
        }
        Ok(())
    }
}

/// The reward of a letter, whatever comes before it.
struct Letters(&'static [(char, f64)]);

impl Verifier for Letters {
    fn score(&self, _: &Context, _: &Question, cot: &Cot) -> Result<Rewards> {
        let reward = |step: &touchstone::Step| {
            let letter = step.trim_end_matches(')').chars().last();
            self.0.iter().find(|(known, _)| Some(*known) == letter).map(|(_, reward)| *reward)
        };
        Rewards::new(cot.steps.iter().map(reward).collect())
    }
}

struct Told {
    solution: Solution,
    calls: Vec<Vec<String>>,
}

impl Told {
    fn candidates(&self) -> Vec<String> {
        let letters = |text: &str| text.replace("\n\n", "").replace("The answer is (", "").replace(')', "");
        self.solution.candidates.iter().map(|candidate| letters(&candidate.text)).collect()
    }

    fn answer(&self) -> Option<&str> {
        self.solution.choice.answer.as_deref()
    }
}

fn solve(strategy: &str, script: &Script, letters: &Letters) -> Told {
    let world = World::default();
    let question = Question { id: 1.into(), category: "math".into(), text: "?".to_owned() };
    let strategy: StrategySettings = strategy.parse().unwrap();
    let solver = world.solver(script, Some(letters));
    let solution = strategy.solve(&solver, &question, &Prompt { text: "?".to_owned() }).unwrap();
    Told { solution, calls: std::mem::take(&mut script.calls.lock().unwrap()) }
}

const REWARDS: Letters = Letters(&[
    ('a', 0.9),
    ('b', 0.8),
    ('c', 0.7),
    ('d', 0.1),
    ('e', 0.5),
    ('f', 0.6),
    ('A', 0.3),
    ('B', 0.4),
    ('C', 0.95),
    ('D', 0.65),
]);

#[test]
fn beam_search_keeps_the_best_of_all_beams_and_writes_after_each() {
    let script = Script::new(&[("", "dabc"), ("a", "ef"), ("b", "AD"), ("af", "BC")]);
    let told = solve("beam_search{beams=4,width=2}", &script, &REWARDS);
    // Of d, a, b, c the best are a (0.9) and b (0.8); of ae, af, bA, bD the best are bD (0.65), which is finished, and af (0.6);
    // of bA, bD, afB, afC the best is afC (0.95): nothing goes on.
    assert_eq!(told.calls, [vec!["×4"], vec!["a×2", "b×2"], vec!["af×2"]]);
    assert_eq!(told.candidates(), ["afB", "afC", "bA", "bD"]);
    assert_eq!(told.answer(), Some("C"));
    assert_eq!(*told.solution.best().unwrap().rewards, [Some(0.9), Some(0.6), Some(0.95)]);
}

#[test]
fn a_finished_beam_that_is_better_than_all_others_ends_a_beam_search() {
    let script = Script::new(&[("", "aC")]);
    let told = solve("beam_search{beams=2,width=2}", &script, &REWARDS);
    assert_eq!((told.candidates(), told.answer()), (vec!["C".to_owned()], Some("C")));
}

#[test]
fn trees_go_on_each_by_its_own_best_step() {
    let script = Script::new(&[("", "abdc"), ("a", "AB"), ("c", "AD")]);
    let told = solve("diverse_verifier_tree_search{beams=4,width=2}", &script, &REWARDS);
    // The trees are a, b and d, c: b (0.8) is out though it is better than c (0.7), since a is in its tree.
    assert_eq!(told.calls, [vec!["×4"], vec!["a×2", "c×2"]]);
    assert_eq!(told.candidates(), ["aA", "aB", "cA", "cD"]);
    assert_eq!(told.answer(), Some("D"));
    let voted = r#"diverse_verifier_tree_search{beams=4,width=2,choose=weighted_vote}"#;
    // A has 0.3 + 0.3, B 0.4, D 0.65.
    assert_eq!(solve(voted, &script, &REWARDS).answer(), Some("D"));
    let majority = r#"diverse_verifier_tree_search{beams=4,width=2,choose=majority_vote}"#;
    assert_eq!(solve(majority, &script, &REWARDS).answer(), Some("A"));
}

#[test]
fn beams_of_the_same_text_are_samples_of_one_prompt() {
    let script = Script::new(&[("", "aabd"), ("a", "ABCD")]);
    let told = solve("beam_search{beams=4,width=2}", &script, &REWARDS);
    assert_eq!(told.calls, [vec!["×4"], vec!["a×4"]]);
    assert_eq!(told.candidates(), ["aA", "aB", "aC", "aD"]);
}

#[test]
fn a_search_may_go_by_the_aggregator() {
    struct Lowest;
    impl touchstone::Aggregator for Lowest {
        fn aggregate(&self, rewards: &[Option<f64>]) -> Result<f64> {
            Ok(touchstone::aggregator::present(rewards).fold(1.0, f64::min))
        }
    }
    let script = Script::new(&[("", "cd"), ("c", "ba"), ("ca", "AA"), ("cb", "BB")]);
    let world = World { aggregator: Box::new(Lowest), ..World::default() };
    let question = Question { id: 1.into(), category: "math".into(), text: "?".to_owned() };
    let answer = |strategy: &str| {
        let strategy: StrategySettings = strategy.parse().unwrap();
        let solver = world.solver(&script, Some(&REWARDS));
        strategy.solve(&solver, &question, &Prompt { text: "?".to_owned() }).unwrap().choice.answer.unwrap()
    };
    // After c (0.7) the lowest reward of cb and of ca is 0.7: the first goes on. By the last step it is a (0.9).
    assert_eq!(answer("beam_search{beams=2,width=2,guide=aggregator}"), "B");
    assert_eq!(answer("beam_search{beams=2,width=2}"), "A");
}

#[test]
fn at_a_low_temperature_every_particle_follows_the_best_one() {
    let script = Script::new(&[("", "adbc"), ("a", "efBA"), ("af", "DCBA")]);
    let told = solve("particle_filtering{particles=4,temperature=0.001}", &script, &REWARDS);
    // Four first steps, of which a (0.9) is drawn four times; then e, f, B, A, of which f (0.6); then all are finished.
    assert_eq!(told.calls, [vec!["×4"], vec!["a×4"], vec!["af×4"]]);
    assert_eq!(told.candidates(), ["afD", "afC", "afB", "afA"]);
    assert_eq!(told.answer(), Some("C"));
}

#[test]
fn particles_of_equal_rewards_are_all_kept_by_systematic_resampling() {
    let script = Script::new(&[("", "aC"), ("a", "B")]);
    let equal = Letters(&[('a', 0.5), ('C', 0.5), ('B', 0.25)]);
    let told = solve("particle_filtering{particles=2,resampling=systematic}", &script, &equal);
    assert_eq!(told.calls, [vec!["×2"], vec!["a×1"]]);
    assert_eq!(told.candidates(), ["aB", "C"]);
    assert_eq!(told.answer(), Some("C"));
}

/// The answers of the samples of one call after the other.
struct Calls(&'static [&'static str], Mutex<usize>);

impl Generator for Calls {
    fn generate(
        &self,
        _: &Context,
        _: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        let mut call = self.1.lock().unwrap();
        let letters = self.0[*call];
        *call += 1;
        assert_eq!(letters.len(), request.samples);
        for (sample, letter) in letters.chars().enumerate() {
            let text = format!("The answer is ({letter})");
            done(
                Sample { prompt: 0, sample },
                Completion { text, finish: FinishReason::EndOfText, tokens: Vec::new() },
            );
        }
        Ok(())
    }
}

/// How many solutions self-consistency samples of these, and what it answers.
fn sampled(strategy: &str, calls: &'static [&'static str]) -> (usize, Option<String>) {
    let world = World::default();
    let question = Question { id: 1.into(), category: "math".into(), text: "?".to_owned() };
    let generator = Calls(calls, Mutex::new(0));
    let strategy: StrategySettings = strategy.parse().unwrap();
    let solution =
        strategy.solve(&world.solver(&generator, None), &question, &Prompt { text: "?".to_owned() }).unwrap();
    (solution.candidates.len(), solution.choice.answer)
}

#[test]
fn adaptive_consistency_stops_where_the_beta_criterion_exceeds_its_confidence() {
    let letter = |answer: &str| Some(answer.to_owned());
    // Four of one answer: 31/32.
    assert_eq!(sampled("self_consistency", &["A"; 40]), (4, letter("A")));
    // Six to one: 247/256, where five to one is 120/128.
    assert_eq!(sampled("self_consistency", &["B", "A", "A", "A", "A", "A", "A", "C"]), (7, letter("A")));
    // Never decided.
    assert_eq!(sampled("self_consistency{samples=4}", &["A", "B", "A", "B"]), (4, letter("A")));
    // Answers that are none vote, and decide nothing.
    let (count, answer) = sampled("self_consistency{samples=6}", &["?"; 6]);
    assert_eq!((count, answer), (6, None));
    let two_at_once = r#"self_consistency{samples=5,stopping={"type":"beta","samples_at_once":2}}"#;
    assert_eq!(sampled(two_at_once, &["AB", "AB", "A"]), (5, letter("A")));
}

#[test]
fn early_stopping_self_consistency_stops_at_the_first_window_that_agrees() {
    let windows = r#"self_consistency{samples=10,stopping={"type":"window","size":3}}"#;
    let letter = |answer: &str| Some(answer.to_owned());
    assert_eq!(sampled(windows, &["AAa", "BBB"]).0, 3);
    assert_eq!(sampled(windows, &["AAB", "CCC", "AAA"]), (6, letter("C")));
    // The last window is the rest; a window without answers decides nothing.
    assert_eq!(sampled(windows, &["ABC", "???", "ABA", "B"]), (10, letter("A")));
}
