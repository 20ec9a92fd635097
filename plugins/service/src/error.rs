//! What may go wrong before there is a request: see [`Fault`](crate::Fault) for what goes wrong with one.

use std::path::PathBuf;

/// The result of everything in this crate that clients do not see.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate. Each message says what was wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A plugin, its settings or a template is wrong, or a model cannot be loaded.
    #[error(transparent)]
    Core(#[from] touchstone::Error),

    /// A recipe of a service cannot be read.
    #[error("the recipe{} cannot be read: {message}", path.as_ref().map(|path| format!(" {}", path.display())).unwrap_or_default())]
    Syntax {
        /// The file, where it came from one.
        path: Option<PathBuf>,
        /// What is wrong, with the line.
        message: String,
    },

    /// A field of a recipe makes no sense.
    #[error("the recipe's {field} is wrong: {message}")]
    Field {
        /// The field, as in `solvers.0.verifier`.
        field: String,
        /// What is wrong and what to do.
        message: String,
    },

    /// A service without a key that others could reach.
    #[error(
        "{address} can be reached from other machines, and there is no key: set the environment variable {variable} to one, listen on \
         127.0.0.1, or say that none is needed (--without-key)"
    )]
    NoKey {
        /// Where it was to listen.
        address: std::net::SocketAddr,
        /// The variable that holds the key.
        variable: &'static str,
    },

    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; take another port, or 0 for any that is free")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },

    /// The system refuses threads or timers.
    #[error("the service cannot run: {0}")]
    Runtime(std::io::Error),
}

impl Error {
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), message: message.into() }
    }
}
