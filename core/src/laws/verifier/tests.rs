use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::breach::{Home, assert_every_law_held, only_breach};
use super::*;
use crate::verifier::ScoredCot;
use crate::{Error, Registry};

type Done<'a> = &'a (dyn Fn(ScoredCot<'_>, Rewards) + Sync);

/// One reward for each step, by its length; each test changes one method of it.
struct Honest;

impl Verifier for Honest {
    fn score(&self, _context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
        let reward = |length: usize| (length > 0).then(|| 1.0 / length as f64);
        Rewards::new(cot.steps.iter().map(|step| reward(step.len())).collect())
    }
}

fn one(reward: f64) -> Rewards {
    Rewards::new(vec![Some(reward)]).unwrap()
}

fn report(verifier: &dyn Verifier) -> Report {
    check(verifier, &Context::new(Registry::builtin()))
}

fn breach(verifier: &dyn Verifier) -> String {
    only_breach(&report(verifier))
}

#[test]
fn every_law_holds_of_a_reward_a_step_and_it_is_timed() {
    let report = report(&Honest);
    assert_every_law_held(&report);
    assert!(report.time_per_call.is_some(), "{report}");
}

#[test]
fn every_law_holds_of_a_verifier_that_compares_cots() {
    struct Share;
    impl Verifier for Share {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(1.0))
        }
        fn scope(&self) -> Scope {
            Scope::Question
        }
        fn score_question(&self, _context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
            Ok(work.cots.iter().map(|_| one(1.0 / work.cots.len() as f64)).collect())
        }
    }
    assert_every_law_held(&report(&Share));
}

#[test]
fn an_error_is_a_breach_and_names_the_cots() {
    struct Strict;
    impl Verifier for Strict {
        fn score(&self, _context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
            if cot.steps.is_empty() { Err(Error::plugin("strict", "no steps")) } else { Ok(one(0.5)) }
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            context.check_cancelled()?;
            Honest.score_all(context, work, &|cot, _| done(cot, one(0.5)))
        }
    }
    let told = breach(&Strict);
    assert!(told.contains("score_question of CoTs without steps, text and answer gave the error: "), "{told}");
    assert!(told.ends_with("no steps"), "{told}");
}

#[test]
fn a_panic_is_a_breach() {
    struct Ascii;
    impl Verifier for Ascii {
        fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
            assert!(cot.steps.iter().all(|step| !step.contains('\0')), "a NUL in CoT {}", cot.id);
            Honest.score(context, question, cot)
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            Honest.score_all(context, work, done)
        }
    }
    let told = breach(&Ascii);
    let expected = "no input makes it panic: score_question of CoTs of hard texts panicked: a NUL in CoT 11";
    assert_eq!(told, expected);
}

#[test]
fn too_few_lists_are_a_breach() {
    struct Short;
    impl Verifier for Short {
        fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
            Honest.score(context, question, cot)
        }
        fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
            let mut lists = Honest.score_question(context, work)?;
            lists.truncate(15);
            Ok(lists)
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            Honest.score_all(context, work, done)
        }
    }
    let expected = "score_question gives one list of rewards for each CoT: score_question of 16 CoTs of 2 kB gave 15 lists \
                    for 16 CoTs";
    assert_eq!(breach(&Short), expected);
}

#[test]
fn rewards_that_hang_on_earlier_calls_are_a_breach_and_nothing_is_compared() {
    #[derive(Default)]
    struct Tired(AtomicUsize);
    impl Verifier for Tired {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(1.0 / (1.0 + self.0.fetch_add(1, Ordering::Relaxed) as f64)))
        }
    }
    let report = report(&Tired::default());
    let told = only_breach(&report);
    assert!(
        told.starts_with("the same input gives the same result twice: score_question of a CoT of 10,000"),
        "{told}"
    );
    let noted = report.findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Noted(_)));
    assert_eq!(noted.count(), 4, "{report}");
}

#[test]
fn rewards_that_hang_on_the_thread_are_a_breach() {
    #[derive(Default)]
    struct Local(Home);
    impl Verifier for Local {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(if self.0.earlier_calls().is_some() { 0.5 } else { 0.25 }))
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            Honest.score_all(context, work, &|cot, _| done(cot, one(0.5)))
        }
    }
    let told = breach(&Local::default());
    assert!(told.starts_with("eight threads at once get what one thread gets: score_question of "), "{told}");
}

#[test]
fn a_score_that_differs_is_a_breach() {
    struct Split;
    impl Verifier for Split {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(0.75))
        }
        fn score_question(&self, _context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
            Ok(work.cots.iter().map(|_| one(0.25)).collect())
        }
    }
    let expected = "score agrees with score_question: CoT 0 of question \"1\" got Rewards([Some(0.75)]) from score, \
                    [Rewards([Some(0.25)])] from score_question among all CoTs";
    assert_eq!(breach(&Split), expected);
}

#[test]
fn a_score_that_differs_from_that_of_the_lone_cot_is_a_breach_where_cots_are_compared() {
    struct Compared;
    impl Verifier for Compared {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(0.75))
        }
        fn scope(&self) -> Scope {
            Scope::Question
        }
        fn score_question(&self, _context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
            Ok(work.cots.iter().map(|_| one(0.25)).collect())
        }
    }
    let told = breach(&Compared);
    assert!(told.ends_with("[Rewards([Some(0.25)])] from score_question of it alone"), "{told}");
}

/// Scores as the honest one does, but `score_all` hands over what this makes of it.
struct Handing<F>(F);

