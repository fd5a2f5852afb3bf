//! `context.h`: the objects of `contextvars`, which extensions see as pointers only.

use crate::*;
use core::ffi::c_int;

constants! {
    Py_CONTEXT_SWITCHED: PyContextEvent = 1;
}

opaque!(PyContext);
opaque!(PyContextVar);
opaque!(PyContextToken);

pub type PyContextEvent = c_int;
pub type PyContext_WatchCallback = unsafe extern "C" fn(PyContextEvent, *mut PyObject) -> c_int;
