//! The warnings of the tokenizer: escape sequences that mean nothing, and numbers that run into a keyword.
//!
//! Works on the tokens of a successful parse. The first bad escape of each string token is reported, as the reference
//! does.

use crate::compile::SyntaxWarning;
use crate::error::{Location, SyntaxError, SyntaxErrorKind};
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged;

/// The warnings for the tokens of the front end.
pub(crate) fn token_warnings(
    source: &str,
    filename: &str,
    tokens: &Tokens,
    warnings: &mut Vec<SyntaxWarning>,
) {
    let mut scanner = Scanner::new(source, filename, warnings);
    // For each open f- or t-string: is it raw?
    let mut open = Vec::new();
    for token in tokens {
        let (start, end) = (token.start().to_usize(), token.end().to_usize());
        match token.kind() {
            TokenKind::String => scanner.string(start, end),
            TokenKind::FStringStart | TokenKind::TStringStart => {
                open.push(source[start..end].contains(['r', 'R']));
            }
            TokenKind::FStringEnd | TokenKind::TStringEnd => {
                open.pop();
            }
            TokenKind::FStringMiddle | TokenKind::TStringMiddle if open.last() == Some(&false) => {
                scanner.text(start, end);
            }
            TokenKind::Int | TokenKind::Float | TokenKind::Complex => scanner.number(start, end),
            _ => {}
        }
    }
}

/// A literal that the parser has read, before it failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Literal {
    String(usize, usize),
    /// Text of an interpolated string that is not raw.
    Text(usize, usize),
    Number(usize, usize),
}

/// The warnings for the literals of a source that does not parse.
pub(crate) fn literal_warnings(
    source: &str,
    filename: &str,
    literals: impl Iterator<Item = Literal>,
    warnings: &mut Vec<SyntaxWarning>,
) {
    let mut scanner = Scanner::new(source, filename, warnings);
    for literal in literals {
        match literal {
            Literal::String(start, end) => scanner.string(start, end),
            Literal::Text(start, end) => scanner.text(start, end),
            Literal::Number(start, end) => scanner.number(start, end),
        }
    }
}

struct Scanner<'a> {
    source: &'a str,
    filename: &'a str,
    line: i64,
    line_start: usize,
    /// Where counting lines has got to.
    seen: usize,
    warnings: &'a mut Vec<SyntaxWarning>,
}

impl<'a> Scanner<'a> {
    fn new(
        source: &'a str,
        filename: &'a str,
        warnings: &'a mut Vec<SyntaxWarning>,
    ) -> Scanner<'a> {
        Scanner {
            source,
            filename,
            line: 1,
            line_start: 0,
            seen: 0,
            warnings,
        }
    }

    fn string(&mut self, start: usize, end: usize) {
        let text = &self.source[start..end];
        let prefix = text.find(['"', '\'']).unwrap_or(0);
        let bytes = text.as_bytes();
        let quotes = if bytes[prefix..].starts_with(&[bytes[prefix]; 3]) {
            3
        } else {
            1
        };
        let body = prefix + quotes;
        if !text[..prefix].contains(['r', 'R']) && end - start >= body + quotes {
            let is_bytes = text[..prefix].contains(['b', 'B']);
            self.escapes(start + body, end - quotes, is_bytes);
        }
    }

    fn text(&mut self, start: usize, end: usize) {
        // A backslash may stand before the brace that ends the text.
        let brace = matches!(self.source.as_bytes().get(end), Some(b'{' | b'}'));
        self.escapes(
            start,
            end + usize::from(brace && self.source[..end].ends_with('\\')),
            false,
        );
    }

    fn escapes(&mut self, start: usize, end: usize, is_bytes: bool) {
        let bytes = self.source.as_bytes();
        let mut at = start;
        while let Some(found) = memchr::memchr(b'\\', &bytes[at..end]) {
            let escape = at + found + 1;
            let Some(&c) = bytes[..end].get(escape) else {
                return;
            };
            at = escape + 1;
            let known = match c {
                b'\n' | b'\\' | b'\'' | b'"' | b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v'
                | b'x' => true,
                b'N' | b'u' | b'U' | 0x80.. => !is_bytes,
                b'0'..=b'3' => true,
                // Three octal digits above 0o377 do not fit a byte.
                b'4'..=b'7' => !is_octal_triple(&bytes[escape..end]),
                _ => false,
            };
            if !known {
                self.invalid_escape(escape, c);
                // Braces are the tokenizer's to report; of the others, the first of a literal is enough.
                if !matches!(c, b'{' | b'}') {
                    return;
                }
            }
        }
    }

    fn invalid_escape(&mut self, escape: usize, c: u8) {
        let octal = (b'4'..=b'7').contains(&c);
        let text = if octal {
            self.source[escape..escape + 3].to_owned()
        } else {
            char::from(c).to_string()
        };
        let what = if octal {
            "octal escape sequence"
        } else {
            "escape sequence"
        };
        let advice = format!("Did you mean \"\\\\{text}\"? A raw string is also an option.");
        let lead = format!("\"\\{text}\" is an invalid {what}. ");
        self.warn(
            escape,
            format!("{lead}Such sequences will not work in the future. {advice}"),
            format!("{lead}{advice}"),
            2,
        );
    }

    /// `1if x else y`: a number may not touch the keyword after it for much longer.
    fn number(&mut self, start: usize, end: usize) {
        let text = &self.source[start..end];
        let after = self.source[end..].chars().next();
        if !after.is_some_and(|c| c.is_ascii_alphabetic()) {
            return;
        }
        let kind = match text.as_bytes() {
            [b'0', b'x' | b'X', ..] => "hexadecimal",
            [b'0', b'o' | b'O', ..] => "octal",
            [b'0', b'b' | b'B', ..] => "binary",
            [.., b'j' | b'J'] => "imaginary",
            _ => "decimal",
        };
        let message = format!("invalid {kind} literal");
        self.warn(end, message.clone(), message, 0);
    }

    fn warn(&mut self, at: usize, message: String, as_error: String, width: i64) {
        while let Some(found) = memchr::memchr(b'\n', &self.source.as_bytes()[self.seen..at]) {
            self.seen += found + 1;
            self.line_start = self.seen;
            self.line += 1;
        }
        let offset = self.source[self.line_start..at].chars().count() as i64;
        let text = self.source[self.line_start..].split_inclusive('\n').next();
        self.warnings.push(SyntaxWarning {
            message,
            lineno: self.line,
            as_error: SyntaxError {
                kind: SyntaxErrorKind::Syntax,
                msg: as_error,
                location: Some(Location {
                    filename: Some(self.filename.to_owned()),
                    lineno: self.line,
                    offset,
                    text: text.map(str::to_owned),
                    end: Some((self.line, offset + width)),
                }),
            },
        });
    }
}

fn is_octal_triple(digits: &[u8]) -> bool {
    digits.len() >= 3 && digits[..3].iter().all(|b| (b'0'..=b'7').contains(b))
}
