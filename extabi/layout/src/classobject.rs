//! `classobject.h`: bound methods.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyMethodObject {
    pub ob_base: PyObject,
    pub im_func: Cell<*mut PyObject>,
    pub im_self: Cell<*mut PyObject>,
    pub im_weakreflist: Cell<*mut PyObject>,
    pub vectorcall: Cell<Option<vectorcallfunc>>,
}

#[repr(C)]
pub struct PyInstanceMethodObject {
    pub ob_base: PyObject,
    pub func: Cell<*mut PyObject>,
}

layouts! {
    PyMethodObject: 48 {
        ob_base: 0,
        im_func: 16,
        im_self: 24,
        im_weakreflist: 32,
        vectorcall: 40,
    }
    PyInstanceMethodObject: 24 {
        ob_base: 0,
        func: 16,
    }
}
