//! Figures as a user has them: drawn from tables and evaluations, written, and read back.

// Clippy takes only functions marked as tests for test code; those that they share are test code too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod evaluations;
mod formats;
mod hostile;
mod pictures;

use std::sync::{Arc, LazyLock};

use resvg::usvg::{self, fontdb};
use touchstone_report::figure::{Picture, Table};

/// A file of `tests/fixtures`.
fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A table of these methods and categories whose accuracies differ.
fn table(methods: &[String], columns: &[String], n: &[usize]) -> Table {
    let mut text = String::from("N,Method");
    for column in columns {
        text += &format!(",{column}_mean");
    }
    let octaves = n.iter().map(|&n| (n as f64).log2()).fold(1.0, f64::max);
    for n in n {
        for (m, method) in methods.iter().enumerate() {
            text += &format!("\n{n},\"{}\"", method.replace('"', "\"\""));
            for c in 0..columns.len() {
                let rise = 50.0 * (1.0 + m as f64) / methods.len() as f64 * (*n as f64).log2() / octaves;
                let mean = 10.0 + 2.7 * (c % 10) as f64 + rise + 0.1 * ((m * c) % 7) as f64;
                text += &format!(",{mean}");
            }
        }
    }
    Table::from_csv(&text).unwrap()
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("{prefix}{i}")).collect()
}

/// A piece of text in a picture, with the box that it takes up.
#[derive(Clone, Debug)]
struct Written {
    text: String,
    space: usvg::Rect,
}

impl Written {
    fn overlaps(&self, other: &Written) -> bool {
        let (one, two) = (self.space, other.space);
        one.left() < two.right() && two.left() < one.right() && one.top() < two.bottom() && two.top() < one.bottom()
    }
}

/// Every text of a picture, laid out with the fonts of this crate and no others.
fn texts(picture: &Picture) -> Vec<Written> {
    static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_fonts_dir(format!("{}/fonts", env!("CARGO_MANIFEST_DIR")));
        Arc::new(fonts)
    });
    let options = usvg::Options { fontdb: FONTS.clone(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(&picture.inline_svg(), &options).unwrap();
    let mut found = Vec::new();
    collect(tree.root(), &mut found);
    found
}

fn collect(group: &usvg::Group, found: &mut Vec<Written>) {
    for node in group.children() {
        match node {
            usvg::Node::Group(group) => collect(group, found),
            usvg::Node::Text(text) => found.push(Written {
                text: text.chunks().iter().map(|chunk| chunk.text()).collect(),
                space: text.abs_bounding_box(),
            }),
            _ => {}
        }
    }
}

/// Asserts that every text lies inside the picture and on no other text, and gives the texts.
fn assert_legible(picture: &Picture) -> Vec<Written> {
    let texts = texts(picture);
    for (i, one) in texts.iter().enumerate() {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let space = one.space;
        assert!(
            space.left() >= 0.0 && space.top() >= 0.0 && space.right() <= width && space.bottom() <= height,
            "{one:?} leaves the picture of {width} × {height}"
        );
        for two in &texts[..i] {
            assert!(!one.overlaps(two), "{one:?} overlaps {two:?}");
        }
    }
    texts
}
