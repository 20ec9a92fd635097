//! Cells out of Arrow arrays, column by column.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::error::ArrowError;

use crate::data::cell::Cell;

/// The cells of `array`.
///
/// The Parquet reader is told to derive types from the Parquet schema alone, so that of the many forms that Arrow has for
/// text and lists one each is left.
pub fn cells(array: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    Ok(match array.data_type() {
        DataType::Utf8 => array
            .as_string::<i32>()
            .iter()
            .map(|text| text.map_or(Cell::Null, |text| Cell::Text(text.to_owned())))
            .collect(),
        // Text of writers that do not say that it is text.
        DataType::Binary => array.as_binary::<i32>().iter().map(bytes).collect(),
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            let offsets = lists.value_offsets();
            let (first, last) = (offset(offsets.first())?, offset(offsets.last())?);
            let mut items = cells(&lists.values().slice(first, last.saturating_sub(first)))?.into_iter();
            offsets
                .windows(2)
                .enumerate()
                .map(|(index, bounds)| {
                    let items = items.by_ref().take((bounds[1] - bounds[0]).try_into().unwrap_or(0)).collect();
                    if lists.is_null(index) { Cell::Null } else { Cell::List(items) }
                })
                .collect()
        }
        kind if kind.is_integer() => {
            let numbers = cast_with_options(array, &DataType::Int64, &strict)?;
            numbers.as_primitive::<Int64Type>().iter().map(|number| number.map_or(Cell::Null, Cell::Integer)).collect()
        }
        kind if kind.is_floating() || kind.is_decimal() => {
            let numbers = cast_with_options(array, &DataType::Float64, &strict)?;
            numbers.as_primitive::<Float64Type>().iter().map(|number| number.map_or(Cell::Null, Cell::Number)).collect()
        }
        kind => {
            let name = format!("of the type {kind}");
            let nulls = array.logical_nulls();
            let null = |index| nulls.as_ref().is_some_and(|nulls| nulls.is_null(index));
            (0..array.len()).map(|index| if null(index) { Cell::Null } else { Cell::Other(name.clone()) }).collect()
        }
    })
}

fn offset(offset: Option<&i32>) -> Result<usize, ArrowError> {
    usize::try_from(offset.copied().unwrap_or(0)).map_err(|error| ArrowError::ParseError(error.to_string()))
}

fn bytes(bytes: Option<&[u8]>) -> Cell {
    match bytes.map(std::str::from_utf8) {
        None => Cell::Null,
        Some(Ok(text)) => Cell::Text(text.to_owned()),
        Some(Err(_)) => Cell::Other("bytes that are not valid UTF-8".to_owned()),
    }
}
