//! Labels of steps.

use serde::{Serialize, Serializer};

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
    /// The label that files write as this number, if there is one.
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Correct),
            0 => Some(Self::Neutral),
            -1 => Some(Self::Incorrect),
            _ => None,
        }
    }

    /// The number that files write.
    pub fn as_number(self) -> i64 {
        match self {
            Self::Correct => 1,
            Self::Neutral => 0,
            Self::Incorrect => -1,
        }
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.as_number())
    }
}
