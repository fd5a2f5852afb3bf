//! Elementary functions, with Python's errors around the C library's answers.

use crate::prelude::*;
use vm::types::float;
use vm::types::int::IntExt as _;

use super::gamma as gammas;

/// What the C library has and Rust's own library computes otherwise, or not at all.
mod c {
    unsafe extern "C" {
        pub safe fn acosh(x: f64) -> f64;
        pub safe fn asinh(x: f64) -> f64;
        pub safe fn atanh(x: f64) -> f64;
        pub safe fn erf(x: f64) -> f64;
        pub safe fn erfc(x: f64) -> f64;
        pub safe fn remainder(x: f64, y: f64) -> f64;
    }
}

/// Checks the value of a function of one float. `expected` says what a domain error does; without it an infinity means
/// that the range was left.
fn checked(x: f64, value: f64, expected: Option<&str>, can_overflow: bool) -> Result<f64> {
    if value.is_nan() && !x.is_nan() || value.is_infinite() && x.is_finite() && !can_overflow {
        return match expected {
            Some(what) => raise!(ValueError, "expected {what}, got {}", num::float::repr(x)),
            None => raise!(ValueError, "math domain error"),
        };
    }
    if value.is_infinite() && x.is_finite() {
        return range_error();
    }
    Ok(value)
}

#[cold]
pub(super) fn range_error<T>() -> Result<T> {
    raise!(OverflowError, "math range error")
}

macro_rules! functions {
    ($($name:ident = $f:expr, $expected:expr, $can_overflow:literal;)*) => {$(
        pub(super) fn $name(x: f64) -> Result<f64> {
            checked(x, $f(x), $expected, $can_overflow)
        }
    )*};
}

functions! {
    acos = f64::acos, Some("a number in range from -1 up to 1"), false;
    acosh = c::acosh, Some("argument value not less than 1"), false;
    asin = f64::asin, Some("a number in range from -1 up to 1"), false;
    asinh = c::asinh, None, false;
    atan = f64::atan, None, false;
    atanh = c::atanh, Some("a number between -1 and 1"), false;
    cbrt = f64::cbrt, None, false;
    cos = f64::cos, Some("a finite input"), false;
    cosh = f64::cosh, None, true;
    erf = c::erf, None, false;
    erfc = c::erfc, None, false;
    exp = f64::exp, None, true;
    exp2 = f64::exp2, None, true;
    expm1 = f64::exp_m1, None, true;
    fabs = f64::abs, None, false;
    log1p = f64::ln_1p, Some("argument value > -1"), false;
    sin = f64::sin, Some("a finite input"), false;
    sinh = f64::sinh, None, true;
    sqrt = f64::sqrt, Some("a nonnegative input"), false;
    tan = f64::tan, Some("a finite input"), false;
    tanh = f64::tanh, None, false;
}

pub(super) fn degrees(x: f64) -> Result<f64> {
    Ok(x * (180.0 / core::f64::consts::PI))
}

pub(super) fn radians(x: f64) -> Result<f64> {
    Ok(x * (core::f64::consts::PI / 180.0))
}

const POLES: &str = "a noninteger or positive integer";

fn is_pole(x: f64) -> bool {
    x <= 0.0 && x == x.floor()
}

pub(super) fn gamma(x: f64) -> Result<f64> {
    if is_pole(x) {
        return raise!(ValueError, "expected {POLES}, got {}", num::float::repr(x));
    }
    checked(x, gammas::gamma(x), Some(POLES), true)
}

pub(super) fn lgamma(x: f64) -> Result<f64> {
    if x.is_finite() && is_pole(x) {
        return raise!(ValueError, "expected {POLES}, got {}", num::float::repr(x));
    }
    checked(x, gammas::log_gamma(x), Some(POLES), true)
}

// ---- Logarithms ----

