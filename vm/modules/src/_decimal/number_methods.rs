//! The methods of `Decimal`.

use super::compare::as_number;
use super::context_attributes::rounding_of;
use super::number::{Decimal, finished, new_number};
use super::{convert, current, decimal_tuple};
use crate::prelude::*;
use ::decimal::{Coeff, Context as Settings, Dec, Kind, Notation, Rounding};

type Unary = fn(&Dec, &Settings, &mut u32) -> Dec;
type Binary = fn(&Dec, &Dec, &Settings, &mut u32) -> Dec;
type Test = fn(&Dec, &Settings) -> bool;

fn unary(d: &Decimal, context: Option<&Obj>, f: Unary) -> Result {
    let c = current::given(context)?;
    let mut st = 0;
    let result = f(&d.value(), &c.settings.get(), &mut st);
    finished(&c, &result, st)
}

fn binary(d: &Decimal, other: Option<&Obj>, context: Option<&Obj>, f: Binary) -> Result {
    let c = current::given(context)?;
    let other = convert::argument(required(other))?;
    let mut st = 0;
    let result = f(&d.value(), &other, &c.settings.get(), &mut st);
    finished(&c, &result, st)
}

macro_rules! unary_rows {
    ($($name:literal $f:expr;)*) => {
        /// Methods without operands, and with one.
        pub static METHODS: &[PyMethodDef] = &[$(
            keywords!($name, |d: &Decimal, [c]: [Option<&Obj>; 1]| unary(d, c, $f), "($self, /, context=None)"),
        )*];
    };
}

unary_rows! {
    "exp" Dec::exp;
    "ln" Dec::ln;
    "log10" Dec::log10;
    "next_minus" |d, c, st| d.next(false, c, st);
    "next_plus" |d, c, st| d.next(true, c, st);
    "normalize" Dec::normalize;
    "sqrt" Dec::sqrt;
    "logb" Dec::logb;
    "logical_invert" Dec::logical_invert;
}

macro_rules! more_rows {
    ([$($binary:literal $f:expr;)*] [$($test:literal $t:expr;)*] [$($contextual:literal $g:expr;)*] $($row:expr,)*) => {
        /// All others.
        pub static MORE: &[PyMethodDef] = &[
            $(keywords!($binary, |d: &Decimal, [o, c]: [Option<&Obj>; 2]| binary(d, o, c, $f), "($self, /, other, context=None)"),)*
            $(noargs!($test, |d: &Decimal| { let f: fn(&Dec) -> bool = $t; Ok(f(&d.value())) }, "($self, /)"),)*
            $(keywords!($contextual, |d: &Decimal, [c]: [Option<&Obj>; 1]| {
                let f: Test = $g;
                Ok(f(&d.value(), &current::given(c)?.settings.get()))
            }, "($self, /, context=None)"),)*
            $($row,)*
        ];
    };
}

