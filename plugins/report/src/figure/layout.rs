//! Where everything goes: a grid of panels, shared axis titles around it, the legend above or below.

use super::LegendPlace;
use super::axis::AccuracyAxis;
use super::canvas::At;
use super::font::{self, Weight};
use crate::error::Result;

/// Panels in a row.
pub(super) const PANELS_A_ROW: usize = 5;

pub(super) const TITLE: f64 = 16.0;
pub(super) const SMALLEST_TITLE: f64 = 12.0;
pub(super) const TICK: f64 = 14.0;
pub(super) const AXIS_TITLE: f64 = 16.5;

const MARGIN: f64 = 6.0;
/// From the left edge to the tick labels: the vertical axis title.
const LEFT: f64 = 31.0;
/// Between tick labels and frame.
pub(super) const TICK_GAP: f64 = 6.0;
const PANEL_GAP: f64 = 13.0;
const TITLE_HEIGHT: f64 = 25.0;
const ROW_GAP: f64 = 9.0;
/// Under the lowest frame: tick labels.
const TICKS_HEIGHT: f64 = 23.0;
const AXIS_TITLE_HEIGHT: f64 = 26.0;
const LEGEND_GAP: f64 = 8.0;

/// The frame of a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    /// Whether N is labelled under it: no panel stands below.
    pub lowest: bool,
}

impl Frame {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn centre(&self) -> f64 {
        self.left + self.width / 2.0
    }
}

/// The places of everything, in px.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    pub frames: Vec<Frame>,
    /// The middle of the baseline.
    pub n_title: At,
    /// The middle of the baseline, read upwards.
    pub accuracy_title: At,
    /// The upper left corner.
    pub legend: At,
}

/// The size of a legend.
#[derive(Clone, Copy, Debug)]
pub(super) struct LegendSize {
    pub width: f64,
    pub height: f64,
}

/// The width of a figure of so many panels, which the legend may fill.
pub(super) fn figure_width(panels: usize) -> f64 {
    // Few panels are drawn larger; five fill a page.
    match panels.min(PANELS_A_ROW) {
        0 | 1 => 460.0,
        2 => 680.0,
        3 => 800.0,
        4 => 880.0,
        _ => 960.0,
    }
}

/// The room that a legend has in a figure of so many panels.
pub(super) fn legend_room(panels: usize) -> f64 {
    figure_width(panels) - 2.0 * MARGIN - LEFT
}

impl Layout {
    /// Lays out panels with these axes and a legend of this size.
    pub fn of(axes: &[AccuracyAxis], legend: LegendSize, place: LegendPlace) -> Result<Self> {
        let panels = axes.len();
        let columns = panels.clamp(1, PANELS_A_ROW);
        let rows = panels.div_ceil(columns);
        let width = figure_width(panels);
        let labels = axes.iter().flat_map(|axis| &axis.ticks);
        let widest = labels.map(|tick| font::text_width(&tick.to_string(), TICK, Weight::Regular));
        let widest = widest.collect::<Result<Vec<_>>>()?.into_iter().fold(0.0, f64::max);

        let pitch = (width - LEFT - MARGIN) / columns as f64;
        let frame_width = (pitch - widest - TICK_GAP - PANEL_GAP).max(60.0);
        let frame_height = (frame_width * 0.8).round();
        let row_pitch = TITLE_HEIGHT + frame_height + ROW_GAP;

        let legend_height = if place == LegendPlace::Apart { 0.0 } else { legend.height + LEGEND_GAP };
        let top = MARGIN + if place == LegendPlace::Above { legend_height } else { 0.0 };
        let frame = |i: usize| Frame {
            left: LEFT + pitch * (i % columns) as f64 + widest + TICK_GAP,
            top: top + row_pitch * (i / columns) as f64 + TITLE_HEIGHT,
            width: frame_width,
            height: frame_height,
            lowest: i + columns >= panels,
        };
        let frames: Vec<Frame> = (0..panels).map(frame).collect();

        let lowest = top + row_pitch * rows as f64 - ROW_GAP;
        let left_frame = frames.first().map_or(LEFT, |frame| frame.left);
        let centre = (left_frame + left_frame + pitch * (columns - 1) as f64 + frame_width) / 2.0;
        let under_axis = lowest + TICKS_HEIGHT + AXIS_TITLE_HEIGHT;
        let legend_top = match place {
            LegendPlace::Above => MARGIN,
            LegendPlace::Below | LegendPlace::Apart => under_axis + LEGEND_GAP - 2.0,
        };
        let below = if place == LegendPlace::Below { legend_height } else { 0.0 };
        let legend_left = (centre - legend.width / 2.0).clamp(MARGIN, (width - MARGIN - legend.width).max(MARGIN));
        Ok(Self {
            width,
            height: (under_axis + below + MARGIN).ceil(),
            n_title: At { x: centre, y: lowest + TICKS_HEIGHT + AXIS_TITLE },
            accuracy_title: At { x: MARGIN + AXIS_TITLE - 2.0, y: (top + TITLE_HEIGHT + lowest) / 2.0 },
            legend: At { x: legend_left, y: legend_top },
            frames,
        })
    }
}
