//! `datetime.tzinfo`, the base of time zones, and how time zones are asked.

use crate::prelude::*;

use super::datetime::{self, DateTime};
use super::delta::Delta;

/// A time zone.
#[repr(C)]
pub struct TzInfo {
    ob_base: PyObject,
}

static_type!(TzInfo, TZINFO);

static METHODS: &[PyMethodDef] = &[
    o!(
        "tzname",
        |_: &TzInfo, _| abstract_method("tzname"),
        "($self, object, /)"
    ),
    o!(
        "utcoffset",
        |_: &TzInfo, _| abstract_method("utcoffset"),
        "($self, object, /)"
    ),
    o!(
        "dst",
        |_: &TzInfo, _| abstract_method("dst"),
        "($self, object, /)"
    ),
    o!("fromutc", from_utc, "($self, object, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<TzInfo>()
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(|tp, _: &PyTupleObject, _: Option<&PyDictObject>| type_alloc(tp, 0))
        .generic_attributes()
        .methods(METHODS);
}

fn abstract_method(name: &str) -> Result {
    raise!(
        NotImplementedError,
        "a tzinfo subclass must implement {name}()"
    )
}

/// Whether a time zone may be that far from UTC: less than a day.
pub fn is_offset(us: i128) -> bool {
    us.abs() < i128::from(super::calendar::DAY_US)
}

/// What `zone.name(argument)` says, a difference of less than a day; `None` for no zone or no answer.
pub fn ask(zone: Option<&Obj>, name: &str, argument: &Obj) -> Result<Option<Ref<Delta>>> {
    let Some(zone) = zone else { return Ok(None) };
    let answer = call::call_method(zone, name, &[argument])?;
    if answer.is_none() {
        return Ok(None);
    }
    match answer.downcast_ref::<Delta>() {
        Ok(d) if is_offset(d.total()) => Ok(Some(d)),
        Ok(_) => raise!(
            ValueError,
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24)."
        ),
        Err(o) => raise!(
            TypeError,
            "tzinfo.{name}() must return None or a timedelta, not '{}'",
            o.tp_name()
        ),
    }
}

/// What `zone.tzname(argument)` says.
pub fn ask_name(zone: Option<&Obj>, argument: &Obj) -> Result {
    let Some(zone) = zone else { return Ok(none()) };
    let answer = call::call_method(zone, "tzname", &[argument])?;
    if !answer.is_none() && !answer.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "tzinfo.tzname() must return None or a string, not '{}'",
            answer.tp_name()
        );
    }
    Ok(answer)
}

/// As Python returns an optional difference.
pub fn or_none(d: Option<Ref<Delta>>) -> Ref {
    d.map_or_else(none, Ref::into_obj)
}

fn from_utc(zone: &TzInfo, dt: &Obj) -> Result {
    let Some(dt) = dt.downcast::<DateTime>() else {
        return raise!(TypeError, "fromutc: argument must be a datetime");
    };
    if !dt.zone().is_some_and(|z| z.is_same(zone.as_obj())) {
        return raise!(ValueError, "fromutc: dt.tzinfo is not self");
    }
    let Some(offset) = ask(dt.zone(), "utcoffset", dt.as_obj())? else {
        return raise!(ValueError, "fromutc: non-None utcoffset() result required");
    };
    let Some(dst) = ask(dt.zone(), "dst", dt.as_obj())? else {
        return raise!(ValueError, "fromutc: non-None dst() result required");
    };
    let standard = datetime::shifted(dt, offset.total() - dst.total())?;
    let Some(dst) = ask(dt.zone(), "dst", &standard)? else {
        return raise!(
            ValueError,
            "fromutc: tz.dst() gave inconsistent results; cannot convert"
        );
    };
    match standard.downcast::<DateTime>() {
        Some(s) if dst.total() != 0 => datetime::shifted(s, dst.total()),
        _ => Ok(standard),
    }
}

fn reduce(zone: &TzInfo) -> Result {
    let o = zone.as_obj();
    let args = match proto::getattr_opt(o, str_::intern_str("__getinitargs__"))? {
        Some(f) => call::call0(&f)?,
        None => tuple::empty().into_obj(),
    };
    let state = call::call_method(o, "__getstate__", &[])?;
    Ok(tuple::from_vec(vec![o.ty().as_obj().new_ref(), args, state]).into_obj())
}

/// An offset as `+HH:MM[:SS[.ffffff]]`, with `separator` between.
pub fn offset_text(d: &Delta, separator: &str) -> String {
    let total = d.total();
    let (sign, us) = (
        if total < 0 { '-' } else { '+' },
        total.unsigned_abs() as u64,
    );
    let (seconds, us) = (us / 1_000_000, us % 1_000_000);
    let mut out = format!(
        "{sign}{:02}{separator}{:02}",
        seconds / 3600,
        seconds / 60 % 60
    );
    if us != 0 {
        out += &format!("{separator}{:02}.{us:06}", seconds % 60);
    } else if seconds % 60 != 0 {
        out += &format!("{separator}{:02}", seconds % 60);
    }
    out
}
