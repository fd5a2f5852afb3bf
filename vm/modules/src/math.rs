//! `math`: the C library's functions and number theory. The floating-point part is crate `pymath`, which agrees with
//! CPython's own implementation bit for bit; this file turns arguments and errors.

use layout::*;
use pymath::math as m;
use vm::args;
use vm::err::{self, Result, raise};
use vm::intern;
use vm::method::ModuleDef;
use vm::object::*;
use vm::protocol::{call, number, object};
use vm::types::int::{self, IntExt as _};
use vm::types::type_::CompareOp;
use vm::types::{float, module};
use vm::{fastcall, keywords, o};

/// The module.
pub static MODULE: ModuleDef = ModuleDef { name: "math", methods: METHODS, exec };

fn exec(module_: &Obj) -> Result<()> {
    for (name, value) in [
        ("pi", core::f64::consts::PI),
        ("e", core::f64::consts::E),
        ("tau", core::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        module::add(module_, name, float::new(value).as_obj())?;
    }
    Ok(())
}

/// A result of the floating-point crate: its two errors are Python's.
fn checked(result: pymath::Result<f64>) -> Result<f64> {
    match result {
        Ok(x) => Ok(x),
        Err(pymath::Error::EDOM) => raise!(ValueError, "math domain error"),
        Err(pymath::Error::ERANGE) => raise!(OverflowError, "math range error"),
    }
}

/// A domain error that names what was expected of the argument.
fn expected(result: pymath::Result<f64>, x: f64, wanted: &str) -> Result<f64> {
    match result {
        Err(pymath::Error::EDOM) => raise!(ValueError, "expected {wanted}, got {}", num::float::repr(x)),
        other => checked(other),
    }
}

macro_rules! one {
    ($($name:ident $(, $wanted:literal)?;)*) => {$(
        fn $name(_: &Obj, x: &Obj) -> Result<f64> {
            let x = args::to_f64(x)?;
            one!(@check m::$name(x), x $(, $wanted)?)
        }
    )*};
    (@check $result:expr, $x:ident) => { { let _ = $x; checked($result) } };
    (@check $result:expr, $x:ident, $wanted:literal) => { expected($result, $x, $wanted) };
}

one! {
    acos, "a number in range from -1 up to 1";
    acosh, "argument value not less than 1";
    asin, "a number in range from -1 up to 1";
    asinh;
    atan;
    atanh, "a number between -1 and 1";
    cbrt;
    cos, "a finite input";
    cosh;
    erf;
    erfc;
    exp;
    exp2;
    expm1;
    fabs;
    gamma, "a noninteger or positive integer";
    lgamma, "a noninteger or positive integer";
    log1p, "argument value > -1";
    sin, "a finite input";
    sinh;
    sqrt, "a nonnegative input";
    tan, "a finite input";
    tanh;
}

static METHODS: &[PyMethodDef] = &[
    o!("acos", acos, "($module, x, /)"),
    o!("acosh", acosh, "($module, x, /)"),
    o!("asin", asin, "($module, x, /)"),
    o!("asinh", asinh, "($module, x, /)"),
    o!("atan", atan, "($module, x, /)"),
    fastcall!("atan2", atan2, "($module, y, x, /)"),
    o!("atanh", atanh, "($module, x, /)"),
    o!("cbrt", cbrt, "($module, x, /)"),
    o!("ceil", ceil, "($module, x, /)"),
    fastcall!("copysign", copysign, "($module, x, y, /)"),
    o!("cos", cos, "($module, x, /)"),
    o!("cosh", cosh, "($module, x, /)"),
    o!("degrees", |_: &Obj, x: &Obj| Ok(m::degrees(args::to_f64(x)?)), "($module, x, /)"),
    fastcall!("dist", dist, "($module, p, q, /)"),
    o!("erf", erf, "($module, x, /)"),
    o!("erfc", erfc, "($module, x, /)"),
    o!("exp", exp, "($module, x, /)"),
    o!("exp2", exp2, "($module, x, /)"),
    o!("expm1", expm1, "($module, x, /)"),
    o!("fabs", fabs, "($module, x, /)"),
    o!("factorial", factorial, "($module, n, /)"),
    o!("floor", floor, "($module, x, /)"),
    fastcall!("fma", fma, "($module, x, y, z, /)"),
    fastcall!("fmod", fmod, "($module, x, y, /)"),
    o!("frexp", frexp, "($module, x, /)"),
    o!("fsum", fsum, "($module, seq, /)"),
    o!("gamma", gamma, "($module, x, /)"),
    fastcall!("gcd", gcd, "($module, /, *integers)"),
    fastcall!("hypot", hypot, ""),
    keywords!("isclose", isclose, "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)"),
    o!("isfinite", |_: &Obj, x: &Obj| Ok(args::to_f64(x)?.is_finite()), "($module, x, /)"),
    o!("isinf", |_: &Obj, x: &Obj| Ok(args::to_f64(x)?.is_infinite()), "($module, x, /)"),
    o!("isnan", |_: &Obj, x: &Obj| Ok(args::to_f64(x)?.is_nan()), "($module, x, /)"),
    o!("isqrt", isqrt, "($module, n, /)"),
    fastcall!("lcm", lcm, "($module, /, *integers)"),
    fastcall!("ldexp", ldexp, "($module, x, i, /)"),
    o!("lgamma", lgamma, "($module, x, /)"),
    fastcall!("log", log, ""),
    o!("log1p", log1p, "($module, x, /)"),
    o!("log10", log10, "($module, x, /)"),
    o!("log2", log2, "($module, x, /)"),
    o!("modf", modf, "($module, x, /)"),
    fastcall!("pow", pow, "($module, x, y, /)"),
    o!("radians", |_: &Obj, x: &Obj| Ok(m::radians(args::to_f64(x)?)), "($module, x, /)"),
    fastcall!("remainder", remainder, "($module, x, y, /)"),
    o!("sin", sin, "($module, x, /)"),
    o!("sinh", sinh, "($module, x, /)"),
    o!("sqrt", sqrt, "($module, x, /)"),
    fastcall!("sumprod", sumprod, "($module, p, q, /)"),
    o!("tan", tan, "($module, x, /)"),
    o!("tanh", tanh, "($module, x, /)"),
    o!("trunc", trunc, "($module, x, /)"),
    keywords!("prod", prod, "($module, iterable, /, *, start=1)"),
    fastcall!("perm", perm, "($module, n, k=None, /)"),
    fastcall!("comb", comb, "($module, n, k, /)"),
    keywords!("nextafter", nextafter, "($module, x, y, /, *, steps=None)"),
    o!("ulp", |_: &Obj, x: &Obj| Ok(m::ulp(args::to_f64(x)?)), "($module, x, /)"),
];

fn two(name: &str, given: &[&Obj]) -> Result<(f64, f64)> {
    args::expect(name, given, 2..=2)?;
    Ok((args::to_f64(given[0])?, args::to_f64(given[1])?))
}

fn atan2(_: &Obj, given: &[&Obj]) -> Result<f64> {
    let (y, x) = two("atan2", given)?;
    checked(m::atan2(y, x))
}

fn copysign(_: &Obj, given: &[&Obj]) -> Result<f64> {
    let (x, y) = two("copysign", given)?;
    Ok(x.copysign(y))
}

fn fmod(_: &Obj, given: &[&Obj]) -> Result<f64> {
    let (x, y) = two("fmod", given)?;
    checked(m::fmod(x, y))
}

fn remainder(_: &Obj, given: &[&Obj]) -> Result<f64> {
    let (x, y) = two("remainder", given)?;
    checked(m::remainder(x, y))
}

fn pow(_: &Obj, given: &[&Obj]) -> Result<f64> {
    let (x, y) = two("pow", given)?;
    checked(m::pow(x, y))
}

fn fma(_: &Obj, given: &[&Obj]) -> Result<f64> {
    args::expect("fma", given, 3..=3)?;
    let (x, y, z) = (args::to_f64(given[0])?, args::to_f64(given[1])?, args::to_f64(given[2])?);
    match m::fma(x, y, z) {
        Ok(r) => Ok(r),
        Err(pymath::Error::EDOM) => raise!(ValueError, "invalid operation in fma"),
        Err(pymath::Error::ERANGE) => raise!(OverflowError, "overflow in fma"),
    }
}

fn isclose(_: &Obj, [a, b, rel, abs]: [Option<&Obj>; 4]) -> Result<bool> {
    let value = |o: Option<&Obj>, default: f64| o.map_or(Ok(default), args::to_f64);
    let (a, b) = (value(a, 0.0)?, value(b, 0.0)?);
    let (rel, abs) = (value(rel, 1e-9)?, value(abs, 0.0)?);
    match m::isclose(a, b, Some(rel), Some(abs)) {
        Ok(close) => Ok(close),
        Err(_) => raise!(ValueError, "tolerances must be non-negative"),
    }
}

fn nextafter(_: &Obj, [x, y, steps]: [Option<&Obj>; 3]) -> Result<f64> {
    let (x, y) = (args::to_f64(x.expect("required"))?, args::to_f64(y.expect("required"))?);
    let steps = match steps.filter(|s| !s.is_none()) {
        None => None,
        Some(s) => {
            let n = number::index_int(s)?;
            if n.is_negative() {
                return raise!(ValueError, "steps must be a non-negative integer");
            }
            Some(n.to_u64().unwrap_or(u64::MAX))
        }
    };
    Ok(m::nextafter(x, y, steps))
}

fn frexp(_: &Obj, x: &Obj) -> Result {
    let (mantissa, exponent) = m::frexp(args::to_f64(x)?);
    Ok(object::pair(float::new(mantissa).as_obj(), int::from_i64(i64::from(exponent)).as_obj()))
}

fn modf(_: &Obj, x: &Obj) -> Result {
    let (fraction, whole) = m::modf(args::to_f64(x)?);
    Ok(object::pair(float::new(fraction).as_obj(), float::new(whole).as_obj()))
}

fn ldexp(_: &Obj, given: &[&Obj]) -> Result<f64> {
    args::expect("ldexp", given, 2..=2)?;
    let x = args::to_f64(given[0])?;
    let Some(i) = given[1].downcast::<PyLongObject>() else {
        return raise!(TypeError, "Expected an int as second argument to ldexp.");
    };
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    match i.to_i64().and_then(|i| i32::try_from(i).ok()) {
        Some(i) => checked(m::ldexp(x, i)),
        None if i.is_negative() => Ok(0.0f64.copysign(x)),
        None => raise!(OverflowError, "math range error"),
    }
}

/// `ceil`, `floor`: the special method, or the float's.
fn rounded(x: &Obj, name: &'static Obj, f: fn(f64) -> f64) -> Result {
    if !x.is_exact::<PyFloatObject>() {
        if let Some(answer) = call::special(x, name, &[])? {
            return Ok(answer);
        }
    }
    int::from_f64(f(args::to_f64(x)?)).map(Ref::into_obj)
}

fn ceil(_: &Obj, x: &Obj) -> Result {
    rounded(x, intern!("__ceil__"), f64::ceil)
}

fn floor(_: &Obj, x: &Obj) -> Result {
    rounded(x, intern!("__floor__"), f64::floor)
}

fn trunc(_: &Obj, x: &Obj) -> Result {
    if x.is_exact::<PyFloatObject>() {
        return int::from_f64(args::to_f64(x)?.trunc()).map(Ref::into_obj);
    }
    match call::special(x, intern!("__trunc__"), &[])? {
        Some(answer) => Ok(answer),
        None => raise!(TypeError, "type {} doesn't define __trunc__ method", x.tp_name()),
    }
}

// ---- Sums ----

fn floats(items: &Obj) -> Result<Vec<f64>> {
    let mut all = Vec::new();
    object::for_each(items, |x| {
        all.push(args::to_f64(&x)?);
        Ok(())
    })?;
    Ok(all)
}

fn fsum(_: &Obj, items: &Obj) -> Result<f64> {
    let all = floats(items)?;
    let has_opposite_infinities = all.contains(&f64::INFINITY) && all.contains(&f64::NEG_INFINITY);
    match m::fsum(all) {
        Ok(x) => Ok(x),
        Err(_) if has_opposite_infinities => raise!(ValueError, "-inf + inf in fsum"),
        Err(_) => raise!(OverflowError, "intermediate overflow in fsum"),
    }
}

fn hypot(_: &Obj, given: &[&Obj]) -> Result<f64> {
    let mut all = Vec::with_capacity(given.len());
    for x in given {
        all.push(args::to_f64(x)?);
    }
    Ok(m::hypot(&all))
}

fn dist(_: &Obj, given: &[&Obj]) -> Result<f64> {
    args::expect("dist", given, 2..=2)?;
    let (p, q) = (floats(given[0])?, floats(given[1])?);
    if p.len() != q.len() {
        return raise!(ValueError, "both points must have the same number of dimensions");
    }
    Ok(m::dist(&p, &q))
}

fn sumprod(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("sumprod", given, 2..=2)?;
    let (p, q) = (object::to_vec(given[0])?, object::to_vec(given[1])?);
    if p.len() != q.len() {
        return raise!(ValueError, "Inputs are not the same length");
    }
    let plain = |o: &Ref| -> Option<f64> {
        if let Some(x) = o.downcast_exact::<PyFloatObject>() {
            return Some(float::value(x));
        }
        o.downcast::<PyLongObject>()?.to_i64().filter(|n| n.unsigned_abs() < 1 << 53).map(|n| n as f64)
    };
    let has_float = p.iter().chain(&q).any(|o| o.is_exact::<PyFloatObject>());
    if has_float {
        let (a, b): (Option<Vec<f64>>, Option<Vec<f64>>) = (p.iter().map(plain).collect(), q.iter().map(plain).collect());
        if let (Some(a), Some(b)) = (a, b) {
            if let Ok(total) = m::sumprod(&a, &b) {
                return Ok(float::new(total).into_obj());
            }
        }
    }
    let mut total = int::from_i64(0).into_obj();
    for (a, b) in p.iter().zip(&q) {
        total = number::add(&total, &*number::multiply(a, b)?)?;
    }
    Ok(total)
}

fn prod(_: &Obj, [items, start]: [Option<&Obj>; 2]) -> Result {
    let mut total = start.map_or_else(|| int::from_i64(1).into_obj(), Obj::new_ref);
    object::for_each(items.expect("required"), |x| {
        total = number::multiply(&total, &x)?;
        Ok(())
    })?;
    Ok(total)
}

// ---- Logarithms, also of ints beyond the floats ----

/// A logarithm of any positive number: `f` of it, or of its leading part with `per_bit` for each bit cut off.
fn log_of(x: &Obj, f: fn(f64) -> f64, per_bit: f64) -> Result<f64> {
    if let Some(n) = x.downcast::<PyLongObject>() {
        if n.is_negative() || n.is_zero() {
            return raise!(ValueError, "expected a positive input");
        }
        return Ok(match n.to_f64() {
            Ok(x) => f(x),
            Err(_) => {
                err::clear();
                let (mantissa, exponent) = leading(n);
                f(mantissa) + per_bit * exponent as f64
            }
        });
    }
    let x = args::to_f64(x)?;
    if x.is_nan() || x == f64::INFINITY {
        return Ok(x);
    }
    if x <= 0.0 {
        return raise!(ValueError, "expected a positive input, got {}", num::float::repr(x));
    }
    Ok(f(x))
}

/// `n` as a fraction below one times a power of two.
fn leading(n: &PyLongObject) -> (f64, i64) {
    let digits = n.magnitude();
    let top: Vec<u32> = digits[digits.len() - 4..].to_vec();
    let mut x = 0.0;
    for d in top.iter().rev() {
        x = x * (1u64 << 30) as f64 + f64::from(*d);
    }
    let (mantissa, exponent) = m::frexp(x);
    (mantissa, i64::from(exponent) + 30 * (digits.len() as i64 - 4))
}

fn natural(x: f64) -> f64 {
    m::log(x, None).unwrap_or(f64::NAN)
}

fn log(_: &Obj, given: &[&Obj]) -> Result<f64> {
    args::expect("log", given, 1..=2)?;
    let top = log_of(given[0], natural, core::f64::consts::LN_2)?;
    match given.get(1) {
        None => Ok(top),
        Some(base) => {
            let bottom = log_of(base, natural, core::f64::consts::LN_2)?;
            if bottom == 0.0 {
                return raise!(ZeroDivisionError, "division by zero");
            }
            Ok(top / bottom)
        }
    }
}

fn log2(_: &Obj, x: &Obj) -> Result<f64> {
    log_of(x, |x| m::log2(x).unwrap_or(f64::NAN), 1.0)
}

fn log10(_: &Obj, x: &Obj) -> Result<f64> {
    log_of(x, |x| m::log10(x).unwrap_or(f64::NAN), core::f64::consts::LOG10_2)
}

// ---- Number theory ----

fn absolute(o: &Obj) -> Result<Ref<PyLongObject>> {
    let n = number::index(o)?;
    let n = number::absolute(&n)?;
    // SAFETY: the absolute value of an int is an int.
    Ok(unsafe { n.into_cast() })
}

fn gcd_of(a: &PyLongObject, b: &PyLongObject) -> Ref<PyLongObject> {
    if let (Some(mut x), Some(mut y)) = (a.to_u64(), b.to_u64()) {
        while y != 0 {
            (x, y) = (y, x % y);
        }
        return int::from_u64(x);
    }
    int::from_int(&num::int::gcd(a.value(), b.value()))
}

fn gcd(_: &Obj, given: &[&Obj]) -> Result<Ref<PyLongObject>> {
    let mut total = int::from_i64(0);
    for x in given {
        total = gcd_of(&total, &*absolute(x)?);
    }
    Ok(total)
}

fn lcm(_: &Obj, given: &[&Obj]) -> Result {
    let mut total = int::from_i64(1).into_obj();
    for x in given {
        let x = absolute(x)?;
        // SAFETY: made of ints.
        let t = unsafe { total.cast::<PyLongObject>() };
        if x.is_zero() || t.is_zero() {
            total = int::from_i64(0).into_obj();
            continue;
        }
        let g = gcd_of(t, &x);
        total = number::multiply(&*number::floor_divide(&total, g.as_obj())?, x.as_obj())?;
    }
    Ok(total)
}

fn isqrt(_: &Obj, x: &Obj) -> Result {
    let n = number::index_int(x)?;
    if n.is_negative() {
        return raise!(ValueError, "isqrt() argument must be nonnegative");
    }
    if let Some(small) = n.to_u64() {
        return Ok(int::from_u64(small.isqrt()).into_obj());
    }
    // Newton's method from above: each step at least halves the error.
    let bits = call::call_method(n.as_obj(), "bit_length", &[])?;
    let bits = args::to_i64(&bits)?;
    let one = int::from_i64(1);
    let mut guess = number::lshift(one.as_obj(), int::from_i64((bits + 1) / 2).as_obj())?;
    loop {
        let quotient = number::floor_divide(n.as_obj(), &guess)?;
        let next = number::rshift(&*number::add(&guess, &quotient)?, one.as_obj())?;
        if object::rich_compare_bool(&next, &guess, CompareOp::Ge)? {
            return Ok(guess);
        }
        guess = next;
    }
}

/// The product of the integers from `low` up to but not including `high`, by halves: the factors stay balanced.
fn product(low: u64, high: u64) -> Result {
    if high - low <= 8 {
        let mut total = int::from_i64(1).into_obj();
        for n in low..high {
            total = number::multiply(&total, int::from_u64(n).as_obj())?;
        }
        return Ok(total);
    }
    let middle = low + (high - low) / 2;
    number::multiply(&*product(low, middle)?, &*product(middle, high)?)
}

fn factorial(_: &Obj, x: &Obj) -> Result {
    let n = number::index_int(x)?;
    if n.is_negative() {
        return raise!(ValueError, "factorial() not defined for negative values");
    }
    match n.to_i64() {
        Some(n) => product(1, n as u64 + 1),
        None => raise!(OverflowError, "factorial() argument should not exceed {}", i64::MAX),
    }
}

/// `n` and `k` of `perm` and `comb`, both not negative.
fn counts(given: &[&Obj]) -> Result<(Ref<PyLongObject>, Ref<PyLongObject>)> {
    let (n, k) = (number::index_int(given[0])?, number::index_int(given[1])?);
    if n.is_negative() {
        return raise!(ValueError, "n must be a non-negative integer");
    }
    if k.is_negative() {
        return raise!(ValueError, "k must be a non-negative integer");
    }
    Ok((n, k))
}

/// `n * (n - 1) * … ` with `k` factors.
fn falling(n: &PyLongObject, k: u64) -> Result {
    if let Some(n) = n.to_u64() {
        return product(n - k + 1, n + 1);
    }
    let mut total = int::from_i64(1).into_obj();
    for i in 0..k {
        total = number::multiply(&total, &*number::subtract(n.as_obj(), int::from_u64(i).as_obj())?)?;
    }
    Ok(total)
}

fn perm(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("perm", given, 1..=2)?;
    if given.len() == 1 || given[1].is_none() {
        return factorial(given[0], given[0]);
    }
    let (n, k) = counts(given)?;
    if int::compare(&k, &n).is_gt() {
        return Ok(int::from_i64(0).into_obj());
    }
    match k.to_i64() {
        Some(k) => falling(&n, k as u64),
        None => raise!(OverflowError, "k must not exceed {}", i64::MAX),
    }
}

fn comb(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("comb", given, 2..=2)?;
    let (n, k) = counts(given)?;
    if int::compare(&k, &n).is_gt() {
        return Ok(int::from_i64(0).into_obj());
    }
    let rest = number::subtract(n.as_obj(), k.as_obj())?;
    // SAFETY: a difference of ints.
    let rest = unsafe { rest.into_cast::<PyLongObject>() };
    let k = if int::compare(&rest, &k).is_lt() { rest } else { k };
    match k.to_i64() {
        Some(k) => number::floor_divide(&*falling(&n, k as u64)?, &*product(1, k as u64 + 1)?),
        None => raise!(OverflowError, "min(n - k, k) must not exceed {}", i64::MAX),
    }
}
