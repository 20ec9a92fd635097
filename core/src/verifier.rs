//! From CoTs to rewards.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Context, Cot, CotId, Error, Question, QuestionCots, QuestionId, Result, Rewards, parallel};

/// Gives rewards to CoTs. A reward model is a verifier; so is anything else that can say how far a CoT is to be trusted.
///
/// **Who calls it, when, with what.** A scoring job opens the verifier once from its [settings](VerifierSettings), hands
/// [`score_all`](Self::score_all) the questions of a category with their CoTs, and writes down each CoT's rewards as they
/// come. A service or a search strategy calls [`score_question`](Self::score_question) for one question at a time. Both
/// call from many threads. CoTs may be empty, steps may be long.
///
/// **Which method to write.** [`score`](Self::score) is all that a simple verifier writes. A verifier that compares a
/// question's CoTs with one another (agreement, a listwise model) writes `score_question` and says so by its
/// [`scope`](Self::scope). A verifier that gains from batches (prefix sharing, requests in flight) overrides `score_all`.
///
/// **What must hold.** One reward a step, one a sampled verdict, or one a CoT; every one a probability or missing. The
/// rewards of a CoT depend on nothing but the verifier's settings and what its scope names: not on the order of the work,
/// on what else is in a batch, or on the number of threads. So the three methods agree with each other.
///
/// **What may go wrong.** A CoT that cannot be judged (longer than the model's context, no verdict) has missing rewards;
/// that is no error. An error means that the verifier cannot go on, and ends the job with what was done kept.
///
/// # A whole verifier
/// ```
/// use touchstone::{Context, Cot, Question, Result, Rewards, Verifier, VerifierSettings};
///
/// /// Trusts each step that states an equation.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct Equations {
///     /// The reward of a step without an equation.
///     #[serde(default)]
///     pub otherwise: f64,
/// }
///
/// impl Verifier for Equations {
///     fn score(&self, _context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
///         let reward = |text: &str| if text.contains('=') { 1.0 } else { self.otherwise };
///         Rewards::new(cot.steps.iter().map(|step| Some(reward(step))).collect())
///     }
/// }
///
/// // Nothing to load: the settings are the verifier.
/// impl VerifierSettings for Equations {
///     fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
///         Ok(Box::new(self.clone()))
///     }
/// }
///
/// touchstone::register!(Verifier, "equations", Equations);
/// # fn main() {}
/// ```
pub trait Verifier: Send + Sync {
    /// The rewards of one CoT on its own.
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards>;

    /// What the rewards of a CoT depend on; jobs resume in units of it.
    fn scope(&self) -> Scope {
        Scope::Cot
    }

    /// The rewards of all CoTs of one question, in their order. Provided: [`score`](Self::score) for each.
    fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        work.cots.iter().map(|cot| self.score(context, &work.question, cot)).collect()
    }

    /// Scores many questions with all their CoTs, and hands each CoT's rewards to `done` as soon as they are final, in any
    /// order and from any thread, so that a job can journal them. Stops early, with [`Error::Cancelled`](crate::Error),
    /// when the context asks for it. Provided: [`score_question`](Self::score_question) on all threads.
    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> Result<()> {
        score_each(self, context, work, done)
    }
}

/// Scores one question after the other on all threads, each by [`Verifier::score_question`]: what
/// [`Verifier::score_all`] does where a verifier does not override it.
///
/// # Errors
/// The first of the verifier's, with its question; a panic of the verifier is one, too.
pub fn score_each<V: Verifier + ?Sized>(
    verifier: &V,
    context: &Context,
    work: &[QuestionCots],
    done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
) -> Result<()> {
    parallel::try_for_each(work, |unit| {
        context.check_cancelled()?;
        for (cot, rewards) in unit.cots.iter().zip(score_named(verifier, context, unit)?) {
            done(ScoredCot { question: &unit.question.id, cot: cot.id }, rewards);
        }
        Ok(())
    })
}

/// Scores one question. What goes wrong, a panic included, is an error that names the question.
fn score_named<V: Verifier + ?Sized>(verifier: &V, context: &Context, unit: &QuestionCots) -> Result<Vec<Rewards>> {
    let scored = catch_unwind(AssertUnwindSafe(|| verifier.score_question(context, unit)));
    scored.unwrap_or_else(|payload| Err(Error::panicked(payload))).map_err(|error| match error {
        Error::Cancelled => Error::Cancelled,
        error => error.at(format!("question {}", unit.question.id)),
    })
}

/// Which CoT a verifier is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScoredCot<'a> {
    /// The question.
    pub question: &'a QuestionId,
    /// The CoT among the question's.
    pub cot: CotId,
}

/// What the rewards of a CoT depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The question and the CoT alone.
    Cot,
    /// The question and all its CoTs: another set of CoTs gives other rewards.
    Question,
}

/// What a recipe holds of a verifier: plain data from which the verifier is opened, once a job. Opening loads models, so
/// it may take long and may fail; the settings themselves cost nothing.
pub trait VerifierSettings: Send + Sync {
    /// Loads what the verifier needs.
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;
    use crate::{Category, Registry};

