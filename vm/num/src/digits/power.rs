//! Powers, modular powers and inverses, greatest common divisor and integer square root.

use super::natural::{from_natural, to_natural};
use super::{Digits, bit_length, from_u64, from_u128, is_zero, rem, to_u64, trim};
use malachite_base::num::arithmetic::traits::{FloorSqrt, Gcd, ModInverse, ModPow, Pow};
use malachite_base::num::basic::traits::One;
use malachite_nz::natural::Natural;

pub fn pow(base: &[u32], exponent: u64) -> Digits {
    let base = trim(base);
    let bits = bit_length(base);
    if bits.saturating_mul(exponent) <= 128 {
        let base = super::to_u128(base).unwrap_or(0);
        return from_u128(base.pow(exponent.min(u64::from(u32::MAX)) as u32));
    }
    if bits == 1 {
        return from_u64(1);
    }
    let zeros = super::trailing_zeros(base);
    if zeros + 1 == bits {
        return super::shl(&[1], zeros * exponent);
    }
    from_natural(to_natural(base).pow(exponent))
}

/// `base ** exponent % modulus`.
///
/// # Panics
/// If `modulus` is zero.
pub fn mod_pow(base: &[u32], exponent: &[u32], modulus: &[u32]) -> Digits {
    let base = rem(base, modulus);
    if let Some(m) = to_u64(modulus) {
        return from_u64(mod_pow_small(to_u64(&base).unwrap_or(0), exponent, m));
    }
    // One bit is malachite's boundary case for a base of zero or one.
    if bit_length(exponent) == 0 {
        return from_u64(1);
    }
    from_natural(to_natural(&base).mod_pow(to_natural(exponent), to_natural(modulus)))
}

fn mod_pow_small(base: u64, exponent: &[u32], modulus: u64) -> u64 {
    let times = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64;
    let mut result = 1 % modulus;
    for bit in (0..bit_length(exponent)).rev() {
        result = times(result, result);
        if exponent[(bit / u64::from(super::SHIFT)) as usize] >> (bit % u64::from(super::SHIFT)) & 1
            != 0
        {
            result = times(result, base);
        }
    }
    result
}

/// The inverse of `value` modulo `modulus` (not zero), if there is one.
pub fn mod_inverse(value: &[u32], modulus: &[u32]) -> Option<Digits> {
    let modulus = to_natural(modulus);
    if modulus == Natural::ONE {
        return Some(Digits::new());
    }
    let value = to_natural(value) % &modulus;
    if value == 0 {
        return None;
    }
    value.mod_inverse(modulus).map(from_natural)
}

pub fn gcd(a: &[u32], b: &[u32]) -> Digits {
    if let (Some(mut x), Some(mut y)) = (to_u64(a), to_u64(b)) {
        while y != 0 {
            (x, y) = (y, x % y);
        }
        return from_u64(x);
    }
    if is_zero(a) {
        return Digits::from(b);
    }
    if is_zero(b) {
        return Digits::from(a);
    }
    from_natural(to_natural(a).gcd(to_natural(b)))
}

pub fn isqrt(value: &[u32]) -> Digits {
    match to_u64(value) {
        Some(small) => from_u64(small.isqrt()),
        None => from_natural(to_natural(value).floor_sqrt()),
    }
}
