//! `tupleobject.h`: the body of `tuple`, whose `ob_item` runs past its end.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyTupleObject {
    pub ob_base: PyVarObject,
    pub ob_hash: Cell<isize>,
    pub ob_item: [Cell<*mut PyObject>; 1],
}

layouts! {
    PyTupleObject: 40 {
        ob_base: 0,
        ob_hash: 24,
        ob_item: 32,
    }
}
