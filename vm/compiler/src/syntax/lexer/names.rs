//! Names, and the letters before a quote that look like one at first.

use super::Lexer;
use crate::syntax::token::TokenType;

/// Pairs of letters that may not stand together, in the order in which they are complained about.
const INCOMPATIBLE: &[(u8, u8)] = &[
    (b'u', b'b'),
    (b'u', b'r'),
    (b'u', b'f'),
    (b'u', b't'),
    (b'b', b'f'),
    (b'b', b't'),
    (b'f', b't'),
];

impl Lexer<'_> {
    pub(super) fn name(&mut self, first: u8) -> TokenType {
        let mut prefix = Vec::new();
        let mut c = Some(first);
        loop {
            match c.map(|c| c.to_ascii_lowercase()) {
                Some(letter @ (b'b' | b'r' | b'u' | b'f' | b't')) if !prefix.contains(&letter) => {
                    prefix.push(letter)
                }
                _ => break,
            }
            c = self.next_char();
            if let Some(quote @ (b'"' | b'\'')) = c {
                return self.prefixed_string(&prefix, quote);
            }
        }
        let mut ascii = true;
        while let Some(byte) = c {
            if !(byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80) {
                break;
            }
            ascii &= byte < 0x80;
            c = self.next_char();
        }
        self.back(c);
        if !ascii && !self.extra_tokens && !self.verify_identifier() {
            return TokenType::ERRORTOKEN;
        }
        TokenType::NAME
    }

    fn prefixed_string(&mut self, prefix: &[u8], quote: u8) -> TokenType {
        for &(one, other) in INCOMPATIBLE {
            if prefix.contains(&one) && prefix.contains(&other) {
                let column = self.start + 1 - self.line_start;
                let end = self.cur - self.line_start;
                let (one, other) = (char::from(one), char::from(other));
                return self.syntax_error_on(
                    format!("'{one}' and '{other}' prefixes are incompatible"),
                    column,
                    end,
                );
            }
        }
        if prefix.contains(&b'f') || prefix.contains(&b't') {
            return self.interpolated_string(prefix, quote);
        }
        self.string(quote)
    }

    fn verify_identifier(&mut self) -> bool {
        let name = String::from_utf8_lossy(&self.source[self.start..self.cur]).into_owned();
        let wrong = name.char_indices().find(|&(at, c)| {
            let code = u32::from(c);
            !(if at == 0 {
                c == '_' || text::chars::is_identifier_start(code)
            } else {
                text::chars::is_identifier_continue(code)
            })
        });
        let Some((at, c)) = wrong else { return true };
        // The error is reported where the character ends, unless it is the last.
        self.cur = self.start + at + c.len_utf8();
        let code = u32::from(c);
        if text::chars::is_printable(code) {
            self.syntax_error(format!("invalid character '{c}' (U+{code:04X})"));
        } else {
            self.syntax_error(format!("invalid non-printable character U+{code:04X}"));
        }
        false
    }
}
