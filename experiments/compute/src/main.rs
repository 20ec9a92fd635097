//! How much accuracy does a token buy? Recorded CoTs are handed out to each strategy as a generator would write them; what it
//! asks for and what its reward model reads is counted.

mod curve;
mod questions;
mod recipe;
mod recorded;

use anyhow::Context as _;
use touchstone::{Aggregator, Templates};
use touchstone_candle::tokenizer::Tokenizer;
use touchstone_experiment::{Sheet, start, write_text};
use touchstone_report::figure::{Curve, draw_curves};

// A plugin crate that nothing mentions is dropped by the linker, and its plugins with it.
use touchstone_aggregators as _;
use touchstone_answers as _;
use touchstone_discriminative as _;

use curve::{Point, Setting};
use recipe::{Line, Recipe};

fn main() -> anyhow::Result<()> {
    let experiment = start::<Recipe>(env!("CARGO_MANIFEST_DIR"))?;
    let recipe = &experiment.recipe;
    let bench = experiment.bench(&recipe.data, &recipe.work, Templates::new());
    let registry = bench.context.registry();
    let rewards = recipe.models.iter().map(|model| bench.rewards(&model.name, &model.verifier));
    let rewards = rewards.collect::<Result<Vec<_>, _>>()?;
    let answers = registry.make(&recipe.answers)?;
    let tokenizer = Tokenizer::locate(&bench.context, &recipe.tokenizer)?;
    let questions = questions::read(&bench.data, &rewards, &tokenizer, &*answers)?;
    let setting = Setting {
        context: &bench.context,
        questions: &questions,
        answers: &*answers,
        draws: recipe.draws,
        seed: recipe.seed,
    };
    let mut found = Vec::new();
    for line in &recipe.strategies {
        let model = line.model.as_ref().map(|name| {
            let place = recipe.models.iter().position(|model| model.name == *name);
            place.with_context(|| format!("{}: there is no model {name:?} in the recipe", line.name))
        });
        let model = model.transpose()?;
        let aggregator: Box<dyn Aggregator> = match model {
            Some(model) => registry.make(&recipe.models[model].aggregator)?,
            None => Box::new(touchstone_aggregators::Last {}),
        };
        for samples in &recipe.samples {
            let point = setting.point(&line.strategy(*samples)?, *samples, model, &*aggregator)?;
            found.push((line, point));
        }
        eprintln!("{}", line.name);
    }
    let out = experiment.writes(&recipe.out);
    let sheet = sheet(&found);
    sheet.write_csv(&out.join("result.csv"))?;
    write_text(&out.join("result.md"), &sheet.markdown())?;
    write_text(&out.join("compute.svg"), &draw(&recipe.strategies, &found)?)?;
    println!("{}", sheet.markdown());
    Ok(())
}

fn sheet(found: &[(&Line, Point)]) -> Sheet {
    let mut sheet =
        Sheet::new(["strategy", "at most", "solutions", "tokens generated", "tokens read", "accuracy", "±"]);
    for (line, point) in found {
        sheet.push([
            line.name.clone(),
            point.samples.to_string(),
            format!("{:.2}", point.solutions),
            format!("{:.0}", point.generated),
            format!("{:.0}", point.read),
            format!("{:.1}", point.accuracy),
            format!("{:.1}", point.half_width),
        ]);
    }
    sheet
}

/// Accuracy by all tokens that are spent, generated and read.
fn draw(lines: &[Line], found: &[(&Line, Point)]) -> anyhow::Result<String> {
    let curve = |line: &Line| Curve {
        name: line.name.clone(),
        points: found
            .iter()
            .filter(|(of, _)| of.name == line.name)
            .map(|(_, point)| [point.generated + point.read, point.accuracy])
            .collect(),
        marked: true,
    };
    let curves: Vec<Curve> = lines.iter().map(curve).collect();
    let axes = ["Tokens generated and read, a question", "Accuracy (%)"];
    Ok(draw_curves("Accuracy by tokens spent", axes, &curves)?.svg().to_owned())
}
