//! `datetime.datetime_CAPI`: the table of types and constructors that `PyDateTime_IMPORT` finds.

use core::ffi::c_int;
use core::ptr;

use vm::types::capsule::{self, Capsule};

use crate::prelude::*;

use super::calendar::Ymd;
use super::date::{self, DATE};
use super::datetime::{self, DATETIME};
use super::datetime_make;
use super::delta::{self, DELTA, Delta};
use super::fields::{self, Clock};
use super::time::{self, TIME};
use super::timezone;
use super::tzinfo::TZINFO;

fn pointer(tp: &'static PyTypeObject) -> *mut PyTypeObject {
    ptr::from_ref(tp).cast_mut()
}

/// The capsule; its table lives as long as the process.
pub fn capsule(utc: &Obj) -> Result<Ref<Capsule>> {
    let table = PyDateTime_CAPI {
        DateType: pointer(&DATE),
        DateTimeType: pointer(&DATETIME),
        TimeType: pointer(&TIME),
        DeltaType: pointer(&DELTA),
        TZInfoType: pointer(&TZINFO),
        TimeZone_UTC: utc.new_ref().into_raw(),
        Date_FromDate: Some(date_from_date),
        DateTime_FromDateAndTime: Some(datetime_from_fields),
        Time_FromTime: Some(time_from_fields),
        Delta_FromDelta: Some(delta_from_delta),
        TimeZone_FromTimeZone: Some(timezone_from),
        DateTime_FromTimestamp: Some(datetime_from_timestamp),
        Date_FromTimestamp: Some(date_from_timestamp),
        DateTime_FromDateAndTimeAndFold: Some(datetime_with_fold),
        Time_FromTimeAndFold: Some(time_with_fold),
    };
    let table = Box::leak(Box::new(table));
    capsule::new(
        ptr::from_mut(table).cast(),
        c"datetime.datetime_CAPI".as_ptr(),
        None,
    )
}

fn clock_of(hour: c_int, minute: c_int, second: c_int, microsecond: c_int) -> Clock {
    Clock {
        hour,
        minute,
        second,
        microsecond,
    }
}

fn fold_of(fold: c_int) -> Result<u8> {
    match u8::try_from(fold) {
        Ok(f @ (0 | 1)) => Ok(f),
        _ => raise!(ValueError, "fold must be either 0 or 1, not {fold}"),
    }
}

// SAFETY (of all functions here): C passes a class of the table, or of a subclass, and live objects; `None` for no zone.

unsafe extern "C" fn date_from_date(
    y: c_int,
    m: c_int,
    d: c_int,
    tp: *mut PyTypeObject,
) -> *mut PyObject {
    // SAFETY: see above.
    err::into_raw(date::of_type(unsafe { &*tp }, Ymd::new(y, m, d)).map(Ref::into_obj))
}

unsafe extern "C" fn datetime_from_fields(
    y: c_int,
    mo: c_int,
    d: c_int,
    h: c_int,
    mi: c_int,
    s: c_int,
    us: c_int,
    zone: *mut PyObject,
    tp: *mut PyTypeObject,
) -> *mut PyObject {
    // SAFETY: see above.
    unsafe { datetime_with_fold(y, mo, d, h, mi, s, us, zone, 0, tp) }
}

unsafe extern "C" fn datetime_with_fold(
    y: c_int,
    mo: c_int,
    d: c_int,
    h: c_int,
    mi: c_int,
    s: c_int,
    us: c_int,
    zone: *mut PyObject,
    fold: c_int,
    tp: *mut PyTypeObject,
) -> *mut PyObject {
    let make = || {
        // SAFETY: see above.
        let (tp, zone) = unsafe { (&*tp, fields::zone(zone.as_ref())?) };
        let at = (Ymd::new(y, mo, d), clock_of(h, mi, s, us));
        Ok(datetime::of_type(tp, at, zone, fold_of(fold)?)?.into_obj())
    };
    err::into_raw(make())
}

unsafe extern "C" fn time_from_fields(
    h: c_int,
    m: c_int,
    s: c_int,
    us: c_int,
    zone: *mut PyObject,
    tp: *mut PyTypeObject,
) -> *mut PyObject {
    // SAFETY: see above.
    unsafe { time_with_fold(h, m, s, us, zone, 0, tp) }
}

unsafe extern "C" fn time_with_fold(
    h: c_int,
    m: c_int,
    s: c_int,
    us: c_int,
    zone: *mut PyObject,
    fold: c_int,
    tp: *mut PyTypeObject,
) -> *mut PyObject {
    let make = || {
        // SAFETY: see above.
        let (tp, zone) = unsafe { (&*tp, fields::zone(zone.as_ref())?) };
        Ok(time::of_type(tp, clock_of(h, m, s, us), zone, fold_of(fold)?)?.into_obj())
    };
    err::into_raw(make())
}

unsafe extern "C" fn delta_from_delta(
    days: c_int,
    seconds: c_int,
    us: c_int,
    _normalize: c_int,
    tp: *mut PyTypeObject,
) -> *mut PyObject {
    let total = (i128::from(days) * 86_400 + i128::from(seconds)) * 1_000_000 + i128::from(us);
    // SAFETY: see above.
    err::into_raw(delta::of_type(unsafe { &*tp }, total).map(Ref::into_obj))
}

unsafe extern "C" fn timezone_from(offset: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: see above.
    let (offset, name) = unsafe { (&*offset, name.as_ref()) };
    err::into_raw(match offset.downcast::<Delta>() {
        Some(d) => timezone::new(d, name),
        None => raise!(TypeError, "expected a timedelta, not {}", offset.tp_name()),
    })
}

unsafe extern "C" fn datetime_from_timestamp(
    class: *mut PyObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    static SIGNATURE: Signature = Signature::new("fromtimestamp", "(timestamp, tz=None)");
    let make = || {
        // SAFETY: see above; the arguments are a tuple and a dict, which may be missing.
        let (class, args, kwargs) = unsafe {
            (
                &*class.cast::<PyTypeObject>(),
                &*args.cast::<PyTupleObject>(),
                kwargs.cast::<PyDictObject>().as_ref(),
            )
        };
        let bound: [_; 2] = SIGNATURE.bind(args, kwargs)?;
        datetime_make::from_timestamp(class, bound)
    };
    err::into_raw(make())
}

unsafe extern "C" fn date_from_timestamp(
    class: *mut PyObject,
    args: *mut PyObject,
) -> *mut PyObject {
    let make = || {
        // SAFETY: see above; the arguments are a tuple.
        let (class, args) = unsafe {
            (
                &*class.cast::<PyTypeObject>(),
                &*args.cast::<PyTupleObject>(),
            )
        };
        args::expect("fromtimestamp", args.objects(), 1..=1)?;
        date::from_timestamp(class, args.objects()[0])
    };
    err::into_raw(make())
}
