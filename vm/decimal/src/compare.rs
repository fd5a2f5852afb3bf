//! Comparisons: by value, and by the total order of all representations.

use core::cmp::Ordering;

use crate::coeff::Coeff;
use crate::context::{Context, Status, status};
use crate::value::{Dec, Kind};

fn flip(ordering: Ordering, negative: bool) -> Ordering {
    if negative {
        ordering.reverse()
    } else {
        ordering
    }
}

impl Dec {
    /// Finite numbers by value.
    pub fn compare_finite(&self, other: &Dec) -> Ordering {
        match (self.coeff.is_zero(), other.coeff.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return flip(Ordering::Less, other.negative),
            (false, true) => return flip(Ordering::Greater, self.negative),
            (false, false) => {}
        }
        if self.negative != other.negative {
            return flip(Ordering::Greater, self.negative);
        }
        flip(self.compare_magnitudes(other), self.negative)
    }

    fn compare_magnitudes(&self, other: &Dec) -> Ordering {
        let by_size = self.adjusted().cmp(&other.adjusted());
        if by_size != Ordering::Equal {
            return by_size;
        }
        // As many digits in front: the exponents differ by no more than the numbers of digits do.
        let apart = self.exp.abs_diff(other.exp);
        match self.exp >= other.exp {
            true => self.coeff.shifted_left(apart).cmp(&other.coeff),
            false => self.coeff.cmp(&other.coeff.shifted_left(apart)),
        }
    }

    /// By value; nothing if there is a NaN.
    pub fn compare_values(&self, other: &Dec) -> Option<Ordering> {
        if self.is_nan() || other.is_nan() {
            return None;
        }
        let rank = |d: &Dec| match (d.is_infinite(), d.negative) {
            (false, _) => 0,
            (true, true) => -1,
            (true, false) => 1,
        };
        Some(match (rank(self), rank(other)) {
            (0, 0) => self.compare_finite(other),
            (a, b) => a.cmp(&b),
        })
    }

    /// The operation `compare`, or with `signal` its form in which quiet NaNs signal too.
    pub fn compare(&self, other: &Dec, signal: bool, ctx: &Context, st: &mut Status) -> Dec {
        if signal && (self.is_nan() || other.is_nan()) {
            *st |= status::INVALID_OPERATION;
        }
        if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
            return nan;
        }
        Dec::int(self.compare_values(other).map_or(0, |o| o as i64))
    }

    /// The total order: every representation has its place.
    pub fn compare_total(&self, other: &Dec) -> Ordering {
        if self.negative != other.negative {
            return flip(Ordering::Greater, self.negative);
        }
        flip(self.compare_total_magnitudes(other), self.negative)
    }

    /// The total order without the signs.
    pub fn compare_total_magnitudes(&self, other: &Dec) -> Ordering {
        let rank = |d: &Dec| match d.kind {
            Kind::Finite => 0,
            Kind::Infinite => 1,
            Kind::SignalingNan => 2,
            Kind::Nan => 3,
        };
        let by_kind = rank(self).cmp(&rank(other));
        if by_kind != Ordering::Equal {
            return by_kind;
        }
        match self.kind {
            Kind::Infinite => Ordering::Equal,
            Kind::Nan | Kind::SignalingNan => self.coeff.cmp(&other.coeff),
            Kind::Finite => self
                .abs()
                .compare_finite(&other.abs())
                .then(self.exp.cmp(&other.exp)),
        }
    }

    /// `max` or `min`, of the values or of the magnitudes: a number is preferred to a quiet NaN.
    pub fn select(
        &self,
        other: &Dec,
        (largest, by_magnitude): (bool, bool),
        ctx: &Context,
        st: &mut Status,
    ) -> Dec {
        if self.is_nan() || other.is_nan() {
            if other.kind == Kind::Nan && !self.is_nan() {
                return self.clone().finish(ctx, st);
            }
            if self.kind == Kind::Nan && !other.is_nan() {
                return other.clone().finish(ctx, st);
            }
            if let Some(nan) = Dec::nan_of(&[self, other], ctx, st) {
                return nan;
            }
        }
        let ordering = match by_magnitude {
            true => self.abs().compare_values(&other.abs()),
            false => self.compare_values(other),
        };
        let ordering = ordering
            .unwrap_or(Ordering::Equal)
            .then_with(|| self.compare_total(other));
        let wanted = if largest {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        let chosen = match (ordering == wanted, largest) {
            (true, _) => other,
            (false, _) => self,
        };
        chosen.clone().finish(ctx, st)
    }

    /// The name of the number's class.
    pub fn class(&self, ctx: &Context) -> &'static str {
        let names = match self.kind {
            Kind::SignalingNan => return "sNaN",
            Kind::Nan => return "NaN",
            Kind::Infinite => ["+Infinity", "-Infinity"],
            Kind::Finite if self.coeff.is_zero() => ["+Zero", "-Zero"],
            Kind::Finite if self.is_subnormal(ctx) => ["+Subnormal", "-Subnormal"],
            Kind::Finite => ["+Normal", "-Normal"],
        };
        names[usize::from(self.negative)]
    }

    /// Whether the number is smaller than those with all digits.
    pub fn is_subnormal(&self, ctx: &Context) -> bool {
        self.is_finite() && !self.coeff.is_zero() && self.adjusted() < ctx.emin
    }

    /// Whether it is neither special nor zero nor subnormal.
    pub fn is_normal(&self, ctx: &Context) -> bool {
        self.is_finite() && !self.coeff.is_zero() && self.adjusted() >= ctx.emin
    }

    /// A number that is one, whatever its representation.
    pub fn is_one(&self) -> bool {
        self.is_finite()
            && !self.negative
            && self.compare_finite(&Dec::finite(false, Coeff::ONE, 0)) == Ordering::Equal
    }
}
