//! A record out of the text of one JSON object.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::python::{INFINITY, NEGATIVE_INFINITY, without_python_numbers};
use crate::data::cell::{Cell, shortened};
use crate::data::error::{DataError, RowPlace};
use crate::data::record::{Column, Need, Record};
use crate::nearest::suggestion;

/// Reads the object in `bytes`, which stands at `place`.
pub fn record(bytes: &[u8], place: RowPlace, columns: &'static [Column]) -> Result<Record, DataError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let byte = error.valid_up_to();
            let valid = String::from_utf8_lossy(&bytes[..byte]);
            let start = valid.char_indices().rev().nth(19).map_or(0, |(start, _)| start);
            return Err(DataError::NotUtf8 { place, byte, before: valid[start..].to_owned() });
        }
    };
    let json = without_python_numbers(text);
    let mut deserializer = serde_json::Deserializer::from_str(&json);
    let cells = Object { columns }.deserialize(&mut deserializer).and_then(|cells| {
        deserializer.end()?;
        Ok(cells)
    });
    let cells = match cells {
        Ok(cells) => cells,
        Err(error) => return Err(DataError::Json { place, message: explained(&error, &json) }),
    };
    if let Some((missing, _)) =
        columns.iter().zip(&cells).find(|(column, cell)| column.need == Need::Required && cell.is_none())
    {
        return Err(missing_column(&place, missing.name, keys(&json)));
    }
    Ok(Record::new(place, columns, cells.into_iter().map(|cell| cell.unwrap_or(Cell::Null)).collect()))
}

fn missing_column(place: &RowPlace, column: &'static str, found: Vec<String>) -> DataError {
    DataError::MissingColumn {
        path: Path::new(&*place.path).to_owned(),
        position: Some(place.position),
        column,
        hint: suggestion(column, found.iter().map(String::as_str)),
        found,
    }
}

/// The keys of an object that was read before.
fn keys(json: &str) -> Vec<String> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    object.into_iter().map(|(key, _)| key).collect()
}

/// Serde's message, with the text where it happened in place of a line and column of the row.
fn explained(error: &serde_json::Error, json: &str) -> String {
    let message = error.to_string();
    let message = message.rfind(" at line ").map_or(message.as_str(), |end| &message[..end]);
    let line = json.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    // The column counts bytes, and may point into a character.
    let end = (0..=error.column().min(line.len())).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
    let start = line[..end].char_indices().rev().nth(19).map_or(0, |(start, _)| start);
    match &line[start..end] {
        "" => message.to_owned(),
        near => format!("{message} after {near:?}"),
    }
}

/// An object, of which the cells of the columns are kept.
struct Object {
    columns: &'static [Column],
}

impl<'de> DeserializeSeed<'de> for Object {
    type Value = Vec<Option<Cell>>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Vec<Option<Cell>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row: an object with a key per column")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = vec![None; self.columns.len()];
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let Some(index) = self.columns.iter().position(|column| column.name == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if cells[index].replace(map.next_value_seed(AnyCell)?).is_some() {
                return Err(A::Error::custom(format_args!("the key `{key}` is there twice")));
            }
        }
        Ok(cells)
    }
}

struct AnyCell;

impl<'de> DeserializeSeed<'de> for AnyCell {
    type Value = Cell;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyCell {
    type Value = Cell;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Other(value.to_string()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Integer(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(i64::try_from(value)
            .map_or_else(|_| Cell::Other(format!("the integer {value}, above 2^63-1")), Cell::Integer))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Number(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Cell, E> {
        Ok(Cell::Text(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(AnyCell)? {
            list.push(item);
        }
        Ok(Cell::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        let first = map.next_entry::<String, IgnoredAny>()?.map(|(key, _)| key);
        let single = map.next_entry::<IgnoredAny, IgnoredAny>()?.is_none();
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(match first.as_deref() {
            Some(INFINITY) if single => Cell::Number(f64::INFINITY),
            Some(NEGATIVE_INFINITY) if single => Cell::Number(f64::NEG_INFINITY),
            _ => Cell::Other("an object".to_owned()),
        })
    }
}

/// The beginning of bytes that are not what they should be, for messages.
pub fn beginning(bytes: &[u8]) -> String {
    shortened(&String::from_utf8_lossy(&bytes[..bytes.len().min(200)]))
}
