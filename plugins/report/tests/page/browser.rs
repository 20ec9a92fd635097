//! How the page behaves in headless Chromium. Skipped with a message where it is not installed (a failure in CI).

use std::path::Path;

use serde_json::{Value, json};
use touchstone_report::page::{Figure, Report};

use crate::chromium::{self, Browser, CONTRAST, DOWN, ENTER, LEFT, RIGHT, TAB};
use crate::sample;

/// Opens the page as a file and looks at it.
fn on(html: &str, look: impl FnOnce(&Browser, &Path)) {
    chromium::with(|browser| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.html");
        std::fs::write(&file, html).unwrap();
        browser.open(&file);
        look(browser, &file);
    });
}

/// Uses every control once.
fn use_everything(browser: &Browser) {
    browser.click("#theme");
    browser.click("[name=strategy][value=weighted_vote]");
    browser.click("#chart-ceiling");
    browser.hover("#chart-lines");
    browser.run(
        "for (const select of document.querySelectorAll('select')) {
           select.selectedIndex = select.options.length - 1;
           select.dispatchEvent(new Event('change', { bubbles: true }));
         }
         for (const button of document.querySelectorAll('thead button')) { button.click(); button.click(); }",
    );
}

#[test]
fn the_page_reports_no_error_and_asks_the_network_for_nothing() {
    on(&sample::page_of(&sample::with_everything(sample::paper())), |browser, file| {
        use_everything(browser);
        assert_eq!(browser.log("browser"), Vec::<Value>::new(), "the console is empty");
        let requests = browser.requests();
        let page = format!("file://{}", file.display());
        assert!(requests.contains(&page), "the log would show requests: {requests:?}");
        assert!(requests.iter().all(|url| *url == page), "{requests:?}");
        let blocked = browser.run("return fetch('data:,x').then(() => 'loaded', () => 'blocked')");
        assert_eq!(blocked, "blocked", "the policy is in force");
    });
}

#[test]
fn a_heading_sorts_by_click_and_turns_the_order_by_key() {
    on(&sample::page_of(&sample::paper()), |browser, _| {
        let column = |browser: &Browser| -> Vec<f64> {
            let values = browser.run(
            "return [...document.querySelectorAll('#accuracy tbody tr:not([hidden])')].map(row => Number(row.cells[3].dataset.value))",
        );
            values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
        };
        let heading = "#accuracy thead th:nth-child(4)";
        assert!(!column(browser).is_sorted_by(|left, right| left >= right), "not sorted at first");
        browser.click(&format!("{heading} button"));
        assert!(column(browser).is_sorted_by(|left, right| left >= right));
        assert_eq!(browser.text(&format!("return document.querySelector('{heading}').ariaSort")), "descending");
        browser.run(&format!("document.querySelector('{heading} button').focus()"));
        browser.press(ENTER);
        assert!(column(browser).is_sorted(), "the keyboard does it too");
        assert_eq!(browser.text(&format!("return document.querySelector('{heading}').ariaSort")), "ascending");
        browser.click("#accuracy thead th:first-child button");
        let first = browser.text("return document.querySelector('#accuracy tbody tr:not([hidden]) th').textContent");
        assert_eq!(first, "dORM");
        assert_eq!(browser.run("return document.querySelectorAll('#accuracy [aria-sort]').length"), 1);
    });
}

#[test]
fn values_that_do_not_exist_sort_last_in_either_order() {
    on(&sample::page_of(&sample::paper()), |browser, _| {
        for _ in 0..2 {
            browser.click("#by-length thead th:last-child button");
            let last =
                browser.text("return document.querySelector('#by-length tbody tr:last-child').cells[5].textContent");
            assert_eq!(last, "–");
        }
    });
}

