//! Draws a table of accuracies: panels, curves, ticks, and the legend that they share.

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::combinators::{IntoLogRange, LogCoord};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{DrawingArea, PathElement, Polygon, SVGBackend};
use plotters::style::Color;

use super::axis::{self, AccuracyAxis, Extent};
use super::canvas::{Align, At, Canvas, Lettering, Stroke, paint, units};
use super::font::{self, CAP_HEIGHT, Weight};
use super::layout::{self, AXIS_TITLE, Frame, Layout, LegendSize, SMALLEST_TITLE, TICK, TICK_GAP, TITLE};
use super::legend::{Entry, Legend, Sample, error_bar};
use super::style::{self, FRAME, GRID, INK, Style};
use super::table::{MethodKind, Panel, Subject, Table, Value};
use super::{Drawing, FigureSettings, LegendPlace, Mark};
use crate::error::{Error, Result};

/// The width of a curve and the size of its markers, for few methods and for many.
const ROOMY: Size = Size { curve: 2.0, marker: 3.6 };
const CROWDED: Size = Size { curve: 1.5, marker: 2.9 };
/// More methods than this are a crowd.
const MOST_ROOMY: usize = 7;
/// The opacity of all bands together: the more there are, the fainter each.
const BANDS_OPACITY: f64 = 0.36;
const BAND_OPACITY: std::ops::RangeInclusive<f64> = 0.03..=0.18;
const BAND_EDGE_OPACITY: f64 = 0.4;

/// A panel's coordinate system: log2 N by accuracy.
type Plot<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<LogCoord<f64>, RangedCoordf64>>;

#[derive(Clone, Copy, Debug)]
struct Size {
    curve: f64,
    marker: f64,
}

/// What is drawn of a method: its place among the table's methods, and its style.
#[derive(Clone, Copy, Debug)]
struct Curve {
    method: usize,
    style: Style,
}

/// Draws the paper's figure of a table.
///
/// # Errors
/// [`Error::Setting`] for a margin that makes no sense, [`Error::Nothing`] if no method is left to draw.
pub fn draw(table: &Table, settings: &FigureSettings) -> Result<Drawing> {
    settings.check()?;
    font::register()?;
    let figure = Figure::of(table, settings)?;
    let room = layout::legend_room(table.panels().len());
    let legend = Legend::arrange(&figure.entries(), room)?;
    let size = LegendSize { width: legend.width, height: legend.height };
    let layout = Layout::of(&figure.axes, size, settings.legend)?;

    let mut marks = Vec::new();
    let title = "Task accuracy (%) by number of CoTs N, one panel per category, one line per method";
    let picture = paint(layout.width, layout.height, title, |canvas| {
        for (panel, (frame, axis)) in table.panels().iter().zip(layout.frames.iter().zip(&figure.axes)) {
            PanelDrawing { figure: &figure, canvas, panel, frame, axis }.draw(&mut marks)?;
        }
        let lettering = |align| Lettering { size: AXIS_TITLE, weight: Weight::Regular, align };
        canvas.text("N (log2)", layout.n_title, lettering(Align::Middle))?;
        canvas.text("Task accuracy (%)", layout.accuracy_title, lettering(Align::MiddleUpwards))?;
        if settings.legend != LegendPlace::Apart {
            legend.draw(canvas, layout.legend)?;
        }
        Ok(())
    })?;
    Ok(Drawing { figure: picture, legend: legend.picture()?, marks })
}

/// What all panels share.
struct Figure<'a> {
    table: &'a Table,
    settings: &'a FigureSettings,
    /// From back to front.
    curves: Vec<Curve>,
    axes: Vec<AccuracyAxis>,
}

impl<'a> Figure<'a> {
    fn of(table: &'a Table, settings: &'a FigureSettings) -> Result<Self> {
        let styles = style::styles(table.methods());
        let shown = |kind| kind != MethodKind::PassAtN || settings.oracle;
        let mut curves: Vec<Curve> = table
            .methods()
            .iter()
            .zip(styles)
            .enumerate()
            .filter(|(_, (method, _))| shown(method.kind))
            .map(|(method, (_, style))| Curve { method, style })
            .collect();
        if curves.is_empty() {
            let message = "the table holds Pass@N only; ask for it (oracle) or give other methods".to_owned();
            return Err(Error::Nothing { message });
        }
        let depth = |curve: &Curve| match table.methods()[curve.method].kind {
            MethodKind::PassAtN => 0,
            MethodKind::MajorityVote => 1,
            MethodKind::Reward => 2,
        };
        curves.sort_by_key(depth);
        let mut figure = Self { table, settings, curves, axes: Vec::new() };
        let axis = |panel| AccuracyAxis::around(figure.extent(panel).into_iter(), settings.margin);
        figure.axes = table.panels().iter().map(axis).collect();
        Ok(figure)
    }

