//! What is in a picture, and where.

use touchstone_report::figure::{FigureSettings, LegendPlace, Table, draw};

use crate::{assert_legible, fixture, names, table, texts};

fn settings(oracle: bool, legend: LegendPlace) -> FigureSettings {
    FigureSettings { oracle, legend, ..FigureSettings::default() }
}

#[test]
fn the_published_tables_are_drawn_legibly() {
    let cases = [
        ("best_of_n.csv", LegendPlace::Below),
        ("weighted_vote.csv", LegendPlace::Above),
        ("edge_best_of_n.csv", LegendPlace::Apart),
        ("edge_weighted_vote.csv", LegendPlace::Below),
    ];
    for (file, legend) in cases {
        let table = Table::from_csv(&fixture(file)).unwrap();
        let drawing = draw(&table, &settings(true, legend)).unwrap();
        assert_legible(&drawing.figure);
        assert_legible(&drawing.legend);
    }
}

#[test]
fn any_number_of_panels_and_methods_is_legible() {
    let cases = [(1, 1), (1, 12), (2, 2), (3, 45), (4, 7), (5, 12), (6, 8), (15, 1), (16, 12)];
    for (panels, methods) in cases {
        let table = table(&names("Method ", methods), &names("category_", panels), &[1, 2, 4, 8, 16]);
        let drawing = draw(&table, &settings(false, LegendPlace::Below)).unwrap();
        let written = assert_legible(&drawing.figure);
        assert_legible(&drawing.legend);
        let titles = written.iter().filter(|one| one.text.starts_with("Category ")).count();
        let entries = written.iter().filter(|one| one.text.starts_with("Method ")).count();
        assert_eq!((titles, entries), (panels, methods));
    }
}

#[test]
fn any_values_of_n_are_legible() {
    let every: Vec<usize> = (1..=128).collect();
    let large: Vec<usize> = (0..17).map(|power| 1 << power).collect();
    for n in [&[16][..], &[3, 7], &[1, 2, 3, 4, 6, 8, 12, 16], &[1, 1_000_000_000], &every, &large] {
        for panels in [1, 5, 6] {
            let drawing = draw(&table(&names("m", 3), &names("c", panels), n), &FigureSettings::default()).unwrap();
            assert_legible(&drawing.figure);
        }
    }
}

#[test]
fn n_is_labelled_under_the_lowest_panel_of_each_column() {
    let count = |panels| {
        let drawing =
            draw(&table(&names("m", 2), &names("c", panels), &[1, 4, 256]), &FigureSettings::default()).unwrap();
        let written = texts(&drawing.figure);
        let labels: Vec<_> = written.iter().filter(|one| one.text == "256").map(|one| one.space.top() as i32).collect();
        (labels.len(), labels.iter().collect::<std::collections::BTreeSet<_>>().len())
    };
    assert_eq!(count(4), (4, 1));
    assert_eq!(count(10), (5, 1));
    // The seven panels stand in rows of five and two: the upper row is the lowest of three columns.
    assert_eq!(count(7), (5, 2));
}

#[test]
fn overall_is_bold_and_framed_wherever_its_column_is() {
    for columns in [["Overall", "law", "math"], ["law", "math", "Overall"]] {
        let table = table(&names("m", 2), &columns.map(str::to_owned), &[1, 2]);
        let svg = draw(&table, &FigureSettings::default()).unwrap().figure.inline_svg();
        let bold: Vec<&str> = svg.split("font-weight=\"bold\"").skip(1).collect();
        assert_eq!(bold.len(), 1);
        assert!(bold[0].starts_with(">\nOverall\n"), "{}", &bold[0][..40]);
        assert_eq!(svg.matches("stroke-width=\"22\"").count(), 1);
    }
}

#[test]
fn pass_at_n_is_drawn_on_request_dotted() {
    let table = Table::from_csv(&fixture("best_of_n.csv")).unwrap();
    let without = draw(&table, &FigureSettings::default()).unwrap();
    let with = draw(&table, &settings(true, LegendPlace::Below)).unwrap();
    let dotted = |svg: &str| svg.matches("stroke-dasharray=\"1 36\"").count();
    assert_eq!(dotted(&without.figure.inline_svg()), 0);
    // A curve in each of 15 panels, and the legend's sample.
    assert_eq!(dotted(&with.figure.inline_svg()), 16);
    assert!(without.marks.iter().all(|mark| mark.method != "Pass@N"));
    assert_eq!((without.marks.len(), with.marks.len()), (15 * 5 * 5, 15 * 6 * 5));
}

#[test]
fn ticks_in_the_picture_are_whole_and_few() {
    let table = Table::from_csv(&fixture("best_of_n.csv")).unwrap();
    let drawing = draw(&table, &settings(false, LegendPlace::Apart)).unwrap();
    let written = texts(&drawing.figure);
    let numbers = written.iter().filter(|one| one.text.starts_with(|c: char| c.is_ascii_digit())).count();
    assert!(written.iter().all(|one| !one.text.contains('.')));
    // Five panels have five values of N under them; the rest are accuracies.
    assert!((15 * 2 + 25..=15 * 5 + 25).contains(&numbers), "{numbers}");
}

#[test]
fn marks_stand_inside_the_picture_and_higher_for_higher_accuracies() {
    let table = table(&names("m", 2), &names("c", 6), &[1, 2, 4]);
    let drawing = draw(&table, &FigureSettings::default()).unwrap();
    assert_eq!(drawing.marks.len(), 6 * 2 * 3);
    for mark in &drawing.marks {
        assert!((0.0..drawing.figure.width()).contains(&mark.x) && (0.0..drawing.figure.height()).contains(&mark.y));
    }
    for pair in
        drawing.marks.windows(2).filter(|pair| pair[0].panel == pair[1].panel && pair[0].method == pair[1].method)
    {
        assert!(pair[0].n < pair[1].n && pair[0].x < pair[1].x && pair[0].y > pair[1].y, "{pair:?}");
    }
}

#[test]
fn a_wider_margin_moves_the_curves_inwards() {
    let table = table(&names("m", 1), &names("c", 1), &[1, 2]);
    let span = |margin| {
        let drawing = draw(&table, &FigureSettings { margin, ..FigureSettings::default() }).unwrap();
        drawing.marks[0].y - drawing.marks[1].y
    };
    assert!(span(0.0) > span(0.03) && span(0.03) > span(0.5));
    let error = draw(&table, &FigureSettings { margin: f64::NAN, ..FigureSettings::default() }).unwrap_err();
    assert!(error.to_string().starts_with("the figure setting margin is wrong: the margin NaN"), "{error}");
}

#[test]
fn a_table_of_pass_at_n_alone_needs_the_oracle() {
    let table = Table::from_csv("N,Method,law_mean\n1,Pass@N,3\n").unwrap();
    assert!(draw(&table, &FigureSettings::default()).unwrap_err().to_string().contains("ask for it (oracle)"));
    assert_legible(&draw(&table, &settings(true, LegendPlace::Below)).unwrap().figure);
}