#[test]
fn a_choice_of_n_shows_its_rows_only() {
    let evaluation = sample::paper();
    on(&sample::page_of(&evaluation), |browser, _| {
        let shown = "return [...document.querySelectorAll('#accuracy tbody tr')].filter(row => row.offsetParent).map(row => row.dataset.n)";
        let values = browser.run(shown);
        assert_eq!(values.as_array().unwrap().len(), evaluation.methods.len());
        assert!(values.as_array().unwrap().iter().all(|n| n == "16"), "the largest N first: {values}");
        browser.run(
            "const select = document.querySelector('[data-filters=accuracy]'); select.value = '2';
         select.dispatchEvent(new Event('change'))",
        );
        assert!(browser.run(shown).as_array().unwrap().iter().all(|n| n == "2"));
        // A choice without rows says so.
        browser.run(
            "for (const select of document.querySelectorAll('[data-filters=comparisons]')) {
               select.selectedIndex = select.dataset.field === 'n' ? 0 : 1;
               select.dispatchEvent(new Event('change'));
             }",
        );
        let said =
            browser.text("return getComputedStyle(document.querySelector('#comparisons tbody'), '::after').content");
        assert!(said.contains("Nothing was computed"), "{said}");
    });
}

#[test]
fn hover_and_focus_show_exact_values() {
    let evaluation = sample::paper();
    on(&sample::page_of(&evaluation), |browser, _| {
        let tip = "const tip = document.querySelector('#tip'); return tip.hidden ? '' : tip.textContent";
        let exact = |method: usize, category: &str| {
            let summary = &evaluation.methods[method];
            let found = evaluation.accuracy.iter().find(|entry| {
                (entry.method.as_str(), entry.strategy, entry.n, entry.category.as_str())
                    == (summary.name.as_str(), summary.strategy, 16, category)
            });
            format!("Mean over runs: {} %", found.unwrap().mean)
        };
        assert_eq!(browser.text(tip), "");
        browser.hover("#accuracy tbody tr:not([hidden]) td:nth-child(4)");
        assert!(browser.text(tip).contains(&exact(0, "overall")), "{}", browser.text(tip));
        browser.hover("h1");
        assert_eq!(browser.text(tip), "");
        // From the last heading's button, one Tab leads into the cells.
        browser.run("document.querySelector('#accuracy thead th:last-child button').focus()");
        browser.press(TAB);
        assert!(browser.text(tip).contains(&exact(0, "overall")), "{}", browser.text(tip));
        browser.press(RIGHT);
        browser.press(DOWN);
        assert!(browser.text(tip).contains(&exact(1, "law")), "{}", browser.text(tip));
        assert_eq!(browser.text("return document.activeElement.getAttribute('aria-describedby')"), "tip");
        // The page that scrolled to the focus went by under the mouse, and nothing of that takes the tip away.
        browser.settle();
        browser.run(
            "document.dispatchEvent(new Event('scroll'));
             const other = document.querySelector('#accuracy tbody tr:not([hidden]) td:nth-child(4)');
             other.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
             other.dispatchEvent(new MouseEvent('mouseout', { bubbles: true }));",
        );
        assert!(browser.text(tip).contains(&exact(1, "law")), "{}", browser.text(tip));
        // A mouse that moves takes over, and leaving it gives the tip back to the focus, which takes it along.
        browser.hover("#accuracy tbody tr:not([hidden]) td:nth-child(4)");
        assert!(browser.text(tip).contains(&exact(0, "overall")), "{}", browser.text(tip));
        browser.hover("h1");
        assert!(browser.text(tip).contains(&exact(1, "law")), "{}", browser.text(tip));
        browser.run("document.activeElement.blur()");
        assert_eq!(browser.text(tip), "");
    });
}

#[test]
fn the_chart_reads_out_the_n_that_is_pointed_at_or_reached_by_key() {
    let evaluation = sample::paper();
    on(&sample::page_of(&evaluation), |browser, _| {
        let caption = "return document.querySelector('#chart-values caption').textContent";
        let lines = "return document.querySelectorAll('#chart-lines .series').length";
        assert_eq!(browser.text(caption), "N = 16");
        assert_eq!(browser.run(lines), 5, "majority vote and four methods");
        browser.hover("#chart-lines");
        assert_eq!(browser.text(caption), "N = 4", "the middle of 1 to 16 on a log axis");
        let majority = evaluation.accuracy.iter().find(|entry| entry.method == "MV" && entry.n == 4).unwrap();
        let read = browser.text("return document.querySelector('#chart-values tbody td').textContent");
        assert_eq!(read, format!("{:.2}", majority.mean));
        browser.run("document.querySelector('#chart-lines').focus()");
        browser.press(LEFT);
        assert_eq!(browser.text(caption), "N = 2");
        assert!(browser.text("return document.querySelector('#chart-status').textContent").starts_with("N = 2: MV "));
        browser.click("#chart-ceiling");
        assert_eq!(browser.run(lines), 6);
        let before = browser.text("return document.querySelector('#chart-values tbody').textContent");
        browser.click("[name=strategy][value=weighted_vote]");
        assert_ne!(browser.text("return document.querySelector('#chart-values tbody').textContent"), before);
    });
}

