//! Signed integers of any size: sign and magnitude, with Python's semantics (division and shifts
//! round down, bit operations see two's complement).
//!
//! Invariant: a result that is zero is not negative. Serves the `int` type for operands that do
//! not fit a machine word, and `math`.

use crate::digits::{self, Bitwise, Digits, is_zero};
use std::cmp::Ordering;

/// A borrowed integer.
#[derive(Clone, Copy)]
pub struct Ref<'a> {
    pub negative: bool,
    pub digits: &'a [u32],
}

/// An owned integer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Int {
    pub negative: bool,
    pub digits: Digits,
}

impl<'a> Ref<'a> {
    #[inline]
    pub fn new(negative: bool, digits: &'a [u32]) -> Self {
        Self {
            negative,
            digits: digits::trim(digits),
        }
    }

    #[inline]
    pub fn is_zero(self) -> bool {
        is_zero(self.digits)
    }

    pub fn negate(self) -> Self {
        Self {
            negative: !self.negative && !self.is_zero(),
            ..self
        }
    }

    pub fn to_int(self) -> Int {
        Int::new(self.negative, self.digits.into())
    }

    pub fn to_i64(self) -> Option<i64> {
        self.to_i128().and_then(|value| value.try_into().ok())
    }

    pub fn to_u64(self) -> Option<u64> {
        if self.negative {
            None
        } else {
            digits::to_u64(self.digits)
        }
    }

    pub fn to_i128(self) -> Option<i128> {
        let magnitude = digits::to_u128(self.digits)?;
        if self.negative {
            0i128.checked_sub_unsigned(magnitude)
        } else {
            magnitude.try_into().ok()
        }
    }

    /// The nearest float, or `None` if it would be infinite.
    pub fn to_f64(self) -> Option<f64> {
        let value = digits::to_f64(self.digits)?;
        Some(if self.negative { -value } else { value })
    }

    /// Signed decimal text.
    pub fn to_decimal(self) -> String {
        let text = digits::to_decimal(self.digits);
        if self.negative {
            format!("-{text}")
        } else {
            text
        }
    }

    /// CPython's hash: the value modulo 2**61 - 1, and never -1.
    pub fn hash(self) -> i64 {
        crate::hash::hash_digits(self.negative, self.digits)
    }
}

impl Int {
    #[inline]
    pub fn new(negative: bool, digits: Digits) -> Self {
        Self {
            negative: negative && !is_zero(&digits),
            digits,
        }
    }

    #[inline]
    pub fn as_ref(&self) -> Ref<'_> {
        Ref {
            negative: self.negative,
            digits: &self.digits,
        }
    }

    /// The integral part of a finite float.
    pub fn from_f64(value: f64) -> Self {
        Self::new(value < 0.0, digits::from_f64(value))
    }

    pub fn from_i64(value: i64) -> Self {
        Self::new(value < 0, digits::from_u64(value.unsigned_abs()))
    }
}

impl From<i64> for Int {
    fn from(value: i64) -> Self {
        Self::from_i64(value)
    }
}

impl From<i128> for Int {
    fn from(value: i128) -> Self {
        Self::new(value < 0, digits::from_u128(value.unsigned_abs()))
    }
}

pub fn cmp(a: Ref, b: Ref) -> Ordering {
    match (a.negative, b.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => digits::cmp(a.digits, b.digits),
        (true, true) => digits::cmp(b.digits, a.digits),
    }
}

/// Orders an integer against a float that is not NaN, exactly.
pub fn cmp_f64(a: Ref, value: f64) -> Ordering {
    match (a.negative, value < 0.0) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => digits::cmp_f64(a.digits, value),
        (true, true) => digits::cmp_f64(a.digits, -value).reverse(),
    }
}

#[inline]
pub fn add(a: Ref, b: Ref) -> Int {
    if a.negative == b.negative {
        return Int::new(a.negative, digits::add(a.digits, b.digits));
    }
    match digits::cmp(a.digits, b.digits) {
        Ordering::Less => Int::new(b.negative, digits::sub(b.digits, a.digits)),
        Ordering::Equal => Int::default(),
        Ordering::Greater => Int::new(a.negative, digits::sub(a.digits, b.digits)),
    }
}

#[inline]
pub fn sub(a: Ref, b: Ref) -> Int {
    add(
        a,
        Ref {
            negative: !b.negative,
            ..b
        },
    )
}

#[inline]
pub fn mul(a: Ref, b: Ref) -> Int {
    let product = if std::ptr::eq(a.digits, b.digits) {
        digits::sqr(a.digits)
    } else {
        digits::mul(a.digits, b.digits)
    };
    Int::new(a.negative != b.negative, product)
}

