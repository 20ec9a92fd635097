//! Names that nobody should choose.

use touchstone_report::figure::{FigureSettings, draw, write};

use crate::{assert_legible, names, table, texts};

fn hostile() -> Vec<String> {
    let long = "long ".repeat(200);
    let names = [
        "<script>alert(1)</script>",
        "\"/><image href='http://example.org/x.png'/>",
        "&amp; ]]> <!-- --> <?x?>",
        "a\" stroke-width=\"20001\"",
        "",
        long.as_str(),
        "אבג דהו",
        "\u{202e}turned round",
        "数学 推理 🙂👩‍👩‍👧",
        "e\u{301}\u{301}\u{301}",
        "nul\u{0} bell\u{7} esc\u{1b}[31m \u{ffff}",
        "two\nlines",
    ];
    names.map(str::to_owned).to_vec()
}

#[test]
fn hostile_method_names_stay_text() {
    let drawing = draw(&table(&hostile(), &names("c", 6), &[1, 2, 4]), &FigureSettings::default()).unwrap();
    assert_legible(&drawing.figure);
    assert_legible(&drawing.legend);
    let svg = drawing.figure.svg();
    for element in ["<script", "<image", "<!--", "<?x", "<foreignObject"] {
        assert!(!svg.contains(element), "{element}");
    }
    let written = texts(&drawing.legend);
    for text in ["<script>alert(1)</script>", "(no name)", "two lines", "a\" stroke-width=\"20001\""] {
        assert!(written.iter().any(|one| one.text == text), "{text:?} is not in {written:?}");
    }
}

#[test]
fn hostile_category_names_stay_text() {
    let columns: Vec<String> =
        ["<b>x</b>", "___", "very_long_".repeat(40).as_str(), "数学"].map(|name| name.replace(['"', ','], "")).to_vec();
    let drawing = draw(&table(&names("m", 2), &columns, &[1, 2]), &FigureSettings::default()).unwrap();
    assert_legible(&drawing.figure);
    assert!(!drawing.figure.svg().contains("<b>"));
}

#[test]
fn names_that_the_font_lacks_are_marked_in_pdf_and_png_and_kept_in_svg() {
    let folder = tempfile::tempdir().unwrap();
    let drawing = draw(&table(&hostile(), &names("c", 1), &[1, 2]), &FigureSettings::default()).unwrap();
    write(&drawing, &folder.path().join("figure")).unwrap();
    let svg = std::fs::read_to_string(folder.path().join("figure.svg")).unwrap();
    assert!(svg.contains("数学 推理"));
    let known = draw(&table(&names("m", 1), &names("c", 1), &[1, 2]), &FigureSettings::default()).unwrap();
    let lacking = draw(&table(&["数".to_owned()], &names("c", 1), &[1, 2]), &FigureSettings::default()).unwrap();
    let marked = draw(&table(&["\u{fffd}".to_owned()], &names("c", 1), &[1, 2]), &FigureSettings::default()).unwrap();
    assert_eq!(lacking.legend.png().unwrap(), marked.legend.png().unwrap());
    assert_ne!(lacking.legend.png().unwrap(), known.legend.png().unwrap());
}
