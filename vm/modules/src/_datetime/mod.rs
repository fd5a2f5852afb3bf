//! `_datetime`: dates, times and their differences, with the bodies and the capsule that `datetime.h` shows extensions.
//!
//! Invariant: a value of one of these types is always in range; constructors check, arithmetic checks again.

mod arithmetic;
mod calendar;
mod capi;
mod clock;
mod date;
mod datetime;
mod datetime_make;
mod delta;
mod delta_arithmetic;
mod fields;
mod format;
mod isocalendar;
mod parse;
mod pickle;
mod time;
mod timezone;
mod tzinfo;
mod zones;

use vm::types::dict::DictExt as _;
use vm::types::type_;

use crate::prelude::*;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_datetime",
    methods: &[],
    exec,
};

static TYPES: &[TypeRow] = &[
    (&delta::DELTA, c"datetime.timedelta", delta::define),
    (&tzinfo::TZINFO, c"datetime.tzinfo", tzinfo::define),
    (&date::DATE, c"datetime.date", date::define),
    (&time::TIME, c"datetime.time", time::define),
    (&datetime::DATETIME, c"datetime.datetime", datetime::define),
    (&timezone::TIMEZONE, c"datetime.timezone", timezone::define),
];

fn constant(tp: &PyTypeObject, name: &str, value: impl AsRef<Obj>) -> Result<()> {
    match type_::own_dict(tp) {
        Some(d) => d.set(str_::intern_str(name), value.as_ref()),
        None => Ok(()),
    }
}

fn exec(m: &Obj) -> Result<()> {
    add_types(m, TYPES)?;
    declare((
        &isocalendar::ISO_DATE,
        c"datetime.IsoCalendarDate",
        isocalendar::define,
    ))?;
    let utc = timezone::utc()?;
    if type_::lookup(&delta::DELTA, str_::intern_str("resolution")).is_none() {
        constants(&utc)?;
    }
    module::add(m, "MINYEAR", int::from_i64(1).as_obj())?;
    module::add(m, "MAXYEAR", int::from_i64(9999).as_obj())?;
    module::add(m, "UTC", &utc)?;
    module::add(m, "datetime_CAPI", capi::capsule(&utc)?.as_obj())
}

/// What the classes themselves show: their smallest and largest values and the steps between.
fn constants(utc: &Obj) -> Result<()> {
    let last = fields::Clock {
        hour: 23,
        minute: 59,
        second: 59,
        microsecond: 999_999,
    };
    let (first_day, last_day) = (
        calendar::Ymd::new(1, 1, 1),
        calendar::Ymd::new(9999, 12, 31),
    );
    let microsecond = delta::from_microseconds(1)?;
    let day = i128::from(calendar::DAY_US);
    constant(&delta::DELTA, "resolution", &microsecond)?;
    constant(
        &delta::DELTA,
        "min",
        delta::from_microseconds(-999_999_999 * day)?,
    )?;
    constant(
        &delta::DELTA,
        "max",
        delta::from_microseconds(1_000_000_000 * day - 1)?,
    )?;
    constant(&date::DATE, "min", date::new(first_day)?)?;
    constant(&date::DATE, "max", date::new(last_day)?)?;
    constant(&date::DATE, "resolution", delta::from_microseconds(day)?)?;
    constant(
        &time::TIME,
        "min",
        time::new(fields::Clock::MIDNIGHT, None, 0)?,
    )?;
    constant(&time::TIME, "max", time::new(last, None, 0)?)?;
    constant(&time::TIME, "resolution", &microsecond)?;
    constant(
        &datetime::DATETIME,
        "min",
        datetime::new(first_day, fields::Clock::MIDNIGHT, None, 0)?,
    )?;
    constant(
        &datetime::DATETIME,
        "max",
        datetime::new(last_day, last, None, 0)?,
    )?;
    constant(&datetime::DATETIME, "resolution", &microsecond)?;
    let most = i128::from(calendar::DAY_US - 60_000_000);
    constant(&timezone::TIMEZONE, "utc", utc.new_ref())?;
    constant(
        &timezone::TIMEZONE,
        "min",
        timezone::new(&*delta::from_microseconds(-most)?, None)?,
    )?;
    constant(
        &timezone::TIMEZONE,
        "max",
        timezone::new(&*delta::from_microseconds(most)?, None)?,
    )?;
    for tp in TYPES.iter().map(|row| row.0) {
        type_::modified(tp);
    }
    Ok(())
}
