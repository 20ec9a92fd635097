//! What was evaluated and how: the facts under the headline, the settings, the methods and the categories.

use serde::Serialize;
use touchstone::evaluation::Evaluation;

use super::method;
use super::number::{NONE, count};
use super::table::{Cell, Column, Row, Table};

/// A name and what it is.
#[derive(Serialize)]
pub struct Fact {
    /// The name.
    label: &'static str,
    /// What it is.
    value: String,
    /// How it is set.
    look: Look,
}

/// How a fact's value is set.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Look {
    /// As text.
    Text,
    /// Letter by letter, because every one counts.
    Code,
}

impl Fact {
    fn text(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), look: Look::Text }
    }

    fn code(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), look: Look::Code }
    }
}

/// What was evaluated.
pub fn facts(evaluation: &Evaluation) -> Vec<Fact> {
    let data = &evaluation.data;
    vec![
        Fact::code("Data", &data.path),
        Fact::code("Fingerprint", &data.fingerprint),
        Fact::text("Questions", count(data.questions)),
        Fact::text("CoTs", count(data.cots)),
        Fact::text("Categories", count(data.categories.len())),
    ]
}

/// How it was evaluated.
pub fn settings(evaluation: &Evaluation) -> Vec<Fact> {
    let settings = &evaluation.settings;
    let n: Vec<String> = settings.n.iter().map(usize::to_string).collect();
    let partial = if settings.allow_partial { "allowed; what is missing is counted" } else { "an error" };
    let bootstrap = match settings.bootstrap {
        0 => "none: no intervals, no p-values".to_owned(),
        samples => format!("{} samples of the questions", count(samples as usize)),
    };
    vec![
        Fact::text("CoTs drawn (N)", n.join(", ")),
        Fact::text("Runs", count(settings.runs as usize)),
        Fact::text("Seed", settings.seed.to_string()),
        Fact::code("Answers", settings.answers.to_string()),
        Fact::text("Incomplete reward files", partial),
        Fact::text("Bootstrap", bootstrap),
    ]
}

/// The methods; none without any.
pub fn methods(evaluation: &Evaluation) -> Option<Table> {
    let rows: Vec<Row> = evaluation
        .methods
        .iter()
        .map(|summary| Row {
            cells: vec![
                Cell::text(&summary.name),
                Cell::text(method::strategy(summary.strategy)),
                Cell::text(summary.aggregator.as_ref().map_or_else(|| NONE.to_owned(), ToString::to_string)),
                Cell::count(summary.replicates),
                Cell::text(if summary.rewards.is_empty() { NONE.to_owned() } else { summary.rewards.join("\n") }),
            ],
            ..Row::default()
        })
        .collect();
    (!rows.is_empty()).then(|| Table {
        id: "methods",
        caption: "The methods and where their rewards came from.".to_owned(),
        columns: vec![
            Column::text("Method"),
            Column::text("Strategy"),
            Column::text("Aggregator").hint("How the rewards of one CoT become one value"),
            Column::number("Replicates").hint("Reward sets, as from several training seeds"),
            Column::text("Rewards"),
        ],
        filters: Vec::new(),
        rows,
    })
}

/// The categories; none without any.
pub fn categories(evaluation: &Evaluation) -> Option<Table> {
    let rows: Vec<Row> = evaluation
        .data
        .categories
        .iter()
        .map(|summary| Row {
            cells: vec![
                Cell::text(method::category(summary.name.as_str())),
                Cell::count(summary.questions),
                Cell::count(summary.cots),
            ],
            ..Row::default()
        })
        .collect();
    (!rows.is_empty()).then(|| Table {
        id: "categories",
        caption: "The categories evaluated.".to_owned(),
        columns: vec![Column::text("Category"), Column::number("Questions"), Column::number("CoTs")],
        filters: Vec::new(),
        rows,
    })
}
