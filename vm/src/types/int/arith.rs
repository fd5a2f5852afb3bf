//! Arithmetic and bit operations on ints, and the slots that offer them.

use core::cmp::Ordering;

use layout::*;
use num::digits::Bitwise;

use super::*;
use crate::err::raise;
use crate::types::{float, tuple};

/// Adds the operators to the type.
pub(super) fn define(b: &mut TypeBuilder) {
    b.nb_add(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(add(a, b))))
        .nb_subtract(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(subtract(a, b))))
        .nb_multiply(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(multiply(a, b))))
        .nb_remainder(|a: &Obj, b: &Obj| both(a, b, remainder))
        .nb_floor_divide(|a: &Obj, b: &Obj| both(a, b, floor_divide))
        .nb_divmod(int_divmod)
        .nb_true_divide(int_true_divide)
        .nb_power(int_power)
        .nb_negative(|n: &PyLongObject| Ok(negate(n)))
        .nb_positive(|n: &PyLongObject| Ok(as_exact(n)))
        .nb_absolute(|n: &PyLongObject| Ok(absolute(n)))
        .nb_bool(|n: &PyLongObject| Ok(!n.is_zero()))
        .nb_invert(|n: &PyLongObject| Ok(invert(n)))
        .nb_lshift(|a: &Obj, b: &Obj| both(a, b, lshift))
        .nb_rshift(|a: &Obj, b: &Obj| both(a, b, rshift))
        .nb_and(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(and(a, b))))
        .nb_xor(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(xor(a, b))))
        .nb_or(|a: &Obj, b: &Obj| both(a, b, |a, b| Ok(or(a, b))))
        .nb_int(|n: &PyLongObject| Ok(as_exact(n)))
        .nb_float(|n: &PyLongObject| n.to_f64())
        .nb_index(|n: &PyLongObject| Ok(as_exact(n)));
}

/// Computes if both operands are ints, and declines otherwise.
#[inline(always)]
fn both(
    a: &Obj,
    b: &Obj,
    f: impl FnOnce(&PyLongObject, &PyLongObject) -> Result<Ref<PyLongObject>>,
) -> Result {
    match (a.downcast(), b.downcast()) {
        (Some(a), Some(b)) => Ok(f(a, b)?.into_obj()),
        _ => Ok(not_implemented()),
    }
}

/// The values, if both ints have one digit.
#[inline(always)]
fn compact(a: &PyLongObject, b: &PyLongObject) -> Option<(i64, i64)> {
    if a.is_compact() && b.is_compact() {
        Some((a.compact_value() as i64, b.compact_value() as i64))
    } else {
        None
    }
}

/// The values, if both fit machine words.
#[inline]
fn words(a: &PyLongObject, b: &PyLongObject) -> Option<(i64, i64)> {
    Some((a.to_i64()?, b.to_i64()?))
}

/// `a + b`
#[inline]
pub fn add(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    match compact(a, b) {
        Some((a, b)) => from_i64(a + b),
        None => add_slow(a, b),
    }
}

#[cold]
#[inline(never)]
fn add_slow(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    match words(a, b) {
        Some((a, b)) => from_i128(i128::from(a) + i128::from(b)),
        None => from_int(&num::int::add(a.value(), b.value())),
    }
}

/// `a - b`
#[inline]
pub fn subtract(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    match compact(a, b) {
        Some((a, b)) => from_i64(a - b),
        None => subtract_slow(a, b),
    }
}

#[cold]
#[inline(never)]
fn subtract_slow(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    match words(a, b) {
        Some((a, b)) => from_i128(i128::from(a) - i128::from(b)),
        None => from_int(&num::int::sub(a.value(), b.value())),
    }
}

/// `a * b`
#[inline]
pub fn multiply(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    match compact(a, b) {
        Some((a, b)) => from_i64(a * b),
        None => multiply_slow(a, b),
    }
}

#[cold]
#[inline(never)]
fn multiply_slow(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    match words(a, b) {
        Some((a, b)) => from_i128(i128::from(a) * i128::from(b)),
        None => from_int(&num::int::mul(a.value(), b.value())),
    }
}

#[cold]
fn division_by_zero<T>() -> Result<T> {
    raise!(ZeroDivisionError, "division by zero")
}

