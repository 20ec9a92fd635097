//! The rows of each kind of set, made of records and checked.

mod outline;
mod question;
mod rewards;
mod test;
mod training;

pub(crate) use outline::OutlineRow;
pub use question::QuestionRow;
pub use rewards::RewardRow;
pub use test::TestRow;
pub use training::{Labels, TrainingRow};

use std::collections::HashMap;

use super::error::{DataError, RowPlace};
use super::record::{Column, Record};
use crate::{Category, CotId, QuestionId};

/// A kind of row. Implemented by [`TestRow`], its outline, [`QuestionRow`], [`TrainingRow`] and [`RewardRow`] only.
pub trait Row: Sized + Send + 'static {
    /// The columns that rows are made of; all others are passed over unread.
    const COLUMNS: &'static [Column];

    /// What the names of files end in behind the category.
    const FILE_SUFFIX: &'static str = "";

    /// What the names of files may begin with before the category.
    const FILE_PREFIX: &'static str = "";

    /// Makes and checks a row.
    fn read(record: Record, category: &Category) -> Result<Self, DataError>;

    /// The id that no other row of the category may have.
    fn unique_id(&self) -> Option<&QuestionId>;
}

/// The lengths of the lists of a row that must have one entry per CoT.
pub struct Lengths<'a> {
    pub lists: &'a [(&'static str, usize)],
}

impl Lengths<'_> {
    /// Checks that all lists are equally long.
    pub fn check(&self, place: &RowPlace, question: &QuestionId) -> Result<(), DataError> {
        if self.lists.windows(2).all(|pair| pair[0].1 == pair[1].1) {
            return Ok(());
        }
        let lists: Vec<String> = self.lists.iter().map(|(name, length)| format!("`{name}` has {length}")).collect();
        Err(DataError::UnequalLengths { place: place.clone(), question: question.clone(), lists: lists.join(", ") })
    }
}

/// Checks that no CoT of a question has another's id.
pub fn check_cot_ids(ids: &[CotId], place: &RowPlace, question: &QuestionId) -> Result<(), DataError> {
    let mut seen = HashMap::with_capacity(ids.len());
    for (second, id) in ids.iter().enumerate() {
        if let Some(first) = seen.insert(id, second) {
            return Err(DataError::DuplicateCot {
                place: place.clone(),
                question: question.clone(),
                cot: *id,
                first,
                second,
            });
        }
    }
    Ok(())
}
