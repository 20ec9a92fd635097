//! An evaluation as the paper's tables, with what they leave out: intervals and pairwise significance.

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Accuracy, MethodRef, MethodSummary, OVERALL, Strategy};
use touchstone_experiment::{Sheet, interval};

/// Overall by N under both strategies, by category at the largest N, and every pair at the largest N.
pub fn markdown(evaluation: &Evaluation) -> String {
    let data = &evaluation.data;
    let head = format!(
        "{} questions in {} categories, {} CoTs. Accuracy in %, with 95 % intervals over questions.\n",
        data.questions,
        data.categories.len(),
        data.cots
    );
    let mut parts = vec![head];
    for (title, strategy) in STRATEGIES {
        parts.push(by_n(evaluation, title, strategy));
    }
    let largest = evaluation.settings.n.last().copied().unwrap_or(1);
    for (title, strategy) in STRATEGIES {
        parts.push(by_category(evaluation, &format!("{title}, N = {largest}"), strategy, largest));
    }
    parts.push(pairs(evaluation, largest));
    parts.push(ranking(evaluation));
    parts.join("\n")
}

/// Every pair of methods: overall at each N, and in each category at the largest.
pub fn comparisons(evaluation: &Evaluation) -> Sheet {
    let columns = ["n", "category", "first", "by", "second", "second_by", "difference", "low", "high", "p"];
    let mut sheet = Sheet::new(columns);
    let plain = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
    for pair in &evaluation.comparisons {
        let [low, high] = [0, 1].map(|side| plain(pair.interval.map(|interval| interval[side])));
        let [first, second] = [&pair.first, &pair.second].map(|of| [of.method.clone(), of.strategy.to_string()]);
        let names = [pair.n.to_string(), pair.category.clone()].into_iter().chain(first).chain(second);
        sheet.push(names.chain([plain(Some(pair.difference)), low, high, plain(pair.p)]));
    }
    sheet
}

const STRATEGIES: [(&str, Strategy); 2] = [("Best-of-N", Strategy::BestOfN), ("Weighted vote", Strategy::WeightedVote)];

fn by_n(evaluation: &Evaluation, title: &str, strategy: Strategy) -> String {
    let sizes = evaluation.settings.n.iter().map(|n| format!("N = {n}"));
    let mut sheet = Sheet::new(std::iter::once(title.to_owned()).chain(sizes));
    for method in methods(evaluation, strategy) {
        let cells = evaluation.settings.n.iter().map(|n| cell(accuracy(evaluation, method, *n, OVERALL)));
        sheet.push(std::iter::once(method.name.clone()).chain(cells));
    }
    sheet.markdown()
}

fn by_category(evaluation: &Evaluation, title: &str, strategy: Strategy, n: usize) -> String {
    let methods = methods(evaluation, strategy);
    let mut sheet =
        Sheet::new(std::iter::once(title.to_owned()).chain(methods.iter().map(|method| method.name.clone())));
    let categories = evaluation.data.categories.iter().map(|category| category.name.as_str());
    for category in categories.chain([OVERALL]) {
        let cells = methods.iter().map(|method| cell(accuracy(evaluation, method, n, category)));
        sheet.push(std::iter::once(category.to_owned()).chain(cells));
    }
    sheet.markdown()
}

fn pairs(evaluation: &Evaluation, n: usize) -> String {
    let mut sheet = Sheet::new([format!("Overall, N = {n}"), "difference".to_owned(), "p".to_owned()]);
    for pair in evaluation.comparisons.iter().filter(|pair| pair.n == n && pair.category == OVERALL) {
        let name = |method: &MethodRef| format!("{} ({})", method.method, method.strategy);
        let difference = interval(pair.difference, pair.interval, 1);
        let p = pair.p.map_or_else(|| "–".to_owned(), |p| format!("{p:.3}"));
        sheet.push([format!("{} less {}", name(&pair.first), name(&pair.second)), difference, p]);
    }
    sheet.markdown()
}

fn ranking(evaluation: &Evaluation) -> String {
    let mut sheet = Sheet::new(["Single CoTs", "AUROC"]);
    for entry in evaluation.calibration.iter().filter(|entry| entry.category == OVERALL) {
        let area = entry.auroc.map_or_else(|| "–".to_owned(), |area| interval(area, entry.auroc_interval, 3));
        sheet.push([entry.method.clone(), area]);
    }
    sheet.markdown()
}

/// Majority vote, the reward models under this strategy, and Pass@N.
fn methods(evaluation: &Evaluation, strategy: Strategy) -> Vec<&MethodSummary> {
    let shown = |kind: Strategy| kind == strategy || matches!(kind, Strategy::MajorityVote | Strategy::PassAtN);
    evaluation.methods.iter().filter(|method| shown(method.strategy)).collect()
}

fn accuracy<'a>(evaluation: &'a Evaluation, method: &MethodSummary, n: usize, category: &str) -> Option<&'a Accuracy> {
    evaluation.accuracy.iter().find(|entry| {
        entry.method == method.name && entry.strategy == method.strategy && entry.n == n && entry.category == category
    })
}

fn cell(accuracy: Option<&Accuracy>) -> String {
    accuracy.map_or_else(|| "–".to_owned(), |accuracy| interval(accuracy.mean, accuracy.interval, 1))
}
