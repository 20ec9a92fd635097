//! Texts that would be markup, code or a mess, were they not text.

use serde_json::{Value, json};
use touchstone_report::view::{self, View};

use crate::chromium;
use crate::sample::{Sample, templates};

const HOSTILE: &str = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">\
    <!--<script>{{ 7*7 }}${alert(1)}\u{2028}\u{2029}\u{0}\u{202e}desrever\u{202c} מימין לשמאל &amp; \u{1f600}";

/// The sample with this text wherever a data set has one.
fn with(text: &str) -> Sample {
    let sample = Sample::new();
    let row = json!({
        "q_id": text, "question": text, "answer": text, "cot_ids": [i64::MAX, 1],
        "cots": [[text, "b"], [text]], "parsed_answers": [text, null],
    });
    sample.write("data/law.jsonl", &[row]);
    let rewards = json!({ "q_id": text, "cot_ids": [1, i64::MAX], "rewards": [[0.5], [0.9, 0.1]] });
    sample.write("dPRM/law_reward.jsonl", std::slice::from_ref(&rewards));
    let verdicts = json!({ "q_id": text, "cot_ids": [1, i64::MAX], "rewards": [[0.5, 0.6], [0.9, 0.1]] });
    sample.write("gORM/law_reward.jsonl", &[verdicts]);
    let line = |cot: i64| {
        let rationale = json!({ "text": text, "finish": "stop", "reward": 0.5 });
        json!({ "q_id": text, "cot_id": cot, "rationales": [rationale, rationale] })
    };
    sample.write("gORM/law_rationales.jsonl", &[line(1), line(i64::MAX)]);
    sample
}

/// The view with this text as the name of everything.
fn named(sample: &Sample, text: &str) -> View {
    let mut view = View { title: text.to_owned(), ..sample.view() };
    for method in &mut view.methods {
        method.name += text;
        method.aggregation = text.to_owned();
    }
    view
}

#[test]
fn hostile_text_never_becomes_markup() {
    let sample = with(HOSTILE);
    let shown = sample.shown_of(&named(&sample, HOSTILE));
    assert!(!shown.html.contains("<script>document") && !shown.html.contains("<img"));
    assert!(
        !shown.html.contains('\u{2028}') || !shown.html.split("<script").skip(1).any(|part| part.contains('\u{2028}'))
    );
    assert_eq!(shown.questions[0]["text"], HOSTILE, "the text itself is still there");
    assert_eq!(shown.questions[0]["cots"][0]["id"], i64::MAX.to_string());
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    for beside in [false, true] {
        let sample = with(HOSTILE);
        let mut view = named(&sample, HOSTILE);
        view.title = "Safe".to_owned();
        view.most_inside = if beside { 1 } else { view.most_inside };
        let files = view::write(&view, &templates(), &sample.path("out")).unwrap();
        chromium::with(|browser| {
            browser.open(&files[0]);
            browser.wait_for("document.querySelector('.view-row')");
            browser.click(".view-row");
            for method in ["0", "1"] {
                browser.wait_for("document.querySelector('.view-cot')");
                browser.run(&format!(
                    "const select = document.querySelector('#view-method'); select.value = '{method}';
                     select.dispatchEvent(new Event('change', {{ bubbles: true }}))"
                ));
            }
            browser.wait_for("document.querySelector('details')");
            browser.run("document.querySelectorAll('details').forEach((critique) => { critique.open = true; })");
            let expected = json!(HOSTILE);
            for selector in [
                ".view-text",
                ".view-gold strong",
                ".view-step-text",
                ".view-critique",
                ".view-verdict .view-answer",
                "#view-name bdi",
            ] {
                let text = browser.run(&format!("return document.querySelector('{selector}').textContent"));
                assert_eq!(text, expected, "{selector}");
            }
            assert_eq!(browser.text("return document.title"), "Safe");
            assert_eq!(browser.run("return document.querySelectorAll('img, [onerror]').length"), 0);
            assert_eq!(browser.log("browser"), Vec::<Value>::new());
            let address = browser.text("return location.href");
            browser.click("#view-close");
            browser.open_at(&files[0], address.split('#').nth(1).unwrap());
            browser.wait_for("document.querySelector('.view-cot')");
        });
    }
}

#[test]
fn long_words_and_names_never_make_the_page_scroll_sideways() {
    let long = "Donaudampfschifffahrt".repeat(400);
    let sample = with(&long);
    let files = view::write(&named(&sample, &long), &templates(), &sample.path("out")).unwrap();
    chromium::with(|browser| {
        for width in [360, 768, 1280] {
            browser.resize(width, 800);
            browser.open(&files[0]);
            browser.wait_for("document.querySelector('.view-row')");
            let wide = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]";
            let list = browser.run(wide);
            assert_eq!(list[0], list[1], "the list at {width} pixels");
            browser.run("document.querySelector('.view-row').click()");
            browser.wait_for("document.querySelector('.view-cot')");
            let question = browser.run(wide);
            assert_eq!(question[0], question[1], "a question at {width} pixels");
        }
    });
}

#[test]
fn text_that_runs_from_right_to_left_keeps_to_its_own_line() {
    let sample = with("ما هو الجواب؟ \u{202e}");
    let files = view::write(&sample.view(), &templates(), &sample.path("out")).unwrap();
    chromium::with(|browser| {
        browser.open(&files[0]);
        browser.wait_for("document.querySelector('.view-row')");
        browser.click(".view-row");
        browser.wait_for("document.querySelector('.view-cot')");
        let direction = |selector: &str| {
            browser.text(&format!("return getComputedStyle(document.querySelector('{selector}')).direction"))
        };
        assert_eq!(direction(".view-step-text"), "rtl");
        assert_eq!(direction(".view-cot"), "ltr");
        assert_eq!(direction(".view-measure"), "ltr");
    });
}
