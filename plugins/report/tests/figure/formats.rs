//! The files that a drawing becomes.

use std::collections::BTreeSet;

use touchstone_report::figure::{Drawing, FigureSettings, Table, draw, font_faces, write};

use crate::{fixture, names, table};

fn published() -> Drawing {
    draw(&Table::from_csv(&fixture("best_of_n.csv")).unwrap(), &FigureSettings::default()).unwrap()
}

#[test]
fn a_prefix_becomes_six_files_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let drawing = draw(&table(&names("m", 2), &names("c", 1), &[1, 2]), &FigureSettings::default()).unwrap();
    let prefix = folder.path().join("new/folder/best_of_n.v1");
    let written = write(&drawing, &prefix).unwrap();
    // Twice: what is there is replaced.
    assert_eq!(write(&drawing, &prefix).unwrap(), written);
    let found: BTreeSet<_> =
        std::fs::read_dir(prefix.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found, written.iter().cloned().collect());
    let names: BTreeSet<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    let expected =
        ["svg", "pdf", "png"].map(|end| [format!("best_of_n.v1.{end}"), format!("best_of_n.v1_legend.{end}")]);
    assert_eq!(names, expected.as_flattened().iter().map(String::as_str).collect());
}

#[test]
fn a_prefix_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let drawing = draw(&table(&names("m", 1), &names("c", 1), &[1, 2]), &FigureSettings::default()).unwrap();
    std::fs::write(folder.path().join("file"), "kept").unwrap();
    let error = write(&drawing, &folder.path().join("file/figure")).unwrap_err().to_string();
    assert!(error.starts_with("could not write the figure ") && error.contains("figure.svg"), "{error}");
    assert_eq!(std::fs::read_to_string(folder.path().join("file")).unwrap(), "kept");
    for prefix in ["", "/", ".."] {
        let error = write(&drawing, prefix.as_ref()).unwrap_err().to_string();
        assert!(error.contains("must end in a file name"), "{error}");
    }
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let (one, two) = (published(), published());
    assert_eq!(one.figure.svg(), two.figure.svg());
    assert_eq!(one.legend.png().unwrap(), two.legend.png().unwrap());
}

#[test]
fn svg_keeps_text_as_text_and_carries_its_font() {
    let drawing = published();
    let svg = drawing.figure.svg();
    for text in [">\nOverall\n<", ">\nComputer Science\n<", ">\nTask accuracy (%)\n<", ">\nN (log2)\n<", ">\ndORM\n<"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.contains(&font_faces()) && !drawing.figure.inline_svg().contains("@font-face"));
    assert_eq!(font_faces().matches("data:font/woff2;base64,d09GMg").count(), 2);
    // Nothing is fetched from anywhere.
    assert_eq!(svg.matches("http").count(), svg.matches("http://www.w3.org/2000/svg").count());
    assert_eq!(svg.matches("url(").count(), 2);
}

#[test]
fn png_has_300_dots_to_the_inch() {
    let drawing = draw(&table(&names("m", 2), &names("c", 1), &[1, 2]), &FigureSettings::default()).unwrap();
    let png = drawing.figure.png().unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    let pixels = |px: f64| (px * 300.0 / 96.0).round() as u32;
    assert_eq!((number(16), number(20)), (pixels(drawing.figure.width()), pixels(drawing.figure.height())));
    assert_eq!((&png[37..41], number(41), number(45), png[49]), (&b"pHYs"[..], 11811, 11811, 1));
    // It still decodes, and holds more than white paper.
    let image = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    assert!(image.pixels().iter().any(|pixel| (pixel.red(), pixel.green(), pixel.blue()) == (0x00, 0x72, 0xb2)));
}

#[test]
fn pdf_has_the_size_of_the_figure_and_text_in_the_embedded_font() {
    let drawing = published();
    let pdf = drawing.figure.pdf().unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-"));
    let points = |px: f64| px * 72.0 / 96.0;
    let (width, height) = (points(drawing.figure.width()), points(drawing.figure.height()));
    assert!(text.contains(&format!("/MediaBox [0 0 {width} {height}]")), "{width} {height}");
    // Selectable text: embedded subsets of the font with a map back to characters, and no pictures of text.
    for part in ["/Type /Font", "/ToUnicode", "/FontFile2", "Roboto-Regular", "Roboto-Bold"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("/Subtype /Image"));
}
