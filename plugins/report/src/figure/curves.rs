//! A plain figure: curves over one horizontal axis.

use super::canvas::{Align, At, Canvas, Lettering, Stroke, paint};
use super::font::{CAP_HEIGHT, Weight};
use super::layout::{AXIS_TITLE, TICK, TICK_GAP};
use super::legend::{Entry, Legend, Sample};
use super::style::{FRAME, GRID, Marker, Style};
use super::{Picture, font};
use crate::error::{Error, Result};

const WIDTH: f64 = 640.0;
const MARGIN: f64 = 6.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 12.0;
const HEIGHT: f64 = 320.0;

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// Its points from left to right, [x, y], finite numbers.
    pub points: Vec<[f64; 2]>,
    /// Whether each point gets a mark, as is good for few of them.
    pub marked: bool,
}

/// Draws curves, each in a colour of its own that colour-blind eyes tell from the others. `title` is read by those who cannot see
/// the picture; `axes` name what goes to the right and upwards.
///
/// # Errors
/// [`Error::Nothing`] where no curve has a point, or a number is not finite.
pub fn draw_curves(title: &str, axes: [&str; 2], curves: &[Curve]) -> Result<Picture> {
    font::register()?;
    let all = || curves.iter().flat_map(|curve| &curve.points);
    if all().next().is_none() || !all().flatten().all(|number| number.is_finite()) {
        let message = format!("{title}: curves need points of finite numbers");
        return Err(Error::Nothing { message });
    }
    let [across, up] = [(0, 8.0), (1, 6.0)].map(|(part, most)| Axis::around(all().map(|point| point[part]), most));
    let style = |(place, curve): (usize, &Curve)| {
        let style = Style::of_place(place);
        if curve.marked { style } else { Style { marker: Marker::None, ..style } }
    };
    let styles: Vec<Style> = curves.iter().enumerate().map(style).collect();
    let entries = curves.iter().zip(&styles);
    let entries = entries.map(|(curve, style)| Entry { sample: Sample::Curve(*style), name: curve.name.clone() });
    let legend = Legend::arrange(&entries.collect::<Vec<_>>(), WIDTH - 2.0 * MARGIN)?;
    let right = WIDTH - 2.0 * MARGIN;
    let place =
        |x: f64, y: f64| At { x: LEFT + (right - LEFT) * across.share(x), y: TOP + HEIGHT * (1.0 - up.share(y)) };
    let axis_title = TOP + HEIGHT + 23.0 + AXIS_TITLE;
    let legend_top = axis_title + 16.0;
    paint(WIDTH, (legend_top + legend.height + MARGIN).ceil(), title, |canvas| {
        draw_axes(canvas, &across, &up, &place)?;
        for (curve, style) in curves.iter().zip(&styles) {
            let points: Vec<At> = curve.points.iter().map(|[x, y]| place(*x, *y)).collect();
            canvas.line(&points, Stroke { colour: style.colour, width: 2.0, dash: style.dash })?;
            if style.marker != Marker::None {
                points.iter().try_for_each(|at| canvas.marker(*at, style.marker, style.colour, 4.0))?;
            }
        }
        let lettering = |align| Lettering { size: AXIS_TITLE, weight: Weight::Regular, align };
        let centre = (LEFT + right) / 2.0;
        canvas.text(axes[0], At { x: centre, y: axis_title }, lettering(Align::Middle))?;
        let side = At { x: MARGIN + AXIS_TITLE - 2.0, y: TOP + HEIGHT / 2.0 };
        canvas.text(axes[1], side, lettering(Align::MiddleUpwards))?;
        legend.draw(canvas, At { x: (centre - legend.width / 2.0).max(MARGIN), y: legend_top })
    })
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

fn draw_axes(canvas: &Canvas<'_>, across: &Axis, up: &Axis, place: &impl Fn(f64, f64) -> At) -> Result<()> {
    let lettering = |align| Lettering { size: TICK, weight: Weight::Regular, align };
    let grid = Stroke::solid(GRID, 0.9);
    for tick in &across.ticks {
        canvas.line(&[place(*tick, up.low), place(*tick, up.high)], grid)?;
        let below = At { x: place(*tick, up.low).x, y: TOP + HEIGHT + 7.0 + CAP_HEIGHT * TICK };
        canvas.text(&format!("{tick:.*}", across.decimals), below, lettering(Align::Middle))?;
    }
    for tick in &up.ticks {
        canvas.line(&[place(across.low, *tick), place(across.high, *tick)], grid)?;
        let beside = At { x: LEFT - TICK_GAP, y: place(across.low, *tick).y + CAP_HEIGHT / 2.0 * TICK };
        canvas.text(&format!("{tick:.*}", up.decimals), beside, lettering(Align::End))?;
    }
    canvas.frame(place(across.low, up.high), place(across.high, up.low), Stroke::solid(FRAME, 1.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_values_between_round_ticks() {
        for (values, low, high) in [([0.55, 0.7], 0.54, 0.7), ([3.0, 3.0], 3.0, 3.5), ([0.0, 47.0], 0.0, 50.0)] {
            let axis = Axis::around(values.into_iter(), 8.0);
            assert!((axis.low - low).abs() < 1e-9 && (axis.high - high).abs() < 1e-9, "{} {}", axis.low, axis.high);
            assert!(axis.ticks.len() <= 10);
        }
    }

    #[test]
    fn every_curve_is_in_the_legend_and_numbers_that_are_none_are_refused() {
        let curve = |name: &str, y| Curve { name: name.to_owned(), points: vec![[1.0, y], [2.0, 3.0]], marked: true };
        let svg = draw_curves("title", ["tokens", "accuracy"], &[curve("one", 1.0), curve("two", 2.0)]).unwrap().svg();
        for text in ["one", "two", "tokens", "accuracy"] {
            assert!(svg.lines().any(|line| line == text), "{text}");
        }
        assert!(draw_curves("title", ["x", "y"], &[curve("one", f64::NAN)]).is_err());
        assert!(draw_curves("title", ["x", "y"], &[]).is_err());
    }
}
