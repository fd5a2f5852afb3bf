//! Numbers as text: reading them, and both notations.

use core::fmt::Write as _;

use crate::coeff::Coeff;
use crate::value::{Dec, Kind};

/// How exponents are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notation {
    Scientific,
    Engineering,
}

/// Exponents beyond this are as good as this.
const FAR: i64 = 4_000_000_000_000_000_000;

impl Dec {
    /// The number that ASCII text spells; nothing if it spells none.
    pub fn parse(text: &[u8]) -> Option<Dec> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        match rest.first()? {
            b'0'..=b'9' | b'.' => parse_finite(negative, rest),
            _ => parse_special(negative, rest),
        }
    }
}

fn parse_special(negative: bool, text: &[u8]) -> Option<Dec> {
    let lower = text.to_ascii_lowercase();
    if lower == b"inf" || lower == b"infinity" {
        return Some(Dec::infinity(negative));
    }
    let (kind, payload) = match lower.strip_prefix(b"snan") {
        Some(payload) => (Kind::SignalingNan, payload),
        None => (Kind::Nan, lower.strip_prefix(b"nan")?),
    };
    if !payload.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let coeff = Coeff::from_ascii(payload);
    Some(Dec {
        negative,
        kind,
        exp: 0,
        coeff,
    })
}

fn parse_finite(negative: bool, text: &[u8]) -> Option<Dec> {
    let end = text
        .iter()
        .position(|c| matches!(c, b'e' | b'E'))
        .unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(end);
    let mut digits = Vec::with_capacity(mantissa.len());
    let mut places = None;
    for &c in mantissa {
        match c {
            b'0'..=b'9' => digits.push(c),
            b'.' if places.is_none() => places = Some(digits.len()),
            _ => return None,
        }
    }
    if digits.is_empty() {
        return None;
    }
    let fraction = places.map_or(0, |start| digits.len() - start) as i64;
    let exp = match exponent {
        [] => 0,
        [_, rest @ ..] => parse_exponent(rest)?,
    };
    Some(Dec::finite(
        negative,
        Coeff::from_ascii(&digits),
        exp - fraction,
    ))
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |n, d| {
        n.saturating_mul(10)
            .saturating_add(i64::from(d - b'0'))
            .min(FAR)
    });
    Some(if negative { -value } else { value })
}

impl Dec {
    /// The number as the specification writes it.
    pub fn to_text(&self, notation: Notation, capitals: bool) -> String {
        let mut out = String::new();
        if self.negative {
            out.push('-');
        }
        match self.kind {
            Kind::Infinite => out.push_str("Infinity"),
            Kind::Nan | Kind::SignalingNan => {
                out.push_str(if self.is_signaling() { "sNaN" } else { "NaN" });
                if !self.coeff.is_zero() {
                    let _ = write!(out, "{}", self.coeff);
                }
            }
            Kind::Finite => self.write_finite(&mut out, notation, capitals),
        }
        out
    }

    fn write_finite(&self, out: &mut String, notation: Notation, capitals: bool) {
        let digits = self.coeff.to_string();
        let left = self.exp + digits.len() as i64;
        // How many digits stand before the point.
        let point = if self.exp <= 0 && left > -6 {
            left
        } else if notation == Notation::Scientific {
            1
        } else if self.coeff.is_zero() {
            (left + 1).rem_euclid(3) - 1
        } else {
            (left - 1).rem_euclid(3) + 1
        };
        let len = digits.len() as i64;
        if point <= 0 {
            out.push_str("0.");
            out.extend(core::iter::repeat_n('0', point.unsigned_abs() as usize));
            out.push_str(&digits);
        } else if point >= len {
            out.push_str(&digits);
            out.extend(core::iter::repeat_n('0', (point - len) as usize));
        } else {
            let (whole, fraction) = digits.split_at(point as usize);
            let _ = write!(out, "{whole}.{fraction}");
        }
        if left != point {
            let e = if capitals { 'E' } else { 'e' };
            let _ = write!(out, "{e}{:+}", left - point);
        }
    }
}
