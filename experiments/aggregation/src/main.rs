//! Which aggregation for which reward model? Each model scores once; every aggregator then makes values of its rewards, and
//! Best-of-N is held against that of the paper's choice, on the same questions.

mod cells;
mod recipe;
mod tables;

use touchstone::Templates;
use touchstone::recipe::Data;
use touchstone_experiment::{aggregated, start};

// A plugin crate that nothing mentions is dropped by the linker, and its plugins with it.
use touchstone_aggregators as _;
use touchstone_candle as _;
use touchstone_discriminative as _;
use touchstone_samplers as _;

use cells::Cells;
use recipe::Recipe;

fn main() -> anyhow::Result<()> {
    let experiment = start::<Recipe>(env!("CARGO_MANIFEST_DIR"))?;
    let recipe = &experiment.recipe;
    let mut found = Vec::new();
    for model in &recipe.models {
        let mut templates = Templates::new();
        touchstone_generative::add_templates(&mut templates)?;
        let data = Data { questions: model.questions.or(recipe.data.questions), ..recipe.data.clone() };
        let bench = experiment.bench(&data, &recipe.work, templates);
        let rewards = bench.rewards(&model.name, &model.verifier)?;
        let methods = aggregated(&model.name, &rewards, &model.aggregators(&recipe.aggregators));
        let names: Vec<String> = methods.iter().map(|method| method.name.clone()).collect();
        found.push(Cells::of(&model.name, &names, bench.evaluate(methods, &recipe.evaluate)?));
    }
    let out = experiment.writes(&recipe.out);
    tables::csv(&found).write_csv(&out.join("result.csv"))?;
    let text = tables::markdown(&found);
    touchstone_experiment::write_text(&out.join("result.md"), &text)?;
    println!("{text}");
    Ok(())
}
