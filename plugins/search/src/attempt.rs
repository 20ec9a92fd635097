//! Writing and scoring for one question: the engine of all strategies.
//!
//! ```text
//!              ┌── sample: whole solutions ──┐
//! prompt ──────┤                             ├──▶ drafts ──score──▶ drafts with rewards ──solution──▶ candidates, choice
//!              └── begin, expand: steps ─────┘      ▲                     │
//!                                                   └──── the next step ──┘
//! ```
//! **Randomness.** A generator draws by seed, prompt text and sample number. Every step is asked for with the same seed: the
//! text that it continues is another one each time, and drafts of the same text are samples of one prompt. So what a draft
//! continues with hangs on its text and on how many drafts before it have that text, not on what else is under way.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use touchstone::generator::{Completion, FinishReason, GenerationRequest, Prompt, Sample};
use touchstone::splitter::steps;
use touchstone::verifier::Scope;
use touchstone::{Cot, CotId, Question, QuestionCots, Rewards, Verifier};

use crate::selection::value;
use crate::{Candidate, Ending, Error, Result, Selection, Solution, Solver, Spent};

/// One question that is being solved.
pub(crate) struct Attempt<'a> {
    strategy: &'static str,
    solver: &'a Solver<'a>,
    question: &'a Question,
    prompt: &'a Prompt,
    spent: Spent,
}

/// A solution, finished or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub text: String,
    /// Why it goes no further, once it is finished.
    pub ending: Option<Ending>,
    /// Once it was scored.
    pub rewards: Option<Rewards>,
    steps: usize,
    tokens: usize,
}

/// Drafts of the same text: one prompt.
struct Twins {
    text: String,
    /// Which drafts, and how many continuations of each.
    copies: Vec<(usize, usize)>,
}

impl Twins {
    fn count(&self) -> usize {
        self.copies.iter().map(|(_, copies)| copies).sum()
    }
}

impl<'a> Attempt<'a> {
    /// # Errors
    /// Those of [`Writing::check`](crate::Writing::check).
    pub fn new(
        strategy: &'static str,
        solver: &'a Solver<'a>,
        question: &'a Question,
        prompt: &'a Prompt,
    ) -> Result<Self> {
        solver.writing.check()?;
        Ok(Self { strategy, solver, question, prompt, spent: Spent::default() })
    }

    /// The same, for a strategy that cannot go without a verifier: so it is known before anything is written.
    pub fn with_verifier(
        strategy: &'static str,
        solver: &'a Solver<'a>,
        question: &'a Question,
        prompt: &'a Prompt,
    ) -> Result<Self> {
        let attempt = Self::new(strategy, solver, question, prompt)?;
        attempt.verifier()?;
        Ok(attempt)
    }

