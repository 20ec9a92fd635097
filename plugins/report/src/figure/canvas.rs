//! The drawing surface: px in, plotters' elements out.
//!
//! Plotters places things on whole units, so a unit is a tenth of a px here: curves and text sit where they belong, and
//! the finished SVG says so in its `viewBox`.

use plotters::coord::Shift;
use plotters::prelude::{
    Circle, Color, DrawingArea, IntoDrawingArea, PathElement, Polygon, RGBColor, SVGBackend, ShapeStyle, Text, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontTransform};

use super::font::{self, FAMILY, PLOTTERS_EM, Weight};
use super::picture::Picture;
use super::style::{Dash, INK, Marker};
use crate::error::{Error, Result};

/// Units in a px.
pub(super) const UNITS: f64 = 10.0;

/// Plotters knows no dashed strokes (its dashed elements are a line per dash), but SVG does: the pattern is coded into
/// the width of the stroke, in these steps, and written out when the picture is finished.
const DASH_CODE: u32 = 10_000;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A place in px from the upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At {
    pub x: f64,
    pub y: f64,
}

/// Which point of a text stands at its place on the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
    /// The middle, read from bottom to top.
    MiddleUpwards,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    pub colour: RGBColor,
    pub width: f64,
    pub dash: Dash,
}

impl Stroke {
    pub fn solid(colour: RGBColor, width: f64) -> Self {
        Self { colour, width, dash: Dash::Solid }
    }
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lettering {
    pub size: f64,
    pub weight: Weight,
    pub align: Align,
}

/// A picture being drawn.
pub(super) struct Canvas<'a> {
    root: Area<'a>,
}

/// Makes a picture of a size in px: `draw` puts everything on the canvas.
pub(super) fn paint(
    width: f64,
    height: f64,
    title: &str,
    draw: impl FnOnce(&Canvas<'_>) -> Result<()>,
) -> Result<Picture> {
    font::register()?;
    let mut svg = String::new();
    {
        let size = (units(width).unsigned_abs(), units(height).unsigned_abs());
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(Error::drawing)?;
        let canvas = Canvas { root };
        draw(&canvas)?;
        canvas.root.present().map_err(Error::drawing)?;
    }
    let body = svg.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</svg>")).map(|(body, _)| body);
    let body = body.ok_or_else(|| Error::drawing("plotters wrote no SVG element"))?;
    Ok(Picture::new(write_out_dashes(body), width, height, title))
}

fn write_out_dashes(body: &str) -> String {
    let mut parts = body.split("stroke-width=\"");
    let mut written = parts.next().unwrap_or_default().to_owned();
    // The quotes make sure that this is an attribute: in text they are escaped.
    for part in parts {
        let (width, rest) = part.split_once('"').unwrap_or((part, ""));
        let code: u32 = width.parse().unwrap_or_default();
        let dash = Dash::ALL.get((code / DASH_CODE) as usize).copied().unwrap_or(Dash::Solid);
        written += &format!("stroke-width=\"{}\"", code % DASH_CODE);
        if dash != Dash::Solid {
            let pattern: Vec<String> = dash.pattern().iter().map(|length| units(*length).to_string()).collect();
            written += &format!(" stroke-dasharray=\"{}\"", pattern.join(" "));
        }
        written += rest;
    }
    written
}

impl<'a> Canvas<'a> {
    /// The whole surface in units, to lay a coordinate system on.
    pub fn area(&self) -> &Area<'a> {
        &self.root
    }

    pub fn line(&self, points: &[At], stroke: Stroke) -> Result<()> {
        let points: Vec<_> = points.iter().map(|at| at.units()).collect();
        let element = PathElement::new(points, stroke.shape());
        self.root.draw(&element).map_err(Error::drawing)
    }

    pub fn frame(&self, corner: At, opposite: At, stroke: Stroke) -> Result<()> {
        let (At { x: left, y: top }, At { x: right, y: bottom }) = (corner, opposite);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.line(&corners.map(|(x, y)| At { x, y }), stroke)
    }

    pub fn fill(&self, corners: &[At], colour: RGBColor, opacity: f64) -> Result<()> {
        let corners: Vec<_> = corners.iter().map(|at| at.units()).collect();
        self.root.draw(&Polygon::new(corners, colour.mix(opacity))).map_err(Error::drawing)
    }

    /// A marker with a thin white rim, so that it stands out from the curves under it.
    pub fn marker(&self, at: At, marker: Marker, colour: RGBColor, radius: f64) -> Result<()> {
        let rim = 0.25 * radius;
        if marker == Marker::None {
            return Ok(());
        }
        let corners = marker.corners();
        if corners.is_empty() {
            let round = |radius: f64, colour: RGBColor| {
                let element = Circle::new(at.units(), units(radius), colour.filled());
                self.root.draw(&element).map_err(Error::drawing)
            };
            let radius = marker.radius() * radius;
            round(radius + rim, WHITE)?;
            return round(radius, colour);
        }
        let mut corners: Vec<At> =
            corners.iter().map(|[x, y]| At { x: at.x + x * radius, y: at.y + y * radius }).collect();
        corners.push(corners[0]);
        self.line(&corners, Stroke::solid(WHITE, 2.0 * rim))?;
        self.fill(&corners, colour, 1.0)
    }

    /// A text whose baseline is at the place.
    pub fn text(&self, text: &str, at: At, lettering: Lettering) -> Result<()> {
        let horizontal = match lettering.align {
            Align::Start => HPos::Left,
            Align::Middle | Align::MiddleUpwards => HPos::Center,
            Align::End => HPos::Right,
        };
        let font =
            FontDesc::new(FontFamily::Name(FAMILY), units_f64(lettering.size) * PLOTTERS_EM, lettering.weight.style());
        let upwards = lettering.align == Align::MiddleUpwards;
        let font = if upwards { font.transform(FontTransform::Rotate270) } else { font };
        let style = font.color(&INK).pos(Pos::new(horizontal, VPos::Bottom));
        // Plotters raises the baseline of bottom-anchored text by half an ex.
        let raised = 0.25 * lettering.size;
        let at = if upwards { At { x: at.x + raised, ..at } } else { At { y: at.y + raised, ..at } };
        self.root.draw(&Text::new(text, at.units(), style)).map_err(Error::drawing)
    }
}

impl Stroke {
    pub fn shape(self) -> ShapeStyle {
        let dash = Dash::ALL.iter().position(|dash| *dash == self.dash).unwrap_or_default() as u32;
        self.colour.stroke_width(units(self.width).unsigned_abs() + DASH_CODE * dash)
    }
}

impl At {
    pub fn units(self) -> (i32, i32) {
        (units(self.x), units(self.y))
    }

    pub fn from_units((x, y): (i32, i32)) -> Self {
        Self { x: f64::from(x) / UNITS, y: f64::from(y) / UNITS }
    }
}

fn units_f64(px: f64) -> f64 {
    (px * UNITS * 100.0).round() / 100.0
}

pub(super) fn units(px: f64) -> i32 {
    (px * UNITS).round() as i32
}
