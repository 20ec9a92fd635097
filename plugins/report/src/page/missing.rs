//! What was missing: said prominently where there is anything, in one line where there is nothing.

use serde::Serialize;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::MissingRewards;

use super::method;
use super::number::{count, counted};
use super::table::{Cell, Column, Row, Table};

/// The section.
#[derive(Debug, Serialize)]
pub struct MissingSection {
    /// What the reader should know before trusting the numbers; empty where nothing is missing.
    pub warnings: Vec<String>,
    /// Counts by method.
    pub table: Option<Table>,
}

/// The section of an evaluation.
pub fn section(evaluation: &Evaluation) -> MissingSection {
    let missing = &evaluation.missing;
    let mut warnings = Vec::new();
    if missing.questions_left_out > 0 {
        let questions = counted(missing.questions_left_out, "question was", "questions were");
        warnings.push(format!("{questions} left out for all methods, because a reward file lacks them."));
    }
    if !evaluation.data.empty_categories.is_empty() {
        let names: Vec<String> =
            evaluation.data.empty_categories.iter().map(|category| method::category(category.as_str())).collect();
        warnings.push(format!("Left out, because there was no question to evaluate: {}.", names.join(", ")));
    }
    if missing.answers > 0 {
        let have = if missing.answers == 1 { "has" } else { "have" };
        let (missing, cots) = (count(missing.answers), counted(evaluation.data.cots, "CoT", "CoTs"));
        warnings.push(format!("{missing} of {cots} {have} no answer that could be read."));
    }
    if missing.unreadable_answers > 0 {
        let answers = counted(missing.unreadable_answers, "answer", "answers");
        warnings.push(format!("The answer equivalence failed on {answers}."));
    }
    warnings.extend(missing.methods.iter().filter_map(warning));
    MissingSection { warnings, table: table(&missing.methods) }
}

fn warning(missing: &MissingRewards) -> Option<String> {
    let present = |counts: &[(usize, &str, &str)]| -> Option<String> {
        let parts: Vec<String> = counts
            .iter()
            .filter(|(amount, ..)| *amount > 0)
            .map(|(amount, singular, plural)| counted(*amount, singular, plural))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    let halves = present(&[
        (missing.rewards, "missing reward", "missing rewards"),
        (missing.empty_cots, "CoT without any reward", "CoTs without any reward"),
        (missing.absent_cots, "CoT not in the reward file", "CoTs not in the reward file"),
    ]);
    let left_out =
        present(&[(missing.absent_questions, "question not in the reward file", "questions not in the reward file")]);
    let parts: Vec<String> = [(halves, "counted as 0.5"), (left_out, "left out for all methods")]
        .into_iter()
        .filter_map(|(what, effect)| Some(format!("{} ({effect})", what?)))
        .collect();
    (!parts.is_empty()).then(|| format!("{}: {}.", missing.method, parts.join("; ")))
}

fn table(methods: &[MissingRewards]) -> Option<Table> {
    let row = |missing: &MissingRewards| Row {
        cells: vec![
            Cell::text(&missing.method),
            Cell::count(missing.rewards),
            Cell::count(missing.empty_cots),
            Cell::count(missing.absent_cots),
            Cell::count(missing.absent_questions),
        ],
        ..Row::default()
    };
    (!methods.is_empty()).then(|| Table {
        id: "missing",
        caption: "Missing from each method's rewards, over all its replicates.".to_owned(),
        columns: vec![
            Column::text("Method"),
            Column::number("Single rewards"),
            Column::number("CoTs without rewards"),
            Column::number("CoTs not mentioned"),
            Column::number("Questions not mentioned"),
        ],
        filters: Vec::new(),
        rows: methods.iter().map(row).collect(),
    })
}
