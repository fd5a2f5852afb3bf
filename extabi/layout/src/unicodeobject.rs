//! `unicodeobject.h`: the three nested bodies of `str`; the characters of a compact string follow its header.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_char, c_int, c_void};

constants! {
    SSTATE_NOT_INTERNED: u32 = 0;
    SSTATE_INTERNED_MORTAL: u32 = 1;
    SSTATE_INTERNED_IMMORTAL: u32 = 2;
    SSTATE_INTERNED_IMMORTAL_STATIC: u32 = 3;
    PyUnicode_1BYTE_KIND: PyUnicode_Kind = 1;
    PyUnicode_2BYTE_KIND: PyUnicode_Kind = 2;
    PyUnicode_4BYTE_KIND: PyUnicode_Kind = 4;
}

/// C's bit-field: interned:2, kind:3, compact:1, ascii:1, statically_allocated:1, from the lowest bit.
#[repr(C)]
pub struct _PyUnicodeObject_state {
    pub bits: Cell<u32>,
}

bit_field!(_PyUnicodeObject_state {
    interned, set_interned: 0, 2;
    kind, set_kind: 2, 3;
    compact, set_compact: 5, 1;
    ascii, set_ascii: 6, 1;
    statically_allocated, set_statically_allocated: 7, 1;
});

pub type Py_UCS4 = u32;
pub type Py_UCS2 = u16;
pub type Py_UCS1 = u8;

#[repr(C)]
pub struct PyASCIIObject {
    pub ob_base: PyObject,
    pub length: Cell<isize>,
    pub hash: Cell<isize>,
    pub state: _PyUnicodeObject_state,
}

#[repr(C)]
pub struct PyCompactUnicodeObject {
    pub _base: PyASCIIObject,
    pub utf8_length: Cell<isize>,
    pub utf8: Cell<*mut c_char>,
}

#[repr(C)]
pub struct PyUnicodeObject {
    pub _base: PyCompactUnicodeObject,
    pub data: Cell<*mut c_void>,
}

pub type PyUnicode_Kind = c_int;
opaque!(PyUnicodeWriter);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyUnicodeWriter {
    pub buffer: *mut PyObject,
    pub data: *mut c_void,
    pub kind: c_int,
    pub maxchar: u32,
    pub size: isize,
    pub pos: isize,
    pub min_length: isize,
    pub min_char: u32,
    pub overallocate: u8,
    pub readonly: u8,
}

layouts! {
    _PyUnicodeObject_state as "struct _PyUnicodeObject_state": 4 {}
    PyASCIIObject: 40 {
        ob_base: 0,
        length: 16,
        hash: 24,
        state: 32,
    }
    PyCompactUnicodeObject: 56 {
        _base: 0,
        utf8_length: 40,
        utf8: 48,
    }
    PyUnicodeObject: 64 {
        _base: 0,
        data: 56,
    }
    _PyUnicodeWriter: 56 {
        buffer: 0,
        data: 8,
        kind: 16,
        maxchar: 20,
        size: 24,
        pos: 32,
        min_length: 40,
        min_char: 48,
        overallocate: 52,
        readonly: 53,
    }
}
