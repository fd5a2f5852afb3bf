//! `objimpl.h`: the arena allocator and heap visitors.

use crate::*;
use core::ffi::{c_int, c_void};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyObjectArenaAllocator {
    pub ctx: *mut c_void,
    pub alloc: Option<unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void>,
    pub free: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, usize)>,
}

pub type gcvisitobjects_t = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> c_int;

layouts! {
    PyObjectArenaAllocator: 24 {
        ctx: 0,
        alloc: 8,
        free: 16,
    }
}
