//! How the page looks: light and dark, wide and narrow. Pictures of it are left in the folder that cargo has for tests,
//! `view`.

use std::path::PathBuf;

use serde_json::json;
use touchstone_report::view::{self, View};

use crate::chromium::{self, Browser, CONTRAST};
use crate::sample::{Sample, templates};

/// Where a picture is left for people to look at.
fn picture(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("view");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}.png"))
}

/// Shows the list, then a question by the rewards of each method.
fn each_sight(look: impl Fn(&Browser, &str)) {
    let sample = Sample::new();
    let files = view::write(&sample.view(), &templates(), &sample.path("out")).unwrap();
    chromium::with(|browser| {
        browser.prefer("light");
        browser.open(&files[0]);
        browser.wait_for("document.querySelector('.view-row')");
        look(browser, "list");
        browser.run("document.querySelector('.view-row').click()");
        browser.wait_for("document.querySelector('.view-step.shaded')");
        look(browser, "steps");
        browser.press('m');
        browser.wait_for("document.querySelector('details')");
        browser.run("document.querySelectorAll('details').forEach((critique) => { critique.open = true; })");
        look(browser, "verdicts");
    });
}

#[test]
fn light_dark_and_narrow_are_pictured() {
    each_sight(|browser, sight| {
        for (scheme, width, height) in [("light", 1280, 900), ("dark", 1280, 900), ("dark", 360, 800)] {
            browser.prefer(scheme);
            browser.resize(width, height);
            let file = picture(&format!("{sight}_{scheme}_{width}"));
            browser.screenshot(&file);
            assert!(std::fs::metadata(&file).unwrap().len() > 5_000, "{} shows something", file.display());
        }
        browser.resize(1280, 900);
    });
}

#[test]
fn dark_and_light_follow_the_system_until_the_reader_chooses() {
    each_sight(|browser, sight| {
        let paper = "return getComputedStyle(document.body).backgroundColor";
        if sight == "list" {
            browser.prefer("light");
            let light = browser.text(paper);
            browser.prefer("dark");
            let dark = browser.text(paper);
            assert_ne!(light, dark);
            browser.click("#theme");
            assert_eq!(browser.text(paper), light);
        }
    });
}

#[test]
fn text_has_enough_contrast_in_both_themes() {
    each_sight(|browser, sight| {
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            let worst = browser.run(CONTRAST);
            assert!(worst["ratio"].as_f64().unwrap() >= 4.5, "{sight}, {scheme}: WCAG AA asks for 4.5: {worst}");
        }
    });
}

#[test]
fn a_narrow_screen_never_scrolls_the_page_sideways() {
    each_sight(|browser, sight| {
        for width in [320, 360, 390, 768, 1280] {
            browser.resize(width, 800);
            let wide =
                browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
            assert_eq!(wide[0], wide[1], "{sight} at {width} pixels");
        }
    });
}

#[test]
fn a_reward_is_told_by_colour_from_orange_over_grey_to_blue() {
    each_sight(|browser, sight| {
        if sight != "steps" {
            return;
        }
        // Red, green and blue of a step of this reward, as painted.
        let painted = |reward: f64| {
            let colour = browser.run(&format!(
                "const step = document.querySelector('.view-step.shaded');
                 step.style.setProperty('--reward', {reward});
                 const ink = document.createElement('canvas').getContext('2d');
                 ink.fillStyle = getComputedStyle(step).backgroundColor;
                 ink.fillRect(0, 0, 1, 1);
                 return [...ink.getImageData(0, 0, 1, 1).data]"
            ));
            [0, 2].map(|channel| colour[channel].as_i64().unwrap())
        };
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            let differences: Vec<i64> = [0.0, 0.25, 0.5, 0.75, 1.0]
                .map(|reward| {
                    let [red, blue] = painted(reward);
                    blue - red
                })
                .into();
            assert!(
                differences.is_sorted() && differences[0] < -30 && differences[4] > 30,
                "{scheme}: {differences:?}"
            );
        }
    });
}

#[test]
fn what_is_opened_of_twelve_thousand_questions_of_sixteen_cots_is_what_is_in_sight() {
    let sample = Sample::new();
    let cots = vec!["One step."; 16];
    let row = |id: usize| {
        json!({
            "q_id": id, "question": format!("What is {id} times {id}, and why is that so?"), "answer": "A", "cot_ids": (0..16).collect::<Vec<_>>(),
            "cots": cots.iter().map(|step| [step]).collect::<Vec<_>>(), "parsed_answers": vec!["A"; 16],
        })
    };
    let rewards =
        |id: usize| json!({ "q_id": id, "cot_ids": (0..16).collect::<Vec<_>>(), "rewards": vec![[0.25]; 16] });
    sample.write("data/law.jsonl", &(0..12_000).map(row).collect::<Vec<_>>());
    sample.write("dPRM/law_reward.jsonl", &(0..12_000).map(rewards).collect::<Vec<_>>());
    let mut view = View { most_inside: 1, ..sample.view() };
    view.methods.truncate(1);
    let files = view::write(&view, &templates(), &sample.path("out")).unwrap();
    assert!(files.len() > 10, "the questions lie in chunks");
    chromium::with(|browser| {
        browser.reset();
        browser.open(&files[0]);
        browser.wait_for("document.querySelector('.view-row')");
        let number = |script: &str| browser.run(script).as_f64().unwrap();
        // How long that took is a matter of the machine; the book has figures.
        println!("open in {} ms", number("return performance.getEntriesByType('navigation')[0].loadEventEnd"));
        assert!(
            number("return document.querySelectorAll('*').length") < 2000.0,
            "the list makes rows that are in sight"
        );
        assert_eq!(number("return performance.getEntriesByType('resource').length"), 0.0, "no chunk is read");
        assert!(std::fs::metadata(&files[0]).unwrap().len() < 3_000_000, "the index is a line a question");
        assert_eq!(
            browser.text("return document.querySelector('#view-status').textContent"),
            "12,002 questions, 192,008 CoTs"
        );
    });
}
