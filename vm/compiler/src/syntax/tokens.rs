//! The tokens of a source as `_tokenize.TokenizerIter` gives them.

use super::lexer::{Done, Lexer, Raised};
use super::token::{Token, TokenType};
use crate::error::{Error, Location, SyntaxError, SyntaxErrorKind};
use std::convert::Infallible;
use std::mem;

/// A token as Python sees it: columns count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    pub kind: TokenType,
    pub string: String,
    pub start: (i64, i64),
    pub end: (i64, i64),
    /// The physical line, or lines, that the token stands on.
    pub line: String,
}

/// Why there is no token: an error in the source, or one of the caller's from reading it.
#[derive(Debug)]
pub enum Stopped<E> {
    Error(Error),
    Reading(E),
}

/// Gives tokens of a source that it asks for line by line, no sooner than it needs to.
pub struct Tokenizer {
    lexer: Lexer<'static>,
    extra_tokens: bool,
    /// Is the newline at the end of what was read not the source's own?
    implicit: bool,
    done: bool,
}

/// Tokenize `source`. The iterator ends after an `ENDMARKER` or an error. With `extra_tokens` come comments and blank
/// lines, and operators are all of one type.
pub fn tokenize(
    source: &str,
    extra_tokens: bool,
) -> impl Iterator<Item = Result<TokenInfo, Error>> + '_ {
    let mut lines = source.split_inclusive('\n');
    let mut tokenizer = Tokenizer::new(extra_tokens);
    std::iter::from_fn(move || {
        let token = tokenizer.next(|| Ok::<_, Infallible>(lines.next()))?;
        Some(token.map_err(|stopped| match stopped {
            Stopped::Error(error) => error,
            Stopped::Reading(never) => match never {},
        }))
    })
}

impl Tokenizer {
    pub fn new(extra_tokens: bool) -> Tokenizer {
        let mut lexer = Lexer::new(Vec::new(), extra_tokens);
        lexer.partial = true;
        Tokenizer {
            lexer,
            extra_tokens,
            implicit: false,
            done: false,
        }
    }

    /// The next token; `None` after an `ENDMARKER` or an error. `readline` gives the next line, or `None` at the end.
    pub fn next<S: AsRef<str>, E>(
        &mut self,
        mut readline: impl FnMut() -> Result<Option<S>, E>,
    ) -> Option<Result<TokenInfo, Stopped<E>>> {
        if self.done {
            return None;
        }
        let token = loop {
            let before = self.lexer.partial.then(|| self.save());
            let token = self.lexer.next();
            let Some(before) = before.filter(|_| self.lexer.starved) else {
                break token;
            };
            let source = mem::take(&mut self.lexer.source);
            self.lexer = before;
            self.lexer.source = source;
            match readline() {
                Ok(line) => self.feed(line.as_ref().map_or("", |line| line.as_ref())),
                Err(error) => {
                    self.done = true;
                    return Some(Err(Stopped::Reading(error)));
                }
            }
        };
        let result = if token.kind == TokenType::ERRORTOKEN {
            Err(Stopped::Error(error(&mut self.lexer)))
        } else {
            Ok(self.info(token))
        };
        self.done = result.is_err() || token.kind == TokenType::ENDMARKER;
        Some(result)
    }