more_rows! {
    [
        "compare" |a, b, c, st| a.compare(b, false, c, st);
        "compare_signal" |a, b, c, st| a.compare(b, true, c, st);
        "compare_total" |a, b, _, _| as_number(a.compare_total(b));
        "compare_total_mag" |a, b, _, _| as_number(a.compare_total_magnitudes(b));
        "max" |a, b, c, st| a.select(b, (true, false), c, st);
        "max_mag" |a, b, c, st| a.select(b, (true, true), c, st);
        "min" |a, b, c, st| a.select(b, (false, false), c, st);
        "min_mag" |a, b, c, st| a.select(b, (false, true), c, st);
        "next_toward" Dec::next_toward;
        "remainder_near" Dec::rem_near;
        "logical_and" |a, b, c, st| a.logical(b, |x, y| x & y, c, st);
        "logical_or" |a, b, c, st| a.logical(b, |x, y| x | y, c, st);
        "logical_xor" |a, b, c, st| a.logical(b, |x, y| x ^ y, c, st);
        "rotate" Dec::rotate;
        "scaleb" Dec::scaleb;
        "shift" Dec::shift;
        "copy_sign" |a, b, _, _| a.with_sign(b.negative);
    ]
    [
        "is_canonical" |_| true;
        "is_finite" Dec::is_finite;
        "is_infinite" Dec::is_infinite;
        "is_nan" Dec::is_nan;
        "is_qnan" |d| d.kind == Kind::Nan;
        "is_snan" Dec::is_signaling;
        "is_signed" |d| d.negative;
        "is_zero" Dec::is_zero;
    ]
    [
        "is_normal" Dec::is_normal;
        "is_subnormal" Dec::is_subnormal;
    ]
    keywords!("same_quantum", |d: &Decimal, [o, c]: [Option<&Obj>; 2]| {
        current::given(c)?;
        Ok(d.value().same_quantum(&convert::argument(required(o))?))
    }, "($self, /, other, context=None)"),
    keywords!("to_integral", |d: &Decimal, a: [Option<&Obj>; 2]| to_integral(d, a, false), "($self, /, rounding=None, context=None)"),
    keywords!("to_integral_value", |d: &Decimal, a: [Option<&Obj>; 2]| to_integral(d, a, false), "($self, /, rounding=None, context=None)"),
    keywords!("to_integral_exact", |d: &Decimal, a: [Option<&Obj>; 2]| to_integral(d, a, true), "($self, /, rounding=None, context=None)"),
    keywords!("quantize", quantize, "($self, /, exp, rounding=None, context=None)"),
    keywords!("fma", fma, "($self, /, other, third, context=None)"),
    keywords!("number_class", |d: &Decimal, [c]: [Option<&Obj>; 1]| {
        Ok(d.value().class(&current::given(c)?.settings.get()))
    }, "($self, /, context=None)"),
    keywords!("to_eng_string", |d: &Decimal, [c]: [Option<&Obj>; 1]| {
        let capitals = current::given(c)?.capitals.get();
        Ok(d.value().to_text(Notation::Engineering, capitals))
    }, "($self, /, context=None)"),
    noargs!("adjusted", |d: &Decimal| Ok(d.value().adjusted()), "($self, /)"),
    noargs!("canonical", itself, "($self, /)"),
    noargs!("conjugate", itself, "($self, /)"),
    noargs!("__copy__", itself, "($self, /)"),
    o!("__deepcopy__", |d: &Decimal, _: &Obj| itself(d), "($self, object, /)"),
    noargs!("radix", |_: &Decimal| new_number(&Dec::int(10)), "($self, /)"),
    noargs!("copy_abs", |d: &Decimal| new_number(&d.value().abs()), "($self, /)"),
    noargs!("copy_negate", |d: &Decimal| new_number(&d.value().negated()), "($self, /)"),
    noargs!("as_tuple", as_tuple, "($self, /)"),
    noargs!("as_integer_ratio", as_integer_ratio, "($self, /)"),
    noargs!("__reduce__", |d: &Decimal| {
        let text = str_::new(&d.value().to_text(Notation::Scientific, true));
        let arguments = tuple::from_slice(&[text.as_obj()]);
        Ok(tuple::from_slice(&[d.as_obj().ty().as_obj(), arguments.as_obj()]))
    }, "($self, /)"),
    fastcall!("__round__", round, ""),
    noargs!("__ceil__", |d: &Decimal| convert::whole(&d.value(), Rounding::Ceiling), "($self, /)"),
    noargs!("__floor__", |d: &Decimal| convert::whole(&d.value(), Rounding::Floor), "($self, /)"),
    noargs!("__trunc__", |d: &Decimal| convert::whole(&d.value(), Rounding::Down), "($self, /)"),
    noargs!("__complex__", |d: &Decimal| {
        let real = super::number_slots::to_float(d)?;
        Ok(vm::types::complex::new(real, 0.0).into_obj())
    }, "($self, /)"),
}

fn itself(d: &Decimal) -> Result {
    Ok(d.as_obj().new_ref())
}

