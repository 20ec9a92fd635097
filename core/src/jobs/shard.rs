//! A job's part of the questions.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::JobError;

/// One of n equal parts of a job: `0/4` to `3/4`, as `--shard` has it.
///
/// Shards count from 0, as the indices of Kubernetes' indexed jobs, of `SLURM_PROCID` and of `--array=0-3` do, so none of them
/// needs arithmetic. Of each category shard i of n has the questions in the rows i, i + n, i + 2n and so on, counted from
/// 0: shards differ by at most one question a category, and rows that lie together, often of a kind, are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard {
    index: u32,
    count: NonZeroU32,
}

impl Shard {
    /// Shard `index` of `count`, if there is one.
    pub fn new(index: u32, count: u32) -> Option<Self> {
        let count = NonZeroU32::new(count)?;
        (index < count.get()).then_some(Self { index, count })
    }

    /// Its place, from 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shards there are.
    pub fn count(self) -> u32 {
        self.count.get()
    }

    /// Whether the question in this row of a category, counted from 0, is this shard's.
    pub fn has_row(self, row: usize) -> bool {
        row as u64 % u64::from(self.count()) == u64::from(self.index)
    }
}

/// The rows of this shard, all where there is none, and every error.
pub(super) fn of_shard<R, I: Iterator<Item = crate::Result<R>>>(
    shard: Option<Shard>,
    rows: I,
) -> impl Iterator<Item = crate::Result<R>> + use<R, I> {
    let is_ours = move |row| shard.is_none_or(|shard| shard.has_row(row));
    rows.enumerate().filter(move |(place, row)| row.is_err() || is_ours(*place)).map(|(_, row)| row)
}

impl FromStr for Shard {
    type Err = JobError;

    fn from_str(text: &str) -> Result<Self, JobError> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        parts
            .and_then(|(index, count)| Self::new(index, count))
            .ok_or_else(|| JobError::Shard { text: text.to_owned() })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_exactly_one_shard_and_shards_are_even() {
        for count in 1..7 {
            let shards: Vec<Shard> = (0..count).map(|index| Shard::new(index, count).unwrap()).collect();
            let mut sizes = vec![0; shards.len()];
            for row in 0..20 {
                let has: Vec<usize> = (0..shards.len()).filter(|&shard| shards[shard].has_row(row)).collect();
                assert_eq!(has.len(), 1);
                sizes[has[0]] += 1;
            }
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
        }
    }

    #[test]
    fn what_is_displayed_reads_back() {
        assert_eq!("3/4".parse::<Shard>().unwrap(), Shard::new(3, 4).unwrap());
        assert_eq!(Shard::new(0, 1).unwrap().to_string(), "0/1");
    }

    #[test]
    fn anything_else_is_an_error_that_shows_the_form() {
        for text in ["", "1", "4/4", "1/0", "a/b", "1/2/3", "-1/2", " 1/2"] {
            let message = text.parse::<Shard>().unwrap_err().to_string();
            assert!(message.contains(&format!("{text:?}")) && message.contains("0/4"), "{message}");
        }
    }
}
