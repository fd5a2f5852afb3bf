//! `funcobject.h`: the body of a Python function.

use crate::*;
use core::cell::Cell;
use core::ffi::c_int;

constants! {
    PyFunction_EVENT_CREATE: PyFunction_WatchEvent = 0;
    PyFunction_EVENT_DESTROY: PyFunction_WatchEvent = 1;
    PyFunction_EVENT_MODIFY_CODE: PyFunction_WatchEvent = 2;
    PyFunction_EVENT_MODIFY_DEFAULTS: PyFunction_WatchEvent = 3;
    PyFunction_EVENT_MODIFY_KWDEFAULTS: PyFunction_WatchEvent = 4;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyFrameConstructor {
    pub fc_globals: *mut PyObject,
    pub fc_builtins: *mut PyObject,
    pub fc_name: *mut PyObject,
    pub fc_qualname: *mut PyObject,
    pub fc_code: *mut PyObject,
    pub fc_defaults: *mut PyObject,
    pub fc_kwdefaults: *mut PyObject,
    pub fc_closure: *mut PyObject,
}

#[repr(C)]
pub struct PyFunctionObject {
    pub ob_base: PyObject,
    pub func_globals: Cell<*mut PyObject>,
    pub func_builtins: Cell<*mut PyObject>,
    pub func_name: Cell<*mut PyObject>,
    pub func_qualname: Cell<*mut PyObject>,
    pub func_code: Cell<*mut PyObject>,
    pub func_defaults: Cell<*mut PyObject>,
    pub func_kwdefaults: Cell<*mut PyObject>,
    pub func_closure: Cell<*mut PyObject>,
    pub func_doc: Cell<*mut PyObject>,
    pub func_dict: Cell<*mut PyObject>,
    pub func_weakreflist: Cell<*mut PyObject>,
    pub func_module: Cell<*mut PyObject>,
    pub func_annotations: Cell<*mut PyObject>,
    pub func_annotate: Cell<*mut PyObject>,
    pub func_typeparams: Cell<*mut PyObject>,
    pub vectorcall: Cell<Option<vectorcallfunc>>,
    pub func_version: Cell<u32>,
}

pub type PyFunction_WatchEvent = c_int;
pub type PyFunction_WatchCallback =
    unsafe extern "C" fn(PyFunction_WatchEvent, *mut PyFunctionObject, *mut PyObject) -> c_int;

layouts! {
    PyFrameConstructor: 64 {
        fc_globals: 0,
        fc_builtins: 8,
        fc_name: 16,
        fc_qualname: 24,
        fc_code: 32,
        fc_defaults: 40,
        fc_kwdefaults: 48,
        fc_closure: 56,
    }
    PyFunctionObject: 152 {
        ob_base: 0,
        func_globals: 16,
        func_builtins: 24,
        func_name: 32,
        func_qualname: 40,
        func_code: 48,
        func_defaults: 56,
        func_kwdefaults: 64,
        func_closure: 72,
        func_doc: 80,
        func_dict: 88,
        func_weakreflist: 96,
        func_module: 104,
        func_annotations: 112,
        func_annotate: 120,
        func_typeparams: 128,
        vectorcall: 136,
        func_version: 144,
    }
}
