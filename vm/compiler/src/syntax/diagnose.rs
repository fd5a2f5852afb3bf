//! Finds the error of a source that does not compile, as the reference words and places it.
//!
//! The source is parsed by the grammar alone; if that fails, once more with the rules for what is known to be wrong, and
//! what those find is the error, or else what the tokenizer finds in the rest, or else "invalid syntax" where the first
//! parse got stuck.

use super::lexer::{Done, Lexer};
use super::parser::{Parser, Start};
use super::token::{Token, TokenType};
use super::tokens::located;
use crate::compile::{Mode, Options, SyntaxWarning, flags};
use crate::error::{Error, SyntaxErrorKind};
use crate::escapes::{self, Literal};
use std::borrow::Cow;
use std::mem;

/// What is wrong with `source`; None if the grammar accepts it. If something is, the warnings are replaced by those that
/// come before it.
pub(crate) fn diagnose(
    source: &str,
    filename: &str,
    mode: Mode,
    options: Options,
    warnings: &mut Vec<SyntaxWarning>,
) -> Option<Error> {
    let start = match mode {
        Mode::Exec => Start::File,
        Mode::Single => Start::Single,
        Mode::Eval => Start::Eval,
        Mode::FuncType => Start::FuncType,
    };
    // A file ends with a newline, if only a supposed one.
    let source: Cow<'_, str> =
        if start == Start::File && !source.is_empty() && !source.ends_with('\n') {
            Cow::Owned(format!("{source}\n"))
        } else {
            Cow::Borrowed(source)
        };
    let mut parser = Parser::new(source.as_bytes(), filename, start);
    parser.imply_dedent = options.flags & flags::DONT_IMPLY_DEDENT == 0;
    parser.barry = options.flags & flags::BARRY != 0 || names_barry(&source);
    parser.max_str_digits = options.max_str_digits;
    parser.feature_version = options.feature_version;
    parser.lexer.type_comments = options.flags & flags::TYPE_COMMENTS != 0;
    if parser.parse() {
        if start == Start::Single && more_follows(&source.as_bytes()[parser.lexer.cur..]) {
            let msg = "multiple statements found while compiling a single statement";
            parser.raise_at_last(SyntaxErrorKind::Syntax, msg.to_owned());
            return finish(parser, filename);
        }
        return None;
    }
    warn(&parser, &source, filename, warnings);
    let incomplete = options.flags & flags::ALLOW_INCOMPLETE_INPUT != 0;
    if incomplete
        && matches!(
            parser.lexer.done,
            Done::Eof | Done::EofInString | Done::EolInString
        )
    {
        parser.error = None;
        parser.raise_at_last(SyntaxErrorKind::Incomplete, "incomplete input".to_owned());
        return finish(parser, filename);
    }
    // What the first parse raised stands.
    let last = parser.tokens.last().copied();
    if parser.error.is_none() {
        parser.begin_second_pass();
        parser.parse();
    }
    settle(&mut parser, last);
    finish(parser, filename)
}

/// The comments of types in a source that the grammar accepts.
pub(crate) fn type_comments(source: &str, filename: &str, mode: Mode) -> TypeComments {
    let start = match mode {
        Mode::Single => Start::Single,
        Mode::Eval => Start::Eval,
        Mode::FuncType => Start::FuncType,
        Mode::Exec => Start::File,
    };
    let source = format!("{source}\n");
    let mut parser = Parser::new(source.as_bytes(), filename, start);
    parser.lexer.type_comments = true;
    parser.parse();
    let comments = parser
        .tokens
        .iter()
        .filter(|token| token.kind == TokenType::TYPE_COMMENT);
    TypeComments {
        comments: comments.filter_map(|token| token.span).collect(),
        ignores: mem::take(&mut parser.type_ignores),
    }
}

/// Where the parts of a function type stand, in bytes.
pub(crate) struct FuncTypeParts {
    /// The brackets around the arguments.
    pub(crate) open: usize,
    pub(crate) close: usize,
    /// Behind the arrow.
    pub(crate) arrow: usize,
}

