//! What does the length of a CoT do to reward models? Accuracy and AUROC by number of steps, for an outcome reward model and
//! for a process reward model under each step-wise aggregation; and how the errors of step rewards add up in their product,
//! beside the paper's bound.

mod compounding;
mod material;
mod recipe;
mod scope;
mod tables;

use touchstone::Templates;
use touchstone_experiment::{start, write_text};

// A plugin crate that nothing mentions is dropped by the linker, and its plugins with it.
use touchstone_aggregators as _;
use touchstone_discriminative as _;

use material::Material;
use recipe::Recipe;
use scope::Scope;

fn main() -> anyhow::Result<()> {
    let experiment = start::<Recipe>(env!("CARGO_MANIFEST_DIR"))?;
    let recipe = &experiment.recipe;
    let bench = experiment.bench(&recipe.data, &recipe.work, Templates::new());
    let models = [&recipe.outcome, &recipe.process];
    let [outcome, process] = models.map(|model| bench.rewards(&model.name, &model.verifier));
    let material = Material::read(&bench, models, [&outcome?, &process?], &recipe.evaluate)?;
    let mut scopes = vec![Scope::measure(&material, None, recipe)?];
    for category in material.categories() {
        scopes.push(Scope::measure(&material, Some(&category), recipe)?);
    }
    let out = experiment.writes(&recipe.out);
    tables::by_length(&scopes).write_csv(&out.join("by_length.csv"))?;
    tables::compounding(&scopes).write_csv(&out.join("compounding.csv"))?;
    let text = tables::markdown(&scopes[0]);
    write_text(&out.join("result.md"), &text)?;
    write_text(&out.join("by_length.svg"), &tables::draw_auroc(&scopes[0])?)?;
    write_text(&out.join("compounding.svg"), &tables::draw_errors(&scopes[0])?)?;
    println!("{text}");
    Ok(())
}
