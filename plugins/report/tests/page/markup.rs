//! What the HTML holds, without a browser.

use touchstone::evaluation::document::Strategy;
use touchstone::{Category, Templates};
use touchstone_report::page::{self, Figure, Report};

use crate::sample;

const HOSTILE: &str = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u{2028}";

#[test]
fn hostile_text_never_becomes_markup() {
    let mut evaluation = sample::with_everything(sample::evaluation(&["law", HOSTILE], &["dORM", HOSTILE]));
    evaluation.data.path = HOSTILE.to_owned();
    evaluation.data.fingerprint = HOSTILE.to_owned();
    evaluation.data.empty_categories = vec![Category::new(HOSTILE)];
    evaluation.methods[2].rewards = vec![HOSTILE.to_owned()];
    let html = sample::render(&Report {
        title: HOSTILE.to_owned(),
        evaluation: &evaluation,
        figures: vec![Figure { title: HOSTILE.to_owned(), caption: HOSTILE.to_owned(), svg: HOSTILE.to_owned() }],
        recipe: Some(HOSTILE.to_owned()),
        command: Some(HOSTILE.to_owned()),
        rewards: None,
    });
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x"));
    assert_eq!(html.matches("</script").count(), 2, "the chart's data and the page's own script");
    assert!(html.contains("&lt;script&gt;alert(1)"), "the text itself is still shown");
    assert!(!html.contains("\u{2028}alert") && json(&html).contains("\\u2028"));
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let html = sample::page_of(&sample::paper());
    assert!(html.contains("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"));
    assert!(!html.contains("http://") && !html.contains("https://"), "not even a link");
    assert!(!html.contains("@import") && !html.contains("url(") && !html.contains("<script src"));
    for source in attributes(&html, "src").chain(attributes(&html, "href")) {
        assert!(source.starts_with("data:"), "{source}");
    }
}

