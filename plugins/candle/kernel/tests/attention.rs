//! Laws of attention.
#![allow(clippy::unwrap_used)]

mod support;

use proptest::prelude::*;
use support::{assert_close, bits, numbers, on_threads};
use touchstone_kernel::{AttentionShape, KernelError, Keys, PackedKeys, Run, Segment, attention};

/// A sequence: its queries are the last rows of its keys.
struct Sequence {
    shape: AttentionShape,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    visible: Vec<usize>,
}

impl Sequence {
    fn new(shape: AttentionShape, queries: usize, keys: usize, seed: u64) -> Self {
        let width = shape.kv_heads * shape.head_dim;
        Self {
            shape,
            q: numbers(seed, queries * shape.heads * shape.head_dim).iter().map(|q| q * 3.0).collect(),
            k: numbers(seed + 1, keys * width),
            v: numbers(seed + 2, keys * width),
            visible: (0..queries).map(|query| keys - queries + query + 1).collect(),
        }
    }

    fn width(&self) -> usize {
        self.shape.kv_heads * self.shape.head_dim
    }

    /// The keys cut at `cuts`.
    fn runs(&self, cuts: &[usize]) -> Vec<Keys<'_>> {
        let mut edges = vec![0];
        edges.extend(cuts.iter().map(|cut| cut % (self.k.len() / self.width() + 1)));
        edges.push(self.k.len() / self.width());
        edges.sort_unstable();
        edges
            .windows(2)
            .map(|edge| edge[0] * self.width()..edge[1] * self.width())
            .map(|range| Keys { k: &self.k[range.clone()], v: &self.v[range] })
            .collect()
    }

    fn attend(&self, cuts: &[usize]) -> Vec<f32> {
        self.attend_to(self.runs(cuts).into_iter().map(Run::Rows).collect())
    }

    /// The keys uncut.
    fn rows(&self) -> Vec<Run<'_>> {
        self.runs(&[]).into_iter().map(Run::Rows).collect()
    }

    fn attend_to(&self, keys: Vec<Run<'_>>) -> Vec<f32> {
        let mut out = vec![f32::NAN; self.q.len()];
        let segment = Segment { queries: 0..self.visible.len(), visible: self.visible.clone(), keys };
        attention(&self.q, &self.shape, &[segment], &mut out).unwrap();
        out
    }

    fn packed(&self, rows: &Keys<'_>) -> PackedKeys {
        PackedKeys::pack(rows, self.shape.kv_heads, self.shape.head_dim).unwrap()
    }

    fn expected(&self) -> Vec<f64> {
        let AttentionShape { heads, kv_heads, head_dim, scale } = self.shape;
        let mut out = Vec::new();
        for (row, visible) in self.q.chunks(heads * head_dim).zip(&self.visible) {
            for (head, q) in row.chunks(head_dim).enumerate() {
                let place = |key: usize| key * self.width() + head / (heads / kv_heads) * head_dim;
                let dot = |key: usize| {
                    q.iter().zip(&self.k[place(key)..]).map(|(q, k)| f64::from(*q) * f64::from(*k)).sum::<f64>()
                };
                let weights: Vec<f64> = (0..*visible).map(|key| (dot(key) * f64::from(scale)).exp()).collect();
                let sum: f64 = weights.iter().sum();
                for dim in 0..head_dim {
                    let values = weights.iter().enumerate().map(|(key, w)| w * f64::from(self.v[place(key) + dim]));
                    out.push(if *visible == 0 { 0.0 } else { values.sum::<f64>() / sum });
                }
            }
        }
        out
    }
}

fn shapes() -> impl Strategy<Value = AttentionShape> {
    let kinds = prop::sample::select(vec![(1, 1), (2, 2), (3, 1), (4, 1), (9, 3), (7, 1), (16, 2), (5, 1)]);
    (kinds, prop::sample::select(vec![1, 8, 16, 20, 64])).prop_map(|((heads, kv_heads), head_dim)| AttentionShape {
        heads,
        kv_heads,
        head_dim,
        scale: 1.0 / (head_dim as f32).sqrt(),
    })
}