    fn size(&self) -> Size {
        if self.curves.len() > MOST_ROOMY { CROWDED } else { ROOMY }
    }

    /// Everything in a panel that its axis must hold.
    fn extent(&self, panel: &Panel) -> Vec<f64> {
        let values = self.curves.iter().flat_map(|curve| &panel.curves[curve.method]);
        values
            .flat_map(|value| {
                let around = [self.interval(value), self.bar(value)];
                std::iter::once(value.mean).chain(around.into_iter().flatten().flatten())
            })
            .collect()
    }

    fn interval(&self, value: &Value) -> Option<[f64; 2]> {
        value.interval.filter(|_| self.settings.intervals)
    }

    fn bar(&self, value: &Value) -> Option<[f64; 2]> {
        value.spread.filter(|_| self.settings.spread).map(|spread| [value.mean - spread, value.mean + spread])
    }

    fn entries(&self) -> Vec<Entry> {
        // In the table's order, not in the order of drawing.
        let mut curves = self.curves.clone();
        curves.sort_by_key(|curve| curve.method);
        let name = |curve: &Curve| self.table.methods()[curve.method].name.clone();
        let mut entries: Vec<Entry> =
            curves.iter().map(|curve| Entry { sample: Sample::Curve(curve.style), name: name(curve) }).collect();
        let values: Vec<&Value> = self
            .table
            .panels()
            .iter()
            .flat_map(|panel| self.curves.iter().flat_map(|curve| &panel.curves[curve.method]))
            .collect();
        if values.iter().any(|value| self.interval(value).is_some()) {
            entries.push(Entry { sample: Sample::Band, name: "95% interval".to_owned() });
        }
        if values.iter().any(|value| self.bar(value).is_some()) {
            entries.push(Entry { sample: Sample::Bar, name: "±1 SD over replicates".to_owned() });
        }
        entries
    }
}

struct PanelDrawing<'a, 'b> {
    figure: &'a Figure<'a>,
    canvas: &'a Canvas<'b>,
    panel: &'a Panel,
    frame: &'a Frame,
    axis: &'a AccuracyAxis,
}