    /// The state in which to try again with more source.
    fn save(&mut self) -> Lexer<'static> {
        let source = mem::take(&mut self.lexer.source);
        let saved = self.lexer.clone();
        self.lexer.source = source;
        saved
    }

    fn feed(&mut self, line: &str) {
        if line.is_empty() {
            self.lexer.partial = false;
            return;
        }
        let source = self.lexer.source.to_mut();
        source.extend_from_slice(line.as_bytes());
        self.implicit = !line.ends_with('\n');
        if self.implicit {
            source.push(b'\n');
        }
    }

    fn info(&self, token: Token) -> TokenInfo {
        let lexer = &self.lexer;
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&lexer.source[range]).into_owned()
        };
        let trailing = token.kind == TokenType::ENDMARKER
            || token.kind == TokenType::DEDENT && lexer.done == Done::Eof;
        // Is this the line whose newline was supposed?
        let implicit = self.implicit && lexer.inp == lexer.source.len();
        let line_start = if token.kind.is_string_part() {
            lexer.multi_line_start
        } else {
            lexer.line_start
        };
        // The parser's newlines are empty.
        let newline = token.kind == TokenType::NEWLINE && !self.extra_tokens;
        let span = token
            .span
            .map(|(start, end)| (start, end - usize::from(newline && end > start)));
        let mut info = TokenInfo {
            kind: token.kind,
            string: span.map_or_else(String::new, |(start, end)| text(start..end)),
            start: (i64::from(token.lineno), -1),
            end: (i64::from(token.end_lineno), -1),
            line: String::new(),
        };
        if !(self.extra_tokens && trailing) {
            info.line =
                text(line_start..lexer.inp - usize::from(implicit && lexer.inp > line_start));
        }
        if let Some((start, end)) = span {
            let columns = |from: usize, to: usize| text(from..to).chars().count() as i64;
            info.start.1 = columns(line_start, start.max(line_start));
            info.end.1 = columns(lexer.line_start, end.max(lexer.line_start));
        }
        if self.extra_tokens {
            self.python_shape(&mut info, trailing, implicit);
        }
        info
    }

    /// What the `tokenize` module makes of the parser's tokens.
    fn python_shape(&self, info: &mut TokenInfo, trailing: bool, implicit: bool) {
        if trailing {
            let line = i64::from(self.lexer.lineno) + 1;
            info.start = (line, 0);
            info.end = (line, 0);
        }
        match info.kind {
            kind if kind > TokenType::DEDENT && kind < TokenType::OP => info.kind = TokenType::OP,
            TokenType::NEWLINE | TokenType::NL if implicit => info.string.clear(),
            _ => {}
        }
    }
}

fn error(lexer: &mut Lexer<'_>) -> Error {
    if let Some(raised) = lexer.error.take() {
        return located(raised, Some("<string>"));
    }
    let (kind, msg) = match lexer.done {
        Done::Dedent => (
            SyntaxErrorKind::Indentation,
            "unindent does not match any outer indentation level",
        ),
        Done::TabSpace => (
            SyntaxErrorKind::Tab,
            "inconsistent use of tabs and spaces in indentation",
        ),
        Done::TooDeep => (
            SyntaxErrorKind::Indentation,
            "too many levels of indentation",
        ),
        Done::LineContinuation => (
            SyntaxErrorKind::Syntax,
            "unexpected character after line continuation character",
        ),
        _ => (
            SyntaxErrorKind::Syntax,
            "unexpected EOF in multi-line statement",
        ),
    };
    let eof = lexer.done == Done::Eof;
    let kept = String::from_utf8_lossy(&lexer.source[lexer.buf..lexer.inp]);
    let (offset, text) = if !eof {
        let text = kept.trim_end_matches('\n').to_owned();
        (kept.chars().count() as i64, Some(text))
    } else if lexer.ended_inside() {
        ((lexer.inp - lexer.buf) as i64, None)
    } else {
        (0, None)
    };
    Error::Syntax(Box::new(SyntaxError {
        kind,
        msg: msg.to_owned(),
        location: Some(Location {
            filename: Some("<string>".to_owned()),
            lineno: i64::from(lexer.lineno),
            offset,
            text,
            end: None,
        }),
    }))
}

/// A recorded error as an exception.
pub(super) fn located(raised: Raised, filename: Option<&str>) -> Error {
    Error::Syntax(Box::new(SyntaxError {
        kind: raised.kind,
        msg: raised.msg,
        location: Some(Location {
            filename: filename.map(str::to_owned),
            lineno: raised.lineno,
            offset: raised.offset,
            text: Some(raised.text),
            end: Some((raised.end_lineno, raised.end_offset)),
        }),
    }))
}
