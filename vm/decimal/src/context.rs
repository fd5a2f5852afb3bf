//! Contexts, and the conditions that operations end with.

/// Conditions, as bits.
pub type Status = u32;

/// The bits of [`Status`].
pub mod status {
    pub const CLAMPED: u32 = 1;
    pub const CONVERSION_SYNTAX: u32 = 1 << 1;
    pub const DIVISION_BY_ZERO: u32 = 1 << 2;
    pub const DIVISION_IMPOSSIBLE: u32 = 1 << 3;
    pub const DIVISION_UNDEFINED: u32 = 1 << 4;
    pub const INEXACT: u32 = 1 << 6;
    pub const INVALID_CONTEXT: u32 = 1 << 7;
    pub const INVALID_OPERATION: u32 = 1 << 8;
    /// A result has more digits than there is memory for.
    pub const NO_MEMORY: u32 = 1 << 9;
    pub const OVERFLOW: u32 = 1 << 11;
    pub const ROUNDED: u32 = 1 << 12;
    pub const SUBNORMAL: u32 = 1 << 13;
    pub const UNDERFLOW: u32 = 1 << 14;
    pub const FLOAT_OPERATION: u32 = 1 << 15;
}

/// How results that do not fit are rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Rounding {
    Up,
    Down,
    Ceiling,
    Floor,
    HalfUp,
    HalfDown,
    HalfEven,
    Up05,
}

/// The largest precision and exponent.
pub const MAX: i64 = 999_999_999_999_999_999;

/// The settings of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    pub prec: i64,
    pub emin: i64,
    pub emax: i64,
    pub rounding: Rounding,
    pub clamp: bool,
}

impl Context {
    /// The widest context, in which conversions are exact.
    pub const WIDEST: Context = Context {
        prec: MAX,
        emin: -MAX,
        emax: MAX,
        rounding: Rounding::HalfEven,
        clamp: false,
    };

    /// The smallest exponent of a subnormal number.
    pub fn etiny(&self) -> i64 {
        self.emin - self.prec + 1
    }

    /// The largest exponent of a number with all digits.
    pub fn etop(&self) -> i64 {
        self.emax - self.prec + 1
    }

    /// The same with another way to round.
    pub fn rounding(self, rounding: Rounding) -> Context {
        Context { rounding, ..self }
    }

    /// The same with another precision.
    pub fn prec(self, prec: i64) -> Context {
        Context { prec, ..self }
    }
}
