//! Trees of steps, which beam search and diverse verifier tree search grow.
//!
//! ```text
//!            ┌─ step ─┬─ step ✗
//!            │        └─ step ─┬─ step ✗
//! question ──┤                 └─ step ── finished
//!            ├─ step ✗
//!            └─ step ─┬─ finished
//!                     └─ step ✗          ✗ not among the best of its tree: goes no further
//! ```

use std::num::NonZeroUsize;

use crate::attempt::{Attempt, Draft};
use crate::{Error, Guide, Result};

/// Trees that grow side by side.
pub(crate) struct Trees {
    count: usize,
    /// The leaves of each tree that are grown from.
    keep: usize,
    /// How often each of them is grown from.
    width: usize,
}

impl Trees {
    /// One tree of so many beams.
    pub fn one(beams: NonZeroUsize, width: NonZeroUsize) -> Result<Self> {
        Ok(Self { count: 1, keep: beams_kept(beams, width)?, width: width.get() })
    }

    /// Trees that hold so many beams together, each of which is grown from its best leaf.
    pub fn greedy(beams: NonZeroUsize, width: NonZeroUsize) -> Result<Self> {
        Ok(Self { count: beams_kept(beams, width)?, keep: 1, width: width.get() })
    }

    /// Grows them until the best leaves of each are finished, and gives every solution that was finished: scored, those of a
    /// tree together, and where there was nothing to choose in the order in which they were begun.
    pub fn grow(&self, attempt: &mut Attempt<'_>, guide: Guide) -> Result<Vec<Draft>> {
        let leaves = self.keep * self.width;
        let mut trees: Vec<Vec<Draft>> = vec![Vec::new(); self.count];
        for (place, draft) in attempt.begin(self.count * leaves)?.into_iter().enumerate() {
            trees[place / leaves].push(draft);
        }
        loop {
            let open = |draft: &Draft| draft.ending.is_none();
            // Rewards are asked for where there is something to choose.
            if trees.iter().any(|leaves| leaves.len() > self.keep && leaves.iter().any(open)) {
                trees = scored(attempt, trees)?;
                for leaves in &mut trees {
                    self.cut_back(attempt, guide, leaves)?;
                }
            }
            if !trees.iter().flatten().any(open) {
                return Ok(scored(attempt, trees)?.into_iter().flatten().collect());
            }
            trees = self.grown(attempt, trees)?;
        }
    }

    /// Leaves only the best leaves of a tree, and those that are finished, which take no more work.
    fn cut_back(&self, attempt: &Attempt<'_>, guide: Guide, leaves: &mut Vec<Draft>) -> Result<()> {
        let ranked = leaves.iter().enumerate().map(|(place, draft)| Ok((guide.value(attempt, draft)?, place)));
        let mut ranked = ranked.collect::<Result<Vec<(f64, usize)>>>()?;
        // Of equals the first.
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let mut best = vec![false; leaves.len()];
        ranked.iter().take(self.keep).for_each(|(_, place)| best[*place] = true);
        let mut best = best.into_iter();
        leaves.retain(|draft| best.next() == Some(true) || draft.ending.is_some());
        Ok(())
    }

    /// Each open leaf replaced by those that grow from it, all of them in one call.
    fn grown(&self, attempt: &mut Attempt<'_>, trees: Vec<Vec<Draft>>) -> Result<Vec<Vec<Draft>>> {
        let open = trees.iter().flatten().filter(|draft| draft.ending.is_none());
        let asked: Vec<(&Draft, usize)> = open.map(|draft| (draft, self.width)).collect();
        let mut grown = attempt.expand(&asked)?.into_iter();
        let mut grow = |draft: Draft| match draft.ending {
            Some(_) => vec![draft],
            None => grown.next().unwrap_or_default(),
        };
        Ok(trees.into_iter().map(|leaves| leaves.into_iter().flat_map(&mut grow).collect()).collect())
    }
}

/// N/M, which has to be a whole number.
fn beams_kept(beams: NonZeroUsize, width: NonZeroUsize) -> Result<usize> {
    if beams.get().is_multiple_of(width.get()) {
        return Ok(beams.get() / width.get());
    }
    let message = format!("{beams} beams cannot be grown {width} from each; take a width that divides them");
    Err(Error::setting("width", message))
}

/// The same trees with rewards for every leaf, asked for in one call.
fn scored(attempt: &mut Attempt<'_>, trees: Vec<Vec<Draft>>) -> Result<Vec<Vec<Draft>>> {
    let sizes: Vec<usize> = trees.iter().map(Vec::len).collect();
    let mut all: Vec<Draft> = trees.into_iter().flatten().collect();
    attempt.score(&mut all)?;
    let mut all = all.into_iter();
    Ok(sizes.into_iter().map(|size| all.by_ref().take(size).collect()).collect())
}
