//! How moments are made: from fields, clocks, timestamps and text.

use crate::prelude::*;

use super::arithmetic;
use super::calendar::Ymd;
use super::clock::{self, Moment};
use super::date::{self, Date};
use super::datetime::{self, DATETIME, DateTime};
use super::fields::{self, Clock, number};
use super::time::Time;
use super::{parse, pickle, zones};

/// A moment made by calling the class, unless it is `datetime` itself.
pub fn by_class(
    class: &PyTypeObject,
    (day, clock): (Ymd, Clock),
    zone: Option<&Obj>,
    fold: u8,
) -> Result {
    if core::ptr::eq(class, &DATETIME) {
        return Ok(datetime::new(day, clock, zone, fold)?.into_obj());
    }
    let numbers = [
        day.year,
        day.month,
        day.day,
        clock.hour,
        clock.minute,
        clock.second,
        clock.microsecond,
    ]
    .map(|n| int::from_i64(i64::from(n)));
    let mut args: Vec<&Obj> = numbers.iter().map(|n| n.as_obj()).collect();
    args.push(zone.unwrap_or(NONE()));
    let made = call::call(class.as_obj(), &args)?;
    if let Some(d) = made.downcast::<DateTime>() {
        d.fold.set(fold);
    }
    Ok(made)
}

pub fn construct(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if let Some(d) = pickle::datetime(tp, args)? {
        return Ok(d);
    }
    static SIGNATURE: Signature = Signature::new(
        "datetime",
        "(year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)",
    );
    let [
        year,
        month,
        day,
        hour,
        minute,
        second,
        microsecond,
        zone,
        fold,
    ] = SIGNATURE.bind(args, kwargs)?;
    let day = Ymd::new(number(year, 0)?, number(month, 0)?, number(day, 0)?);
    let clock = Clock {
        hour: number(hour, 0)?,
        minute: number(minute, 0)?,
        second: number(second, 0)?,
        microsecond: number(microsecond, 0)?,
    };
    let fold = number(fold, 0)?;
    fields::check_date(day)?;
    fields::check_clock(clock, fold)?;
    Ok(datetime::of_type(tp, (day, clock), fields::zone(zone)?, fold as u8)?.into_obj())
}

fn of_moment(class: &PyTypeObject, m: &Moment, us: i32, zone: Option<&Obj>, fold: u8) -> Result {
    let clock = Clock {
        microsecond: us,
        ..m.clock
    };
    by_class(class, (m.day, clock), zone, fold)
}

/// The moment of a timestamp, in local time or, by its `fromutc`, in a zone.
fn at(class: &PyTypeObject, (seconds, us): (i64, i32), zone: Option<&Obj>) -> Result {
    match zone {
        None => {
            let m = clock::local(seconds)?;
            let fold = u8::from(clock::is_fold(seconds, &m)?);
            of_moment(class, &m, us, None, fold)
        }
        Some(zone) => {
            let in_utc = of_moment(class, &clock::utc(seconds)?, us, Some(zone), 0)?;
            call::call_method(zone, "fromutc", &[&in_utc])
        }
    }
}

pub fn now(class: &PyTypeObject, [zone]: [Option<&Obj>; 1]) -> Result {
    at(class, clock::now(), fields::zone(zone)?)
}

fn deprecated(what: &str, instead: &str) -> Result<()> {
    let message = format!(
        "datetime.datetime.{what} is deprecated and scheduled for removal in a future version. \
         Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.{instead}."
    );
    vm::warn::warn(&exc::DeprecationWarning, 1, &message)
}

pub fn utc_now(class: &PyTypeObject) -> Result {
    deprecated("utcnow()", "now(datetime.UTC)")?;
    let (seconds, us) = clock::now();
    of_moment(class, &clock::utc(seconds)?, us, None, 0)
}

pub fn from_timestamp(class: &PyTypeObject, [timestamp, zone]: [Option<&Obj>; 2]) -> Result {
    let zone = fields::zone(zone)?;
    at(class, clock::seconds_of(required(timestamp), true)?, zone)
}

pub fn from_utc_timestamp(class: &PyTypeObject, timestamp: &Obj) -> Result {
    deprecated(
        "utcfromtimestamp()",
        "fromtimestamp(timestamp, datetime.UTC)",
    )?;
    let (seconds, us) = clock::seconds_of(timestamp, true)?;
    of_moment(class, &clock::utc(seconds)?, us, None, 0)
}

pub fn strptime(class: &PyTypeObject, args: &[&Obj]) -> Result {
    parse::strptime("_strptime_datetime_datetime", class, args)
}

pub fn combine(class: &PyTypeObject, [day, time, zone]: [Option<&Obj>; 3]) -> Result {
    let (day, time) = (required(day), required(time));
    let Some(day) = day.downcast::<Date>() else {
        return raise!(
            TypeError,
            "combine() argument 1 must be datetime.date, not {}",
            day.tp_name()
        );
    };
    let Some(time) = time.downcast::<Time>() else {
        return raise!(
            TypeError,
            "combine() argument 2 must be datetime.time, not {}",
            time.tp_name()
        );
    };
    let zone = match zone {
        Some(z) => fields::zone(Some(z))?,
        None => time.zone(),
    };
    by_class(class, (day.day(), time.clock()), zone, time.fold.get())
}

pub fn from_iso_text(class: &PyTypeObject, text: &Obj) -> Result {
    let Some(s) = str_::of(text) else {
        return raise!(TypeError, "fromisoformat: argument must be str");
    };
    let Some(parse::Parsed { day, time }) = parse::datetime(s) else {
        return parse::invalid(text);
    };
    let mut day = match day {
        Ok(day) => day,
        Err(bad) => return date::iso_error(bad),
    };
    let mut time = time;
    fields::check_date(day)?;
    if time.is_day_end() {
        time.clock.hour = 0;
        day = match arithmetic::shift_day(day, 1) {
            Ok(next) => next,
            Err(_) => {
                err::clear();
                Ymd::new(day.year + 1, 1, 1)
            }
        };
    }
    fields::check_clock(time.clock, 0)?;
    let zone = zones::of_offset(time.offset)?;
    by_class(class, (day, time.clock), zone.as_deref(), 0)
}
