//! The errors that compilation ends with, as the Python exceptions they become.
//!
//! Serves the runtime, which turns each variant into the exception of that name without knowing how it arose.

use rustpython_compiler::CompileError;
use rustpython_compiler::codegen::error::{CodegenError, CodegenErrorType};
use rustpython_compiler::parser::{LexicalErrorType, ParseErrorType};
use std::fs;

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

/// The error of a pass after the parser. Its text is a line of the file, if there is one, never of the source at hand.
pub(crate) fn from_codegen(error: &CodegenError, filename: &str) -> Error {
    if matches!(error.error, CodegenErrorType::RecursionError) {
        return too_deep();
    }
    let msg = error.error.to_string();
    let Some(start) = error.location else {
        return Error::unlocated(msg);
    };
    let lineno = start.line.get() as i64;
    let end = error
        .end_location
        .map(|end| (end.line.get() as i64, end.character_offset.get() as i64));
    Error::Syntax(Box::new(SyntaxError {
        kind: SyntaxErrorKind::Syntax,
        msg,
        location: Some(Location {
            filename: Some(filename.to_owned()),
            lineno,
            offset: start.character_offset.get() as i64,
            text: line_of_file(filename, lineno),
            end,
        }),
    }))
}

/// What a tree that nests too deeply ends with.
pub(crate) fn too_deep() -> Error {
    Error::Recursion("Stack overflow (used 8152 kB) during compilation".to_owned())
}

/// The error of the parser.
pub(crate) fn from_parser(error: &CompileError, source: &str, filename: &str) -> Error {
    let CompileError::Parse(parse_error) = error else {
        return Error::System(error.to_string());
    };
    let (kind, msg) = match &parse_error.error {
        ParseErrorType::OtherError(msg) if msg.starts_with("expected an indented block") => {
            (SyntaxErrorKind::Indentation, msg.clone())
        }
        ParseErrorType::OtherError(msg) => (SyntaxErrorKind::Syntax, msg.clone()),
        ParseErrorType::UnexpectedIndentation => {
            (SyntaxErrorKind::Indentation, "unexpected indent".to_owned())
        }
        ParseErrorType::Lexical(LexicalErrorType::IndentationError) => (
            SyntaxErrorKind::Indentation,
            "unindent does not match any outer indentation level".to_owned(),
        ),
        _ => (SyntaxErrorKind::Syntax, "invalid syntax".to_owned()),
    };
    let (line, offset) = error.python_location();
    Error::Syntax(Box::new(SyntaxError {
        kind,
        msg,
        location: Some(Location {
            filename: Some(filename.to_owned()),
            lineno: line as i64,
            offset: offset as i64,
            text: source
                .split_inclusive('\n')
                .nth(line.saturating_sub(1))
                .map(str::to_owned),
            end: error
                .python_end_location()
                .map(|(line, offset)| (line as i64, offset as i64)),
        }),
    }))
}

/// A line of the file that the code claims to be from, with its newline.
pub(crate) fn line_of_file(filename: &str, lineno: i64) -> Option<String> {
    let index = usize::try_from(lineno).ok()?.checked_sub(1)?;
    let bytes = fs::read(filename).ok()?;
    match crate::decode_source(&bytes, None).ok()? {
        crate::Decoded::Text(text) => text.split_inclusive('\n').nth(index).map(str::to_owned),
        crate::Decoded::Encoded { .. } => None,
    }
}
