//! Addition and subtraction of magnitudes.

use super::{Digits, MASK, SHIFT, trim};

/// Writes `a + b`; `out` holds at least one digit more than the longer operand. Returns the
/// number of significant digits.
#[inline]
pub fn add_into(out: &mut [u32], a: &[u32], b: &[u32]) -> usize {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut carry = 0;
    for ((o, &x), &y) in out.iter_mut().zip(long).zip(short) {
        carry += x + y;
        *o = carry & MASK;
        carry >>= SHIFT;
    }
    for (o, &x) in out[short.len()..].iter_mut().zip(&long[short.len()..]) {
        carry += x;
        *o = carry & MASK;
        carry >>= SHIFT;
    }
    out[long.len()] = carry;
    trim(&out[..=long.len()]).len()
}

/// Writes `a - b`, where `a >= b`; `out` is at least as long as both. Returns the number of
/// significant digits.
#[inline]
pub fn sub_into(out: &mut [u32], a: &[u32], b: &[u32]) -> usize {
    let a = trim(a);
    let b = trim(b);
    let mut borrow = 0u32;
    for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
        borrow = x.wrapping_sub(y).wrapping_sub(borrow);
        *o = borrow & MASK;
        borrow >>= 31;
    }
    for (o, &x) in out[b.len()..].iter_mut().zip(&a[b.len()..]) {
        borrow = x.wrapping_sub(borrow);
        *o = borrow & MASK;
        borrow >>= 31;
    }
    debug_assert_eq!(borrow, 0, "subtraction below zero");
    trim(&out[..a.len()]).len()
}

#[inline]
pub fn add(a: &[u32], b: &[u32]) -> Digits {
    let mut out = Digits::zeroed(a.len().max(b.len()) + 1);
    let len = add_into(&mut out, a, b);
    out.truncate(len);
    out
}

/// `a - b`, where `a >= b`.
#[inline]
pub fn sub(a: &[u32], b: &[u32]) -> Digits {
    let mut out = Digits::zeroed(a.len().max(b.len()));
    let len = sub_into(&mut out, a, b);
    out.truncate(len);
    out
}