pub(crate) fn func_type_parts(source: &str) -> Option<FuncTypeParts> {
    let mut lexer = Lexer::new(source.as_bytes(), false);
    let mut tokens = std::iter::from_fn(|| {
        let token = lexer.next();
        Some((token, token.span?))
    });
    let (_, (open, _)) = tokens.find(|(token, _)| token.kind == TokenType::LPAR)?;
    let (_, (close, _)) = tokens.find(|(token, _)| token.level == 0)?;
    let (_, (_, arrow)) = tokens.find(|(token, _)| token.kind == TokenType::RARROW)?;
    Some(FuncTypeParts { open, close, arrow })
}

/// The comments of types in a source.
#[derive(Debug, Default)]
pub(crate) struct TypeComments {
    /// Where the types stand, in order.
    pub(crate) comments: Vec<(usize, usize)>,
    /// Lines on which errors are to be ignored, and what follows that word.
    pub(crate) ignores: Vec<(u32, String)>,
}

/// The warnings of what has been read before the parse failed.
fn warn(parser: &Parser<'_>, source: &str, filename: &str, warnings: &mut Vec<SyntaxWarning>) {
    let literals = parser
        .tokens
        .iter()
        .enumerate()
        .filter_map(|(index, token)| {
            let (start, end) = token.span?;
            match token.kind {
                TokenType::NUMBER => Some(Literal::Number(start, end)),
                TokenType::STRING if parser.strings.contains(&index) => {
                    Some(Literal::String(start, end))
                }
                _ if parser.strings.contains(&index) && !token.raw => {
                    Some(Literal::Text(start, end))
                }
                _ => None,
            }
        });
    warnings.clear();
    escapes::literal_warnings(source, filename, literals, warnings);
}

/// A feature that changes the grammar is switched on in the source itself.
fn names_barry(source: &str) -> bool {
    source.contains("barry_as_FLUFL")
        && source.lines().any(|line| {
            line.trim_start().starts_with("from __future__ import")
                && line.contains("barry_as_FLUFL")
        })
}

/// Is there anything but blanks and comments?
fn more_follows(rest: &[u8]) -> bool {
    rest.split(|byte| *byte == b'\n').any(|line| {
        let code = line
            .iter()
            .find(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
        code.is_some_and(|byte| *byte != b'#')
    })
}

/// Chooses the error, `last` being the last token that the first parse fetched.
fn settle(parser: &mut Parser<'_>, last: Option<Token>) {
    if parser.too_complex {
        return;
    }
    if parser.error.is_some() {
        // An error of the tokenizer stands; one of the parser gives way to what the tokenizer finds further on.
        if parser.lexer.done == Done::Ok {
            check_rest(parser);
        }
        return;
    }
    let Some(last) = last else {
        parser.raise_at_last(
            SyntaxErrorKind::Syntax,
            "error at start before reading any input".to_owned(),
        );
        return;
    };
    match last.kind {
        TokenType::ERRORTOKEN if parser.lexer.done == Done::Eof => parser.unexpected_end(),
        TokenType::INDENT => {
            parser.raise_at_last(SyntaxErrorKind::Indentation, "unexpected indent".to_owned())
        }
        TokenType::DEDENT => parser.raise_at_last(
            SyntaxErrorKind::Indentation,
            "unexpected unindent".to_owned(),
        ),
        _ => {
            parser.raise_at(last, "invalid syntax".to_owned());
            check_rest(parser);
        }
    }
}

/// Reads on to the end: an error of the tokenizer, or a bracket that is never closed and was opened on an earlier line
/// than the error, is the better explanation.
fn check_rest(parser: &mut Parser<'_>) {
    let line = parser.tokens.last().map_or(0, |token| token.lineno);
    loop {
        match parser.lexer.next().kind {
            TokenType::ENDMARKER => return,
            TokenType::ERRORTOKEN => break,
            _ => {}
        }
    }
    // Inside an interpolated string, what is wrong with the expression explains what comes of it.
    if parser.lexer.in_string() {
        return;
    }
    if let Some(error) = parser.lexer.error.take() {
        parser.error = Some(error);
        return;
    }
    if let Some(bracket) = parser.lexer.brackets.last().copied()
        && line > bracket.lineno
    {
        parser.error = None;
        parser.never_closed(bracket);
    }
}

fn finish(parser: Parser<'_>, filename: &str) -> Option<Error> {
    if parser.too_complex {
        let msg = "Parser stack overflowed - Python source too complex to parse";
        return Some(Error::Memory(msg.to_owned()));
    }
    parser.error.map(|error| located(error, Some(filename)))
}
