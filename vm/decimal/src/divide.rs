//! Division: true, integer, remainders; the square root.

use core::cmp::Ordering;

use malachite_base::num::arithmetic::traits::{FloorSqrt, Gcd};

use crate::coeff::Coeff;
use crate::context::{Context, Rounding, Status, status};
use crate::round::{MOST_DIGITS, failed};
use crate::value::Dec;

/// Contexts of more digits than this are taken to ask for exact results.
const EXACT_FROM: i64 = 1_000_000;

impl Dec {
    /// `self / other`
    pub fn div(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        let negative = self.negative != other.negative;
        if !self.is_finite() || !other.is_finite() {
            if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
                return nan;
            }
            return match (self.is_infinite(), other.is_infinite()) {
                (true, true) => failed(status::INVALID_OPERATION, st),
                (true, false) => Dec::infinity(negative),
                _ => {
                    *st |= status::CLAMPED;
                    Dec::finite(negative, Coeff::ZERO, ctx.etiny())
                }
            };
        }
        if other.coeff.is_zero() {
            if self.coeff.is_zero() {
                return failed(status::DIVISION_UNDEFINED, st);
            }
            *st |= status::DIVISION_BY_ZERO;
            return Dec::infinity(negative);
        }
        let ideal = self.exp - other.exp;
        if self.coeff.is_zero() {
            return Dec::finite(negative, Coeff::ZERO, ideal).finish(ctx, st);
        }
        let shift = match ctx.prec > EXACT_FROM {
            true => exact_shift(&self.coeff, &other.coeff),
            false => other.digits() - self.digits() + ctx.prec + 1,
        };
        if shift > MOST_DIGITS {
            return failed(status::NO_MEMORY, st);
        }
        let (q, r) = match shift >= 0 {
            true => self.coeff.shifted_left(shift as u64).div_rem(&other.coeff),
            false => self
                .coeff
                .div_rem(&other.coeff.shifted_left(shift.unsigned_abs())),
        };
        let exp = ideal - shift;
        if !r.is_zero() {
            // A last digit that is neither 0 nor 5 rounds as the digits behind it would.
            let q = if matches!(q.last_digit(), 0 | 5) {
                q.add(&Coeff::ONE)
            } else {
                q
            };
            return Dec::finite(negative, q, exp).finish(ctx, st);
        }
        let (q, zeros) = q.without_zeros((ideal - exp).max(0) as u64);
        Dec::finite(negative, q, exp + zeros as i64).finish(ctx, st)
    }

    /// Quotient (an integer) and remainder of finite numbers, `other` not zero.
    fn divide(&self, other: &Dec, ctx: &Context) -> Option<(Coeff, Dec)> {
        let ideal = self.exp.min(other.exp);
        let apart = self.adjusted() - other.adjusted();
        if self.coeff.is_zero() || apart <= -2 {
            return Some((Coeff::ZERO, self.rescaled(ideal, ctx.rounding)?));
        }
        if apart > ctx.prec || apart > MOST_DIGITS {
            return None;
        }
        let spread = (self.exp - other.exp).unsigned_abs();
        let (q, r) = match self.exp >= other.exp {
            true => self.coeff.shifted_left(spread).div_rem(&other.coeff),
            false => self.coeff.div_rem(&other.coeff.shifted_left(spread)),
        };
        if q.digits() as i64 > ctx.prec {
            return None;
        }
        Some((q, Dec::finite(self.negative, r, ideal)))
    }

    /// What `//`, `%` and `divmod` answer where an operand is special or the divisor is zero.
    fn special_divmod(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Option<(Dec, Dec)> {
        if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
            return Some((nan.clone(), nan));
        }
        let negative = self.negative != other.negative;
        if self.is_infinite() {
            let nan = failed(status::INVALID_OPERATION, st);
            if other.is_infinite() {
                return Some((nan.clone(), nan));
            }
            return Some((Dec::infinity(negative), nan));
        }
        if other.is_infinite() {
            let rest = self.clone().finish(ctx, st);
            return Some((Dec::finite(negative, Coeff::ZERO, 0), rest));
        }
        if other.coeff.is_zero() {
            if self.coeff.is_zero() {
                let nan = failed(status::DIVISION_UNDEFINED, st);
                return Some((nan.clone(), nan));
            }
            *st |= status::DIVISION_BY_ZERO;
            let nan = failed(status::INVALID_OPERATION, st);
            return Some((Dec::infinity(negative), nan));
        }
        None
    }

    /// `divmod(self, other)`
    pub fn divmod(&self, other: &Dec, ctx: &Context, st: &mut Status) -> (Dec, Dec) {
        if let Some(special) = self.special_divmod(other, ctx, st) {
            return special;
        }
        match self.divide(other, ctx) {
            Some((q, r)) => {
                let q = Dec::finite(self.negative != other.negative, q, 0);
                (q, r.finish(ctx, st))
            }
            None => {
                let nan = failed(status::DIVISION_IMPOSSIBLE, st);
                (nan.clone(), nan)
            }
        }
    }

    /// `self // other`
    pub fn div_int(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        let mut own = 0;
        let special = self.special_divmod(other, ctx, &mut own);
        if let Some((q, _)) = special {
            // The conditions of the quotient alone.
            *st |= if q.is_nan() {
                own
            } else {
                own & status::DIVISION_BY_ZERO
            };
            return q;
        }
        match self.divide(other, ctx) {
            Some((q, _)) => Dec::finite(self.negative != other.negative, q, 0),
            None => failed(status::DIVISION_IMPOSSIBLE, st),
        }
    }

    /// `self % other`
    pub fn rem(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if !self.is_nan() && !other.is_nan() && !self.is_infinite() && other.is_zero() {
            let condition = match self.coeff.is_zero() {
                true => status::DIVISION_UNDEFINED,
                false => status::INVALID_OPERATION,
            };
            return failed(condition, st);
        }
        self.divmod(other, ctx, st).1
    }

    /// The remainder that is nearest to zero.
    pub fn rem_near(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
            return nan;
        }
        if self.is_infinite() {
            return failed(status::INVALID_OPERATION, st);
        }
        if other.is_zero() {
            let condition = match self.coeff.is_zero() {
                true => status::DIVISION_UNDEFINED,
                false => status::INVALID_OPERATION,
            };
            return failed(condition, st);
        }
        if other.is_infinite() {
            return self.clone().finish(ctx, st);
        }
        let ideal = self.exp.min(other.exp);
        if self.coeff.is_zero() {
            return Dec::finite(self.negative, Coeff::ZERO, ideal).finish(ctx, st);
        }
        let apart = self.adjusted() - other.adjusted();
        if apart > ctx.prec {
            return failed(status::DIVISION_IMPOSSIBLE, st);
        }
        if apart <= -2 {
            return match self.rescaled(ideal, ctx.rounding) {
                Some(rest) => rest.finish(ctx, st),
                None => failed(status::NO_MEMORY, st),
            };
        }
        let spread = (self.exp - other.exp).unsigned_abs();
        let (a, b) = match self.exp >= other.exp {
            true => (self.coeff.shifted_left(spread), other.coeff.clone()),
            false => (self.coeff.clone(), other.coeff.shifted_left(spread)),
        };
        let (mut q, mut r) = a.div_rem(&b);
        let mut negative = self.negative;
        let twice = r.add(&r);
        if twice > b || twice == b && q.is_odd() {
            r = b.sub(&r);
            negative = !negative;
            q = q.add(&Coeff::ONE);
        }
        if q.digits() as i64 > ctx.prec {
            return failed(status::DIVISION_IMPOSSIBLE, st);
        }
        Dec::finite(negative, r, ideal).finish(ctx, st)
    }

    /// The square root, to the nearest.
    pub fn sqrt(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        if self.is_infinite() && !self.negative {
            return self.clone();
        }
        if self.is_zero() {
            return Dec::finite(self.negative, Coeff::ZERO, self.exp.div_euclid(2)).finish(ctx, st);
        }
        if self.negative {
            return failed(status::INVALID_OPERATION, st);
        }
        let odd = self.exp.rem_euclid(2);
        let mut exp = self.exp.div_euclid(2);
        let c = self.coeff.shifted_left(odd as u64);
        let digits = (self.digits() + 1 + odd) / 2;
        let shift = match ctx.prec > EXACT_FROM {
            true => 0,
            false => ctx.prec + 1 - digits,
        };
        let (c, mut exact) = match shift >= 0 {
            true => (c.shifted_left(2 * shift as u64), true),
            false => {
                let (q, rest) = c.cut(2 * shift.unsigned_abs());
                (q, rest == crate::coeff::Rest::Nothing)
            }
        };
        exp -= shift;
        let root = Coeff::from_natural(c.to_natural().floor_sqrt());
        exact &= root.mul(&root).cmp(&c) == Ordering::Equal;
        if !exact && ctx.prec > MOST_DIGITS {
            return failed(status::NO_MEMORY, st);
        }
        let root = match (exact, shift >= 0) {
            (true, true) => {
                exp += shift;
                root.cut(shift as u64).0
            }
            (true, false) => {
                exp += shift;
                root.shifted_left(shift.unsigned_abs())
            }
            (false, _) if matches!(root.last_digit(), 0 | 5) => root.add(&Coeff::ONE),
            (false, _) => root,
        };
        Dec::finite(false, root, exp).finish(&ctx.rounding(Rounding::HalfEven), st)
    }
}

/// By how many digits the dividend is to be extended for an exact quotient; more than there can be if there is none.
fn exact_shift(a: &Coeff, b: &Coeff) -> i64 {
    let (a, b) = (a.to_natural(), b.to_natural());
    let mut rest = Coeff::from_natural(&b / (&a).gcd(&b));
    let mut counts = [0i64; 2];
    for (count, factor) in counts.iter_mut().zip([2, 5]) {
        loop {
            let (q, r) = rest.div_rem(&Coeff::Small(factor));
            if !r.is_zero() {
                break;
            }
            rest = q;
            *count += 1;
        }
    }
    match rest.is_one() {
        true => counts[0].max(counts[1]),
        false => i64::MAX,
    }
}
