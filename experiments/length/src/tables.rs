//! The result as tables and pictures.

use touchstone::evaluation::document::Calibration;
use touchstone_experiment::{Sheet, interval};
use touchstone_report::figure::{Curve, draw_curves};

use crate::compounding::Compounding;
use crate::scope::{Errors, Group, Scope, named};

/// AUROC of each method and accuracy, by category and length; the rows without a range of steps are those of all lengths.
pub fn by_length(scopes: &[Scope]) -> Sheet {
    let columns = ["category", "method", "from_steps", "to_steps", "cots", "accuracy", "auroc", "low", "high"];
    let mut sheet = Sheet::new(columns);
    let plain = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
    for scope in scopes {
        let all = scope.all.iter().map(|entry| (entry, [String::new(), String::new()]));
        let within = scope.groups.iter().flat_map(|group| {
            let bounds = [group.lengths.start(), group.lengths.end()];
            group.methods.iter().map(move |entry| (entry, bounds.map(|steps| steps.to_string())))
        });
        for (entry, [from, to]) in all.chain(within) {
            let accuracy = 100.0 * entry.right as f64 / entry.cots as f64;
            let [low, high] = [0, 1].map(|side| plain(entry.auroc_interval.map(|interval| interval[side])));
            let [name, method] = [&scope.name, &entry.method].map(Clone::clone);
            let (cots, accuracy) = (entry.cots.to_string(), plain(Some(accuracy)));
            sheet.push([name, method, from, to, cots, accuracy, plain(entry.auroc), low, high]);
        }
    }
    sheet
}

/// Errors of steps and of their products, by category and length.
pub fn compounding(scopes: &[Scope]) -> Sheet {
    let mut sheet = Sheet::new([
        "category",
        "from_steps",
        "to_steps",
        "cots",
        "mean_steps",
        "step_error",
        "worst_step_error",
        "product_error",
        "bound",
        "independent",
        "outcome_error",
    ]);
    for scope in scopes {
        for errors in &scope.errors {
            let Compounding { steps, step_error, worst, product_error, bound, independent } = errors.process;
            let counts = [*errors.lengths.start(), *errors.lengths.end(), errors.cots].map(|count| count.to_string());
            let numbers = [steps, step_error, worst, product_error, bound, independent, errors.outcome];
            let numbers = numbers.map(|number| format!("{number:.4}"));
            sheet.push(std::iter::once(scope.name.clone()).chain(counts).chain(numbers));
        }
    }
    sheet
}

/// What a reader looks for: both tables over all categories.
pub fn markdown(scope: &Scope) -> String {
    let groups = scope.groups.iter().map(|group| format!("{} steps", named(&group.lengths)));
    let mut aurocs = Sheet::new(std::iter::once("AUROC".to_owned()).chain(groups).chain(["all lengths".to_owned()]));
    for (place, all) in scope.all.iter().enumerate() {
        let within = scope.groups.iter().map(|group| auroc(&group.methods[place]));
        aurocs.push(std::iter::once(format!("`{}`", all.method)).chain(within).chain([auroc(all)]));
    }
    let row = |name: &str, value: &dyn Fn(&Group) -> String| {
        let cells = scope.groups.iter().map(value).chain([String::new()]);
        std::iter::once(name.to_owned()).chain(cells).collect::<Vec<_>>()
    };
    aurocs.push(row("CoTs", &|group| group.cots.to_string()));
    aurocs.push(row("right, %", &|group| format!("{:.1}", group.accuracy)));

    let columns = [
        "steps",
        "CoTs",
        "T, mean",
        "a step's error",
        "worst, ε",
        "error of the product",
        "bound, T ε",
        "√T rms",
        "dORM",
    ];
    let mut table = Sheet::new(columns);
    for errors in &scope.errors {
        let Compounding { steps, step_error, worst, product_error, bound, independent } = errors.process;
        let numbers = [step_error, worst, product_error, bound, independent, errors.outcome];
        let cells = [named(&errors.lengths), errors.cots.to_string(), format!("{steps:.1}")];
        table.push(cells.into_iter().chain(numbers.map(|number| format!("{number:.2}"))));
    }
    format!("{}\n{}", aurocs.markdown(), table.markdown())
}

fn auroc(entry: &Calibration) -> String {
    entry.auroc.map_or_else(|| "–".to_owned(), |area| interval(area, entry.auroc_interval, 3))
}

/// The picture of AUROC of each method by the mean number of steps, as SVG.
pub fn draw_auroc(scope: &Scope) -> touchstone_report::Result<String> {
    let curve = |(place, all): (usize, &Calibration)| {
        let at = |group: &Group| Some([group.steps, group.methods[place].auroc?]);
        let points = scope.groups.iter().filter_map(at).collect();
        Curve { name: all.method.clone(), points, marked: true }
    };
    let curves: Vec<Curve> = scope.all.iter().enumerate().map(curve).collect();
    let axes = ["Steps of a CoT, mean of the group", "AUROC"];
    Ok(draw_curves("AUROC by the number of steps of a CoT", axes, &curves)?.svg())
}

/// The picture of the log error of the product by the mean number of steps, beside its bound, as SVG.
pub fn draw_errors(scope: &Scope) -> touchstone_report::Result<String> {
    let curve = |name: &str, marked, value: &dyn Fn(&Errors) -> f64| Curve {
        name: name.to_owned(),
        points: scope.errors.iter().map(|errors| [errors.process.steps, value(errors)]).collect(),
        marked,
    };
    let curves = [
        curve("product of dPRM's rewards, measured", true, &|errors| errors.process.product_error),
        curve("dORM's one value, measured", true, &|errors| errors.outcome),
        curve("bound: T times the worst step's", false, &|errors| errors.process.bound),
        curve("√T: independent errors without bias", false, &|errors| errors.process.independent),
    ];
    let axes = ["Steps of a CoT, mean of the group", "Log error"];
    Ok(draw_curves("Log error of the product of step rewards by the number of steps", axes, &curves)?.svg())
}
