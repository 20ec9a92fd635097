//! What keeps a damaged Parquet file from taking the process down: the parquet crate asserts in places what a file may
//! well break.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

/// What `decode` returns, or its panic as an error. Whatever it was decoding with must not be used again after an error.
pub fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let message =
            panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(ParquetError::General(format!("the decoder gave up: {}", message.unwrap_or("for no known reason"))))
    })
}

/// Checks that the columns of all row groups lie inside a file of `length` bytes.
pub fn check_places(metadata: &ParquetMetaData, length: u64) -> Result<(), ParquetError> {
    for (group, columns) in metadata.row_groups().iter().enumerate() {
        for column in columns.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = u64::try_from(start).ok().zip(u64::try_from(column.compressed_size()).ok());
            if end.and_then(|(start, size)| start.checked_add(size)).is_none_or(|end| end > length) {
                return Err(ParquetError::General(format!(
                    "its index says that the column {} of row group {group} lies outside the file",
                    column.column_path().string()
                )));
            }
        }
    }
    Ok(())
}
