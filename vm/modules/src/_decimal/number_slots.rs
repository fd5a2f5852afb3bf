//! The operators of `Decimal`.

use super::number::{self, Decimal, finished};
use super::{convert, current};
use crate::prelude::*;
use ::decimal::{Context as Settings, Dec, Kind, Rounding};
use vm::types::float;

type Unary = fn(&Dec, &Settings, &mut u32) -> Dec;
type Binary = fn(&Dec, &Dec, &Settings, &mut u32) -> Dec;

/// Fills in the slots.
pub fn define(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.nb_add(|a: &Obj, b: &Obj| binary(a, b, Dec::add))
        .nb_subtract(|a: &Obj, b: &Obj| binary(a, b, Dec::sub))
        .nb_multiply(|a: &Obj, b: &Obj| binary(a, b, Dec::mul))
        .nb_true_divide(|a: &Obj, b: &Obj| binary(a, b, Dec::div))
        .nb_floor_divide(|a: &Obj, b: &Obj| binary(a, b, Dec::div_int))
        .nb_remainder(|a: &Obj, b: &Obj| binary(a, b, Dec::rem))
        .nb_divmod(divmod)
        .nb_power(power)
        .nb_negative(|d: &Decimal| unary(d, Dec::minus))
        .nb_positive(|d: &Decimal| unary(d, Dec::plus))
        .nb_absolute(|d: &Decimal| unary(d, Dec::absolute))
        .nb_bool(|d: &Decimal| Ok(!d.value().is_zero()))
        .nb_int(|d: &Decimal| convert::whole(&d.value(), Rounding::Down))
        .nb_float(to_float)
}

fn unary(d: &Decimal, f: Unary) -> Result {
    let c = current::context()?;
    let mut st = 0;
    let result = f(&d.value(), &c.settings.get(), &mut st);
    finished(&c, &result, st)
}

/// Both operands of an operator; one of them is a number of ours.
fn operands(a: &Obj, b: &Obj) -> Option<(Dec, Dec)> {
    Some((convert::operand(a)?, convert::operand(b)?))
}

#[inline]
fn binary(a: &Obj, b: &Obj, f: Binary) -> Result {
    let Some((a, b)) = operands(a, b) else {
        return Ok(not_implemented());
    };
    let c = current::context()?;
    let mut st = 0;
    let result = f(&a, &b, &c.settings.get(), &mut st);
    finished(&c, &result, st)
}

fn divmod(a: &Obj, b: &Obj) -> Result {
    let Some((a, b)) = operands(a, b) else {
        return Ok(not_implemented());
    };
    let c = current::context()?;
    let mut st = 0;
    let (q, r) = a.divmod(&b, &c.settings.get(), &mut st);
    let q = finished(&c, &q, st)?;
    Ok(tuple::from_array([q, number::new_number(&r)?]).into_obj())
}

fn power(a: &Obj, b: &Obj, modulo: &Obj) -> Result {
    let Some((base, exponent)) = operands(a, b) else {
        return Ok(not_implemented());
    };
    let c = current::context()?;
    let (settings, mut st) = (c.settings.get(), 0);
    let result = if modulo.is_none() {
        base.pow(&exponent, &settings, &mut st)
    } else {
        let Some(modulo) = convert::operand(modulo) else {
            return Ok(not_implemented());
        };
        base.pow_mod(&exponent, &modulo, &settings, &mut st)
    };
    finished(&c, &result, st)
}

/// `float(d)`
pub fn to_float(d: &Decimal) -> Result<f64> {
    let value = d.value();
    match value.kind {
        Kind::SignalingNan => raise!(ValueError, "cannot convert signaling NaN to float"),
        Kind::Nan => Ok(if value.negative { -f64::NAN } else { f64::NAN }),
        Kind::Infinite => Ok(if value.negative {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        }),
        Kind::Finite => {
            let text = str_::new(&value.to_text(::decimal::Notation::Scientific, true));
            float::parse_object(text.as_obj())
        }
    }
}
