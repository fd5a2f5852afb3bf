//! `bytearrayobject.h`: the body of `bytearray`.

use crate::*;
use core::cell::Cell;
use core::ffi::c_char;

#[repr(C)]
pub struct PyByteArrayObject {
    pub ob_base: PyVarObject,
    pub ob_alloc: Cell<isize>,
    pub ob_bytes: Cell<*mut c_char>,
    pub ob_start: Cell<*mut c_char>,
    pub ob_exports: Cell<isize>,
}

layouts! {
    PyByteArrayObject: 56 {
        ob_base: 0,
        ob_alloc: 24,
        ob_bytes: 32,
        ob_start: 40,
        ob_exports: 48,
    }
}
