//! `datetime.datetime`: a day and a time of day, perhaps in a time zone.

use core::cell::Cell;

use crate::prelude::*;

use super::arithmetic;
use super::calendar::Ymd;
use super::clock;
use super::date;
use super::datetime_make as make;
use super::delta::{self, Delta};
use super::fields::{self, Clock, cached_hash, number};
use super::tzinfo::{self, or_none};
use super::{format, pickle, time, zones};

/// A moment. It starts as a [`Date`] does; `tzinfo` holds the zone if `hastzinfo` says so.
#[repr(C)]
pub struct DateTime {
    ob_base: PyObject,
    hashcode: Cell<isize>,
    hastzinfo: Cell<u8>,
    pub data: [Cell<u8>; 10],
    pub fold: Cell<u8>,
    tzinfo: Slot,
}

const _: () = assert!(size_of::<DateTime>() == size_of::<PyDateTime_DateTime>());

static_type!(DateTime, DATETIME);

static METHODS: &[PyMethodDef] = &[
    class_method(keywords!("now", make::now, "($type, /, tz=None)")),
    class_method(noargs!("utcnow", make::utc_now, "($type, /)")),
    class_method(keywords!(
        "fromtimestamp",
        make::from_timestamp,
        "($type, /, timestamp, tz=None)"
    )),
    class_method(o!(
        "utcfromtimestamp",
        make::from_utc_timestamp,
        "($type, timestamp, /)"
    )),
    class_method(fastcall!("strptime", make::strptime, "")),
    class_method(keywords!(
        "combine",
        make::combine,
        "($type, date, time, tzinfo=True)"
    )),
    class_method(o!(
        "fromisoformat",
        make::from_iso_text,
        "($type, object, /)"
    )),
    noargs!(
        "date",
        |d: &DateTime| date::new(d.day()).map(Ref::into_obj),
        "($self, /)"
    ),
    noargs!(
        "time",
        |d: &DateTime| time::new(d.clock(), None, d.fold.get()).map(Ref::into_obj),
        "($self, /)"
    ),
    noargs!(
        "timetz",
        |d: &DateTime| time::new(d.clock(), d.zone(), d.fold.get()).map(Ref::into_obj),
        "($self, /)"
    ),
    noargs!(
        "ctime",
        |d: &DateTime| Ok(format::ctime(d.day(), d.clock())),
        "($self, /)"
    ),
    noargs!("timetuple", time_tuple, "($self, /)"),
    noargs!("timestamp", timestamp, "($self, /)"),
    noargs!("utctimetuple", utc_time_tuple, "($self, /)"),
    keywords!(
        "isoformat",
        iso_format,
        "($self, /, sep='T', timespec='auto')"
    ),
    noargs!(
        "utcoffset",
        |d: &DateTime| Ok(or_none(d.ask("utcoffset")?)),
        "($self, /)"
    ),
    noargs!(
        "tzname",
        |d: &DateTime| tzinfo::ask_name(d.zone(), d.as_obj()),
        "($self, /)"
    ),
    noargs!(
        "dst",
        |d: &DateTime| Ok(or_none(d.ask("dst")?)),
        "($self, /)"
    ),
    keywords!(
        "replace",
        replace,
        "($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    ),
    keywords!(
        "__replace__",
        replace,
        "($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    ),
    keywords!("astimezone", zones::as_time_zone, "($self, /, tz=None)"),
    o!(
        "__reduce_ex__",
        |d: &DateTime, p: &Obj| pickle::reduce_datetime(d, args::to_i32(p)?),
        "($self, proto, /)"
    ),
    noargs!(
        "__reduce__",
        |d: &DateTime| pickle::reduce_datetime(d, 2),
        "($self, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("hour", |d: &DateTime| Ok(d.clock().hour)),
    getset!("minute", |d: &DateTime| Ok(d.clock().minute)),
    getset!("second", |d: &DateTime| Ok(d.clock().second)),
    getset!("microsecond", |d: &DateTime| Ok(d.clock().microsecond)),
    getset!("tzinfo", |d: &DateTime| Ok(d.zone().map(Obj::new_ref))),
    getset!("fold", |d: &DateTime| Ok(d.fold.get())),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.base(&date::DATE)
        .basicsize::<DateTime>()
        .flags(Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<DateTime>()
        .tp_traverse(|d: &DateTime, v: &mut Visitor| v.slot(&d.tzinfo))
        .tp_new(make::construct)
        .tp_repr(repr)
        .tp_str(|d: &DateTime| call::call_method(d.as_obj(), "isoformat", &[str_::intern_str(" ")]))
        .tp_hash(|d: &DateTime| cached_hash(&d.hashcode, || hash(d)))
        .tp_richcompare(compare)
        .nb_add(add)
        .nb_subtract(subtract)
        .generic_attributes()
        .methods(METHODS)
        .getset(GETSET);
}

impl DateTime {
    pub fn day(&self) -> Ymd {
        fields::date_from(&self.data)
    }

    pub fn clock(&self) -> Clock {
        fields::clock_from(&self.data[4..])
    }

    pub fn zone(&self) -> Option<&Obj> {
        if self.hastzinfo.get() == 0 {
            return None;
        }
        self.tzinfo.borrow()
    }

    /// What the time zone says of this moment.
    pub fn ask(&self, what: &str) -> Result<Option<Ref<Delta>>> {
        tzinfo::ask(self.zone(), what, self.as_obj())
    }

    /// Microseconds since the calendar's start, as the clock shows them.
    pub fn since_start(&self) -> i128 {
        arithmetic::since_start(self.day(), self.clock())
    }
}

/// A new moment of exactly this type, checked.
pub fn new(day: Ymd, clock: Clock, zone: Option<&Obj>, fold: u8) -> Result<Ref<DateTime>> {
    of_type(&DATETIME, (day, clock), zone, fold)
}

pub fn of_type(
    tp: &PyTypeObject,
    (day, clock): (Ymd, Clock),
    zone: Option<&Obj>,
    fold: u8,
) -> Result<Ref<DateTime>> {
    fields::check_date(day)?;
    fields::check_clock(clock, i32::from(fold))?;
    let mut data = [0; 10];
    data[..4].copy_from_slice(&fields::date_bytes(day));
    data[4..].copy_from_slice(&fields::clock_bytes(clock));
    let d = DateTime {
        ob_base: header(),
        hashcode: Cell::new(-1),
        hastzinfo: Cell::new(u8::from(zone.is_some())),
        data: fields::cells(data),
        fold: Cell::new(fold),
        tzinfo: Slot::new(zone.map(Obj::new_ref)),
    };
    create(tp, d)
}

/// The moment that many microseconds later, of the same class and in the same zone.
pub fn shifted(d: &DateTime, us: i128) -> Result {
    let (day, clock) = arithmetic::shift(d.day(), d.clock(), us)?;
    make::by_class(d.as_obj().ty(), (day, clock), d.zone(), 0)
}

// ---- Text ----

fn repr(d: &DateTime) -> Result<String> {
    let (Ymd { year, month, day }, c) = (d.day(), d.clock());
    let mut out = format!(
        "{}({year}, {month}, {day}, {}, {}",
        type_name(d.as_obj().ty()),
        c.hour,
        c.minute
    );
    if c.second != 0 || c.microsecond != 0 {
        out += &format!(", {}", c.second);
    }
    if c.microsecond != 0 {
        out += &format!(", {}", c.microsecond);
    }
    if d.fold.get() != 0 {
        out += ", fold=1";
    }
    if let Some(zone) = d.zone() {
        out += &format!(", tzinfo={}", str_::to_string_lossy(&*proto::repr(zone)?));
    }
    Ok(out + ")")
}

fn iso_format(d: &DateTime, [separator, timespec]: [Option<&Obj>; 2]) -> Result {
    let separator = match separator {
        None => 'T',
        Some(s) => format::separator(s)?,
    };
    let timespec = format::Timespec::from_argument("isoformat", timespec)?;
    let mut text = format::iso_date(d.day());
    text.push(separator);
    text += &format::iso_clock(d.clock(), timespec);
    text += &format::offset(d.ask("utcoffset")?.as_deref(), ":");
    Ok(str_::new(&text).into_obj())
}

fn time_tuple(d: &DateTime) -> Result {
    let dst = match d.ask("dst")? {
        None => -1,
        Some(dst) => i32::from(dst.total() != 0),
    };
    format::struct_time(d.day(), d.clock(), dst)
}

fn utc_time_tuple(d: &DateTime) -> Result {
    let offset = d.ask("utcoffset")?.map_or(0, |o| o.total());
    let (day, clock) = arithmetic::shift(d.day(), d.clock(), -offset)?;
    format::struct_time(day, clock, 0)
}

fn timestamp(d: &DateTime) -> Result<f64> {
    if d.zone().is_some() {
        let epoch = arithmetic::since_start(Ymd::new(1970, 1, 1), Clock::MIDNIGHT);
        let offset = d.ask("utcoffset")?;
        let Some(offset) = offset else {
            return naive_timestamp(d);
        };
        let us = d.since_start() - epoch - offset.total();
        return int::true_divide(&int::from_i128(us), &int::from_i64(1_000_000));
    }
    naive_timestamp(d)
}

fn naive_timestamp(d: &DateTime) -> Result<f64> {
    let seconds = clock::timestamp_of_local(d.day(), d.clock(), d.fold.get() != 0)?;
    Ok(seconds as f64 + f64::from(d.clock().microsecond) / 1e6)
}

// ---- Replacing ----

fn replace(d: &DateTime, given: [Option<&Obj>; 9]) -> Result {
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
    ] = given;
    let (old, c) = (d.day(), d.clock());
    let day = Ymd::new(
        number(year, old.year)?,
        number(month, old.month)?,
        number(day, old.day)?,
    );
    let clock = Clock {
        hour: number(hour, c.hour)?,
        minute: number(minute, c.minute)?,
        second: number(second, c.second)?,
        microsecond: number(microsecond, c.microsecond)?,
    };
    let fold = number(fold, i32::from(d.fold.get()))?;
    if !(0..=1).contains(&fold) {
        return raise!(ValueError, "fold must be either 0 or 1, not {fold}");
    }
    let zone = match zone {
        Some(z) => fields::zone(Some(z))?,
        None => d.zone(),
    };
    make::by_class(d.as_obj().ty(), (day, clock), zone, fold as u8)
}

// ---- Comparison ----

fn hash(d: &DateTime) -> Result<isize> {
    let first = if d.fold.get() == 0 {
        d.to_ref()
    } else {
        new(d.day(), d.clock(), d.zone(), 0)?
    };
    match first.ask("utcoffset")? {
        None => Ok(vm::hash::bytes(&fields::raw(&d.data))),
        Some(offset) => {
            proto::hash(delta::from_microseconds(d.since_start() - offset.total())?.as_obj())
        }
    }
}

/// Whether the offset depends on the fold: such a moment equals none of another zone.
fn is_ambiguous(d: &DateTime, offset: Option<i128>) -> Result<bool> {
    let flipped = new(d.day(), d.clock(), d.zone(), 1 - d.fold.get())?;
    Ok(flipped.ask("utcoffset")?.map(|o| o.total()) != offset)
}

fn compare(d: &DateTime, other: &Obj, op: CompareOp) -> Result {
    let Some(e) = other.downcast::<DateTime>() else {
        return Ok(not_implemented());
    };
    if zones::same(d.zone(), e.zone()) {
        let ordering = (d.day(), d.clock()).cmp(&(e.day(), e.clock()));
        return Ok(bool_(op.test(ordering)));
    }
    let a = d.ask("utcoffset")?.map(|o| o.total());
    let b = e.ask("utcoffset")?.map(|o| o.total());
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let ordering = match (a, b) {
        _ if a == b => (d.day(), d.clock()).cmp(&(e.day(), e.clock())),
        (Some(a), Some(b)) => (d.since_start() - a).cmp(&(e.since_start() - b)),
        _ if equality => return Ok(bool_(op == CompareOp::Ne)),
        _ => {
            return raise!(
                TypeError,
                "can't compare offset-naive and offset-aware datetimes"
            );
        }
    };
    if equality && ordering.is_eq() && (is_ambiguous(d, a)? || is_ambiguous(e, b)?) {
        return Ok(bool_(op == CompareOp::Ne));
    }
    Ok(bool_(op.test(ordering)))
}

// ---- Arithmetic ----

fn add(a: &Obj, b: &Obj) -> Result {
    match (a.downcast::<DateTime>(), b.downcast::<Delta>()) {
        (Some(d), Some(delta)) => shifted(d, delta.total()),
        _ => match (b.downcast::<DateTime>(), a.downcast::<Delta>()) {
            (Some(d), Some(delta)) => shifted(d, delta.total()),
            _ => Ok(not_implemented()),
        },
    }
}

fn subtract(a: &Obj, b: &Obj) -> Result {
    let Some(d) = a.downcast::<DateTime>() else {
        return Ok(not_implemented());
    };
    if let Some(delta) = b.downcast::<Delta>() {
        return shifted(d, -delta.total());
    }
    let Some(e) = b.downcast::<DateTime>() else {
        return Ok(not_implemented());
    };
    let mut us = d.since_start() - e.since_start();
    if !zones::same(d.zone(), e.zone()) {
        us += match (d.ask("utcoffset")?, e.ask("utcoffset")?) {
            (None, None) => 0,
            (Some(a), Some(b)) => b.total() - a.total(),
            _ => {
                return raise!(
                    TypeError,
                    "can't subtract offset-naive and offset-aware datetimes"
                );
            }
        };
    }
    Ok(delta::from_microseconds(us)?.into_obj())
}
