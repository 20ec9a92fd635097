//! What does the length of a CoT do to reward models? Accuracy and AUROC by number of steps, for an outcome reward model and
//! for a process reward model under each step-wise aggregation; and how the errors of step rewards add up in their product,
//! beside the paper's bound.

mod compounding;
mod graded;
mod recipe;
mod scope;
mod tables;

use touchstone::evaluation::document::OVERALL;
use touchstone::recipe::Data;
use touchstone::{Category, Templates};
use touchstone_experiment::{Bench, aggregated, start, write_text};
use touchstone_report::figure::draw_chart;

// A plugin crate that nothing mentions is dropped by the linker, and its plugins with it.
use touchstone_aggregators as _;
use touchstone_discriminative as _;

use recipe::Recipe;
use scope::Scope;

fn main() -> anyhow::Result<()> {
    let experiment = start::<Recipe>(env!("CARGO_MANIFEST_DIR"))?;
    let recipe = &experiment.recipe;
    let bench = experiment.bench(&recipe.data, &recipe.work, Templates::new());
    let models = [&recipe.outcome, &recipe.process];
    let mut rewards = Vec::new();
    let mut methods = Vec::new();
    for model in models {
        let folder = bench.rewards(&model.name, &model.verifier)?;
        methods.extend(aggregated(&model.name, &folder, &model.aggregators));
        rewards.push(folder);
    }
    let whole = bench.evaluate(methods.clone(), &recipe.evaluate)?;
    let categories: Vec<Category> = whole.data.categories.iter().map(|category| category.name.clone()).collect();
    let mut scopes = vec![Scope::measure(OVERALL, &bench, whole, &rewards, recipe)?];
    for category in categories {
        let data = Data { categories: vec![category.clone()], ..bench.data.clone() };
        let bench = Bench { data, ..bench.clone() };
        let evaluation = bench.evaluate(methods.clone(), &recipe.evaluate)?;
        scopes.push(Scope::measure(category.as_str(), &bench, evaluation, &rewards, recipe)?);
    }
    let out = experiment.writes(&recipe.out);
    tables::by_length(&scopes).write_csv(&out.join("by_length.csv"))?;
    tables::compounding(&scopes).write_csv(&out.join("compounding.csv"))?;
    let text = tables::markdown(&scopes[0]);
    write_text(&out.join("result.md"), &text)?;
    for (name, chart) in
        [("by_length", tables::auroc_chart(&scopes[0])), ("compounding", tables::error_chart(&scopes[0]))]
    {
        write_text(&out.join(format!("{name}.svg")), &draw_chart(&chart)?.svg())?;
    }
    println!("{text}");
    Ok(())
}
