//! `math`: real functions of floats, and integer functions.
//!
//! The C library computes; what is here is Python's idea of errors: a NaN from no NaN is a domain error, an infinity from
//! finite arguments a range error.

mod elementary;
pub mod gamma;
mod integers;
mod rounding;
mod sums;

use crate::prelude::*;
use vm::types::float;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "math",
    methods: METHODS,
    exec,
};

fn exec(m: &Obj) -> Result<()> {
    add_constants(m)
}

/// The constants that `cmath` has, too.
pub fn add_constants(m: &Obj) -> Result<()> {
    for (name, x) in [
        ("pi", core::f64::consts::PI),
        ("e", core::f64::consts::E),
        ("tau", core::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        module::add(m, name, float::new(x).as_obj())?;
    }
    Ok(())
}

/// A function of one float that the C library has.
macro_rules! real {
    ($name:literal, $f:expr) => {
        o!(
            $name,
            |_: &Obj, x: &Obj| $f(args::to_f64(x)?),
            "($module, x, /)"
        )
    };
}

static METHODS: &[PyMethodDef] = &[
    real!("acos", elementary::acos),
    real!("acosh", elementary::acosh),
    real!("asin", elementary::asin),
    real!("asinh", elementary::asinh),
    real!("atan", elementary::atan),
    fastcall!("atan2", elementary::atan2, "($module, y, x, /)"),
    real!("atanh", elementary::atanh),
    real!("cbrt", elementary::cbrt),
    o!("ceil", rounding::ceil, "($module, x, /)"),
    fastcall!("copysign", elementary::copysign, "($module, x, y, /)"),
    real!("cos", elementary::cos),
    real!("cosh", elementary::cosh),
    real!("degrees", elementary::degrees),
    fastcall!("dist", sums::dist, "($module, p, q, /)"),
    real!("erf", elementary::erf),
    real!("erfc", elementary::erfc),
    real!("exp", elementary::exp),
    real!("exp2", elementary::exp2),
    real!("expm1", elementary::expm1),
    real!("fabs", elementary::fabs),
    o!("factorial", integers::factorial, "($module, n, /)"),
    o!("floor", rounding::floor, "($module, x, /)"),
    fastcall!("fma", elementary::fma, "($module, x, y, z, /)"),
    fastcall!("fmod", elementary::fmod, "($module, x, y, /)"),
    real!("frexp", rounding::frexp),
    o!("fsum", sums::fsum, "($module, seq, /)"),
    real!("gamma", elementary::gamma),
    fastcall!("gcd", integers::gcd, "($module, /, *integers)"),
    fastcall!("hypot", sums::hypot, "($module, /, *coordinates)"),
    keywords!(
        "isclose",
        elementary::isclose,
        "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)"
    ),
    real!("isfinite", |x: f64| Ok(x.is_finite())),
    real!("isinf", |x: f64| Ok(x.is_infinite())),
    real!("isnan", |x: f64| Ok(x.is_nan())),
    o!("isqrt", integers::isqrt, "($module, n, /)"),
    fastcall!("lcm", integers::lcm, "($module, /, *integers)"),
    fastcall!("ldexp", rounding::ldexp, "($module, x, i, /)"),
    real!("lgamma", elementary::lgamma),
    fastcall!("log", elementary::log, ""),
    real!("log1p", elementary::log1p),
    o!("log10", elementary::log10, "($module, x, /)"),
    o!("log2", elementary::log2, "($module, x, /)"),
    real!("modf", rounding::modf),
    fastcall!("pow", elementary::pow, "($module, x, y, /)"),
    real!("radians", elementary::radians),
    fastcall!("remainder", elementary::remainder, "($module, x, y, /)"),
    real!("sin", elementary::sin),
    real!("sinh", elementary::sinh),
    real!("sqrt", elementary::sqrt),
    real!("tan", elementary::tan),
    real!("tanh", elementary::tanh),
    fastcall!("sumprod", sums::sumprod, "($module, p, q, /)"),
    o!("trunc", rounding::trunc, "($module, x, /)"),
    keywords!("prod", sums::prod, "($module, iterable, /, *, start=1)"),
    fastcall!("perm", integers::perm, "($module, n, k=None, /)"),
    fastcall!("comb", integers::comb, "($module, n, k, /)"),
    keywords!(
        "nextafter",
        rounding::nextafter,
        "($module, x, y, /, *, steps=None)"
    ),
    real!("ulp", rounding::ulp),
];
