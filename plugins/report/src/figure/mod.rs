//! The paper's figure: accuracy by number of CoTs, one panel per category, one line per method. Beside it, two that the
//! paper lacks: the reliability diagram ([`draw_calibration`]) and what length does ([`draw_by_length`]).
//!
//! ```text
//! CSV ─────────┐
//!              ├──▶ Table ──draw──▶ Drawing ──write──▶ .svg .pdf .png, legend apart
//! Evaluation ──┘       (layout, axis, style, legend, canvas)
//! ```

mod axis;
mod by_length;
mod calibration;
mod canvas;
mod csv;
mod curves;
mod draw;
mod font;
mod from_evaluation;
mod layout;
mod legend;
mod loss_curve;
mod picture;
mod read;
mod style;
mod table;
mod write;

pub use by_length::draw_by_length;
pub use calibration::draw_calibration;
pub use curves::{Curve, draw_curves};
pub use draw::draw;
pub use font::font_faces;
pub use loss_curve::draw_loss_curve;
pub use picture::Picture;
pub use table::{Method, MethodKind, Panel, Subject, Table, TableError, Value};
pub use write::{write, write_picture};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How a figure is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FigureSettings {
    /// Draw Pass@N too, the ceiling that no choice among the CoTs can pass.
    pub oracle: bool,
    /// The room above and below the data, as a share of the span of a panel's accuracies.
    pub margin: f64,
    /// Where the legend stands.
    pub legend: LegendPlace,
    /// Draw confidence intervals as bands, where there are any.
    pub intervals: bool,
    /// Draw the standard deviation over replicates as bars, where there are any.
    pub spread: bool,
}

/// Where the legend stands; it is a picture of its own besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegendPlace {
    /// Under the panels.
    Below,
    /// Over the panels.
    Above,
    /// Not in the figure.
    Apart,
}

impl Default for FigureSettings {
    fn default() -> Self {
        Self { oracle: false, margin: 0.03, legend: LegendPlace::Below, intervals: true, spread: true }
    }
}

impl FigureSettings {
    fn check(&self) -> Result<()> {
        if (0.0..=10.0).contains(&self.margin) {
            return Ok(());
        }
        let message = format!("the margin {} is no share of the data's span; give 0 to 10, as in 0.03", self.margin);
        Err(Error::Setting { field: "margin", message })
    }
}

/// A drawn figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The figure, legend included unless it stands apart.
    pub figure: Picture,
    /// The legend alone.
    pub legend: Picture,
    /// Where each value stands in the figure, for what wants to show it on hover.
    pub marks: Vec<Mark>,
}

/// Where a value stands in a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Px from the left edge.
    pub x: f64,
    /// Px from the upper edge.
    pub y: f64,
    /// The title of the panel.
    pub panel: String,
    /// The method.
    pub method: String,
    /// How many CoTs were drawn.
    pub n: usize,
    /// The value.
    pub value: Value,
}
