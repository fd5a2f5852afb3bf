//! Shifts of magnitudes.

use super::{Digits, MASK, SHIFT, trim};

/// Writes `a << n`; `out` holds at least `a.len() + n / 30 + 1` digits. Returns the number of
/// significant digits.
pub fn shl_into(out: &mut [u32], a: &[u32], n: u64) -> usize {
    let words = (n / u64::from(SHIFT)) as usize;
    let bits = (n % u64::from(SHIFT)) as u32;
    out[..words].fill(0);
    let mut carry = 0u64;
    for (o, &x) in out[words..].iter_mut().zip(a) {
        carry |= u64::from(x) << bits;
        *o = carry as u32 & MASK;
        carry >>= SHIFT;
    }
    out[words + a.len()] = carry as u32;
    trim(&out[..=words + a.len()]).len()
}

/// Writes `a >> n`, dropping the low bits; `out` is at least `a.len() - n / 30` digits long.
/// Returns the number of significant digits and whether a dropped bit was set.
pub fn shr_into(out: &mut [u32], a: &[u32], n: u64) -> (usize, bool) {
    let words = (n / u64::from(SHIFT)) as usize;
    let bits = (n % u64::from(SHIFT)) as u32;
    if words >= a.len() {
        return (0, !super::is_zero(a));
    }
    let (dropped, kept) = a.split_at(words);
    let lost = !super::is_zero(dropped) || kept[0] & ((1 << bits) - 1) != 0;
    let mut rest = u64::from(kept[0]) >> bits;
    for (i, o) in out[..kept.len()].iter_mut().enumerate() {
        let next = kept.get(i + 1).copied().unwrap_or(0);
        rest |= u64::from(next) << (SHIFT - bits);
        *o = rest as u32 & MASK;
        rest >>= SHIFT;
    }
    (trim(&out[..kept.len()]).len(), lost)
}

pub fn shl(a: &[u32], n: u64) -> Digits {
    let a = trim(a);
    if a.is_empty() {
        return Digits::new();
    }
    let mut out = Digits::zeroed(a.len() + (n / u64::from(SHIFT)) as usize + 1);
    let len = shl_into(&mut out, a, n);
    out.truncate(len);
    out
}

/// `a >> n`, and whether a dropped bit was set.
pub fn shr(a: &[u32], n: u64) -> (Digits, bool) {
    let a = trim(a);
    let words = (n / u64::from(SHIFT)).min(a.len() as u64) as usize;
    let mut out = Digits::zeroed(a.len() - words);
    let (len, lost) = shr_into(&mut out, a, n);
    out.truncate(len);
    (out, lost)
}
