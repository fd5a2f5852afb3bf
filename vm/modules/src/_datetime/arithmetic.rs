//! Moving days and moments along the calendar.

use crate::prelude::*;

use super::calendar::{DAY_US, MAX_ORDINAL, Ymd};
use super::date::{self, Date};
use super::fields::Clock;

/// The error of a result outside the calendar.
pub fn out_of_range<T>() -> Result<T> {
    raise!(OverflowError, "date value out of range")
}

/// A day that many days later.
pub fn shift_day(day: Ymd, days: i64) -> Result<Ymd> {
    match i32::try_from(i64::from(day.ordinal()) + days) {
        Ok(n) if (1..=MAX_ORDINAL).contains(&n) => Ok(Ymd::from_ordinal(n)),
        _ => out_of_range(),
    }
}

/// A date of the same class that many days later.
pub fn shift_date(d: &Date, days: i64) -> Result {
    date::by_class(d.as_obj().ty(), shift_day(d.day(), days)?)
}

/// A moment that many microseconds later.
pub fn shift(day: Ymd, clock: Clock, us: i128) -> Result<(Ymd, Clock)> {
    let total = i128::from(clock.microseconds()) + us;
    let days = total.div_euclid(i128::from(DAY_US)) as i64;
    let rest = total.rem_euclid(i128::from(DAY_US)) as i64;
    Ok((shift_day(day, days)?, Clock::from_microseconds(rest)))
}

/// Microseconds from the calendar's start to a moment.
pub fn since_start(day: Ymd, clock: Clock) -> i128 {
    i128::from(day.ordinal()) * i128::from(DAY_US) + i128::from(clock.microseconds())
}
