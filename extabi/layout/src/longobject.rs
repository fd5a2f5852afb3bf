//! `longobject.h`: the body of `int`, with `longintrepr.h`: 30-bit digits, and a tag of sign (two bits), a reserved
//! bit, and digit count.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_int, c_void};

constants! {
    Py_ASNATIVEBYTES_DEFAULTS: c_int = -1;
    Py_ASNATIVEBYTES_BIG_ENDIAN: c_int = 0;
    Py_ASNATIVEBYTES_LITTLE_ENDIAN: c_int = 1;
    Py_ASNATIVEBYTES_NATIVE_ENDIAN: c_int = 3;
    Py_ASNATIVEBYTES_UNSIGNED_BUFFER: c_int = 4;
    Py_ASNATIVEBYTES_REJECT_NEGATIVE: c_int = 8;
    Py_ASNATIVEBYTES_ALLOW_INDEX: c_int = 16;
    PyLong_SHIFT: u32 = 30;
    _PyLong_DECIMAL_SHIFT: u32 = 9;
    _PyLong_SIGN_MASK: u32 = 3;
    _PyLong_NON_SIZE_BITS: u32 = 3;
    _PyLong_DECIMAL_BASE: digit = 0x3b9aca00;
    PyLong_BASE: digit = 0x40000000;
    PyLong_MASK: digit = 0x3fffffff;
}

pub type digit = u32;
pub type sdigit = i32;
pub type twodigits = u64;
pub type stwodigits = i64;

#[repr(C)]
pub struct PyLongObject {
    pub ob_base: PyObject,
    pub lv_tag: Cell<usize>,
    pub ob_digit: [Cell<u32>; 1],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyLongLayout {
    pub bits_per_digit: u8,
    pub digit_size: u8,
    pub digits_order: i8,
    pub digit_endianness: i8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyLongExport {
    pub value: i64,
    pub negative: u8,
    pub ndigits: isize,
    pub digits: *const c_void,
    pub _reserved: usize,
}

opaque!(PyLongWriter);

layouts! {
    PyLongObject: 32 {
        ob_base: 0,
        lv_tag as "long_value.lv_tag": 16,
        ob_digit as "long_value.ob_digit": 24,
    }
    PyLongLayout: 4 {
        bits_per_digit: 0,
        digit_size: 1,
        digits_order: 2,
        digit_endianness: 3,
    }
    PyLongExport: 40 {
        value: 0,
        negative: 8,
        ndigits: 16,
        digits: 24,
        _reserved: 32,
    }
}
