//! The figure of lengths: are longer CoTs right less often, and do methods still tell the right ones among them?

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::ByLength;

use super::axis::AccuracyAxis;
use super::canvas::{Align, At, Canvas, Lettering, Stroke, paint};
use super::font::{self, CAP_HEIGHT, Weight};
use super::layout::{AXIS_TITLE, Frame, TICK, TICK_GAP, TITLE};
use super::legend::{Entry, Legend, Sample};
use super::style::{self, Dash, FRAME, GRID, INK, Marker, Style};
use super::table::{Method, MethodKind};
use super::{Drawing, FigureSettings};
use crate::error::{Error, Result};

const WIDTH: f64 = 700.0;
const MARGIN: f64 = 6.0;
const LEFTS: [f64; 2] = [40.0, 396.0];
const TOP: f64 = 31.0;
const FRAME_WIDTH: f64 = 296.0;
const FRAME_HEIGHT: f64 = 216.0;

/// CoTs of about one length, by the number of their steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Length {
    from: usize,
    to: usize,
}

impl Length {
    fn of(group: &ByLength) -> Self {
        Self { from: group.from_steps, to: group.to_steps }
    }

    fn label(self) -> String {
        if self.from == self.to { self.from.to_string() } else { format!("{}–{}", self.from, self.to) }
    }
}

/// One line: its values in percent, where there are any.
struct Line {
    style: Style,
    values: Vec<Option<f64>>,
}

/// Draws the accuracy of single CoTs, and each reward method's AUROC, by the number of steps.
///
/// # Errors
/// [`Error::Nothing`] if the evaluation holds no accuracy by length.
pub fn draw_by_length(evaluation: &Evaluation) -> Result<Drawing> {
    font::register()?;
    let groups = &evaluation.by_length;
    let mut lengths: Vec<Length> = groups.iter().map(Length::of).collect();
    lengths.sort_unstable();
    lengths.dedup();
    if lengths.is_empty() {
        let message =
            "the evaluation holds no accuracy by length; it has some where there are reward methods".to_owned();
        return Err(Error::Nothing { message });
    }
    let mut methods: Vec<Method> = Vec::new();
    for group in groups {
        if methods.iter().all(|method| method.name != group.method) {
            methods.push(Method { name: group.method.clone(), kind: MethodKind::Reward });
        }
    }
    let styles = style::styles(&methods);
    let over_lengths = |value: &dyn Fn(Length) -> Option<f64>| lengths.iter().map(|&length| value(length)).collect();
    // How often CoTs are right does not depend on the method: whichever names the group has it.
    let accuracy = |length| groups.iter().find(|group| Length::of(group) == length).map(|group| group.accuracy);
    let all = Line {
        style: Style { colour: INK, marker: Marker::Circle, dash: Dash::Solid },
        values: over_lengths(&accuracy),
    };
    let line = |(method, style): (&Method, &Style)| {
        let auroc = |length| {
            let group = groups.iter().find(|group| group.method == method.name && Length::of(group) == length)?;
            group.auroc.map(|auroc| 100.0 * auroc)
        };
        Line { style: *style, values: over_lengths(&auroc) }
    };
    let aurocs: Vec<Line> = methods.iter().zip(&styles).map(line).collect();

    let entry = |(method, style): (&Method, &Style)| Entry { sample: Sample::Curve(*style), name: method.name.clone() };
    let legend = Legend::arrange(&methods.iter().zip(&styles).map(entry).collect::<Vec<_>>(), WIDTH - 2.0 * MARGIN)?;
    let axis_title = TOP + FRAME_HEIGHT + 23.0 + AXIS_TITLE;
    let legend_top = axis_title + 16.0;
    let height = (legend_top + legend.height + MARGIN).ceil();
    let centre = (LEFTS[0] + LEFTS[1] + FRAME_WIDTH) / 2.0;
    let figure =
        paint(WIDTH, height, "Accuracy of single CoTs and AUROC of each method by number of steps", |canvas| {
            let panels = [("Accuracy of single CoTs (%)", &[all][..]), ("AUROC (× 100)", &aurocs)];
            for (left, (title, lines)) in LEFTS.into_iter().zip(panels) {
                let frame = Frame { left, top: TOP, width: FRAME_WIDTH, height: FRAME_HEIGHT, lowest: true };
                PanelDrawing { canvas, frame, lengths: &lengths, lines }.draw(title)?;
            }
            let lettering = Lettering { size: AXIS_TITLE, weight: Weight::Regular, align: Align::Middle };
            canvas.text("Steps in the CoT", At { x: centre, y: axis_title }, lettering)?;
            let left = (centre - legend.width / 2.0).clamp(MARGIN, (WIDTH - MARGIN - legend.width).max(MARGIN));
            legend.draw(canvas, At { x: left, y: legend_top })
        })?;
    Ok(Drawing { figure, legend: legend.picture()?, marks: Vec::new() })
}

