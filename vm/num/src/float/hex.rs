//! `float.hex` and `float.fromhex`.

use super::{frexp, ldexp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// ValueError
    Invalid,
    /// ValueError
    TooLong,
    /// OverflowError
    TooLarge,
}

impl HexError {
    pub fn message(self) -> &'static str {
        match self {
            Self::Invalid => "invalid hexadecimal floating-point string",
            Self::TooLong => "hexadecimal string too long to convert",
            Self::TooLarge => "hexadecimal value too large to represent as a float",
        }
    }
}

pub fn hex(value: f64) -> String {
    if !value.is_finite() {
        return super::repr(value);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (lead, exponent) = match (bits >> 52) & 0x7ff {
        0 => (0, -1022),
        biased => (1, biased as i32 - 1023),
    };
    format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")
}

/// Reads the text of `float.fromhex`, white space around it allowed.
pub fn from_hex(text: &[u8]) -> Result<f64, HexError> {
    let text = crate::digits::trim_space(text);
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let value = match super::parse::special(rest) {
        Some(value) => value,
        None => finite(rest)?,
    };
    Ok(if negative { -value } else { value })
}

fn finite(text: &[u8]) -> Result<f64, HexError> {
    let body = text
        .strip_prefix(b"0x")
        .or_else(|| text.strip_prefix(b"0X"))
        .unwrap_or(text);
    let digits = |text: &[u8]| {
        text.iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count()
    };
    let (whole, mut rest) = body.split_at(digits(body));
    let mut fraction: &[u8] = b"";
    if let Some(after) = rest.strip_prefix(b".") {
        (fraction, rest) = after.split_at(digits(after));
    }
    if whole.is_empty() && fraction.is_empty() {
        return Err(HexError::Invalid);
    }
    let exponent = match rest {
        [] => 0,
        [b'p' | b'P', rest @ ..] => exponent(rest)?,
        _ => return Err(HexError::Invalid),
    };
    if body.len() > i64::MAX as usize / 8 {
        return Err(HexError::TooLong);
    }
    round(whole, fraction, exponent)
}

fn exponent(text: &[u8]) -> Result<i64, HexError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(HexError::Invalid);
    }
    let value = digits.iter().fold(0i64, |value, byte| {
        value
            .saturating_mul(10)
            .saturating_add(i64::from(byte - b'0'))
            .min(i64::MAX / 4)
    });
    Ok(if negative { -value } else { value })
}

/// The 60 leading bits and a sticky one are rounded by hand, once, at the result's precision.
fn round(whole: &[u8], fraction: &[u8], exponent: i64) -> Result<f64, HexError> {
    let mut exponent = exponent - 4 * fraction.len() as i64;
    let (mut mantissa, mut sticky) = (0u64, false);
    for &byte in whole.iter().chain(fraction) {
        let digit = (byte as char).to_digit(16).unwrap_or(0);
        if mantissa >> 56 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
        } else {
            sticky |= digit != 0;
            exponent += 4;
        }
    }
    if mantissa == 0 {
        return Ok(0.0);
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    let top = bits + exponent;
    if top > 1024 {
        return Err(HexError::TooLarge);
    }
    if top < -1074 {
        return Ok(0.0);
    }
    // The lowest bit of the result stands at 2**-1074 or 52 below its top.
    let drop = (top - 53).max(-1074) - exponent;
    if drop > 0 {
        let half = 1u64 << (drop - 1);
        let low = mantissa & (2 * half - 1);
        mantissa >>= drop;
        if low > half || low == half && (sticky || mantissa & 1 != 0) {
            mantissa += 1;
        }
        exponent += drop;
    }
    let value = ldexp(mantissa as f64, exponent as i32);
    if value.is_finite() {
        Ok(value)
    } else {
        Err(HexError::TooLarge)
    }
}

/// `float.as_integer_ratio`: an odd or unscaled integer and the power of two to multiply it by.
pub fn integer_ratio(value: f64) -> (i64, i32) {
    let (mantissa, exponent) = frexp(value);
    let scaled = (mantissa * (1u64 << 53) as f64) as i64;
    if scaled == 0 {
        return (0, 0);
    }
    let zeros = scaled.trailing_zeros();
    (scaled >> zeros, exponent - 53 + zeros as i32)
}
