//! `cmath`: complex functions. Crate `pymath` computes them, with CPython's tables for infinities and NaNs.

use num_complex::Complex64;
use pymath::{Error, cmath as c};

use crate::math;
use crate::prelude::*;
use vm::types::{complex, float};

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "cmath",
    methods: METHODS,
    exec,
};

fn exec(m: &Obj) -> Result<()> {
    math::add_constants(m)?;
    module::add(m, "infj", complex::new(0.0, f64::INFINITY).as_obj())?;
    module::add(m, "nanj", complex::new(0.0, f64::NAN).as_obj())
}

fn argument(o: &Obj) -> Result<Complex64> {
    let z = complex::value_of(o)?;
    Ok(Complex64::new(z.real, z.imag))
}

fn checked<T>(value: core::result::Result<T, Error>) -> Result<T> {
    match value {
        Ok(value) => Ok(value),
        Err(Error::EDOM) => raise!(ValueError, "math domain error"),
        Err(Error::ERANGE) => raise!(OverflowError, "math range error"),
    }
}

fn answer(value: core::result::Result<Complex64, Error>) -> Result<Ref<PyComplexObject>> {
    let z = checked(value)?;
    Ok(complex::new(z.re, z.im))
}

macro_rules! function {
    ($name:literal, $f:expr) => {
        o!(
            $name,
            |_: &Obj, z: &Obj| answer($f(argument(z)?)),
            "($module, z, /)"
        )
    };
}

static METHODS: &[PyMethodDef] = &[
    function!("acos", c::acos),
    function!("acosh", c::acosh),
    function!("asin", c::asin),
    function!("asinh", c::asinh),
    function!("atan", c::atan),
    function!("atanh", c::atanh),
    function!("cos", c::cos),
    function!("cosh", c::cosh),
    function!("exp", c::exp),
    keywords!(
        "isclose",
        isclose,
        "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)"
    ),
    o!(
        "isfinite",
        |_: &Obj, z: &Obj| Ok(c::isfinite(argument(z)?)),
        "($module, z, /)"
    ),
    o!(
        "isinf",
        |_: &Obj, z: &Obj| Ok(c::isinf(argument(z)?)),
        "($module, z, /)"
    ),
    o!(
        "isnan",
        |_: &Obj, z: &Obj| Ok(c::isnan(argument(z)?)),
        "($module, z, /)"
    ),
    fastcall!("log", log, "($module, z, base=<unrepresentable>, /)"),
    function!("log10", c::log10),
    o!(
        "phase",
        |_: &Obj, z: &Obj| checked(c::phase(argument(z)?)),
        "($module, z, /)"
    ),
    o!("polar", polar, "($module, z, /)"),
    fastcall!("rect", rect, "($module, r, phi, /)"),
    function!("sin", c::sin),
    function!("sinh", c::sinh),
    function!("sqrt", c::sqrt),
    function!("tan", c::tan),
    function!("tanh", c::tanh),
];

fn log(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyComplexObject>> {
    args::expect("log", arguments, 1..=2)?;
    let z = argument(arguments[0])?;
    let base = arguments.get(1).map(|o| argument(o)).transpose()?;
    answer(c::log(z, base))
}

fn polar(_: &Obj, z: &Obj) -> Result<Ref<PyTupleObject>> {
    let (r, phi) = checked(c::polar(argument(z)?))?;
    Ok(tuple::pair(
        float::new(r).as_obj(),
        float::new(phi).as_obj(),
    ))
}

fn rect(_: &Obj, arguments: &[&Obj]) -> Result<Ref<PyComplexObject>> {
    args::expect("rect", arguments, 2..=2)?;
    answer(c::rect(
        args::to_f64(arguments[0])?,
        args::to_f64(arguments[1])?,
    ))
}

fn isclose(_: &Obj, [a, b, rel_tol, abs_tol]: [Option<&Obj>; 4]) -> Result<bool> {
    let (a, b) = (argument(required(a))?, argument(required(b))?);
    let rel_tol = rel_tol.map_or(Ok(1e-9), args::to_f64)?;
    let abs_tol = abs_tol.map_or(Ok(0.0), args::to_f64)?;
    if rel_tol < 0.0 || abs_tol < 0.0 {
        return raise!(ValueError, "tolerances must be non-negative");
    }
    checked(c::isclose(a, b, Some(rel_tol), Some(abs_tol)))
}
