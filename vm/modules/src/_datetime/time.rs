//! `datetime.time`.

use core::cell::Cell;

use crate::prelude::*;

use super::delta;
use super::fields::{self, Clock, cached_hash, number};
use super::tzinfo::{self, or_none};
use super::{format, parse, pickle, zones};

/// A time of day, perhaps in a time zone. `tzinfo` holds it if `hastzinfo` says so.
#[repr(C)]
pub struct Time {
    ob_base: PyObject,
    hashcode: Cell<isize>,
    hastzinfo: Cell<u8>,
    pub data: [Cell<u8>; 6],
    pub fold: Cell<u8>,
    tzinfo: Slot,
}

const _: () = assert!(size_of::<Time>() == size_of::<PyDateTime_Time>());

static_type!(Time, TIME);

static METHODS: &[PyMethodDef] = &[
    class_method(fastcall!(
        "strptime",
        |c: &PyTypeObject, a: &[&Obj]| parse::strptime("_strptime_datetime_time", c, a),
        ""
    )),
    keywords!("isoformat", iso_format, "($self, /, timespec='auto')"),
    keywords!(
        "strftime",
        |t: &Time, [f]: [Option<&Obj>; 1]| format::strftime(t.as_obj(), f),
        "($self, /, format)"
    ),
    fastcall!("__format__", format::format_method, ""),
    noargs!(
        "utcoffset",
        |t: &Time| Ok(or_none(tzinfo::ask(t.zone(), "utcoffset", NONE())?)),
        "($self, /)"
    ),
    noargs!(
        "tzname",
        |t: &Time| tzinfo::ask_name(t.zone(), NONE()),
        "($self, /)"
    ),
    noargs!(
        "dst",
        |t: &Time| Ok(or_none(tzinfo::ask(t.zone(), "dst", NONE())?)),
        "($self, /)"
    ),
    keywords!(
        "replace",
        replace,
        "($self, /, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    ),
    keywords!(
        "__replace__",
        replace,
        "($self, /, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    ),
    class_method(o!("fromisoformat", from_iso_text, "($type, object, /)")),
    o!(
        "__reduce_ex__",
        |t: &Time, p: &Obj| pickle::reduce_time(t, args::to_i32(p)?),
        "($self, proto, /)"
    ),
    noargs!(
        "__reduce__",
        |t: &Time| pickle::reduce_time(t, 2),
        "($self, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("hour", |t: &Time| Ok(t.clock().hour)),
    getset!("minute", |t: &Time| Ok(t.clock().minute)),
    getset!("second", |t: &Time| Ok(t.clock().second)),
    getset!("microsecond", |t: &Time| Ok(t.clock().microsecond)),
    getset!("tzinfo", |t: &Time| Ok(t.zone().map(Obj::new_ref))),
    getset!("fold", |t: &Time| Ok(t.fold.get())),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Time>()
        .flags(Py_TPFLAGS_BASETYPE)
        .dealloc_drop::<Time>()
        .tp_traverse(|t: &Time, v: &mut Visitor| v.slot(&t.tzinfo))
        .tp_new(construct)
        .tp_repr(repr)
        .tp_str(|t: &Time| call::call_method(t.as_obj(), "isoformat", &[]))
        .tp_hash(|t: &Time| cached_hash(&t.hashcode, || hash(t)))
        .tp_richcompare(compare)
        .generic_attributes()
        .methods(METHODS)
        .getset(GETSET);
}

impl Time {
    pub fn clock(&self) -> Clock {
        fields::clock_from(&self.data)
    }

    pub fn zone(&self) -> Option<&Obj> {
        if self.hastzinfo.get() == 0 {
            return None;
        }
        self.tzinfo.borrow()
    }
}

/// A new time of exactly this type, checked.
pub fn new(clock: Clock, zone: Option<&Obj>, fold: u8) -> Result<Ref<Time>> {
    of_type(&TIME, clock, zone, fold)
}

pub fn of_type(tp: &PyTypeObject, clock: Clock, zone: Option<&Obj>, fold: u8) -> Result<Ref<Time>> {
    fields::check_clock(clock, i32::from(fold))?;
    let t = Time {
        ob_base: header(),
        hashcode: Cell::new(-1),
        hastzinfo: Cell::new(u8::from(zone.is_some())),
        data: fields::cells(fields::clock_bytes(clock)),
        fold: Cell::new(fold),
        tzinfo: Slot::new(zone.map(Obj::new_ref)),
    };
    create(tp, t)
}

/// A time made by calling the class, unless it is `time` itself.
pub fn by_class(class: &PyTypeObject, clock: Clock, zone: Option<&Obj>, fold: u8) -> Result {
    if core::ptr::eq(class, &TIME) {
        return Ok(new(clock, zone, fold)?.into_obj());
    }
    let part = |n: i32| int::from_i64(i64::from(n));
    let made = call::call(
        class.as_obj(),
        &[
            part(clock.hour).as_obj(),
            part(clock.minute).as_obj(),
            part(clock.second).as_obj(),
            part(clock.microsecond).as_obj(),
            zone.unwrap_or(NONE()),
        ],
    )?;
    if let Some(t) = made.downcast::<Time>() {
        t.fold.set(fold);
    }
    Ok(made)
}

fn construct(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if let Some(t) = pickle::time(tp, args)? {
        return Ok(t);
    }
    static SIGNATURE: Signature = Signature::new(
        "time",
        "(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0)",
    );
    let [hour, minute, second, microsecond, zone, fold] = SIGNATURE.bind(args, kwargs)?;
    let clock = Clock {
        hour: number(hour, 0)?,
        minute: number(minute, 0)?,
        second: number(second, 0)?,
        microsecond: number(microsecond, 0)?,
    };
    let fold = number(fold, 0)?;
    fields::check_clock(clock, fold)?;
    Ok(of_type(tp, clock, fields::zone(zone)?, fold as u8)?.into_obj())
}

fn from_iso_text(class: &PyTypeObject, text: &Obj) -> Result {
    let Some(s) = str_::of(text) else {
        return raise!(TypeError, "fromisoformat: argument must be str");
    };
    let found =
        parse::text_of(s).and_then(|s| parse::time(s.strip_prefix('T').unwrap_or(s).as_bytes()));
    let Some(mut found) = found else {
        return parse::invalid(text);
    };
    if found.is_day_end() {
        found.clock.hour = 0;
    }
    fields::check_clock(found.clock, 0)?;
    let zone = zones::of_offset(found.offset)?;
    by_class(class, found.clock, zone.as_deref(), 0)
}

fn replace(t: &Time, [hour, minute, second, microsecond, zone, fold]: [Option<&Obj>; 6]) -> Result {
    let old = t.clock();
    let clock = Clock {
        hour: number(hour, old.hour)?,
        minute: number(minute, old.minute)?,
        second: number(second, old.second)?,
        microsecond: number(microsecond, old.microsecond)?,
    };
    let fold = number(fold, i32::from(t.fold.get()))?;
    if !(0..=1).contains(&fold) {
        return raise!(ValueError, "fold must be either 0 or 1, not {fold}");
    }
    let zone = match zone {
        Some(z) => fields::zone(Some(z))?,
        None => t.zone(),
    };
    by_class(t.as_obj().ty(), clock, zone, fold as u8)
}

// ---- Slots and methods ----

fn repr(t: &Time) -> Result<String> {
    let Clock {
        hour,
        minute,
        second,
        microsecond,
    } = t.clock();
    let mut out = format!("{}({hour}, {minute}", type_name(t.as_obj().ty()));
    if second != 0 || microsecond != 0 {
        out += &format!(", {second}");
    }
    if microsecond != 0 {
        out += &format!(", {microsecond}");
    }
    if let Some(zone) = t.zone() {
        out += &format!(", tzinfo={}", str_::to_string_lossy(&*proto::repr(zone)?));
    }
    if t.fold.get() != 0 {
        out += ", fold=1";
    }
    Ok(out + ")")
}

fn iso_format(t: &Time, [timespec]: [Option<&Obj>; 1]) -> Result {
    let text = format::iso_clock(
        t.clock(),
        format::Timespec::from_argument("isoformat", timespec)?,
    );
    let offset = tzinfo::ask(t.zone(), "utcoffset", NONE())?;
    Ok(str_::new(&(text + &format::offset(offset.as_deref(), ":"))).into_obj())
}

fn hash(t: &Time) -> Result<isize> {
    let first = if t.fold.get() == 0 {
        t.to_ref()
    } else {
        new(t.clock(), t.zone(), 0)?
    };
    match tzinfo::ask(first.zone(), "utcoffset", NONE())? {
        None => Ok(vm::hash::bytes(&fields::raw(&t.data))),
        Some(offset) => {
            let since =
                delta::from_microseconds(i128::from(t.clock().microseconds()) - offset.total())?;
            proto::hash(since.as_obj())
        }
    }
}

fn compare(t: &Time, other: &Obj, op: CompareOp) -> Result {
    let Some(u) = other.downcast::<Time>() else {
        return Ok(not_implemented());
    };
    let plain = || Ok(bool_(op.test(t.clock().cmp(&u.clock()))));
    if zones::same(t.zone(), u.zone()) {
        return plain();
    }
    let a = tzinfo::ask(t.zone(), "utcoffset", NONE())?.map(|d| d.total());
    let b = tzinfo::ask(u.zone(), "utcoffset", NONE())?.map(|d| d.total());
    match (a, b) {
        _ if a == b => plain(),
        (Some(a), Some(b)) => {
            let at = |c: Clock, offset: i128| i128::from(c.microseconds()) - offset;
            Ok(bool_(op.test(at(t.clock(), a).cmp(&at(u.clock(), b)))))
        }
        _ if matches!(op, CompareOp::Eq | CompareOp::Ne) => Ok(bool_(op == CompareOp::Ne)),
        _ => raise!(
            TypeError,
            "can't compare offset-naive and offset-aware times"
        ),
    }
}
