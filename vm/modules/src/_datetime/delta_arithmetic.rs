//! Arithmetic of `timedelta`: exact, on microseconds; quotients round to the nearest, ties to even.

use vm::types::float;
use vm::types::int::IntExt as _;

use crate::prelude::*;

use super::delta::{Delta, divide_nearest, from_microseconds, too_large};

/// Both operands, if both are differences.
fn both<'a>(a: &'a Obj, b: &'a Obj) -> Option<(&'a Delta, &'a Delta)> {
    Some((a.downcast()?, b.downcast()?))
}

fn zero_division<T>() -> Result<T> {
    raise!(ZeroDivisionError, "division by zero")
}

fn object(us: i128) -> Result {
    Ok(from_microseconds(us)?.into_obj())
}

pub fn add(a: &Obj, b: &Obj) -> Result {
    match both(a, b) {
        Some((a, b)) => object(a.total() + b.total()),
        None => Ok(not_implemented()),
    }
}

pub fn subtract(a: &Obj, b: &Obj) -> Result {
    match both(a, b) {
        Some((a, b)) => object(a.total() - b.total()),
        None => Ok(not_implemented()),
    }
}

/// `total * n / d`, rounded.
fn scaled(total: i128, n: &PyLongObject, d: &PyLongObject) -> Result {
    let product = int::multiply(&int::from_i128(total), n);
    match divide_nearest(&product.value().to_int(), &d.value().to_int()) {
        Some(us) => object(us),
        None => too_large(),
    }
}

/// A float as a ratio of ints.
fn ratio(x: &Obj) -> Result<(Ref<PyLongObject>, Ref<PyLongObject>)> {
    let pair = call::call_method(x, "as_integer_ratio", &[])?;
    let part = |i| number::index_int(&*proto::sequence_item(&pair, i)?);
    Ok((part(0)?, part(1)?))
}

pub fn multiply(a: &Obj, b: &Obj) -> Result {
    let (d, other) = match (a.downcast::<Delta>(), b.downcast::<Delta>()) {
        (Some(d), None) => (d, b),
        (None, Some(d)) => (d, a),
        _ => return Ok(not_implemented()),
    };
    if let Some(n) = other.downcast::<PyLongObject>() {
        return match n.to_i128().and_then(|n| n.checked_mul(d.total())) {
            Some(us) => object(us),
            None => too_large(),
        };
    }
    if other.is::<PyFloatObject>() {
        let (n, q) = ratio(other)?;
        return scaled(d.total(), &n, &q);
    }
    Ok(not_implemented())
}

pub fn true_divide(a: &Obj, b: &Obj) -> Result {
    let Some(d) = a.downcast::<Delta>() else {
        return Ok(not_implemented());
    };
    if let Some(e) = b.downcast::<Delta>() {
        if e.total() == 0 {
            return zero_division();
        }
        let (x, y) = (int::from_i128(d.total()), int::from_i128(e.total()));
        return Ok(float::new(int::true_divide(&x, &y)?).into_obj());
    }
    if let Some(n) = b.downcast::<PyLongObject>() {
        if n.is_zero() {
            return zero_division();
        }
        return scaled(d.total(), int_one(), n);
    }
    if b.is::<PyFloatObject>() {
        let (n, q) = ratio(b)?;
        if n.is_zero() {
            return zero_division();
        }
        return scaled(d.total(), &q, &n);
    }
    Ok(not_implemented())
}

fn int_one() -> &'static PyLongObject {
    // SAFETY: the object is the int 1.
    unsafe { int::one().cast() }
}

pub fn floor_divide(a: &Obj, b: &Obj) -> Result {
    let Some(d) = a.downcast::<Delta>() else {
        return Ok(not_implemented());
    };
    if let Some(e) = b.downcast::<Delta>() {
        if e.total() == 0 {
            return zero_division();
        }
        return Ok(int::from_i128(floor(d.total(), e.total()).0).into_obj());
    }
    if let Some(n) = b.downcast::<PyLongObject>() {
        if n.is_zero() {
            return zero_division();
        }
        return match n.to_i128() {
            Some(n) => object(floor(d.total(), n).0),
            // Beyond all differences: nothing is left of the quotient but its sign.
            None => object(-i128::from(
                (d.total() != 0) && (d.total() < 0) != n.is_negative(),
            )),
        };
    }
    Ok(not_implemented())
}

/// Floor quotient and remainder of the divisor's sign.
fn floor(a: i128, b: i128) -> (i128, i128) {
    let (q, r) = (a / b, a % b);
    if r != 0 && (r < 0) != (b < 0) {
        (q - 1, r + b)
    } else {
        (q, r)
    }
}

pub fn remainder(a: &Obj, b: &Obj) -> Result {
    match both(a, b) {
        Some((_, e)) if e.total() == 0 => zero_division(),
        Some((d, e)) => object(floor(d.total(), e.total()).1),
        None => Ok(not_implemented()),
    }
}

pub fn divmod(a: &Obj, b: &Obj) -> Result {
    match both(a, b) {
        Some((_, e)) if e.total() == 0 => zero_division(),
        Some((d, e)) => {
            let (q, r) = floor(d.total(), e.total());
            let (q, r) = (int::from_i128(q), from_microseconds(r)?);
            Ok(tuple::from_vec(vec![q.into_obj(), r.into_obj()]).into_obj())
        }
        None => Ok(not_implemented()),
    }
}
