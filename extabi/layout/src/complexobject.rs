//! `complexobject.h`: the body of `complex`.

use crate::*;
use core::cell::Cell;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Py_complex {
    pub real: f64,
    pub imag: f64,
}

#[repr(C)]
pub struct PyComplexObject {
    pub ob_base: PyObject,
    pub cval: Cell<Py_complex>,
}

layouts! {
    Py_complex: 16 {
        real: 0,
        imag: 8,
    }
    PyComplexObject: 32 {
        ob_base: 0,
        cval: 16,
    }
}
