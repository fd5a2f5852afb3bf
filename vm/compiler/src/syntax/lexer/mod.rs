//! The tokenizer: a port of the reference's behaviour, so that positions and errors are its own, to the column.
//!
//! Serves the diagnosis of syntax errors and the runtime's `_tokenize`. Compilation itself uses the front end's lexer,
//! which is faster.
//!
//! Invariant: characters are read a line at a time, so that "the end of the current line" and "how far it has read" mean
//! what they mean in the reference; error positions depend on both.

mod names;
mod numbers;
mod strings;

use super::token::{Token, TokenType};
use crate::error::SyntaxErrorKind;
use std::borrow::Cow;
use strings::StringMode;

const MAX_INDENT: usize = 100;
const MAX_LEVEL: usize = 200;
const MAX_STRING_LEVEL: usize = 150;
const TAB_SIZE: usize = 8;

/// How reading stands; anything but `Ok` and `Eof` is an error, some of which the parser words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Ok,
    Eof,
    /// An error has been recorded in [`Lexer::error`].
    Error,
    /// Likewise, at the end of the source, inside a triple-quoted string or a single-quoted one.
    EofInString,
    EolInString,
    Dedent,
    TabSpace,
    TooDeep,
    LineContinuation,
}

/// An error with its place, as `SyntaxError` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raised {
    pub(crate) kind: SyntaxErrorKind,
    pub(crate) msg: String,
    pub(crate) lineno: i64,
    pub(crate) offset: i64,
    pub(crate) text: String,
    pub(crate) end_lineno: i64,
    pub(crate) end_offset: i64,
}

/// An open bracket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bracket {
    pub(crate) open: u8,
    pub(crate) lineno: u32,
    pub(crate) column: usize,
}

