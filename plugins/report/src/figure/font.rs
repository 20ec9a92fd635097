//! The font that figures carry, and how wide text is in it.

use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use resvg::usvg::fontdb;

use crate::error::{Error, Result};

const REGULAR: &[u8] = include_bytes!("../../fonts/Roboto-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/Roboto-Bold.ttf");
const REGULAR_WOFF2: &[u8] = include_bytes!("../../fonts/Roboto-Regular.woff2");
const BOLD_WOFF2: &[u8] = include_bytes!("../../fonts/Roboto-Bold.woff2");

/// The family as figures name it: the embedded font, then what viewers that ignore embedded fonts are likely to have.
pub(super) const FAMILY: &str = "Roboto, Helvetica, Arial, sans-serif";

/// The height of a capital above the baseline, in ems.
pub(super) const CAP_HEIGHT: f64 = 0.711;

/// Plotters asks for sizes of 1.24 ems.
pub(super) const PLOTTERS_EM: f64 = 1.24;

/// Plotters takes its size for the font's line height (ascent 1900, descent 500 of 2048 units), but draws ems.
const MEASURED_EM: f64 = 2400.0 / 2048.0;

/// The characters that the embedded fonts have, beyond ASCII.
const COVERED: [RangeInclusive<char>; 21] = [
    '\u{a0}'..='\u{17f}',
    '\u{384}'..='\u{38a}',
    '\u{38c}'..='\u{38c}',
    '\u{38e}'..='\u{3a1}',
    '\u{3a3}'..='\u{3ce}',
    '\u{3d5}'..='\u{3d5}',
    '\u{2010}'..='\u{2015}',
    '\u{2018}'..='\u{201e}',
    '\u{2020}'..='\u{2022}',
    '\u{2026}'..='\u{2026}',
    '\u{2030}'..='\u{2030}',
    '\u{2032}'..='\u{2033}',
    '\u{20ac}'..='\u{20ac}',
    '\u{2122}'..='\u{2122}',
    '\u{2211}'..='\u{2212}',
    '\u{221a}'..='\u{221a}',
    '\u{221e}'..='\u{221e}',
    '\u{2248}'..='\u{2248}',
    '\u{2260}'..='\u{2260}',
    '\u{2264}'..='\u{2265}',
    '\u{fffd}'..='\u{fffd}',
];

/// Puts the replacement character for what the embedded fonts lack. PDF and PNG are drawn with these fonts alone, and
/// would leave blanks; an SVG keeps its text, for its viewer may have a font.
pub(super) fn replace_uncovered(text: &str) -> String {
    let covered = |c: char| c.is_ascii() || COVERED.iter().any(|range| range.contains(&c));
    text.chars().map(|c| if covered(c) { c } else { '\u{fffd}' }).collect()
}

/// The weight of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    pub fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::Bold => FontStyle::Bold,
        }
    }
}

/// A text with the size at which it fits its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fitted {
    pub text: String,
    pub size: f64,
    pub width: f64,
}

/// The rules that a page or an SVG needs once so that its figures have their font: nothing is fetched.
pub fn font_faces() -> String {
    let face = |weight: u32, bytes: &[u8]| {
        let data = STANDARD.encode(bytes);
        format!(
            "@font-face{{font-family:Roboto;font-weight:{weight};src:url(data:font/woff2;base64,{data}) format(\"woff2\")}}"
        )
    };
    format!("{}\n{}", face(400, REGULAR_WOFF2), face(700, BOLD_WOFF2))
}

/// The embedded fonts and no others, so that every machine draws the same.
pub(super) fn database() -> Arc<fontdb::Database> {
    static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
        let mut database = fontdb::Database::new();
        database.load_font_data(REGULAR.to_vec());
        database.load_font_data(BOLD.to_vec());
        Arc::new(database)
    });
    DATABASE.clone()
}

