//! `pyhash.h`: hash parameters.

use core::ffi::{c_char, c_int, c_void};

constants! {
    PyHASH_MULTIPLIER: usize = 0xf4243;
    PyHASH_BITS: u32 = 61;
    PyHASH_INF: isize = 0x4cb2f;
    PyHASH_MODULUS: usize = 0x1fffffffffffffff;
    Py_HASH_EXTERNAL: c_int = 0;
    Py_HASH_SIPHASH24: c_int = 1;
    Py_HASH_FNV: c_int = 2;
    Py_HASH_SIPHASH13: c_int = 3;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyHash_FuncDef {
    pub hash: Option<unsafe extern "C" fn(*const c_void, isize) -> isize>,
    pub name: *const c_char,
    pub hash_bits: c_int,
    pub seed_bits: c_int,
}

layouts! {
    PyHash_FuncDef: 24 {
        hash: 0,
        name: 8,
        hash_bits: 16,
        seed_bits: 20,
    }
}
