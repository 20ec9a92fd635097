//! The reliability diagram: is what a method says of a CoT how often such CoTs are right?

use plotters::prelude::RGBColor;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Calibration, OVERALL};

use super::canvas::{Align, At, Canvas, Lettering, Stroke, paint};
use super::font::{CAP_HEIGHT, Weight};
use super::layout::{AXIS_TITLE, TICK, TICK_GAP};
use super::legend::{Entry, Legend, Sample};
use super::style::{self, Dash, FRAME, GRID, Style};
use super::table::{Method, MethodKind};
use super::{Drawing, Picture, font};
use crate::error::{Error, Result};

const WIDTH: f64 = 480.0;
const MARGIN: f64 = 6.0;
/// The frame: a square, for both axes run from 0 to 1.
const LEFT: f64 = 64.0;
const TOP: f64 = 12.0;
const SIDE: f64 = 396.0;
const TICKS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
const DIAGONAL: RGBColor = RGBColor(0x8a, 0x8a, 0x8a);

/// Draws the reliability diagram of an evaluation, over all categories: for each reward method the share of right CoTs
/// in each bin against their mean value, with the AUROC and the expected calibration error in the legend. A method whose
/// values are no probabilities has no curve, but its place in the legend.
///
/// # Errors
/// [`Error::Nothing`] if the evaluation holds no calibration.
pub fn draw_calibration(evaluation: &Evaluation) -> Result<Drawing> {
    font::register()?;
    let calibrations: Vec<&Calibration> =
        evaluation.calibration.iter().filter(|calibration| calibration.category == OVERALL).collect();
    if calibrations.is_empty() {
        let message = "the evaluation holds no calibration; it has one where there are reward methods".to_owned();
        return Err(Error::Nothing { message });
    }
    let methods = calibrations.iter().map(|one| Method { name: one.method.clone(), kind: MethodKind::Reward });
    let styles = style::styles(&methods.collect::<Vec<_>>());
    let legend = Legend::arrange(&entries(&calibrations, &styles), WIDTH - 2.0 * MARGIN)?;

    let bottom = TOP + SIDE;
    let axis_title = bottom + 23.0 + AXIS_TITLE;
    let legend_top = axis_title + 16.0;
    let height = (legend_top + legend.height + MARGIN).ceil();
    let title = "Share of right CoTs by mean value, one line per method";
    let figure: Picture = paint(WIDTH, height, title, |canvas| {
        axes(canvas)?;
        for (calibration, style) in calibrations.iter().zip(&styles) {
            curve(canvas, calibration, *style)?;
        }
        let lettering = |align| Lettering { size: AXIS_TITLE, weight: Weight::Regular, align };
        let centre = LEFT + SIDE / 2.0;
        canvas.text("Mean value", At { x: centre, y: axis_title }, lettering(Align::Middle))?;
        let side = At { x: MARGIN + AXIS_TITLE - 2.0, y: TOP + SIDE / 2.0 };
        canvas.text("Share right", side, lettering(Align::MiddleUpwards))?;
        let left = (centre - legend.width / 2.0).clamp(MARGIN, (WIDTH - MARGIN - legend.width).max(MARGIN));
        legend.draw(canvas, At { x: left, y: legend_top })
    })?;
    Ok(Drawing { figure, legend: legend.picture()?, marks: Vec::new() })
}

fn entries(calibrations: &[&Calibration], styles: &[Style]) -> Vec<Entry> {
    let entry = |(calibration, style): (&&Calibration, &Style)| {
        let figures = [("AUROC", calibration.auroc), ("ECE", calibration.ece)];
        let figures = figures.iter().filter_map(|(name, value)| value.map(|value| format!("{name} {value:.3}")));
        let figures = figures.collect::<Vec<_>>().join(", ");
        let name = shortened(&calibration.method);
        let name = if figures.is_empty() { name } else { format!("{name} ({figures})") };
        Entry { sample: Sample::Curve(*style), name }
    };
    let curves = calibrations.iter().zip(styles).map(entry);
    let perfect = Style { colour: DIAGONAL, marker: style::Marker::None, dash: Dash::Dotted };
    curves.chain([Entry { sample: Sample::Curve(perfect), name: "perfectly calibrated".to_owned() }]).collect()
}

/// A name that leaves room for the figures behind it.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 24;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn place(value: f64, share: f64) -> At {
    At { x: LEFT + SIDE * value, y: TOP + SIDE * (1.0 - share) }
}

fn axes(canvas: &Canvas<'_>) -> Result<()> {
    let lettering = |align| Lettering { size: TICK, weight: Weight::Regular, align };
    for tick in TICKS {
        let grid = Stroke::solid(GRID, 0.9);
        canvas.line(&[place(tick, 0.0), place(tick, 1.0)], grid)?;
        canvas.line(&[place(0.0, tick), place(1.0, tick)], grid)?;
        let below = At { x: place(tick, 0.0).x, y: TOP + SIDE + 7.0 + CAP_HEIGHT * TICK };
        canvas.text(&tick.to_string(), below, lettering(Align::Middle))?;
        let beside = At { x: LEFT - TICK_GAP, y: place(0.0, tick).y + CAP_HEIGHT / 2.0 * TICK };
        canvas.text(&tick.to_string(), beside, lettering(Align::End))?;
    }
    let diagonal = Stroke { colour: DIAGONAL, width: 1.6, dash: Dash::Dotted };
    canvas.line(&[place(0.0, 0.0), place(1.0, 1.0)], diagonal)?;
    canvas.frame(place(0.0, 1.0), place(1.0, 0.0), Stroke::solid(FRAME, 1.1))
}

fn curve(canvas: &Canvas<'_>, calibration: &Calibration, style: Style) -> Result<()> {
    let point = |bin: &touchstone::evaluation::document::CalibrationBin| {
        Some(place(bin.mean_value?.clamp(0.0, 1.0), bin.right_share?.clamp(0.0, 1.0)))
    };
    let points: Vec<At> = calibration.bins.iter().filter_map(point).collect();
    canvas.line(&points, Stroke { colour: style.colour, width: 2.0, dash: style.dash })?;
    points.iter().try_for_each(|at| canvas.marker(*at, style.marker, style.colour, 4.0))
}
