//! `import.h`: the tables of built-in and frozen modules.

use crate::*;
use core::ffi::{c_char, c_int};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _inittab {
    pub name: *const c_char,
    pub initfunc: Option<unsafe extern "C" fn() -> *mut PyObject>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _frozen {
    pub name: *const c_char,
    pub code: *const u8,
    pub size: c_int,
    pub is_package: c_int,
}

layouts! {
    _inittab as "struct _inittab": 16 {
        name: 0,
        initfunc: 8,
    }
    _frozen as "struct _frozen": 24 {
        name: 0,
        code: 8,
        size: 16,
        is_package: 20,
    }
}
