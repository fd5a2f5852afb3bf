//! Between decimal numbers and other objects.

use super::context::Context;
use super::number::Decimal;
use super::signals;
use crate::prelude::*;
use ::decimal::{Coeff, Context as Settings, Dec, Kind, Rounding, status};
use vm::types::float;
use vm::types::int::IntExt as _;
use vm::types::str_::StrExt as _;

const DIGIT: u32 = 30;

/// The number of an int, exactly.
pub fn from_int(o: &Obj) -> Dec {
    // SAFETY: callers have checked.
    let n = unsafe { o.cast::<PyLongObject>() };
    if let Some(small) = n.to_i64() {
        return Dec::int(small);
    }
    let (negative, digits) = n.digits();
    let mut limbs = vec![0u64; digits.len() * DIGIT as usize / 64 + 1];
    let mut at = 0;
    for &digit in digits {
        let (limb, bit) = (at / 64, at % 64);
        limbs[limb] |= u64::from(digit) << bit;
        if bit > 34 {
            limbs[limb + 1] |= u64::from(digit) >> (64 - bit);
        }
        at += DIGIT as usize;
    }
    Dec::finite(negative, Coeff::from_limbs(&limbs), 0)
}

/// An int for a coefficient.
pub fn to_int(negative: bool, coeff: &Coeff) -> Ref {
    let limbs = coeff.limbs();
    let mut digits = Vec::with_capacity(limbs.len() * 64 / DIGIT as usize + 1);
    let (mut pending, mut bits) = (0u128, 0);
    for limb in limbs {
        pending |= u128::from(limb) << bits;
        bits += 64;
        while bits >= DIGIT {
            digits.push((pending & ((1 << DIGIT) - 1)) as u32);
            pending >>= DIGIT;
            bits -= DIGIT;
        }
    }
    digits.push(pending as u32);
    while digits.last() == Some(&0) {
        digits.pop();
    }
    int::from_digits(negative, &digits).into_obj()
}

/// A float's number, exactly.
pub fn from_f64(x: f64) -> Dec {
    if !x.is_finite() {
        let mut special = if x.is_nan() {
            Dec::nan()
        } else {
            Dec::infinity(false)
        };
        special.negative = x.is_sign_negative();
        return special;
    }
    let bits = x.abs().to_bits();
    let (fraction, power) = (bits & ((1 << 52) - 1), (bits >> 52) as i64);
    let (mantissa, power) = match power {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, power - 1075),
    };
    let zeros = i64::from(mantissa.trailing_zeros().min(63));
    let (mantissa, power) = match mantissa {
        0 => (0, 0),
        _ => (mantissa >> zeros, power + zeros),
    };
    let mut coeff = Coeff::Small(mantissa.into());
    let factor = Coeff::Small(if power >= 0 { 2 } else { 5 });
    let mut square = factor;
    let mut left = power.unsigned_abs();
    while left > 0 {
        if left & 1 == 1 {
            coeff = coeff.mul(&square);
        }
        left >>= 1;
        if left > 0 {
            square = square.mul(&square);
        }
    }
    Dec::finite(x.is_sign_negative(), coeff, power.min(0))
}

/// The ASCII of a text with digits of any script; nothing if it has something else.
fn ascii(text: &PyUnicodeObject, lenient: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match c {
            0x5f if lenient => {}
            0..0x80 => out.push(c as u8),
            _ if text::chars::is_space(c) && lenient => out.push(b' '),
            _ => out.push(b'0' + u8::try_from(text::chars::decimal_value(c)?).ok()?),
        }
    }
    Some(out)
}

/// The number that a text spells; with `lenient`, spaces around it and underscores in it are left out.
pub fn from_text(text: &PyUnicodeObject, lenient: bool) -> Option<Dec> {
    let ascii = ascii(text, lenient)?;
    let spelled = match lenient {
        true => {
            let space = |c: &u8| c.is_ascii_whitespace() || matches!(c, 0x0b | 0x1c..=0x1f);
            let start = ascii.iter().position(|c| !space(c))?;
            let end = ascii.iter().rposition(|c| !space(c))? + 1;
            &ascii[start..end]
        }
        false => &ascii[..],
    };
    Dec::parse(spelled)
}

