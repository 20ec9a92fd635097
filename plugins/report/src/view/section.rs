//! What the templates are given of a view.

use serde::Serialize;

use super::chunk::Chunk;
use super::gather::Gathered;
use super::store::Stored;
use crate::error::{Error, Result};
use crate::page::{counted, script_json};

/// A view as `view_section.html` shows it.
#[derive(Serialize)]
pub struct Section {
    /// How much there is to see: "350 questions, 5,600 CoTs".
    size: String,
    /// The index, as JSON that can stand in a script element.
    index: String,
    /// The chunks that are in the page.
    chunks: Vec<EmbeddedChunk>,
    /// Whether the page loads chunks from beside it.
    beside: bool,
}

#[derive(Serialize)]
struct EmbeddedChunk {
    name: String,
    text: String,
}

impl Section {
    /// The section that shows what was gathered.
    pub fn new(gathered: Gathered) -> Result<Self> {
        let index = gathered.index;
        let embedded = |chunk: Chunk| EmbeddedChunk { name: chunk.name, text: chunk.text };
        let (chunks, beside) = match gathered.stored {
            Stored::Inside(chunks) => (chunks.into_iter().map(embedded).collect(), false),
            Stored::Beside(_) => (Vec::new(), true),
        };
        let size = format!(
            "{}, {}",
            counted(index.questions(), "question", "questions"),
            counted(index.cots(), "CoT", "CoTs")
        );
        let index = script_json(&index).ok_or_else(|| Error::page("the index is no JSON"))?;
        Ok(Self { size, index, chunks, beside })
    }
}
