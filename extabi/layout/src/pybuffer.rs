//! `pybuffer.h`: the buffer protocol's view.

use crate::*;
use core::ffi::{c_char, c_int, c_void};

constants! {
    PyBUF_MAX_NDIM: c_int = 0x40;
    PyBUF_SIMPLE: c_int = 0x0;
    PyBUF_WRITABLE: c_int = 0x1;
    PyBUF_WRITEABLE: c_int = 0x1;
    PyBUF_FORMAT: c_int = 0x4;
    PyBUF_ND: c_int = 0x8;
    PyBUF_STRIDES: c_int = 0x18;
    PyBUF_C_CONTIGUOUS: c_int = 0x38;
    PyBUF_F_CONTIGUOUS: c_int = 0x58;
    PyBUF_ANY_CONTIGUOUS: c_int = 0x98;
    PyBUF_INDIRECT: c_int = 0x118;
    PyBUF_CONTIG: c_int = 0x9;
    PyBUF_CONTIG_RO: c_int = 0x8;
    PyBUF_STRIDED: c_int = 0x19;
    PyBUF_STRIDED_RO: c_int = 0x18;
    PyBUF_RECORDS: c_int = 0x1d;
    PyBUF_RECORDS_RO: c_int = 0x1c;
    PyBUF_FULL: c_int = 0x11d;
    PyBUF_FULL_RO: c_int = 0x11c;
    PyBUF_READ: c_int = 0x100;
    PyBUF_WRITE: c_int = 0x200;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Py_buffer {
    pub buf: *mut c_void,
    pub obj: *mut PyObject,
    pub len: isize,
    pub itemsize: isize,
    pub readonly: c_int,
    pub ndim: c_int,
    pub format: *mut c_char,
    pub shape: *mut isize,
    pub strides: *mut isize,
    pub suboffsets: *mut isize,
    pub internal: *mut c_void,
}

pub type getbufferproc = unsafe extern "C" fn(*mut PyObject, *mut Py_buffer, c_int) -> c_int;
pub type releasebufferproc = unsafe extern "C" fn(*mut PyObject, *mut Py_buffer);

layouts! {
    Py_buffer: 80 {
        buf: 0,
        obj: 8,
        len: 16,
        itemsize: 24,
        readonly: 32,
        ndim: 36,
        format: 40,
        shape: 48,
        strides: 56,
        suboffsets: 64,
        internal: 72,
    }
}
