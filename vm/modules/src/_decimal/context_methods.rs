//! The operations as methods of contexts.

use super::compare::as_number;
use super::context::Context;
use super::convert;
use super::number::{self, Decimal, finished, new_number};
use crate::prelude::*;
use ::decimal::{Context as Settings, Dec, Kind, Notation};

type Unary = fn(&Dec, &Settings, &mut u32) -> Dec;
type Binary = fn(&Dec, &Dec, &Settings, &mut u32) -> Dec;
type Test = fn(&Dec, &Settings) -> bool;

fn unary(c: &Context, x: &Obj, f: Unary) -> Result {
    let mut st = 0;
    let result = f(&convert::argument(x)?, &c.settings.get(), &mut st);
    finished(c, &result, st)
}

fn binary(c: &Context, name: &str, args: &[&Obj], f: Binary) -> Result {
    args::expect(name, args, 2..=2)?;
    let (a, b) = (convert::argument(args[0])?, convert::argument(args[1])?);
    let mut st = 0;
    let result = f(&a, &b, &c.settings.get(), &mut st);
    finished(c, &result, st)
}

macro_rules! rows {
    ([$($unary:literal $f:expr;)*] [$($binary:literal $g:expr;)*] [$($test:literal $t:expr;)*]) => {
        /// Operations on one number, on two, and tests.
        pub static METHODS: &[PyMethodDef] = &[
            $(o!($unary, |c: &Context, x: &Obj| unary(c, x, $f), "($self, x, /)"),)*
            $(fastcall!($binary, |c: &Context, a: &[&Obj]| binary(c, $binary, a, $g), "($self, x, y, /)"),)*
            $(o!($test, |c: &Context, x: &Obj| {
                let f: Test = $t;
                Ok(f(&convert::argument(x)?, &c.settings.get()))
            }, "($self, x, /)"),)*
        ];
    };
}

rows! {
    [
        "abs" Dec::absolute;
        "exp" Dec::exp;
        "ln" Dec::ln;
        "log10" Dec::log10;
        "minus" Dec::minus;
        "next_minus" |d, c, st| d.next(false, c, st);
        "next_plus" |d, c, st| d.next(true, c, st);
        "normalize" Dec::normalize;
        "plus" Dec::plus;
        "to_integral" |d, c, st| d.to_integral(false, c, st);
        "to_integral_exact" |d, c, st| d.to_integral(true, c, st);
        "to_integral_value" |d, c, st| d.to_integral(false, c, st);
        "sqrt" Dec::sqrt;
        "logb" Dec::logb;
        "logical_invert" Dec::logical_invert;
        "copy_abs" |d, _, _| d.abs();
        "copy_negate" |d, _, _| d.negated();
        "_apply" |d, c, st| d.clone().finish(c, st);
    ]
    [
        "add" Dec::add;
        "compare" |a, b, c, st| a.compare(b, false, c, st);
        "compare_signal" |a, b, c, st| a.compare(b, true, c, st);
        "divide" Dec::div;
        "divide_int" Dec::div_int;
        "max" |a, b, c, st| a.select(b, (true, false), c, st);
        "max_mag" |a, b, c, st| a.select(b, (true, true), c, st);
        "min" |a, b, c, st| a.select(b, (false, false), c, st);
        "min_mag" |a, b, c, st| a.select(b, (false, true), c, st);
        "multiply" Dec::mul;
        "next_toward" Dec::next_toward;
        "quantize" Dec::quantize;
        "remainder" Dec::rem;
        "remainder_near" Dec::rem_near;
        "subtract" Dec::sub;
        "compare_total" |a, b, _, _| as_number(a.compare_total(b));
        "compare_total_mag" |a, b, _, _| as_number(a.compare_total_magnitudes(b));
        "copy_sign" |a, b, _, _| a.with_sign(b.negative);
        "logical_and" |a, b, c, st| a.logical(b, |x, y| x & y, c, st);
        "logical_or" |a, b, c, st| a.logical(b, |x, y| x | y, c, st);
        "logical_xor" |a, b, c, st| a.logical(b, |x, y| x ^ y, c, st);
        "rotate" Dec::rotate;
        "scaleb" Dec::scaleb;
        "shift" Dec::shift;
    ]
    [
        "is_canonical" |_, _| true;
        "is_finite" |d, _| d.is_finite();
        "is_infinite" |d, _| d.is_infinite();
        "is_nan" |d, _| d.is_nan();
        "is_normal" Dec::is_normal;
        "is_qnan" |d, _| d.kind == Kind::Nan;
        "is_signed" |d, _| d.negative;
        "is_snan" |d, _| d.is_signaling();
        "is_subnormal" Dec::is_subnormal;
        "is_zero" |d, _| d.is_zero();
    ]
}

