//! How the page is used, by mouse and by keys, in headless Chromium.

use serde_json::{Value, json};
use touchstone_report::view::{self, View};

use crate::chromium::{self, BACK, Browser, DOWN, ENTER, ESCAPE, LEFT, RIGHT};
use crate::sample::{Sample, templates};

/// Opens the page of a view.
fn on(sample: &Sample, view: &View, look: impl FnOnce(&Browser)) {
    let files = view::write(view, &templates(), &sample.path("out")).unwrap();
    chromium::with(|browser| {
        browser.open(&files[0]);
        browser.wait_for("document.querySelector('.view-row')");
        look(browser);
    });
}

fn on_sample(look: impl FnOnce(&Browser)) {
    let sample = Sample::new();
    on(&sample, &sample.view(), look);
}

/// The ids of the questions that are listed.
fn listed(browser: &Browser) -> Value {
    browser.settle();
    browser.run("return [...document.querySelectorAll('.view-row bdi')].map((id) => id.textContent)")
}

fn text(browser: &Browser, selector: &str) -> String {
    browser.text(&format!("return document.querySelector('{selector}').textContent"))
}

fn choose(browser: &Browser, id: &str, value: &str) {
    browser.run(&format!(
        "const select = document.querySelector('#{id}'); select.value = '{value}'; select.dispatchEvent(new Event('change', {{ bubbles: true }}))"
    ));
}

/// Waits until the question of this id is open.
fn is_open(browser: &Browser, id: &str) {
    browser.wait_for(&format!(
        "document.querySelector('#view-name bdi')?.textContent === '{id}' && document.querySelector('.view-cot')"
    ));
}

#[test]
fn the_page_reports_no_error_and_no_request_leaves_it() {
    let sample = Sample::new();
    let files = view::write(&sample.view(), &templates(), &sample.path("out")).unwrap();
    chromium::with(|browser| {
        browser.open(&files[0]);
        browser.wait_for("document.querySelector('.view-row')");
        browser.click(".view-row");
        is_open(browser, "1");
        browser.click("#theme");
        for value in ["right", "value", "data"] {
            choose(browser, "view-order", value);
        }
        choose(browser, "view-method", "1");
        browser.run("document.querySelectorAll('details').forEach((critique) => { critique.open = true; })");
        browser.click("#view-close");
        browser.click("#view-search");
        browser.write("court");
        browser.wait_for("document.querySelectorAll('.view-row').length === 1");
        assert_eq!(browser.log("browser"), Vec::<Value>::new(), "the console is empty");
        let page = format!("file://{}", files[0].display());
        let requests = browser.requests();
        assert!(requests.contains(&page) && requests.iter().all(|url| *url == page), "{requests:?}");
        let blocked = browser.run("return fetch('data:,x').then(() => 'loaded', () => 'blocked')");
        assert_eq!(blocked, "blocked", "the policy is in force");
    });
}

#[test]
fn chunks_beside_the_page_are_loaded_from_a_file_and_nothing_else_is() {
    let sample = Sample::new();
    let large = View { most_inside: 64, ..sample.view() };
    let files = view::write(&large, &templates(), &sample.path("out")).unwrap();
    chromium::with(|browser| {
        browser.open(&files[0]);
        browser.wait_for("document.querySelector('.view-row')");
        let page = format!("file://{}", files[0].display());
        assert_eq!(browser.requests(), [page], "nothing before it is needed");
        browser.click(".view-row");
        is_open(browser, "1");
        let chunk = browser.requests();
        assert!(chunk.len() == 1 && chunk[0].contains("/data/questions-0001-"), "{chunk:?}");
        browser.click("#view-close");
        browser.click("#view-search");
        browser.write("appeal");
        browser.wait_for("document.querySelectorAll('.view-row').length === 1");
        let chunk = browser.requests();
        assert!(chunk.len() == 1 && chunk[0].contains("/data/texts-0001-"), "{chunk:?}");
        let blocked = browser.run("return fetch('data:,x').then(() => 'loaded', () => 'blocked')");
        assert_eq!(blocked, "blocked");
    });
}

#[test]
fn a_page_whose_folder_is_gone_says_so() {
    let sample = Sample::new();
    on(&sample, &View { most_inside: 64, ..sample.view() }, |browser| {
        std::fs::remove_dir_all(sample.path("out/data")).unwrap();
        browser.click(".view-row");
        browser.wait_for("document.querySelector('.view-failure')");
        let message = text(browser, ".view-failure");
        assert!(message.contains("data/questions-0001-") && message.contains("beside this page"), "{message}");
    });
}