#[test]
fn every_table_is_in_the_static_page_with_a_caption() {
    let html = sample::page_of(&sample::with_everything(sample::paper()));
    for id in ["accuracy", "comparisons", "calibration", "first-error", "by-length", "missing", "methods", "categories"]
    {
        let table = html.split(&format!("<table id=\"{id}\"")).nth(1).unwrap_or_else(|| panic!("no table {id}"));
        let table = table.split("</table>").next().unwrap();
        assert!(table.contains("<caption>") && table.contains("<tbody>"), "{id}");
        assert!(table.matches("<tr").count() > 1, "{id} has rows");
    }
    for text in ["touchstone run recipe.yaml", "version: 1\ndata: {", "9f2c41d07be85a63", "5,600"] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn the_accuracy_table_has_a_row_for_each_n_and_method_and_exact_values() {
    let evaluation = sample::paper();
    let html = sample::page_of(&evaluation);
    let table = table(&html, "accuracy");
    assert_eq!(table.matches("<tr data-n=").count(), evaluation.settings.n.len() * evaluation.methods.len());
    for entry in &evaluation.accuracy {
        assert!(table.contains(&format!("Mean over runs: {} %", entry.mean)), "{entry:?}");
        assert!(table.contains(&format!("Standard deviation: {}", entry.std)));
    }
    let best = evaluation
        .accuracy
        .iter()
        .filter(|entry| entry.n == 16 && entry.category == "law" && entry.strategy != Strategy::PassAtN)
        .map(|entry| entry.mean)
        .fold(0.0, f64::max);
    assert!(table.contains(&format!("class=\"number best\" data-value=\"{best}\"")));
}

#[test]
fn what_is_missing_stands_above_the_numbers_and_nothing_missing_is_one_line() {
    let complete = sample::page_of(&sample::paper());
    assert!(!complete.contains("Before you trust") && complete.contains("Nothing was missing"));
    let partial = sample::page_of(&sample::with_everything(sample::paper()));
    assert!(!partial.contains("Nothing was missing"));
    let warnings = partial.split("Before you trust").nth(1).unwrap().split("</section>").next().unwrap();
    for text in [
        "2 questions were left out for all methods",
        "no question to evaluate: Astrology",
        "37 of 5,600 CoTs have no answer",
        "failed on 1 answer.",
        "dORM: 1,204 missing rewards, 3 CoTs without any reward, 1 CoT not in the reward file (counted as 0.5); \
         2 questions not in the reward file (left out for all methods).",
    ] {
        assert!(warnings.contains(text), "{text}: {warnings}");
    }
    assert!(partial.find("Before you trust") < partial.find("<main>"));
}

#[test]
fn an_evaluation_without_optional_parts_renders() {
    let evaluation = sample::bare();
    let html = sample::render(&Report {
        title: "Bare".to_owned(),
        evaluation: &evaluation,
        figures: Vec::new(),
        recipe: None,
        command: None,
        rewards: None,
    });
    let body = html.split("<script").next().unwrap();
    for absent in
        ["<figure", "<h2 id=\"comparisons-title", "<h2 id=\"calibration-title", "<h3>Recipe", "null", "none\""]
    {
        assert!(!body.contains(absent), "{absent}");
    }
    assert!(html.contains("the difference was not tested"));
    let mut empty = evaluation;
    empty.accuracy.clear();
    empty.methods.clear();
    empty.data.categories.clear();
    let html = sample::page_of(&empty);
    assert!(html.contains("This evaluation holds no accuracy.") && !html.contains("id=\"chart-data\""));
}

#[test]
fn values_that_are_no_number_are_dashes() {
    let mut evaluation = sample::paper();
    evaluation.accuracy[3].mean = f64::NAN;
    evaluation.comparisons[0].difference = f64::NAN;
    evaluation.comparisons[1].interval = Some([f64::NAN, 1.0]);
    evaluation.calibration[0].auroc = Some(f64::NAN);
    let html = sample::page_of(&evaluation);
    let body = html.split("<script").next().unwrap();
    assert!(!body.contains("NaN") && !body.contains("nan\""));
}

#[test]
fn a_single_category_is_shown_once_under_its_own_name() {
    let html = sample::page_of(&sample::evaluation(&["GPQA-diamond"], &["gORM"]));
    let head = table(&html, "accuracy").split("</thead>").next().unwrap().to_owned();
    assert!(head.contains(">GPQA-diamond<") && !head.contains(">Overall<"));
}

#[test]
fn one_to_fifteen_categories_and_one_to_twelve_methods_render() {
    let names: Vec<String> = (1..=15).map(|place| format!("domain_{place}")).collect();
    let methods: Vec<String> = (1..=12).map(|place| format!("method {place}")).collect();
    for (categories, count) in [(1, 1), (2, 12), (15, 1), (15, 12)] {
        let categories: Vec<&str> = names[..categories].iter().map(String::as_str).collect();
        let methods: Vec<&str> = methods[..count].iter().map(String::as_str).collect();
        let html = sample::page_of(&sample::evaluation(&categories, &methods));
        let series = json(&html).matches("\"strategy\"").count();
        assert_eq!(series, 2 * count + 2);
    }
}

#[test]
fn a_missing_template_is_an_error_that_names_it() {
    let evaluation = sample::bare();
    let report = Report {
        title: String::new(),
        evaluation: &evaluation,
        figures: Vec::new(),
        recipe: None,
        command: None,
        rewards: None,
    };
    let message = page::render(&report, &Templates::new()).unwrap_err().to_string();
    assert!(message.contains("report.html"), "{message}");
}

fn table<'a>(html: &'a str, id: &str) -> &'a str {
    html.split(&format!("<table id=\"{id}\"")).nth(1).unwrap().split("</table>").next().unwrap()
}

/// The chart's JSON.
fn json(html: &str) -> &str {
    html.split("id=\"chart-data\">").nth(1).unwrap().split("</script>").next().unwrap()
}

/// The values of an attribute wherever it occurs.
fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let start = format!(" {name}=\"");
    html.match_indices(&start)
        .map(|(at, found)| html[at + found.len()..].split('"').next().unwrap())
        .collect::<Vec<_>>()
        .into_iter()
}
