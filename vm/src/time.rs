//! Times from Python numbers: seconds, which may be fractional, as nanoseconds.

use std::time::Duration;

use layout::*;

use crate::err::{Result, raise};
use crate::object::*;
use crate::protocol::number;
use crate::types::float;
use crate::types::int::IntExt as _;

/// How a fraction of a nanosecond is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
    /// To the nearest, ties to even.
    HalfEven,
    /// Away from zero: a wait is never shorter than asked.
    Up,
}

impl Round {
    fn apply(self, x: f64) -> f64 {
        match self {
            Round::Floor => x.floor(),
            Round::Ceiling => x.ceil(),
            Round::HalfEven => x.round_ties_even(),
            Round::Up if x >= 0.0 => x.ceil(),
            Round::Up => x.floor(),
        }
    }
}

const OVERFLOW: &str = "timestamp out of range for C PyTime_t";

/// Nanoseconds from a number of seconds.
pub fn from_seconds(o: &Obj, round: Round) -> Result<i64> {
    if let Some(x) = o.downcast::<PyFloatObject>() {
        let x = float::value(x);
        if x.is_nan() {
            return raise!(ValueError, "Invalid value NaN (not a number)");
        }
        let ns = round.apply(x * 1e9);
        // The bound is a power of two: exact.
        return if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&ns) {
            Ok(ns as i64)
        } else {
            raise!(OverflowError, "{OVERFLOW}")
        };
    }
    if !number::is_index(o) {
        return raise!(
            TypeError,
            "'{}' object cannot be interpreted as an integer or float",
            o.tp_name()
        );
    }
    let n = number::index_int(o)?;
    match n.to_i64().and_then(|n| n.checked_mul(1_000_000_000)) {
        Some(ns) => Ok(ns),
        None => raise!(OverflowError, "{OVERFLOW}"),
    }
}

/// A timeout in nanoseconds as a duration; `None` for ever, which negative ones mean.
pub fn timeout(ns: i64) -> Option<Duration> {
    u64::try_from(ns).ok().map(Duration::from_nanos)
}

/// Seconds and nanoseconds, for the C library.
pub fn timespec(ns: i64) -> libc::timespec {
    libc::timespec {
        tv_sec: ns.div_euclid(1_000_000_000),
        tv_nsec: ns.rem_euclid(1_000_000_000),
    }
}
