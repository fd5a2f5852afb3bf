//! Strings as JSON: in quotes, with escapes.

use super::Unit;
use crate::prelude::*;
use vm::types::str_::{StrData, StrExt as _, Writer};

/// Appends a string in quotes.
pub type Encode = fn(&mut Writer, &PyUnicodeObject);

/// `encode_basestring_ascii(s)`.
pub fn ascii(_: &Obj, s: &Obj) -> Result {
    encoded(s, push_ascii)
}

/// `encode_basestring(s)`.
pub fn any(_: &Obj, s: &Obj) -> Result {
    encoded(s, push_any)
}

fn encoded(s: &Obj, push: Encode) -> Result {
    let s = super::text_of(s)?;
    let mut w = Writer::with_capacity(s.len() + 2);
    push(&mut w, s);
    Ok(w.finish()?.into_obj())
}

/// Escapes what is not printable ASCII.
pub fn push_ascii(w: &mut Writer, s: &PyUnicodeObject) {
    quote(w, s, |c| !(0x20..0x7f).contains(&c));
}

/// Escapes control characters alone.
pub fn push_any(w: &mut Writer, s: &PyUnicodeObject) {
    quote(w, s, |c| c < 0x20);
}

fn quote(w: &mut Writer, s: &PyUnicodeObject, must_escape: impl Fn(u32) -> bool) {
    w.push_ascii("\"");
    match s.data() {
        StrData::Latin1(units) => push_units(w, units, must_escape),
        StrData::Ucs2(units) => push_units(w, units, must_escape),
        StrData::Ucs4(units) => push_units(w, units, must_escape),
    }
    w.push_ascii("\"");
}

fn push_units<U: Unit>(w: &mut Writer, units: &[U], must_escape: impl Fn(u32) -> bool) {
    let mut plain_from = 0;
    for (i, &unit) in units.iter().enumerate() {
        let c = unit.into();
        if c == u32::from(b'"') || c == u32::from(b'\\') || must_escape(c) {
            w.push_data(U::data(&units[plain_from..i]));
            push_escape(w, c);
            plain_from = i + 1;
        }
    }
    w.push_data(U::data(&units[plain_from..]));
}

fn push_escape(w: &mut Writer, c: u32) {
    match char::from_u32(c) {
        Some('"') => w.push_ascii("\\\""),
        Some('\\') => w.push_ascii("\\\\"),
        Some('\n') => w.push_ascii("\\n"),
        Some('\r') => w.push_ascii("\\r"),
        Some('\t') => w.push_ascii("\\t"),
        Some('\x0c') => w.push_ascii("\\f"),
        Some('\x08') => w.push_ascii("\\b"),
        Some(c) if c > '\u{ffff}' => {
            let mut pair = [0; 2];
            c.encode_utf16(&mut pair)
                .iter()
                .for_each(|half| push_hex(w, u32::from(*half)));
        }
        _ => push_hex(w, c),
    }
}

fn push_hex(w: &mut Writer, c: u32) {
    w.push_ascii("\\u");
    for shift in [12, 8, 4, 0] {
        w.push(u32::from(b"0123456789abcdef"[(c >> shift) as usize & 15]));
    }
}