#[test]
fn filters_narrow_the_list_down_and_add_up() {
    on_sample(|browser| {
        assert_eq!(listed(browser), json!(["1", "2", "3", "a/b #é", "m2"]));
        choose(browser, "view-category", "1");
        assert_eq!(listed(browser), json!(["a/b #é", "m2"]));
        assert_eq!(text(browser, "#view-status"), "2 of 5 questions");
        choose(browser, "view-category", "");
        choose(browser, "view-outcome", "1:0");
        assert_eq!(listed(browser), json!(["1", "3"]), "Best-of-N of dPRM is wrong");
        choose(browser, "view-outcome", "none");
        assert_eq!(listed(browser), json!(["3"]), "no CoT is right");
        choose(browser, "view-outcome", "");
        browser.click("#view-disputed");
        let disputed = listed(browser);
        assert!(
            disputed.as_array().unwrap().contains(&json!("1")) && !disputed.as_array().unwrap().contains(&json!("2")),
            "{disputed}"
        );
        browser.click("#view-disputed");
        browser.click("#view-dropping");
        assert_eq!(listed(browser), json!(["1", "3"]));
        choose(browser, "view-drop", "0.5");
        assert_eq!(listed(browser), json!(["1"]));
        choose(browser, "view-drop", "0.55");
        assert_eq!(listed(browser), json!([]));
        assert_eq!(text(browser, "#view-space"), "No question is like this.");
    });
}

#[test]
fn a_search_finds_words_of_the_whole_text_and_ids() {
    on_sample(|browser| {
        browser.press('/');
        browser.write("another court");
        browser.wait_for("document.querySelectorAll('.view-row').length === 1");
        assert_eq!(listed(browser), json!(["1"]), "all words, in any order");
        browser.press(ESCAPE);
        browser.wait_for("document.querySelectorAll('.view-row').length === 5");
        browser.write("M2");
        browser.wait_for("document.querySelectorAll('.view-row').length === 1");
        assert_eq!(listed(browser), json!(["m2"]));
        browser.press(BACK);
        browser.wait_for("document.querySelectorAll('.view-row').length > 1");
    });
}

#[test]
fn keys_walk_the_list_open_step_through_and_close() {
    on_sample(|browser| {
        let active = "return document.querySelector('[aria-selected=true] bdi').textContent";
        browser.press('j');
        browser.press(DOWN);
        assert_eq!(browser.text(active), "3");
        browser.press('k');
        assert_eq!(browser.text(active), "2");
        browser.press(ENTER);
        is_open(browser, "2");
        assert_eq!(text(browser, "#view-place"), "2 of 5");
        assert_eq!(browser.text("return document.activeElement.id"), "view-name", "the focus is in the question");
        browser.press(RIGHT);
        is_open(browser, "3");
        browser.press('j');
        is_open(browser, "a/b #é");
        browser.press(LEFT);
        is_open(browser, "3");
        browser.press(ESCAPE);
        browser.wait_for("document.querySelector('#view-question').hidden");
        assert_eq!(browser.text(active), "3", "the list is where the reader left");
        assert_eq!(browser.text("return document.activeElement.id"), "view-rows");
        browser.press('?');
        assert_eq!(browser.run("return document.querySelector('#view-help').open"), true);
        browser.press(ESCAPE);
        assert_eq!(browser.run("return document.querySelector('#view-help').open"), false);
        browser.click("#view-help-open");
        browser.click("#view-help form button");
        assert_eq!(browser.run("return document.querySelector('#view-help').open"), false);
    });
}

#[test]
fn stepping_stays_within_what_is_listed() {
    on_sample(|browser| {
        choose(browser, "view-outcome", "1:0");
        browser.click(".view-row");
        is_open(browser, "1");
        browser.press('j');
        is_open(browser, "3");
        assert_eq!(browser.run("return document.querySelector('#view-next').disabled"), true);
        browser.press('j');
        assert_eq!(text(browser, "#view-place"), "2 of 2");
    });
}

#[test]
fn a_question_has_an_address_and_the_way_back_leads_to_the_list() {
    let sample = Sample::new();
    let files = view::write(&sample.view(), &templates(), &sample.path("out")).unwrap();
    chromium::with(|browser| {
        browser.open_at(&files[0], "math/a%2Fb%20%23%C3%A9");
        is_open(browser, "a/b #é");
        browser.click("#view-close");
        assert_eq!(browser.text("return location.hash"), "");
        browser.click(".view-row");
        is_open(browser, "1");
        assert_eq!(browser.text("return location.hash"), "#law/1");
        browser.run("history.back()");
        browser.wait_for("document.querySelector('#view-question').hidden");
        browser.open_at(&files[0], "law/none%zz");
        browser.wait_for("document.querySelector('.view-row')");
    });
}