/// The settings, with the way to round that an argument gives.
fn rounded_by(settings: Settings, rounding: Option<&Obj>) -> Result<Settings> {
    match rounding.filter(|r| !r.is_none()) {
        Some(rounding) => Ok(settings.rounding(rounding_of(rounding)?)),
        None => Ok(settings),
    }
}

fn to_integral(d: &Decimal, [rounding, context]: [Option<&Obj>; 2], exact: bool) -> Result {
    let c = current::given(context)?;
    let settings = rounded_by(c.settings.get(), rounding)?;
    let mut st = 0;
    let result = d.value().to_integral(exact, &settings, &mut st);
    finished(&c, &result, st)
}

fn quantize(d: &Decimal, [exp, rounding, context]: [Option<&Obj>; 3]) -> Result {
    let c = current::given(context)?;
    let settings = rounded_by(c.settings.get(), rounding)?;
    let exp = convert::argument(required(exp))?;
    let mut st = 0;
    let result = d.value().quantize(&exp, &settings, &mut st);
    finished(&c, &result, st)
}

fn fma(d: &Decimal, [other, third, context]: [Option<&Obj>; 3]) -> Result {
    let c = current::given(context)?;
    let (other, third) = (
        convert::argument(required(other))?,
        convert::argument(required(third))?,
    );
    let mut st = 0;
    let result = d.value().fma(&other, &third, &c.settings.get(), &mut st);
    finished(&c, &result, st)
}

fn round(d: &Decimal, args: &[&Obj]) -> Result {
    args::expect("__round__", args, 0..=1)?;
    let Some(places) = args.first().filter(|p| !p.is_none()) else {
        return convert::whole(&d.value(), Rounding::HalfEven);
    };
    if !places.is::<PyLongObject>() {
        return raise!(TypeError, "optional arg must be an integer");
    }
    let places = args::to_isize(places)? as i64;
    let c = current::context()?;
    let exp = Dec::finite(false, Coeff::ONE, places.saturating_neg());
    let mut st = 0;
    let result = d.value().quantize(&exp, &c.settings.get(), &mut st);
    finished(&c, &result, st)
}

fn as_tuple(d: &Decimal) -> Result {
    let value = d.value();
    let (digits, exponent) = match value.kind {
        Kind::Infinite => (vec![b'0'], intern!("F").new_ref()),
        Kind::Finite => (value.coeff.to_ascii(), int::from_i64(value.exp).into_obj()),
        kind => {
            let digits = if value.coeff.is_zero() {
                Vec::new()
            } else {
                value.coeff.to_ascii()
            };
            (
                digits,
                if kind == Kind::Nan {
                    intern!("n")
                } else {
                    intern!("N")
                }
                .new_ref(),
            )
        }
    };
    let digits: Vec<Ref> = digits
        .iter()
        .map(|d| int::small(i64::from(d - b'0')).new_ref())
        .collect();
    let digits = tuple::from_vec(digits);
    let sign = int::small(i64::from(value.negative));
    call::call(decimal_tuple()?, &[sign, digits.as_obj(), &exponent])
}

fn as_integer_ratio(d: &Decimal) -> Result {
    let value = d.value();
    match value.kind {
        Kind::Infinite => return raise!(OverflowError, "cannot convert Infinity to integer ratio"),
        Kind::Finite => {}
        _ => return raise!(ValueError, "cannot convert NaN to integer ratio"),
    }
    let ten = |n: u64| match n <= 4_000_000_000 {
        true => Ok(Coeff::power_of_ten(n)),
        false => Err(err::no_memory()),
    };
    let (numerator, denominator) = match value.exp >= 0 || value.coeff.is_zero() {
        true => (value.coeff.mul(&ten(value.exp.max(0) as u64)?), Coeff::ONE),
        false => value
            .coeff
            .reduced_fraction(&ten(value.exp.unsigned_abs())?),
    };
    let pair = [
        convert::to_int(value.negative, &numerator),
        convert::to_int(false, &denominator),
    ];
    Ok(tuple::from_array(pair).into_obj())
}
