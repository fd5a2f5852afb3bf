//! `pymem.h`: the allocators' domains and tables.

use core::ffi::{c_int, c_void};

constants! {
    PYMEM_DOMAIN_RAW: PyMemAllocatorDomain = 0;
    PYMEM_DOMAIN_MEM: PyMemAllocatorDomain = 1;
    PYMEM_DOMAIN_OBJ: PyMemAllocatorDomain = 2;
    PYMEM_ALLOCATOR_NOT_SET: PyMemAllocatorName = 0;
    PYMEM_ALLOCATOR_DEFAULT: PyMemAllocatorName = 1;
    PYMEM_ALLOCATOR_DEBUG: PyMemAllocatorName = 2;
    PYMEM_ALLOCATOR_MALLOC: PyMemAllocatorName = 3;
    PYMEM_ALLOCATOR_MALLOC_DEBUG: PyMemAllocatorName = 4;
    PYMEM_ALLOCATOR_PYMALLOC: PyMemAllocatorName = 5;
    PYMEM_ALLOCATOR_PYMALLOC_DEBUG: PyMemAllocatorName = 6;
    PYMEM_ALLOCATOR_MIMALLOC: PyMemAllocatorName = 7;
    PYMEM_ALLOCATOR_MIMALLOC_DEBUG: PyMemAllocatorName = 8;
}

pub type PyMemAllocatorDomain = c_int;

pub type PyMemAllocatorName = c_int;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMemAllocatorEx {
    pub ctx: *mut c_void,
    pub malloc: Option<unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void>,
    pub calloc: Option<unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void>,
    pub realloc: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void>,
    pub free: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
}

layouts! {
    PyMemAllocatorEx: 40 {
        ctx: 0,
        malloc: 8,
        calloc: 16,
        realloc: 24,
        free: 32,
    }
}
