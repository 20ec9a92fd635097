//! The HTML report: its markup, and how it behaves in a real browser.

mod browser;
mod headline;
mod markup;
mod sample;
mod webdriver;