    /// Rewards a CoT with its id in hundredths; fails at one question, or stops the job at one while others are at work.
    #[derive(Default)]
    struct ById {
        fails_at: Option<i64>,
        stops_at: Option<i64>,
    }

    impl Verifier for ById {
        fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
            if self.fails_at == question.id.as_integer() {
                return Err(Error::plugin("by_id", "this question is too hard"));
            }
            if self.stops_at == question.id.as_integer() {
                context.cancel();
            }
            while self.stops_at.is_some() && context.check_cancelled().is_ok() {
                std::thread::yield_now();
            }
            Rewards::new(vec![Some(cot.id.0 as f64 / 100.0)])
        }
    }

    const QUESTIONS: i64 = 1000;

    /// Three CoTs for each question.
    fn work() -> Vec<QuestionCots> {
        let cot = |id| Cot { id: CotId(id), steps: Vec::new(), answer: None };
        let unit = |id: i64| QuestionCots {
            question: Question { id: id.into(), category: "law".into(), text: String::new() },
            cots: (0..3).map(cot).collect(),
        };
        (0..QUESTIONS).map(unit).collect()
    }

    /// What `score_all` gave, and what it handed over before.
    fn scored(verifier: &ById) -> (Result<()>, BTreeMap<(QuestionId, CotId), Rewards>) {
        let done = Mutex::new(BTreeMap::new());
        let result = verifier.score_all(&Context::new(Registry::builtin()), &work(), &|cot, rewards| {
            let earlier = done.lock().unwrap().insert((cot.question.clone(), cot.cot), rewards);
            assert!(earlier.is_none(), "{cot:?} comes twice");
        });
        (result, done.into_inner().unwrap())
    }

    #[test]
    fn score_all_hands_over_every_cot_once_with_its_own_rewards() {
        let (result, done) = scored(&ById::default());
        result.unwrap();
        assert_eq!(done.len(), 3 * QUESTIONS as usize);
        for ((_, cot), rewards) in done {
            assert_eq!(*rewards, [Some(cot.0 as f64 / 100.0)]);
        }
    }

    #[test]
    fn the_error_of_one_question_ends_the_job_with_what_was_done_kept() {
        let (result, done) = scored(&ById { fails_at: Some(7), ..ById::default() });
        assert!(result.unwrap_err().to_string().contains("too hard"));
        assert!(!done.contains_key(&(7.into(), CotId(0))));
    }

    #[test]
    fn a_cancelled_job_ends_before_its_time() {
        let (result, done) = scored(&ById { stops_at: Some(0), ..ById::default() });
        assert!(matches!(result, Err(Error::Cancelled)));
        // The question that was at work when the job was stopped is whole.
        assert!(done.contains_key(&(0.into(), CotId(2))));
        assert!(done.len() < 3 * QUESTIONS as usize);
    }

    /// Fails at the question of this id, in its way.
    struct FailsAt(&'static str, fn() -> Result<Rewards>);

    impl Verifier for FailsAt {
        fn score(&self, _context: &Context, question: &Question, _cot: &Cot) -> Result<Rewards> {
            if question.id.as_str() == self.0 { (self.1)() } else { Rewards::new(vec![Some(0.5)]) }
        }
    }

    /// What [`score_each`] says of three questions of which the second fails so.
    fn error_of(fails: fn() -> Result<Rewards>) -> Error {
        let unit = |id: &str| QuestionCots {
            question: Question { id: id.into(), category: Category::new("law"), text: String::new() },
            cots: vec![Cot { id: CotId(0), steps: Vec::new(), answer: None }],
        };
        let work = ["a", "b", "c"].map(unit);
        let done = Mutex::new(Vec::new());
        let context = Context::new(Registry::builtin());
        let result = score_each(&FailsAt("b", fails), &context, &work, &|cot, _| {
            done.lock().unwrap().push(cot.question.to_string());
        });
        assert!(!done.into_inner().unwrap().contains(&"b".to_owned()));
        result.unwrap_err()
    }

    #[test]
    fn an_error_of_a_verifier_names_the_question() {
        let message = error_of(|| Err(Error::plugin("model", "no memory left"))).to_string();
        assert_eq!(message, "question b: the plugin \"model\" failed: no memory left");
    }

    #[test]
    fn a_panic_of_a_verifier_is_an_error_that_names_the_question() {
        let message = error_of(|| panic!("step {} has no end", 3)).to_string();
        assert!(message.starts_with("question b: it panicked: step 3 has no end"), "{message}");
    }

    #[test]
    fn a_panic_without_a_message_is_an_error_all_the_same() {
        let message = error_of(|| std::panic::panic_any(7)).to_string();
        assert!(message.starts_with("question b: it panicked: it gave no message"), "{message}");
    }

    #[test]
    fn a_verifier_that_stops_on_request_is_no_error_of_a_question() {
        assert!(matches!(error_of(|| Err(Error::Cancelled)), Error::Cancelled));
    }
}
