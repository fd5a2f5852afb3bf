//! `cellobject.h`: the body of a closure's cell.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyCellObject {
    pub ob_base: PyObject,
    pub ob_ref: Cell<*mut PyObject>,
}

layouts! {
    PyCellObject: 24 {
        ob_base: 0,
        ob_ref: 16,
    }
}
