//! `weakrefobject.h`: the body of a weak reference, a node in its referent's list.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyWeakReference {
    pub ob_base: PyObject,
    pub wr_object: Cell<*mut PyObject>,
    pub wr_callback: Cell<*mut PyObject>,
    pub hash: Cell<isize>,
    pub wr_prev: Cell<*mut PyWeakReference>,
    pub wr_next: Cell<*mut PyWeakReference>,
    pub vectorcall: Cell<Option<vectorcallfunc>>,
}

layouts! {
    PyWeakReference: 64 {
        ob_base: 0,
        wr_object: 16,
        wr_callback: 24,
        hash: 32,
        wr_prev: 40,
        wr_next: 48,
        vectorcall: 56,
    }
}
