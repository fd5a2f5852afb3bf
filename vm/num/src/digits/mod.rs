//! Magnitudes: unsigned integers as little-endian slices of 30-bit digits, the representation
//! that CPython's `int` objects hold.
//!
//! Invariant: every digit is below `BASE`; inputs may have leading zero digits, results have
//! none (zero is the empty slice). Small operands never allocate; operands above a measured
//! threshold go to malachite's sub-quadratic algorithms (see `natural`). Serves `int` and the
//! `int` type.

mod add;
mod bits;
mod buffer;
mod bytes;
mod div;
mod float;
mod mul;
mod natural;
mod parse;
mod power;
mod shift;
mod show;

pub use add::{add, add_into, sub, sub_into};
pub use bits::{Bitwise, bitwise, bitwise_into};
pub use buffer::Digits;
pub use bytes::{BytesError, from_bytes, to_bytes};
pub use div::{divrem, divrem_small, rem, rem_small};
pub use float::{cmp_f64, frexp, from_f64, to_f64, true_divide};
pub use mul::{mul, mul_into, sqr};
pub use natural::{from_natural, to_natural};
pub(crate) use parse::trim_space;
pub use parse::{ParseError, parse, parse_int};
pub use power::{gcd, isqrt, mod_inverse, mod_pow, pow};
pub use shift::{shl, shl_into, shr, shr_into};
pub use show::{TooManyDigits, to_decimal, to_decimal_checked, to_radix};

use std::cmp::Ordering;

pub const SHIFT: u32 = 30;
pub const BASE: u32 = 1 << SHIFT;
pub const MASK: u32 = BASE - 1;

/// The slice without its leading zero digits.
#[inline]
pub fn trim(digits: &[u32]) -> &[u32] {
    let mut len = digits.len();
    while len > 0 && digits[len - 1] == 0 {
        len -= 1;
    }
    &digits[..len]
}

#[inline]
pub fn is_zero(digits: &[u32]) -> bool {
    digits.iter().all(|&digit| digit == 0)
}

pub fn cmp(a: &[u32], b: &[u32]) -> Ordering {
    let (a, b) = (trim(a), trim(b));
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

#[inline]
pub fn bit_length(digits: &[u32]) -> u64 {
    match trim(digits) {
        [] => 0,
        [rest @ .., top] => {
            rest.len() as u64 * u64::from(SHIFT) + u64::from(32 - top.leading_zeros())
        }
    }
}

pub fn bit_count(digits: &[u32]) -> u64 {
    digits
        .iter()
        .map(|digit| u64::from(digit.count_ones()))
        .sum()
}

/// Number of low zero bits; 0 for zero.
pub fn trailing_zeros(digits: &[u32]) -> u64 {
    match digits.iter().position(|&digit| digit != 0) {
        None => 0,
        Some(at) => at as u64 * u64::from(SHIFT) + u64::from(digits[at].trailing_zeros()),
    }
}

pub fn from_u64(value: u64) -> Digits {
    from_u128(u128::from(value))
}

pub fn from_u128(value: u128) -> Digits {
    let mut out = Digits::zeroed(5);
    let mut rest = value;
    for digit in out.iter_mut() {
        *digit = rest as u32 & MASK;
        rest >>= SHIFT;
    }
    out.trim();
    out
}

/// The value, if it fits.
#[inline]
pub fn to_u64(digits: &[u32]) -> Option<u64> {
    match *trim(digits) {
        [] => Some(0),
        [a] => Some(u64::from(a)),
        [a, b] => Some(u64::from(a) | u64::from(b) << SHIFT),
        [a, b, c] if c < 16 => {
            Some(u64::from(a) | u64::from(b) << SHIFT | u64::from(c) << (2 * SHIFT))
        }
        _ => None,
    }
}

/// The value, if it fits.
pub fn to_u128(digits: &[u32]) -> Option<u128> {
    let digits = trim(digits);
    (bit_length(digits) <= 128).then(|| {
        digits
            .iter()
            .rev()
            .fold(0, |value, &digit| value << SHIFT | u128::from(digit))
    })
}

/// The low 64 bits, as C's unsigned conversions with wrap-around want them.
pub fn low_u64(digits: &[u32]) -> u64 {
    digits
        .iter()
        .take(3)
        .rev()
        .fold(0, |value, &digit| value << SHIFT | u64::from(digit))
}

#[cfg(test)]
mod thresholds;
