//! The conversions of times, for the tests of `time`.

use vm::time::{self, Round};

use crate::prelude::*;

fn pair(a: i64, b: i64) -> Ref {
    let (a, b) = (int::from_i64(a), int::from_i64(b));
    tuple::pair(a.as_obj(), b.as_obj()).into_obj()
}

/// A time in nanoseconds.
fn nanoseconds(o: &Obj) -> Result<i64> {
    match o.downcast::<PyLongObject>() {
        Some(_) => args::to_i64(o),
        None => raise!(TypeError, "expect int, got {}", o.tp_name()),
    }
}

fn two<'a>(given: &[&'a Obj]) -> Result<(&'a Obj, Round)> {
    match given {
        [o, round] => Ok((o, Round::from_number(args::to_i32(round)?)?)),
        _ => raise!(
            TypeError,
            "function takes exactly 2 arguments ({} given)",
            given.len()
        ),
    }
}

pub(super) fn as_timeval(_: &Obj, given: &[&Obj]) -> Result {
    let (o, round) = two(given)?;
    let us = time::divide(nanoseconds(o)?, 1000, round);
    Ok(pair(us.div_euclid(1_000_000), us.rem_euclid(1_000_000)))
}

pub(super) fn as_timespec(_: &Obj, o: &Obj) -> Result {
    let parts = time::timespec(nanoseconds(o)?);
    Ok(pair(parts.tv_sec, parts.tv_nsec))
}

pub(super) fn as_milliseconds(_: &Obj, given: &[&Obj]) -> Result<i64> {
    let (o, round) = two(given)?;
    Ok(time::divide(nanoseconds(o)?, 1_000_000, round))
}

pub(super) fn as_microseconds(_: &Obj, given: &[&Obj]) -> Result<i64> {
    let (o, round) = two(given)?;
    Ok(time::divide(nanoseconds(o)?, 1000, round))
}

pub(super) fn from_seconds(_: &Obj, o: &Obj) -> Result<i64> {
    Ok(i64::from(args::to_i32(o)?) * 1_000_000_000)
}

pub(super) fn from_seconds_object(_: &Obj, given: &[&Obj]) -> Result<i64> {
    let (o, round) = two(given)?;
    time::from_seconds(o, round)
}

pub(super) fn object_to_time_t(_: &Obj, given: &[&Obj]) -> Result<i64> {
    let (o, round) = two(given)?;
    time::to_time_t(o, round)
}

pub(super) fn object_to_timeval(_: &Obj, given: &[&Obj]) -> Result {
    let (o, round) = two(given)?;
    let (seconds, us) = time::split_seconds(o, 1_000_000, round)?;
    Ok(pair(seconds, us))
}

pub(super) fn object_to_timespec(_: &Obj, given: &[&Obj]) -> Result {
    let (o, round) = two(given)?;
    let (seconds, ns) = time::split_seconds(o, 1_000_000_000, round)?;
    Ok(pair(seconds, ns))
}
