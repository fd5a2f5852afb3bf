//! `dictobject.h`: the body of `dict`; its tables are private to the runtime.

use crate::*;
use core::cell::Cell;
use core::ffi::c_int;

constants! {
    PyDict_EVENT_ADDED: PyDict_WatchEvent = 0;
    PyDict_EVENT_MODIFIED: PyDict_WatchEvent = 1;
    PyDict_EVENT_DELETED: PyDict_WatchEvent = 2;
    PyDict_EVENT_CLONED: PyDict_WatchEvent = 3;
    PyDict_EVENT_CLEARED: PyDict_WatchEvent = 4;
    PyDict_EVENT_DEALLOCATED: PyDict_WatchEvent = 5;
}

opaque!(PyDictKeysObject);
opaque!(PyDictValues);

#[repr(C)]
pub struct PyDictObject {
    pub ob_base: PyObject,
    pub ma_used: Cell<isize>,
    pub _ma_watcher_tag: Cell<u64>,
    pub ma_keys: Cell<*mut PyDictKeysObject>,
    pub ma_values: Cell<*mut PyDictValues>,
}

pub type PyDict_WatchEvent = c_int;
pub type PyDict_WatchCallback =
    unsafe extern "C" fn(PyDict_WatchEvent, *mut PyObject, *mut PyObject, *mut PyObject) -> c_int;

layouts! {
    PyDictObject: 48 {
        ob_base: 0,
        ma_used: 16,
        _ma_watcher_tag: 24,
        ma_keys: 32,
        ma_values: 40,
    }
}
