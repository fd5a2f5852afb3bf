//! `floatobject.h`: the body of `float`.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyFloatObject {
    pub ob_base: PyObject,
    pub ob_fval: Cell<f64>,
}

layouts! {
    PyFloatObject: 24 {
        ob_base: 0,
        ob_fval: 16,
    }
}
