//! The tables of the report, as the template draws them.

use serde::Serialize;

use super::number;

/// A table that can be sorted by each column and filtered by some.
#[derive(Debug, Serialize)]
pub struct Table {
    /// Its id in the page.
    pub id: &'static str,
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What it can be narrowed down by.
    pub filters: Vec<Filter>,
    /// Its rows, in the order that is shown first.
    pub rows: Vec<Row>,
}

/// A column.
#[derive(Debug, Serialize)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// What the heading means, where that is not plain.
    pub hint: Option<&'static str>,
    /// The filter that makes it redundant: while one of its values is chosen, the column is hidden.
    pub filter: Option<FilterField>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Words.
    Text,
    /// Numbers.
    Number,
    /// An interval drawn on a common axis.
    Interval,
}

/// What rows can be narrowed down by.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterField {
    /// How many CoTs were drawn.
    N,
    /// The category.
    Category,
}

/// A choice of rows.
#[derive(Debug, Serialize)]
pub struct Filter {
    /// By what.
    pub field: FilterField,
    /// Its name.
    pub label: &'static str,
    /// What can be chosen besides everything.
    pub options: Vec<Choice>,
    /// What is chosen first.
    pub selected: String,
}

/// A value that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// The value as rows carry it.
    pub value: String,
    /// How it is shown.
    pub title: String,
}

/// A row.
#[derive(Debug, Default, Serialize)]
pub struct Row {
    /// Its N, where the table can be filtered by it.
    pub n: Option<usize>,
    /// Its category, where the table can be filtered by it.
    pub category: Option<String>,
    /// One cell a column; the first names the row.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Default, Serialize)]
pub struct Cell {
    /// What it shows.
    pub text: String,
    /// The number that it is sorted by, where it is one.
    pub value: Option<f64>,
    /// What hover and focus show, a line each.
    pub detail: Option<String>,
    /// Whether it is the best of its kind.
    pub is_best: bool,
    /// The interval that it draws.
    pub interval: Option<Span>,
}

/// An interval on an axis from 0 to 100.
#[derive(Debug, PartialEq, Serialize)]
pub struct Span {
    /// Where no difference lies.
    pub zero: f64,
    /// Where the estimate lies.
    pub middle: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Column {
    /// A column of words.
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), kind: ColumnKind::Text, hint: None, filter: None }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>) -> Self {
        Self { kind: ColumnKind::Number, ..Self::text(title) }
    }

    /// A column of drawn intervals.
    pub fn interval(title: impl Into<String>) -> Self {
        Self { kind: ColumnKind::Interval, ..Self::text(title) }
    }

    /// The same column with an explanation of its heading.
    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// The same column, hidden while one value of this filter is chosen.
    pub fn redundant_under(self, filter: FilterField) -> Self {
        Self { filter: Some(filter), ..self }
    }
}

impl Cell {
    /// A cell of words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A count.
    pub fn count(value: usize) -> Self {
        Self { text: number::count(value), value: Some(value as f64), ..Self::default() }
    }

    /// A number, rounded to so many digits; its exact value is the detail.
    pub fn number(value: Option<f64>, digits: usize) -> Self {
        let value = value.filter(|value| value.is_finite());
        Self {
            text: number::rounded_or_none(value, digits),
            value,
            detail: value.map(number::exact),
            ..Self::default()
        }
    }

    /// The same cell with this shown on hover and focus.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

impl Filter {
    /// A filter by N that starts at the largest.
    pub fn by_n(values: impl IntoIterator<Item = usize>) -> Self {
        let mut values: Vec<usize> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        let options: Vec<Choice> =
            values.iter().map(|n| Choice { value: n.to_string(), title: format!("N = {n}") }).collect();
        let selected = options.last().map(|choice| choice.value.clone()).unwrap_or_default();
        Self { field: FilterField::N, label: "CoTs drawn", options, selected }
    }

    /// A filter by category that starts at the first.
    pub fn by_category(options: Vec<Choice>) -> Self {
        let selected = options.first().map(|choice| choice.value.clone()).unwrap_or_default();
        Self { field: FilterField::Category, label: "Category", options, selected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_by_n_has_each_once_and_starts_at_the_largest() {
        let filter = Filter::by_n([16, 1, 2, 16, 1]);
        assert_eq!(filter.options.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>(), ["1", "2", "16"]);
        assert_eq!(filter.selected, "16");
        assert_eq!(Filter::by_n([]).selected, "");
    }

    #[test]
    fn a_number_that_does_not_exist_has_neither_value_nor_detail() {
        for cell in [Cell::number(None, 2), Cell::number(Some(f64::NAN), 2)] {
            assert_eq!((cell.text.as_str(), cell.value, cell.detail), (number::NONE, None, None));
        }
    }
}
