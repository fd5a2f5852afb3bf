//! `sliceobject.h`: the body of `slice`.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PySliceObject {
    pub ob_base: PyObject,
    pub start: Cell<*mut PyObject>,
    pub stop: Cell<*mut PyObject>,
    pub step: Cell<*mut PyObject>,
}

layouts! {
    PySliceObject: 40 {
        ob_base: 0,
        start: 16,
        stop: 24,
        step: 32,
    }
}
