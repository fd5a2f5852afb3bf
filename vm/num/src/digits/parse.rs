//! Text to magnitudes, and the grammar of `int(text, base)`.

use super::mul::mul_add_small;
use super::natural::from_natural;
use super::show::LIMIT_FLOOR;
use super::{Digits, MASK, SHIFT, from_u64};
use malachite_base::num::conversion::traits::FromStringBase;
use malachite_nz::natural::Natural;

/// Characters from which malachite's conversion pays.
const THRESHOLD: usize = 150;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// ValueError: invalid literal for int() with base ...
    Invalid,
    /// ValueError, whose text is `ParseError::too_many_digits`.
    TooManyDigits { limit: usize, digits: usize },
}

impl ParseError {
    /// The text of the ValueError for a literal over the limit.
    pub fn too_many_digits(limit: usize, digits: usize) -> String {
        format!(
            "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; \
             use sys.set_int_max_str_digits() to increase the limit"
        )
    }
}

fn digit_value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'a'..=b'z' => u32::from(byte - b'a') + 10,
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 37,
    }
}

/// The value of digits in a base from 2 to 36, with nothing else between them.
pub fn parse(text: &[u8], base: u32) -> Option<Digits> {
    if text.is_empty() || text.iter().any(|&byte| digit_value(byte) >= base) {
        return None;
    }
    Some(parse_valid(text, base))
}

fn parse_valid(text: &[u8], base: u32) -> Digits {
    // Twelve digits of base 36 fit 64 bits, and so do as many of any other base.
    if text.len() <= 12 {
        let value = text.iter().fold(0u64, |value, &byte| {
            value * u64::from(base) + u64::from(digit_value(byte))
        });
        return from_u64(value);
    }
    if base.is_power_of_two() {
        return parse_binary(text, base.trailing_zeros());
    }
    if text.len() >= THRESHOLD
        && let Ok(text) = std::str::from_utf8(text)
        && let Some(value) = Natural::from_string_base(base as u8, text)
    {
        return from_natural(value);
    }
    parse_simple(text, base)
}

/// Quadratic in the number of digits.
pub(super) fn parse_simple(text: &[u8], base: u32) -> Digits {
    let mut each = 1;
    let mut factor = base;
    while u64::from(factor) * u64::from(base) <= u64::from(MASK) {
        factor *= base;
        each += 1;
    }
    let mut digits = Vec::with_capacity(text.len() / 5);
    let (head, tail) = text.split_at(text.len() % each);
    for chunk in std::iter::once(head).chain(tail.chunks(each)) {
        let value = chunk
            .iter()
            .fold(0, |value, &byte| value * base + digit_value(byte));
        mul_add_small(&mut digits, factor, value);
    }
    Digits::from(digits)
}

fn parse_binary(text: &[u8], bits_each: u32) -> Digits {
    let mut digits = Vec::with_capacity(text.len() * bits_each as usize / SHIFT as usize + 1);
    let (mut acc, mut bits) = (0u64, 0);
    for &byte in text.iter().rev() {
        acc |= u64::from(digit_value(byte)) << bits;
        bits += bits_each;
        if bits >= SHIFT {
            digits.push(acc as u32 & MASK);
            acc >>= SHIFT;
            bits -= SHIFT;
        }
    }
    digits.push(acc as u32);
    Digits::from(digits)
}

/// Sign and magnitude of a literal as `int(text, base)` reads it: white space around, a sign, a
/// prefix where base 0 or the base itself allows one, single underscores between digits. `base`
/// is 0 or 2 to 36; `limit` is that of `sys.set_int_max_str_digits` (0: none).
pub fn parse_int(text: &[u8], base: u32, limit: usize) -> Result<(bool, Digits), ParseError> {
    let text = trim_space(text);
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (base, body, zero_only) = prefix(text, base);
    let mut digits = Vec::new();
    let body = if body.contains(&b'_') {
        let mut previous = b'_';
        for &byte in body {
            if byte == b'_' && previous == b'_' {
                return Err(ParseError::Invalid);
            }
            if byte != b'_' {
                digits.push(byte);
            }
            previous = byte;
        }
        if previous == b'_' {
            return Err(ParseError::Invalid);
        }
        &digits
    } else {
        body
    };
    if body.is_empty() || body.iter().any(|&byte| digit_value(byte) >= base) {
        return Err(ParseError::Invalid);
    }
    if !base.is_power_of_two() && limit > 0 && body.len() > LIMIT_FLOOR && body.len() > limit {
        return Err(ParseError::TooManyDigits {
            limit,
            digits: body.len(),
        });
    }
    let value = parse_valid(body, base);
    if zero_only && !value.is_empty() {
        return Err(ParseError::Invalid);
    }
    Ok((negative && !value.is_empty(), value))
}

/// The base to read in, the digits, and whether only zero may follow (base 0 refuses C's octals).
fn prefix(text: &[u8], base: u32) -> (u32, &[u8], bool) {
    let found = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    if found != 0 && (base == 0 || base == found) {
        let rest = &text[2..];
        return (found, rest.strip_prefix(b"_").unwrap_or(rest), false);
    }
    match base {
        0 => (10, text, text.first() == Some(&b'0')),
        _ => (base, text, false),
    }
}

pub(crate) fn trim_space(mut text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    while let [first, rest @ ..] = text
        && is_space(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(last)
    {
        text = rest;
    }
    text
}
