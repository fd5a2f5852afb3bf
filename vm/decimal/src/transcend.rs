//! Exponential and logarithms, correctly rounded.

use malachite_base::num::arithmetic::traits::UnsignedAbs;
use malachite_nz::integer::Integer;

use crate::coeff::Coeff;
use crate::context::{Context, Rounding, Status, status};
use crate::round::failed;
use crate::series;
use crate::value::Dec;

/// More digits than this are not tried.
const MOST: i64 = 10_000_000;

/// Whether an approximation within one unit has enough digits behind the precision to be rounded right.
pub fn is_settled(approximation: &Integer, precision: i64) -> bool {
    let digits = series::digits(approximation) as i64;
    let behind = digits - precision - 1;
    if behind < 0 {
        return false;
    }
    let unit = Integer::from(5) * series::ten(behind as u64);
    approximation % unit != 0
}

fn to_dec(negative: bool, n: &Integer, exp: i64) -> Dec {
    Dec::finite(negative, Coeff::from_natural(n.unsigned_abs()), exp)
}

fn integer(coeff: &Coeff) -> Integer {
    Integer::from(coeff.to_natural())
}

fn number_length(n: i64) -> i64 {
    series::digits(&Integer::from(n)) as i64
}

impl Dec {
    /// `e ** self`
    pub fn exp(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        if self.is_infinite() {
            return if self.negative {
                Dec::finite(false, Coeff::ZERO, 0)
            } else {
                self.clone()
            };
        }
        if self.coeff.is_zero() {
            return Dec::int(1);
        }
        let nearest = ctx.rounding(Rounding::HalfEven);
        let p = ctx.prec;
        let adj = self.adjusted();
        let bound = |limit: i64| number_length(limit.saturating_mul(3).max(1));
        if p > MOST {
            return failed(status::NO_MEMORY, st);
        }
        let result = if !self.negative && adj > bound(ctx.emax + 1) {
            Dec::finite(false, Coeff::ONE, ctx.emax + 1)
        } else if self.negative && adj > bound(1 - ctx.etiny()) {
            Dec::finite(false, Coeff::ONE, ctx.etiny() - 1)
        } else if !self.negative && adj < -p {
            let coeff = Coeff::power_of_ten(p as u64).add(&Coeff::ONE);
            Dec::finite(false, coeff, -p)
        } else if self.negative && adj < -p - 1 {
            Dec::finite(false, Coeff::nines(p as u64 + 1), -p - 1)
        } else {
            let c = integer(&self.coeff);
            let c = if self.negative { -c } else { c };
            let mut extra = 3;
            loop {
                let (coeff, exp) = series::exp(&c, self.exp, p + extra);
                if is_settled(&coeff, p) {
                    break to_dec(false, &coeff, exp);
                }
                extra += 3;
            }
        };
        result.finish(&nearest, st)
    }

    /// What the logarithms answer without computing.
    fn special_log(&self, ctx: &Context, st: &mut Status) -> Option<Dec> {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return Some(nan);
        }
        if self.is_zero() {
            return Some(Dec::infinity(true));
        }
        if self.negative {
            return Some(failed(status::INVALID_OPERATION, st));
        }
        if self.is_infinite() {
            return Some(self.clone());
        }
        if self.is_one() {
            return Some(Dec::finite(false, Coeff::ZERO, 0));
        }
        None
    }

    fn log_with(
        &self,
        places: i64,
        f: fn(&Integer, i64, i64) -> Integer,
        ctx: &Context,
        st: &mut Status,
    ) -> Dec {
        if ctx.prec > MOST {
            return failed(status::NO_MEMORY, st);
        }
        let c = integer(&self.coeff);
        let mut places = places;
        loop {
            let coeff = f(&c, self.exp, places);
            if is_settled(&coeff, ctx.prec) {
                let nearest = ctx.rounding(Rounding::HalfEven);
                return to_dec(coeff < 0, &coeff, -places).finish(&nearest, st);
            }
            places += 3;
        }
    }

    /// The natural logarithm.
    pub fn ln(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(special) = self.special_log(ctx, st) {
            return special;
        }
        self.log_with(ctx.prec - self.ln_exponent() + 2, series::log, ctx, st)
    }

    /// A lower bound of the adjusted exponent of the logarithm.
    pub fn ln_exponent(&self) -> i64 {
        let adj = self.adjusted();
        if adj >= 1 {
            return number_length((adj.saturating_mul(23)) / 10) - 1;
        }
        if adj <= -2 {
            return number_length((-1 - adj).saturating_mul(23) / 10) - 1;
        }
        self.near_one_exponent(adj)
    }

    /// As [`ln_exponent`](Self::ln_exponent) for numbers between 0.1 and 10.
    fn near_one_exponent(&self, adj: i64) -> i64 {
        let c = integer(&self.coeff);
        if adj == 0 {
            let one = series::ten(self.exp.unsigned_abs());
            let numerator = series::digits(&(&c - &one)) as i64;
            let denominator = series::digits(&c) as i64;
            return numerator - denominator - 1;
        }
        self.exp + series::digits(&(series::ten(self.exp.unsigned_abs()) - c)) as i64 - 1
    }

    /// The logarithm to the base 10.
    pub fn log10(&self, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self], ctx, st) {
            return nan;
        }
        if self.is_zero() {
            return Dec::infinity(true);
        }
        if self.negative {
            return failed(status::INVALID_OPERATION, st);
        }
        if self.is_infinite() {
            return self.clone();
        }
        let (significant, zeros) = self.coeff.without_zeros(u64::MAX);
        if significant.is_one() {
            let nearest = ctx.rounding(Rounding::HalfEven);
            return Dec::int(self.exp + zeros as i64).finish(&nearest, st);
        }
        let adj = self.adjusted();
        let lowest = if adj >= 1 {
            number_length(adj) - 1
        } else if adj <= -2 {
            number_length(-1 - adj) - 1
        } else {
            // log10 is at least .4 of log.
            self.near_one_exponent(adj) - 1
        };
        self.log_with(ctx.prec - lowest + 2, series::log10, ctx, st)
    }
}
