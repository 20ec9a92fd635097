//! `agreement`: a CoT is trusted as far as the others come to its answer.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use touchstone::answer::AnswerKey;
use touchstone::verifier::Scope;
use touchstone::{
    AnswerEquivalence, Context, Cot, PluginSpec, Question, QuestionCots, Result, Rewards, Verifier, VerifierSettings,
};

/// The share of the question's other CoTs that give the same final answer.
///
/// Assumes that right answers agree and wrong ones scatter, as self-consistency does (Wang et al. 2023). The CoT itself does
/// not count, so an answer that stands alone is trusted with 0. A CoT without an answer has a reward of 0, too; a lone CoT has
/// nothing to agree with, and its reward is missing, as is that of a CoT whose answer cannot be read. Mind that it looks at all
/// CoTs that were scored: under an evaluation that draws N of them it knows more than the N, and is a baseline in its own
/// right beside the majority vote of the N.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// When two answers are the same; `multiple_choice` unless told otherwise.
    #[serde(default = "multiple_choice")]
    pub answers: PluginSpec<dyn AnswerEquivalence>,
}

fn multiple_choice() -> PluginSpec<dyn AnswerEquivalence> {
    PluginSpec::named("multiple_choice")
}

impl Default for Agreement {
    fn default() -> Self {
        Self { answers: multiple_choice() }
    }
}

touchstone::register!(Verifier, "agreement", Agreement);

impl VerifierSettings for Agreement {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(Agreeing { answers: context.registry().make(&self.answers)? }))
    }
}

struct Agreeing {
    answers: Box<dyn AnswerEquivalence>,
}

/// What is known of a CoT's answer.
enum Claim {
    Answer(AnswerKey),
    /// There is none.
    Silent,
    /// The equivalence failed on it: that concerns this one answer, never the job.
    Unreadable,
}

impl Agreeing {
    fn claim(&self, cot: &Cot) -> Claim {
        match self.answers.key(cot.answer.as_deref()) {
            Ok(Some(key)) => Claim::Answer(key),
            Ok(None) => Claim::Silent,
            Err(_) => Claim::Unreadable,
        }
    }
}

impl Verifier for Agreeing {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        let lone = QuestionCots { question: question.clone(), cots: vec![cot.clone()] };
        Ok(self.score_question(context, &lone)?.pop().unwrap_or_default())
    }

    fn scope(&self) -> Scope {
        Scope::Question
    }

    fn score_question(&self, _context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        let claims: Vec<Claim> = work.cots.iter().map(|cot| self.claim(cot)).collect();
        let mut counts: HashMap<&AnswerKey, usize> = HashMap::new();
        for claim in &claims {
            if let Claim::Answer(key) = claim {
                *counts.entry(key).or_default() += 1;
            }
        }
        let others = claims.len().saturating_sub(1);
        let share = |agreeing: usize| (others > 0).then(|| agreeing as f64 / others as f64);
        let reward = |claim: &Claim| match claim {
            Claim::Answer(key) => share(counts.get(key).map_or(0, |count| count - 1)),
            Claim::Silent => share(0),
            Claim::Unreadable => None,
        };
        claims.iter().map(|claim| Rewards::new(vec![reward(claim)])).collect()
    }
}

#[cfg(test)]
mod tests {
    use touchstone::{Category, CotId, Registry};

    use super::*;

    fn rewards(answers: &[Option<&str>]) -> Vec<Option<f64>> {
        let context = Context::new(Registry::builtin());
        let question = Question { id: 1.into(), category: Category::new("law"), text: "?".to_owned() };
        let cot = |(id, answer): (usize, &Option<&str>)| Cot {
            id: CotId(id as i64),
            steps: Vec::new(),
            answer: answer.map(str::to_owned),
        };
        let work = QuestionCots { question, cots: answers.iter().enumerate().map(cot).collect() };
        let verifier = Agreement::default().open(&context).unwrap();
        verifier.score_question(&context, &work).unwrap().iter().flat_map(|rewards| rewards.to_vec()).collect()
    }

    #[test]
    fn an_answer_is_worth_the_share_of_the_others_that_give_it() {
        let given = [Some("A"), Some("b"), Some(" a "), Some("A"), Some("C")];
        assert_eq!(rewards(&given), [Some(0.5), Some(0.0), Some(0.5), Some(0.5), Some(0.0)]);
    }

    #[test]
    fn under_multiple_choice_unreadable_answers_agree_as_they_do_in_its_votes() {
        assert_eq!(rewards(&[None, Some("none"), Some("A")]), [Some(0.5), Some(0.5), Some(0.0)]);
    }

    #[test]
    fn a_lone_cot_has_nothing_to_agree_with() {
        assert_eq!(rewards(&[Some("A")]), [None]);
        assert_eq!(rewards(&[]), []);
    }

    struct Picky;
    impl AnswerEquivalence for Picky {
        fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>> {
            match answer {
                Some("?") => Err(touchstone::Error::plugin("picky", "what is this")),
                answer => Ok(answer.map(|answer| AnswerKey(answer.to_owned()))),
            }
        }
    }

    #[test]
    fn no_answer_is_worth_nothing_and_one_that_cannot_be_read_is_missing() {
        let verifier = Agreeing { answers: Box::new(Picky) };
        let question = Question { id: 1.into(), category: Category::new("law"), text: "?".to_owned() };
        let cot = |answer: Option<&str>| Cot { id: CotId(0), steps: Vec::new(), answer: answer.map(str::to_owned) };
        let work = QuestionCots { question, cots: [Some("?"), None, None, Some("4"), Some("4")].map(cot).into() };
        let rewards = verifier.score_question(&Context::new(Registry::builtin()), &work).unwrap();
        let rewards: Vec<_> = rewards.iter().map(|rewards| rewards[0]).collect();
        assert_eq!(rewards, [None, Some(0.0), Some(0.0), Some(0.25), Some(0.25)]);
    }
}
