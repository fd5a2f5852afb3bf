//! Times of day, the checks of all fields, and how objects keep them.

use core::cell::Cell;

use crate::prelude::*;

use super::calendar::{MAX_YEAR, Ymd, days_in_month};
use super::tzinfo;

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Clock {
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub microsecond: i32,
}

impl Clock {
    pub const MIDNIGHT: Clock = Clock {
        hour: 0,
        minute: 0,
        second: 0,
        microsecond: 0,
    };

    /// Seconds since midnight.
    pub fn seconds(self) -> i64 {
        i64::from(self.hour * 3600 + self.minute * 60 + self.second)
    }

    /// Microseconds since midnight.
    pub fn microseconds(self) -> i64 {
        self.seconds() * 1_000_000 + i64::from(self.microsecond)
    }

    /// The time that many microseconds after midnight, less than a day.
    pub fn from_microseconds(us: i64) -> Clock {
        let (seconds, microsecond) = ((us / 1_000_000) as i32, (us % 1_000_000) as i32);
        Clock {
            hour: seconds / 3600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            microsecond,
        }
    }
}

/// Refuses a year outside the calendar.
pub fn check_year(year: i64) -> Result<()> {
    if (1..=i64::from(MAX_YEAR)).contains(&year) {
        return Ok(());
    }
    raise!(ValueError, "year must be in 1..{MAX_YEAR}, not {year}")
}

/// Refuses what is no day of the calendar.
pub fn check_date(d: Ymd) -> Result<()> {
    check_year(i64::from(d.year))?;
    if !(1..=12).contains(&d.month) {
        return raise!(ValueError, "month must be in 1..12, not {}", d.month);
    }
    let last = days_in_month(d.year, d.month);
    if !(1..=last).contains(&d.day) {
        return raise!(
            ValueError,
            "day {} must be in range 1..{last} for month {} in year {}",
            d.day,
            d.month,
            d.year
        );
    }
    Ok(())
}

/// Refuses what is no time of day.
pub fn check_clock(c: Clock, fold: i32) -> Result<()> {
    for (name, value, last) in [
        ("hour", c.hour, 23),
        ("minute", c.minute, 59),
        ("second", c.second, 59),
        ("microsecond", c.microsecond, 999_999),
    ] {
        if !(0..=last).contains(&value) {
            return raise!(ValueError, "{name} must be in 0..{last}, not {value}");
        }
    }
    if !(0..=1).contains(&fold) {
        return raise!(ValueError, "fold must be either 0 or 1, not {fold}");
    }
    Ok(())
}

/// An optional int argument.
pub fn number(o: Option<&Obj>, default: i32) -> Result<i32> {
    o.map_or(Ok(default), args::to_i32)
}

/// A time zone argument: `None`, or of a subclass of `tzinfo`.
pub fn zone(o: Option<&Obj>) -> Result<Option<&Obj>> {
    match o {
        Some(o) if !o.is_none() => {
            if !o.is::<tzinfo::TzInfo>() {
                return raise!(
                    TypeError,
                    "tzinfo argument must be None or of a tzinfo subclass, not type '{}'",
                    o.tp_name()
                );
            }
            Ok(Some(o))
        }
        _ => Ok(None),
    }
}

/// The bytes of a day, as objects and pickles keep them.
pub fn date_bytes(d: Ymd) -> [u8; 4] {
    [
        (d.year >> 8) as u8,
        d.year as u8,
        d.month as u8,
        d.day as u8,
    ]
}

/// The bytes of a time of day.
pub fn clock_bytes(c: Clock) -> [u8; 6] {
    let us = c.microsecond;
    [
        c.hour as u8,
        c.minute as u8,
        c.second as u8,
        (us >> 16) as u8,
        (us >> 8) as u8,
        us as u8,
    ]
}

/// The day in bytes.
pub fn date_from(bytes: &[Cell<u8>]) -> Ymd {
    let at = |i: usize| i32::from(bytes[i].get());
    Ymd::new(at(0) << 8 | at(1), at(2), at(3))
}

/// The time of day in bytes.
pub fn clock_from(bytes: &[Cell<u8>]) -> Clock {
    let at = |i: usize| i32::from(bytes[i].get());
    Clock {
        hour: at(0),
        minute: at(1),
        second: at(2),
        microsecond: at(3) << 16 | at(4) << 8 | at(5),
    }
}

/// Bytes in cells.
pub fn cells<const N: usize>(bytes: [u8; N]) -> [Cell<u8>; N] {
    bytes.map(Cell::new)
}

/// Bytes out of cells.
pub fn raw<const N: usize>(cells: &[Cell<u8>; N]) -> [u8; N] {
    core::array::from_fn(|i| cells[i].get())
}

/// The cached hash of an immutable object.
pub fn cached_hash(cache: &Cell<isize>, compute: impl FnOnce() -> Result<isize>) -> Result<isize> {
    if cache.get() == -1 {
        cache.set(compute()?);
    }
    Ok(cache.get())
}
