//! Colours, markers and dashes: what tells one curve from another, also in grey or for colour-blind eyes.

use plotters::style::RGBColor;

use super::table::{Method, MethodKind};

/// Text and the frame that sets Overall off.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// The frame of a panel.
pub(super) const FRAME: RGBColor = RGBColor(0x9a, 0x9a, 0x9a);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(0xe4, 0xe4, 0xe4);
/// The ceiling, Pass@N.
const CEILING: RGBColor = RGBColor(0x8a, 0x8a, 0x8a);
/// The baseline, majority vote.
const BASELINE: RGBColor = RGBColor(0x3a, 0x3a, 0x3a);

/// Okabe and Ito's colours for colour-blind eyes, without black (the baseline's) and yellow (too pale on white).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// One more than there are colours, and prime to their number: methods beyond the sixth share a colour with an earlier
/// one, but not its marker.
const MARKERS: [Marker; 7] = [
    Marker::Circle,
    Marker::Square,
    Marker::TriangleUp,
    Marker::Diamond,
    Marker::TriangleDown,
    Marker::Star,
    Marker::Cross,
];

const DASHES: [Dash; 4] = [Dash::Solid, Dash::Long, Dash::Mixed, Dash::Short];

/// The shape at each value of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Marker {
    Circle,
    Square,
    TriangleUp,
    Diamond,
    TriangleDown,
    Star,
    Cross,
    Plus,
    Dot,
    None,
}

impl Marker {
    /// The corners of the shape around the origin, y downwards, sized so that all shapes look equally large; none for
    /// those that are round.
    pub fn corners(self) -> Vec<[f64; 2]> {
        let around = |corners: u32, turn: f64, radius: &dyn Fn(u32) -> f64| -> Vec<[f64; 2]> {
            let corner = |i| {
                let angle = std::f64::consts::TAU * (f64::from(i) / f64::from(corners) + turn);
                [radius(i) * angle.sin(), -radius(i) * angle.cos()]
            };
            (0..corners).map(corner).collect()
        };
        match self {
            Self::Circle | Self::Dot | Self::None => Vec::new(),
            Self::Square => around(4, 0.125, &|_| 1.27),
            Self::Diamond => around(4, 0.0, &|_| 1.38),
            Self::TriangleUp => around(3, 0.0, &|_| 1.4),
            Self::TriangleDown => around(3, 0.5, &|_| 1.4),
            Self::Star => around(10, 0.0, &|i| if i % 2 == 0 { 1.55 } else { 0.68 }),
            Self::Plus => cross().to_vec(),
            Self::Cross => {
                let turn = std::f64::consts::FRAC_1_SQRT_2;
                cross().map(|[x, y]| [turn * (x - y), turn * (x + y)]).to_vec()
            }
        }
    }

    /// The radius of a round shape.
    pub fn radius(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Dot => 0.62,
            _ => 1.0,
        }
    }
}

fn cross() -> [[f64; 2]; 12] {
    let (arm, half) = (1.3, 0.45);
    [
        [-half, -arm],
        [half, -arm],
        [half, -half],
        [arm, -half],
        [arm, half],
        [half, half],
        [half, arm],
        [-half, arm],
        [-half, half],
        [-arm, half],
        [-arm, -half],
        [-half, -half],
    ]
}

/// The pattern of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Dash {
    Solid,
    Long,
    Mixed,
    Short,
    Dotted,
}

impl Dash {
    pub const ALL: [Self; 5] = [Self::Solid, Self::Long, Self::Mixed, Self::Short, Self::Dotted];

    /// The lengths of strokes and gaps in px, in turn; nothing for a line without gaps. Line ends are round, so they
    /// lengthen each stroke by the width of the line.
    pub fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Long => &[6.0, 4.0],
            Self::Mixed => &[6.0, 3.5, 0.1, 3.5],
            Self::Short => &[2.5, 3.5],
            Self::Dotted => &[0.1, 3.6],
        }
    }
}

/// How one method is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    pub colour: RGBColor,
    pub marker: Marker,
    pub dash: Dash,
}

impl Style {
    /// The style of the curve at this place among its like.
    pub fn of_place(place: usize) -> Self {
        Self {
            colour: COLOURS[place % COLOURS.len()],
            marker: MARKERS[place % MARKERS.len()],
            dash: DASHES[place / COLOURS.len() % DASHES.len()],
        }
    }
}

/// The styles of methods, in their order. The first six reward methods differ in colour and marker; as far as the 42nd
/// no two share both; beyond it they differ in dashes.
pub(super) fn styles(methods: &[Method]) -> Vec<Style> {
    let mut rewards = 0;
    let style = |method: &Method| match method.kind {
        MethodKind::MajorityVote => Style { colour: BASELINE, marker: Marker::Plus, dash: Dash::Short },
        MethodKind::PassAtN => Style { colour: CEILING, marker: Marker::Dot, dash: Dash::Dotted },
        MethodKind::Reward => {
            rewards += 1;
            Style::of_place(rewards - 1)
        }
    };
    methods.iter().map(style).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_84_methods_look_the_same() {
        let method = |i| Method { name: format!("m{i}"), kind: MethodKind::Reward };
        let looks = styles(&(0..84).map(method).collect::<Vec<_>>());
        for (i, one) in looks.iter().enumerate() {
            assert!(!looks[..i].contains(one), "{i}: {one:?}");
        }
        let colours: std::collections::HashSet<_> =
            looks[..6].iter().map(|s| (s.colour.0, s.colour.1, s.colour.2)).collect();
        let markers: std::collections::HashSet<_> = looks[..6].iter().map(|s| s.marker).collect();
        assert_eq!((colours.len(), markers.len()), (6, 6));
    }
}
