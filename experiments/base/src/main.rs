//! Makes the embedded tiny base model from the bundled training CoTs: a vocabulary, then a language model.
//!
//! `cargo run --release -p touchstone-base -- experiments/base/recipe.yaml --out plugins/candle/tiny` writes a model folder
//! in Hugging Face's layout (weights in f16) and `training_log.csv` beside it. The same recipe gives the same vocabulary and
//! first weights everywhere, and the same model on the same machine.

mod batches;
mod corpus;
mod cross_entropy;
mod layout;
mod model_folder;
mod recipe;
mod training;
mod vocabulary;

use std::path::PathBuf;

use candle_core::Device;
use clap::Parser;
use touchstone_candle::Decoder;
use touchstone_candle::config::Config;
use touchstone_candle::weights::random_variables;

use corpus::Corpus;
use recipe::Recipe;
use training::Job;

/// Make the embedded tiny base model
#[derive(Parser)]
struct Arguments {
    /// What it is made from
    recipe: PathBuf,
    /// The folder of the model
    #[arg(long)]
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let recipe = Recipe::read(&arguments.recipe)?;
    let corpus = Corpus::read(&recipe.data, recipe.training.held_out)?;
    let tokenizer = vocabulary::learn(corpus.texts(), recipe.vocabulary)?;
    let config = model_folder::config(&recipe.model, &tokenizer)?;
    model_folder::write(&arguments.out, &config, &tokenizer, recipe.model.context)?;

    let config = Config::from_json("the recipe", &config.to_string())?;
    eprintln!("{} questions, {} parameters", corpus.training.len(), config.parameters());
    let variables = random_variables(&config, recipe.seed, &Device::Cpu)?;
    let decoder = Decoder::trainable(config, &variables, &Device::Cpu)?;
    let job = Job {
        decoder: &decoder,
        variables: &variables,
        tokenizer: &tokenizer,
        corpus: &corpus,
        training: &recipe.training,
        seed: recipe.seed,
        folder: &arguments.out,
    };
    job.run()
}
