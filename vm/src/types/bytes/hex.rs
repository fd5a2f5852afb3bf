//! Bytes as hexadecimal text, and back.

use layout::{PyBytesObject, PyTypeObject, PyUnicodeObject};

use super::BytesExt;
use super::methods::ByteLike;
use super::needle::bytes_like;
use crate::err::{Raised, Result, exc, raise};
use crate::object::*;
use crate::protocol::buffer::has_buffer;
use crate::protocol::call::call1;
use crate::types::str_::args::c_int;
use crate::types::str_::{self, StrExt};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The separator, one ASCII character given as `str` or `bytes`.
fn separator(o: &Obj) -> Result<u8> {
    if crate::protocol::object::length(o)? != 1 {
        return raise!(ValueError, "sep must be length 1.");
    }
    let c = if let Some(s) = o.downcast::<PyUnicodeObject>() {
        s.char_at(0)
    } else if let Some(b) = o.downcast::<PyBytesObject>() {
        b.as_slice()[0].into()
    } else {
        return raise!(TypeError, "sep must be str or bytes.");
    };
    match u8::try_from(c) {
        Ok(c) if c.is_ascii() => Ok(c),
        _ => raise!(ValueError, "sep must be ASCII."),
    }
}

/// `bytes.hex(sep, bytes_per_sep)`: groups count from the right, or from the left if negative.
pub fn hex(bytes: &[u8], sep: Option<&Obj>, group: Option<&Obj>) -> Result {
    let group = group.map_or(Ok(1), c_int)?;
    let sep = sep.map(separator).transpose()?;
    Ok(str_::from_ascii(&hex_ascii(bytes, sep, group)).into_obj())
}

pub fn hex_ascii(bytes: &[u8], sep: Option<u8>, group: i32) -> Vec<u8> {
    let n = group.unsigned_abs() as usize;
    let sep = sep.filter(|_| n > 0 && n < bytes.len());
    let mut out = Vec::with_capacity(bytes.len() * 3);
    for (i, &b) in bytes.iter().enumerate() {
        if let Some(sep) = sep
            && i > 0
            && if group < 0 {
                i % n == 0
            } else {
                (bytes.len() - i).is_multiple_of(n)
            }
        {
            out.push(sep);
        }
        out.push(DIGITS[usize::from(b >> 4)]);
        out.push(DIGITS[usize::from(b & 15)]);
    }
    out
}

pub fn method_hex<S: ByteLike>(s: &S, [sep, group]: [Option<&Obj>; 2]) -> Result {
    let _pinned = s.pin();
    let group = group.map_or(Ok(1), c_int)?;
    let sep = sep.map(separator).transpose()?;
    Ok(str_::from_ascii(&hex_ascii(s.view(), sep, group)).into_obj())
}

#[cold]
fn not_hex(at: usize) -> Raised {
    crate::err::new(
        &exc::ValueError,
        format_args!("non-hexadecimal number found in fromhex() arg at position {at}"),
    )
}

#[cold]
fn odd() -> Raised {
    crate::err::new(
        &exc::ValueError,
        format_args!("fromhex() arg must contain an even number of hexadecimal digits"),
    )
}

/// Reads pairs of digits with white space between them.
pub fn parse(text: &[u8]) -> Result<Vec<u8>> {
    let digit = |at: usize| match text.get(at) {
        Some(&c) => (c as char).to_digit(16).ok_or(at),
        None => Err(usize::MAX),
    };
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while at < text.len() {
        if text::search::is_ascii_space(text[at].into()) {
            at += 1;
            continue;
        }
        let pair = digit(at).and_then(|high| Ok(high << 4 | digit(at + 1)?));
        out.push(pair.map_err(|bad| {
            if bad == usize::MAX {
                odd()
            } else {
                not_hex(bad)
            }
        })? as u8);
        at += 2;
    }
    Ok(out)
}

pub fn fromhex<S: ByteLike>(tp: &PyTypeObject, arg: &Obj) -> Result {
    let bytes = if let Some(s) = arg.downcast::<PyUnicodeObject>() {
        match s.data() {
            str_::StrData::Latin1(text) if s.is_ascii() => parse(text)?,
            // What precedes the first character that isn't ASCII may hold an earlier mistake, which is then the one named.
            data => {
                let wide = data.codes().position(|c| c > 127).unwrap_or(0);
                let narrow: Vec<u8> = data
                    .codes()
                    .map(|c| if c > 127 { b'?' } else { c as u8 })
                    .collect();
                return match parse(&narrow[..=wide]) {
                    Err(raised) => Err(raised),
                    Ok(_) => Err(not_hex(wide)),
                };
            }
        }
    } else if has_buffer(arg) {
        parse(&bytes_like(arg)?)?
    } else {
        return raise!(
            TypeError,
            "fromhex() argument must be str or bytes-like, not {}",
            arg.tp_name()
        );
    };
    let result = S::make(&bytes)?;
    if core::ptr::eq(tp, S::type_object()) {
        Ok(result)
    } else {
        call1(tp.as_obj(), &result)
    }
}
