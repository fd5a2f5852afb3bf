//! Magnitudes to and from floats, always correctly rounded (half to even).

use super::{Digits, SHIFT, bit_length, cmp, divrem, from_u128, shl, shr, to_u64, trim};
use crate::float::ldexp;
use std::cmp::Ordering;

const MANTISSA_BITS: u64 = 53;

/// The top 64 bits (fewer if the value has fewer), the last one sticky, and the number of bits
/// below them.
fn top(digits: &[u32]) -> (u64, u64) {
    if let Some(value) = to_u64(digits) {
        return (value, 0);
    }
    let below = bit_length(digits) - 64;
    let (high, lost) = shr(digits, below);
    (super::low_u64(&high) | u64::from(lost), below)
}

/// The nearest float, or `None` above the largest.
#[inline]
pub fn to_f64(digits: &[u32]) -> Option<f64> {
    let (high, below) = top(digits);
    if below == 0 {
        return Some(high as f64);
    }
    if below > 1024 {
        return None;
    }
    let value = ldexp(high as f64, below as i32);
    value.is_finite().then_some(value)
}

/// Mantissa in [0.5, 1) and exponent; (0, 0) for zero. The mantissa is rounded half to even.
pub fn frexp(digits: &[u32]) -> (f64, i64) {
    let bits = bit_length(digits);
    if bits == 0 {
        return (0.0, 0);
    }
    let (high, below) = top(digits);
    let exponent = (bits - below) as i32;
    let mantissa = ldexp(high as f64, -exponent);
    if mantissa == 1.0 {
        (0.5, bits as i64 + 1)
    } else {
        (mantissa, bits as i64)
    }
}

/// The integral part of a finite float's absolute value.
pub fn from_f64(value: f64) -> Digits {
    let bits = value.abs().to_bits();
    let exponent = (bits >> 52) as i32 - 1075;
    if exponent < -52 {
        return Digits::new();
    }
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    if exponent <= 0 {
        super::from_u64(mantissa >> -exponent)
    } else if exponent <= 64 {
        from_u128(u128::from(mantissa) << exponent)
    } else {
        shl(&super::from_u64(mantissa), exponent as u64)
    }
}

/// The float nearest to the quotient, or `None` above the largest; the divisor is not zero.
pub fn true_divide(a: &[u32], b: &[u32]) -> Option<f64> {
    const EXACT: u64 = 1 << MANTISSA_BITS;
    let (a, b) = (trim(a), trim(b));
    match (to_u64(a), to_u64(b)) {
        (Some(0), _) => return Some(0.0),
        (Some(x), Some(y)) if x <= EXACT && y <= EXACT => return Some(x as f64 / y as f64),
        _ => {}
    }
    // A quotient of 55 or 56 bits and a sticky bit suffice; results below the normal range
    // have fewer bits to keep, so their quotient is computed at the subnormal's own scale.
    let diff = bit_length(a) as i64 - bit_length(b) as i64;
    if diff > 1024 {
        return None;
    }
    if diff < -1076 - i64::from(SHIFT) {
        return Some(0.0);
    }
    let shift = diff.max(-1021) - MANTISSA_BITS as i64 - 2;
    let (quotient, sticky) = if shift <= 0 {
        let (quotient, rest) = divrem(&shl(a, -shift as u64), b);
        (quotient, !rest.is_empty())
    } else {
        let (quotient, rest) = divrem(a, &shl(b, shift as u64));
        (quotient, !rest.is_empty())
    };
    let bits = bit_length(&quotient) as i64;
    let mut x = to_u64(&quotient)? | u64::from(sticky);
    let extra = bits.max(-1021 - shift) - MANTISSA_BITS as i64;
    let half = 1u64 << (extra - 1);
    if x & half != 0 && x & (3 * half - 1) != 0 {
        x += half;
    }
    x &= !(2 * half - 1);
    let value = ldexp(x as f64, shift as i32);
    value.is_finite().then_some(value)
}

/// Orders a magnitude against a non-negative float that is not NaN, exactly.
pub fn cmp_f64(digits: &[u32], value: f64) -> Ordering {
    if value.is_infinite() {
        return Ordering::Less;
    }
    cmp(digits, &from_f64(value)).then(if value.fract() != 0.0 {
        Ordering::Less
    } else {
        Ordering::Equal
    })
}
