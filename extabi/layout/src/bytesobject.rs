//! `bytesobject.h`: the body of `bytes`, whose `ob_sval` runs past its end and ends in a zero byte.

use crate::*;
use core::cell::Cell;

#[repr(C)]
pub struct PyBytesObject {
    pub ob_base: PyVarObject,
    pub ob_shash: Cell<isize>,
    pub ob_sval: [Cell<u8>; 1],
}

layouts! {
    PyBytesObject: 40 {
        ob_base: 0,
        ob_shash: 24,
        ob_sval: 32,
    }
}
