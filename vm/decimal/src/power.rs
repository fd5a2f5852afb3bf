//! Powers: exact where they can be, else of logarithms; and modulo a number.

use core::cmp::Ordering;

use malachite_base::num::arithmetic::traits::{CheckedRoot, DivMod, ModPow, Pow, UnsignedAbs};
use malachite_nz::integer::Integer;
use malachite_nz::natural::Natural;

use crate::coeff::Coeff;
use crate::context::{Context, Rounding, Status, status};
use crate::round::failed;
use crate::series;
use crate::transcend::is_settled;
use crate::value::Dec;

fn natural(n: u64) -> Natural {
    Natural::from(n)
}

/// The number of times that a number can be divided by a small one, and what is left.
fn factors(n: &Natural, factor: u64) -> (u64, Natural) {
    let (mut n, mut count) = (n.clone(), 0);
    loop {
        let (q, r) = (&n).div_mod(natural(factor));
        if r != 0 {
            return (count, n);
        }
        n = q;
        count += 1;
    }
}

impl Dec {
    /// `self ** other`
    pub fn pow(&self, other: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
            return nan;
        }
        if other.is_zero() {
            if self.is_zero() {
                return failed(status::INVALID_OPERATION, st);
            }
            return Dec::int(1);
        }
        let mut negative = false;
        let mut base = self.clone();
        if self.negative {
            if other.is_integer() {
                negative = other.is_odd_integer();
            } else if !self.is_zero() {
                return failed(status::INVALID_OPERATION, st);
            }
            base.negative = false;
        }
        let zero = |negative| Dec::finite(negative, Coeff::ZERO, 0);
        if base.is_zero() {
            return match other.negative {
                false => zero(negative),
                true => Dec::infinity(negative),
            };
        }
        if base.is_infinite() {
            return match other.negative {
                false => Dec::infinity(negative),
                true => zero(negative),
            };
        }
        if base.is_one() {
            return base.power_of_one(other, negative, ctx, st);
        }
        let adj = base.adjusted();
        if other.is_infinite() {
            return match other.negative == (adj < 0) {
                true => Dec::infinity(negative),
                false => zero(negative),
            };
        }
        base.power_of_finite(other, negative, adj, ctx, st)
    }

    fn is_odd_integer(&self) -> bool {
        self.is_finite()
            && self.exp <= 0
            && self.coeff.cut(self.exp.unsigned_abs()).0.is_odd()
            && self.is_integer()
    }

    fn power_of_one(&self, other: &Dec, negative: bool, ctx: &Context, st: &mut Status) -> Dec {
        let mut exp;
        if other.is_integer() {
            // Only the exponent is of interest.
            let multiplier = match other.negative {
                true => 0,
                false => other.small_integer().unwrap_or(ctx.prec).min(ctx.prec),
            };
            exp = self.exp.saturating_mul(multiplier);
            if exp < 1 - ctx.prec {
                exp = 1 - ctx.prec;
                *st |= status::ROUNDED;
            }
        } else {
            *st |= status::INEXACT | status::ROUNDED;
            exp = 1 - ctx.prec.min(10_000_000);
        }
        let exp = exp.min(0);
        Dec::finite(negative, Coeff::ONE.shifted_left(exp.unsigned_abs()), exp)
    }

    fn power_of_finite(
        &self,
        other: &Dec,
        negative: bool,
        adj: i64,
        ctx: &Context,
        st: &mut Status,
    ) -> Dec {
        // Results that are sure to overflow or underflow need no more than that.
        let mut result = None;
        let bound = self.log10_exponent() + other.adjusted();
        let length = |n: i64| series::digits(&Integer::from(n)) as i64;
        if (adj >= 0) != other.negative {
            if bound >= length(ctx.emax) {
                result = Some(Dec::finite(negative, Coeff::ONE, ctx.emax + 1));
            }
        } else if bound >= length(-ctx.etiny()) {
            result = Some(Dec::finite(negative, Coeff::ONE, ctx.etiny() - 1));
        }
        let mut exact = false;
        if result.is_none()
            && let Some(power) = self.exact_power(other, ctx.prec + 1)
        {
            exact = true;
            result = Some(power.with_sign(negative));
        }
        let result = match result {
            Some(result) => result,
            None if ctx.prec > 10_000_000 => return failed(status::NO_MEMORY, st),
            None => self.approximate_power(other, ctx.prec).with_sign(negative),
        };
        if exact && !other.is_integer() {
            return finish_inexactly(result, ctx, st);
        }
        result.finish(ctx, st)
    }

    fn approximate_power(&self, other: &Dec, p: i64) -> Dec {
        let xc = Integer::from(self.coeff.to_natural());
        let yc = Integer::from(other.coeff.to_natural());
        let yc = if other.negative { -yc } else { yc };
        let mut extra = 3;
        loop {
            let (coeff, exp) = series::power(&xc, self.exp, &yc, other.exp, p + extra);
            if is_settled(&coeff, p) {
                return Dec::finite(false, Coeff::from_natural(coeff.unsigned_abs()), exp);
            }
            extra += 3;
        }
    }

    /// A lower bound of the adjusted exponent of the logarithm to the base 10.
    fn log10_exponent(&self) -> i64 {
        let adj = self.adjusted();
        let length = |n: i64| series::digits(&Integer::from(n)) as i64;
        if adj >= 1 {
            return length(adj) - 1;
        }
        if adj <= -2 {
            return length(-1 - adj) - 1;
        }
        self.ln_exponent() - 1
    }

    /// The power, if it is exact with at most `p` digits.
    fn exact_power(&self, other: &Dec, p: i64) -> Option<Dec> {
        let (xc, zeros) = self.coeff.without_zeros(u64::MAX);
        let xe = self.exp + zeros as i64;
        let (yc, zeros) = other.coeff.without_zeros(u64::MAX);
        let ye = other.exp + zeros as i64;
        if xc.is_one() {
            return self.exact_power_of_ten(other, xe, (&yc, ye), p);
        }
        if other.negative {
            return exact_inverse(&xc, xe, &yc, ye, p);
        }
        let power = exact_positive(&xc, xe, &yc, ye, p)?;
        let Some(n) = other.small_integer() else {
            return Some(power);
        };
        // The exponent that the operands ask for, as far as there is room.
        let ideal = i128::from(self.exp) * i128::from(n);
        let room = i128::from((p - power.digits()).max(0));
        let zeros = (i128::from(power.exp) - ideal).clamp(0, room) as i64;
        let coeff = power.coeff.shifted_left(zeros as u64);
        Some(Dec::finite(false, coeff, power.exp - zeros))
    }

    fn exact_power_of_ten(
        &self,
        other: &Dec,
        xe: i64,
        (yc, ye): (&Coeff, i64),
        p: i64,
    ) -> Option<Dec> {
        let mut exponent = i128::from(xe) * i128::from(yc.to_u64()?);
        let mut ye = ye;
        while ye > 0 && exponent.unsigned_abs() < 1 << 100 {
            exponent *= 10;
            ye -= 1;
        }
        if ye > 0 {
            return None;
        }
        for _ in ye..0 {
            if exponent % 10 != 0 {
                return None;
            }
            exponent /= 10;
        }
        if other.negative {
            exponent = -exponent;
        }
        let exponent = i64::try_from(exponent)
            .ok()
            .filter(|e| e.abs() < i64::MAX / 4)?;
        let zeros = if other.is_integer() && !other.negative {
            let ideal = i128::from(self.exp) * i128::from(other.small_integer()?);
            (i128::from(exponent) - ideal).clamp(0, i128::from(p - 1)) as i64
        } else {
            0
        };
        Some(Dec::finite(
            false,
            Coeff::power_of_ten(zeros as u64),
            exponent - zeros,
        ))
    }
}