/// `a // b`
#[inline]
pub fn floor_divide(a: &PyLongObject, b: &PyLongObject) -> Result<Ref<PyLongObject>> {
    if b.is_zero() {
        return division_by_zero();
    }
    Ok(match words(a, b) {
        Some((a, b)) if b != -1 => from_i64(floor_quotient(a, b)),
        _ => match pylong::divmod(a, b)? {
            Some((q, _)) => q,
            None => from_int(&num::int::floordiv(a.value(), b.value())),
        },
    })
}

/// `a % b`
#[inline]
pub fn remainder(a: &PyLongObject, b: &PyLongObject) -> Result<Ref<PyLongObject>> {
    if b.is_zero() {
        return division_by_zero();
    }
    Ok(match words(a, b) {
        Some((a, b)) if b != -1 => from_i64(floor_remainder(a, b)),
        _ => from_int(&num::int::modulo(a.value(), b.value())),
    })
}

/// For a divisor other than 0 and -1, so that nothing overflows.
#[inline(always)]
fn floor_quotient(a: i64, b: i64) -> i64 {
    let q = a / b;
    if a % b != 0 && (a < 0) != (b < 0) {
        q - 1
    } else {
        q
    }
}

#[inline(always)]
fn floor_remainder(a: i64, b: i64) -> i64 {
    let r = a % b;
    if r != 0 && (r < 0) != (b < 0) {
        r + b
    } else {
        r
    }
}

/// `divmod(a, b)`
pub fn divmod(
    a: &PyLongObject,
    b: &PyLongObject,
) -> Result<(Ref<PyLongObject>, Ref<PyLongObject>)> {
    if b.is_zero() {
        return division_by_zero();
    }
    Ok(match words(a, b) {
        Some((a, b)) if b != -1 => (
            from_i64(floor_quotient(a, b)),
            from_i64(floor_remainder(a, b)),
        ),
        _ => {
            if let Some(pair) = pylong::divmod(a, b)? {
                return Ok(pair);
            }
            let (q, r) = num::int::divmod(a.value(), b.value());
            (from_int(&q), from_int(&r))
        }
    })
}

fn int_divmod(a: &Obj, b: &Obj) -> Result {
    match (a.downcast(), b.downcast()) {
        (Some(a), Some(b)) => {
            let (q, r) = divmod(a, b)?;
            Ok(tuple::pair(q.as_obj(), r.as_obj()).into_obj())
        }
        _ => Ok(not_implemented()),
    }
}

/// `a / b`
#[inline]
pub fn true_divide(a: &PyLongObject, b: &PyLongObject) -> Result<f64> {
    if b.is_zero() {
        return division_by_zero();
    }
    // Values of one digit are exact as floats, so that one division rounds once.
    if let Some((a, b)) = compact(a, b) {
        return Ok(a as f64 / b as f64);
    }
    match num::int::true_divide(a.value(), b.value()) {
        Some(x) => Ok(x),
        None => raise!(
            OverflowError,
            "integer division result too large for a float"
        ),
    }
}

fn int_true_divide(a: &Obj, b: &Obj) -> Result {
    match (a.downcast(), b.downcast()) {
        (Some(a), Some(b)) => Ok(float::new(true_divide(a, b)?).into_obj()),
        _ => Ok(not_implemented()),
    }
}

/// `-n`
#[inline]
pub fn negate(n: &PyLongObject) -> Ref<PyLongObject> {
    if n.is_compact() {
        from_i64(-(n.compact_value() as i64))
    } else {
        from_digits(!n.is_negative(), n.magnitude())
    }
}

/// `abs(n)`
#[inline]
pub fn absolute(n: &PyLongObject) -> Ref<PyLongObject> {
    if n.is_negative() {
        negate(n)
    } else {
        as_exact(n)
    }
}

/// `~n`
#[inline]
pub fn invert(n: &PyLongObject) -> Ref<PyLongObject> {
    if n.is_compact() {
        from_i64(!(n.compact_value() as i64))
    } else {
        from_int(&num::int::invert(n.value()))
    }
}

macro_rules! bit_operators {
    ($($name:ident $op:tt $kind:ident;)*) => {$(
        #[doc = concat!("`a ", stringify!($op), " b`")]
        #[inline]
        pub fn $name(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
            match compact(a, b) {
                Some((a, b)) => from_i64(a $op b),
                None => from_int(&num::int::bitwise(Bitwise::$kind, a.value(), b.value())),
            }
        }
    )*};
}

bit_operators! {
    and & And;
    or | Or;
    xor ^ Xor;
}

