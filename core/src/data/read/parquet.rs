//! Rows of a Parquet file: row group by row group, a few rows at a time, only the columns that are asked for.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::arrow_cells::cells;
use super::parquet_guard::{check_places, guarded};
use crate::Result;
use crate::data::cell::Cell;
use crate::data::error::{DataError, Position, RowPlace};
use crate::data::record::{Column, Need, Record};
use crate::nearest::suggestion;

/// Rows that are decoded at a time. A row of a test set may hold a hundred CoTs, so that this is some megabytes of text.
const BATCH: usize = 32;

/// The records of a Parquet file.
pub struct ParquetRecords {
    file: File,
    path: Arc<Path>,
    columns: &'static [Column],
    metadata: ArrowReaderMetadata,
    /// The next row group.
    group: usize,
    reader: Option<ParquetRecordBatchReader>,
    batch: std::vec::IntoIter<Record>,
    /// Rows decoded so far: in all, and of the present row group.
    rows: u64,
    rows_of_group: usize,
}

impl ParquetRecords {
    pub fn open(file: File, path: Arc<Path>, columns: &'static [Column]) -> Result<Self, DataError> {
        // The Arrow schema that some writers embed would only bring other forms of the same text and lists.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = guarded(|| {
            let metadata = ArrowReaderMetadata::load(&file, options)?;
            check_places(metadata.metadata(), file.metadata()?.len())?;
            Ok(metadata)
        });
        let metadata = metadata.map_err(|error| DataError::NotParquet {
            path: path.to_path_buf(),
            message: format!("{} (was it cut off while it was copied or written?)", plain(&error)),
        })?;
        let fields = metadata.schema().fields();
        let missing = |column: &&Column| column.need == Need::Required && fields.find(column.name).is_none();
        if let Some(column) = columns.iter().find(missing) {
            let found: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
            return Err(DataError::MissingColumn {
                path: path.to_path_buf(),
                position: None,
                column: column.name,
                hint: suggestion(column.name, found.iter().map(String::as_str)),
                found,
            });
        }
        Ok(Self {
            file,
            path,
            columns,
            metadata,
            group: 0,
            reader: None,
            batch: Vec::new().into_iter(),
            rows: 0,
            rows_of_group: 0,
        })
    }

    /// Decodes the next rows into `batch`.
    fn decode(&mut self) -> Result<Decoded, DataError> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None if self.group == self.metadata.metadata().num_row_groups() => return Ok(Decoded::EndOfFile),
            None => {
                self.rows_of_group = 0;
                let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
                let reader = guarded(|| self.builder(&names)?.with_batch_size(BATCH).build());
                self.reader.insert(reader.map_err(|error| self.damaged(None, 0, &error))?)
            }
        };
        match guarded(|| Ok(reader.next().transpose()?)) {
            Ok(None) => {
                self.reader = None;
                self.group += 1;
            }
            Err(error) => return Err(self.blame(&error)),
            Ok(Some(batch)) => {
                let records = guarded(|| self.records(&batch)).map_err(|error| self.blame(&error))?;
                self.rows += records.len() as u64;
                self.rows_of_group += records.len();
                self.batch = records.into_iter();
            }
        }
        Ok(Decoded::Rows)
    }

    /// A reader of these columns of the present row group.
    fn builder(&self, columns: &[&str]) -> Result<ParquetRecordBatchReaderBuilder<File>, ParquetError> {
        let schema = self.metadata.metadata().file_metadata().schema_descr();
        let fields = schema.root_schema().get_fields();
        let roots = columns.iter().filter_map(|name| fields.iter().position(|field| field.name() == *name));
        let mask = ProjectionMask::roots(schema, roots);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.try_clone()?, self.metadata.clone());
        Ok(builder.with_projection(mask).with_row_groups(vec![self.group]))
    }

    fn records(&self, batch: &RecordBatch) -> Result<Vec<Record>, ParquetError> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in self.columns {
            let cells = batch.column_by_name(column.name).map(cells).transpose()?;
            columns.push(cells.unwrap_or_default().into_iter());
        }
        let row = |index: usize| {
            let cells = columns.iter_mut().map(|cells| cells.next().unwrap_or(Cell::Null)).collect();
            Record::new(self.place(index), self.columns, cells)
        };
        Ok((0..batch.num_rows()).map(row).collect())
    }

    /// The error about rows that could not be decoded, with the first bad row and its column: found by decoding each
    /// column alone, row by row.
    fn blame(&self, error: &ParquetError) -> DataError {
        let first_bad = self.columns.iter().filter_map(|column| {
            let (row, error) = self.first_bad(column.name).err()?;
            Some((row, column.name, error))
        });
        match first_bad.min_by_key(|(row, ..)| *row) {
            Some((row, column, error)) => self.damaged(Some(column), row, &error),
            None => self.damaged(None, 0, error),
        }
    }

    /// The first row of the present batch, counted from its start, that cannot be decoded in this column, and why.
    fn first_bad(&self, column: &str) -> Result<(), (usize, ParquetError)> {
        let rows = guarded(|| {
            let builder = self.builder(&[column])?;
            builder.with_offset(self.rows_of_group).with_limit(BATCH).with_batch_size(1).build()
        });
        let mut rows = rows.map_err(|error| (0, error))?;
        for row in 0..BATCH {
            let decoded = guarded(|| {
                let Some(batch) = rows.next().transpose()? else { return Ok(None) };
                batch.columns().iter().try_for_each(|array| cells(array).map(drop))?;
                Ok(Some(()))
            });
            if decoded.map_err(|error| (row, error))?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn damaged(&self, column: Option<&str>, row: usize, error: &ParquetError) -> DataError {
        DataError::Damaged { place: self.place(row), column: column.map(str::to_owned), message: plain(error) }
    }

    /// The place of a row that is counted from the start of the present batch.
    fn place(&self, row: usize) -> RowPlace {
        RowPlace { path: self.path.clone(), position: Position::Row(self.rows + row as u64) }
    }
}

enum Decoded {
    Rows,
    EndOfFile,
}

/// The message without the names of the types that it was wrapped in.
fn plain(error: &ParquetError) -> String {
    let message = error.to_string();
    let wrappers = ["Arrow: ", "Parquet argument error: ", "Parquet error: ", "External: "];
    let mut rest = message.as_str();
    while let Some(inner) = wrappers.iter().find_map(|wrapper| rest.strip_prefix(wrapper)) {
        rest = inner;
    }
    rest.to_owned()
}

impl Iterator for ParquetRecords {
    type Item = Result<Record, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.batch.next() {
                return Some(Ok(record));
            }
            match self.decode() {
                Ok(Decoded::Rows) => {}
                Ok(Decoded::EndOfFile) => return None,
                Err(error) => {
                    // Nothing comes after an error.
                    self.reader = None;
                    self.group = self.metadata.metadata().num_row_groups();
                    return Some(Err(error));
                }
            }
        }
    }
}
