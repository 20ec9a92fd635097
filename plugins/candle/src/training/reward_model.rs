//! The four reward models, by name.

use std::str::FromStr;

use crate::{Error, Result};

/// The four reward models of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewardModel {
    /// Discriminative, outcome.
    Dorm,
    /// Discriminative, process.
    Dprm,
    /// Generative, outcome.
    Gorm,
    /// Generative, process.
    Gprm,
}

impl RewardModel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dorm, Self::Dprm, Self::Gorm, Self::Gprm];

    /// The name in the paper.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dorm => "dORM",
            Self::Dprm => "dPRM",
            Self::Gorm => "gORM",
            Self::Gprm => "gPRM",
        }
    }

    /// Whether it writes critiques.
    pub const fn is_generative(self) -> bool {
        matches!(self, Self::Gorm | Self::Gprm)
    }
}

impl FromStr for RewardModel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|model| model.name().eq_ignore_ascii_case(text)).ok_or_else(|| Error::Training {
            message: format!("there is no reward model {text:?}: name dORM, dPRM, gORM or gPRM"),
        })
    }
}
