//! Which files a page is.

use touchstone_report::view::{self, View};

use crate::sample::{Sample, Shown, templates};

#[test]
fn a_small_page_is_one_file() {
    let sample = Sample::new();
    let files = view::write(&sample.view(), &templates(), &sample.path("out")).unwrap();
    assert_eq!(files, [sample.path("out/index.html")]);
    let html = std::fs::read_to_string(&files[0]).unwrap();
    assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"));
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("<script src"));
}

#[test]
fn what_is_too_much_for_the_page_lies_beside_it_and_is_the_same() {
    let sample = Sample::new();
    let inside = sample.shown();
    let large = View { most_inside: 64, ..sample.view() };
    let files = view::write(&large, &templates(), &sample.path("out")).unwrap();
    assert_eq!(files.len(), 3, "the page, the questions, their texts");
    assert!(files.iter().all(|file| file.is_file()));
    let beside = Shown::read(&files[0]);
    assert_eq!((beside.questions, beside.texts), (inside.questions, inside.texts));
    assert!(beside.html.len() < inside.html.len());
}

#[test]
fn a_page_takes_the_place_of_an_earlier_one_and_leaves_nothing_of_it() {
    let sample = Sample::new();
    let large = |drop| View { most_inside: 64, drop, ..sample.view() };
    view::write(&large(0.2), &templates(), &sample.path("out")).unwrap();
    let row = crate::sample::question(1.into(), "Another question", "B", &["A", "B", "b", "C"]);
    sample.write("data/law.jsonl", &[row]);
    let files = view::write(&large(0.3), &templates(), &sample.path("out")).unwrap();
    let left = std::fs::read_dir(sample.path("out/data")).unwrap().count();
    assert_eq!(left, files.len() - 1);
    assert_eq!(Shown::read(&files[0]).texts[0], "Another question");
}

#[test]
fn the_same_sets_give_the_same_bytes() {
    let sample = Sample::new();
    let bytes = || std::fs::read(&view::write(&sample.view(), &templates(), &sample.path("out")).unwrap()[0]).unwrap();
    assert_eq!(bytes(), bytes());
}
