//! What ends a call early.

use crate::Error;

/// Why a call ends early: something of this crate, or of another plugin that was called.
#[derive(Debug)]
pub(super) enum Failure {
    /// The model failed.
    Model(Error),
    /// The sampler, or whoever asked to stop.
    Other(touchstone::Error),
}

impl Failure {
    /// As an error of the generator of this name; one of another plugin stays that plugin's.
    pub(super) fn of_plugin(self, name: &str) -> touchstone::Error {
        match self {
            Self::Model(error) => error.of_plugin(name),
            Self::Other(error) => error,
        }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Model(error.into())
    }
}

impl From<touchstone::Error> for Failure {
    fn from(error: touchstone::Error) -> Self {
        Self::Other(error)
    }
}
