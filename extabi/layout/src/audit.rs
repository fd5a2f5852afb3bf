//! `audit.h`: audit hooks.

use crate::*;
use core::ffi::{c_char, c_int, c_void};

pub type Py_AuditHookFunction =
    unsafe extern "C" fn(*const c_char, *mut PyObject, *mut c_void) -> c_int;
