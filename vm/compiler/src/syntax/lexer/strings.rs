//! Strings, and the modes of f- and t-strings: text, replacement field, format specification.

use super::{Done, Lexer, MAX_STRING_LEVEL};
use crate::syntax::token::TokenType;

/// How deep replacement fields nest in format specifications.
const MAX_EXPRESSION_NESTING: i32 = 3;

/// An open interpolated string.
#[derive(Debug, Clone, Copy)]
pub(super) struct StringMode {
    /// In a replacement field, where tokens are the usual ones.
    pub(super) in_expression: bool,
    /// Brackets open since the string began.
    pub(super) depth: i32,
    /// The depth at which the current replacement field began; -1 outside.
    pub(super) expression_depth: i32,
    pub(super) in_format_spec: bool,
    pub(super) in_debug: bool,
    quote: u8,
    quote_size: usize,
    pub(super) raw: bool,
    template: bool,
    start: usize,
    multi_line_start: usize,
    first_line: u32,
}

impl StringMode {
    pub(super) fn letter(&self) -> char {
        if self.template { 't' } else { 'f' }
    }

    pub(super) fn at_top_of_expression(&self) -> bool {
        self.depth == self.expression_depth + 1
    }

    fn in_field(&self) -> bool {
        self.expression_depth >= 0
    }

    fn token(&self, f: TokenType, t: TokenType) -> TokenType {
        if self.template { t } else { f }
    }
}

