//! `listobject.h`: the body of `list`.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyListObject {
    pub ob_base: PyVarObject,
    pub ob_item: Cell<*mut *mut PyObject>,
    pub allocated: Cell<isize>,
}

layouts! {
    PyListObject: 40 {
        ob_base: 0,
        ob_item: 24,
        allocated: 32,
    }
}
