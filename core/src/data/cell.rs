//! A value of a row before its meaning is known: what Parquet and JSON have in common.
//!
//! Readers of both formats make cells; the rows of each kind of set are made of cells. So the types that writers choose
//! (int32 or int64, list or large_list, the names of inner fields) are of no concern to the rows.

use crate::Label;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Integer(i64),
    Number(f64),
    List(Vec<Cell>),
    /// Something that no column is made of, by its name: "an object", "a timestamp".
    Other(String),
}

/// A cell that is not what it should be, with its place inside the column's lists.
#[derive(Debug, PartialEq)]
pub struct Mismatch {
    /// Indices from the outermost list inwards.
    pub indices: Vec<usize>,
    /// What should be there.
    pub expected: &'static str,
    /// What is there.
    pub found: String,
}

impl Cell {
    /// Text.
    pub fn text(self) -> Result<String, Mismatch> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.mismatch("text")),
        }
    }

    /// Text, or an integer as its digits: answers that are numbers are often written so.
    pub fn answer(self) -> Result<String, Mismatch> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Integer(number) => Ok(number.to_string()),
            other => Err(other.mismatch("text")),
        }
    }

    /// An integer. A float that is whole is one too: some writers know only floats where a column has nulls.
    pub fn integer(self) -> Result<i64, Mismatch> {
        // Beyond 2^53 a float no longer tells neighbours apart.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Integer(number) => Ok(number),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => Ok(number as i64),
            other => Err(other.mismatch("an integer")),
        }
    }

    /// A label of a step or CoT.
    pub fn label(self) -> Result<Label, Mismatch> {
        let label = self.clone().integer().ok().and_then(Label::from_number);
        label.ok_or_else(|| self.mismatch("a label: 1, 0 or -1"))
    }

    /// A number.
    pub fn number(self) -> Result<f64, Mismatch> {
        match self {
            Self::Integer(number) => Ok(number as f64),
            Self::Number(number) => Ok(number),
            other => Err(other.mismatch("a number")),
        }
    }

    /// What `read` makes of it, or nothing where it is null.
    pub fn optional<T>(self, read: impl FnOnce(Cell) -> Result<T, Mismatch>) -> Result<Option<T>, Mismatch> {
        match self {
            Self::Null => Ok(None),
            other => read(other).map(Some),
        }
    }

    /// A list of what `read` makes of its items. Null is an empty list.
    pub fn list<T>(self, mut read: impl FnMut(Cell) -> Result<T, Mismatch>) -> Result<Vec<T>, Mismatch> {
        let items = match self {
            Self::Null => return Ok(Vec::new()),
            Self::List(items) => items,
            other => return Err(other.mismatch("a list")),
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            list.push(read(item).map_err(|mut mismatch| {
                mismatch.indices.insert(0, index);
                mismatch
            })?);
        }
        Ok(list)
    }

    /// The mismatch of this cell with what was `expected`.
    pub fn mismatch(&self, expected: &'static str) -> Mismatch {
        let found = match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => format!("the text {:?}", shortened(text)),
            Self::Integer(number) => format!("the integer {number}"),
            Self::Number(number) => format!("the number {number}"),
            Self::List(items) => format!("a list of {} items", items.len()),
            Self::Other(kind) => kind.clone(),
        };
        Mismatch { indices: Vec::new(), expected, found }
    }
}

/// The beginning of a text, for messages.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_knows_its_place_in_nested_lists() {
        let cell = Cell::List(vec![Cell::Null, Cell::List(vec![Cell::Text("a".into()), Cell::Null])]);
        let mismatch = cell.list(|inner| inner.list(Cell::text)).unwrap_err();
        assert_eq!((mismatch.indices.as_slice(), mismatch.found.as_str()), ([1, 1].as_slice(), "null"));
    }

    #[test]
    fn a_whole_float_is_an_integer_and_another_is_not() {
        assert_eq!(Cell::Number(3.0).integer(), Ok(3));
        assert!(Cell::Number(3.5).integer().is_err());
        assert!(Cell::Number(1e300).integer().is_err());
        assert!(Cell::Number(f64::NAN).integer().is_err());
    }
}
