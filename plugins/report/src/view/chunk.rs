//! Chunks: items of the page's data, some at a time, compressed.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

use crate::error::{Error, Result};

/// A chunk is closed when it holds so many bytes of JSON: unpacking it takes no time that is felt. An item that is
/// larger is a chunk of its own.
const FULL: usize = 1 << 20;

/// A chunk that is closed.
pub struct Chunk {
    /// Its name, which hangs on its content: a page never meets a chunk of another run.
    pub name: String,
    /// The place of its first item among all of its kind.
    pub first: usize,
    /// A JSON array of its items, deflated, in base64.
    pub text: String,
}

/// Fills chunks of one kind of item.
pub struct Chunker {
    kind: &'static str,
    full: usize,
    json: Vec<u8>,
    closed: usize,
    first: usize,
    items: usize,
}

impl Chunker {
    /// Chunks of items of this kind, a word that their names begin with.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, full: FULL, json: Vec::new(), closed: 0, first: 0, items: 0 }
    }

    /// Adds an item; gives a chunk where it became full.
    ///
    /// # Errors
    /// [`Error::Page`], which no value of this crate causes.
    pub fn push(&mut self, item: &impl Serialize) -> Result<Option<Chunk>> {
        self.json.push(if self.json.is_empty() { b'[' } else { b',' });
        serde_json::to_writer(&mut self.json, item).map_err(Error::page)?;
        self.items += 1;
        if self.json.len() < self.full { Ok(None) } else { self.close() }
    }

    /// The last chunk; none where it would be empty.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn close(&mut self) -> Result<Option<Chunk>> {
        if self.json.is_empty() {
            return Ok(None);
        }
        self.json.push(b']');
        let mut encoder = ZlibEncoder::new(Vec::with_capacity(self.json.len() / 3), Compression::default());
        encoder.write_all(&self.json).map_err(Error::page)?;
        let deflated = encoder.finish().map_err(Error::page)?;
        let (first, digest) = (self.first, crc32fast::hash(&self.json));
        let name = format!("{}-{:04}-{digest:08x}", self.kind, self.closed + 1);
        (self.closed, self.first) = (self.closed + 1, self.items);
        self.json.clear();
        Ok(Some(Chunk { name, first, text: STANDARD.encode(deflated) }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn unpacked(chunk: &Chunk) -> Vec<String> {
        let deflated = STANDARD.decode(&chunk.text).unwrap();
        let mut json = String::new();
        flate2::read::ZlibDecoder::new(&*deflated).read_to_string(&mut json).unwrap();
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn chunks_hold_all_items_in_order_and_say_where_they_begin() {
        let mut chunker = Chunker { full: 20, ..Chunker::new("texts") };
        let items = ["one", "two", "a very long item indeed", "</script>\u{2028}\0", "last"];
        let mut chunks: Vec<Chunk> = items.iter().filter_map(|item| chunker.push(item).unwrap()).collect();
        chunks.extend(chunker.close().unwrap());
        assert_eq!(chunks.iter().flat_map(unpacked).collect::<Vec<_>>(), items);
        assert_eq!(chunks.iter().map(|chunk| chunk.first).collect::<Vec<_>>(), [0, 3, 4]);
        assert!(chunks[0].name.starts_with("texts-0001-"));
        assert!(chunker.close().unwrap().is_none());
    }

    #[test]
    fn a_chunk_is_text_that_can_stand_anywhere() {
        let mut chunker = Chunker::new("texts");
        chunker.push(&"</script><!--").unwrap();
        let chunk = chunker.close().unwrap().unwrap();
        assert!(chunk.text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)));
    }
}
