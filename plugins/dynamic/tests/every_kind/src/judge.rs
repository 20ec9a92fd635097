//! A verifier that asks a generator of the program, with a template of the program.

use std::sync::Mutex;

use touchstone_sdk::generator::{Completion, GenerationRequest, Generator, Prompt};
use touchstone_sdk::{
    Context, Cot, Error, PluginSpec, Question, Result, Rewards, Sampler, Verifier, VerifierSettings, serde_json::json,
};

/// Asks a generator how good a CoT is: its answer is the reward.
#[touchstone_sdk::settings]
pub struct Judge {
    /// Who is asked.
    pub generator: PluginSpec<dyn Generator>,
    /// How the generator chooses tokens.
    pub sampler: PluginSpec<dyn Sampler>,
    /// How it is asked: a template that gets `question` and `steps`.
    pub template: String,
}

struct Opened {
    settings: Judge,
    generator: Box<dyn Generator>,
}

impl VerifierSettings for Judge {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        let generator = context.registry().make(&self.generator)?.open(context)?;
        Ok(Box::new(Opened { settings: self.clone(), generator }))
    }
}

impl Verifier for Opened {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        let values = json!({ "question": question.text, "steps": cot.steps });
        let text = context.templates().render(&self.settings.template, values)?;
        let request = GenerationRequest {
            samples: 1,
            max_tokens: 8,
            stop: vec!["\n".to_owned()],
            sampler: self.settings.sampler.clone(),
            seed: 42,
            candidates: vec![" Yes".to_owned(), " No".to_owned()],
        };
        let answers: Mutex<Vec<Completion>> = Mutex::default();
        self.generator.generate(context, &[Prompt { text }], &request, &|_, completion| {
            answers.lock().unwrap().push(completion);
        })?;
        let answers = answers.into_inner().unwrap();
        let reward = |answer: &Completion| {
            answer.text.trim().parse().map_err(|_| Error::plugin("judge", format!("{:?} is no reward", answer.text)))
        };
        Rewards::new(answers.iter().map(|answer| reward(answer).map(Some)).collect::<Result<_>>()?)
    }
}