impl<'b> PanelDrawing<'_, 'b> {
    fn draw(&self, marks: &mut Vec<Mark>) -> Result<()> {
        let plot = self.plot();
        self.grid(&plot)?;
        self.bands(&plot)?;
        for curve in &self.figure.curves {
            let points: Vec<_> = self.points(curve).map(|(n, value)| (n as f64, value.mean)).collect();
            let stroke = Stroke { colour: curve.style.colour, width: self.figure.size().curve, dash: curve.style.dash };
            plot.draw(&PathElement::new(points, stroke.shape())).map_err(Error::drawing)?;
        }
        self.border()?;
        for curve in &self.figure.curves {
            self.markers(&plot, curve, marks)?;
        }
        self.title()?;
        self.ticks(&plot)
    }

    fn plot(&self) -> Plot<'b> {
        let Frame { left, top, .. } = *self.frame;
        let n: LogCoord<f64> = axis::n_range(self.figure.table.n()).log_scale().base(2.0).into();
        let accuracy: RangedCoordf64 = (self.axis.low..self.axis.high).into();
        let across = units(left)..units(self.frame.right());
        let upwards = units(self.frame.bottom())..units(top);
        self.canvas.area().apply_coord_spec(Cartesian2d::new(n, accuracy, (across, upwards)))
    }

    fn points(&self, curve: &Curve) -> impl Iterator<Item = (usize, &Value)> {
        self.figure.table.n().iter().copied().zip(&self.panel.curves[curve.method])
    }

    fn grid(&self, plot: &Plot<'_>) -> Result<()> {
        let stroke = Stroke::solid(GRID, 0.9);
        for tick in &self.axis.ticks {
            let y = self.place(plot, 1, *tick).y;
            self.canvas.line(&[At { x: self.frame.left, y }, At { x: self.frame.right(), y }], stroke)?;
        }
        for n in self.figure.table.n() {
            let x = self.place(plot, *n, self.axis.low).x;
            self.canvas.line(&[At { x, y: self.frame.top }, At { x, y: self.frame.bottom() }], stroke)?;
        }
        Ok(())
    }

    fn bands(&self, plot: &Plot<'_>) -> Result<()> {
        let opacity = BANDS_OPACITY / self.figure.curves.len() as f64;
        let opacity = opacity.clamp(*BAND_OPACITY.start(), *BAND_OPACITY.end());
        for curve in &self.figure.curves {
            let bound = |side: usize| -> Vec<(f64, f64)> {
                self.points(curve)
                    .filter_map(|(n, value)| self.figure.interval(value).map(|interval| (n as f64, interval[side])))
                    .collect()
            };
            let (lower, upper) = (bound(0), bound(1));
            if lower.len() < 2 {
                continue;
            }
            let outline: Vec<_> = lower.iter().chain(upper.iter().rev()).copied().collect();
            plot.draw(&Polygon::new(outline, curve.style.colour.mix(opacity))).map_err(Error::drawing)?;
            let edge = curve.style.colour.mix(BAND_EDGE_OPACITY).stroke_width(units(0.6).unsigned_abs());
            for bound in [lower, upper] {
                plot.draw(&PathElement::new(bound, edge)).map_err(Error::drawing)?;
            }
        }
        Ok(())
    }

    fn markers(&self, plot: &Plot<'_>, curve: &Curve, marks: &mut Vec<Mark>) -> Result<()> {
        for (n, value) in self.points(curve) {
            let at = self.place(plot, n, value.mean);
            if let Some(bar) = self.figure.bar(value) {
                error_bar(self.canvas, bar.map(|bound| self.place(plot, n, bound)), curve.style.colour)?;
            }
            self.canvas.marker(at, curve.style.marker, curve.style.colour, self.figure.size().marker)?;
            let method = self.figure.table.methods()[curve.method].name.clone();
            marks.push(Mark { x: at.x, y: at.y, panel: self.panel.subject.title(), method, n, value: *value });
        }
        Ok(())
    }

    fn border(&self) -> Result<()> {
        let stroke = match self.panel.subject {
            Subject::Overall => Stroke::solid(INK, 2.2),
            Subject::Category(_) => Stroke::solid(FRAME, 1.1),
        };
        let Frame { left, top, .. } = *self.frame;
        self.canvas.frame(At { x: left, y: top }, At { x: self.frame.right(), y: self.frame.bottom() }, stroke)
    }

    fn title(&self) -> Result<()> {
        let weight = match self.panel.subject {
            Subject::Overall => Weight::Bold,
            Subject::Category(_) => Weight::Regular,
        };
        let title = font::printable(&self.panel.subject.title());
        let fitted = font::fit(&title, TITLE, SMALLEST_TITLE, weight, self.frame.width + 6.0)?;
        let at = At { x: self.frame.centre(), y: self.frame.top - 8.0 };
        self.canvas.text(&fitted.text, at, Lettering { size: fitted.size, weight, align: Align::Middle })
    }

    fn ticks(&self, plot: &Plot<'_>) -> Result<()> {
        let lettering = |align| Lettering { size: TICK, weight: Weight::Regular, align };
        for tick in &self.axis.ticks {
            let y = self.place(plot, 1, *tick).y + CAP_HEIGHT / 2.0 * TICK;
            self.canvas.text(&tick.to_string(), At { x: self.frame.left - TICK_GAP, y }, lettering(Align::End))?;
        }
        if !self.frame.lowest {
            return Ok(());
        }
        let n = self.figure.table.n();
        let extent = |n: &usize| {
            let width = font::text_width(&n.to_string(), TICK, Weight::Regular)?;
            // A label too wide for its place keeps off the next panel's.
            let (leftmost, rightmost) = (self.frame.left - 3.0 + width / 2.0, self.frame.right() + 7.0 - width / 2.0);
            let centre = self.place(plot, *n, self.axis.low).x.min(rightmost).max(leftmost);
            Ok(Extent { centre, width })
        };
        let extents: Vec<Extent> = n.iter().map(extent).collect::<Result<_>>()?;
        for i in axis::labelled(n, &extents, 5.0) {
            let at = At { x: extents[i].centre, y: self.frame.bottom() + 7.0 + CAP_HEIGHT * TICK };
            self.canvas.text(&n[i].to_string(), at, lettering(Align::Middle))?;
        }
        Ok(())
    }

    fn place(&self, plot: &Plot<'_>, n: usize, accuracy: f64) -> At {
        At::from_units(plot.map_coordinate(&(n as f64, accuracy)))
    }
}
