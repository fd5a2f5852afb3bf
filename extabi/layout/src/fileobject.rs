//! `fileobject.h`: the hook of `open_code`.

use crate::*;
use core::ffi::c_void;

pub type Py_OpenCodeHookFunction =
    unsafe extern "C" fn(*mut PyObject, *mut c_void) -> *mut PyObject;
