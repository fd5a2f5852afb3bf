//! Parts of floats: rounding to ints, mantissa and exponent, neighbours.

use crate::prelude::*;
use vm::types::float;
use vm::types::int::IntExt as _;

use super::elementary::range_error;

/// `ceil`, `floor`: an exact float at once, others by their method, or as a float.
fn rounded(x: &Obj, method: &Obj, f: impl Fn(f64) -> f64) -> Result {
    if !x.is_exact::<PyFloatObject>()
        && let Some(answer) = call::special(x, method, &[])?
    {
        return Ok(answer);
    }
    Ok(int::from_f64(f(args::to_f64(x)?))?.into_obj())
}

pub(super) fn ceil(_: &Obj, x: &Obj) -> Result {
    rounded(x, intern!("__ceil__"), f64::ceil)
}

pub(super) fn floor(_: &Obj, x: &Obj) -> Result {
    rounded(x, intern!("__floor__"), f64::floor)
}

pub(super) fn trunc(_: &Obj, x: &Obj) -> Result {
    if let Some(x) = x.downcast_exact::<PyFloatObject>() {
        return Ok(int::from_f64(float::value(x).trunc())?.into_obj());
    }
    match call::special(x, intern!("__trunc__"), &[])? {
        Some(answer) => Ok(answer),
        None => raise!(
            TypeError,
            "type {} doesn't define __trunc__ method",
            x.tp_name()
        ),
    }
}

fn pair(a: Ref, b: Ref) -> Result<Ref<PyTupleObject>> {
    Ok(tuple::from_array([a, b]))
}

pub(super) fn frexp(x: f64) -> Result<Ref<PyTupleObject>> {
    let (mantissa, exponent) = num::float::frexp(x);
    pair(
        float::new(mantissa).into_obj(),
        int::from_i64(i64::from(exponent)).into_obj(),
    )
}

pub(super) fn modf(x: f64) -> Result<Ref<PyTupleObject>> {
    let (fraction, whole) = if x.is_nan() {
        (x, x)
    } else if x.is_infinite() {
        (0f64.copysign(x), x)
    } else {
        ((x - x.trunc()).copysign(x), x.trunc())
    };
    pair(
        float::new(fraction).into_obj(),
        float::new(whole).into_obj(),
    )
}

pub(super) fn ldexp(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    args::expect("ldexp", arguments, 2..=2)?;
    let x = args::to_f64(arguments[0])?;
    let Some(exponent) = arguments[1].downcast::<PyLongObject>() else {
        return raise!(TypeError, "Expected an int as second argument to ldexp.");
    };
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    // Any exponent beyond these bounds leads as far out.
    let exponent = match exponent.to_i64() {
        Some(e) => e.clamp(-100_000, 100_000) as i32,
        None if exponent.is_negative() => -100_000,
        None => 100_000,
    };
    let value = num::float::ldexp(x, exponent);
    if value.is_infinite() {
        range_error()
    } else {
        Ok(value)
    }
}

/// A float's place in the order of all floats, with both zeros at one place.
fn place(x: f64) -> i64 {
    let bits = (x.to_bits() & i64::MAX as u64) as i64;
    if x.is_sign_negative() { -bits } else { bits }
}

pub(super) fn nextafter(_: &Obj, [x, y, steps]: [Option<&Obj>; 3]) -> Result<f64> {
    let (x, y) = (args::to_f64(required(x))?, args::to_f64(required(y))?);
    let steps = match steps.filter(|o| !o.is_none()) {
        None if x.is_nan() || y.is_nan() => return Ok(x + y),
        None if x == y => return Ok(y),
        None if x < y => return Ok(x.next_up()),
        None => return Ok(x.next_down()),
        Some(o) => {
            let n = number::index_int(o)?;
            if n.is_negative() {
                return raise!(ValueError, "steps must be a non-negative integer");
            }
            // The whole line has fewer floats than that.
            n.to_u64().unwrap_or(u64::MAX)
        }
    };
    if steps == 0 {
        return Ok(x);
    }
    if x.is_nan() || y.is_nan() {
        return Ok(if x.is_nan() { x } else { y });
    }
    let (from, to) = (place(x), place(y));
    if to.abs_diff(from) <= steps {
        return Ok(y);
    }
    let at = if to > from {
        i128::from(from) + i128::from(steps)
    } else {
        i128::from(from) - i128::from(steps)
    };
    let size = f64::from_bits(at.unsigned_abs() as u64);
    // A zero on the way has the sign of the side that it was come from.
    Ok(if at < 0 || at == 0 && x < 0.0 {
        -size
    } else {
        size
    })
}

pub(super) fn ulp(x: f64) -> Result<f64> {
    let x = x.abs();
    if !x.is_finite() {
        return Ok(x);
    }
    Ok(if x == f64::MAX {
        x - x.next_down()
    } else {
        x.next_up() - x
    })
}
