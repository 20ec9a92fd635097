//! What is promised of the queue, with verifiers that can be held and counted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use touchstone::verifier::ScoredCot;
use touchstone::{Cancellation, Category, Context, Cot, CotId, Error, Question, QuestionCots, Registry, Rewards};

use super::*;
use crate::client::Client;

/// Rewards each step with its length in hundredths, so that a mix-up shows. Begins once it is let, fails at the step "fail", and
/// ends only on request at the step "forever".
#[derive(Default)]
struct ByLength {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_open: Mutex<bool>,
    opened: Condvar,
    calls: Mutex<Vec<usize>>,
    scored: AtomicUsize,
    was_stopped: AtomicBool,
    whole: bool,
}

impl State {
    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Verifier for ByLength {
    fn score(&self, context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
        let state = &self.state;
        let opened = state.opened.wait_while(state.is_open.lock().unwrap(), |open| !*open).unwrap();
        drop(opened);
        state.scored.fetch_add(1, Ordering::Relaxed);
        for step in &cot.steps {
            match &**step {
                "fail" => return Err(Error::plugin("by_length", "it fails")),
                "panic" => panic!("on request"),
                "forever" => {
                    while context.check_cancelled().is_ok() {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    state.was_stopped.store(true, Ordering::Relaxed);
                    return Err(Error::Cancelled);
                }
                _ => {}
            }
        }
        Rewards::new(cot.steps.iter().map(|step| Some(step.len() as f64 / 100.0)).collect())
    }

    fn scope(&self) -> Scope {
        if self.state.whole { Scope::Question } else { Scope::Cot }
    }

    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> Result<()> {
        self.state.calls.lock().unwrap().push(work.iter().map(|unit| unit.cots.len()).sum());
        for unit in work {
            for cot in &unit.cots {
                let scored = ScoredCot { question: &unit.question.id, cot: cot.id };
                context.meter_tokens(scored, 7);
                done(scored, self.score(context, &unit.question, cot)?);
            }
        }
        Ok(())
    }
}

struct Bench {
    scheduler: Scheduler,
    state: Arc<State>,
}

fn bench(batch_cots: usize, state: State) -> Bench {
    let verifier = ByLength { state: Arc::new(state) };
    let state = Arc::clone(&verifier.state);
    let context = Context::new(Registry::builtin());
    let scheduler = Scheduler::new("by_length", Box::new(verifier), context, batch_cots, 1, Metrics::new()).unwrap();
    Bench { scheduler, state }
}

impl Bench {
    /// Submits CoTs of one step each; gives what will come of them, and the client.
    fn submit(&self, question: &str, steps: &[&str]) -> (Receiver<Result<Vec<Scored>>>, Client) {
        let cot = |(id, step): (usize, &&str)| Cot { id: CotId(id as i64), steps: vec![(*step).into()], answer: None };
        let client = Client::default();
        let (sender, receiver) = channel();
        self.scheduler.submit(Job {
            work: QuestionCots {
                question: Question { id: "q".into(), category: Category::new("law"), text: question.to_owned() },
                cots: steps.iter().enumerate().map(cot).collect(),
            },
            client: Arc::new(client.gone()),
            rationales: Wanted::No,
            reply: Box::new(move |scored| drop(sender.send(scored))),
        });
        (receiver, client)
    }

    /// Waits until the worker holds a batch, so that what comes after it waits together.
    fn wait_for_a_call(&self) {
        while self.state.calls.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
    }

    fn calls(&self) -> Vec<usize> {
        self.state.calls.lock().unwrap().clone()
    }
}

fn received(receiver: &Receiver<Result<Vec<Scored>>>) -> Result<Vec<f64>> {
    let scored = receiver.recv_timeout(Duration::from_secs(20)).unwrap()?;
    Ok(scored.into_iter().map(|scored| scored.rewards[0].unwrap()).collect())
}

#[test]
fn requests_that_wait_together_share_a_batch_and_each_gets_its_own() {
    let bench = bench(64, State::default());
    let first = bench.submit("first", &["x"]);
    bench.wait_for_a_call();
    let others: Vec<_> =
        (1..=5).map(|length| bench.submit(&length.to_string(), &["y".repeat(length).as_str(), "zz"])).collect();
    bench.state.open();
    assert_eq!(received(&first.0).unwrap(), [0.01]);
    for (length, (receiver, _client)) in (1..=5).zip(&others) {
        assert_eq!(received(receiver).unwrap(), [length as f64 / 100.0, 0.02]);
    }
    assert_eq!(bench.calls(), [1, 10]);
}

#[test]
fn a_batch_ends_before_the_request_that_is_too_much_and_a_large_one_goes_alone() {
    let bench = bench(4, State::default());
    let first = bench.submit("first", &["x"]);
    bench.wait_for_a_call();
    let others: Vec<_> = [3, 2, 9].map(|count| bench.submit(&count.to_string(), &vec!["a"; count])).into();
    // CoTs that are the same are scored once, so these differ.
    let mixed = bench.submit("mixed", &["a", "bb", "ccc"]);
    bench.state.open();
    assert_eq!(received(&first.0).unwrap(), [0.01]);
    assert_eq!(received(&others[2].0).unwrap(), [0.01; 9]);
    assert_eq!(received(&mixed.0).unwrap(), [0.01, 0.02, 0.03]);
    assert_eq!(bench.calls(), [1, 1, 1, 1, 3], "one CoT each, the same ones once");
}

#[test]
fn what_two_clients_ask_alike_is_scored_once_and_given_to_both() {
    let bench = bench(64, State::default());
    let first = bench.submit("first", &["x"]);
    bench.wait_for_a_call();
    let pair = [bench.submit("same", &["a", "bb"]), bench.submit("same", &["bb", "ccc", "bb"])];
    bench.state.open();
    received(&first.0).unwrap();
    assert_eq!(received(&pair[0].0).unwrap(), [0.01, 0.02]);
    assert_eq!(received(&pair[1].0).unwrap(), [0.02, 0.03, 0.02]);
    assert_eq!(bench.state.scored.load(Ordering::Relaxed), 1 + 3);
}

#[test]
fn cots_that_are_scored_together_stay_together() {
    let bench = bench(64, State { whole: true, ..State::default() });
    let first = bench.submit("first", &["x"]);
    bench.wait_for_a_call();
    let pair = [bench.submit("same", &["a", "a"]), bench.submit("same", &["a", "bb"])];
    bench.state.open();
    received(&first.0).unwrap();
    assert_eq!(received(&pair[0].0).unwrap(), [0.01, 0.01]);
    assert_eq!(received(&pair[1].0).unwrap(), [0.01, 0.02]);
    assert_eq!(bench.calls(), [1, 4], "the same CoT twice is two, and no question is another's");
}

#[test]
fn a_request_that_fails_fails_alone() {
    for step in ["fail", "panic"] {
        let bench = bench(64, State::default());
        let first = bench.submit("first", &["x"]);
        bench.wait_for_a_call();
        let good = bench.submit("good", &["a"]);
        let bad = bench.submit("bad", &[step]);
        let also_good = bench.submit("also good", &["bb"]);
        bench.state.open();
        received(&first.0).unwrap();
        assert_eq!(received(&good.0).unwrap(), [0.01]);
        assert!(received(&bad.0).is_err());
        assert_eq!(received(&also_good.0).unwrap(), [0.02]);
        assert_eq!(received(&bench.submit("later", &["ccc"]).0).unwrap(), [0.03], "the queue goes on");
    }
}

#[test]
fn whoever_goes_is_not_worked_for() {
    let bench = bench(64, State::default());
    let (first, first_client) = bench.submit("first", &["forever"]);
    bench.wait_for_a_call();
    let (waiting, waiting_client) = bench.submit("waiting", &["a"]);
    let stays = bench.submit("stays", &["bb"]);
    drop(waiting_client);
    bench.state.open();
    drop(first_client);
    assert_eq!(received(&stays.0).unwrap(), [0.02], "the batch of the one who has gone was stopped");
    assert!(bench.state.was_stopped.load(Ordering::Relaxed));
    assert_eq!(bench.calls(), [1, 1], "what waited for the other was never begun");
    assert!(first.recv().is_err() && waiting.recv().is_err());
}

#[test]
fn a_batch_goes_on_for_those_who_stay() {
    let bench = bench(64, State::default());
    let first = bench.submit("first", &["x"]);
    bench.wait_for_a_call();
    let (_, goes) = bench.submit("goes", &["a"]);
    let stays = bench.submit("stays", &["bb"]);
    bench.state.open();
    received(&first.0).unwrap();
    drop(goes);
    assert_eq!(received(&stays.0).unwrap(), [0.02]);
}

#[test]
fn tokens_come_with_the_rewards() {
    let bench = bench(64, State::default());
    bench.state.open();
    let (receiver, _client) = bench.submit("q", &["a", "a"]);
    let scored = receiver.recv_timeout(Duration::from_secs(20)).unwrap().unwrap();
    assert!(scored.iter().all(|scored| scored.tokens == Some(7) && scored.rationales.is_none()));
}

#[test]
fn a_service_that_ends_answers_that_it_does() {
    let bench = bench(64, State::default());
    bench.state.open();
    let (receiver, client) = bench.submit("q", &["forever"]);
    bench.wait_for_a_call();
    bench.scheduler.shared.context.cancel();
    assert!(receiver.recv_timeout(Duration::from_secs(20)).unwrap().unwrap_err().is_cancelled());
    assert!(!client.gone().is_cancelled());
}