const SMOLLM2: AttentionShape = AttentionShape { heads: 9, kv_heads: 3, head_dim: 64, scale: 0.125 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn attention_is_its_formula_in_f64(shape in shapes(), queries in 1..50usize, before in 0..60usize, seed in 0..1000u64) {
        let sequence = Sequence::new(shape, queries, queries + before, seed);
        assert_close(&sequence.attend(&[]), &sequence.expected(), &vec![1.0; sequence.q.len()], 1e-5);
    }

    #[test]
    fn any_visible_counts_are_respected(shape in shapes(), visible in prop::collection::vec(0..40usize, 1..40), seed in 0..1000u64) {
        let mut sequence = Sequence::new(shape, visible.len(), 40, seed);
        sequence.visible = visible;
        assert_close(&sequence.attend(&[13]), &sequence.expected(), &vec![1.0; sequence.q.len()], 1e-5);
    }

    #[test]
    fn bits_do_not_depend_on_how_keys_are_cut_into_runs(
        shape in shapes(), queries in 1..40usize, before in 0..60usize, seed in 0..1000u64,
        cuts in prop::collection::vec(0..1000usize, 0..6),
    ) {
        let sequence = Sequence::new(shape, queries, queries + before, seed);
        prop_assert_eq!(bits(&sequence.attend(&cuts)), bits(&sequence.attend(&[])));
    }

    #[test]
    fn bits_of_a_query_are_the_same_alone_and_in_any_block(
        shape in shapes(), queries in 1..40usize, before in 0..60usize, seed in 0..1000u64,
    ) {
        let sequence = Sequence::new(shape, queries, queries + before, seed);
        let together = sequence.attend(&[]);
        let width = shape.heads * shape.head_dim;
        for query in 0..queries {
            let mut alone = vec![0.0; width];
            let segment = Segment { queries: 0..1, visible: vec![sequence.visible[query]], keys: sequence.rows() };
            attention(&sequence.q[query * width..][..width], &shape, &[segment], &mut alone).unwrap();
            prop_assert_eq!(bits(&alone), bits(&together[query * width..][..width]));
        }
    }

    #[test]
    fn what_stands_in_keys_that_a_query_does_not_see_changes_nothing(
        shape in shapes(), queries in 2..40usize, before in 0..30usize, seed in 0..1000u64,
        garbage in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38]),
    ) {
        let mut sequence = Sequence::new(shape, queries, queries + before, seed);
        let clean = sequence.attend(&[]);
        let seen = queries / 2;
        let first = (before + seen) * sequence.width();
        sequence.k[first..].fill(garbage);
        sequence.v[first..].fill(garbage);
        let width = shape.heads * shape.head_dim;
        prop_assert_eq!(bits(&sequence.attend(&[7])[..seen * width]), bits(&clean[..seen * width]));
    }
}

#[test]
fn other_segments_around_change_no_bit() {
    // A tree: a question, two solutions on it, and a solution on the first one; and rows of no segment between them.
    let [question, first, second, third] = [40, 23, 31, 17];
    let whole = Sequence::new(SMOLLM2, question + first + third, question + first + third, 1);
    let other = Sequence::new(SMOLLM2, second, question + second, 50);
    let (row, width) = (9 * 64, whole.width());
    let run = |sequence: &Sequence, range: std::ops::Range<usize>| {
        let range = range.start * width..range.end * width;
        (sequence.k[range.clone()].to_vec(), sequence.v[range].to_vec())
    };
    let parts = [run(&whole, 0..40), run(&whole, 40..63), run(&whole, 63..80), run(&other, 40..71)];
    let keys: Vec<Run<'_>> = parts.iter().map(|(k, v)| Keys { k, v }.into()).collect();

    let mut q = numbers(99, 5 * row);
    q.extend(&other.q);
    q.extend(&whole.q);
    let causal = |before: usize, count: usize| (0..count).map(|query| before + query + 1).collect();
    let place = 5 + second;
    let segments = [
        Segment { queries: 5..place, visible: causal(question, second), keys: vec![keys[0], keys[3]] },
        Segment { queries: place..place + 40, visible: causal(0, 40), keys: vec![keys[0]] },
        Segment { queries: place + 40..place + 63, visible: causal(40, 23), keys: vec![keys[0], keys[1]] },
        Segment { queries: place + 63..place + 80, visible: causal(63, 17), keys: vec![keys[0], keys[1], keys[2]] },
    ];
    for threads in [1, 2, 3] {
        let mut out = vec![7.0; q.len()];
        on_threads(threads, || attention(&q, &SMOLLM2, &segments, &mut out)).unwrap();
        assert_eq!(bits(&out[place * row..]), bits(&whole.attend(&[])));
        assert_eq!(out[..5 * row], vec![7.0; 5 * row], "rows of no segment stay as they are");
    }
    let mut changed = vec![0.0; q.len()];
    attention(&q, &SMOLLM2, &segments[1..], &mut changed).unwrap();
    assert_eq!(bits(&changed[place * row..]), bits(&whole.attend(&[])));
}

