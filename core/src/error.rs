//! What may go wrong, said so that the reader knows what to do.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate. Each message says what was wrong, where, and where it is not plain, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The job was asked to stop.
    #[error("stopped on request; what was finished is kept")]
    Cancelled,

    /// A file or folder could not be read or written.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was attempted, as in "read the template".
        action: String,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// A reward outside `0.0..=1.0`.
    #[error(
        "{value} at place {index} is no probability: rewards lie between 0 and 1 (put raw scores through a sigmoid first)"
    )]
    NotAProbability {
        /// The value.
        value: f64,
        /// Its place in the CoT's list of rewards, from 0.
        index: usize,
    },

    /// A splitter gave a range that breaks its law.
    #[error(
        "the splitter gave the step range {}..{} in a solution of {length} bytes: ranges must lie inside the text, begin and end \
         between characters, come in order, and hold more than white space", range.start, range.end
    )]
    StepRange {
        /// The range.
        range: Range<usize>,
        /// The length of the solution in bytes.
        length: usize,
    },

    /// A verifier came to its end without rewards for a CoT.
    #[error("the verifier gave no rewards to CoT {cot} of question {question}: report this to its author")]
    Unscored {
        /// The question.
        question: crate::QuestionId,
        /// The CoT.
        cot: crate::CotId,
    },

    /// A conversation for a generator that knows no chat template.
    #[error(
        "the generator has no chat template: take one that was made for conversations, or send it plain text (`chat: none`)"
    )]
    NoChatTemplate,

    /// A chat template cannot be read or rendered.
    #[cfg(feature = "templates")]
    #[error(transparent)]
    Chat(#[from] crate::chat::ChatTemplateError),

    /// A plugin failed at its work.
    #[error("the plugin {plugin:?} failed: {message}")]
    Plugin {
        /// The plugin's name in recipes.
        plugin: String,
        /// What it said.
        message: String,
    },

    /// A server that a plugin works with cannot be reached, refuses, or answers nothing that can be used.
    #[error("the plugin {plugin:?} failed: {message}")]
    Upstream {
        /// The plugin's name in recipes.
        plugin: String,
        /// What happened, with the server's address.
        message: String,
    },

    /// A plugin panicked at its work.
    #[error("it panicked: {message}; report this to its author")]
    Panicked {
        /// What the panic said.
        message: String,
    },

    /// A plugin's name or settings are wrong.
    #[error(transparent)]
    Settings(#[from] crate::registry::SettingsError),

    /// A template is missing, wrong, or was not given a variable.
    #[error("the template {name:?} could not be rendered: {message}")]
    Template {
        /// The template's name.
        name: String,
        /// What is wrong and on which line.
        message: String,
    },

    /// A recipe is wrong.
    #[cfg(feature = "evaluation")]
    #[error(transparent)]
    Recipe(#[from] crate::recipe::RecipeError),

    /// An evaluation cannot be made of what it was given.
    #[cfg(feature = "evaluation")]
    #[error(transparent)]
    Evaluation(#[from] crate::evaluation::EvaluationError),

    /// A data set or reward file is wrong.
    #[cfg(feature = "data")]
    #[error(transparent)]
    Data(#[from] crate::data::DataError),

    /// A job cannot begin, go on, or end.
    #[cfg(feature = "data")]
    #[error(transparent)]
    Job(#[from] Box<crate::jobs::JobError>),

    /// The hub, or its cache, could not serve.
    #[cfg(feature = "hub")]
    #[error(transparent)]
    Hub(#[from] crate::hub::HubError),

    /// Another error, with where it happened.
    #[error("{place}: {source}")]
    At {
        /// Where: a category, question, CoT, method.
        place: String,
        /// What happened there.
        source: Box<Error>,
    },
}

#[cfg(feature = "data")]
impl From<crate::jobs::JobError> for Error {
    fn from(error: crate::jobs::JobError) -> Self {
        Self::Job(Box::new(error))
    }
}

impl Error {
    /// The error of a plugin at its work.
    pub fn plugin(plugin: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Plugin { plugin: plugin.into(), message: message.into() }
    }

    /// The error of a plugin that panicked with this payload, as [`std::panic::catch_unwind`] gives it.
    pub fn panicked(payload: Box<dyn std::any::Any + Send>) -> Self {
        let message = panic_message(&*payload).unwrap_or("it gave no message").to_owned();
        // Never dropped: it is the plugin's own value, and dropping it might panic again.
        std::mem::forget(payload);
        Self::Panicked { message }
    }

    /// An error of the file system; `action` completes "could not".
    pub fn io(action: impl Into<String>, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { action: action.into(), path: path.as_ref().to_owned(), source }
    }

    /// Whether the job was asked to stop, wherever that reached it.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled => true,
            #[cfg(feature = "data")]
            Self::Job(error) => matches!(**error, crate::jobs::JobError::Stopped { .. }),
            Self::At { source, .. } => source.is_cancelled(),
            _ => false,
        }
    }

    /// This error, saying where it happened. A place that it names already, outermost, is not named twice.
    pub fn at(self, place: impl Into<String>) -> Self {
        let place = place.into();
        match self {
            Self::At { place: known, source } if known == place => Self::At { place, source },
            error => Self::At { place, source: Box::new(error) },
        }
    }
}

/// What a panic with this payload said, if it said anything.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> Option<&str> {
    let literal = payload.downcast_ref::<&str>().copied();
    literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
