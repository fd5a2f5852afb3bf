//! `traceback.h`: the body of a traceback.

use crate::*;
use core::cell::Cell;
use core::ffi::c_int;

#[repr(C)]
pub struct PyTracebackObject {
    pub ob_base: PyObject,
    pub tb_next: Cell<*mut PyTracebackObject>,
    pub tb_frame: Cell<*mut PyFrameObject>,
    pub tb_lasti: Cell<c_int>,
    pub tb_lineno: Cell<c_int>,
}

layouts! {
    PyTracebackObject: 40 {
        ob_base: 0,
        tb_next: 16,
        tb_frame: 24,
        tb_lasti: 32,
        tb_lineno: 36,
    }
}
