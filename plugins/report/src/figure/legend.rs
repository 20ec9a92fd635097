//! The legend that all panels share: in the figure, and as a picture of its own.

use plotters::prelude::RGBColor;

use super::Picture;
use super::canvas::{Align, At, Canvas, Lettering, Stroke, paint};
use super::font::{self, CAP_HEIGHT, Fitted, Weight};
use super::style::Style;
use crate::error::Result;

const TEXT: f64 = 15.0;
const SMALLEST_TEXT: f64 = 13.0;
/// The length of a line sample.
const SAMPLE: f64 = 34.0;
const SAMPLE_TO_TEXT: f64 = 7.0;
const COLUMN_GAP: f64 = 22.0;
const ROW: f64 = 23.0;
/// No name takes more than this.
const LONGEST_NAME: f64 = 320.0;
const GREY: RGBColor = RGBColor(0x77, 0x77, 0x77);

/// What stands before a name in the legend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sample {
    /// A method's curve.
    Curve(Style),
    /// A band: the confidence interval.
    Band,
    /// An error bar: the spread over replicates.
    Bar,
}

/// A sample with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub sample: Sample,
    pub name: String,
}

/// Entries in their places: columns of entries, filled row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Legend {
    placed: Vec<Placed>,
    pub width: f64,
    pub height: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct Placed {
    sample: Sample,
    name: Fitted,
    at: At,
}

impl Legend {
    /// Arranges entries in as few rows as fit into the width, evenly filled.
    pub fn arrange(entries: &[Entry], room: f64) -> Result<Self> {
        let longest = LONGEST_NAME.min(room - SAMPLE - SAMPLE_TO_TEXT);
        let names =
            entries.iter().map(|entry| font::fit(&shown(&entry.name), TEXT, SMALLEST_TEXT, Weight::Regular, longest));
        let names: Vec<Fitted> = names.collect::<Result<_>>()?;
        let widths = |columns: usize| -> Vec<f64> {
            let widest = |column| names.iter().skip(column).step_by(columns).map(|name| name.width).fold(0.0, f64::max);
            (0..columns).map(|column| SAMPLE + SAMPLE_TO_TEXT + widest(column)).collect()
        };
        let total = |widths: &[f64]| widths.iter().sum::<f64>() + COLUMN_GAP * (widths.len().max(1) - 1) as f64;
        let most = (1..=entries.len()).rev().find(|&columns| total(&widths(columns)) <= room).unwrap_or(1);
        // As many rows as these columns need, but no half-empty last one: 5 and 5 rather than 9 and 1.
        let rows = entries.len().div_ceil(most).max(1);
        let columns = entries.len().div_ceil(rows).max(1);
        let widths = widths(columns);
        let width = total(&widths);
        let starts: Vec<f64> = widths
            .iter()
            .scan(0.0, |start, width| {
                let here = *start;
                *start += width + COLUMN_GAP;
                Some(here)
            })
            .collect();
        let place = |(i, (entry, name)): (usize, (&Entry, Fitted))| Placed {
            sample: entry.sample,
            name,
            at: At { x: starts[i % columns], y: ROW * ((i / columns) as f64 + 0.5) },
        };
        let placed = entries.iter().zip(names).enumerate().map(place).collect();
        Ok(Self { placed, width, height: ROW * rows as f64 })
    }

    /// Draws the legend with its upper left corner at the place.
    pub fn draw(&self, canvas: &Canvas<'_>, corner: At) -> Result<()> {
        for Placed { sample, name, at } in &self.placed {
            let middle = At { x: corner.x + at.x + SAMPLE / 2.0, y: corner.y + at.y };
            draw_sample(canvas, *sample, middle)?;
            let text = At { x: middle.x + SAMPLE / 2.0 + SAMPLE_TO_TEXT, y: middle.y + CAP_HEIGHT / 2.0 * TEXT };
            let lettering = Lettering { size: name.size, weight: Weight::Regular, align: Align::Start };
            canvas.text(&name.text, text, lettering)?;
        }
        Ok(())
    }

    /// The legend as a picture of its own.
    pub fn picture(&self) -> Result<Picture> {
        const MARGIN: f64 = 6.0;
        let (width, height) = (self.width + 2.0 * MARGIN, self.height + 2.0 * MARGIN);
        paint(width.ceil(), height.ceil(), "Legend", |canvas| self.draw(canvas, At { x: MARGIN, y: MARGIN }))
    }
}

fn draw_sample(canvas: &Canvas<'_>, sample: Sample, middle: At) -> Result<()> {
    let by = |x: f64, y: f64| At { x: middle.x + x, y: middle.y + y };
    let half = SAMPLE / 2.0;
    match sample {
        Sample::Curve(Style { colour, marker, dash }) => {
            canvas.line(&[by(-half, 0.0), by(half, 0.0)], Stroke { colour, width: 2.0, dash })?;
            canvas.marker(middle, marker, colour, 4.0)
        }
        Sample::Band => canvas.fill(&[by(-half, -6.0), by(half, -6.0), by(half, 6.0), by(-half, 6.0)], GREY, 0.25),
        Sample::Bar => error_bar(canvas, [by(0.0, -7.0), by(0.0, 7.0)], GREY),
    }
}

/// An error bar between two points above each other.
pub(super) fn error_bar(canvas: &Canvas<'_>, ends: [At; 2], colour: RGBColor) -> Result<()> {
    let stroke = Stroke::solid(colour, 1.3);
    for end in ends {
        canvas.line(&[At { x: end.x - 3.5, ..end }, At { x: end.x + 3.5, ..end }], stroke)?;
    }
    canvas.line(&ends, stroke)
}

fn shown(name: &str) -> String {
    let name = font::printable(name);
    if name.is_empty() { "(no name)".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arranged(names: &[&str], room: f64) -> Legend {
        font::register().unwrap();
        let entry = |name: &&str| Entry { sample: Sample::Band, name: (*name).to_owned() };
        Legend::arrange(&names.iter().map(entry).collect::<Vec<_>>(), room).unwrap()
    }

    #[test]
    fn few_names_stand_in_one_row_and_many_wrap_evenly() {
        assert_eq!(arranged(&["MV", "dORM"], 900.0).height, ROW);
        let many = arranged(&["method"; 12], 900.0);
        assert_eq!(many.height, 2.0 * ROW);
        assert_eq!(many.placed.iter().filter(|entry| entry.at.y < ROW).count(), 6);
        assert!(many.width <= 900.0);
    }

    #[test]
    fn a_name_longer_than_the_figure_is_cut() {
        let legend = arranged(&["word ".repeat(100).as_str(), "", "b"], 300.0);
        assert!(legend.width <= 300.0, "{}", legend.width);
        assert!(legend.placed[0].name.text.ends_with('…'));
        assert_eq!(legend.placed[1].name.text, "(no name)");
    }
}