/// All others.
pub static MORE: &[PyMethodDef] = &[
    fastcall!("divmod", divmod, "($self, x, y, /)"),
    keywords!("power", power, "($self, /, a, b, modulo=None)"),
    fastcall!("fma", fma, "($self, x, y, z, /)"),
    fastcall!(
        "same_quantum",
        |_: &Context, args: &[&Obj]| {
            args::expect("same_quantum", args, 2..=2)?;
            Ok(convert::argument(args[0])?.same_quantum(&convert::argument(args[1])?))
        },
        "($self, x, y, /)"
    ),
    noargs!(
        "radix",
        |_: &Context| new_number(&Dec::int(10)),
        "($self, /)"
    ),
    o!(
        "canonical",
        |_: &Context, x: &Obj| match x.is::<Decimal>() {
            true => Ok(x.new_ref()),
            false => raise!(TypeError, "argument must be a Decimal"),
        },
        "($self, x, /)"
    ),
    o!(
        "copy_decimal",
        |_: &Context, x: &Obj| match x.is::<Decimal>() {
            true => Ok(x.new_ref()),
            false => new_number(&convert::argument(x)?),
        },
        "($self, x, /)"
    ),
    o!(
        "number_class",
        |c: &Context, x: &Obj| Ok(convert::argument(x)?.class(&c.settings.get())),
        "($self, x, /)"
    ),
    o!(
        "to_sci_string",
        |c: &Context, x: &Obj| text(c, x, Notation::Scientific),
        "($self, x, /)"
    ),
    o!(
        "to_eng_string",
        |c: &Context, x: &Obj| text(c, x, Notation::Engineering),
        "($self, x, /)"
    ),
    fastcall!(
        "create_decimal",
        number::create_decimal,
        "($self, num=\"0\", /)"
    ),
    o!(
        "create_decimal_from_float",
        number::create_decimal_from_float,
        "($self, f, /)"
    ),
];

fn text(c: &Context, x: &Obj, notation: Notation) -> Result<String> {
    Ok(convert::argument(x)?.to_text(notation, c.capitals.get()))
}

fn divmod(c: &Context, args: &[&Obj]) -> Result {
    args::expect("divmod", args, 2..=2)?;
    let (a, b) = (convert::argument(args[0])?, convert::argument(args[1])?);
    let mut st = 0;
    let (q, r) = a.divmod(&b, &c.settings.get(), &mut st);
    let q = finished(c, &q, st)?;
    Ok(tuple::from_array([q, new_number(&r)?]).into_obj())
}

fn power(c: &Context, [a, b, modulo]: [Option<&Obj>; 3]) -> Result {
    let (a, b) = (
        convert::argument(required(a))?,
        convert::argument(required(b))?,
    );
    let (settings, mut st) = (c.settings.get(), 0);
    let result = match modulo.filter(|m| !m.is_none()) {
        None => a.pow(&b, &settings, &mut st),
        Some(modulo) => a.pow_mod(&b, &convert::argument(modulo)?, &settings, &mut st),
    };
    finished(c, &result, st)
}

fn fma(c: &Context, args: &[&Obj]) -> Result {
    args::expect("fma", args, 3..=3)?;
    let [a, b, third] = [args[0], args[1], args[2]].map(convert::argument);
    let mut st = 0;
    let result = a?.fma(&b?, &third?, &c.settings.get(), &mut st);
    finished(c, &result, st)
}
