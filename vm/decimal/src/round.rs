//! Rounding: to a number of digits, to an exponent, and to what a context can hold.

use crate::coeff::{Coeff, Rest};
use crate::context::{Context, Rounding, Status, status};
use crate::value::{Dec, Kind};

/// More digits than this are not tried.
pub const MOST_DIGITS: i64 = 4_000_000_000;

/// Whether a coefficient with this rest cut off is rounded away from zero.
fn rounds_away(rounding: Rounding, kept: &Coeff, rest: Rest, negative: bool) -> bool {
    if rest == Rest::Nothing {
        return false;
    }
    match rounding {
        Rounding::Up => true,
        Rounding::Down => false,
        Rounding::Ceiling => !negative,
        Rounding::Floor => negative,
        Rounding::HalfUp => rest != Rest::BelowHalf,
        Rounding::HalfDown => rest == Rest::AboveHalf,
        Rounding::HalfEven => rest == Rest::AboveHalf || rest == Rest::Half && kept.is_odd(),
        Rounding::Up05 => matches!(kept.last_digit(), 0 | 5),
    }
}

/// The coefficient without its last digits, rounded, and whether that changed the value.
pub fn round_off(coeff: &Coeff, count: u64, negative: bool, rounding: Rounding) -> (Coeff, bool) {
    let (kept, rest) = coeff.cut(count);
    let kept = match rounds_away(rounding, &kept, rest, negative) {
        true => kept.add(&Coeff::ONE),
        false => kept,
    };
    (kept, rest != Rest::Nothing)
}

impl Dec {
    /// The number with another exponent, rounded or filled up with zeros; nothing if that takes too many digits.
    pub fn rescaled(&self, exp: i64, rounding: Rounding) -> Option<Dec> {
        if !self.is_finite() {
            return Some(self.clone());
        }
        if self.coeff.is_zero() {
            return Some(Dec::finite(self.negative, Coeff::ZERO, exp));
        }
        let coeff = if self.exp >= exp {
            if self.exp - exp + self.digits() > MOST_DIGITS {
                return None;
            }
            self.coeff.shifted_left((self.exp - exp) as u64)
        } else {
            round_off(
                &self.coeff,
                (exp - self.exp) as u64,
                self.negative,
                rounding,
            )
            .0
        };
        Some(Dec::finite(self.negative, coeff, exp))
    }

    /// The operand as it is, or the result that a NaN among the operands makes.
    pub fn nan_of(operands: &[&Dec], ctx: &Context, st: &mut Status) -> Option<Dec> {
        let signaling = operands.iter().find(|d| d.is_signaling());
        if signaling.is_some() {
            *st |= status::INVALID_OPERATION;
        }
        let nan = signaling.or_else(|| operands.iter().find(|d| d.is_nan()))?;
        Some(nan.quieted(ctx))
    }

    /// A quiet NaN with as much of the payload as the context holds.
    fn quieted(&self, ctx: &Context) -> Dec {
        let room = (ctx.prec - i64::from(ctx.clamp)).max(0);
        let payload = match room {
            0 => Coeff::ZERO,
            room => self.coeff.low_digits(room as u64),
        };
        Dec {
            negative: self.negative,
            kind: Kind::Nan,
            exp: 0,
            coeff: payload,
        }
    }

    /// The number as the context can hold it.
    pub fn finish(self, ctx: &Context, st: &mut Status) -> Dec {
        match self.kind {
            Kind::Infinite => return self,
            Kind::Nan | Kind::SignalingNan => {
                let room = ctx.prec - i64::from(ctx.clamp);
                if self.digits() <= room || self.coeff.is_zero() {
                    return self;
                }
                let kind = self.kind;
                return Dec {
                    kind,
                    ..self.quieted(ctx)
                };
            }
            Kind::Finite => {}
        }
        let (etiny, etop) = (ctx.etiny(), ctx.etop());
        if self.coeff.is_zero() {
            let highest = if ctx.clamp { etop } else { ctx.emax };
            let exp = self.exp.clamp(etiny, highest.max(etiny));
            if exp != self.exp {
                *st |= status::CLAMPED;
            }
            return Dec { exp, ..self };
        }
        let wanted = self.digits() + self.exp - ctx.prec;
        if wanted > etop {
            return overflowed(self.negative, ctx, st);
        }
        let subnormal = wanted < etiny;
        let lowest = wanted.max(etiny);
        if self.exp < lowest {
            return self.rounded_up_to(lowest, subnormal, ctx, st);
        }
        if subnormal {
            *st |= status::SUBNORMAL;
        }
        if ctx.clamp && self.exp > etop {
            *st |= status::CLAMPED;
            let coeff = self.coeff.shifted_left((self.exp - etop) as u64);
            return Dec {
                coeff,
                exp: etop,
                ..self
            };
        }
        self
    }

    fn rounded_up_to(self, lowest: i64, subnormal: bool, ctx: &Context, st: &mut Status) -> Dec {
        let count = (lowest - self.exp) as u64;
        let (mut coeff, inexact) = round_off(&self.coeff, count, self.negative, ctx.rounding);
        let mut exp = lowest;
        if coeff.digits() as i64 > ctx.prec {
            (coeff, _) = coeff.cut(1);
            exp += 1;
        }
        if exp > ctx.etop() {
            return overflowed(self.negative, ctx, st);
        }
        *st |= status::ROUNDED;
        if subnormal {
            *st |= status::SUBNORMAL;
        }
        if inexact {
            *st |= status::INEXACT;
            if subnormal {
                *st |= status::UNDERFLOW;
            }
        }
        if coeff.is_zero() {
            *st |= status::CLAMPED;
        }
        Dec::finite(self.negative, coeff, exp)
    }
}

/// What stands for a number that is too large.
fn overflowed(negative: bool, ctx: &Context, st: &mut Status) -> Dec {
    *st |= status::OVERFLOW | status::INEXACT | status::ROUNDED;
    let largest = match ctx.rounding {
        Rounding::Down | Rounding::Up05 => true,
        Rounding::Ceiling => negative,
        Rounding::Floor => !negative,
        _ => false,
    };
    if !largest {
        return Dec::infinity(negative);
    }
    if ctx.prec > MOST_DIGITS {
        return failed(status::NO_MEMORY, st);
    }
    Dec::finite(negative, Coeff::nines(ctx.prec as u64), ctx.etop())
}

/// A NaN, and the condition that made it.
pub fn failed(condition: Status, st: &mut Status) -> Dec {
    *st |= condition;
    Dec::nan()
}
