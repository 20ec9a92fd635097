//! Tables on stdout.

use std::io::Write;

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{OVERALL, Strategy};

/// Writes rows of numbers: the first column stands to the left, the others to the right. The first row is the header.
pub fn write(out: &mut impl Write, rows: &[Vec<String>]) -> std::io::Result<()> {
    write_aligned(out, rows, |cell, width| format!("{cell:>width$}"))
}

/// Writes rows of text, every column to the left. The first row is the header.
pub fn write_left(out: &mut impl Write, rows: &[Vec<String>]) -> std::io::Result<()> {
    write_aligned(out, rows, |cell, width| format!("{cell:<width$}"))
}

fn write_aligned(
    out: &mut impl Write,
    rows: &[Vec<String>],
    align: impl Fn(&str, usize) -> String,
) -> std::io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for (place, row) in rows.iter().enumerate() {
        let cells =
            row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:<width$}") } else { align(cell, width) }
            });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        if place == 0 {
            writeln!(out, "{}", "─".repeat(widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1)))?;
        }
    }
    Ok(())
}

/// Writes what an evaluation found: overall accuracy by N under each strategy, then by category at the largest N.
pub fn write_evaluation(out: &mut impl Write, evaluation: &Evaluation) -> std::io::Result<()> {
    let data = &evaluation.data;
    let categories = data.categories.len();
    writeln!(
        out,
        "{} questions in {categories} {}, {} CoTs; accuracy in %, mean of {} runs\n",
        data.questions,
        if categories == 1 { "category" } else { "categories" },
        data.cots,
        evaluation.settings.runs
    )?;
    for (title, strategy) in [("Best-of-N", Strategy::BestOfN), ("Weighted vote", Strategy::WeightedVote)] {
        let mut rows = vec![header(title, evaluation.settings.n.iter().map(|n| format!("N={n}")))];
        for (name, strategy) in methods(evaluation, strategy) {
            let cells = evaluation.settings.n.iter().map(|&n| accuracy(evaluation, name, strategy, n, OVERALL));
            rows.push(header(name, cells));
        }
        write(out, &rows)?;
        writeln!(out)?;
    }
    let Some(&n) = evaluation.settings.n.last().filter(|_| categories > 1) else {
        return write_missing(out, evaluation);
    };
    let columns = methods(evaluation, Strategy::BestOfN);
    let mut rows = vec![header(&format!("Best-of-{n}"), columns.iter().map(|(name, _)| (*name).to_owned()))];
    for category in data.categories.iter().map(|category| category.name.as_str()).chain([OVERALL]) {
        let cells = columns.iter().map(|(name, strategy)| accuracy(evaluation, name, *strategy, n, category));
        rows.push(header(category, cells));
    }
    write(out, &rows)?;
    writeln!(out)?;
    write_missing(out, evaluation)
}

fn write_missing(out: &mut impl Write, evaluation: &Evaluation) -> std::io::Result<()> {
    let missing = &evaluation.missing;
    for category in &evaluation.data.empty_categories {
        writeln!(out, "left out: the category {category} has no question")?;
    }
    if missing.questions_left_out > 0 {
        writeln!(out, "left out: {} questions that a reward file lacks", missing.questions_left_out)?;
    }
    if missing.unreadable_answers > 0 {
        writeln!(out, "missing: {} answers could not be read", missing.unreadable_answers)?;
    }
    for method in &missing.methods {
        let counts = [
            (method.rewards, "rewards"),
            (method.empty_cots, "CoTs without any reward"),
            (method.absent_cots, "CoTs absent from the reward file"),
        ];
        let told: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if !told.is_empty() {
            writeln!(out, "missing: {}: {} (each counts as 0.5)", method.method, told.join(", "))?;
        }
    }
    Ok(())
}

/// Majority vote, the reward methods under this strategy, and Pass@N, in the evaluation's order.
fn methods(evaluation: &Evaluation, strategy: Strategy) -> Vec<(&str, Strategy)> {
    let shown = |kind: Strategy| kind == strategy || matches!(kind, Strategy::MajorityVote | Strategy::PassAtN);
    let methods = evaluation.methods.iter().filter(|method| shown(method.strategy));
    methods.map(|method| (method.name.as_str(), method.strategy)).collect()
}

fn header(first: &str, rest: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(rest).collect()
}

fn accuracy(evaluation: &Evaluation, method: &str, strategy: Strategy, n: usize, category: &str) -> String {
    evaluation
        .accuracy
        .iter()
        .find(|entry| {
            entry.method == method && entry.strategy == strategy && entry.n == n && entry.category == category
        })
        .map_or_else(|| "–".to_owned(), |entry| format!("{:.1}", entry.mean))
}