/// An exact power that is not rounded counts as inexact, where the exponent is no integer.
fn finish_inexactly(result: Dec, ctx: &Context, st: &mut Status) -> Dec {
    // With one digit more than the precision it is rounded, and so noted as inexact.
    let mut result = result;
    if result.digits() <= ctx.prec {
        let zeros = ctx.prec + 1 - result.digits();
        if zeros < 10_000_000 {
            result = Dec::finite(
                result.negative,
                result.coeff.shifted_left(zeros as u64),
                result.exp - zeros,
            );
        }
    }
    let mut own = 0;
    let result = result.finish(ctx, &mut own);
    own |= status::INEXACT;
    if own & status::SUBNORMAL != 0 {
        own |= status::UNDERFLOW;
    }
    *st |= own;
    result
}

/// An exact `xc * 10**xe` to a negative power: `xc` is a power of 2 or of 5 alone.
fn exact_inverse(xc: &Coeff, xe: i64, yc: &Coeff, ye: i64, p: i64) -> Option<Dec> {
    let last = xc.last_digit();
    let x = xc.to_natural();
    let (e, other, limit) = match last {
        2 | 4 | 6 | 8 => {
            let (e, rest) = factors(&x, 2);
            if rest != 1 {
                return None;
            }
            (e, 5, p * 93 / 65)
        }
        5 => {
            let (e, rest) = factors(&x, 5);
            if rest != 1 {
                return None;
            }
            (e, 2, p * 10 / 3)
        }
        _ => return None,
    };
    if ye >= digits_of(limit) {
        return None;
    }
    let y = yc.to_u64()?;
    let scale = |n: i128| -> Option<i128> {
        let product = n.checked_mul(i128::from(y))?;
        match ye >= 0 {
            true => product.checked_mul(10i128.checked_pow(ye as u32)?),
            false => {
                let divisor = 10i128.checked_pow(ye.unsigned_abs().try_into().ok()?)?;
                (product % divisor == 0).then(|| product / divisor)
            }
        }
    };
    let new_e = scale(i128::from(e))?;
    let new_xe = scale(i128::from(xe))?;
    let e = u64::try_from(new_e).ok()?;
    if e as i64 > limit {
        return None;
    }
    let coeff = Coeff::from_natural(natural(other).pow(e));
    if coeff.digits() as i64 > p {
        return None;
    }
    let exp = i64::try_from(-new_xe - i128::from(e)).ok()?;
    Some(Dec::finite(false, coeff, exp))
}

