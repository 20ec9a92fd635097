//! What do wrong labels in training do to an outcome reward model and to a process reward model? Labels are flipped with a
//! probability, both models are trained on them, and their AUROC is measured on a test set as it is.

mod adapters;
mod examples;
mod noise;
mod recipe;
mod tables;

use touchstone::{PluginSpec, Templates};
use touchstone_candle::Model;
use touchstone_candle::source::ModelLocation;
use touchstone_experiment::{Sheet, aggregated, start, write_text};

// A plugin crate that nothing mentions is dropped by the linker, and its plugins with it.
use touchstone_aggregators as _;

use recipe::Recipe;
use tables::Trained;

fn main() -> anyhow::Result<()> {
    let experiment = start::<Recipe>(env!("CARGO_MANIFEST_DIR"))?;
    let recipe = &experiment.recipe;
    let bench = experiment.bench(&recipe.test, &recipe.work, Templates::new());
    let out = experiment.writes(&recipe.out);
    let files = recipe.base.parse::<ModelLocation>()?.model_files(&bench.context)?;
    let (tokenizer, _) = Model::text(&files)?;
    let mut beginnings = Sheet::new(["model", "noise", "step", "loss"]);
    let (mut trained, mut methods) = (Vec::new(), Vec::new());
    for model in &recipe.models {
        for &probability in &recipe.noise {
            let material = examples::material(&experiment, model, probability, &tokenizer)?;
            let name = format!("{} {probability}", model.name);
            let (labels, share) = (material.training.len(), 100.0 * material.wrong);
            eprintln!("{name}: {labels} rows, {share:.1} % of the labels flipped");
            if let Some(steps) = recipe.steps {
                let losses = adapters::beginning(recipe, &files, &material, steps)?;
                for (step, loss) in (1..).zip(losses) {
                    beginnings.push([model.name.clone(), probability.to_string(), step.to_string(), loss.to_string()]);
                }
                continue;
            }
            let adapter = adapters::adapter(&bench.context, recipe, &files, &material, &bench.work)?;
            let verifier = PluginSpec::named(&model.verifier)
                .with("model", recipe.base.as_str())
                .with("adapter", adapter.folder.to_string_lossy());
            let rewards = bench.rewards(&format!("{} {}", model.verifier, adapter.fingerprint), &verifier)?;
            let of_model = aggregated(&name, &rewards, &model.aggregators);
            write_text(&out.join("curves").join(tables::curve_file(&model.name, probability)), &adapter.curve)?;
            trained.push(Trained::new(model, probability, &material, &adapter, &of_model));
            methods.extend(of_model);
        }
    }
    if recipe.steps.is_some() {
        return beginnings.write_csv(&out.join("beginnings.csv"));
    }
    let evaluation = bench.evaluate(methods, &recipe.evaluate)?;
    tables::csv(&trained, &evaluation).write_csv(&out.join("result.csv"))?;
    let text = tables::markdown(&trained, &evaluation);
    write_text(&out.join("result.md"), &text)?;
    write_text(&out.join("auroc.svg"), &tables::draw_auroc(&trained, &evaluation)?)?;
    write_text(&out.join("loss.svg"), &tables::draw_loss(&trained)?)?;
    println!("{text}");
    Ok(())
}
