//! A table of results: CSV for programs, Markdown for people.

use std::path::Path;

use anyhow::Context as _;

/// A table of results, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    rows: Vec<Vec<String>>,
}

impl Sheet {
    /// A table with these columns and no rows.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { rows: vec![columns.into_iter().map(Into::into).collect()] }
    }

    /// Adds a row: a cell for each column.
    pub fn push<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The table as CSV.
    ///
    /// # Errors
    /// A row that is longer or shorter than the header.
    pub fn csv(&self) -> anyhow::Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &self.rows {
            writer.write_record(row).context("a row of the table")?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    /// The table as Markdown: the first column to the left, the others to the right.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let Some((header, rows)) = self.rows.split_first() else { return String::new() };
        let rule: String = (0..header.len()).map(|column| if column == 0 { "|---" } else { "|---:" }).collect();
        let rows = rows.iter().map(|row| line(row));
        std::iter::once(line(header)).chain([rule + "|\n"]).chain(rows).collect()
    }

    /// Writes the table as CSV to `path`, whole or not at all. Folders that are missing are made.
    ///
    /// # Errors
    /// As [`csv`](Self::csv), and what the system says.
    pub fn write_csv(&self, path: &Path) -> anyhow::Result<()> {
        write_text(path, &self.csv()?)
    }
}

/// Writes a text to `path`, whole or not at all. Folders that are missing are made.
///
/// # Errors
/// What the system says.
pub fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    Ok(touchstone::write_atomically(path, |writer| Ok(writer.write_all(text.as_bytes())?))?)
}

/// A number with so many decimals, or a dash where there is none.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

/// A number and its 95 % interval, as in `64.2 [60.1, 68.0]`.
pub fn interval(value: f64, interval: Option<[f64; 2]>, decimals: usize) -> String {
    match interval {
        Some([low, high]) => format!("{value:.decimals$} [{low:.decimals$}, {high:.decimals$}]"),
        None => format!("{value:.decimals$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let mut sheet = Sheet::new(["aggregator", "accuracy"]);
        sheet.push(["quantile{q=0.2,x=1}", "60.0"]);
        sheet
    }

    #[test]
    fn a_cell_with_a_comma_is_quoted_in_csv() {
        assert_eq!(sheet().csv().unwrap(), "aggregator,accuracy\n\"quantile{q=0.2,x=1}\",60.0\n");
    }

    #[test]
    fn numbers_stand_to_the_right_in_markdown() {
        assert_eq!(sheet().markdown(), "| aggregator | accuracy |\n|---|---:|\n| quantile{q=0.2,x=1} | 60.0 |\n");
    }

    #[test]
    fn a_row_of_another_length_is_an_error_of_csv() {
        let mut sheet = sheet();
        sheet.push(["one"]);
        assert!(sheet.csv().is_err());
    }

    #[test]
    fn an_interval_stands_behind_its_number() {
        assert_eq!(interval(64.21, Some([60.1, 68.0]), 1), "64.2 [60.1, 68.0]");
        assert_eq!((interval(0.5, None, 2), number(None, 1)), ("0.50".to_owned(), "–".to_owned()));
    }
}
