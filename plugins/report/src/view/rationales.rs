//! The rationales that a scoring job kept beside rewards: `{category}_rationales.jsonl`, a line a CoT.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use touchstone::{Category, CotId, QuestionId, Rationale};

use crate::error::{Error, Result};

/// A file of rationales that is read line by line as they are asked for. Memory holds where each line begins, and no text.
pub struct RationaleFile {
    path: PathBuf,
    reader: BufReader<File>,
    lines: HashMap<(QuestionId, CotId), Place>,
}

/// Where a line is.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    line: usize,
}

/// Whose line it is; its texts are passed over unread.
#[derive(Deserialize)]
struct Key {
    q_id: QuestionId,
    cot_id: CotId,
}

/// What a line holds besides.
#[derive(Deserialize)]
struct Kept {
    rationales: Vec<Rationale>,
}

impl RationaleFile {
    /// Opens the file of a category in this folder; none where there is no such file.
    pub fn open(folder: &Path, category: &Category) -> Result<Option<Self>> {
        let path = folder.join(format!("{category}_rationales.jsonl"));
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read the rationales", &path, error)),
        };
        let mut opened = Self { path, reader: BufReader::new(file), lines: HashMap::new() };
        opened.find_lines()?;
        Ok(Some(opened))
    }

    /// The rationales of a CoT, in the order of its rewards; none where the file has none.
    pub fn read(&mut self, question: &QuestionId, cot: CotId) -> Result<Vec<Rationale>> {
        let Some(place) = self.lines.get(&(question.clone(), cot)).copied() else { return Ok(Vec::new()) };
        let mut line = Vec::new();
        let found = self.reader.seek(SeekFrom::Start(place.offset));
        found
            .and_then(|_| self.reader.read_until(b'\n', &mut line))
            .map_err(|error| Error::io("read the rationales", &self.path, error))?;
        Ok(self.parse::<Kept>(&line, place.line)?.rationales)
    }

    fn find_lines(&mut self) -> Result<()> {
        let mut place = Place { offset: 0, line: 1 };
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self.reader.read_until(b'\n', &mut line);
            let length = read.map_err(|error| Error::io("read the rationales", &self.path, error))?;
            if length == 0 {
                return Ok(());
            }
            if !line.trim_ascii().is_empty() {
                let key: Key = self.parse(&line, place.line)?;
                self.lines.insert((key.q_id, key.cot_id), place);
            }
            place = Place { offset: place.offset + length as u64, line: place.line + 1 };
        }
    }

    fn parse<'de, T: Deserialize<'de>>(&self, line: &'de [u8], number: usize) -> Result<T> {
        serde_json::from_slice(line).map_err(|error| Error::Rationales {
            path: self.path.clone(),
            line: number,
            message: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Result<Option<RationaleFile>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("law_rationales.jsonl"), text).unwrap();
        RationaleFile::open(folder.path(), &"law".into())
    }

    #[test]
    fn lines_are_found_by_question_and_cot_in_any_order() {
        let line = |question: u8, cot: u8, text: &str| {
            format!(
                "{{\"q_id\":{question},\"cot_id\":{cot},\"rationales\":[{{\"text\":\"{text}\",\"finish\":\"stop\",\"reward\":0.5}}]}}\n"
            )
        };
        let mut file = open(&[line(2, 0, "a"), line(1, 1, "b"), line(1, 0, "c")].concat()).unwrap().unwrap();
        let text = |file: &mut RationaleFile, question: i64, cot| {
            let found = file.read(&question.into(), CotId(cot)).unwrap();
            found.iter().map(|rationale| rationale.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(text(&mut file, 1, 0), ["c"]);
        assert_eq!(text(&mut file, 2, 0), ["a"]);
        assert_eq!(text(&mut file, 1, 1), ["b"]);
        assert!(text(&mut file, 3, 0).is_empty());
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let Err(error) = open("\n{\"q_id\":1}\n") else { panic!("it was read") };
        let message = error.to_string();
        assert!(message.contains("law_rationales.jsonl, line 2") && message.contains("cot_id"), "{message}");
    }

    #[test]
    fn no_file_is_no_rationales() {
        let folder = tempfile::tempdir().unwrap();
        assert!(RationaleFile::open(folder.path(), &"law".into()).unwrap().is_none());
    }
}
