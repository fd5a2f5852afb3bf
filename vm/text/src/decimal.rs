//! Text of numbers: decimal digits and white space of any script as ASCII, for `int`, `float`
//! and `complex`.

use crate::chars;
use crate::kinds::Str;
use std::borrow::Cow;

/// The text with each decimal digit as its ASCII digit and each white space as a space; anything
/// else that is not ASCII becomes a question mark, which no number has.
pub fn to_ascii(text: Str<'_>) -> Cow<'_, [u8]> {
    match text {
        Str::Latin1(units) if units.is_ascii() => Cow::Borrowed(units),
        _ => text.codes().map(ascii).collect(),
    }
}

fn ascii(code: u32) -> u8 {
    match u8::try_from(code) {
        Ok(byte) if byte.is_ascii() => byte,
        _ if chars::is_space(code) => b' ',
        _ => chars::decimal_value(code).map_or(b'?', |digit| b'0' + digit as u8),
    }
}