#[test]
fn runs_that_were_packed_before_give_the_same_bits() {
    for (queries, keys, cuts) in [(1, 33, vec![16, 32]), (7, 40, vec![1, 2, 19]), (40, 40, vec![13])] {
        let sequence = Sequence::new(SMOLLM2, queries, keys, 6);
        let rows = sequence.runs(&cuts);
        let packed: Vec<PackedKeys> = rows.iter().map(|rows| sequence.packed(rows)).collect();
        assert_eq!(packed.iter().map(PackedKeys::len).sum::<usize>(), keys);
        let expected = bits(&sequence.attend(&[]));
        assert_eq!(bits(&sequence.attend_to(packed.iter().map(Run::Packed).collect())), expected);
        // The first runs from a cache, the last one from this batch.
        let mut mixed: Vec<Run<'_>> = packed.iter().map(Run::Packed).collect();
        *mixed.last_mut().unwrap() = (*rows.last().unwrap()).into();
        assert_eq!(bits(&sequence.attend_to(mixed)), expected);
    }
}

#[test]
fn runs_that_were_packed_for_another_layer_are_refused() {
    let sequence = Sequence::new(SMOLLM2, 1, 4, 6);
    let rows = &sequence.runs(&[])[0];
    for (kv_heads, head_dim) in [(1, 192), (6, 32)] {
        let packed = PackedKeys::pack(rows, kv_heads, head_dim).unwrap();
        let segment = Segment { queries: 0..1, visible: vec![4], keys: vec![Run::Packed(&packed)] };
        let error = attention(&sequence.q, &SMOLLM2, &[segment], &mut [0.0; 9 * 64]).unwrap_err();
        assert!(matches!(error, KernelError::Mismatch { .. }), "{error}");
    }
    assert!(matches!(PackedKeys::pack(rows, 0, 64).unwrap_err(), KernelError::Zero { .. }));
    assert!(matches!(PackedKeys::pack(rows, 3, 65).unwrap_err(), KernelError::PartialRow { .. }));
}

#[test]
fn long_sequences_are_cut_into_smaller_blocks_without_a_change() {
    let shape = AttentionShape { heads: 2, kv_heads: 1, head_dim: 16, scale: 0.25 };
    let sequence = Sequence::new(shape, 40, 5000, 3);
    let out = sequence.attend(&[100, 4980]);
    assert_close(&out, &sequence.expected(), &vec![1.0; out.len()], 1e-5);
    assert_eq!(bits(&out), bits(&sequence.attend(&[])));
}

#[test]
fn great_scores_do_not_overflow() {
    let mut sequence = Sequence::new(SMOLLM2, 6, 20, 4);
    sequence.q.iter_mut().for_each(|q| *q *= 1e4);
    assert!(sequence.attend(&[]).iter().all(|out| out.is_finite()));
}

#[test]
fn a_query_that_sees_no_key_gets_zeros() {
    let shape = AttentionShape { heads: 2, kv_heads: 1, head_dim: 3, scale: 1.0 };
    let mut out = [5.0; 6];
    let segment = Segment { queries: 0..1, visible: vec![0], keys: vec![] };
    attention(&[1.0; 6], &shape, &[segment], &mut out).unwrap();
    assert_eq!(out, [0.0; 6]);
    attention(&[], &shape, &[], &mut []).unwrap();
}

#[test]
fn calls_that_do_not_fit_are_refused_and_nothing_is_written() {
    let shape = AttentionShape { heads: 2, kv_heads: 1, head_dim: 2, scale: 1.0 };
    let (q, k) = ([1.0; 8], [1.0; 4]);
    let mut out = [5.0; 8];
    let segment = |queries, visible: &[usize]| Segment {
        queries,
        visible: visible.to_vec(),
        keys: vec![Keys { k: &k, v: &k }.into()],
    };
    let mut refused =
        |shape: AttentionShape, segments: &[Segment<'_>]| attention(&q, &shape, segments, &mut out).unwrap_err();

    let error = refused(shape, &[segment(0..1, &[3])]);
    assert_eq!(error, KernelError::Visible { segment: 0, query: 0, visible: 3, keys: 2 });
    let error = refused(shape, &[segment(0..1, &[1]), segment(0..2, &[1, 1])]);
    assert_eq!(error, KernelError::Queries { segment: 1, queries: 0..2, rows: 2 });
    assert!(matches!(refused(shape, &[segment(1..3, &[1, 1])]), KernelError::Queries { .. }));
    assert!(matches!(refused(shape, &[segment(0..2, &[1])]), KernelError::Length { .. }));
    assert!(matches!(refused(AttentionShape { heads: 3, kv_heads: 2, ..shape }, &[]), KernelError::Mismatch { .. }));
    assert!(matches!(refused(AttentionShape { head_dim: 0, ..shape }, &[]), KernelError::Zero { .. }));
    assert!(matches!(refused(AttentionShape { heads: 3, ..shape }, &[]), KernelError::PartialRow { .. }));
    let uneven = Segment { queries: 0..1, visible: vec![1], keys: vec![Keys { k: &k, v: &k[..2] }.into()] };
    assert!(matches!(refused(shape, &[uneven]), KernelError::Length { .. }));
    assert_eq!(out, [5.0; 8]);
}
