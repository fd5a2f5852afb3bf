//! Numeric literals, and what may not touch them.

use super::Lexer;
use crate::syntax::token::TokenType;

/// What may follow a number without a blank: the rest of a keyword after its first letter.
const KEYWORD_TAILS: &[(u8, &[&[u8]])] = &[
    (b'a', &[b"nd"]),
    (b'e', &[b"lse"]),
    (b'f', &[b"or"]),
    (b'i', &[b"f", b"n", b"s"]),
    (b'n', &[b"ot"]),
    (b'o', &[b"r"]),
];

/// An error has been recorded.
struct Invalid;

impl Lexer<'_> {
    pub(super) fn number(&mut self, first: u8) -> TokenType {
        let result = if first == b'0' {
            self.zero()
        } else {
            self.decimal_tail().and_then(|c| self.after_integer(c))
        };
        match result {
            Ok(()) => TokenType::NUMBER,
            Err(Invalid) => TokenType::ERRORTOKEN,
        }
    }

    /// From the first digit after the point.
    pub(super) fn fraction(&mut self, c: Option<u8>) -> TokenType {
        match self.after_point(c) {
            Ok(()) => TokenType::NUMBER,
            Err(Invalid) => TokenType::ERRORTOKEN,
        }
    }

    fn invalid(&mut self, msg: String) -> Result<(), Invalid> {
        self.syntax_error(msg);
        Err(Invalid)
    }

    fn zero(&mut self) -> Result<(), Invalid> {
        let c = self.next_char();
        match c.map(|c| c.to_ascii_lowercase()) {
            Some(b'x') => return self.radix("hexadecimal", |c| c.is_ascii_hexdigit()),
            Some(b'o') => return self.radix("octal", |c| (b'0'..b'8').contains(&c)),
            Some(b'b') => return self.radix("binary", |c| (b'0'..b'2').contains(&c)),
            _ => {}
        }
        // Zeros alone are a number; before other digits they are only good for a float.
        let mut c = c;
        loop {
            if c == Some(b'_') {
                c = self.next_char();
                if !is_digit(c) {
                    self.back(c);
                    return self.invalid("invalid decimal literal".to_owned());
                }
            }
            if c != Some(b'0') {
                break;
            }
            c = self.next_char();
        }
        let zeros_end = self.cur;
        let nonzero = is_digit(c);
        if nonzero {
            c = self.decimal_tail()?;
        }
        match c {
            Some(b'.' | b'e' | b'E' | b'j' | b'J') => self.after_integer(c),
            _ if nonzero && !self.extra_tokens => {
                self.back(c);
                let msg = "leading zeros in decimal integer literals are not permitted; \
                           use an 0o prefix for octal integers";
                self.syntax_error_on(
                    msg,
                    self.start + 1 - self.line_start,
                    zeros_end - self.line_start,
                );
                Err(Invalid)
            }
            _ => self.end_of_number(c, "decimal"),
        }
    }

    fn radix(&mut self, kind: &str, accepts: impl Fn(u8) -> bool) -> Result<(), Invalid> {
        let mut c = self.next_char();
        loop {
            if c == Some(b'_') {
                c = self.next_char();
            }
            if !c.is_some_and(&accepts) {
                return match c {
                    Some(digit @ b'0'..=b'9') => self.invalid(format!(
                        "invalid digit '{}' in {kind} literal",
                        char::from(digit)
                    )),
                    _ => {
                        self.back(c);
                        self.invalid(format!("invalid {kind} literal"))
                    }
                };
            }
            while c.is_some_and(&accepts) {
                c = self.next_char();
            }
            if c != Some(b'_') {
                break;
            }
        }
        if let Some(digit @ b'0'..=b'9') = c {
            return self.invalid(format!(
                "invalid digit '{}' in {kind} literal",
                char::from(digit)
            ));
        }
        self.end_of_number(c, kind)
    }

    /// Digits with single underscores between them; gives what comes after.
    fn decimal_tail(&mut self) -> Result<Option<u8>, Invalid> {
        loop {
            let mut c = self.next_char();
            while is_digit(c) {
                c = self.next_char();
            }
            if c != Some(b'_') {
                return Ok(c);
            }
            let c = self.next_char();
            if !is_digit(c) {
                self.back(c);
                self.syntax_error("invalid decimal literal");
                return Err(Invalid);
            }
        }
    }

    fn after_integer(&mut self, c: Option<u8>) -> Result<(), Invalid> {
        match c {
            Some(b'.') => {
                let c = self.next_char();
                self.after_point(c)
            }
            c => self.after_digits(c),
        }
    }

    fn after_point(&mut self, c: Option<u8>) -> Result<(), Invalid> {
        let c = if is_digit(c) { self.decimal_tail()? } else { c };
        self.after_digits(c)
    }

    fn after_digits(&mut self, c: Option<u8>) -> Result<(), Invalid> {
        let mut c = c;
        if let Some(b'e' | b'E') = c {
            let exponent = c;
            c = self.next_char();
            if let Some(b'+' | b'-') = c {
                c = self.next_char();
                if !is_digit(c) {
                    self.back(c);
                    return self.invalid("invalid decimal literal".to_owned());
                }
            } else if !is_digit(c) {
                self.back(c);
                self.end_of_number(exponent, "decimal")?;
                return Ok(());
            }
            c = self.decimal_tail()?;
        }
        if let Some(b'j' | b'J') = c {
            let c = self.next_char();
            return self.end_of_number(c, "imaginary");
        }
        self.end_of_number(c, "decimal")
    }

    /// A number may touch one of a few keywords, but no other letter. Puts `c`, which comes after it, back.
    fn end_of_number(&mut self, c: Option<u8>, kind: &str) -> Result<(), Invalid> {
        let Some(byte) = c else { return Ok(()) };
        self.cur -= 1;
        if self.extra_tokens {
            return Ok(());
        }
        let rest = &self.source[self.cur + 1..];
        let keyword = KEYWORD_TAILS.iter().any(|(first, tails)| {
            *first == byte && tails.iter().any(|tail| rest.starts_with(tail))
        });
        if !keyword && (byte.is_ascii_alphanumeric() || byte == b'_') {
            return self.invalid(format!("invalid {kind} literal"));
        }
        Ok(())
    }
}

fn is_digit(c: Option<u8>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}
