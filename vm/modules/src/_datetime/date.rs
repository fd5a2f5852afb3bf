//! `datetime.date`.

use core::cell::Cell;

use crate::prelude::*;

use super::calendar::{self, BadIso, MAX_ORDINAL, Ymd};
use super::datetime::{self, DateTime};
use super::delta::Delta;
use super::fields::{self, Clock, cached_hash, number};
use super::{arithmetic, clock, format, isocalendar, parse, pickle};

/// A day; a `datetime` starts with the same fields.
#[repr(C)]
pub struct Date {
    ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub hastzinfo: Cell<u8>,
    pub data: [Cell<u8>; 4],
}

const _: () = assert!(size_of::<Date>() == size_of::<PyDateTime_Date>());

static_type!(Date, DATE);

static METHODS: &[PyMethodDef] = &[
    class_method(o!("fromtimestamp", from_timestamp, "($type, timestamp, /)")),
    class_method(keywords!(
        "fromordinal",
        from_ordinal,
        "($type, ordinal, /)"
    )),
    class_method(o!("fromisoformat", from_iso_text, "($type, object, /)")),
    class_method(keywords!(
        "fromisocalendar",
        from_iso_calendar,
        "($type, year, week, day)"
    )),
    class_method(fastcall!("strptime", strptime, "")),
    class_method(noargs!("today", today, "($type, /)")),
    noargs!(
        "ctime",
        |d: &Date| Ok(format::ctime(d.day(), Clock::MIDNIGHT)),
        "($self, /)"
    ),
    keywords!(
        "strftime",
        |d: &Date, [f]: [Option<&Obj>; 1]| format::strftime(d.as_obj(), f),
        "($self, /, format)"
    ),
    fastcall!("__format__", format::format_method, ""),
    noargs!(
        "timetuple",
        |d: &Date| format::struct_time(d.day(), Clock::MIDNIGHT, -1),
        "($self, /)"
    ),
    noargs!(
        "isocalendar",
        |d: &Date| isocalendar::new(d.day()),
        "($self, /)"
    ),
    noargs!(
        "isoformat",
        |d: &Date| Ok(format::iso_date(d.day())),
        "($self, /)"
    ),
    noargs!(
        "isoweekday",
        |d: &Date| Ok(d.day().weekday() + 1),
        "($self, /)"
    ),
    noargs!("toordinal", |d: &Date| Ok(d.day().ordinal()), "($self, /)"),
    noargs!("weekday", |d: &Date| Ok(d.day().weekday()), "($self, /)"),
    keywords!(
        "replace",
        replace,
        "($self, /, year=unchanged, month=unchanged, day=unchanged)"
    ),
    keywords!(
        "__replace__",
        replace,
        "($self, /, year=unchanged, month=unchanged, day=unchanged)"
    ),
    noargs!("__reduce__", pickle::reduce_date, "($self, /)"),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("year", |d: &Date| Ok(d.day().year)),
    getset!("month", |d: &Date| Ok(d.day().month)),
    getset!("day", |d: &Date| Ok(d.day().day)),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Date>()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(construct)
        .tp_repr(|d: &Date| {
            let Ymd { year, month, day } = d.day();
            Ok(format!(
                "{}({year}, {month}, {day})",
                type_name(d.as_obj().ty())
            ))
        })
        .tp_str(|d: &Date| call::call_method(d.as_obj(), "isoformat", &[]))
        .tp_hash(|d: &Date| cached_hash(&d.hashcode, || Ok(vm::hash::bytes(&fields::raw(&d.data)))))
        .tp_richcompare(compare)
        .nb_add(add)
        .nb_subtract(subtract)
        .generic_attributes()
        .methods(METHODS)
        .getset(GETSET);
}

impl Date {
    /// The day.
    pub fn day(&self) -> Ymd {
        fields::date_from(&self.data)
    }
}

// ---- Construction ----

/// A new date of exactly this type.
pub fn new(day: Ymd) -> Result<Ref<Date>> {
    of_type(&DATE, day)
}

/// A new object of this layout, of `date` or a subclass, checked.
pub fn of_type(tp: &PyTypeObject, day: Ymd) -> Result<Ref<Date>> {
    fields::check_date(day)?;
    let d = Date {
        ob_base: header(),
        hashcode: Cell::new(-1),
        hastzinfo: Cell::new(0),
        data: fields::cells(fields::date_bytes(day)),
    };
    create(tp, d)
}

/// A date made by calling the class, as results of class methods and arithmetic are.
pub fn by_class(class: &PyTypeObject, day: Ymd) -> Result {
    if core::ptr::eq(class, &DATE) {
        return Ok(new(day)?.into_obj());
    }
    if core::ptr::eq(class, &datetime::DATETIME) {
        return Ok(datetime::new(day, Clock::MIDNIGHT, None, 0)?.into_obj());
    }
    let part = |n: i32| int::from_i64(i64::from(n));
    call::call(
        class.as_obj(),
        &[
            part(day.year).as_obj(),
            part(day.month).as_obj(),
            part(day.day).as_obj(),
        ],
    )
}