#[test]
fn a_question_shows_rewards_drops_picks_and_what_is_missing() {
    on_sample(|browser| {
        browser.click(".view-row");
        is_open(browser, "1");
        let cot = |place: usize| format!(".view-cot:nth-child({})", place + 1);
        assert!(text(browser, &cot(0)).contains("first drop: 0.90 → 0.40"));
        assert!(text(browser, &format!("{} .fall", cot(1))).contains("0.70 → 0.50"), "0.2 on paper is 0.2");
        assert_eq!(browser.run("return document.querySelectorAll('.view-fall').length"), 2);
        let exact = browser.text(&format!("return document.querySelector('{} .view-step .view-reward').title", cot(2)));
        assert_eq!(exact, "reward 0.95");
        assert_eq!(text(browser, &format!("{} .view-step.missing .view-reward", cot(2))), "missing");
        assert_eq!(text(browser, &format!("{} .view-badges", cot(3))), "dPRM: Best-of-N");
        assert_eq!(text(browser, &format!("{} .view-badges", cot(1))), "majority votedPRM: weighted votegORM: both");
        assert!(text(browser, &format!("{} .view-verdict", cot(1))).contains("right, answer B"));
        assert_eq!(text(browser, ".view-gold strong"), "B");
        let columns = browser
            .run("return [...document.querySelectorAll('.view-cot')].map((cot) => cot.getBoundingClientRect().top)");
        assert!(columns.as_array().unwrap().windows(2).all(|pair| pair[0] == pair[1]), "side by side: {columns}");
    });
}

#[test]
fn a_generative_model_shows_its_verdicts_and_rationales_with_the_verdict_marked() {
    on_sample(|browser| {
        browser.click(".view-row");
        is_open(browser, "1");
        browser.press('m');
        browser.wait_for("document.querySelector('.view-verdicts')");
        assert_eq!(
            browser.run("return document.querySelectorAll('.view-step.shaded').length"),
            0,
            "no step has a reward"
        );
        browser.click(".view-cot:nth-child(2) summary");
        assert_eq!(text(browser, ".view-cot:nth-child(2) mark.verdict"), "Is the answer correct (Yes/No)? Yes");
        let second = text(browser, ".view-cot:nth-child(2) details:nth-of-type(2) summary");
        assert!(second.contains("missing no verdict, cut at the token budget"), "{second}");
    });
}

#[test]
fn cots_are_ordered_as_the_reader_likes() {
    on_sample(|browser| {
        browser.click(".view-row");
        is_open(browser, "1");
        let order = |browser: &Browser| {
            browser.settle();
            browser.run("return [...document.querySelectorAll('.view-verdict strong')].map((name) => name.textContent)")
        };
        assert_eq!(order(browser), json!(["CoT 0", "CoT 1", "CoT 2", "CoT 3"]));
        choose(browser, "view-order", "value");
        browser.wait_for("document.querySelector('.view-verdict strong').textContent === 'CoT 3'");
        assert_eq!(order(browser), json!(["CoT 3", "CoT 1", "CoT 2", "CoT 0"]));
        choose(browser, "view-order", "right");
        browser.wait_for("document.querySelector('.view-verdict strong').textContent === 'CoT 1'");
    });
}

#[test]
fn a_long_list_makes_rows_for_what_is_in_sight_only() {
    let sample = Sample::new();
    let row = |id: usize| crate::sample::question(json!(id), "What is it?", "A", &["A"]);
    sample.write("data/law.jsonl", &(0..3000).map(row).collect::<Vec<_>>());
    on(&sample, &View { methods: Vec::new(), ..sample.view() }, |browser| {
        let rows = "return document.querySelectorAll('.view-row').length";
        assert!(browser.run(rows).as_u64().unwrap() < 60);
        browser.run("document.querySelector('#view-rows').focus()");
        browser.press('\u{e010}');
        let last = "return document.querySelector('[aria-selected=true]').ariaPosInSet";
        assert_eq!(browser.text(last), "3002", "End leads to the last");
        assert!(browser.run(rows).as_u64().unwrap() < 60);
    });
}
