//! `datetime.h`: the bodies of `datetime`'s types and the table that its capsule holds.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_char, c_int};

constants! {
    _PyDateTime_DATE_DATASIZE: usize = 4;
    _PyDateTime_TIME_DATASIZE: usize = 6;
    _PyDateTime_DATETIME_DATASIZE: usize = 10;
}

#[repr(C)]
pub struct PyDateTime_Delta {
    pub ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub days: Cell<c_int>,
    pub seconds: Cell<c_int>,
    pub microseconds: Cell<c_int>,
}

#[repr(C)]
pub struct PyDateTime_TZInfo {
    pub ob_base: PyObject,
}

#[repr(C)]
pub struct _PyDateTime_BaseTZInfo {
    pub ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub hastzinfo: Cell<c_char>,
}

#[repr(C)]
pub struct _PyDateTime_BaseTime {
    pub ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub hastzinfo: Cell<c_char>,
    pub data: [Cell<u8>; 6],
}

#[repr(C)]
pub struct PyDateTime_Time {
    pub ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub hastzinfo: Cell<c_char>,
    pub data: [Cell<u8>; 6],
    pub fold: Cell<u8>,
    pub tzinfo: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyDateTime_Date {
    pub ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub hastzinfo: Cell<c_char>,
    pub data: [Cell<u8>; 4],
}

#[repr(C)]
pub struct _PyDateTime_BaseDateTime {
    pub ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub hastzinfo: Cell<c_char>,
    pub data: [Cell<u8>; 10],
}

#[repr(C)]
pub struct PyDateTime_DateTime {
    pub ob_base: PyObject,
    pub hashcode: Cell<isize>,
    pub hastzinfo: Cell<c_char>,
    pub data: [Cell<u8>; 10],
    pub fold: Cell<u8>,
    pub tzinfo: Cell<*mut PyObject>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDateTime_CAPI {
    pub DateType: *mut PyTypeObject,
    pub DateTimeType: *mut PyTypeObject,
    pub TimeType: *mut PyTypeObject,
    pub DeltaType: *mut PyTypeObject,
    pub TZInfoType: *mut PyTypeObject,
    pub TimeZone_UTC: *mut PyObject,
    pub Date_FromDate:
        Option<unsafe extern "C" fn(c_int, c_int, c_int, *mut PyTypeObject) -> *mut PyObject>,
    pub DateTime_FromDateAndTime: Option<
        unsafe extern "C" fn(
            c_int,
            c_int,
            c_int,
            c_int,
            c_int,
            c_int,
            c_int,
            *mut PyObject,
            *mut PyTypeObject,
        ) -> *mut PyObject,
    >,
    pub Time_FromTime: Option<
        unsafe extern "C" fn(
            c_int,
            c_int,
            c_int,
            c_int,
            *mut PyObject,
            *mut PyTypeObject,
        ) -> *mut PyObject,
    >,
    pub Delta_FromDelta: Option<
        unsafe extern "C" fn(c_int, c_int, c_int, c_int, *mut PyTypeObject) -> *mut PyObject,
    >,
    pub TimeZone_FromTimeZone:
        Option<unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject>,
    pub DateTime_FromTimestamp:
        Option<unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject>,
    pub Date_FromTimestamp:
        Option<unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject>,
    pub DateTime_FromDateAndTimeAndFold: Option<
        unsafe extern "C" fn(
            c_int,
            c_int,
            c_int,
            c_int,
            c_int,
            c_int,
            c_int,
            *mut PyObject,
            c_int,
            *mut PyTypeObject,
        ) -> *mut PyObject,
    >,
    pub Time_FromTimeAndFold: Option<
        unsafe extern "C" fn(
            c_int,
            c_int,
            c_int,
            c_int,
            *mut PyObject,
            c_int,
            *mut PyTypeObject,
        ) -> *mut PyObject,
    >,
}

layouts! {
    PyDateTime_Delta: 40 {
        ob_base: 0,
        hashcode: 16,
        days: 24,
        seconds: 28,
        microseconds: 32,
    }
    PyDateTime_TZInfo: 16 {
        ob_base: 0,
    }
    _PyDateTime_BaseTZInfo: 32 {
        ob_base: 0,
        hashcode: 16,
        hastzinfo: 24,
    }
    _PyDateTime_BaseTime: 32 {
        ob_base: 0,
        hashcode: 16,
        hastzinfo: 24,
        data: 25,
    }
    PyDateTime_Time: 40 {
        ob_base: 0,
        hashcode: 16,
        hastzinfo: 24,
        data: 25,
        fold: 31,
        tzinfo: 32,
    }
    PyDateTime_Date: 32 {
        ob_base: 0,
        hashcode: 16,
        hastzinfo: 24,
        data: 25,
    }
    _PyDateTime_BaseDateTime: 40 {
        ob_base: 0,
        hashcode: 16,
        hastzinfo: 24,
        data: 25,
    }
    PyDateTime_DateTime: 48 {
        ob_base: 0,
        hashcode: 16,
        hastzinfo: 24,
        data: 25,
        fold: 35,
        tzinfo: 40,
    }
    PyDateTime_CAPI: 120 {
        DateType: 0,
        DateTimeType: 8,
        TimeType: 16,
        DeltaType: 24,
        TZInfoType: 32,
        TimeZone_UTC: 40,
        Date_FromDate: 48,
        DateTime_FromDateAndTime: 56,
        Time_FromTime: 64,
        Delta_FromDelta: 72,
        TimeZone_FromTimeZone: 80,
        DateTime_FromTimestamp: 88,
        Date_FromTimestamp: 96,
        DateTime_FromDateAndTimeAndFold: 104,
        Time_FromTimeAndFold: 112,
    }
}
