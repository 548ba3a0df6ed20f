//! Why an exchange cannot start or cannot go on.

use std::fmt;
use std::io;
use std::path::Path;

use garraway_sequencer::{JournalError, RecoverError};

use crate::streams::StreamError;

/// Why [`crate::run`] came back without a clean stop. Whatever was acknowledged is in the journal.
#[derive(Debug)]
pub enum ExchangeError {
    /// A setting that cannot work.
    Config(String),
    /// A file or socket.
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// Journal or event log.
    Recover(RecoverError),
    /// A stream does not go with the journal.
    Stream(StreamError),
    /// The journal cannot be written any more. Nothing that is not durable was acknowledged.
    Journal(JournalError),
}

impl ExchangeError {
    pub(crate) fn io(doing: &'static str, what: impl fmt::Display, error: io::Error) -> Self {
        Self::Io { doing, what: what.to_string(), error }
    }

    pub(crate) fn path(doing: &'static str, path: &Path, error: io::Error) -> Self {
        Self::io(doing, path.display(), error)
    }
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(text) => write!(formatter, "configuration: {text}"),
            Self::Io { doing, what, error } => write!(formatter, "{doing} {what}: {error}"),
            Self::Recover(error) => write!(formatter, "recovery: {error}"),
            Self::Stream(error) => write!(formatter, "stream: {error}"),
            Self::Journal(error) => write!(formatter, "journal: {error}"),
        }
    }
}

impl std::error::Error for ExchangeError {}

impl From<RecoverError> for ExchangeError {
    fn from(error: RecoverError) -> Self {
        Self::Recover(error)
    }
}

impl From<JournalError> for ExchangeError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<StreamError> for ExchangeError {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}