struct PanelDrawing<'a, 'b> {
    canvas: &'a Canvas<'b>,
    frame: Frame,
    lengths: &'a [Length],
    lines: &'a [Line],
}

impl PanelDrawing<'_, '_> {
    fn draw(&self, title: &str) -> Result<()> {
        let Frame { left, top, .. } = self.frame;
        let (right, bottom) = (self.frame.right(), self.frame.bottom());
        let values = self.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
        let axis = AccuracyAxis::around(values, 2.0 * FigureSettings::default().margin);
        let y = |value: f64| bottom - (value - axis.low) / (axis.high - axis.low) * self.frame.height;

        for tick in &axis.ticks {
            let line = [At { x: left, y: y(*tick) }, At { x: right, y: y(*tick) }];
            self.canvas.line(&line, Stroke::solid(GRID, 0.9))?;
            let at = At { x: left - TICK_GAP, y: y(*tick) + CAP_HEIGHT / 2.0 * TICK };
            self.text(&tick.to_string(), at, TICK, Align::End)?;
        }
        self.length_labels()?;
        for line in self.lines {
            let place = |(i, value): (usize, &Option<f64>)| value.map(|value| At { x: self.x(i), y: y(value) });
            let points: Vec<At> = line.values.iter().enumerate().filter_map(place).collect();
            let Style { colour, marker, dash } = line.style;
            self.canvas.line(&points, Stroke { colour, width: 2.0, dash })?;
            points.iter().try_for_each(|at| self.canvas.marker(*at, marker, colour, 4.0))?;
        }
        self.canvas.frame(At { x: left, y: top }, At { x: right, y: bottom }, Stroke::solid(FRAME, 1.1))?;
        self.text(title, At { x: self.frame.centre(), y: top - 9.0 }, TITLE, Align::Middle)
    }

    /// Lengths stand evenly side by side.
    fn x(&self, place: usize) -> f64 {
        self.frame.left + self.frame.width * (place as f64 + 0.5) / self.lengths.len() as f64
    }

    fn length_labels(&self) -> Result<()> {
        let widths = self.lengths.iter().map(|length| font::text_width(&length.label(), TICK, Weight::Regular));
        let widest = widths.collect::<Result<Vec<_>>>()?.into_iter().fold(0.0, f64::max);
        let stride = ((widest + 6.0) * self.lengths.len() as f64 / self.frame.width).ceil().max(1.0) as usize;
        for (i, length) in self.lengths.iter().enumerate().step_by(stride) {
            let at = At { x: self.x(i), y: self.frame.bottom() + 7.0 + CAP_HEIGHT * TICK };
            self.text(&length.label(), at, TICK, Align::Middle)?;
        }
        Ok(())
    }

    fn text(&self, text: &str, at: At, size: f64, align: Align) -> Result<()> {
        self.canvas.text(text, at, Lettering { size, weight: Weight::Regular, align })
    }
}
