//! Ints as text: decimal with its length limit, other bases, the format mini-language, and parsing.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::borrow::Cow;

use layout::*;

use super::*;
use crate::err::{Raised, raise};
use crate::types::bytes;
use crate::types::str_::{self, StrData, StrExt as _};

/// What `sys.set_int_max_str_digits` sets; 0 for no limit.
static MAX_STR_DIGITS: AtomicUsize = AtomicUsize::new(DEFAULT_MAX_STR_DIGITS);

/// The limit at start-up.
pub const DEFAULT_MAX_STR_DIGITS: usize = 4300;
/// The lowest limit that may be set: shorter texts are never refused.
pub const STR_DIGITS_CHECK_THRESHOLD: usize = 640;

/// The most decimal digits that conversions from and to text allow; 0 for no limit.
pub fn max_str_digits() -> usize {
    MAX_STR_DIGITS.load(Ordering::Relaxed)
}

/// Sets what [`max_str_digits`] gives.
pub fn set_max_str_digits(limit: usize) {
    MAX_STR_DIGITS.store(limit, Ordering::Relaxed);
}

/// Decimal text.
pub fn to_decimal(n: &PyLongObject) -> Result<String> {
    if n.is_compact() {
        return Ok(n.compact_value().to_string());
    }
    match num::digits::to_decimal_checked(n.magnitude(), max_str_digits()) {
        Ok(text) if n.is_negative() => Ok(format!("-{text}")),
        Ok(text) => Ok(text),
        Err(e) => raise!(ValueError, "{}", e.message()),
    }
}

/// The digits of a compact int, written backwards into a small array.
fn compact_decimal(n: isize, buffer: &mut [u8; 12]) -> &[u8] {
    let mut at = buffer.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    &buffer[at..]
}

/// `repr(n)`
pub fn int_repr(n: &PyLongObject) -> Result<Ref<PyUnicodeObject>> {
    if n.is_compact() {
        return Ok(str_::from_ascii(compact_decimal(
            n.compact_value(),
            &mut [0; 12],
        )));
    }
    if let Some(text) = pylong::to_decimal_string(n)? {
        return Ok(text);
    }
    Ok(str_::from_ascii(to_decimal(n)?.as_bytes()))
}

/// Text in base 2, 8 or 16 with its prefix, or in base 10.
pub fn to_text_prefixed(n: &PyLongObject, base: u32) -> Result<String> {
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => return to_decimal(n),
    };
    let sign = if n.is_negative() { "-" } else { "" };
    Ok(format!(
        "{sign}{prefix}{}",
        num::digits::to_radix(n.magnitude(), base)
    ))
}

/// As [`to_text_prefixed`], as a str.
pub fn to_base(n: &PyLongObject, base: u32) -> Result {
    Ok(str_::from_ascii(to_text_prefixed(n, base)?.as_bytes()).into_obj())
}

// ---- Parsing ----

/// The text as ASCII for the numeric parsers: decimal digits of any script become ASCII digits, any space a space, and
/// what remains a character that no number has.
pub fn to_ascii_digits(s: &PyUnicodeObject) -> Cow<'_, [u8]> {
    match s.data() {
        StrData::Latin1(bytes) if s.is_ascii() => Cow::Borrowed(bytes),
        _ => Cow::Owned(s.chars().map(ascii_digit).collect()),
    }
}

fn ascii_digit(c: u32) -> u8 {
    match c {
        0..=0x7f => c as u8,
        _ if ::text::chars::is_space(c) => b' ',
        _ => ::text::chars::decimal_value(c).map_or(b'?', |d| b'0' + d as u8),
    }
}

/// The int that a text spells in a base, which is 0 or 2 to 36.
pub fn from_text(s: &PyUnicodeObject, base: u32) -> Result<Ref<PyLongObject>> {
    parse(&to_ascii_digits(s), base, || s.as_obj().new_ref())
}

/// The int that ASCII bytes spell.
pub fn from_byte_text(bytes: &[u8], base: u32) -> Result<Ref<PyLongObject>> {
    parse(bytes, base, || bytes::new(bytes).into_obj())
}

fn parse(ascii: &[u8], base: u32, shown: impl FnOnce() -> Ref) -> Result<Ref<PyLongObject>> {
    match num::digits::parse_int(ascii, base, max_str_digits()) {
        Ok((negative, digits)) => match pylong::from_string(ascii, base)? {
            Some(n) => Ok(n),
            None => try_from_digits(negative, &digits),
        },
        Err(num::digits::ParseError::TooManyDigits { limit, digits }) => {
            raise!(
                ValueError,
                "{}",
                num::digits::ParseError::too_many_digits(limit, digits)
            )
        }
        Err(num::digits::ParseError::Invalid) => Err(invalid_literal(base, &shown())),
    }
}

#[cold]
fn invalid_literal(base: u32, shown: &Obj) -> Raised {
    match shortened_repr(shown) {
        Ok(repr) => err::new(
            &exc::ValueError,
            format_args!("invalid literal for int() with base {base}: {repr}"),
        ),
        Err(raised) => raised,
    }
}

/// The first 200 characters of `repr(o)`, as messages show input that may be long.
pub fn shortened_repr(o: &Obj) -> Result<String> {
    let repr = crate::protocol::object::repr(o)?;
    Ok(str_::to_string_lossy(&repr).chars().take(200).collect())
}
