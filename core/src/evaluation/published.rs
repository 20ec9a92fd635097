//! The tables in the layout of the published code: `best_of_n.csv` and `weighted_vote.csv`.

use std::borrow::Cow;
use std::fmt::Write;

use super::Settings;
use super::matching::Material;
use super::method::Method;
use super::protocol::Verdicts;
use super::python_float::python_repr;
use super::selection::{Columns, RewardColumn};
use crate::aggregator::pairwise_mean;

/// Mean and population standard deviation over runs: NumPy's `mean` and `std` to the last bit, NaN for none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) mean: f64,
    pub(super) std: f64,
}

impl Spread {
    pub(super) fn of(values: &[f64]) -> Self {
        let mean = pairwise_mean(values);
        let squares: Vec<f64> = values.iter().map(|value| (value - mean) * (value - mean)).collect();
        Self { mean, std: pairwise_mean(&squares).sqrt() }
    }
}

/// Every cell's spread, overall and by category.
pub(super) struct Spreads {
    /// By cell: overall, then each category.
    cells: Vec<Vec<Spread>>,
}

impl Spreads {
    pub(super) fn new(material: &Material<'_>, verdicts: &Verdicts) -> Self {
        let cell = |cell| {
            // Overall is over one array: the categories in column order, each with its runs in order.
            let mut all = Vec::with_capacity(material.categories.len() * verdicts.runs);
            let mut spreads = vec![Spread { mean: 0.0, std: 0.0 }];
            for (place, category) in material.categories.iter().enumerate() {
                let start = all.len();
                all.extend(verdicts.run_accuracies(place, category.questions.len(), cell));
                spreads.push(Spread::of(&all[start..]));
            }
            spreads[0] = Spread::of(&all);
            spreads
        };
        Self { cells: (0..verdicts.cells()).map(cell).collect() }
    }

    /// Overall (group 0) or a category (from 1).
    pub(super) fn get(&self, cell: usize, group: usize) -> Spread {
        self.cells[cell][group]
    }
}

/// The two published tables of one replicate.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedTables {
    header: String,
    best_of_n: Vec<Row>,
    weighted_vote: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    n: usize,
    method: String,
    spreads: Vec<Spread>,
}

impl PublishedTables {
    /// The table of Best-of-N, with majority vote and Pass@N. Lines end in CRLF.
    pub fn best_of_n_csv(&self) -> String {
        self.csv(&self.best_of_n)
    }

    /// The table of weighted vote, with majority vote and Pass@N. Lines end in CRLF.
    pub fn weighted_vote_csv(&self) -> String {
        self.csv(&self.weighted_vote)
    }

    /// One pair of tables for each replicate. A method with a single reward set is in all of them; one with fewer
    /// replicates than another is in as many as it has.
    pub(super) fn all(
        material: &Material<'_>,
        methods: &[Method],
        settings: &Settings,
        verdicts: &Verdicts,
        spreads: &Spreads,
    ) -> Vec<Self> {
        let replicates = methods.iter().map(|method| method.replicates.len()).max().unwrap_or(1);
        (0..replicates).map(|replicate| Self::of(replicate, material, methods, settings, verdicts, spreads)).collect()
    }

    fn of(
        replicate: usize,
        material: &Material<'_>,
        methods: &[Method],
        settings: &Settings,
        verdicts: &Verdicts,
        spreads: &Spreads,
    ) -> Self {
        let groups = 1 + material.categories.len();
        let rows = |column: RewardColumn| {
            let mut rows = Vec::new();
            for (place, n) in settings.n.iter().enumerate() {
                let row = |method: &str, column| {
                    let cell = verdicts.cell(column, place);
                    let spreads = (0..groups).map(|group| spreads.get(cell, group)).collect();
                    Row { n: *n, method: method.to_owned(), spreads }
                };
                rows.push(row(super::MAJORITY_VOTE, Columns::MAJORITY_VOTE));
                for (method, sets) in methods.iter().zip(&material.sets) {
                    let set = if sets.len() == 1 { sets.start } else { sets.start + replicate };
                    if sets.contains(&set) {
                        rows.push(row(&method.name, column(verdicts.columns, set)));
                    }
                }
                rows.push(row(super::PASS_AT_N, verdicts.columns.pass_at_n()));
            }
            rows
        };
        let names =
            || std::iter::once("Overall").chain(material.categories.iter().map(|category| category.name.as_str()));
        let titles = names().map(|name| format!("{name}_mean")).chain(names().map(|name| format!("{name}_std")));
        let mut header = "N,Method".to_owned();
        titles.for_each(|title| {
            header.push(',');
            header.push_str(&field(&title));
        });
        Self { header, best_of_n: rows(Columns::best_of_n), weighted_vote: rows(Columns::weighted_vote) }
    }

    fn csv(&self, rows: &[Row]) -> String {
        let mut text = format!("{}\r\n", self.header);
        for row in rows {
            // Writing to a string does not fail.
            let _ = write!(text, "{},{}", row.n, field(&row.method));
            let means = row.spreads.iter().map(|spread| spread.mean);
            for number in means.chain(row.spreads.iter().map(|spread| spread.std)) {
                text.push(',');
                text.push_str(&python_repr(number));
            }
            text.push_str("\r\n");
        }
        text
    }
}

/// A field as Python's csv writes it: in quotes only where it must be.
fn field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, field};

    #[derive(serde::Deserialize)]
    struct Fixture {
        statistics: Vec<Statistics>,
    }

    #[derive(serde::Deserialize)]
    struct Statistics {
        length: usize,
        mean: String,
        std: String,
    }

    #[test]
    fn mean_and_standard_deviation_are_numpys_to_the_last_bit() {
        let fixture: Fixture =
            serde_json::from_str(include_str!("../../tests/fixtures/evaluation/numpy.json")).unwrap();
        for expected in fixture.statistics {
            let values: Vec<f64> =
                (0..expected.length).map(|index| (index * 7919 % 10007) as f64 / 10007.0 * 100.0).collect();
            let wanted = Spread { mean: expected.mean.parse().unwrap(), std: expected.std.parse().unwrap() };
            assert_eq!(Spread::of(&values), wanted, "{} values", expected.length);
        }
    }

    #[test]
    fn a_name_with_a_comma_or_quote_is_quoted() {
        assert_eq!(field("dORM"), "dORM");
        assert_eq!(field("a,b"), "\"a,b\"");
        assert_eq!(field("say \"x\""), "\"say \"\"x\"\"\"");
    }
}
