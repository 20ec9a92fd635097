//! The index: what the list of questions needs to know of each, by columns, so that it is small and read at once.

use serde::Serialize;
use touchstone::Category;

use super::ViewedMethod;
use super::chunk::Chunk;
use super::question::Question;

/// How many characters of a question's text the list shows.
const BEGINNING: usize = 120;

/// The index. Its columns have an entry for each question.
#[derive(Serialize)]
pub struct Index {
    /// In thousandths.
    drop: u16,
    categories: Vec<CategoryEntry>,
    methods: Vec<MethodEntry>,
    picks: Vec<PickColumn>,
    ids: Vec<String>,
    beginnings: Vec<String>,
    cots: Vec<usize>,
    right_cots: Vec<usize>,
    /// `1` where the picks differ, else `0`.
    disputed: String,
    question_chunks: Vec<ChunkEntry>,
    text_chunks: Vec<ChunkEntry>,
    /// Where the chunks' files are, as the page addresses them; none where they are in the page.
    folder: Option<&'static str>,
}

/// A category; its questions stand together.
#[derive(Serialize)]
struct CategoryEntry {
    name: String,
    title: String,
    questions: usize,
}

#[derive(Serialize)]
struct MethodEntry {
    name: String,
    aggregation: String,
    /// The largest drop of each question in thousandths; none where its rewards are not about steps.
    drops: Vec<Option<u16>>,
}

/// A way of choosing.
#[derive(Serialize)]
struct PickColumn {
    /// The method's place; none for majority vote.
    method: Option<usize>,
    title: String,
    /// `1` where it is right, `0` where it is wrong, `-` where the method lacks the question.
    right: String,
}

#[derive(Serialize)]
struct ChunkEntry {
    name: String,
    first: usize,
}

impl Index {
    /// An index of no questions so far.
    pub fn new(methods: &[ViewedMethod], drop: f64) -> Self {
        let column = |method, title: String| PickColumn { method, title, right: String::new() };
        let of_methods = methods.iter().enumerate().flat_map(|(place, method)| {
            ["Best-of-N", "Weighted vote"].map(|strategy| column(Some(place), format!("{strategy} of {}", method.name)))
        });
        let entry = |method: &ViewedMethod| MethodEntry {
            name: method.name.clone(),
            aggregation: method.aggregation.clone(),
            drops: Vec::new(),
        };
        Self {
            drop: (1000.0 * drop).round() as u16,
            categories: Vec::new(),
            methods: methods.iter().map(entry).collect(),
            picks: std::iter::once(column(None, "Majority vote".to_owned())).chain(of_methods).collect(),
            ids: Vec::new(),
            beginnings: Vec::new(),
            cots: Vec::new(),
            right_cots: Vec::new(),
            disputed: String::new(),
            question_chunks: Vec::new(),
            text_chunks: Vec::new(),
            folder: None,
        }
    }

    /// Begins a category: the questions that follow are its.
    pub fn begin(&mut self, category: &Category) {
        let (name, title) = (category.to_string(), category.title());
        self.categories.push(CategoryEntry { name, title, questions: 0 });
    }

    /// Adds a question to the category that was begun last.
    pub fn push(&mut self, id: String, question: &Question) {
        if let Some(category) = self.categories.last_mut() {
            category.questions += 1;
        }
        self.ids.push(id);
        self.beginnings.push(beginning(&question.text));
        self.cots.push(question.cots.len());
        self.right_cots.push(question.right_cots());
        self.disputed.push(if question.is_disputed() { '1' } else { '0' });
        for (column, pick) in self.picks.iter_mut().zip(&question.picks) {
            column.right.push(match pick {
                None => '-',
                Some(pick) if pick.right => '1',
                Some(_) => '0',
            });
        }
        for (method, drop) in self.methods.iter_mut().zip(question.drops()) {
            method.drops.push(drop);
        }
    }

    /// Notes a chunk of questions.
    pub fn note_questions(&mut self, chunk: &Chunk) {
        self.question_chunks.push(ChunkEntry { name: chunk.name.clone(), first: chunk.first });
    }

    /// Notes a chunk of whole texts, which are searched.
    pub fn note_texts(&mut self, chunk: &Chunk) {
        self.text_chunks.push(ChunkEntry { name: chunk.name.clone(), first: chunk.first });
    }

    /// Says that the chunks are files in this folder.
    pub fn place_beside(&mut self, folder: &'static str) {
        self.folder = Some(folder);
    }

    /// How many questions there are.
    pub fn questions(&self) -> usize {
        self.ids.len()
    }

    /// How many CoTs there are.
    pub fn cots(&self) -> usize {
        self.cots.iter().sum()
    }
}

/// The first words of a text, on one line.
fn beginning(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(BEGINNING) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_one_line_of_bounded_length() {
        assert_eq!(beginning("  What\nis\t it? "), "What is it?");
        let long = beginning(&"ü".repeat(1000));
        assert_eq!(long.chars().count(), BEGINNING + 1);
        assert!(long.ends_with("ü…"));
    }
}
