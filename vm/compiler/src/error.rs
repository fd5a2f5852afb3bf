//! The errors that compilation ends with, as the Python exceptions they become.
//!
//! Serves the runtime, which turns each variant into the exception of that name without knowing how it arose.

/// Why a compilation gave no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// `SyntaxError` or one of its subclasses.
    Syntax(Box<SyntaxError>),
    /// `RecursionError(message)`.
    Recursion(String),
    /// `MemoryError(message)`: the reference's answer to source that nests too deeply for its parser.
    Memory(String),
    /// `ValueError(message)`.
    Value(String),
    /// `OverflowError(message)`.
    Overflow(String),
    /// `TypeError(message)`: an AST that is not well formed.
    Type(String),
    /// `SystemError(message)`: the front end contradicts itself.
    System(String),
    /// The warning callback refused with [`Refusal::Raised`](crate::Refusal): the caller's exception stands.
    Aborted,
}

/// Which class of exception a [`SyntaxError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    Syntax,
    Indentation,
    Tab,
    /// `_IncompleteInputError`, for callers that allow incomplete input.
    Incomplete,
}

/// The attributes of a Python `SyntaxError`. Lines and offsets count from 1, offsets in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub kind: SyntaxErrorKind,
    pub msg: String,
    /// None where the reference gives no location at all: the exception then has the message as its only argument.
    pub location: Option<Location>,
}

/// The second argument of a located `SyntaxError`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub filename: Option<String>,
    pub lineno: i64,
    pub offset: i64,
    pub text: Option<String>,
    /// `end_lineno` and `end_offset`, absent where the reference passes four values only.
    pub end: Option<(i64, i64)>,
}

impl Error {
    /// A `SyntaxError` that carries a message and no location.
    pub(crate) fn unlocated(msg: impl Into<String>) -> Error {
        Error::Syntax(Box::new(SyntaxError {
            kind: SyntaxErrorKind::Syntax,
            msg: msg.into(),
            location: None,
        }))
    }
}
