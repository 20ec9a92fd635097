//! The same page as a part of a report.

use serde_json::{Value, json};
use touchstone::study::Study;
use touchstone::{Context, Recipe, Registry};
use touchstone_report::view::View;
use touchstone_report::{Origin, write_all, write_page};

use crate::chromium::{self, ENTER, ESCAPE};
use crate::sample::{Sample, templates};

/// A study of the sample, and the view of it.
fn study(sample: &Sample) -> (Study, View) {
    let recipe = format!(
        "version: 1\ndata: {{ path: '{0}/data' }}\nmethods:\n  - {{ name: dPRM, rewards: ['{0}/dPRM'], aggregator: {{ type: min }} }}\n  \
         - {{ name: gORM, rewards: ['{0}/gORM'], aggregator: {{ type: mean }} }}\n\
         evaluate: {{ n: [1, 4], runs: 3, bootstrap: 20 }}\nout: '{0}/results'\n",
        sample.path("").display()
    );
    let study = Study::open(&Context::new(Registry::builtin()), Recipe::from_yaml(&recipe).unwrap()).unwrap();
    let view = View::of(&study).unwrap();
    (study, view)
}

#[test]
fn a_small_set_is_a_section_of_the_report() {
    let sample = Sample::new();
    let (study, view) = study(&sample);
    let evaluation = study.evaluate().unwrap().evaluation;
    let report = sample.path("my report.html");
    let files = write_page(&evaluation, Some(&view), &Origin::default(), &templates(), &report).unwrap();
    assert_eq!(files, std::slice::from_ref(&report), "the report holds everything");
    let html = std::fs::read_to_string(&report).unwrap();
    assert!(html.contains("script-src 'unsafe-inline'; img-src data:"), "the policy is as strict as without");
    chromium::with(|browser| {
        browser.open(&report);
        browser.wait_for("document.querySelector('.view-row')");
        browser.press('j');
        browser.press(ENTER);
        browser.settle();
        assert_eq!(
            browser.run("return document.querySelector('#view-question').hidden"),
            true,
            "keys elsewhere are not the section's"
        );
        browser.run("document.querySelector('#view-rows').focus()");
        browser.press('j');
        browser.press(ENTER);
        browser.wait_for("document.querySelector('.view-cot')");
        assert_eq!(browser.text("return location.hash"), "#law/2");
        browser.press(ESCAPE);
        browser.wait_for("document.querySelector('#view-question').hidden");
        browser.click("#accuracy thead th:nth-child(4) button");
        browser.click("#theme");
        for width in [360, 1280] {
            browser.resize(width, 800);
            let wide =
                browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
            assert_eq!(wide[0], wide[1], "at {width} pixels");
        }
        assert_eq!(browser.log("browser"), Vec::<Value>::new(), "the console is empty");
        assert_eq!(browser.requests(), [format!("file://{}", report.display()).replace(' ', "%20")]);
    });
}

#[test]
fn a_large_set_is_a_page_beside_the_report_which_links_to_it() {
    let sample = Sample::new();
    let (study, view) = study(&sample);
    let evaluation = study.evaluate().unwrap().evaluation;
    let large = View { most_inside: 64, ..view };
    let folder = sample.path("results");
    let files = write_all(&evaluation, Some(&large), &Origin::default(), &templates(), &folder).unwrap();
    assert!(files.iter().all(|file| file.is_file()), "what is told to be written is there: {files:?}");
    for name in ["report.html", "report_view/index.html"] {
        assert!(files.contains(&folder.join(name)), "{name}: {files:?}");
    }
    let report = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(!report.contains("view-index"), "the report is no larger for it");
    chromium::with(|browser| {
        browser.open(&folder.join("report.html"));
        browser.click("a[href='./report_view/index.html']");
        browser.wait_for("document.querySelector('.view-row')");
        browser.click(".view-row");
        browser.wait_for("document.querySelector('.view-cot')");
        assert_eq!(browser.log("browser"), Vec::<Value>::new());
    });
}

#[test]
fn without_a_view_the_report_has_no_section_of_it() {
    let sample = Sample::new();
    let evaluation = study(&sample).0.evaluate().unwrap().evaluation;
    let report = sample.path("report.html");
    write_page(&evaluation, None, &Origin::default(), &templates(), &report).unwrap();
    let html = std::fs::read_to_string(&report).unwrap();
    assert!(!html.contains("Look at rewards") && !html.contains("view-row"));
    assert_eq!(json!(html.matches("<script").count()), json!(2));
}
