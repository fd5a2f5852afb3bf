//! Floats to text: what `PyOS_double_to_string` does, for `repr`, `format` and `%`.
//!
//! A number is first its significant decimal digits and the place of its point, found exactly;
//! the codes differ only in how many digits they ask for and how they lay them out.

use std::fmt::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// `e`: one digit, point, `precision` digits, exponent.
    Exponent,
    /// `f`: `precision` digits after the point.
    Fixed,
    /// `g`: `precision` significant digits, laid out as `Exponent` or `Fixed` by magnitude.
    General,
    /// `r`: as few digits as tell the float from all others.
    Repr,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// A plus sign before positive numbers.
    pub sign: bool,
    /// `.0` after what would look like an integer.
    pub add_dot_0: bool,
    /// `#`: the point stays, and with `g` trailing zeros do.
    pub alternate: bool,
    /// `z`: what rounds to zero has no minus sign.
    pub no_negative_zero: bool,
    /// `E`, `INF`, `NAN`.
    pub upper: bool,
}

/// Past this many digits after the point (or after the first), all are zeros.
const EXACT_DIGITS: usize = 1100;

/// Significant digits `d1 d2 d3...` of the number `0.d1d2d3... * 10**point`.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    /// From the standard library's `d.ddde-x`.
    fn from_scientific(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits = mantissa.bytes().filter(|&byte| byte != b'.').collect();
        Self {
            digits,
            point: exponent.parse().unwrap_or(0) + 1,
        }
    }

    fn shortest(value: f64) -> Self {
        let mut text = Stack::default();
        // A `Stack` holds the longest shortest form.
        let _ = write!(text, "{value:e}");
        Self::from_scientific(text.as_str())
    }

    fn significant(value: f64, count: usize) -> Self {
        let exact = count.saturating_sub(1).min(EXACT_DIGITS);
        let mut decimal = Self::from_scientific(&format!("{value:.exact$e}"));
        decimal.digits.resize(count.max(1), b'0');
        decimal
    }

    fn fixed(value: f64, decimals: usize) -> Self {
        let exact = decimals.min(EXACT_DIGITS);
        let text = format!("{value:.exact$}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.trim_start_matches('0');
        let mut digits = Vec::with_capacity(whole.len() + decimals);
        digits.extend_from_slice(whole.as_bytes());
        digits.extend_from_slice(fraction.as_bytes());
        digits.resize(whole.len() + decimals, b'0');
        Self {
            digits,
            point: whole.len() as i32,
        }
    }

    fn strip_zeros(&mut self) {
        let kept = self
            .digits
            .iter()
            .rposition(|&digit| digit != b'0')
            .map_or(0, |at| at + 1);
        self.digits.truncate(kept.max(1));
    }
}

#[derive(Default)]
struct Stack {
    bytes: [u8; 32],
    len: usize,
}

impl Stack {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or("0e0")
    }
}

impl Write for Stack {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// `repr(value)`.
pub fn repr(value: f64) -> String {
    format(
        value,
        Code::Repr,
        0,
        Flags {
            add_dot_0: true,
            ..Flags::default()
        },
    )
}

/// The largest precision that a caller may ask for: beyond it CPython fears for the size of its buffer.
pub const MAX_PRECISION: usize = i32::MAX as usize - 1024;

/// `value` under a code; `precision` is ignored by `Repr`.
pub fn format(value: f64, code: Code, precision: usize, flags: Flags) -> String {
    if value.is_nan() {
        return if flags.upper { "NAN" } else { "nan" }.into();
    }
    let magnitude = value.abs();
    let mut negative = value.is_sign_negative();
    if magnitude.is_infinite() {
        let sign = sign(negative, flags);
        return format!("{sign}{}", if flags.upper { "INF" } else { "inf" });
    }

    let precision = if code == Code::General {
        precision.max(1)
    } else {
        precision
    };
    let mut decimal = match code {
        Code::Exponent => Decimal::significant(magnitude, precision.saturating_add(1)),
        Code::Fixed => Decimal::fixed(magnitude, precision),
        Code::General => Decimal::significant(magnitude, precision),
        Code::Repr => Decimal::shortest(magnitude),
    };
    if magnitude == 0.0 && code != Code::Fixed {
        decimal.point = 1;
    }
    if flags.no_negative_zero && decimal.digits.iter().all(|&digit| digit == b'0') {
        negative = false;
    }
    let point = decimal.point;
    let exponential = match code {
        Code::Exponent => true,
        Code::Fixed => false,
        Code::General => {
            let most = precision - usize::from(flags.add_dot_0);
            point <= -4 || point > most.min(i32::MAX as usize) as i32
        }
        Code::Repr => point <= -4 || point > 16,
    };
    if code == Code::General && !flags.alternate {
        decimal.strip_zeros();
    }

    let mut out = String::with_capacity(decimal.digits.len() + 8);
    out.push_str(sign(negative, flags));
    let digits = std::str::from_utf8(&decimal.digits).unwrap_or_default();
    if exponential {
        out.push_str(&digits[..1]);
        if digits.len() > 1 || flags.alternate {
            out.push('.');
            out.push_str(&digits[1..]);
        }
        let e = if flags.upper { 'E' } else { 'e' };
        let _ = write!(out, "{e}{:+03}", point - 1);
        return out;
    }
    place_point(&mut out, digits, point);
    if out.ends_with('.') && !flags.alternate {
        out.pop();
        if flags.add_dot_0 {
            out.push_str(".0");
        }
    } else if out.ends_with('.') && flags.add_dot_0 {
        out.push('0');
    }
    out
}

/// Writes `0.digits * 10**point` without an exponent, always with its point.
fn place_point(out: &mut String, digits: &str, point: i32) {
    if point <= 0 {
        out.push_str("0.");
        // `Fixed` keeps its leading zeros as digits, so here they are few.
        (point..0).for_each(|_| out.push('0'));
        out.push_str(digits);
        return;
    }
    let point = point as usize;
    if point >= digits.len() {
        out.push_str(digits);
        (digits.len()..point).for_each(|_| out.push('0'));
        out.push('.');
    } else {
        out.push_str(&digits[..point]);
        out.push('.');
        out.push_str(&digits[point..]);
    }
}

fn sign(negative: bool, flags: Flags) -> &'static str {
    match (negative, flags.sign) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    }
}
