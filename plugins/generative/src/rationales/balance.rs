//! As many right CoTs as wrong ones.

use touchstone::random::PythonRandom;

use super::judge::Kept;

/// Both classes with as many rows as the smaller one, in the order of the published code.
pub(super) fn balanced(kept: Vec<Kept>, seed: u64) -> Vec<Kept> {
    let (mut positives, mut negatives): (Vec<Kept>, Vec<Kept>) = kept.into_iter().partition(|row| row.is_positive);
    let (more, fewer) = if positives.len() > negatives.len() {
        (&mut positives, negatives.len())
    } else {
        (&mut negatives, positives.len())
    };
    // Classes of equal size are left in their order: a sample of all would bring them into another.
    if more.len() > fewer {
        let drawn = PythonRandom::new(seed).sample(more.len(), fewer);
        let mut rows: Vec<Option<Kept>> = std::mem::take(more).into_iter().map(Some).collect();
        more.extend(drawn.into_iter().filter_map(|place| rows.get_mut(place).and_then(Option::take)));
    }
    positives.extend(negatives);
    PythonRandom::new(seed).shuffle(&mut positives);
    positives
}
