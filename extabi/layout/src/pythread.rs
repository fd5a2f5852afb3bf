//! `pythread.h`: locks and thread-specific storage.

use core::ffi::{c_int, c_uint, c_void};

constants! {
    WAIT_LOCK: i64 = 1;
    NOWAIT_LOCK: i64 = 0;
    PY_LOCK_FAILURE: PyLockStatus = 0;
    PY_LOCK_ACQUIRED: PyLockStatus = 1;
    PY_LOCK_INTR: PyLockStatus = 2;
}

pub type PyThread_type_lock = *mut c_void;

pub type PyLockStatus = c_int;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Py_tss_t {
    pub _is_initialized: c_int,
    pub _key: c_uint,
}

layouts! {
    Py_tss_t: 8 {
        _is_initialized: 0,
        _key: 4,
    }
}
