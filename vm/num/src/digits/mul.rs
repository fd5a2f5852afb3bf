//! Multiplication of magnitudes: schoolbook for short operands, malachite above.

use super::natural::{from_natural, to_natural};
use super::{Digits, MASK, SHIFT, trim};
use malachite_base::num::arithmetic::traits::Square;

/// Digits of the shorter operand from which conversion to malachite pays.
const MUL_THRESHOLD: usize = 20;
const SQR_THRESHOLD: usize = 28;

/// Writes `a * b` by the schoolbook method; `out` holds at least `a.len() + b.len()` digits.
/// Returns the number of significant digits.
#[inline]
pub fn mul_into(out: &mut [u32], a: &[u32], b: &[u32]) -> usize {
    let out = &mut out[..a.len() + b.len()];
    out.fill(0);
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0;
        let row = &mut out[i..];
        for (o, &y) in row.iter_mut().zip(b) {
            carry += u64::from(*o) + u64::from(x) * u64::from(y);
            *o = carry as u32 & MASK;
            carry >>= SHIFT;
        }
        row[b.len()] = carry as u32;
    }
    trim(out).len()
}

#[inline]
pub fn mul(a: &[u32], b: &[u32]) -> Digits {
    let (a, b) = (trim(a), trim(b));
    if a.len().min(b.len()) >= MUL_THRESHOLD {
        return mul_large(a, b);
    }
    let mut out = Digits::zeroed(a.len() + b.len());
    let len = mul_into(&mut out, a, b);
    out.truncate(len);
    out
}

#[cold]
fn mul_large(a: &[u32], b: &[u32]) -> Digits {
    from_natural(to_natural(a) * to_natural(b))
}

/// `a * a`, with the symmetric products computed once.
pub fn sqr(a: &[u32]) -> Digits {
    let a = trim(a);
    if a.len() >= SQR_THRESHOLD {
        return from_natural(to_natural(a).square());
    }
    sqr_simple(a)
}

pub(super) fn sqr_simple(a: &[u32]) -> Digits {
    let mut out = Digits::zeroed(2 * a.len());
    for (i, &x) in a.iter().enumerate() {
        let row = &mut out[2 * i..];
        let mut carry = u64::from(row[0]) + u64::from(x) * u64::from(x);
        row[0] = carry as u32 & MASK;
        carry >>= SHIFT;
        let twice = u64::from(x) << 1;
        let (mid, rest) = row[1..].split_at_mut(a.len() - i - 1);
        for (o, &y) in mid.iter_mut().zip(&a[i + 1..]) {
            carry += u64::from(*o) + twice * u64::from(y);
            *o = carry as u32 & MASK;
            carry >>= SHIFT;
        }
        for o in rest {
            if carry == 0 {
                break;
            }
            carry += u64::from(*o);
            *o = carry as u32 & MASK;
            carry >>= SHIFT;
        }
    }
    out.trim();
    out
}

/// `digits = digits * factor + addend`, for conversions from text.
pub(super) fn mul_add_small(digits: &mut Vec<u32>, factor: u32, addend: u32) {
    let mut carry = u64::from(addend);
    for digit in digits.iter_mut() {
        carry += u64::from(*digit) * u64::from(factor);
        *digit = carry as u32 & MASK;
        carry >>= SHIFT;
    }
    if carry != 0 {
        digits.push(carry as u32 & MASK);
        if carry >> SHIFT != 0 {
            digits.push((carry >> SHIFT) as u32);
        }
    }
}