/// The most bits that an int may have: beyond, memory would run out before the result is there.
const MAX_BITS: u64 = 1 << 43;

/// A shift count; `None` if it is beyond any int's size.
fn shift_count(n: &PyLongObject) -> Result<Option<u64>> {
    if n.is_negative() {
        return raise!(ValueError, "negative shift count");
    }
    Ok(n.to_u64().filter(|&count| count <= i64::MAX as u64))
}

/// `a << b`
pub fn lshift(a: &PyLongObject, b: &PyLongObject) -> Result<Ref<PyLongObject>> {
    let count = shift_count(b)?;
    if a.is_zero() {
        return Ok(from_i64(0));
    }
    let Some(count) = count else {
        return raise!(OverflowError, "too many digits in integer");
    };
    if count < 32 && a.is_compact() {
        return Ok(from_i64((a.compact_value() as i64) << count));
    }
    if count > MAX_BITS {
        return Err(err::no_memory());
    }
    Ok(from_int(&num::int::shl(a.value(), count)))
}

/// `a >> b`
pub fn rshift(a: &PyLongObject, b: &PyLongObject) -> Result<Ref<PyLongObject>> {
    let count = shift_count(b)?;
    match count {
        Some(count) if !a.is_compact() => Ok(from_int(&num::int::shr(a.value(), count))),
        Some(count) if count < 63 => Ok(from_i64((a.compact_value() as i64) >> count)),
        _ => Ok(from_i64(if a.is_negative() { -1 } else { 0 })),
    }
}

/// `a ** b` for an exponent that is not negative.
fn power(a: &PyLongObject, b: &PyLongObject) -> Result<Ref<PyLongObject>> {
    if let Some((a, b)) = compact(a, b) {
        if let Some(n) = u32::try_from(b).ok().and_then(|b| a.checked_pow(b)) {
            return Ok(from_i64(n));
        }
        let bits = u64::from(64 - a.unsigned_abs().leading_zeros());
        if bits.saturating_mul(b as u64) > MAX_BITS {
            return Err(err::no_memory());
        }
    }
    match b.to_u64() {
        // Bases -1, 0 and 1 stay small whatever the exponent.
        _ if a.is_compact() && a.compact_value().abs() <= 1 => {
            let odd = b.magnitude().first().is_some_and(|low| low & 1 != 0);
            Ok(match a.compact_value() {
                _ if b.is_zero() => from_i64(1),
                -1 if !odd => from_i64(1),
                same => from_isize(same),
            })
        }
        Some(exponent)
            if num::digits::bit_length(a.magnitude()).saturating_mul(exponent) <= MAX_BITS =>
        {
            Ok(from_int(&num::int::pow(a.value(), exponent)))
        }
        _ => Err(err::no_memory()),
    }
}

fn int_power(a: &Obj, b: &Obj, modulus: &Obj) -> Result {
    let (Some(base), Some(exponent)) = (a.downcast::<PyLongObject>(), b.downcast::<PyLongObject>())
    else {
        return Ok(not_implemented());
    };
    if let Some(modulus) = modulus.downcast::<PyLongObject>() {
        return Ok(mod_power(base, exponent, modulus)?.into_obj());
    }
    if !modulus.is_none() {
        return Ok(not_implemented());
    }
    if exponent.is_negative() {
        let x = float::power(base.to_f64()?, exponent.to_f64()?)?;
        return Ok(x);
    }
    Ok(power(base, exponent)?.into_obj())
}

/// `pow(base, exponent, modulus)`
pub fn mod_power(
    base: &PyLongObject,
    exponent: &PyLongObject,
    modulus: &PyLongObject,
) -> Result<Ref<PyLongObject>> {
    match num::int::mod_pow(base.value(), exponent.value(), modulus.value()) {
        Ok(n) => Ok(from_int(&n)),
        Err(e) => raise!(ValueError, "{}", e.message()),
    }
}

/// Greatest common divisor, for `math.gcd` and fractions.
pub fn gcd(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    from_int(&num::int::gcd(a.value(), b.value()))
}

/// Orders an int against a float that is not NaN, exactly.
pub fn compare_f64(n: &PyLongObject, x: f64) -> Ordering {
    if n.is_compact() {
        let n = n.compact_value() as f64;
        return n.partial_cmp(&x).unwrap_or(Ordering::Equal);
    }
    num::int::cmp_f64(n.value(), x)
}
