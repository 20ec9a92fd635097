//! Rows of a JSONL file: one object a line; empty lines are passed over.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use super::json_record::record;
use crate::data::error::{DataError, Position, RowPlace};
use crate::data::record::{Column, Record};

/// The records of a JSONL file.
pub struct LineRecords<R> {
    input: R,
    path: Arc<Path>,
    columns: &'static [Column],
    line: u64,
    rows: u64,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Reading,
    Ended,
}

impl<R: BufRead> LineRecords<R> {
    pub fn new(input: R, path: Arc<Path>, columns: &'static [Column]) -> Self {
        Self { input, path, columns, line: 0, rows: 0, state: State::Reading }
    }

    /// The next line that is not empty.
    fn line(&mut self) -> Result<Option<Vec<u8>>, DataError> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self.input.read_until(b'\n', &mut line);
            if read.map_err(|source| self.unread(source))? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.line == 1 && line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    fn unread(&self, source: std::io::Error) -> DataError {
        DataError::Read { path: self.path.to_path_buf(), rows: self.rows, source }
    }

    fn record(&mut self) -> Result<Option<Record>, DataError> {
        match self.line()? {
            None if self.rows == 0 => Err(DataError::Empty { path: self.path.to_path_buf() }),
            None => Ok(None),
            Some(line) if self.rows == 0 && line.trim_ascii_start().starts_with(b"[") => Err(DataError::NotRows {
                path: self.path.to_path_buf(),
                found: "an array, but named as a file of one object a line: name it .json".to_owned(),
            }),
            Some(line) => {
                let place = RowPlace { path: self.path.clone(), position: Position::Line(self.line) };
                record(&line, place, self.columns).map(Some)
            }
        }
    }
}

impl<R: BufRead> Iterator for LineRecords<R> {
    type Item = Result<Record, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        let record = self.record().transpose();
        match record {
            Some(Ok(_)) => self.rows += 1,
            Some(Err(_)) | None => self.state = State::Ended,
        }
        record
    }
}