/// Makes the embedded fonts known to plotters. Every drawing begins with this; doing it again changes nothing.
pub(super) fn register() -> Result<()> {
    for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, BOLD)] {
        register_font(FAMILY, style, bytes).map_err(|_| Error::drawing("the embedded font is damaged"))?;
    }
    Ok(())
}

/// How wide a text of this size is, in the unit of the size.
pub(super) fn text_width(text: &str, size: f64, weight: Weight) -> Result<f64> {
    // Plotters measures in whole units: at this size they are a 1000th of an em.
    let font = FontDesc::new(FontFamily::Name(FAMILY), 1000.0 * MEASURED_EM, weight.style());
    let (width, _) = font.box_size(&replace_uncovered(text)).map_err(Error::drawing)?;
    Ok(f64::from(width) / 1000.0 * size)
}

/// Fits a text into a width: as it is, else down to `smallest`, else cut with an ellipsis.
pub(super) fn fit(text: &str, size: f64, smallest: f64, weight: Weight, room: f64) -> Result<Fitted> {
    let width = text_width(text, size, weight)?;
    if width <= room {
        return Ok(Fitted { text: text.to_owned(), size, width });
    }
    let shrunk = size * room / width;
    if shrunk >= smallest {
        return Ok(Fitted { text: text.to_owned(), size: shrunk, width: room });
    }
    let mut kept: Vec<char> = text.chars().take(400).collect();
    loop {
        let text: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        let width = text_width(&text, smallest, weight)?;
        if width <= room || kept.pop().is_none() {
            return Ok(Fitted { text, size: smallest, width });
        }
    }
}

/// A name as it can stand in a figure: on one line, without characters that XML forbids.
pub(super) fn printable(name: &str) -> String {
    let replace = |c: char| match c {
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c if c.is_control() || c.is_whitespace() => ' ',
        c => c,
    };
    name.chars()
        .map(replace)
        .collect::<String>()
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_wide_as_the_font_says() {
        register().unwrap();
        // The advance of a digit in Roboto is 1150 of 2048 units, regular, and 1168 bold.
        assert!((text_width("0000000000", 10.0, Weight::Regular).unwrap() - 56.15).abs() < 0.2);
        assert!((text_width("0000000000", 10.0, Weight::Bold).unwrap() - 57.4).abs() < 0.5);
        assert_eq!(text_width("", 10.0, Weight::Regular).unwrap(), 0.0);
    }

    #[test]
    fn a_text_shrinks_before_it_is_cut() {
        register().unwrap();
        let whole = fit("Engineering", 10.0, 8.0, Weight::Bold, 500.0).unwrap();
        assert_eq!((whole.text.as_str(), whole.size), ("Engineering", 10.0));
        let shrunk = fit("Engineering", 10.0, 8.0, Weight::Bold, whole.width * 0.9).unwrap();
        assert_eq!(shrunk.text, "Engineering");
        assert!((shrunk.size - 9.0).abs() < 0.01);
        let cut = fit("Engineering", 10.0, 8.0, Weight::Bold, whole.width * 0.5).unwrap();
        assert!(cut.text.starts_with("Engin") && cut.text.ends_with('…') && cut.width <= whole.width * 0.5, "{cut:?}");
    }

    #[test]
    fn a_text_is_cut_even_where_nothing_fits_or_the_font_lacks_it() {
        register().unwrap();
        assert_eq!(fit("abc", 10.0, 8.0, Weight::Regular, 0.0).unwrap().text, "…");
        assert!(fit(&"語".repeat(100_000), 10.0, 8.0, Weight::Regular, 100.0).unwrap().width <= 100.0);
    }

    #[test]
    fn names_lose_line_breaks_and_characters_that_xml_forbids() {
        assert_eq!(printable(" a\n\tb\u{0}c\u{7f} \u{ffff}"), "a b c \u{fffd}");
        assert_eq!(printable("\u{1}"), "");
    }
}
