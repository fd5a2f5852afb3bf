//! `setobject.h`: the body of `set` and `frozenset`, table entries included.

use crate::*;
use core::cell::Cell;

constants! {
    PySet_MINSIZE: usize = 8;
}

#[repr(C)]
pub struct setentry {
    pub key: Cell<*mut PyObject>,
    pub hash: Cell<isize>,
}

#[repr(C)]
pub struct PySetObject {
    pub ob_base: PyObject,
    pub fill: Cell<isize>,
    pub used: Cell<isize>,
    pub mask: Cell<isize>,
    pub table: Cell<*mut setentry>,
    pub hash: Cell<isize>,
    pub finger: Cell<isize>,
    pub smalltable: [setentry; 8],
    pub weakreflist: Cell<*mut PyObject>,
}

layouts! {
    setentry: 16 {
        key: 0,
        hash: 8,
    }
    PySetObject: 200 {
        ob_base: 0,
        fill: 16,
        used: 24,
        mask: 32,
        table: 40,
        hash: 48,
        finger: 56,
        smalltable: 64,
        weakreflist: 192,
    }
}
