//! Operations on digits: logical ones, shifts, and the neighbours of a number.

use crate::coeff::Coeff;
use crate::context::{Context, Rounding, Status, status};
use crate::round::failed;
use crate::value::Dec;

/// The digits of a logical operand, as many as the context has, the first one first; nothing if it is none.
fn logical_digits(d: &Dec, ctx: &Context) -> Option<Vec<u8>> {
    if !d.is_finite() || d.negative || d.exp != 0 {
        return None;
    }
    let digits = d.coeff.to_ascii();
    if digits.iter().any(|d| !matches!(d, b'0' | b'1')) {
        return None;
    }
    let room = ctx.prec as usize;
    let kept = &digits[digits.len().saturating_sub(room)..];
    Some(kept.to_vec())
}

fn padded(digits: &[u8], len: usize) -> Vec<u8> {
    let mut out = vec![b'0'; len.saturating_sub(digits.len())];
    out.extend_from_slice(digits);
    out
}

impl Dec {
    /// A logical operation on the digits of two numbers, which are all 0 or 1.
    pub fn logical(&self, other: &Dec, f: fn(u8, u8) -> u8, ctx: &Context, st: &mut Status) -> Dec {
        let (Some(a), Some(b)) = (logical_digits(self, ctx), logical_digits(other, ctx)) else {
            return failed(status::INVALID_OPERATION, st);
        };
        let len = a.len().max(b.len());
        let (a, b) = (padded(&a, len), padded(&b, len));
        let digits: Vec<u8> = a
            .iter()
            .zip(&b)
            .map(|(a, b)| b'0' + f(a - b'0', b - b'0'))
            .collect();
        Dec::finite(false, Coeff::from_ascii(&digits), 0)
    }

    /// Every digit that the context has inverted.
    pub fn logical_invert(&self, ctx: &Context, st: &mut Status) -> Dec {
        let Some(digits) = logical_digits(self, ctx) else {
            return failed(status::INVALID_OPERATION, st);
        };
        if ctx.prec > crate::round::MOST_DIGITS {
            return failed(status::NO_MEMORY, st);
        }
        let digits = padded(&digits, ctx.prec as usize);
        let digits: Vec<u8> = digits.iter().map(|d| b'0' + b'1' - d).collect();
        Dec::finite(false, Coeff::from_ascii(&digits), 0)
    }

    /// How far `shift` and `rotate` go: an integer of at most the precision.
    fn places(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Result<i64, Dec> {
        if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
            return Err(nan);
        }
        match other
            .small_integer()
            .filter(|n| other.exp == 0 && n.abs() <= ctx.prec)
        {
            Some(places) => Ok(places),
            None => Err(failed(status::INVALID_OPERATION, st)),
        }
    }

    /// The digits shifted; those that leave are lost.
    pub fn shift(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        let places = match self.places(other, ctx, st) {
            Ok(places) => places,
            Err(nan) => return nan,
        };
        if self.is_infinite() {
            return self.clone();
        }
        let kept = self.coeff.low_digits(ctx.prec as u64);
        let coeff = match places < 0 {
            true => kept.cut(places.unsigned_abs()).0,
            false if places == ctx.prec => Coeff::ZERO,
            false => kept
                .low_digits((ctx.prec - places) as u64)
                .shifted_left(places as u64),
        };
        Dec::finite(self.negative, coeff, self.exp)
    }

    /// The digits rotated within the precision.
    pub fn rotate(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        let places = match self.places(other, ctx, st) {
            Ok(places) => places,
            Err(nan) => return nan,
        };
        if self.is_infinite() {
            return self.clone();
        }
        let places = if places < 0 {
            ctx.prec + places
        } else {
            places
        } as u64;
        let kept = self.coeff.low_digits(ctx.prec as u64);
        let staying = ctx.prec as u64 - places;
        let high = kept.cut(staying).0;
        let low = match staying {
            0 => Coeff::ZERO,
            n => kept.low_digits(n),
        };
        Dec::finite(self.negative, low.shifted_left(places).add(&high), self.exp)
    }

    /// The next number that the context can hold, upwards or downwards.
    pub fn next(&self, up: bool, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        if self.is_infinite() {
            if self.negative != up {
                return self.clone();
            }
            return Dec::finite(self.negative, Coeff::nines(ctx.prec as u64), ctx.etop());
        }
        let towards = if up {
            Rounding::Ceiling
        } else {
            Rounding::Floor
        };
        let ctx = ctx.rounding(towards);
        let mut quiet = 0;
        let rounded = self.clone().finish(&ctx, &mut quiet);
        if !rounded.is_finite() || rounded.compare_finite(self).is_ne() {
            return rounded;
        }
        let step = Dec::finite(!up, Coeff::ONE, ctx.etiny() - 1);
        self.add(&step, &ctx, &mut quiet)
    }

    /// The next number in the direction of another.
    pub fn next_toward(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
            return nan;
        }
        let Some(ordering) = self.compare_values(other).filter(|o| o.is_ne()) else {
            return self.with_sign(other.negative);
        };
        let result = self.next(ordering.is_lt(), ctx, st);
        if result.is_infinite() {
            *st |= status::OVERFLOW | status::INEXACT | status::ROUNDED;
        } else if result.adjusted() < ctx.emin {
            *st |= status::UNDERFLOW | status::SUBNORMAL | status::INEXACT | status::ROUNDED;
            if result.is_zero() {
                *st |= status::CLAMPED;
            }
        }
        result
    }
}
