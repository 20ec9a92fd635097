//! Choosing among the CoTs drawn: majority vote, Best-of-N, weighted vote, Pass@N.
//!
//! CoTs are added one after the other in drawn order; after any of them the verdict on those so far can be read off. So
//! one pass over a run's order serves every N.

use super::matching::MatchedQuestion;
use super::questions::JudgedQuestion;

/// The columns of a table of verdicts: majority vote; Best-of-N of each reward set; weighted vote of each; Pass@N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) sets: usize,
}

/// One of the two kinds of column that every reward set has.
pub(super) type RewardColumn = fn(Columns, usize) -> usize;

impl Columns {
    pub(super) const MAJORITY_VOTE: usize = 0;

    pub(super) fn count(self) -> usize {
        2 * self.sets + 2
    }
    pub(super) fn best_of_n(self, set: usize) -> usize {
        1 + set
    }
    pub(super) fn weighted_vote(self, set: usize) -> usize {
        1 + self.sets + set
    }
    pub(super) fn pass_at_n(self) -> usize {
        1 + 2 * self.sets
    }
}

/// The CoTs of one question drawn so far. Nothing is allocated after [`new`](Self::new).
pub(super) struct Selection<'a> {
    question: &'a MatchedQuestion<'a>,
    columns: Columns,
    /// The answers drawn so far, in the order in which they came first.
    seen: Vec<u32>,
    /// How often each answer was drawn.
    votes: Vec<u32>,
    /// The sums of values by answer, of one reward set after the other.
    sums: Vec<f64>,
    /// The CoT chosen by each reward set.
    best: Vec<Best>,
    any_right: bool,
}

#[derive(Clone, Copy)]
struct Best {
    value: f64,
    right: bool,
}

impl Best {
    const NONE: Self = Self { value: f64::NEG_INFINITY, right: false };
}

impl<'a> Selection<'a> {
    pub(super) fn new(question: &'a MatchedQuestion<'a>, columns: Columns) -> Self {
        let distinct = question.judged.distinct as usize;
        Self {
            question,
            columns,
            seen: Vec::with_capacity(distinct),
            votes: vec![0; distinct],
            sums: vec![0.0; distinct * columns.sets],
            best: vec![Best::NONE; columns.sets],
            any_right: false,
        }
    }

    /// Forgets every CoT drawn.
    pub(super) fn clear(&mut self) {
        self.seen.clear();
        self.votes.fill(0);
        self.sums.fill(0.0);
        self.best.fill(Best::NONE);
        self.any_right = false;
    }

    /// Draws one more CoT.
    pub(super) fn add(&mut self, cot: usize) {
        let right = self.question.judged.is_right(cot);
        self.any_right |= right;
        for (set, best) in self.best.iter_mut().enumerate() {
            let value = self.question.values(set)[cot];
            if value > best.value {
                *best = Best { value, right };
            }
        }
        let answer = self.question.judged.answers[cot];
        if answer == JudgedQuestion::NO_KEY {
            return;
        }
        let answer = answer as usize;
        if self.votes[answer] == 0 {
            self.seen.push(answer as u32);
        }
        self.votes[answer] += 1;
        for (set, sums) in self.sums.chunks_exact_mut(self.votes.len()).enumerate() {
            sums[answer] += self.question.values(set)[cot];
        }
    }

    /// Calls `right` with each column that chose the right answer among the CoTs drawn so far.
    pub(super) fn verdicts(&self, mut right: impl FnMut(usize)) {
        if !self.any_right {
            return;
        }
        let gold = self.question.judged.right;
        if self.first_highest(&self.votes) == gold {
            right(Columns::MAJORITY_VOTE);
        }
        for (set, best) in self.best.iter().enumerate() {
            if best.right {
                right(self.columns.best_of_n(set));
            }
        }
        for (set, sums) in self.sums.chunks_exact(self.votes.len()).enumerate() {
            if self.first_highest(sums) == gold {
                right(self.columns.weighted_vote(set));
            }
        }
        right(self.columns.pass_at_n());
    }

    /// Of the answers drawn, the one with the highest score; of several, the one that came first.
    fn first_highest<T: PartialOrd + Copy>(&self, scores: &[T]) -> Option<u32> {
        let mut seen = self.seen.iter();
        let mut winner = *seen.next()?;
        let mut highest = scores[winner as usize];
        for &answer in seen {
            let score = scores[answer as usize];
            if score > highest {
                (winner, highest) = (answer, score);
            }
        }
        Some(winner)
    }
}
