//! The selection rules are the evaluation's: over the very draws that it makes, accuracies are the same to the last bit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use md5::{Digest, Md5};
use touchstone::answer::{AnswerKey, MultipleChoice};
use touchstone::evaluation::document::Strategy;
use touchstone::evaluation::{
    CotRecord, CotRewards, MAJORITY_VOTE, Method, QuestionRecord, Questions, RewardRecord, Settings, evaluate,
};
use touchstone::random::PythonRandom;
use touchstone::{Aggregator, AnswerEquivalence, Category, Context, Cot, CotId, PluginSpec, Registry, Result, Rewards};
use touchstone_aggregators::{Last, LogOdds, Mean, Min};
use touchstone_search::{Choice, best_of_n, majority_vote, weighted_vote};

const COTS: usize = 9;
const QUESTIONS: usize = 120;
const RUNS: u32 = 20;
const SEED: i64 = 42;

struct Row {
    id: String,
    gold: String,
    cots: Vec<Cot>,
    rewards: Vec<Rewards>,
}

/// Random questions with many ties: few answers, rewards of few values, some missing, some CoTs without any.
fn rows() -> Vec<Row> {
    let mut random = PythonRandom::new(7);
    let mut pick = |count: usize| random.sample(count, 1)[0];
    let answers = [Some("A"), Some("b"), Some("B "), Some("C"), Some("?"), Some(""), None];
    let mut row = |question| {
        let cot = |id, answer: usize| Cot {
            id: CotId(id as i64),
            steps: Vec::new(),
            answer: answers[answer].map(str::to_owned),
        };
        let cots = (0..COTS).map(|id| cot(id, pick(answers.len()))).collect();
        let rewards = (0..COTS).map(|_| {
            let list = (0..pick(4)).map(|_| [Some(0.25), Some(0.5), Some(0.75), None, Some(f64::NAN)][pick(5)]);
            Rewards::new(list.collect::<Vec<_>>()).unwrap()
        });
        let rewards = rewards.collect();
        Row { id: format!("q{question}"), gold: ["A", "B", "C", "N/A"][pick(4)].to_owned(), cots, rewards }
    };
    (0..QUESTIONS).map(&mut row).collect()
}

/// The order in which the evaluation draws a question's CoTs in a run: NumPy's legacy permutation, worked out here anew.
fn order(run: u32, question: &str) -> Vec<usize> {
    let digest = Md5::digest(format!("{SEED}_{run}_{question}"));
    let mut twister = Twister::new(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]));
    let mut order: Vec<usize> = (0..COTS).collect();
    for place in (1..COTS).rev() {
        let mask = u32::MAX >> (place as u32).leading_zeros();
        let other = std::iter::repeat_with(|| (twister.next() & mask) as usize).find(|drawn| *drawn <= place);
        order.swap(place, other.unwrap());
    }
    order
}

/// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), as far as its first 624 numbers.
struct Twister {
    state: Vec<u32>,
    place: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = vec![seed; 624];
        for place in 1..624 {
            let before: u32 = state[place - 1];
            state[place] = 1_812_433_253_u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(place as u32);
        }
        for place in 0..624 {
            let mixed = (state[place] & 0x8000_0000) | (state[(place + 1) % 624] & 0x7fff_ffff);
            let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
            state[place] = state[(place + 397) % 624] ^ (mixed >> 1) ^ odd;
        }
        Self { state, place: 0 }
    }

    fn next(&mut self) -> u32 {
        let mut number = self.state[self.place];
        self.place += 1;
        number ^= number >> 11;
        number ^= (number << 7) & 0x9d2c_5680;
        number ^= (number << 15) & 0xefc6_0000;
        number ^ (number >> 18)
    }
}

/// Answers as they are; "?" cannot be read, and none has no key.
#[derive(Clone)]
struct Exact;

impl AnswerEquivalence for Exact {
    fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>> {
        match answer {
            Some("?") => Err(touchstone::Error::plugin("exact", "what is this")),
            answer => Ok(answer.map(|answer| AnswerKey(answer.trim().to_lowercase()))),
        }
    }
}

type Choose = dyn Fn(&[Cot], &[Rewards]) -> Choice;

