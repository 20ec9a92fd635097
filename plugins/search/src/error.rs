//! What may go wrong.

use touchstone::CotId;
use touchstone::generator::Sample;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate. Each message says what was wrong and, where it is not plain, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The generator, the verifier, the splitter or the aggregator failed, or the work was asked to stop.
    #[error(transparent)]
    Core(#[from] touchstone::Error),

    /// A strategy that goes by rewards has nothing that gives any.
    #[error("the strategy {strategy} goes by rewards: give it a verifier, or take majority_vote or self_consistency")]
    NoVerifier {
        /// Its name in settings.
        strategy: &'static str,
    },

    /// There are not as many lists of rewards, or values, as there are CoTs.
    #[error("there are {cots} CoTs but {rewards} lists of rewards: give one for each CoT, empty where there are none")]
    Counts {
        /// The CoTs.
        cots: usize,
        /// The lists.
        rewards: usize,
    },

    /// An aggregator gave something that cannot be compared.
    #[error("the aggregator gave CoT {cot} the value {value}, which cannot be compared; values must be finite")]
    NotFinite {
        /// The CoT.
        cot: CotId,
        /// The value.
        value: f64,
    },

    /// A generator came to its end without a completion that it was asked for.
    #[error(
        "the generator did not hand over sample {} of prompt {}: report this to its author", sample.sample, sample.prompt
    )]
    NoCompletion {
        /// The first that is missing.
        sample: Sample,
    },

    /// A setting makes no sense.
    #[error("the setting `{field}` is wrong: {message}")]
    Setting {
        /// Its name.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },

    /// A strategy's name or settings cannot be read.
    #[error("the strategy cannot be read: {message}")]
    Unreadable {
        /// What is wrong and what is known.
        message: String,
    },
}

impl Error {
    /// Whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Core(error) if error.is_cancelled())
    }

    pub(crate) fn setting(field: &'static str, message: impl Into<String>) -> Self {
        Self::Setting { field, message: message.into() }
    }
}
