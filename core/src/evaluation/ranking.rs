//! The area under the ROC curve: how often a right CoT has a higher value than a wrong one, ties counted half.

use super::resampling::{LANES, Lanes};

/// One CoT among those that are ranked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    pub(super) value: f64,
    /// The place of its question among all questions.
    pub(super) question: u32,
    pub(super) right: bool,
}

/// CoTs from the lowest value to the highest: sorted once, whatever weights the questions get later.
pub(super) struct Ranking {
    places: Vec<Place>,
}

#[derive(Clone, Copy)]
struct Place {
    question: u32,
    kind: Kind,
}

/// Most values occur once: those need no look at their neighbours.
#[derive(Clone, Copy)]
enum Kind {
    LoneRight,
    LoneWrong,
    TiedRight,
    TiedWrong,
    /// The end of a run of ties; it is no CoT.
    TiesEnd,
}

impl Ranking {
    pub(super) fn new(mut cots: Vec<Ranked>) -> Self {
        cots.sort_unstable_by(|left, right| {
            left.value
                .total_cmp(&right.value)
                .then_with(|| (left.question, left.right).cmp(&(right.question, right.right)))
        });
        let mut places = Vec::with_capacity(cots.len());
        for tied in cots.chunk_by(|left, right| left.value == right.value) {
            let kind = |right| match (tied.len(), right) {
                (1, true) => Kind::LoneRight,
                (1, false) => Kind::LoneWrong,
                (_, true) => Kind::TiedRight,
                (_, false) => Kind::TiedWrong,
            };
            places.extend(tied.iter().map(|cot| Place { question: cot.question, kind: kind(cot.right) }));
            if tied.len() > 1 {
                places.push(Place { question: 0, kind: Kind::TiesEnd });
            }
        }
        Self { places }
    }

    /// The area; none where all or no CoTs are right.
    pub(super) fn auroc(&self) -> Option<f64> {
        let area = self.areas(|_| &[1.0; LANES])[0];
        (!area.is_nan()).then_some(area)
    }

    /// The areas in eight resamples, given each question's weights; NaN where all or no CoTs of a resample are right.
    pub(super) fn resampled(&self, weights: &[Lanes]) -> Lanes {
        self.areas(|question| &weights[question as usize])
    }

    fn areas<'w>(&self, weights: impl Fn(u32) -> &'w Lanes) -> Lanes {
        let mut won = [0.0; LANES];
        let (mut right, mut wrong) = ([0.0; LANES], [0.0; LANES]);
        let (mut tied_right, mut tied_wrong) = ([0.0; LANES], [0.0; LANES]);
        for place in &self.places {
            let weight = weights(place.question);
            match place.kind {
                Kind::LoneRight => {
                    for lane in 0..LANES {
                        won[lane] += weight[lane] * wrong[lane];
                    }
                    add(&mut right, weight);
                }
                Kind::LoneWrong => add(&mut wrong, weight),
                Kind::TiedRight => add(&mut tied_right, weight),
                Kind::TiedWrong => add(&mut tied_wrong, weight),
                Kind::TiesEnd => {
                    for lane in 0..LANES {
                        won[lane] += tied_right[lane] * (wrong[lane] + 0.5 * tied_wrong[lane]);
                        right[lane] += tied_right[lane];
                        wrong[lane] += tied_wrong[lane];
                    }
                    (tied_right, tied_wrong) = ([0.0; LANES], [0.0; LANES]);
                }
            }
        }
        std::array::from_fn(|lane| won[lane] / (right[lane] * wrong[lane]))
    }
}

fn add(sums: &mut Lanes, weights: &Lanes) {
    for lane in 0..LANES {
        sums[lane] += weights[lane];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_pairs(cots: &[Ranked], weight: impl Fn(u32) -> f64) -> Option<f64> {
        let (mut won, mut pairs) = (0.0, 0.0);
        for right in cots.iter().filter(|cot| cot.right) {
            for wrong in cots.iter().filter(|cot| !cot.right) {
                let weight = weight(right.question) * weight(wrong.question);
                pairs += weight;
                won += weight
                    * if right.value > wrong.value {
                        1.0
                    } else if right.value == wrong.value {
                        0.5
                    } else {
                        0.0
                    };
            }
        }
        (pairs > 0.0).then_some(won / pairs)
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order_also_under_weights(
            cots in proptest::collection::vec((0_u8..6, 0_u32..4, proptest::bool::ANY), 0..40),
            weights in proptest::array::uniform4(0_u8..4),
        ) {
            let cots: Vec<Ranked> = cots.into_iter()
                .map(|(value, question, right)| Ranked { value: f64::from(value) / 5.0, question, right }).collect();
            let ranking = Ranking::new(cots.clone());
            match (ranking.auroc(), by_pairs(&cots, |_| 1.0)) {
                (Some(area), Some(expected)) => prop_assert!((area - expected).abs() < 1e-12),
                (area, expected) => prop_assert_eq!(area, expected),
            }
            let area = ranking.resampled(&weights.map(|weight| [f64::from(weight); LANES]))[3];
            match by_pairs(&cots, |question| f64::from(weights[question as usize])) {
                Some(expected) => prop_assert!((area - expected).abs() < 1e-12),
                None => prop_assert!(area.is_nan()),
            }
        }
    }

    #[test]
    fn there_is_no_area_without_a_wrong_cot() {
        let ranking = Ranking::new(vec![Ranked { value: 0.1, question: 0, right: true }]);
        assert_eq!(ranking.auroc(), None);
    }
}