#[test]
fn dark_and_light_follow_the_system_until_the_reader_chooses() {
    on(&sample::page_of(&sample::paper()), |browser, _| {
        let paper = "return getComputedStyle(document.body).backgroundColor";
        browser.prefer("light");
        let light = browser.text(paper);
        browser.prefer("dark");
        let dark = browser.text(paper);
        assert_ne!(light, dark);
        assert_eq!(browser.text("return document.querySelector('#theme').textContent"), "Light theme");
        browser.click("#theme");
        assert_eq!(browser.text(paper), light);
        browser.click("#theme");
        assert_eq!(browser.text(paper), dark);
    });
}

#[test]
fn a_narrow_screen_never_scrolls_the_page_sideways() {
    let methods: Vec<String> = (1..=12).map(|place| format!("a_rather_long_method_name_{place}")).collect();
    let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
    let mut evaluation = sample::with_everything(sample::evaluation(&touchstone::PAPER_ORDER, &methods));
    evaluation.data.path = "a/very/long/path/".repeat(12);
    on(&sample::page_of(&evaluation), |browser, _| {
        for width in [320, 390, 768, 1280] {
            browser.resize(width, 800);
            let wide =
                browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]");
            assert_eq!(wide[0], wide[1], "at {width} pixels");
        }
    });
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let hostile = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";
    let mut evaluation = sample::with_everything(sample::evaluation(&["law", hostile], &["dORM", hostile]));
    evaluation.data.path = hostile.to_owned();
    let html = sample::render(&Report {
        title: "Safe".to_owned(),
        evaluation: &evaluation,
        figures: vec![Figure { title: hostile.to_owned(), caption: hostile.to_owned(), svg: hostile.to_owned() }],
        recipe: Some(hostile.to_owned()),
        command: Some(hostile.to_owned()),
        rewards: None,
    });
    on(&html, |browser, _| {
        use_everything(browser);
        assert_eq!(browser.text("return document.title"), "Safe");
        assert_eq!(browser.run("return document.querySelectorAll('script').length"), 2);
        assert_eq!(browser.text("return document.querySelector('pre').textContent"), hostile);
        assert_eq!(browser.log("browser"), Vec::<Value>::new());
    });
}

#[test]
fn without_javascript_every_row_is_there_and_no_dead_control() {
    let evaluation = sample::paper();
    on(&sample::page_of(&evaluation), |browser, file| {
        browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        browser.open(file);
        let seen = |selector: &str| {
            browser.run(&format!(
                "return [...document.querySelectorAll('{selector}')].filter(found => found.offsetParent).length"
            ))
        };
        let rows = [seen("#accuracy tbody tr"), seen("#comparisons tbody tr"), seen("select, button, #chart")];
        let title = browser.run("return document.querySelector('#accuracy td[title]').title");
        browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
        assert_eq!(rows[0], evaluation.settings.n.len() * evaluation.methods.len());
        assert_eq!(rows[1], evaluation.comparisons.len());
        assert_eq!(rows[2], 0);
        assert!(title.as_str().unwrap().contains("Mean over runs"), "{title}");
    });
}

#[test]
fn text_has_enough_contrast_in_both_themes() {
    on(&sample::page_of(&sample::with_everything(sample::paper())), |browser, _| {
        for _ in 0..2 {
            let worst = browser.run(CONTRAST);
            assert!(worst["ratio"].as_f64().unwrap() >= 4.5, "WCAG AA asks for 4.5: {worst}");
            browser.click("#theme");
        }
    });
}
