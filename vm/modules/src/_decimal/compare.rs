//! Comparisons with numbers of all kinds, and the hash, which equal numbers share.

use core::cmp::Ordering;

use super::number::Decimal;
use super::{RATIONAL, convert, current, signals};
use crate::prelude::*;
use ::decimal::{Context as Settings, Dec, Kind, status};
use vm::types::float;

const MODULUS: u64 = (1 << 61) - 1;
const INFINITY_HASH: isize = 314_159;

fn power_mod(base: u64, mut exponent: u64) -> u64 {
    let product = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(MODULUS)) as u64;
    let (mut result, mut square) = (1, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = product(result, square);
        }
        square = product(square, square);
        exponent >>= 1;
    }
    result
}

/// `hash(d)`
pub fn hash(d: &Decimal) -> Result<isize> {
    match d.hash.get() {
        -1 => {
            let hash = compute_hash(d)?;
            d.hash.set(hash);
            Ok(hash)
        }
        hash => Ok(hash),
    }
}

fn compute_hash(d: &Decimal) -> Result<isize> {
    let value = d.value();
    let magnitude = match value.kind {
        Kind::SignalingNan => {
            return raise!(TypeError, "Cannot hash a signaling NaN value");
        }
        Kind::Nan => return Ok(num::hash::hash_pointer(d.as_ptr() as usize) as isize),
        Kind::Infinite => INFINITY_HASH,
        Kind::Finite => {
            let ten = match value.exp >= 0 {
                true => power_mod(10, value.exp.unsigned_abs()),
                // The inverse, by Fermat's little theorem.
                false => power_mod(power_mod(10, MODULUS - 2), value.exp.unsigned_abs()),
            };
            let limbs = value.coeff.limbs();
            let coeff = limbs.iter().rev().fold(0u128, |rest, limb| {
                ((rest << 64) + u128::from(*limb)) % u128::from(MODULUS)
            });
            (coeff * u128::from(ten) % u128::from(MODULUS)) as isize
        }
    };
    let hash = if value.negative {
        -magnitude
    } else {
        magnitude
    };
    Ok(if hash == -1 { -2 } else { hash })
}

/// Both sides of a comparison, as numbers; nothing if the other has no order with numbers.
fn sides(d: &Decimal, other: &Obj, op: CompareOp) -> Result<Option<(Dec, Dec)>> {
    let value = d.value();
    if let Some(other) = convert::operand(other) {
        return Ok(Some((value, other)));
    }
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if let Some(z) = other.downcast::<PyComplexObject>().filter(|_| equality) {
        let z = z.cval.get();
        return match z.imag == 0.0 {
            true => compare_with_float(value, z.real, equality),
            false => Ok(None),
        };
    }
    if let Some(x) = other.downcast::<PyFloatObject>() {
        return compare_with_float(value, float::value(x), equality);
    }
    if !proto::is_instance(other, RATIONAL.get()?)? {
        return Ok(None);
    }
    let numerator = proto::getattr(other, intern!("numerator"))?;
    let denominator = proto::getattr(other, intern!("denominator"))?;
    if !numerator.is::<PyLongObject>() || !denominator.is::<PyLongObject>() {
        return Ok(None);
    }
    let numerator = convert::from_int(&numerator);
    if !value.is_finite() {
        return Ok(Some((value, numerator)));
    }
    let mut st = 0;
    let scaled = value.mul(&convert::from_int(&denominator), &Settings::WIDEST, &mut st);
    Ok(Some((scaled, numerator)))
}

fn compare_with_float(value: Dec, x: f64, equality: bool) -> Result<Option<(Dec, Dec)>> {
    let c = current::context()?;
    match equality {
        true => c.status.set(c.status.get() | status::FLOAT_OPERATION),
        false => signals::note(&c, status::FLOAT_OPERATION)?,
    }
    Ok(Some((value, convert::from_f64(x))))
}

/// The comparison operators.
pub fn richcompare(d: &Decimal, other: &Obj, op: CompareOp) -> Result {
    let Some((a, b)) = sides(d, other, op)? else {
        return Ok(not_implemented());
    };
    let ordering = a.compare_values(&b);
    let Some(ordering) = ordering else {
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        if !equality || a.is_signaling() || b.is_signaling() {
            signals::note(&*current::context()?, status::INVALID_OPERATION)?;
        }
        return Ok(bool_(matches!(op, CompareOp::Ne)));
    };
    Ok(bool_(op.test(ordering)))
}

/// An ordering as the number that the specification has for it.
pub fn as_number(ordering: Ordering) -> Dec {
    Dec::int(ordering as i64)
}
