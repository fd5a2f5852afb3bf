//! `memoryobject.h`: the body of `memoryview` and the buffer that several views share.

use crate::*;
use core::cell::Cell;
use core::ffi::c_int;

constants! {
    _Py_MANAGED_BUFFER_RELEASED: c_int = 1;
    _Py_MANAGED_BUFFER_FREE_FORMAT: c_int = 2;
    _Py_MEMORYVIEW_RELEASED: c_int = 1;
    _Py_MEMORYVIEW_C: c_int = 2;
    _Py_MEMORYVIEW_FORTRAN: c_int = 4;
    _Py_MEMORYVIEW_SCALAR: c_int = 8;
    _Py_MEMORYVIEW_PIL: c_int = 16;
    _Py_MEMORYVIEW_RESTRICTED: c_int = 32;
}

#[repr(C)]
pub struct _PyManagedBufferObject {
    pub ob_base: PyObject,
    pub flags: Cell<c_int>,
    pub exports: Cell<isize>,
    pub master: Cell<Py_buffer>,
}

#[repr(C)]
pub struct PyMemoryViewObject {
    pub ob_base: PyVarObject,
    pub mbuf: Cell<*mut _PyManagedBufferObject>,
    pub hash: Cell<isize>,
    pub flags: Cell<c_int>,
    pub exports: Cell<isize>,
    pub view: Cell<Py_buffer>,
    pub weakreflist: Cell<*mut PyObject>,
    pub ob_array: [Cell<isize>; 1],
}

layouts! {
    _PyManagedBufferObject: 112 {
        ob_base: 0,
        flags: 16,
        exports: 24,
        master: 32,
    }
    PyMemoryViewObject: 152 {
        ob_base: 0,
        mbuf: 24,
        hash: 32,
        flags: 40,
        exports: 48,
        view: 56,
        weakreflist: 136,
        ob_array: 144,
    }
}
