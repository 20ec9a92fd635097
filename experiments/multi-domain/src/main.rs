//! The paper's study from one recipe: rewards, then Best-of-N and weighted vote by category with intervals and pairwise
//! significance, and the paper's figure.

mod recipe;
mod tables;

use std::path::Path;

use anyhow::bail;
use touchstone::evaluation::document::Strategy;
use touchstone::study::{Study, write_tables};
use touchstone::{Context, Registry, Templates};
use touchstone_experiment::{Lines, start, write_text};
use touchstone_report::figure::{FigureSettings, Table, draw};

// A plugin crate that nothing mentions is dropped by the linker, and its plugins with it.
use touchstone_aggregators as _;
use touchstone_candle as _;
use touchstone_discriminative as _;
use touchstone_samplers as _;

use recipe::Recipe;

fn main() -> anyhow::Result<()> {
    let experiment = start::<Recipe>(env!("CARGO_MANIFEST_DIR"))?;
    let mut templates = Templates::new();
    touchstone_generative::add_templates(&mut templates)?;
    let context = Context::new(Registry::builtin()).with_progress(Lines).with_templates(templates);
    let mut text = String::new();
    for part in &experiment.recipe.studies {
        let mut recipe = part.recipe.clone().check()?;
        if !recipe.plugins.is_empty() {
            bail!("{}: this experiment loads no libraries; link their crates in", part.name);
        }
        recipe.data = experiment.data(&recipe.data);
        recipe.out = experiment.writes(&recipe.out);
        recipe.folder = experiment.folder.clone();
        // What an earlier study of this recipe scored lies where that study writes.
        for place in recipe.methods.iter_mut().flat_map(|method| &mut method.rewards) {
            if !place.starts_with("hf://") {
                *place = experiment.writes(Path::new(&*place)).to_string_lossy().into_owned();
            }
        }
        let study = Study::open(&context, recipe)?;
        study.score()?;
        let outcome = study.evaluate()?;
        let folder = experiment.writes(&experiment.recipe.out).join(&part.name);
        // Everything that was found goes beside the rewards, for `touchstone plot` and `touchstone report`.
        write_tables(&outcome, &study.recipe().out)?;
        if let Some(tables) = outcome.published.first() {
            write_text(&folder.join("best_of_n.csv"), &tables.best_of_n_csv())?;
            write_text(&folder.join("weighted_vote.csv"), &tables.weighted_vote_csv())?;
        }
        tables::comparisons(&outcome.evaluation).write_csv(&folder.join("comparisons.csv"))?;
        for (name, strategy) in [("best_of_n", Strategy::BestOfN), ("weighted_vote", Strategy::WeightedVote)] {
            let table = Table::from_evaluation(&outcome.evaluation, strategy)?;
            let drawing = draw(&table, &FigureSettings::default())?;
            write_text(&folder.join(format!("{name}.svg")), &drawing.figure.svg())?;
        }
        text += &format!("## {}\n\n{}\n", part.title, tables::markdown(&outcome.evaluation));
    }
    write_text(&experiment.writes(&experiment.recipe.out).join("result.md"), &text)?;
    println!("{text}");
    Ok(())
}
