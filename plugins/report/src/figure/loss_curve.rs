//! The loss curve of a training.

use plotters::prelude::RGBColor;

use super::canvas::{Align, At, Canvas, Lettering, Stroke, paint};
use super::font::{CAP_HEIGHT, Weight};
use super::layout::{AXIS_TITLE, TICK, TICK_GAP};
use super::legend::{Entry, Legend, Sample};
use super::style::{Dash, FRAME, GRID, Marker, Style};
use super::{Picture, font};
use crate::error::{Error, Result};

const WIDTH: f64 = 640.0;
const MARGIN: f64 = 6.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 12.0;
const HEIGHT: f64 = 320.0;
const TRAINING: RGBColor = RGBColor(0x1f, 0x6f, 0xb4);
const HELD_OUT: RGBColor = RGBColor(0xc4, 0x5a, 0x11);

/// Draws the loss by step of a `training_curve.csv`: the columns `step`, `loss` and, where a value is there,
/// `held_out_loss`; others are passed over.
///
/// # Errors
/// [`Error::Nothing`] where the text has no such columns, or no loss.
pub fn draw_loss_curve(csv: &str) -> Result<Picture> {
    font::register()?;
    let [training, held_out] = read(csv)?;
    let all = || training.iter().chain(&held_out);
    if all().next().is_none() {
        return Err(Error::Nothing { message: "the loss curve has no step with a loss".to_owned() });
    }
    let steps = Axis::around(all().map(|point| point[0]), 8.0);
    let losses = Axis::around(all().map(|point| point[1]), 6.0);
    let of = |colour, marker| Style { colour, marker, dash: Dash::Solid };
    let curves = [
        ("training batch", training, of(TRAINING, Marker::None)),
        ("held out", held_out, of(HELD_OUT, Marker::Circle)),
    ];
    let shown: Vec<_> = curves.into_iter().filter(|(_, points, _)| !points.is_empty()).collect();
    let entry = |(name, _, style): &(&str, Vec<[f64; 2]>, Style)| Entry {
        sample: Sample::Curve(*style),
        name: (*name).to_owned(),
    };
    let legend = Legend::arrange(&shown.iter().map(entry).collect::<Vec<_>>(), WIDTH - 2.0 * MARGIN)?;
    let right = WIDTH - 2.0 * MARGIN;
    let place = |step: f64, loss: f64| At {
        x: LEFT + (right - LEFT) * steps.share(step),
        y: TOP + HEIGHT * (1.0 - losses.share(loss)),
    };
    let axis_title = TOP + HEIGHT + 23.0 + AXIS_TITLE;
    let legend_top = axis_title + 16.0;
    paint(WIDTH, (legend_top + legend.height + MARGIN).ceil(), "Loss by training step", |canvas| {
        axes(canvas, &steps, &losses, &place)?;
        for (_, points, style) in &shown {
            let points: Vec<At> = points.iter().map(|[step, loss]| place(*step, *loss)).collect();
            canvas.line(&points, Stroke { colour: style.colour, width: 2.0, dash: style.dash })?;
            if style.marker != Marker::None {
                points.iter().try_for_each(|at| canvas.marker(*at, style.marker, style.colour, 4.0))?;
            }
        }
        let lettering = |align| Lettering { size: AXIS_TITLE, weight: Weight::Regular, align };
        let centre = (LEFT + right) / 2.0;
        canvas.text("Step", At { x: centre, y: axis_title }, lettering(Align::Middle))?;
        let side = At { x: MARGIN + AXIS_TITLE - 2.0, y: TOP + HEIGHT / 2.0 };
        canvas.text("Loss", side, lettering(Align::MiddleUpwards))?;
        legend.draw(canvas, At { x: (centre - legend.width / 2.0).max(MARGIN), y: legend_top })
    })
}

