//! Bitwise and, or, xor of signed magnitudes, as if in two's complement of unlimited width.

use super::{Digits, MASK, SHIFT};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bitwise {
    And,
    Or,
    Xor,
}

/// The two's complement digits of a signed magnitude, sign-extended without end.
struct Complement<'a> {
    digits: std::slice::Iter<'a, u32>,
    invert: u32,
    carry: u32,
}

impl<'a> Complement<'a> {
    fn new(negative: bool, digits: &'a [u32]) -> Self {
        Self {
            digits: digits.iter(),
            invert: if negative { MASK } else { 0 },
            carry: u32::from(negative),
        }
    }

    #[inline]
    fn next(&mut self) -> u32 {
        let digit = (self.digits.next().copied().unwrap_or(0) ^ self.invert) + self.carry;
        self.carry = digit >> SHIFT;
        digit & MASK
    }
}

/// Writes the magnitude; `out` is at least one digit longer than the longer operand. Returns the
/// result's sign and its number of significant digits.
pub fn bitwise_into(
    out: &mut [u32],
    op: Bitwise,
    (a_negative, a): (bool, &[u32]),
    (b_negative, b): (bool, &[u32]),
) -> (bool, usize) {
    match op {
        Bitwise::And => apply(
            out,
            (a_negative, a),
            (b_negative, b),
            a_negative & b_negative,
            |x, y| x & y,
        ),
        Bitwise::Or => apply(
            out,
            (a_negative, a),
            (b_negative, b),
            a_negative | b_negative,
            |x, y| x | y,
        ),
        Bitwise::Xor => apply(
            out,
            (a_negative, a),
            (b_negative, b),
            a_negative ^ b_negative,
            |x, y| x ^ y,
        ),
    }
}

#[inline]
fn apply(
    out: &mut [u32],
    a: (bool, &[u32]),
    b: (bool, &[u32]),
    negative: bool,
    op: impl Fn(u32, u32) -> u32,
) -> (bool, usize) {
    let out = &mut out[..a.1.len().max(b.1.len()) + 1];
    let mut a = Complement::new(a.0, a.1);
    let mut b = Complement::new(b.0, b.1);
    let (invert, mut carry) = if negative { (MASK, 1) } else { (0, 0) };
    for o in out.iter_mut() {
        let digit = (op(a.next(), b.next()) ^ invert) + carry;
        *o = digit & MASK;
        carry = digit >> SHIFT;
    }
    (negative, super::trim(out).len())
}

/// The result's sign and magnitude.
pub fn bitwise(op: Bitwise, a: (bool, &[u32]), b: (bool, &[u32])) -> (bool, Digits) {
    let mut out = Digits::zeroed(a.1.len().max(b.1.len()) + 1);
    let (negative, len) = bitwise_into(&mut out, op, a, b);
    out.truncate(len);
    (negative, out)
}
