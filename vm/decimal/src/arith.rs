//! Addition, multiplication, and operations to an exponent.

use core::cmp::Ordering;

use crate::coeff::Coeff;
use crate::context::{Context, Rounding, Status, status};
use crate::round::failed;
use crate::value::Dec;

impl Dec {
    /// `self + other`
    pub fn add(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if !self.is_finite() || !other.is_finite() {
            if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
                return nan;
            }
            if self.is_infinite() {
                if other.is_infinite() && self.negative != other.negative {
                    return failed(status::INVALID_OPERATION, st);
                }
                return Dec::infinity(self.negative);
            }
            return Dec::infinity(other.negative);
        }
        self.sum(other, ctx).finish(ctx, st)
    }

    /// `self - other`
    pub fn sub(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if other.is_nan() {
            return self.add(other, ctx, st);
        }
        self.add(&other.negated(), ctx, st)
    }

    /// The sum of finite numbers, exact, or with enough digits to round it right.
    fn sum(&self, other: &Dec, ctx: &Context) -> Dec {
        let exp = self.exp.min(other.exp);
        let zero_sign = ctx.rounding == Rounding::Floor && self.negative != other.negative;
        match (self.coeff.is_zero(), other.coeff.is_zero()) {
            (true, true) => {
                let negative = self.negative && other.negative || zero_sign;
                return Dec::finite(negative, Coeff::ZERO, exp);
            }
            (true, false) => return other.lowered(exp, ctx.prec),
            (false, true) => return self.lowered(exp, ctx.prec),
            (false, false) => {}
        }
        let (high, low) = if self.exp >= other.exp {
            (self, other)
        } else {
            (other, self)
        };
        let apart = (high.exp - low.exp) as u64;
        // What is far below the last digit counts only by being there.
        let least = high.exp + (high.digits() - ctx.prec - 2).min(-1);
        let (a, b, exp) = if low.digits() + low.exp - 1 < least {
            (
                high.coeff.shifted_left((high.exp - least) as u64),
                Coeff::ONE,
                least,
            )
        } else {
            (high.coeff.shifted_left(apart), low.coeff.clone(), low.exp)
        };
        if high.negative == low.negative {
            return Dec::finite(high.negative, a.add(&b), exp);
        }
        match a.cmp(&b) {
            Ordering::Equal => Dec::finite(zero_sign, Coeff::ZERO, exp),
            Ordering::Greater => Dec::finite(high.negative, a.sub(&b), exp),
            Ordering::Less => Dec::finite(low.negative, b.sub(&a), exp),
        }
    }

    /// The number with a lower exponent, as far as the precision lets it matter.
    fn lowered(&self, exp: i64, prec: i64) -> Dec {
        let exp = exp.max(self.exp - prec - 1);
        if exp >= self.exp {
            return self.clone();
        }
        // Only as many zeros as there is room for.
        let exp = exp.max(self.exp - (prec - self.digits()).max(0) - 1);
        Dec::finite(
            self.negative,
            self.coeff.shifted_left((self.exp - exp) as u64),
            exp,
        )
    }

    /// `self * other`
    pub fn mul(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        match self.product(other, ctx, st) {
            Ok(product) => product.finish(ctx, st),
            Err(special) => special,
        }
    }

    /// The exact product, or what stands for it where an operand is special.
    fn product(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Result<Dec, Dec> {
        let negative = self.negative != other.negative;
        if !self.is_finite() || !other.is_finite() {
            if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
                return Err(nan);
            }
            if self.is_zero() || other.is_zero() {
                return Err(failed(status::INVALID_OPERATION, st));
            }
            return Err(Dec::infinity(negative));
        }
        Ok(Dec::finite(
            negative,
            self.coeff.mul(&other.coeff),
            self.exp + other.exp,
        ))
    }

    /// `self * other + third`, rounded once.
    pub fn fma(&self, other: &Dec, third: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if (self.is_nan() || other.is_nan() || third.is_nan())
            && let Some(nan) = Dec::nan_of(&[self, other, third], ctx, st)
        {
            return nan;
        }
        match self.product(other, ctx, st) {
            Ok(product) => product.add(third, ctx, st),
            Err(special) if special.is_nan() => special,
            Err(special) => special.add(third, ctx, st),
        }
    }

    /// `+self`: no negative zero, except when rounding down.
    pub fn plus(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        let mut result = self.clone();
        if self.is_zero() {
            result.negative = self.negative && ctx.rounding == Rounding::Floor;
        }
        result.finish(ctx, st)
    }

    /// `-self`
    pub fn minus(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        let mut result = self.negated();
        if self.is_zero() {
            result.negative = !self.negative && ctx.rounding == Rounding::Floor;
        }
        result.finish(ctx, st)
    }

    /// `abs(self)`
    pub fn absolute(&self, ctx: &Context, st: &mut Status) -> Dec {
        match self.negative {
            true => self.minus(ctx, st),
            false => self.plus(ctx, st),
        }
    }

    /// The shortest equal number.
    pub fn normalize(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        let rounded = self.clone().finish(ctx, st);
        if !rounded.is_finite() {
            return rounded;
        }
        if rounded.coeff.is_zero() {
            return Dec::finite(rounded.negative, Coeff::ZERO, 0);
        }
        let highest = if ctx.clamp { ctx.etop() } else { ctx.emax };
        let limit = (highest - rounded.exp).max(0) as u64;
        let (coeff, zeros) = rounded.coeff.without_zeros(limit);
        Dec::finite(rounded.negative, coeff, rounded.exp + zeros as i64)
    }

    /// The number with the exponent of another.
    pub fn quantize(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if !self.is_finite() || !other.is_finite() {
            if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
                return nan;
            }
            if self.is_infinite() && other.is_infinite() {
                return self.clone();
            }
            return failed(status::INVALID_OPERATION, st);
        }
        let exp = other.exp;
        if exp < ctx.etiny() || exp > ctx.emax {
            return failed(status::INVALID_OPERATION, st);
        }
        if self.coeff.is_zero() {
            return Dec::finite(self.negative, Coeff::ZERO, exp).finish(ctx, st);
        }
        if self.adjusted() > ctx.emax || self.adjusted() - exp + 1 > ctx.prec {
            return failed(status::INVALID_OPERATION, st);
        }
        let Some(result) = self.rescaled(exp, ctx.rounding) else {
            return failed(status::NO_MEMORY, st);
        };
        if result.adjusted() > ctx.emax || result.digits() > ctx.prec {
            return failed(status::INVALID_OPERATION, st);
        }
        if !result.coeff.is_zero() && result.adjusted() < ctx.emin {
            *st |= status::SUBNORMAL;
        }
        if result.exp > self.exp {
            *st |= status::ROUNDED;
            if result.compare_finite(self) != Ordering::Equal {
                *st |= status::INEXACT;
            }
        }
        result.finish(ctx, st)
    }

    /// The nearest integer as the context rounds; with `exact`, the conditions of rounding are noted.
    pub fn to_integral(&self, exact: bool, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        if !self.is_finite() || self.exp >= 0 {
            return self.clone();
        }
        if self.coeff.is_zero() {
            return Dec::finite(self.negative, Coeff::ZERO, 0);
        }
        let result = self
            .rescaled(0, ctx.rounding)
            .expect("fewer digits than before");
        if exact {
            *st |= status::ROUNDED;
            if result.compare_finite(self) != Ordering::Equal {
                *st |= status::INEXACT;
            }
        }
        result
    }

    /// The exponent of the first digit, as a number.
    pub fn logb(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        if self.is_infinite() {
            return Dec::infinity(false);
        }
        if self.coeff.is_zero() {
            *st |= status::DIVISION_BY_ZERO;
            return Dec::infinity(true);
        }
        Dec::int(self.adjusted()).finish(ctx, st)
    }

    /// The number times ten to the power of another.
    pub fn scaleb(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
            return nan;
        }
        let Some(places) = other.small_integer().filter(|_| other.exp == 0) else {
            return failed(status::INVALID_OPERATION, st);
        };
        let limit = 2 * (i128::from(ctx.emax) + i128::from(ctx.prec));
        if i128::from(places).abs() > limit {
            return failed(status::INVALID_OPERATION, st);
        }
        if self.is_infinite() {
            return self.clone();
        }
        Dec::finite(
            self.negative,
            self.coeff.clone(),
            self.exp.saturating_add(places),
        )
        .finish(ctx, st)
    }

    /// The value, if it is an integer of 64 bits.
    pub fn small_integer(&self) -> Option<i64> {
        if !self.is_integer() || self.adjusted() > 19 {
            return None;
        }
        let whole = self.rescaled(0, Rounding::Down)?;
        let magnitude = i64::try_from(whole.coeff.to_u64()?).ok()?;
        Some(if self.negative { -magnitude } else { magnitude })
    }
}
