//! Rows of a JSON file: the elements of its outermost array, cut out one at a time, so that the file is never held whole.

use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;

use super::json_record::{beginning, record};
use crate::data::error::{DataError, Position, RowPlace};
use crate::data::record::{Column, Record};

/// The records of a JSON file: an array of objects, or objects one after the other, which some tools write under the name
/// `.json` too.
pub struct JsonRecords<R> {
    input: R,
    path: Arc<Path>,
    columns: &'static [Column],
    rows: u64,
    state: State,
}

enum State {
    Start,
    /// Behind `[`.
    First,
    /// Behind an element of the array.
    InArray,
    /// The first of several objects without an array, read already.
    Ahead(Vec<u8>),
    /// Behind an object without an array.
    InSequence,
    End,
}

impl<R: BufRead> JsonRecords<R> {
    pub fn new(input: R, path: Arc<Path>, columns: &'static [Column]) -> Self {
        Self { input, path, columns, rows: 0, state: State::Start }
    }

    /// The text of the next element; none at the end of the file.
    fn element(&mut self) -> Result<Option<Vec<u8>>, DataError> {
        if matches!(self.state, State::Start) {
            self.start()?;
        }
        match std::mem::replace(&mut self.state, State::End) {
            State::First => match self.peek()? {
                Some(b']') => self.end_of_array(),
                _ => self.element_of_array(),
            },
            State::InArray => match self.peek()? {
                Some(b']') => self.end_of_array(),
                Some(b',') => {
                    self.input.consume(1);
                    self.element_of_array()
                }
                Some(_) => {
                    let found = beginning(self.fill()?);
                    let message =
                        format!("expected a comma or the closing bracket before this row, and found {found:?}");
                    Err(DataError::Json { place: self.place(), message })
                }
                None => Err(self.cut_off()),
            },
            State::Ahead(element) => {
                self.state = State::InSequence;
                Ok(Some(element))
            }
            State::InSequence => match self.peek()? {
                Some(b'{') => {
                    self.state = State::InSequence;
                    self.take().map(Some)
                }
                Some(_) => {
                    let message = "expected an object, as in the rows before".to_owned();
                    Err(DataError::Json { place: self.place(), message })
                }
                None => Ok(None),
            },
            State::Start | State::End => Ok(None),
        }
    }

    /// Tells what the file is by its beginning.
    fn start(&mut self) -> Result<(), DataError> {
        // Some editors put a byte order mark first.
        if self.fill()?.starts_with(b"\xef\xbb\xbf") {
            self.input.consume(3);
        }
        match self.peek()? {
            Some(b'[') => {
                self.input.consume(1);
                self.state = State::First;
                Ok(())
            }
            Some(b'{') => {
                let first = self.take()?;
                match self.peek()? {
                    Some(b'{') => {
                        self.state = State::Ahead(first);
                        Ok(())
                    }
                    Some(_) => Err(self.not_rows("an object with something else behind it".to_owned())),
                    None => Err(self.not_rows("a single object; put its rows into brackets, [ … ]".to_owned())),
                }
            }
            Some(_) => {
                let found = format!("something else; it begins with {:?}", beginning(self.fill()?));
                Err(self.not_rows(found))
            }
            None => Err(DataError::Empty { path: self.path.to_path_buf() }),
        }
    }

    fn element_of_array(&mut self) -> Result<Option<Vec<u8>>, DataError> {
        match self.peek()? {
            Some(b'{') => {
                self.state = State::InArray;
                self.take().map(Some)
            }
            Some(_) => {
                let message = format!("expected an object, and found {:?}", beginning(self.fill()?));
                Err(DataError::Json { place: self.place(), message })
            }
            None => Err(self.cut_off()),
        }
    }

    fn end_of_array(&mut self) -> Result<Option<Vec<u8>>, DataError> {
        self.input.consume(1);
        match self.peek()? {
            None => Ok(None),
            Some(_) => Err(DataError::TrailingText { path: self.path.to_path_buf(), rows: self.rows }),
        }
    }

    /// Takes an object, which begins here: all up to its closing bracket.
    fn take(&mut self) -> Result<Vec<u8>, DataError> {
        let mut object = Vec::new();
        let mut scan = Scan::default();
        loop {
            let chunk = fill(&mut self.input, &self.path, self.rows)?;
            if chunk.is_empty() {
                return Err(self.cut_off());
            }
            let end = chunk.iter().position(|byte| scan.ends_with(*byte));
            let taken = end.map_or(chunk.len(), |end| end + 1);
            object.extend_from_slice(&chunk[..taken]);
            self.input.consume(taken);
            if end.is_some() {
                return Ok(object);
            }
        }
    }

    /// The next byte that is no white space, not consumed.
    fn peek(&mut self) -> Result<Option<u8>, DataError> {
        loop {
            let chunk = self.fill()?;
            let (length, found) = (chunk.len(), chunk.iter().position(|byte| !byte.is_ascii_whitespace()));
            match found {
                Some(at) => {
                    let byte = chunk[at];
                    self.input.consume(at);
                    return Ok(Some(byte));
                }
                None if length == 0 => return Ok(None),
                None => self.input.consume(length),
            }
        }
    }

    fn fill(&mut self) -> Result<&[u8], DataError> {
        fill(&mut self.input, &self.path, self.rows)
    }

    fn place(&self) -> RowPlace {
        RowPlace { path: self.path.clone(), position: Position::Row(self.rows) }
    }

    fn cut_off(&self) -> DataError {
        DataError::CutOff { path: self.path.to_path_buf(), rows: self.rows }
    }

    fn not_rows(&self, found: String) -> DataError {
        DataError::NotRows { path: self.path.to_path_buf(), found }
    }
}

fn fill<'a>(input: &'a mut impl BufRead, path: &Path, rows: u64) -> Result<&'a [u8], DataError> {
    loop {
        match input.fill_buf() {
            Ok(_) => break,
            Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(DataError::Read { path: path.to_owned(), rows, source }),
        }
    }
    input.fill_buf().map_err(|source| DataError::Read { path: path.to_owned(), rows, source })
}

impl<R: BufRead> Iterator for JsonRecords<R> {
    type Item = Result<Record, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match self.element().transpose()? {
            Ok(element) => record(&element, self.place(), self.columns),
            Err(error) => Err(error),
        };
        match &record {
            Ok(_) => self.rows += 1,
            Err(_) => self.state = State::End,
        }
        Some(record)
    }
}

/// How deep in brackets, and whether inside a string, the text that was looked at ends.
#[derive(Default)]
struct Scan {
    depth: usize,
    string: InString,
}

#[derive(Default)]
enum InString {
    #[default]
    No,
    Yes,
    /// Behind a backslash.
    Escaped,
}

impl Scan {
    /// Looks at the next byte, and tells whether it closes the outermost bracket.
    fn ends_with(&mut self, byte: u8) -> bool {
        match (&self.string, byte) {
            (InString::No, b'"') | (InString::Escaped, _) => self.string = InString::Yes,
            (InString::No, b'{' | b'[') => self.depth += 1,
            (InString::No, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            (InString::Yes, b'\\') => self.string = InString::Escaped,
            (InString::Yes, b'"') => self.string = InString::No,
            _ => {}
        }
        false
    }
}