fn construct(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if let Some(d) = pickle::date(tp, args)? {
        return Ok(d);
    }
    static SIGNATURE: Signature = Signature::new("date", "(year, month, day)");
    let [year, month, day] = SIGNATURE.bind(args, kwargs)?;
    let day = Ymd::new(number(year, 0)?, number(month, 0)?, number(day, 0)?);
    Ok(of_type(tp, day)?.into_obj())
}

fn today(class: &PyTypeObject) -> Result {
    let time = vm::import::import("time")?;
    let now = call::call_method(&time, "time", &[])?;
    call::call_method(class.as_obj(), "fromtimestamp", &[&now])
}

/// `date.fromtimestamp(seconds)`
pub fn from_timestamp(class: &PyTypeObject, timestamp: &Obj) -> Result {
    let (seconds, _) = clock::seconds_of(timestamp, false)?;
    let local = clock::local(seconds)?;
    by_class(class, local.day)
}

fn from_ordinal(class: &PyTypeObject, [ordinal]: [Option<&Obj>; 1]) -> Result {
    let n = number(ordinal, 0)?;
    if n < 1 {
        return raise!(ValueError, "ordinal must be >= 1");
    }
    by_class(class, from_large_ordinal(n))
}

/// The day of an ordinal that may lie beyond the calendar: its year says so.
fn from_large_ordinal(n: i32) -> Ymd {
    if n <= MAX_ORDINAL {
        return Ymd::from_ordinal(n);
    }
    // Years recur after four centuries.
    let cycles = (n - 1) / 146_097;
    let day = Ymd::from_ordinal((n - 1) % 146_097 + 1);
    Ymd::new(day.year + cycles * 400, day.month, day.day)
}

fn from_iso_text(class: &PyTypeObject, text: &Obj) -> Result {
    let Some(s) = str_::of(text) else {
        return raise!(TypeError, "fromisoformat: argument must be str");
    };
    let day = parse::text_of(s).and_then(|s| parse::date(s.as_bytes()));
    match day {
        Some(Ok(day)) => by_class(class, day),
        Some(Err(bad)) => iso_error(bad),
        None => parse::invalid(text),
    }
}

/// The complaint about an ISO week date.
pub fn iso_error<T>((year, week, day, what): (i32, i32, i32, BadIso)) -> Result<T> {
    match what {
        BadIso::Year => {
            raise!(
                ValueError,
                "year must be in 1..{}, not {year}",
                calendar::MAX_YEAR
            )
        }
        BadIso::Week => raise!(ValueError, "Invalid week: {week}"),
        BadIso::Day => raise!(ValueError, "Invalid weekday: {day} (range is [1, 7])"),
    }
}

fn from_iso_calendar(class: &PyTypeObject, given: [Option<&Obj>; 3]) -> Result {
    let [year, week, day] = given.map(|o| match number(o, 0) {
        Err(_) if err::clear_if(&exc::OverflowError) => {
            raise!(ValueError, "ISO calendar component out of range")
        }
        other => other,
    });
    let (year, week, day) = (year?, week?, day?);
    match calendar::from_iso(year, week, day) {
        Ok(d) => by_class(class, d),
        Err(what) => iso_error((year, week, day, what)),
    }
}

fn strptime(class: &PyTypeObject, args: &[&Obj]) -> Result {
    parse::strptime("_strptime_datetime_date", class, args)
}

fn replace(d: &Date, [year, month, day]: [Option<&Obj>; 3]) -> Result {
    let old = d.day();
    let day = Ymd::new(
        number(year, old.year)?,
        number(month, old.month)?,
        number(day, old.day)?,
    );
    by_class(d.as_obj().ty(), day)
}

// ---- Operators ----

fn compare(d: &Date, other: &Obj, op: CompareOp) -> Result {
    // A datetime is a date, but the two are never compared as such.
    Ok(match other.downcast::<Date>() {
        Some(e) if !other.is::<DateTime>() => bool_(op.test(d.day().cmp(&e.day()))),
        _ => not_implemented(),
    })
}

fn add(a: &Obj, b: &Obj) -> Result {
    if a.is::<DateTime>() || b.is::<DateTime>() {
        return Ok(not_implemented());
    }
    match (a.downcast::<Date>(), b.downcast::<Delta>()) {
        (Some(d), Some(delta)) => arithmetic::shift_date(d, i64::from(delta.days.get())),
        _ => match (b.downcast::<Date>(), a.downcast::<Delta>()) {
            (Some(d), Some(delta)) => arithmetic::shift_date(d, i64::from(delta.days.get())),
            _ => Ok(not_implemented()),
        },
    }
}

fn subtract(a: &Obj, b: &Obj) -> Result {
    if a.is::<DateTime>() || b.is::<DateTime>() {
        return Ok(not_implemented());
    }
    let Some(d) = a.downcast::<Date>() else {
        return Ok(not_implemented());
    };
    if let Some(e) = b.downcast::<Date>() {
        let days = i128::from(d.day().ordinal() - e.day().ordinal());
        return Ok(
            super::delta::from_microseconds(days * i128::from(calendar::DAY_US))?.into_obj(),
        );
    }
    match b.downcast::<Delta>() {
        Some(delta) => arithmetic::shift_date(d, -i64::from(delta.days.get())),
        None => Ok(not_implemented()),
    }
}