impl Lexer<'_> {
    fn mode(&mut self) -> &mut StringMode {
        self.strings
            .last_mut()
            .expect("inside an interpolated string")
    }

    /// A string whose first quote has been read.
    pub(super) fn string(&mut self, quote: u8) -> TokenType {
        self.first_lineno = self.lineno;
        self.multi_line_start = self.line_start;
        let mut size = 1;
        let mut end_size = 0;
        let mut c = self.next_char();
        if c == Some(quote) {
            c = self.next_char();
            if c == Some(quote) {
                size = 3;
            } else {
                end_size = 1;
            }
        }
        if c != Some(quote) {
            self.back(c);
        }
        let mut escaped_quote = false;
        while end_size != size {
            let c = self.next_char();
            match c {
                None => return self.unterminated(quote, size, c, escaped_quote),
                Some(b'\n') if size == 1 => {
                    return self.unterminated(quote, size, c, escaped_quote);
                }
                Some(c) if c == quote => {
                    end_size += 1;
                    continue;
                }
                Some(b'\\') => {
                    let mut c = self.next_char();
                    escaped_quote |= c == Some(quote);
                    if c == Some(b'\r') {
                        c = self.next_char();
                    }
                    let _ = c;
                }
                Some(_) => {}
            }
            end_size = 0;
        }
        TokenType::STRING
    }

    /// The error is reported at the quote that opened the string.
    fn unterminated(
        &mut self,
        quote: u8,
        size: usize,
        c: Option<u8>,
        escaped_quote: bool,
    ) -> TokenType {
        self.cur = self.start + 1;
        self.line_start = self.multi_line_start;
        let detected = self.lineno;
        self.lineno = self.first_lineno;
        // Inside a replacement field the quote may well be the one that should end the string around it.
        if let Some(mode) = self.strings.last()
            && mode.quote == quote
            && mode.quote_size == size
        {
            let letter = mode.letter();
            return self.syntax_error(format!("{letter}-string: expecting '}}'"));
        }
        if size == 3 {
            self.syntax_error(format!(
                "unterminated triple-quoted string literal (detected at line {detected})"
            ));
            if c != Some(b'\n') {
                self.done = Done::EofInString;
            }
        } else {
            let hint = if escaped_quote {
                "; perhaps you escaped the end quote?"
            } else {
                ""
            };
            self.syntax_error(format!(
                "unterminated string literal (detected at line {detected}){hint}"
            ));
            if c != Some(b'\n') {
                self.done = Done::EolInString;
            }
        }
        TokenType::ERRORTOKEN
    }

    /// An f- or t-string whose first quote has been read.
    pub(super) fn interpolated_string(&mut self, prefix: &[u8], quote: u8) -> TokenType {
        self.first_lineno = self.lineno;
        self.multi_line_start = self.line_start;
        let mut size = 1;
        let second = self.next_char();
        if second == Some(quote) {
            let third = self.next_char();
            if third == Some(quote) {
                size = 3;
            } else {
                self.back(third);
                self.back(second);
            }
        } else {
            self.back(second);
        }
        if self.strings.len() + 1 >= MAX_STRING_LEVEL {
            return self.syntax_error("too many nested f-strings or t-strings");
        }
        let mode = StringMode {
            in_expression: false,
            depth: 0,
            expression_depth: -1,
            in_format_spec: false,
            in_debug: false,
            quote,
            quote_size: size,
            raw: prefix.contains(&b'r'),
            template: prefix.contains(&b't'),
            start: self.start,
            multi_line_start: self.line_start,
            first_line: self.lineno,
        };
        self.strings.push(mode);
        mode.token(TokenType::FSTRING_START, TokenType::TSTRING_START)
    }

    /// Before a mark that may end a replacement field's expression. A colon that does is a token here and now.
    pub(super) fn end_of_expression(&mut self, c: u8) -> Option<TokenType> {
        let mode = self.strings.last_mut()?;
        if !matches!(c, b':' | b'}' | b'!' | b'{') || !mode.in_field() {
            return None;
        }
        let cursor = mode.depth - i32::from(c != b'{');
        if c == b':' && cursor == mode.expression_depth {
            mode.in_expression = false;
            mode.in_format_spec = true;
            return Some(TokenType::COLON);
        }
        None
    }

    /// Text between replacement fields, or the end of the string.
    pub(super) fn next_string_part(&mut self, span: &mut Option<(usize, usize)>) -> TokenType {
        self.start = self.cur;
        self.in_token = true;
        self.first_lineno = self.lineno;
        let first = self.peek();
        if first == Some(b'{') && self.source.get(self.cur + 1) != Some(&b'{') {
            if let Some(error) = self.enter_expression() {
                return error;
            }
            return self.next_regular(span);
        }
        let (quote, size) = (self.mode().quote, self.mode().quote_size);
        let quotes = self.source[self.cur..]
            .iter()
            .take(size)
            .take_while(|c| **c == quote)
            .count();
        if quotes == size {
            for _ in 0..size {
                self.next_char();
            }
            *span = Some((self.start, self.cur));
            self.multi_line_start = self.line_start;
            let mode = self.strings.pop().expect("the string that ends");
            return mode.token(TokenType::FSTRING_END, TokenType::TSTRING_END);
        }
        self.middle(span)
    }

    /// A replacement field begins: its brace is the next token.
    fn enter_expression(&mut self) -> Option<TokenType> {
        let mode = self.mode();
        mode.expression_depth += 1;
        mode.in_expression = true;
        if mode.expression_depth < MAX_EXPRESSION_NESTING {
            return None;
        }
        let letter = mode.letter();
        Some(self.syntax_error(format!("{letter}-string: expressions nested too deeply")))
    }

    fn middle(&mut self, span: &mut Option<(usize, usize)>) -> TokenType {
        self.multi_line_start = self.line_start;
        let mode = *self.mode();
        let kind = mode.token(TokenType::FSTRING_MIDDLE, TokenType::TSTRING_MIDDLE);
        let mut end_size = 0;
        let mut named_escape = false;
        while end_size != mode.quote_size {
            let c = self.next_char();
            let in_format_spec = mode.in_format_spec && mode.in_field();
            match c {
                None => return self.unterminated_interpolated(&mode, c),
                Some(b'\n') if mode.quote_size == 1 => {
                    if in_format_spec {
                        let letter = mode.letter();
                        return self.syntax_error(format!(
                            "{letter}-string: newlines are not allowed in format specifiers for single quoted \
                             {letter}-strings"
                        ));
                    }
                    return self.unterminated_interpolated(&mode, c);
                }
                Some(c) if c == mode.quote => {
                    end_size += 1;
                    continue;
                }
                Some(b'{') => {
                    let next = self.next_char();
                    if next != Some(b'{') || in_format_spec {
                        self.back(next);
                        self.cur -= 1;
                        if let Some(error) = self.enter_expression() {
                            return error;
                        }
                        *span = Some((self.start, self.cur));
                    } else {
                        *span = Some((self.start, self.cur - 1));
                    }
                    return kind;
                }
                Some(b'}') => {
                    if named_escape {
                        *span = Some((self.start, self.cur));
                        return kind;
                    }
                    let next = self.next_char();
                    // A format specification cannot hold a doubled brace.
                    if next == Some(b'}') && !in_format_spec && mode.depth == 0 {
                        *span = Some((self.start, self.cur - 1));
                    } else {
                        self.back(next);
                        self.cur -= 1;
                        self.mode().in_expression = true;
                        *span = Some((self.start, self.cur));
                    }
                    return kind;
                }
                Some(b'\\') => {
                    let mut next = self.next_char();
                    if next == Some(b'\r') {
                        next = self.next_char();
                    }
                    match next {
                        // The brace opens or closes a field whatever stands before it.
                        Some(b'{' | b'}') => self.cur -= 1,
                        Some(b'N') if !mode.raw => {
                            let next = self.next_char();
                            if next == Some(b'{') {
                                named_escape = true;
                            } else {
                                self.back(next);
                            }
                        }
                        _ => {}
                    }
                }
                Some(_) => {}
            }
            end_size = 0;
        }
        self.cur -= mode.quote_size;
        *span = Some((self.start, self.cur));
        kind
    }

    fn unterminated_interpolated(&mut self, mode: &StringMode, c: Option<u8>) -> TokenType {
        self.cur = mode.start + 1;
        self.line_start = mode.multi_line_start;
        let detected = self.lineno;
        self.lineno = mode.first_line;
        let letter = mode.letter();
        if mode.quote_size == 3 {
            self.syntax_error(format!(
                "unterminated triple-quoted {letter}-string literal (detected at line {detected})"
            ));
            if c != Some(b'\n') {
                self.done = Done::EofInString;
            }
            return TokenType::ERRORTOKEN;
        }
        self.syntax_error(format!(
            "unterminated {letter}-string literal (detected at line {detected})"
        ))
    }
}
