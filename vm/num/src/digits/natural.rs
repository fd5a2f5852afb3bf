//! The bridge to malachite: 30-bit digits to 64-bit limbs and back, in linear time.

use super::{Digits, MASK, SHIFT, trim};
use malachite_nz::natural::Natural;

pub fn to_natural(digits: &[u32]) -> Natural {
    let digits = trim(digits);
    let mut limbs = Vec::with_capacity(digits.len() * SHIFT as usize / 64 + 1);
    let (mut acc, mut bits) = (0u128, 0);
    for &digit in digits {
        acc |= u128::from(digit) << bits;
        bits += SHIFT;
        if bits >= 64 {
            limbs.push(acc as u64);
            acc >>= 64;
            bits -= 64;
        }
    }
    if bits > 0 {
        limbs.push(acc as u64);
    }
    Natural::from_owned_limbs_asc(limbs)
}

pub fn from_natural(value: Natural) -> Digits {
    let limbs = value.into_limbs_asc();
    let mut digits = Vec::with_capacity((limbs.len() * 64).div_ceil(SHIFT as usize));
    let (mut acc, mut bits) = (0u128, 0);
    for limb in limbs {
        acc |= u128::from(limb) << bits;
        bits += 64;
        while bits >= SHIFT {
            digits.push(acc as u32 & MASK);
            acc >>= SHIFT;
            bits -= SHIFT;
        }
    }
    digits.push(acc as u32);
    Digits::from(digits)
}