/// A number for any object that `Decimal()` takes, exactly.
pub fn exact(o: &Obj, c: &Context) -> Result<Dec> {
    if let Some(d) = o.downcast::<Decimal>() {
        return Ok(d.value());
    }
    if let Some(text) = o.downcast::<PyUnicodeObject>() {
        let value = from_text(text, true).filter(fits_widest);
        return match value {
            Some(value) => Ok(value),
            None => {
                signals::note(c, status::CONVERSION_SYNTAX)?;
                Ok(Dec::nan())
            }
        };
    }
    if o.is::<PyLongObject>() {
        return Ok(from_int(o));
    }
    if o.is::<PyTupleObject>() || o.is::<PyListObject>() {
        let value = from_sequence(o)?;
        if fits_widest(&value) {
            return Ok(value);
        }
        signals::note(c, status::INVALID_OPERATION)?;
        return Ok(Dec::nan());
    }
    if let Some(x) = o.downcast::<PyFloatObject>() {
        signals::note(c, status::FLOAT_OPERATION)?;
        return Ok(from_f64(float::value(x)));
    }
    raise!(
        TypeError,
        "conversion from {} to Decimal is not supported",
        o.tp_name()
    )
}

/// Whether the widest context holds a number as it is.
fn fits_widest(value: &Dec) -> bool {
    if !value.is_finite() {
        return true;
    }
    let mut st = 0;
    let _ = value.clone().finish(&Settings::WIDEST, &mut st);
    st & (status::INEXACT | status::ROUNDED | status::OVERFLOW | status::CLAMPED) == 0
}

fn from_sequence(o: &Obj) -> Result<Dec> {
    let parts = proto::to_vec(o)?;
    let [sign, digits, exponent] = &parts[..] else {
        return raise!(ValueError, "argument must be a sequence of length 3");
    };
    let sign = int::i64_of(sign).filter(|s| matches!(s, 0 | 1) && sign.is::<PyLongObject>());
    let Some(sign) = sign else {
        return raise!(ValueError, "sign must be an integer with the value 0 or 1");
    };
    let negative = sign == 1;
    let special = match exponent.downcast::<PyUnicodeObject>() {
        None => None,
        Some(text) => match text.try_str() {
            Some("F") => return Ok(Dec::infinity(negative)),
            Some("n") => Some(Kind::Nan),
            Some("N") => Some(Kind::SignalingNan),
            _ => {
                return raise!(
                    ValueError,
                    "string argument in the third position must be 'F', 'n' or 'N'"
                );
            }
        },
    };
    let exp = match special {
        Some(_) => 0,
        None if !exponent.is::<PyLongObject>() => {
            return raise!(ValueError, "exponent must be an integer");
        }
        None => args::to_isize(exponent)? as i64,
    };
    let Some(digits) = digits.downcast::<PyTupleObject>() else {
        return raise!(ValueError, "coefficient must be a tuple of digits");
    };
    let mut ascii = Vec::with_capacity(digits.items().len());
    for digit in digits.items() {
        match int::i64_of(digit) {
            Some(n @ 0..=9) => ascii.push(b'0' + n as u8),
            _ => return raise!(ValueError, "coefficient must be a tuple of digits"),
        }
    }
    let exp = exp.clamp(-4_000_000_000_000_000_000, 4_000_000_000_000_000_000);
    let coeff = Coeff::from_ascii(&ascii);
    Ok(Dec {
        negative,
        kind: special.unwrap_or(Kind::Finite),
        exp,
        coeff,
    })
}

/// The other operand of an operator: a number or an int; nothing of other types.
#[inline]
pub fn operand(o: &Obj) -> Option<Dec> {
    if let Some(d) = o.downcast::<Decimal>() {
        return Some(d.value());
    }
    o.is::<PyLongObject>().then(|| from_int(o))
}

/// The argument of a method.
pub fn argument(o: &Obj) -> Result<Dec> {
    match operand(o) {
        Some(value) => Ok(value),
        None => raise!(
            TypeError,
            "conversion from {} to Decimal is not supported",
            o.tp_name()
        ),
    }
}

/// The int that a number is rounded to.
pub fn whole(value: &Dec, rounding: Rounding) -> Result {
    match value.kind {
        Kind::Nan | Kind::SignalingNan => {
            return raise!(ValueError, "cannot convert NaN to integer");
        }
        Kind::Infinite => return raise!(OverflowError, "cannot convert Infinity to integer"),
        Kind::Finite => {}
    }
    match value.rescaled(0, rounding) {
        Some(whole) => Ok(to_int(value.negative, &whole.coeff)),
        None => Err(err::no_memory()),
    }
}