    fn verifier(&self) -> Result<&'a dyn Verifier> {
        self.solver.verifier.ok_or(Error::NoVerifier { strategy: self.strategy })
    }

    /// Where randomness starts.
    pub fn seed(&self) -> u64 {
        self.solver.writing.seed
    }

    /// So many whole solutions, in one call.
    pub fn sample(&mut self, samples: usize, seed: u64) -> Result<Vec<Draft>> {
        let writing = self.solver.writing;
        let request = self.request(samples, writing.max_tokens.get(), writing.stop.clone(), seed);
        let completions = self.generate(std::slice::from_ref(self.prompt), &request)?;
        let draft = |completion| {
            let mut draft = self.extended(&Draft::default(), completion);
            // The generator says that a stop text ended it: nothing more was asked for.
            draft.ending = draft.ending.or(Some(Ending::Stop));
            draft
        };
        Ok(completions.into_iter().flatten().map(draft).collect())
    }

    /// So many first steps.
    pub fn begin(&mut self, count: usize) -> Result<Vec<Draft>> {
        Ok(self.expand(&[(&Draft::default(), count)])?.into_iter().flatten().collect())
    }

    /// So many next steps for each draft, none of which is finished: the drafts that they make, for each draft in order.
    ///
    /// There is one call of the generator for all drafts that as many continuations are asked of: one in all, but where
    /// resampling chose some more often than others.
    pub fn expand(&mut self, drafts: &[(&Draft, usize)]) -> Result<Vec<Vec<Draft>>> {
        let writing = self.solver.writing;
        let mut expanded: Vec<Vec<Draft>> = drafts.iter().map(|_| Vec::new()).collect();
        let mut calls: BTreeMap<usize, Vec<Twins>> = BTreeMap::new();
        for twins in twins(drafts).into_iter().filter(|twins| twins.count() > 0) {
            calls.entry(twins.count()).or_default().push(twins);
        }
        let stop: Vec<String> = writing.stop.iter().chain([&writing.delimiter]).cloned().collect();
        for (samples, asked) in calls {
            self.solver.context.check_cancelled()?;
            let prompt = |twins: &Twins| Prompt { text: format!("{}{}", self.prompt.text, twins.text) };
            let prompts: Vec<Prompt> = asked.iter().map(prompt).collect();
            let written = asked.iter().flat_map(|twins| &twins.copies).map(|(draft, _)| drafts[*draft].0.tokens);
            let most = writing.max_tokens.get().saturating_sub(written.min().unwrap_or_default());
            let request = self.request(samples, most, stop.clone(), writing.seed);
            for (twins, completions) in asked.iter().zip(self.generate(&prompts, &request)?) {
                let mut completions = completions.into_iter();
                for (draft, copies) in &twins.copies {
                    let continued = completions.by_ref().take(*copies);
                    expanded[*draft].extend(continued.map(|completion| self.extended(drafts[*draft].0, completion)));
                }
            }
        }
        Ok(expanded)
    }

    /// Gives rewards to the drafts that have none, in one call of the verifier; to all of them where it says that its rewards
    /// hang on what else is there.
    pub fn score(&mut self, drafts: &mut [Draft]) -> Result<()> {
        let verifier = self.verifier()?;
        self.solver.context.check_cancelled()?;
        let all = verifier.scope() == Scope::Question;
        let unscored: Vec<usize> = (0..drafts.len()).filter(|draft| all || drafts[*draft].rewards.is_none()).collect();
        if unscored.is_empty() {
            return Ok(());
        }
        let cots = unscored.iter().enumerate().map(|(id, draft)| self.cot(id, &drafts[*draft].text));
        let work = QuestionCots { question: self.question.clone(), cots: cots.collect::<Result<_>>()? };
        let rewards = verifier.score_question(self.solver.context, &work)?;
        self.spent.verifier_calls += 1;
        self.spent.scored_solutions += work.cots.len() as u64;
        if let Some(forgotten) = work.cots.get(rewards.len()) {
            let question = self.question.id.clone();
            return Err(touchstone::Error::Unscored { question, cot: forgotten.id }.into());
        }
        for (draft, rewards) in unscored.into_iter().zip(rewards) {
            drafts[draft].rewards = Some(rewards);
        }
        Ok(())
    }

    /// The value of a draft by the solver's aggregator.
    pub fn value(&self, draft: &Draft) -> Result<f64> {
        let none = Rewards::default();
        value(CotId(0), draft.rewards.as_ref().unwrap_or(&none), self.solver.aggregator)
    }

    /// Chooses among the drafts. Those that are not finished end here, with as many steps as they may have.
    pub fn solution(self, drafts: Vec<Draft>, selection: Selection) -> Result<Solution> {
        let candidate = |(id, draft): (usize, Draft)| {
            let cot = self.cot(id, &draft.text)?;
            let value = draft.rewards.as_ref().map(|rewards| value(cot.id, rewards, self.solver.aggregator));
            Ok(Candidate {
                value: value.transpose()?,
                cot,
                text: draft.text,
                ending: draft.ending.unwrap_or(Ending::Steps),
                rewards: draft.rewards.unwrap_or_default(),
            })
        };
        let candidates = drafts.into_iter().enumerate().map(candidate).collect::<Result<Vec<Candidate>>>()?;
        let cots: Vec<Cot> = candidates.iter().map(|candidate| candidate.cot.clone()).collect();
        let values: Vec<f64> = candidates.iter().filter_map(|candidate| candidate.value).collect();
        let choice = selection.choose(&cots, &values, self.solver.answers)?;
        Ok(Solution { choice, candidates, spent: self.spent })
    }

    /// The CoT that a text is so far.
    pub fn cot(&self, id: usize, text: &str) -> Result<Cot> {
        // An error concerns one answer, and never the question.
        let answer = self.solver.extractor.extract(text).unwrap_or_default();
        Ok(Cot {
            id: CotId(id as i64),
            steps: steps(self.solver.splitter, text)?,
            answer: answer.filter(|answer| !answer.trim().is_empty()),
        })
    }

    fn request(&self, samples: usize, max_tokens: usize, stop: Vec<String>, seed: u64) -> GenerationRequest {
        let sampler = self.solver.writing.sampler.clone();
        GenerationRequest { samples, max_tokens, stop, sampler, seed, candidates: Vec::new() }
    }

    /// All completions of all prompts, in order.
    fn generate(&mut self, prompts: &[Prompt], request: &GenerationRequest) -> Result<Vec<Vec<Completion>>> {
        let handed = Mutex::new(HashMap::new());
        self.solver.generator.generate(self.solver.context, prompts, request, &|sample, completion| {
            handed.lock().unwrap_or_else(PoisonError::into_inner).insert(sample, completion);
        })?;
        self.spent.generator_calls += 1;
        let mut handed = handed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut completions = Vec::with_capacity(prompts.len());
        for prompt in 0..prompts.len() {
            let mut take = |sample| {
                let sample = Sample { prompt, sample };
                handed.remove(&sample).ok_or(Error::NoCompletion { sample })
            };
            completions.push((0..request.samples).map(&mut take).collect::<Result<Vec<_>>>()?);
        }
        for completion in completions.iter().flatten() {
            self.spent.generated_tokens += completion.tokens.len() as u64;
            let untold = completion.tokens.is_empty() && !completion.text.is_empty();
            self.spent.completions_without_tokens += u64::from(untold);
        }
        Ok(completions)
    }

    /// The draft with one more completion at its end, within the limits.
    fn extended(&self, draft: &Draft, completion: Completion) -> Draft {
        let writing = self.solver.writing;
        let left = writing.max_tokens.get().saturating_sub(draft.tokens);
        let within = match completion.tokens.get(left) {
            Some(beyond) => completion.text.get(..beyond.offset).unwrap_or(&completion.text),
            None => &completion.text,
        };
        let mut text = format!("{}{within}", draft.text);
        let tokens = draft.tokens + completion.tokens.len().min(left);
        let steps = draft.steps + 1;
        let ended = match completion.finish {
            FinishReason::EndOfText => Some(Ending::EndOfText),
            FinishReason::PromptTooLong => Some(Ending::PromptTooLong),
            FinishReason::Length => Some(Ending::Tokens),
            FinishReason::Stop => None,
        };
        let cut = within.len() < completion.text.len();
        let mut ending = if cut { Some(Ending::Tokens) } else { ended };
        // A stop text may begin in an earlier step and end in this one.
        if let Some(end) = writing.stop.iter().filter_map(|stop| text.find(stop.as_str())).min() {
            text.truncate(end);
            ending = Some(Ending::Stop);
        }
        if ending.is_none() && tokens >= writing.max_tokens.get() {
            ending = Some(Ending::Tokens);
        }
        if ending.is_none() && steps >= writing.max_steps.get() {
            ending = Some(Ending::Steps);
        }
        Draft { text, ending, rewards: None, steps, tokens }
    }
}

/// The drafts by their texts, in the order in which these come first.
fn twins(drafts: &[(&Draft, usize)]) -> Vec<Twins> {
    let mut all: Vec<Twins> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, (draft, copies)) in drafts.iter().enumerate() {
        let of_text = *places.entry(&draft.text).or_insert_with(|| {
            all.push(Twins { text: draft.text.clone(), copies: Vec::new() });
            all.len() - 1
        });
        all[of_text].copies.push((place, *copies));
    }
    all
}