#[derive(Clone)]
pub(crate) struct Lexer<'a> {
    pub(crate) source: Cow<'a, [u8]>,
    /// May there be more source than this? Then reading stops at its end with [`Lexer::starved`] set.
    pub(crate) partial: bool,
    pub(crate) starved: bool,
    /// Give comments and blank lines too, and let pass what is only wrong to the parser.
    extra_tokens: bool,
    /// Are comments that give types tokens?
    pub(crate) type_comments: bool,
    pub(crate) cur: usize,
    /// The end of what has been read: of the current line.
    pub(crate) inp: usize,
    /// Where the token being read begins.
    start: usize,
    /// Is one being read, or blanks before one?
    in_token: bool,
    /// The beginning of what is kept: the line on which the token begins.
    pub(crate) buf: usize,
    pub(crate) line_start: usize,
    pub(crate) lineno: u32,
    /// Of a string that spans lines.
    pub(crate) multi_line_start: usize,
    pub(crate) first_lineno: u32,
    pub(crate) done: Done,
    pub(crate) error: Option<Raised>,
    at_line_begin: bool,
    pub(crate) pending_indents: i32,
    /// Columns of the open blocks, with tabs as eight and as one.
    indents: Vec<(usize, usize)>,
    pub(crate) brackets: Vec<Bracket>,
    comment_newline: bool,
    strings: Vec<StringMode>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(source: impl Into<Cow<'a, [u8]>>, extra_tokens: bool) -> Lexer<'a> {
        Lexer {
            source: source.into(),
            partial: false,
            starved: false,
            extra_tokens,
            type_comments: false,
            cur: 0,
            inp: 0,
            start: 0,
            in_token: false,
            buf: 0,
            line_start: 0,
            lineno: 0,
            multi_line_start: 0,
            first_lineno: 0,
            done: Done::Ok,
            error: None,
            at_line_begin: true,
            pending_indents: 0,
            indents: vec![(0, 0)],
            brackets: Vec::new(),
            comment_newline: false,
            strings: Vec::new(),
        }
    }

    /// Did the source end inside a token, or inside a string around it?
    pub(crate) fn ended_inside(&self) -> bool {
        self.in_token || !self.strings.is_empty()
    }

    /// Is an f- or t-string being read?
    pub(crate) fn in_string(&self) -> bool {
        !self.strings.is_empty()
    }

    /// The letter of the interpolated string that is being read.
    pub(crate) fn string_letter(&self) -> char {
        self.strings.last().map_or('f', StringMode::letter)
    }

    pub(crate) fn level(&self) -> usize {
        self.brackets.len()
    }

    pub(crate) fn indented(&self) -> bool {
        self.indents.len() > 1
    }

    /// Closes every block at the next token, as interactive input does when it ends.
    pub(crate) fn imply_dedents(&mut self) {
        self.pending_indents = 1 - self.indents.len() as i32;
        self.indents.truncate(1);
    }

    fn next_char(&mut self) -> Option<u8> {
        if self.cur == self.inp {
            if self.done != Done::Ok {
                return None;
            }
            if self.inp == self.source.len() {
                self.starved = self.partial;
                self.done = Done::Eof;
                return None;
            }
            self.lineno += 1;
            self.line_start = self.cur;
            if !self.in_token && self.strings.is_empty() {
                self.buf = self.cur;
            }
            self.inp = memchr::memchr(b'\n', &self.source[self.cur..])
                .map_or(self.source.len(), |at| self.cur + at + 1);
        }
        let c = self.source[self.cur];
        self.cur += 1;
        Some(c)
    }

    fn back(&mut self, c: Option<u8>) {
        if c.is_some() {
            self.cur -= 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        let c = self.next_char();
        self.back(c);
        c
    }

    /// Records an error that ends where reading stands, on the current line.
    fn syntax_error(&mut self, msg: impl Into<String>) -> TokenType {
        let column = String::from_utf8_lossy(&self.source[self.line_start..self.cur])
            .chars()
            .count() as i64;
        self.syntax_error_between(msg, column, column)
    }

    /// Records an error on part of the current line, given by columns in bytes, which count from 1.
    fn syntax_error_on(
        &mut self,
        msg: impl Into<String>,
        column: usize,
        end_column: usize,
    ) -> TokenType {
        let characters = |column: usize| {
            let line = &self.source[self.line_start..self.line_start + column];
            String::from_utf8_lossy(line).chars().count() as i64
        };
        let (offset, end_offset) = (characters(column), characters(end_column));
        self.syntax_error_between(msg, offset, end_offset)
    }

    fn syntax_error_between(
        &mut self,
        msg: impl Into<String>,
        offset: i64,
        end_offset: i64,
    ) -> TokenType {
        if self.done != Done::Error {
            let line = &self.source[self.line_start..];
            let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
            let text = String::from_utf8_lossy(line).into_owned();
            self.error = Some(Raised {
                kind: SyntaxErrorKind::Syntax,
                msg: msg.into(),
                lineno: i64::from(self.lineno),
                offset,
                text,
                end_lineno: i64::from(self.lineno),
                end_offset,
            });
            self.done = Done::Error;
        }
        TokenType::ERRORTOKEN
    }

    fn fail(&mut self, done: Done) -> TokenType {
        self.done = done;
        self.cur = self.inp;
        TokenType::ERRORTOKEN
    }

    /// The next token. After an error, and after the end, there are no more.
    pub(crate) fn next(&mut self) -> Token {
        let mut span = None;
        let raw = self.strings.last().is_some_and(|mode| mode.raw);
        let kind = match self.strings.last() {
            Some(mode) if !mode.in_expression => self.next_string_part(&mut span),
            _ => self.next_regular(&mut span),
        };
        let string = kind.is_string_part();
        let begin = if string {
            self.multi_line_start
        } else {
            self.line_start
        };
        let column = |offset: Option<usize>, begin| match offset {
            Some(offset) if offset >= begin => (offset - begin) as i64,
            _ => -1,
        };
        Token {
            kind,
            span,
            lineno: if kind == TokenType::STRING || string {
                self.first_lineno
            } else {
                self.lineno
            },
            col_offset: column(span.map(|span| span.0), begin),
            end_lineno: self.lineno,
            end_col_offset: column(span.map(|span| span.1), self.line_start),
            level: self.level(),
            raw,
        }
    }

    fn next_regular(&mut self, span: &mut Option<(usize, usize)>) -> TokenType {
        loop {
            self.in_token = false;
            let mut blank_line = false;
            if self.at_line_begin {
                self.at_line_begin = false;
                match self.indentation() {
                    Ok(blank) => blank_line = blank,
                    Err(error) => return error,
                }
            }
            self.start = self.cur;
            if self.pending_indents != 0 {
                return self.pending_indent(span);
            }
            self.peek();
            if let Some(kind) = self.after_indentation(blank_line, span) {
                return kind;
            }
        }
    }

    fn pending_indent(&mut self, span: &mut Option<(usize, usize)>) -> TokenType {
        if self.pending_indents < 0 {
            self.pending_indents += 1;
            if self.extra_tokens {
                *span = Some((self.cur, self.cur));
            }
            TokenType::DEDENT
        } else {
            self.pending_indents -= 1;
            if self.extra_tokens {
                *span = Some((self.line_start, self.cur));
            }
            TokenType::INDENT
        }
    }

    /// Measures the blanks that a line begins with. Is there nothing else on the line?
    fn indentation(&mut self) -> Result<bool, TokenType> {
        let (mut column, mut alternative) = (0, 0);
        let mut continued = 0;
        let c = loop {
            match self.next_char() {
                Some(b' ') => {
                    column += 1;
                    alternative += 1;
                }
                Some(b'\t') => {
                    column = (column / TAB_SIZE + 1) * TAB_SIZE;
                    alternative += 1;
                }
                Some(b'\x0c') => (column, alternative) = (0, 0),
                Some(b'\\') => {
                    // Indentation is what stood before the first backslash.
                    continued = if continued == 0 { column } else { continued };
                    if !self.continue_line() {
                        return Err(TokenType::ERRORTOKEN);
                    }
                }
                c => break c,
            }
        };
        self.back(c);
        if matches!(c, Some(b'#' | b'\n' | b'\r')) {
            return Ok(true);
        }
        if self.level() > 0 {
            return Ok(false);
        }
        if continued > 0 {
            (column, alternative) = (continued, continued);
        }
        self.change_indentation(column, alternative)?;
        Ok(false)
    }

    fn change_indentation(&mut self, column: usize, alternative: usize) -> Result<(), TokenType> {
        let (top, top_alternative) = self.indents[self.indents.len() - 1];
        if column > top {
            if self.indents.len() >= MAX_INDENT {
                return Err(self.fail(Done::TooDeep));
            }
            if alternative <= top_alternative {
                return Err(self.fail(Done::TabSpace));
            }
            self.pending_indents += 1;
            self.indents.push((column, alternative));
            return Ok(());
        }
        while self.indents.len() > 1 && column < self.indents[self.indents.len() - 1].0 {
            self.pending_indents -= 1;
            self.indents.pop();
        }
        let (top, top_alternative) = self.indents[self.indents.len() - 1];
        if column != top {
            return Err(self.fail(Done::Dedent));
        }
        if alternative != top_alternative {
            return Err(self.fail(Done::TabSpace));
        }
        Ok(())
    }

    /// After a backslash: the line must end, and another must follow.
    fn continue_line(&mut self) -> bool {
        let mut c = self.next_char();
        if c == Some(b'\r') {
            c = self.next_char();
        }
        if c != Some(b'\n') {
            self.done = Done::LineContinuation;
            return false;
        }
        let c = self.next_char();
        if c.is_none() {
            self.done = Done::Eof;
            self.cur = self.inp;
            return false;
        }
        self.back(c);
        true
    }

    /// A token that is not a change of indentation. None if the line was blank and another is to be tried.
    fn after_indentation(
        &mut self,
        blank_line: bool,
        span: &mut Option<(usize, usize)>,
    ) -> Option<TokenType> {
        loop {
            self.in_token = false;
            let mut c = self.next_char();
            while matches!(c, Some(b' ' | b'\t' | b'\x0c')) {
                c = self.next_char();
            }
            self.in_token = c.is_some();
            self.start = self.cur - usize::from(self.in_token);
            if c == Some(b'#') {
                while !matches!(c, None | Some(b'\n' | b'\r')) {
                    c = self.next_char();
                }
                if self.extra_tokens {
                    self.back(c);
                    *span = Some((self.start, self.cur));
                    self.comment_newline = blank_line;
                    return Some(TokenType::COMMENT);
                }
                if self.type_comments {
                    let kind = self.type_comment(c, blank_line, span);
                    if kind.is_some() {
                        return kind;
                    }
                }
            }
            let Some(byte) = c else {
                if self.level() > 0 || self.done != Done::Eof {
                    return Some(TokenType::ERRORTOKEN);
                }
                return Some(TokenType::ENDMARKER);
            };
            let kind = match byte {
                b'\r' if matches!(self.source.get(self.cur), None | Some(b'\n')) => {
                    self.next_char();
                    return self.newline(blank_line, span);
                }
                b'\n' => return self.newline(blank_line, span),
                b'\\' => {
                    if !self.continue_line() {
                        return Some(TokenType::ERRORTOKEN);
                    }
                    continue;
                }
                b'"' | b'\'' => self.string(byte),
                b'.' => self.dot(),
                b'0'..=b'9' => self.number(byte),
                b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.. => self.name(byte),
                _ => self.punctuation(byte),
            };
            if kind != TokenType::ERRORTOKEN {
                *span = Some((self.start, self.cur));
            }
            return Some(kind);
        }
    }

    /// The comment that has been read up to `c`, if it is one of types. Its text begins after the colon, or after
    /// `ignore`.
    fn type_comment(
        &mut self,
        c: Option<u8>,
        blank_line: bool,
        span: &mut Option<(usize, usize)>,
    ) -> Option<TokenType> {
        let end = self.cur - usize::from(c.is_some());
        let mut at = self.start;
        for part in b"# type: " {
            let text = &self.source[at..end];
            at += match part {
                b' ' => text
                    .iter()
                    .take_while(|b| matches!(b, b' ' | b'\t'))
                    .count(),
                _ if text.first() == Some(part) => 1,
                _ => return None,
            };
        }
        self.back(c);
        let after = self.source[at..end].strip_prefix(b"ignore");
        let ignore = after.is_some_and(|after| {
            !after
                .first()
                .is_some_and(|b| !b.is_ascii() || b.is_ascii_alphanumeric())
        });
        if !ignore {
            *span = Some((at, end));
            return Some(TokenType::TYPE_COMMENT);
        }
        *span = Some((at + 6, end));
        if blank_line {
            // With nothing else on the line, the line is blank.
            self.next_char();
            self.at_line_begin = true;
        }
        Some(TokenType::TYPE_IGNORE)
    }

    fn newline(
        &mut self,
        blank_line: bool,
        span: &mut Option<(usize, usize)>,
    ) -> Option<TokenType> {
        self.at_line_begin = true;
        if blank_line || self.level() > 0 {
            if !self.extra_tokens {
                return None;
            }
            self.comment_newline = false;
            *span = Some((self.start, self.cur));
            return Some(TokenType::NL);
        }
        if self.comment_newline && self.extra_tokens {
            self.comment_newline = false;
            *span = Some((self.start, self.cur));
            return Some(TokenType::NL);
        }
        *span = Some((self.start, self.cur));
        Some(TokenType::NEWLINE)
    }

    fn dot(&mut self) -> TokenType {
        let c = self.next_char();
        if c.is_some_and(|c| c.is_ascii_digit()) {
            return self.fraction(c);
        }
        if c == Some(b'.') {
            let c = self.next_char();
            if c == Some(b'.') {
                return TokenType::ELLIPSIS;
            }
            self.back(c);
            self.cur -= 1;
        } else {
            self.back(c);
        }
        TokenType::DOT
    }

    fn punctuation(&mut self, c: u8) -> TokenType {
        if let Some(kind) = self.end_of_expression(c) {
            return kind;
        }
        // Looking for longer operators, the end may be met.
        let mut longest = None;
        for width in [2, 3] {
            self.peek();
            let text = self
                .source
                .get(self.start..self.start + width)
                .unwrap_or_default();
            let Some(kind) = TokenType::of_operator(text) else {
                break;
            };
            self.next_char();
            longest = Some(kind);
        }
        if let Some(kind) = longest {
            return kind;
        }
        match c {
            b'(' | b'[' | b'{' => {
                if self.level() >= MAX_LEVEL {
                    return self.syntax_error("too many nested parentheses");
                }
                self.brackets.push(Bracket {
                    open: c,
                    lineno: self.lineno,
                    column: self.start - self.line_start,
                });
                if let Some(mode) = self.strings.last_mut() {
                    mode.depth += 1;
                }
            }
            b')' | b']' | b'}' => {
                if let Err(error) = self.close(c) {
                    return error;
                }
            }
            _ => {}
        }
        if !(b' '..0x7f).contains(&c) {
            return self.syntax_error(format!("invalid non-printable character U+{c:04X}"));
        }
        if c == b'='
            && let Some(mode) = self.strings.last_mut()
            && mode.at_top_of_expression()
        {
            mode.in_debug = true;
        }
        TokenType::of_operator(&[c]).unwrap_or(TokenType::OP)
    }

    fn close(&mut self, c: u8) -> Result<(), TokenType> {
        let letter = self.strings.last().map(|mode| mode.letter());
        if let Some(letter) = letter
            && self.strings.last().is_some_and(|mode| mode.depth == 0)
            && c == b'}'
        {
            return Err(self.syntax_error(format!("{letter}-string: single '}}' is not allowed")));
        }
        let c = char::from(c);
        let Some(bracket) = self.brackets.pop() else {
            if !self.extra_tokens {
                return Err(self.syntax_error(format!("unmatched '{c}'")));
            }
            return self.close_in_string(c);
        };
        let open = char::from(bracket.open);
        if !matches!((open, c), ('(', ')') | ('[', ']') | ('{', '}')) {
            // A bracket that closes nothing inside a replacement field is not held against the field's own brace.
            if let (Some(letter), Some(mode)) = (letter, self.strings.last())
                && open == '{'
                && mode.depth - 1 == mode.expression_depth
            {
                return Err(self.syntax_error(format!("{letter}-string: unmatched '{c}'")));
            }
            if self.extra_tokens {
                return self.close_in_string(c);
            }
            let line = if bracket.lineno == self.lineno {
                String::new()
            } else {
                format!(" on line {}", bracket.lineno)
            };
            return Err(self.syntax_error(format!(
                "closing parenthesis '{c}' does not match opening parenthesis '{open}'{line}"
            )));
        }
        self.close_in_string(c)
    }

    fn close_in_string(&mut self, c: char) -> Result<(), TokenType> {
        let Some(mode) = self.strings.last_mut() else {
            return Ok(());
        };
        mode.depth -= 1;
        if mode.depth < 0 {
            let letter = mode.letter();
            return Err(self.syntax_error(format!("{letter}-string: unmatched '{c}'")));
        }
        if c == '}' && mode.depth == mode.expression_depth {
            mode.expression_depth -= 1;
            mode.in_expression = false;
            mode.in_format_spec = false;
            mode.in_debug = false;
        }
        Ok(())
    }
}
