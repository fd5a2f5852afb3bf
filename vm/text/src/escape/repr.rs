//! `repr` of `str` and `bytes`, and `ascii`.
//!
//! Single quotes unless the text has single quotes and no double quotes.

use crate::chars;
use crate::each_kind;
use crate::kinds::{Buf, Builder, Char, Str};
use crate::search::find_char;
use std::fmt::Write;

fn quote_for(text: Str<'_>) -> u32 {
    let has = |quote: char| find_char(text, u32::from(quote)).is_some();
    u32::from(if has('\'') && !has('"') { '"' } else { '\'' })
}

/// The escape of a character that is not shown as itself.
fn escape(code: u32, quote: u32) -> String {
    let mut out = String::from("\\");
    match char::from_u32(code) {
        Some('\t') => out.push('t'),
        Some('\n') => out.push('n'),
        Some('\r') => out.push('r'),
        Some(c) if code == quote || c == '\\' => out.push(c),
        _ => {
            // Writing to a String does not fail.
            let _ = match code {
                0..=0xff => write!(out, "x{code:02x}"),
                0x100..=0xffff => write!(out, "u{code:04x}"),
                _ => write!(out, "U{code:08x}"),
            };
        }
    }
    out
}

fn quoted(text: Str<'_>, shown: impl Fn(u32) -> bool) -> Buf {
    let quote = quote_for(text);
    let mut out = Builder::with_capacity(text.len() + 2);
    out.push(quote);
    each_kind!(text, units => push_escaped(units, quote, shown, &mut out));
    out.push(quote);
    out.finish()
}

fn push_escaped<C: Char>(units: &[C], quote: u32, shown: impl Fn(u32) -> bool, out: &mut Builder) {
    let mut from = 0;
    for (at, unit) in units.iter().enumerate() {
        let code = unit.code();
        if code == quote || code == u32::from('\\') || !shown(code) {
            out.push_str(C::view(&units[from..at]));
            out.push_ascii(&escape(code, quote));
            from = at + 1;
        }
    }
    out.push_str(C::view(&units[from..]));
}

/// `repr(text)`
pub fn repr(text: Str<'_>) -> Buf {
    quoted(text, chars::is_printable)
}

/// `ascii(text)`
pub fn ascii_repr(text: Str<'_>) -> Buf {
    quoted(text, |code| code < 128 && chars::is_printable(code))
}

/// `repr(bytes)`, with its `b`.
pub fn bytes_repr(bytes: &[u8]) -> String {
    bytes_repr_in(bytes, quote_for(Str::Latin1(bytes)) as u8)
}

/// As [`bytes_repr`], in these quotes.
pub fn bytes_repr_in(bytes: &[u8], quote: u8) -> String {
    let quote = u32::from(quote);
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(quote as u8 as char);
    for &byte in bytes {
        let code = u32::from(byte);
        if code != quote && byte != b'\\' && (32..127).contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&escape(code, quote));
        }
    }
    out.push(quote as u8 as char);
    out
}
