//! `modsupport.h`: argument parsing's cached state, and API versions.

use crate::*;
use core::ffi::{c_char, c_int};

constants! {
    Py_CLEANUP_SUPPORTED: c_int = 0x20000;
    PYTHON_API_VERSION: c_int = 1013;
    PYTHON_ABI_VERSION: c_int = 3;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyArg_Parser {
    pub format: *const c_char,
    pub keywords: *const *const c_char,
    pub fname: *const c_char,
    pub custom_msg: *const c_char,
    pub once: u8,
    pub is_kwtuple_owned: c_int,
    pub pos: c_int,
    pub min: c_int,
    pub max: c_int,
    pub kwtuple: *mut PyObject,
    pub next: *mut _PyArg_Parser,
}

layouts! {
    _PyArg_Parser: 72 {
        format: 0,
        keywords: 8,
        fname: 16,
        custom_msg: 24,
        once: 32,
        is_kwtuple_owned: 36,
        pos: 40,
        min: 44,
        max: 48,
        kwtuple: 56,
        next: 64,
    }
}
