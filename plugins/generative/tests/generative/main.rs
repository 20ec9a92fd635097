//! gORM and gPRM, over a generator that follows a script and over small models.
#![allow(clippy::unwrap_used, clippy::panic)]

mod golden;
mod laws;
mod prompts;
mod rationales;
mod scripted;
mod verdicts;

use touchstone_candle as _;
use touchstone_generative as _;
use touchstone_samplers as _;

use touchstone::{
    Category, Context, Cot, CotId, PluginSpec, Question, QuestionCots, Registry, Result, Rewards, Verifier,
};

fn context() -> Context {
    Context::new(Registry::builtin())
}

fn open(spec: &PluginSpec<dyn Verifier>, context: &Context) -> Result<Box<dyn Verifier>> {
    context.registry().make(spec)?.open(context)
}

fn question(id: i64, category: &str) -> Question {
    let text = format!("What is {id} + {id}?");
    Question { id: id.into(), category: Category::new(category), text }
}

fn cot(id: i64) -> Cot {
    let steps = vec![format!("{id} and {id}.").as_str().into(), format!("That is {}.", 2 * id).as_str().into()];
    Cot { id: CotId(id), steps, answer: None }
}

/// So many questions of two CoTs each.
fn work(questions: i64) -> Vec<QuestionCots> {
    (0..questions).map(|id| QuestionCots { question: question(id, "law"), cots: vec![cot(0), cot(1)] }).collect()
}

/// The rewards of every CoT, by question and CoT.
fn scored(verifier: &dyn Verifier, context: &Context, work: &[QuestionCots]) -> Result<Vec<(String, i64, Rewards)>> {
    let given = std::sync::Mutex::new(Vec::new());
    let ended = verifier.score_all(context, work, &|cot, rewards| {
        given.lock().unwrap().push((cot.question.to_string(), cot.cot.0, rewards));
    });
    let mut given = given.into_inner().unwrap();
    given.sort_by_key(|(question, cot, _)| (question.parse::<i64>().unwrap(), *cot));
    ended.map(|()| given)
}