impl<F: Fn(ScoredCot<'_>, Rewards, Done<'_>) + Send + Sync> Verifier for Handing<F> {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        Honest.score(context, question, cot)
    }
    fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
        Honest.score_all(context, work, &|cot, rewards| (self.0)(cot, rewards, done))
    }
}

const ONCE: &str = "score_all gives each CoT its rewards once: score_all handed over ";

#[test]
fn a_cot_left_out_by_score_all_is_a_breach() {
    let told = breach(&Handing(|cot: ScoredCot<'_>, rewards: Rewards, done: Done<'_>| {
        if cot.cot != CotId(15) {
            done(cot, rewards);
        }
    }));
    assert_eq!(told, format!("{ONCE}CoT 15 of question \"1\" 0 times"));
}

#[test]
fn a_cot_handed_over_twice_is_a_breach() {
    let told = breach(&Handing(|cot: ScoredCot<'_>, rewards: Rewards, done: Done<'_>| {
        done(cot, rewards.clone());
        done(cot, rewards);
    }));
    assert_eq!(told, format!("{ONCE}CoT 0 of question \"1\" 2 times"));
}

#[test]
fn a_cot_that_nobody_asked_for_is_a_breach() {
    let told = breach(&Handing(|cot: ScoredCot<'_>, rewards: Rewards, done: Done<'_>| {
        if cot.cot == CotId(-1) {
            done(ScoredCot { cot: CotId(-2), ..cot }, rewards.clone());
        }
        done(cot, rewards);
    }));
    assert_eq!(told, format!("{ONCE}CoT -2 of question \"none\", which nobody asked for"));
}

#[test]
fn a_score_all_that_differs_is_a_breach() {
    struct Batched;
    impl Verifier for Batched {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(0.5))
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            Honest.score_all(context, work, &|cot, _| done(cot, one(0.75)))
        }
    }
    let expected = "score_all agrees with score_question: CoT 0 of question \"1\" got Rewards([Some(0.75)]) from score_all, \
                    Rewards([Some(0.5)]) from score_question";
    assert_eq!(breach(&Batched), expected);
}

#[test]
fn rewards_by_place_are_a_breach() {
    struct FirstIsBest;
    impl Verifier for FirstIsBest {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(1.0))
        }
        fn scope(&self) -> Scope {
            Scope::Question
        }
        fn score_question(&self, _context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
            Ok((0..work.cots.len()).map(|place| one(1.0 / (1.0 + place as f64))).collect())
        }
    }
    let told = breach(&FirstIsBest);
    assert!(told.starts_with("the order of CoTs and questions changes no rewards: CoT 15 of question"), "{told}");
    assert!(told.contains("from score_question, but "), "{told}");
}

#[test]
fn rewards_by_the_order_of_the_questions_are_a_breach() {
    struct Warm;
    impl Verifier for Warm {
        fn score(&self, _context: &Context, _question: &Question, _cot: &Cot) -> Result<Rewards> {
            Ok(one(0.5))
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            let in_order = work.first().is_some_and(|unit| unit.question.id == 1.into());
            Honest.score_all(context, work, &|cot, _| done(cot, one(if in_order { 0.5 } else { 0.75 })))
        }
    }
    let told = breach(&Warm);
    assert!(told.starts_with("the order of CoTs and questions changes no rewards: CoT 0 of question"), "{told}");
    let end = "got Rewards([Some(0.5)]) from score_all, but Rewards([Some(0.75)]) in the reverse order";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn another_error_than_cancelled_from_a_cancelled_job_is_a_breach() {
    struct Sulking;
    impl Verifier for Sulking {
        fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
            Honest.score(context, question, cot)
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            context.check_cancelled().map_err(|_| Error::plugin("sulking", "aborted"))?;
            Honest.score_all(context, work, done)
        }
    }
    let told = breach(&Sulking);
    assert!(
        told.starts_with("a cancelled score_all ends as cancelled or finishes: a cancelled score_all gave the"),
        "{told}"
    );
    assert!(told.ends_with("aborted"), "{told}");
}

#[test]
fn a_cancelled_job_may_finish_or_say_where_it_was_cancelled_but_not_leave_cots_out() {
    /// What a cancelled job does.
    struct Then<F>(F);
    impl<F: Fn(&[QuestionCots], Done<'_>) -> Result<()> + Send + Sync> Verifier for Then<F> {
        fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
            Honest.score(context, question, cot)
        }
        fn score_all(&self, context: &Context, work: &[QuestionCots], done: Done<'_>) -> Result<()> {
            match context.check_cancelled() {
                Ok(()) => Honest.score_all(context, work, done),
                Err(_) => (self.0)(work, done),
            }
        }
    }
    let finish =
        |work: &[QuestionCots], done: Done<'_>| Honest.score_all(&Context::new(Registry::builtin()), work, done);
    assert_every_law_held(&report(&Then(finish)));
    assert_every_law_held(&report(&Then(|_: &[QuestionCots], _: Done<'_>| Err(Error::Cancelled.at("question 1")))));
    let told = breach(&Then(|_: &[QuestionCots], _: Done<'_>| Ok(())));
    assert!(told.contains("gave no error and handed over CoT 0 of question \"1\" 0 times"), "{told}");
}

#[test]
fn the_callers_context_is_not_cancelled_by_the_check() {
    let context = Context::new(Registry::builtin());
    check(&Honest, &context);
    assert!(context.check_cancelled().is_ok());
}
