//! `frameobject.h`: the proxy that `frame.f_locals` returns; frames themselves are private to the runtime.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyFrameLocalsProxyObject {
    pub ob_base: PyObject,
    pub frame: Cell<*mut PyFrameObject>,
}

layouts! {
    PyFrameLocalsProxyObject: 24 {
        ob_base: 0,
        frame: 16,
    }
}