/// Steps with their losses, in training and on held-out examples.
fn read(csv: &str) -> Result<[Vec<[f64; 2]>; 2]> {
    let mut lines = csv.lines().map(|line| line.trim_end_matches('\r'));
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| header.iter().position(|known| *known == name);
    let (Some(step), Some(loss)) = (column("step"), column("loss")) else {
        let message = "this is no loss curve: its first line names no columns step and loss".to_owned();
        return Err(Error::Nothing { message });
    };
    let held_out = column("held_out_loss");
    let mut curves = [Vec::new(), Vec::new()];
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |column: usize| cells.get(column)?.parse::<f64>().ok().filter(|number| number.is_finite());
        let Some(step) = number(step) else { continue };
        for (curve, column) in curves.iter_mut().zip([Some(loss), held_out]) {
            curve.extend(column.and_then(number).map(|loss| [step, loss]));
        }
    }
    Ok(curves)
}

/// The numbers along an axis.
struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    /// How many decimals the ticks have.
    decimals: usize,
}

impl Axis {
    /// Holds all values, and begins and ends at a tick: at most about `most` of them, at round distances.
    fn around(values: impl Iterator<Item = f64>, most: f64) -> Self {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let span = if high > low { high - low } else { high.abs().max(1.0) };
        let power = 10_f64.powf((span / most).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| span / step <= most);
        let step = step.unwrap_or(10.0 * power);
        let (first, last) = ((low / step).floor(), (high / step).ceil().max((low / step).floor() + 1.0));
        let count = (last - first) as usize;
        let ticks = (0..=count).map(|index| (first + index as f64) * step).collect();
        Self { low: first * step, high: last * step, ticks, decimals: (-step.log10().floor()).max(0.0) as usize }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

fn axes(canvas: &Canvas<'_>, steps: &Axis, losses: &Axis, place: &impl Fn(f64, f64) -> At) -> Result<()> {
    let lettering = |align| Lettering { size: TICK, weight: Weight::Regular, align };
    let grid = Stroke::solid(GRID, 0.9);
    for tick in &steps.ticks {
        canvas.line(&[place(*tick, losses.low), place(*tick, losses.high)], grid)?;
        let below = At { x: place(*tick, losses.low).x, y: TOP + HEIGHT + 7.0 + CAP_HEIGHT * TICK };
        canvas.text(&format!("{tick:.*}", steps.decimals), below, lettering(Align::Middle))?;
    }
    for tick in &losses.ticks {
        canvas.line(&[place(steps.low, *tick), place(steps.high, *tick)], grid)?;
        let beside = At { x: LEFT - TICK_GAP, y: place(steps.low, *tick).y + CAP_HEIGHT / 2.0 * TICK };
        canvas.text(&format!("{tick:.*}", losses.decimals), beside, lettering(Align::End))?;
    }
    canvas.frame(place(steps.low, losses.high), place(steps.high, losses.low), Stroke::solid(FRAME, 1.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: &str = "step,epoch,loss,held_out_loss\n0,0,,0.7\n1,0.5,0.69,\n2,1,0.55,0.6\n";

    #[test]
    fn both_curves_are_drawn_with_their_names() {
        let svg = draw_loss_curve(CURVE).unwrap().svg();
        for text in ["training batch", "held out", "Step", "Loss", "0.60"] {
            // Plotters puts a text on a line of its own.
            assert!(svg.lines().any(|line| line == text), "{text}");
        }
        let without = CURVE.replace(",0.7\n", ",\n").replace(",0.6\n", ",\n");
        assert!(!draw_loss_curve(&without).unwrap().svg().contains("held out"));
    }

    #[test]
    fn an_axis_holds_its_values_between_round_ticks() {
        for (values, low, high) in [([0.55, 0.7], 0.54, 0.7), ([3.0, 3.0], 3.0, 3.5), ([0.0, 47.0], 0.0, 50.0)] {
            let axis = Axis::around(values.into_iter(), 8.0);
            assert!((axis.low - low).abs() < 1e-9 && (axis.high - high).abs() < 1e-9, "{} {}", axis.low, axis.high);
            assert!(axis.ticks.len() <= 10);
        }
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        assert!(draw_loss_curve("a,b\n1,2\n").unwrap_err().to_string().contains("step and loss"));
        assert!(draw_loss_curve("step,loss\n0,\n1,NaN\n").unwrap_err().to_string().contains("no step with a loss"));
    }
}