/// The logarithm of a positive number; of an int that no float holds, too.
fn logarithm(x: &Obj, f: impl Fn(f64) -> f64) -> Result<f64> {
    if let Some(n) = x.downcast::<PyLongObject>() {
        if !n.is_positive() {
            return raise!(ValueError, "expected a positive input");
        }
        return Ok(match n.value().to_f64() {
            Some(x) => f(x),
            None => {
                let (mantissa, exponent) = num::digits::frexp(n.magnitude());
                f(mantissa) + f(2.0) * exponent as f64
            }
        });
    }
    let x = args::to_f64(x)?;
    if x <= 0.0 {
        return raise!(
            ValueError,
            "expected a positive input, got {}",
            num::float::repr(x)
        );
    }
    Ok(f(x))
}

pub(super) fn log(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    args::expect("log", arguments, 1..=2)?;
    let x = logarithm(arguments[0], f64::ln)?;
    match arguments.get(1) {
        Some(base) => float::true_divide(x, logarithm(base, f64::ln)?),
        None => Ok(x),
    }
}

pub(super) fn log2(_: &Obj, x: &Obj) -> Result<f64> {
    logarithm(x, f64::log2)
}

pub(super) fn log10(_: &Obj, x: &Obj) -> Result<f64> {
    logarithm(x, f64::log10)
}

// ---- Two and three arguments ----

/// The float arguments of `name`.
pub(super) fn floats<const N: usize>(name: &str, arguments: &[&Obj]) -> Result<[f64; N]> {
    args::expect(name, arguments, N..=N)?;
    let mut out = [0.0; N];
    for (slot, o) in out.iter_mut().zip(arguments) {
        *slot = args::to_f64(o)?;
    }
    Ok(out)
}

#[cold]
fn domain_error<T>() -> Result<T> {
    raise!(ValueError, "math domain error")
}

/// Checks the value of a function of two floats.
fn checked2(x: f64, y: f64, value: f64) -> Result<f64> {
    if value.is_nan() && !x.is_nan() && !y.is_nan() {
        return domain_error();
    }
    if value.is_infinite() && x.is_finite() && y.is_finite() {
        return range_error();
    }
    Ok(value)
}

pub(super) fn atan2(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    let [y, x] = floats("atan2", arguments)?;
    checked2(x, y, y.atan2(x))
}

pub(super) fn copysign(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    let [x, y] = floats("copysign", arguments)?;
    Ok(x.copysign(y))
}

pub(super) fn fmod(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    let [x, y] = floats("fmod", arguments)?;
    checked2(x, y, x % y)
}

pub(super) fn remainder(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    let [x, y] = floats("remainder", arguments)?;
    checked2(x, y, c::remainder(x, y))
}

pub(super) fn pow(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    let [x, y] = floats("pow", arguments)?;
    if x == 0.0 && y < 0.0 && y.is_finite() {
        return domain_error();
    }
    checked2(x, y, x.powf(y))
}

pub(super) fn fma(_: &Obj, arguments: &[&Obj]) -> Result<f64> {
    let [x, y, z] = floats("fma", arguments)?;
    let value = x.mul_add(y, z);
    if value.is_nan() && ![x, y, z].iter().any(|a| a.is_nan()) {
        return raise!(ValueError, "invalid operation in fma");
    }
    if value.is_infinite() && [x, y, z].iter().all(|a| a.is_finite()) {
        return raise!(OverflowError, "overflow in fma");
    }
    Ok(value)
}

pub(super) fn isclose(_: &Obj, [a, b, rel_tol, abs_tol]: [Option<&Obj>; 4]) -> Result<bool> {
    let (a, b) = (args::to_f64(required(a))?, args::to_f64(required(b))?);
    let rel_tol = rel_tol.map_or(Ok(1e-9), args::to_f64)?;
    let abs_tol = abs_tol.map_or(Ok(0.0), args::to_f64)?;
    if rel_tol < 0.0 || abs_tol < 0.0 {
        return raise!(ValueError, "tolerances must be non-negative");
    }
    if a == b {
        return Ok(true);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(false);
    }
    let difference = (b - a).abs();
    Ok(difference <= (rel_tol * b).abs()
        || difference <= (rel_tol * a).abs()
        || difference <= abs_tol)
}
