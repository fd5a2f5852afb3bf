//! Time zones of moments: the local one, those of parsed offsets, and moving from one to another.

use crate::prelude::*;

use super::arithmetic;
use super::clock;
use super::datetime::DateTime;
use super::delta;
use super::fields;
use super::parse::Offset;
use super::timezone;
use super::tzinfo;
use super::{datetime, datetime_make};

/// Whether two zones are one object, or both missing.
pub fn same(a: Option<&Obj>, b: Option<&Obj>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is_same(b),
        _ => false,
    }
}

/// The zone of an offset in text.
pub fn of_offset(offset: Option<Offset>) -> Result<Option<Ref>> {
    let Some(offset) = offset else {
        return Ok(None);
    };
    fields::check_clock(offset.clock, 0)?;
    let us = i128::from(offset.clock.microseconds());
    let us = if offset.negative { -us } else { us };
    timezone::new(&*delta::from_microseconds(us)?, None).map(Some)
}

/// The local time zone at a timestamp, as a fixed offset.
fn local_at(seconds: i64) -> Result {
    let m = clock::local(seconds)?;
    let offset = delta::from_microseconds(i128::from(m.offset) * 1_000_000)?;
    timezone::new(&offset, Some(str_::new(&m.zone).as_obj()))
}

/// `d.astimezone(tz)`
pub fn as_time_zone(d: &DateTime, [tz]: [Option<&Obj>; 1]) -> Result {
    let tz = fields::zone(tz)?;
    let naive = || {
        let fold = d.fold.get() != 0;
        local_at(clock::timestamp_of_local(d.day(), d.clock(), fold)?)
    };
    let mut own = match d.zone() {
        Some(zone) => zone.new_ref(),
        None => naive()?,
    };
    if tz.is_some_and(|tz| tz.is_same(&own)) {
        return Ok(d.as_obj().new_ref());
    }
    let offset = match tzinfo::ask(Some(&own), "utcoffset", d.as_obj())? {
        Some(offset) => offset,
        None => {
            own = naive()?;
            if tz.is_some_and(|tz| tz.is_same(&own)) {
                return Ok(d.as_obj().new_ref());
            }
            match tzinfo::ask(Some(&own), "utcoffset", d.as_obj())? {
                Some(offset) => offset,
                None => delta::from_microseconds(0)?,
            }
        }
    };
    let (day, clock) = arithmetic::shift(d.day(), d.clock(), -offset.total())?;
    let tz = match tz {
        Some(tz) => tz.new_ref(),
        None => {
            let epoch = datetime::new(
                super::calendar::Ymd::new(1970, 1, 1),
                fields::Clock::MIDNIGHT,
                None,
                0,
            )?;
            let us = arithmetic::since_start(day, clock) - epoch.since_start();
            local_at(us.div_euclid(1_000_000) as i64)?
        }
    };
    let class = d.as_obj().ty();
    let in_utc = datetime_make::by_class(class, (day, clock), Some(&tz), 0)?;
    call::call_method(&tz, "fromutc", &[&in_utc])
}
