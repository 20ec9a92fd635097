//! A headless Chromium for the tests of pages. Skipped with a message where it is not installed (a failure in CI).

// Each test crate uses its own part of it.
#![allow(dead_code)]

mod webdriver;

use std::sync::{Arc, Mutex, PoisonError, Weak};

pub use webdriver::Browser;

pub const BACK: char = '\u{e003}';
pub const TAB: char = '\u{e004}';
pub const ENTER: char = '\u{e007}';
pub const ESCAPE: char = '\u{e00c}';
pub const LEFT: char = '\u{e012}';
pub const RIGHT: char = '\u{e014}';
pub const DOWN: char = '\u{e015}';

/// The browser of all tests that run at the same time: starting one takes longer than a test.
static SHARED: Mutex<Weak<Mutex<Browser>>> = Mutex::new(Weak::new());

fn shared() -> Option<Arc<Mutex<Browser>>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(browser) = shared.upgrade() {
        return Some(browser);
    }
    let browser = Arc::new(Mutex::new(Browser::start()?));
    *shared = Arc::downgrade(&browser);
    Some(browser)
}

/// Gives a browser that is as if just started to a test.
pub fn with(look: impl FnOnce(&Browser)) {
    let Some(shared) = shared() else { return };
    // A test that failed leaves nothing behind that a fresh page does not replace.
    let browser = shared.lock().unwrap_or_else(PoisonError::into_inner);
    browser.reset();
    look(&browser);
}

/// Returns the text element whose colour stands out least from the nearest background behind it.
pub const CONTRAST: &str = "
    const ink = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
    // A colour in any notation, as the browser itself paints it: red, green, blue, opacity.
    const channels = (colour) => {
        ink.clearRect(0, 0, 1, 1);
        ink.fillStyle = colour;
        ink.fillRect(0, 0, 1, 1);
        return [...ink.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour) => {
        const [r, g, b] = channels(colour).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const background = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return channels(colour)[3] === 0 ? background(element.parentElement) : colour;
    };
    const ratio = (element) => {
        const style = getComputedStyle(element);
        const text = luminance(element.closest('svg') ? style.fill : style.color);
        const paper = luminance(background(element));
        return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
    };
    const seen = document.querySelectorAll('p, h1, h2, h3, th, td, dt, dd, li, caption, button, select, label, legend, figcaption, pre, text, .view span, .view strong, .view small, mark, summary');
    return [...seen].filter((element) => element.textContent.trim() && element.checkVisibility() && !element.closest('.unseen')).map((element) => ({ element: element.outerHTML.slice(0, 200), ratio: ratio(element) }))
        .reduce((worst, next) => (next.ratio < worst.ratio ? next : worst));";