/// Quotient rounded down, and the remainder with the divisor's sign.
///
/// # Panics
/// If `b` is zero, as the other divisions do.
pub fn divmod(a: Ref, b: Ref) -> (Int, Int) {
    let (quotient, remainder) = digits::divrem(a.digits, b.digits);
    if a.negative == b.negative || is_zero(&remainder) {
        return (
            Int::new(a.negative != b.negative, quotient),
            Int::new(b.negative, remainder),
        );
    }
    (
        Int::new(true, digits::add(&quotient, &[1])),
        Int::new(b.negative, digits::sub(b.digits, &remainder)),
    )
}

pub fn floordiv(a: Ref, b: Ref) -> Int {
    divmod(a, b).0
}

pub fn modulo(a: Ref, b: Ref) -> Int {
    let remainder = digits::rem(a.digits, b.digits);
    if a.negative == b.negative || is_zero(&remainder) {
        return Int::new(b.negative, remainder);
    }
    Int::new(b.negative, digits::sub(b.digits, &remainder))
}

/// Quotient rounded to nearest, half to even, and what remains of `a`.
pub fn divmod_near(a: Ref, b: Ref) -> (Int, Int) {
    let (mut quotient, mut remainder) = divmod(a, b);
    let twice = digits::shl(&remainder.digits, 1);
    let up = match digits::cmp(&twice, b.digits) {
        Ordering::Less => false,
        Ordering::Equal => quotient.digits.first().is_some_and(|low| low & 1 != 0),
        Ordering::Greater => true,
    };
    if up {
        quotient = add(quotient.as_ref(), Ref::new(false, &[1]));
        remainder = sub(remainder.as_ref(), b);
    }
    (quotient, remainder)
}

/// `round(a, -places)`, for `places` above zero: the nearest multiple of `10**places`.
pub fn round_to_ten(a: Ref, places: u64) -> Int {
    // Past twice the value, everything rounds to zero.
    if places > digits::bit_length(a.digits) {
        return Int::default();
    }
    let unit = digits::pow(&[10], places);
    let (_, rest) = divmod_near(a, Ref::new(false, &unit));
    sub(a, rest.as_ref())
}

/// `a / b`, or `None` if the result is too large for a float.
pub fn true_divide(a: Ref, b: Ref) -> Option<f64> {
    let value = digits::true_divide(a.digits, b.digits)?;
    Some(if a.negative != b.negative {
        -value
    } else {
        value
    })
}

pub fn bitwise(op: Bitwise, a: Ref, b: Ref) -> Int {
    let (negative, magnitude) = digits::bitwise(op, (a.negative, a.digits), (b.negative, b.digits));
    Int::new(negative, magnitude)
}

/// `~a`
pub fn invert(a: Ref) -> Int {
    sub(a.negate(), Ref::new(false, &[1]))
}

pub fn shl(a: Ref, count: u64) -> Int {
    Int::new(a.negative, digits::shl(a.digits, count))
}

/// `a >> count`, rounding down.
pub fn shr(a: Ref, count: u64) -> Int {
    let (magnitude, lost) = digits::shr(a.digits, count);
    if a.negative && lost {
        return Int::new(true, digits::add(&magnitude, &[1]));
    }
    Int::new(a.negative, magnitude)
}

pub fn pow(base: Ref, exponent: u64) -> Int {
    Int::new(
        base.negative && exponent & 1 != 0,
        digits::pow(base.digits, exponent),
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModPowError {
    ZeroModulus,
    NotInvertible,
}

impl ModPowError {
    /// The text of the ValueError.
    pub fn message(self) -> &'static str {
        match self {
            Self::ZeroModulus => "pow() 3rd argument cannot be 0",
            Self::NotInvertible => "base is not invertible for the given modulus",
        }
    }
}

/// `pow(base, exponent, modulus)`: the result has the modulus's sign.
pub fn mod_pow(base: Ref, exponent: Ref, modulus: Ref) -> Result<Int, ModPowError> {
    if modulus.is_zero() {
        return Err(ModPowError::ZeroModulus);
    }
    let positive = Ref {
        negative: false,
        ..modulus
    };
    let mut base = modulo(base, positive);
    if exponent.negative {
        let inverse = digits::mod_inverse(&base.digits, modulus.digits);
        base = Int::new(false, inverse.ok_or(ModPowError::NotInvertible)?);
    }
    let result = digits::mod_pow(&base.digits, exponent.digits, modulus.digits);
    if modulus.negative && !is_zero(&result) {
        return Ok(Int::new(true, digits::sub(modulus.digits, &result)));
    }
    Ok(Int::new(false, result))
}

pub fn gcd(a: Ref, b: Ref) -> Int {
    Int::new(false, digits::gcd(a.digits, b.digits))
}

pub fn lcm(a: Ref, b: Ref) -> Int {
    if a.is_zero() || b.is_zero() {
        return Int::default();
    }
    let (part, _) = digits::divrem(a.digits, &digits::gcd(a.digits, b.digits));
    Int::new(false, digits::mul(&part, b.digits))
}
