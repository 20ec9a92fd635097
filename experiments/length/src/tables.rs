//! The result as tables and charts.

use touchstone_experiment::{Sheet, interval, number};
use touchstone_report::figure::{Chart, Curve, Look, Point};

use crate::compounding::Compounding;
use crate::scope::{Group, Scope};

/// AUROC and accuracy of each method, by category and length.
pub fn by_length(scopes: &[Scope]) -> Sheet {
    let mut sheet =
        Sheet::new(["category", "method", "from_steps", "to_steps", "cots", "accuracy", "mean_value", "auroc"]);
    for scope in scopes {
        for entry in &scope.by_length {
            sheet.push([
                scope.name.clone(),
                entry.method.clone(),
                entry.from_steps.to_string(),
                entry.to_steps.to_string(),
                entry.cots.to_string(),
                format!("{:.4}", entry.accuracy),
                format!("{:.6}", entry.mean_value),
                entry.auroc.map(|auroc| format!("{auroc:.4}")).unwrap_or_default(),
            ]);
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
        for group in &scope.groups {
            let Compounding { steps, step_error, worst, product_error, bound, independent } = group.process;
            let counts = [group.from, group.to, group.cots].map(|count| count.to_string());
            let numbers = [steps, step_error, worst, product_error, bound, independent, group.outcome_error];
            let numbers = numbers.map(|number| format!("{number:.4}"));
            sheet.push(std::iter::once(scope.name.clone()).chain(counts).chain(numbers));
        }
    }
    sheet
}

/// What a reader looks for: both tables over all categories.
pub fn markdown(scope: &Scope) -> String {
    let groups = scope.groups.iter().map(|group| format!("{} steps", group.steps()));
    let mut aurocs = Sheet::new(std::iter::once("AUROC".to_owned()).chain(groups).chain(["all lengths".to_owned()]));
    for (place, method) in scope.methods().enumerate() {
        let within = scope.groups.iter().map(|group| number(scope.auroc(method, group), 3));
        let all = &scope.all_lengths[place];
        let all = all.auroc.map_or_else(|| "–".to_owned(), |auroc| interval(auroc, all.auroc_interval, 3));
        aurocs.push(std::iter::once(format!("`{method}`")).chain(within).chain([all]));
    }
    let row = |name: &str, value: &dyn Fn(&Group) -> String| {
        std::iter::once(name.to_owned())
            .chain(scope.groups.iter().map(value))
            .chain(["".to_owned()])
            .collect::<Vec<_>>()
    };
    aurocs.push(row("CoTs", &|group| group.cots.to_string()));
    aurocs.push(row("right, %", &|group| format!("{:.1}", group.accuracy)));

    let columns =
        ["steps", "T, mean", "a step's error", "worst, ε", "error of the product", "bound, T ε", "√T rms", "dORM"];
    let mut errors = Sheet::new(columns);
    for group in &scope.groups {
        let Compounding { steps, step_error, worst, product_error, bound, independent } = group.process;
        let numbers = [step_error, worst, product_error, bound, independent, group.outcome_error];
        let cells = [group.steps(), format!("{steps:.1}")];
        errors.push(cells.into_iter().chain(numbers.map(|number| format!("{number:.2}"))));
    }
    format!("{}\n{}", aurocs.markdown(), errors.markdown())
}

/// AUROC of each method by the mean number of steps.
pub fn auroc_chart(scope: &Scope) -> Chart {
    let curve = |method: &str| {
        let at = |group: &Group| Some(point(group, scope.auroc(method, group)?));
        Curve { name: method.to_owned(), look: Look::Marked, points: scope.groups.iter().filter_map(at).collect() }
    };
    Chart {
        title: "AUROC by the number of steps of a CoT".to_owned(),
        x: "Steps of a CoT, mean of the group".to_owned(),
        y: "AUROC".to_owned(),
        curves: scope.methods().map(curve).collect(),
    }
}

/// The log error of the product by the mean number of steps, beside its bound.
pub fn error_chart(scope: &Scope) -> Chart {
    let curve = |name: &str, look, value: &dyn Fn(&Group) -> f64| Curve {
        name: name.to_owned(),
        look,
        points: scope.groups.iter().map(|group| point(group, value(group))).collect(),
    };
    Chart {
        title: "Log error of the product of step rewards by the number of steps, beside its bound".to_owned(),
        x: "Steps of a CoT, mean of the group".to_owned(),
        y: "Log error".to_owned(),
        curves: vec![
            curve("product of dPRM's rewards, measured", Look::Marked, &|group| group.process.product_error),
            curve("bound: T times the worst step's", Look::Broken, &|group| group.process.bound),
            curve("√T: independent errors without bias", Look::Broken, &|group| group.process.independent),
            curve("dORM's one value, measured", Look::Marked, &|group| group.outcome_error),
        ],
    }
}

fn point(group: &Group, y: f64) -> Point {
    Point { x: group.process.steps, y, interval: None }
}