/// The mean over runs of the share of right answers, in percent, of N CoTs drawn.
fn accuracy(rows: &[Row], answers: &dyn AnswerEquivalence, n: usize, choose: &Choose) -> f64 {
    let run = |run| {
        let right = rows.iter().filter(|row| {
            // All CoTs are not drawn: they come in the test set's order.
            let drawn: Vec<usize> = match n {
                COTS => (0..COTS).collect(),
                n => order(run, &row.id).into_iter().take(n).collect(),
            };
            let cots: Vec<Cot> = drawn.iter().map(|cot| row.cots[*cot].clone()).collect();
            let rewards: Vec<Rewards> = drawn.iter().map(|cot| row.rewards[*cot].clone()).collect();
            let gold = answers.gold(&row.gold).unwrap_or_default();
            let key = choose(&cots, &rewards).key;
            key.is_some() && key == gold
        });
        right.count() as f64 / rows.len() as f64 * 100.0
    };
    let runs: Vec<f64> = (0..RUNS).map(run).collect();
    touchstone::aggregator::pairwise_mean(&runs)
}

fn holds_for<A: Aggregator + Clone + 'static, E: AnswerEquivalence + Clone + 'static>(aggregator: &A, answers: &E) {
    let rows = rows();
    let law = Category::new("law");
    let mut questions = Questions::new("random", Box::new(answers.clone()));
    let mut method = Method::new("mine", PluginSpec::named("last"), Box::new(aggregator.clone()));
    let replicate = method.replicate("random");
    for row in &rows {
        let record = |cot: &Cot| CotRecord { id: cot.id, answer: cot.answer.clone(), steps: 3, step_labels: None };
        let cots = row.cots.iter().map(record).collect();
        questions.push(&law, QuestionRecord { id: row.id.clone().into(), gold: row.gold.clone(), cots }).unwrap();
        let rewarded = row.cots.iter().zip(&row.rewards);
        let cots = rewarded.map(|(cot, rewards)| CotRewards { id: cot.id, rewards: rewards.clone() }).collect();
        replicate.push(&law, RewardRecord { id: row.id.clone().into(), cots }).unwrap();
    }
    let settings = Settings { n: vec![1, 2, 3, 5, COTS], runs: RUNS, seed: SEED, bootstrap: 0, ..Settings::default() };
    let context = Context::new(Registry::builtin());
    let evaluation = evaluate(&context, &questions, &[method], &settings).unwrap().evaluation;
    let (own, same) = (aggregator.clone(), answers.clone());
    let best: Box<Choose> = Box::new(move |cots, rewards| best_of_n(cots, rewards, &own, &same).unwrap());
    let (own, same) = (aggregator.clone(), answers.clone());
    let weighted: Box<Choose> = Box::new(move |cots, rewards| weighted_vote(cots, rewards, &own, &same).unwrap());
    let same = answers.clone();
    let majority: Box<Choose> = Box::new(move |cots, _| majority_vote(cots, &same));
    for n in settings.n {
        for (strategy, name, choose) in [
            (Strategy::BestOfN, "mine", &best),
            (Strategy::WeightedVote, "mine", &weighted),
            (Strategy::MajorityVote, MAJORITY_VOTE, &majority),
        ] {
            let evaluated = evaluation.accuracy.iter().find(|accuracy| {
                (accuracy.strategy, accuracy.n, accuracy.method.as_str(), accuracy.category.as_str())
                    == (strategy, n, name, "law")
            });
            assert_eq!(accuracy(&rows, answers, n, choose), evaluated.unwrap().mean, "{strategy} of {n}");
        }
    }
}

#[test]
fn over_the_evaluations_draws_accuracies_are_the_evaluations() {
    holds_for(&Last {}, &MultipleChoice {});
    holds_for(&Min {}, &MultipleChoice {});
    holds_for(&Mean {}, &Exact);
}

#[test]
fn values_below_zero_count_against_an_answer_as_they_do_there() {
    let log_odds: LogOdds = serde_json::from_str("{}").unwrap();
    holds_for(&log_odds, &MultipleChoice {});
    holds_for(&log_odds, &Exact);
}
