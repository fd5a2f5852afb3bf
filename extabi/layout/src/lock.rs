//! `lock.h`: the one-byte mutex.

use core::cell::Cell;

#[repr(C)]
pub struct PyMutex {
    pub _bits: Cell<u8>,
}

layouts! {
    PyMutex: 1 {
        _bits: 0,
    }
}
