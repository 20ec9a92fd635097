//! One task of attention: some queries of one segment with one head of keys.

use super::AttentionShape;
use super::keys::PackedRun;
use crate::arithmetic::{Arithmetic, LANES, Lanes, exp, sum_lanes};
use crate::instructions::Kernel;
use crate::tile::{Rows, Tiles};

/// Panels of keys that are worked on together.
const PANELS: usize = 2;

/// Some queries of one segment with one head of keys, and so with all heads of the queries that share it.
pub(crate) struct QueryBlock<'a> {
    /// The queries of the whole batch.
    pub(crate) q: &'a [f32],
    pub(crate) shape: &'a AttentionShape,
    /// The keys and values of `head`.
    pub(crate) runs: Vec<&'a PackedRun>,
    /// Row of the first query.
    pub(crate) first: usize,
    /// How many keys each query sees.
    pub(crate) visible: &'a [usize],
    /// Number of the head of keys.
    pub(crate) head: usize,
    /// Where each query's result belongs: those of its heads that share `head`.
    pub(crate) outs: Vec<&'a mut [f32]>,
}

impl Kernel for QueryBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(mut self) {
        // A row of scores is one query with one of its heads; the heads of a query are neighbours.
        let group = self.shape.heads / self.shape.kv_heads;
        let most = self.visible.iter().copied().max().unwrap_or(0);
        let mut weights = Scores::new(self.visible.len() * group, most);
        self.score::<A>(group, &mut weights);
        let mut scales = vec![0.0; weights.rows];
        for (row, scale) in scales.iter_mut().enumerate() {
            *scale = weigh::<A>(&mut weights.row(row)[..self.visible[row / group]]);
        }
        let sums = self.sum_values::<A>(group, &weights);

        let dim = self.shape.head_dim;
        for (row, scale) in scales.iter().enumerate() {
            let out = &mut self.outs[row / group][row % group * dim..][..dim];
            for (panel, part) in out.chunks_mut(LANES).enumerate() {
                let sums = &sums[panel * weights.rows + row];
                for (out, sum) in part.iter_mut().zip(sums.iter()) {
                    *out = sum * scale;
                }
            }
        }
    }
}

impl QueryBlock<'_> {
    /// The scaled products of all queries with the keys that any of them sees.
    #[inline(always)]
    fn score<A: Arithmetic>(&self, group: usize, scores: &mut Scores) {
        let (dim, width) = (self.shape.head_dim, self.shape.heads * self.shape.head_dim);
        let mut queries = Vec::with_capacity(scores.rows * dim);
        for query in 0..self.visible.len() {
            let heads = &self.q[(self.first + query) * width + self.head * group * dim..][..group * dim];
            for value in heads {
                queries.push(value * self.shape.scale);
            }
        }
        let queries = Rows::new(&queries, dim, scores.rows, dim);
        let mut sums = vec![Lanes::ZERO; PANELS * scores.rows];
        let mut base = 0;
        for run in &self.runs {
            let panels = run.len().min(scores.most.saturating_sub(base)).div_ceil(LANES);
            for panel in (0..panels).step_by(PANELS) {
                let count = PANELS.min(panels - panel);
                sums.fill(Lanes::ZERO);
                A::accumulate(queries, run.keys(panel, count), Tiles::new(&mut sums, scores.rows));
                for (index, sums) in sums.chunks(scores.rows).take(count).enumerate() {
                    // A filled-up panel writes beyond its run; the next run, or nobody, reads there.
                    let place = base + (panel + index) * LANES;
                    for (row, sums) in sums.iter().enumerate() {
                        scores.row(row)[place..place + LANES].copy_from_slice(&**sums);
                    }
                }
            }
            base += run.len();
        }
    }

    /// The sums of the values by the weights of each row: panel by panel of dimensions, in each row by row.
    #[inline(always)]
    fn sum_values<A: Arithmetic>(&self, group: usize, weights: &Scores) -> Vec<Lanes> {
        let all = weights.rows;
        let mut sums = vec![Lanes::ZERO; self.shape.head_dim.div_ceil(LANES) * all];
        let together = queries_together(group);
        for first in (0..self.visible.len()).step_by(together) {
            let visible = &self.visible[first..self.visible.len().min(first + together)];
            let shared = visible.iter().copied().min().unwrap_or(0);
            let rows = weights.all().rows(first * group, visible.len() * group);
            let mut base = 0;
            for run in &self.runs {
                let within = |visible: usize| visible.saturating_sub(base).min(run.len());
                let common = within(shared);
                if common > 0 {
                    let out = Tiles::new(&mut sums[first * group..], all);
                    A::accumulate(rows.columns(base, common), run.values(0, common), out);
                }
                // Keys that only some of the queries see are left out by the others, not weighed with 0: what stands in
                // them may be no number.
                for (query, visible) in visible.iter().enumerate() {
                    let rest = within(*visible) - common;
                    if rest > 0 {
                        let rows = rows.rows(query * group, group).columns(base + common, rest);
                        let out = Tiles::new(&mut sums[(first + query) * group..], all);
                        A::accumulate(rows, run.values(common, rest), out);
                    }
                }
                base += run.len();
            }
        }
        sums
    }
}

/// How many queries make up full tiles of 6 rows, or leave 4 or 5 over, which are as fast.
#[inline(always)]
fn queries_together(group: usize) -> usize {
    let mut queries = 1;
    while queries < 6 && !matches!(queries * group % 6, 0 | 4 | 5) {
        queries += 1;
    }
    queries
}

/// Scores, then weights, of some rows.
struct Scores {
    data: Vec<f32>,
    rows: usize,
    stride: usize,
    most: usize,
}

impl Scores {
    /// For `rows` rows that see at most `most` keys.
    fn new(rows: usize, most: usize) -> Self {
        let stride = most.next_multiple_of(LANES) + LANES;
        Self { data: vec![0.0; rows * stride], rows, stride, most }
    }

    #[inline(always)]
    fn row(&mut self, row: usize) -> &mut [f32] {
        &mut self.data[row * self.stride..][..self.stride]
    }

    #[inline(always)]
    fn all(&self) -> Rows<'_> {
        Rows::new(&self.data, self.stride, self.rows, self.most)
    }
}

/// Turns a row's scores into weights that are not yet divided by their sum; gives what to multiply with for that.
#[inline(always)]
fn weigh<A: Arithmetic>(scores: &mut [f32]) -> f32 {
    if scores.is_empty() {
        return 0.0;
    }
    let mut greatest = [f32::NEG_INFINITY; LANES];
    let (whole, rest) = scores.as_chunks::<LANES>();
    for scores in whole {
        for lane in 0..LANES {
            greatest[lane] = if scores[lane] > greatest[lane] { scores[lane] } else { greatest[lane] };
        }
    }
    let greatest = greatest.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0; LANES];
    let (whole, rest) = scores.as_chunks_mut::<LANES>();
    for scores in whole {
        for lane in 0..LANES {
            scores[lane] = exp::<A>(scores[lane] - greatest);
            sums[lane] += scores[lane];
        }
    }
    for (sum, score) in sums.iter_mut().zip(rest) {
        *score = exp::<A>(*score - greatest);
        *sum += *score;
    }
    1.0 / sum_lanes(&sums)
}
