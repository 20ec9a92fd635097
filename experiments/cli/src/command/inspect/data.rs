//! What is in a data set or reward set.

use std::io::Write;

use touchstone::data::{CategorySummary, Spread, Summary};
use touchstone::data::{RewardSummary, Sample, TestSummary, TrainingSummary};

use crate::table;

/// Shows it as text.
pub fn show(out: &mut impl Write, summary: &Summary) -> std::io::Result<()> {
    match summary {
        Summary::TestSet { categories } => test_set(out, categories),
        Summary::TrainingSet { categories } => training_set(out, categories),
        Summary::Rewards { categories } => rewards(out, categories),
    }
}

fn test_set(out: &mut impl Write, categories: &[CategorySummary<TestSummary>]) -> std::io::Result<()> {
    writeln!(out, "test set: {}\n", counted(categories.len()))?;
    let header =
        ["category", "questions", "CoTs", "CoTs/question", "steps/CoT", "words/CoT", "empty", "no answer", "right %"];
    let rows = categories.iter().map(|category| {
        let content = &category.content;
        vec![
            category.category.to_string(),
            content.questions.to_string(),
            content.cots.to_string(),
            spread(content.cots_per_question),
            spread(content.steps_per_cot),
            spread(content.words_per_cot),
            content.empty_cots.to_string(),
            content.missing_answers.to_string(),
            percent(content.right, content.cots),
        ]
    });
    write(out, &header, rows)?;
    writeln!(out, "(spreads: least, median, greatest; right: by the multiple-choice protocol)\n")?;
    sample(out, categories.first().and_then(|category| category.content.sample.as_ref()))
}

fn training_set(out: &mut impl Write, categories: &[CategorySummary<TrainingSummary>]) -> std::io::Result<()> {
    writeln!(out, "training set: {}\n", counted(categories.len()))?;
    let header = ["category", "rows", "steps/CoT", "words/CoT", "unlabelled", "with wrong label", "critiques"];
    let rows = categories.iter().map(|category| {
        let content = &category.content;
        vec![
            category.category.to_string(),
            content.rows.to_string(),
            spread(content.steps_per_cot),
            spread(content.words_per_cot),
            content.unlabelled.to_string(),
            content.with_wrong_label.to_string(),
            content.critiques.to_string(),
        ]
    });
    write(out, &header, rows)?;
    writeln!(out, "(spreads: least, median, greatest)\n")?;
    sample(out, categories.first().and_then(|category| category.content.sample.as_ref()))
}

fn rewards(out: &mut impl Write, categories: &[CategorySummary<RewardSummary>]) -> std::io::Result<()> {
    writeln!(out, "rewards: {}\n", counted(categories.len()))?;
    let header =
        ["category", "questions", "CoTs", "rewards", "missing", "empty", "rewards/CoT", "lowest", "mean", "highest"];
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let rows = categories.iter().map(|category| {
        let content = &category.content;
        vec![
            category.category.to_string(),
            content.questions.to_string(),
            content.cots.to_string(),
            content.rewards.to_string(),
            content.missing.to_string(),
            content.empty_cots.to_string(),
            spread(content.rewards_per_cot),
            number(content.lowest),
            number(content.mean),
            number(content.highest),
        ]
    });
    write(out, &header, rows)?;
    writeln!(out, "(spread: least, median, greatest; missing and empty count as 0.5 when aggregated)\n")?;
    let Some(row) = categories.first().and_then(|category| category.content.sample.as_ref()) else { return Ok(()) };
    writeln!(out, "sample: question {}", row.id)?;
    for (id, rewards) in row.cot_ids.iter().zip(&row.rewards).take(3) {
        let values: Vec<String> = rewards.iter().map(|reward| number(*reward)).collect();
        writeln!(out, "  CoT {id}: [{}]", values.join(", "))?;
    }
    Ok(())
}

fn sample(out: &mut impl Write, sample: Option<&Sample>) -> std::io::Result<()> {
    let Some(Sample { question, gold, cot }) = sample else { return Ok(()) };
    writeln!(out, "sample: question {}\n{}", question.id, indented(&question.text))?;
    if let Some(gold) = gold {
        writeln!(out, "  gold answer: {gold}")?;
    }
    if let Some(cot) = cot {
        writeln!(out, "\n  CoT {}, final answer {}", cot.id, cot.answer.as_deref().unwrap_or("(none)"))?;
        for (place, step) in cot.steps.iter().enumerate() {
            writeln!(out, "  [{}] {}", place + 1, indented(step).trim_start())?;
        }
    }
    Ok(())
}

fn write(out: &mut impl Write, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> std::io::Result<()> {
    let header = header.iter().map(|title| (*title).to_owned()).collect();
    table::write(out, &std::iter::once(header).chain(rows).collect::<Vec<_>>())
}

fn counted(categories: usize) -> String {
    if categories == 1 { "1 category".to_owned() } else { format!("{categories} categories") }
}

fn spread(spread: Option<Spread>) -> String {
    match spread {
        None => "–".to_owned(),
        Some(spread) if spread.min == spread.max => spread.min.to_string(),
        Some(spread) => format!("{}–{}–{}", spread.min, spread.median, spread.max),
    }
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1}", 100.0 * part as f64 / whole as f64) }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