fn digits_of(n: i64) -> i64 {
    series::digits(&Integer::from(n)) as i64
}

/// An exact `xc * 10**xe` to a positive power `m / n`.
fn exact_positive(xc: &Coeff, xe: i64, yc: &Coeff, ye: i64, p: i64) -> Option<Dec> {
    let (m, n) = if ye >= 0 {
        if ye > 20 {
            return None;
        }
        (
            yc.to_natural() * Natural::from(10u32).pow(ye as u64),
            Natural::from(1u32),
        )
    } else {
        if xe != 0 && digits_of(xe) + yc.digits() as i64 <= -ye {
            return None;
        }
        let bits = xc.digits() as i64 * 10 / 3 + 4;
        if !xc.is_one() && digits_of(bits.max(1)) + yc.digits() as i64 <= -ye {
            return None;
        }
        let (mut m, mut n) = (yc.to_natural(), Natural::from(10u32).pow(ye.unsigned_abs()));
        for factor in [2u64, 5] {
            loop {
                let (q, r) = (&m).div_mod(natural(factor));
                let (qn, rn) = (&n).div_mod(natural(factor));
                if r != 0 || rn != 0 {
                    break;
                }
                (m, n) = (q, qn);
            }
        }
        (m, n)
    };
    let mut x = xc.to_natural();
    let mut xe = xe;
    if n > 1 {
        let root = u64::try_from(&n).ok()?;
        // A root of more than the number's bits is no integer.
        if root > xc.digits() * 4 {
            return None;
        }
        if xe % i64::try_from(root).ok()? != 0 {
            return None;
        }
        xe /= root as i64;
        x = (&x).checked_root(root)?;
    }
    let m = u64::try_from(&m).ok()?;
    // At least m * log10(x) digits, of which log10(2) for each bit but the first.
    let bits = series::bits(&Integer::from(x.clone())).saturating_sub(1);
    if m.saturating_mul(bits).saturating_mul(30) > (p as u64 + 1).saturating_mul(100) {
        return None;
    }
    let x = if x == 1 { x } else { x.pow(m) };
    let exp = i64::try_from(i128::from(xe) * i128::from(m)).ok()?;
    let coeff = Coeff::from_natural(x);
    if coeff.digits() as i64 > p {
        return None;
    }
    Some(Dec::finite(false, coeff, exp))
}

impl Dec {
    /// `self ** other % modulo`, of integers.
    pub fn pow_mod(&self, other: &Dec, modulo: &Dec, ctx: &Context, st: &mut Status) -> Dec {
        if let Some(nan) = Dec::nan_of(&[self, other, modulo], ctx, st) {
            return nan;
        }
        let integers = self.is_integer() && other.is_integer() && modulo.is_integer();
        if !integers || other.negative || modulo.is_zero() || modulo.adjusted() >= ctx.prec {
            return failed(status::INVALID_OPERATION, st);
        }
        if other.is_zero() && self.is_zero() {
            return failed(status::INVALID_OPERATION, st);
        }
        let negative = self.negative && other.is_odd_integer();
        let whole = |d: &Dec| d.rescaled(0, Rounding::Down).map(|d| d.coeff.to_natural());
        let Some(m) = whole(modulo) else {
            return failed(status::NO_MEMORY, st);
        };
        let power_of_ten = |e: i64| Natural::from(10u32).mod_pow_any(&natural(e.max(0) as u64), &m);
        let strip = |d: &Dec| match d.exp >= 0 {
            true => d.coeff.to_natural(),
            false => d.coeff.cut(d.exp.unsigned_abs()).0.to_natural(),
        };
        let base = (strip(self) % &m * power_of_ten(self.exp)) % &m;
        let mut result = base.mod_pow_any(&strip(other), &m);
        if other.exp > 0 {
            for _ in 0..other.exp {
                result = result.mod_pow_any(&natural(10), &m);
            }
        }
        Dec::finite(negative, Coeff::from_natural(result), 0)
    }
}

/// Powers modulo any number, 1 too.
trait ModPowAny {
    fn mod_pow_any(&self, exponent: &Natural, modulus: &Natural) -> Natural;
}

impl ModPowAny for Natural {
    fn mod_pow_any(&self, exponent: &Natural, modulus: &Natural) -> Natural {
        if modulus.cmp(&Natural::from(1u32)) == Ordering::Equal {
            return Natural::from(0u32);
        }
        (self % modulus).mod_pow(exponent, modulus)
    }
}
