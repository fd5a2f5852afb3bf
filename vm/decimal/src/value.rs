//! Decimal numbers: a sign, a coefficient and an exponent; infinities; NaNs with a payload.

use crate::coeff::Coeff;

/// What a number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Finite,
    Infinite,
    Nan,
    SignalingNan,
}

/// A decimal number. The coefficient of a NaN is its payload.
#[derive(Clone, Debug)]
pub struct Dec {
    pub negative: bool,
    pub kind: Kind,
    pub exp: i64,
    pub coeff: Coeff,
}

impl Dec {
    /// A finite number.
    pub fn finite(negative: bool, coeff: Coeff, exp: i64) -> Dec {
        Dec {
            negative,
            kind: Kind::Finite,
            exp,
            coeff,
        }
    }

    /// A small integer.
    pub fn int(n: i64) -> Dec {
        Dec::finite(n < 0, Coeff::Small(n.unsigned_abs().into()), 0)
    }

    /// An infinity.
    pub fn infinity(negative: bool) -> Dec {
        Dec {
            negative,
            kind: Kind::Infinite,
            exp: 0,
            coeff: Coeff::ZERO,
        }
    }

    /// A quiet NaN.
    pub fn nan() -> Dec {
        Dec {
            negative: false,
            kind: Kind::Nan,
            exp: 0,
            coeff: Coeff::ZERO,
        }
    }

    pub fn is_finite(&self) -> bool {
        self.kind == Kind::Finite
    }

    pub fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinite
    }

    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::Nan | Kind::SignalingNan)
    }

    pub fn is_signaling(&self) -> bool {
        self.kind == Kind::SignalingNan
    }

    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.coeff.is_zero()
    }

    /// How many digits the coefficient has.
    pub fn digits(&self) -> i64 {
        self.coeff.digits() as i64
    }

    /// The exponent of the first digit; 0 where there is none.
    pub fn adjusted(&self) -> i64 {
        if self.is_finite() {
            self.exp + self.digits() - 1
        } else {
            0
        }
    }

    /// Whether the value is an integer.
    pub fn is_integer(&self) -> bool {
        if !self.is_finite() {
            return false;
        }
        if self.exp >= 0 || self.coeff.is_zero() {
            return true;
        }
        let places = self.exp.unsigned_abs();
        self.coeff.without_zeros(places).1 == places
    }

    /// The same with another sign.
    pub fn with_sign(&self, negative: bool) -> Dec {
        Dec {
            negative,
            ..self.clone()
        }
    }

    pub fn abs(&self) -> Dec {
        self.with_sign(false)
    }

    pub fn negated(&self) -> Dec {
        self.with_sign(!self.negative)
    }

    /// Whether both have the same exponent, or are of the same special kind.
    pub fn same_quantum(&self, other: &Dec) -> bool {
        if self.is_finite() && other.is_finite() {
            return self.exp == other.exp;
        }
        (self.is_nan() && other.is_nan()) || (self.is_infinite() && other.is_infinite())
    }
}
