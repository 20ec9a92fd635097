//! Labels of steps.

use serde::{Serialize, Serializer};

use crate::data::cell::{Cell, Mismatch};

/// What a person, or an outcome, says of a step or a whole CoT. Files write it as 1, 0 or -1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// 1.
    Correct,
    /// 0: neither helps nor harms.
    Neutral,
    /// -1.
    Incorrect,
}

impl Label {
    /// The number that files write.
    pub fn as_number(self) -> i64 {
        match self {
            Self::Correct => 1,
            Self::Neutral => 0,
            Self::Incorrect => -1,
        }
    }

    pub(crate) fn read(cell: Cell) -> Result<Self, Mismatch> {
        match cell.clone().integer() {
            Ok(1) => Ok(Self::Correct),
            Ok(0) => Ok(Self::Neutral),
            Ok(-1) => Ok(Self::Incorrect),
            _ => Err(cell.mismatch("a label: 1, 0 or -1")),
        }
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.as_number())
    }
}
