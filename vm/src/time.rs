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
    /// By the number that C's interface has for it.
    pub fn from_number(n: i32) -> Result<Round> {
        Ok(match n {
            0 => Round::Floor,
            1 => Round::Ceiling,
            2 => Round::HalfEven,
            3 => Round::Up,
            _ => return raise!(ValueError, "invalid rounding"),
        })
    }

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
const OUTSIDE_TIME_T: &str = "timestamp out of range for platform time_t";

/// The value of a float, if it is one.
fn number(o: &Obj) -> Result<Option<f64>> {
    match o.downcast::<PyFloatObject>().map(float::value) {
        Some(x) if x.is_nan() => raise!(ValueError, "Invalid value NaN (not a number)"),
        x => Ok(x),
    }
}

/// A float without fraction as an integer.
fn whole(x: f64, outside: &str) -> Result<i64> {
    // The bound is a power of two: exact.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) {
        Ok(x as i64)
    } else {
        raise!(OverflowError, "{outside}")
    }
}

fn integer(o: &Obj) -> Result<i64> {
    match number::index_int(o)?.to_i64() {
        Some(n) => Ok(n),
        None => raise!(OverflowError, "{OUTSIDE_TIME_T}"),
    }
}

/// Whole seconds from a number of seconds.
pub fn to_time_t(o: &Obj, round: Round) -> Result<i64> {
    match number(o)? {
        Some(x) => whole(round.apply(x), OUTSIDE_TIME_T),
        None => integer(o),
    }
}

/// Whole seconds from a number of seconds, and how many of `units` a second the rest is: never negative.
pub fn split_seconds(o: &Obj, units: i64, round: Round) -> Result<(i64, i64)> {
    let Some(x) = number(o)? else {
        return Ok((integer(o)?, 0));
    };
    // The rest is scaled by itself, which keeps the fraction's precision.
    let (mut seconds, units) = (x.trunc(), units as f64);
    let mut rest = round.apply((x - seconds) * units);
    if rest < 0.0 {
        rest += units;
        seconds -= 1.0;
    } else if rest >= units {
        rest -= units;
        seconds += 1.0;
    }
    Ok((whole(seconds, OUTSIDE_TIME_T)?, rest as i64))
}

/// Nanoseconds in a larger unit.
pub fn divide(ns: i64, unit: i64, round: Round) -> i64 {
    let (down, rest) = (ns.div_euclid(unit), ns.rem_euclid(unit));
    let up = match round {
        Round::Floor => false,
        Round::Ceiling => rest > 0,
        Round::HalfEven => rest * 2 > unit || rest * 2 == unit && down % 2 != 0,
        Round::Up => rest > 0 && ns > 0,
    };
    down + i64::from(up)
}

/// Nanoseconds from a number of units, which are so many nanoseconds each.
pub fn from_units(o: &Obj, unit: i64, round: Round) -> Result<i64> {
    if let Some(x) = number(o)? {
        return whole(round.apply(x * unit as f64), OVERFLOW);
    }
    match number::index_int(o)?
        .to_i64()
        .and_then(|n| n.checked_mul(unit))
    {
        Some(ns) => Ok(ns),
        None => raise!(OverflowError, "{OVERFLOW}"),
    }
}

/// Nanoseconds from a number of seconds.
pub fn from_seconds(o: &Obj, round: Round) -> Result<i64> {
    if !o.is::<PyFloatObject>() && !number::is_index(o) {
        return raise!(
            TypeError,
            "'{}' object cannot be interpreted as an integer or float",
            o.tp_name()
        );
    }
    from_units(o, 1_000_000_000, round)
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
