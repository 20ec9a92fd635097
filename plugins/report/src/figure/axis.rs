//! The axes of a panel: which accuracies it spans, and which numbers stand beside it.

/// The most ticks on the accuracy axis of a panel.
pub(super) const MOST_TICKS: usize = 5;

/// The accuracy axis of a panel, in percent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AccuracyAxis {
    pub low: f64,
    pub high: f64,
    /// Whole numbers within the range, ascending: two to [`MOST_TICKS`].
    pub ticks: Vec<f64>,
}

impl AccuracyAxis {
    /// Spans the values with `margin` (a share of their span) below and above. Values that lie so close together that
    /// fewer than two whole numbers fall between them are given room up to the next ones.
    pub fn around(values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self { low: 0.0, high: 1.0, ticks: vec![0.0, 1.0] };
        }
        let room = (high - low) * margin;
        let (mut low, mut high) = (low - room, high + room);
        if whole_numbers(low, high, 1.0).len() < 2 {
            (low, high) = (low.floor(), high.ceil());
            if high - low < 1.0 {
                (low, high) = (low - 1.0, high + 1.0);
            }
            // Keeps curves off the frame where the whole numbers are the values themselves.
            let room = (high - low) * margin;
            (low, high) = (low - room, high + room);
        }
        let ticks = steps()
            .map(|step| whole_numbers(low, high, step))
            .find(|ticks| ticks.len() <= MOST_TICKS)
            .unwrap_or_default();
        Self { low, high, ticks }
    }
}

/// 1, 2, 5, 10, 20, 50, …
fn steps() -> impl Iterator<Item = f64> {
    (0..).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(power)))
}

/// The multiples of `step` in `low..=high`, but no more of them than are needed to see that they are too many.
fn whole_numbers(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    (0..=MOST_TICKS)
        .map(|i| first + i as f64)
        .take_while(|multiple| *multiple <= last)
        .map(|multiple| multiple * step)
        .collect()
}

/// Which values of N are labelled. Every one where there is room; else every power of two, then others that still fit
/// between them; else every second power of two, every third, and so on. `extents` gives each value's place on the axis
/// and the width of its label.
pub(super) fn labelled(n: &[usize], extents: &[Extent], gap: f64) -> Vec<usize> {
    let powers: Vec<usize> = (0..n.len()).filter(|&i| n[i].is_power_of_two()).collect();
    let rest: Vec<usize> = (0..n.len()).filter(|&i| !n[i].is_power_of_two()).collect();
    let (backbone, others) = if powers.len() < 2 { ((0..n.len()).collect(), Vec::new()) } else { (powers, rest) };
    let clear = |one: usize, two: usize| {
        let (one, two) = (&extents[one], &extents[two]);
        (one.centre - two.centre).abs() >= (one.width + two.width) / 2.0 + gap
    };
    let every = |stride: usize| -> Vec<usize> { backbone.iter().copied().step_by(stride).collect() };
    let fits = |kept: &Vec<usize>| kept.windows(2).all(|pair| clear(pair[0], pair[1]));
    let stride = (1..backbone.len()).find(|&stride| fits(&every(stride))).unwrap_or(backbone.len().max(1));
    let mut kept = every(stride);
    if stride == 1 {
        for other in others {
            if kept.iter().all(|&one| clear(one, other)) {
                kept.push(other);
            }
        }
    }
    kept.sort_unstable();
    kept
}

/// What a label takes up along its axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub centre: f64,
    pub width: f64,
}

/// The range of the N axis: the values with a little room in the logarithm beside them.
pub(super) fn n_range(n: &[usize]) -> std::ops::Range<f64> {
    let (first, last) = (n.first().copied().unwrap_or(1) as f64, n.last().copied().unwrap_or(1) as f64);
    let room = ((last / first).log2() * 0.07).max(0.25);
    first * (-room).exp2()..last * room.exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ticks_are_two_to_five_whole_numbers_inside_a_range_that_holds_the_values(
            values in prop::collection::vec(0.0..=100.0f64, 1..40), margin in 0.0..1.0f64
        ) {
            let axis = AccuracyAxis::around(values.iter().copied(), margin);
            prop_assert!((2..=MOST_TICKS).contains(&axis.ticks.len()), "{axis:?}");
            prop_assert!(axis.ticks.iter().all(|tick| tick.fract() == 0.0 && (axis.low..=axis.high).contains(tick)), "{axis:?}");
            prop_assert!(axis.ticks.is_sorted_by(|left, right| left < right));
            prop_assert!(values.iter().all(|value| (axis.low..=axis.high).contains(value)), "{axis:?}");
        }

        #[test]
        fn ticks_stay_few_and_whole_for_values_of_any_size(value in -1e9..1e9f64, span in 0.0..1e9f64) {
            let axis = AccuracyAxis::around([value, value + span].into_iter(), 0.03);
            prop_assert!((2..=MOST_TICKS).contains(&axis.ticks.len()), "{axis:?}");
            prop_assert!(axis.ticks.iter().all(|tick| tick.fract() == 0.0));
        }
    }

    #[test]
    fn the_range_is_the_datas_with_three_percent_of_its_span_around_it() {
        let axis = AccuracyAxis::around([40.0, 60.0].into_iter(), 0.03);
        assert_eq!((axis.low, axis.high), (39.4, 60.6));
        assert_eq!(axis.ticks, [40.0, 45.0, 50.0, 55.0, 60.0]);
    }

    #[test]
    fn a_constant_accuracy_still_has_ticks_around_it() {
        let axis = AccuracyAxis::around([50.0; 3].into_iter(), 0.03);
        assert_eq!(axis.ticks, [49.0, 50.0, 51.0]);
        let axis = AccuracyAxis::around([42.2, 42.4].into_iter(), 0.03);
        assert_eq!(axis.ticks, [42.0, 43.0]);
    }

    fn labels(n: &[usize], octave: f64) -> Vec<usize> {
        let extent =
            |&n: &usize| Extent { centre: (n as f64).log2() * octave, width: 7.0 * n.to_string().len() as f64 };
        let extents: Vec<_> = n.iter().map(extent).collect();
        labelled(n, &extents, 4.0).into_iter().map(|i| n[i]).collect()
    }

    #[test]
    fn every_n_is_labelled_where_there_is_room() {
        assert_eq!(labels(&[1, 2, 4, 8, 16], 30.0), [1, 2, 4, 8, 16]);
        assert_eq!(labels(&[3, 7, 20], 30.0), [3, 7, 20]);
        assert_eq!(labels(&[5], 30.0), [5]);
        assert_eq!(labels(&[], 30.0), Vec::<usize>::new());
    }

    #[test]
    fn powers_of_two_are_labelled_before_others_where_room_is_short() {
        let n: Vec<usize> = (1..=16).collect();
        assert_eq!(labels(&n, 40.0), [1, 2, 3, 4, 5, 8, 11, 16]);
    }

    #[test]
    fn labels_are_thinned_evenly_where_not_even_the_powers_of_two_have_room() {
        assert_eq!(labels(&[1, 2, 4, 8, 16, 32, 64, 128], 17.0), [1, 4, 16, 64]);
        assert_eq!(labels(&[1, 2, 4, 8, 16, 32, 64, 128], 0.1), [1]);
    }
}
