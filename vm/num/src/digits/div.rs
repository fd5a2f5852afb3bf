//! Division of magnitudes, rounding down: by one digit, by Knuth's algorithm D, or by malachite.

use super::natural::{from_natural, to_natural};
use super::{BASE, Digits, MASK, SHIFT, cmp, from_u64, to_u64, trim};
use malachite_base::num::arithmetic::traits::DivMod;
use std::cmp::Ordering;

/// Digits of both divisor and quotient from which conversion to malachite pays.
const THRESHOLD: usize = 20;

/// Quotient and remainder.
///
/// # Panics
/// If `b` is zero.
#[inline]
pub fn divrem(a: &[u32], b: &[u32]) -> (Digits, Digits) {
    let (a, b) = (trim(a), trim(b));
    if let (Some(x), Some(y)) = (to_u64(a), to_u64(b)) {
        return (from_u64(x / y), from_u64(x % y));
    }
    if let [b] = *b {
        let mut quotient = Digits::from(a);
        let remainder = divrem_small(&mut quotient, b);
        quotient.trim();
        return (quotient, from_u64(u64::from(remainder)));
    }
    divrem_slow(a, b)
}

fn divrem_slow(a: &[u32], b: &[u32]) -> (Digits, Digits) {
    assert!(!b.is_empty(), "division by zero");
    if cmp(a, b) == Ordering::Less {
        return (Digits::new(), Digits::from(a));
    }
    if b.len().min(a.len() - b.len()) >= THRESHOLD {
        let (quotient, remainder) = to_natural(a).div_mod(to_natural(b));
        return (from_natural(quotient), from_natural(remainder));
    }
    knuth(a, b)
}

#[inline]
pub fn rem(a: &[u32], b: &[u32]) -> Digits {
    if let [b] = *trim(b) {
        return from_u64(u64::from(rem_small(a, b)));
    }
    divrem(a, b).1
}

/// Divides in place, returning the remainder.
pub fn divrem_small(digits: &mut [u32], divisor: u32) -> u32 {
    let mut rest = 0u64;
    for digit in digits.iter_mut().rev() {
        rest = rest << SHIFT | u64::from(*digit);
        *digit = (rest / u64::from(divisor)) as u32;
        rest %= u64::from(divisor);
    }
    rest as u32
}

pub fn rem_small(digits: &[u32], divisor: u32) -> u32 {
    digits.iter().rev().fold(0u64, |rest, &digit| {
        (rest << SHIFT | u64::from(digit)) % u64::from(divisor)
    }) as u32
}

/// Knuth's algorithm D; `b` has two digits or more and `a >= b`.
pub(super) fn knuth(a: &[u32], b: &[u32]) -> (Digits, Digits) {
    let n = b.len();
    let shift = b[n - 1].leading_zeros() - (32 - SHIFT);
    let mut v = Digits::zeroed(n);
    shift_left(&mut v, b, shift);
    let mut u = Digits::zeroed(a.len() + 1);
    let top = shift_left(&mut u[..a.len()], a, shift);
    u[a.len()] = top;

    let mut quotient = Digits::zeroed(a.len() + 1 - n);
    let (v1, v2) = (u64::from(v[n - 1]), u64::from(v[n - 2]));
    for j in (0..quotient.len()).rev() {
        let window = &mut u[j..=j + n];
        let head = u64::from(window[n]) << SHIFT | u64::from(window[n - 1]);
        let mut q = head / v1;
        let mut r = head % v1;
        while q >= u64::from(BASE) || q * v2 > (r << SHIFT | u64::from(window[n - 2])) {
            q -= 1;
            r += v1;
            if r >= u64::from(BASE) {
                break;
            }
        }
        let mut borrow = 0i64;
        for (x, &y) in window.iter_mut().zip(v.iter()) {
            borrow += i64::from(*x) - (q * u64::from(y)) as i64;
            *x = borrow as u32 & MASK;
            borrow >>= SHIFT;
        }
        borrow += i64::from(window[n]);
        window[n] = 0;
        if borrow < 0 {
            q -= 1;
            let mut carry = 0;
            for (x, &y) in window.iter_mut().zip(v.iter()) {
                carry += *x + y;
                *x = carry & MASK;
                carry >>= SHIFT;
            }
        }
        quotient[j] = q as u32;
    }
    quotient.trim();
    u.truncate(n);
    for i in 0..n {
        let high = if i + 1 < n { u[i + 1] } else { 0 };
        u[i] = (u64::from(u[i]) | u64::from(high) << SHIFT).wrapping_shr(shift) as u32 & MASK;
    }
    u.trim();
    (quotient, u)
}

/// Shifts by less than a digit into `out`, returning what leaves at the top.
fn shift_left(out: &mut [u32], a: &[u32], shift: u32) -> u32 {
    let mut carry = 0u64;
    for (o, &x) in out.iter_mut().zip(a) {
        carry |= u64::from(x) << shift;
        *o = carry as u32 & MASK;
        carry >>= SHIFT;
    }
    carry as u32
}
