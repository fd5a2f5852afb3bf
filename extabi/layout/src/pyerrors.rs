//! `pyerrors.h`: the bodies of the exceptions: each repeats the fields of `PyBaseExceptionObject` first, so a pointer
//! to one is a pointer to that.

use crate::*;
use core::cell::Cell;
use core::ffi::c_char;

#[repr(C)]
pub struct PyBaseExceptionObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
}

#[repr(C)]
pub struct PyBaseExceptionGroupObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub msg: Cell<*mut PyObject>,
    pub excs: Cell<*mut PyObject>,
    pub excs_str: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PySyntaxErrorObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub msg: Cell<*mut PyObject>,
    pub filename: Cell<*mut PyObject>,
    pub lineno: Cell<*mut PyObject>,
    pub offset: Cell<*mut PyObject>,
    pub end_lineno: Cell<*mut PyObject>,
    pub end_offset: Cell<*mut PyObject>,
    pub text: Cell<*mut PyObject>,
    pub print_file_and_line: Cell<*mut PyObject>,
    pub metadata: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyImportErrorObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub msg: Cell<*mut PyObject>,
    pub name: Cell<*mut PyObject>,
    pub path: Cell<*mut PyObject>,
    pub name_from: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyUnicodeErrorObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub encoding: Cell<*mut PyObject>,
    pub object: Cell<*mut PyObject>,
    pub start: Cell<isize>,
    pub end: Cell<isize>,
    pub reason: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PySystemExitObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub code: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyOSErrorObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub myerrno: Cell<*mut PyObject>,
    pub strerror: Cell<*mut PyObject>,
    pub filename: Cell<*mut PyObject>,
    pub filename2: Cell<*mut PyObject>,
    pub written: Cell<isize>,
}

#[repr(C)]
pub struct PyStopIterationObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub value: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyNameErrorObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub name: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyAttributeErrorObject {
    pub ob_base: PyObject,
    pub dict: Cell<*mut PyObject>,
    pub args: Cell<*mut PyObject>,
    pub notes: Cell<*mut PyObject>,
    pub traceback: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub cause: Cell<*mut PyObject>,
    pub suppress_context: Cell<c_char>,
    pub obj: Cell<*mut PyObject>,
    pub name: Cell<*mut PyObject>,
}

pub type PyEnvironmentErrorObject = PyOSErrorObject;

layouts! {
    PyBaseExceptionObject: 72 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
    }
    PyBaseExceptionGroupObject: 96 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        msg: 72,
        excs: 80,
        excs_str: 88,
    }
    PySyntaxErrorObject: 144 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        msg: 72,
        filename: 80,
        lineno: 88,
        offset: 96,
        end_lineno: 104,
        end_offset: 112,
        text: 120,
        print_file_and_line: 128,
        metadata: 136,
    }
    PyImportErrorObject: 104 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        msg: 72,
        name: 80,
        path: 88,
        name_from: 96,
    }
    PyUnicodeErrorObject: 112 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        encoding: 72,
        object: 80,
        start: 88,
        end: 96,
        reason: 104,
    }
    PySystemExitObject: 80 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        code: 72,
    }
    PyOSErrorObject: 112 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        myerrno: 72,
        strerror: 80,
        filename: 88,
        filename2: 96,
        written: 104,
    }
    PyStopIterationObject: 80 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        value: 72,
    }
    PyNameErrorObject: 80 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        name: 72,
    }
    PyAttributeErrorObject: 88 {
        ob_base: 0,
        dict: 16,
        args: 24,
        notes: 32,
        traceback: 40,
        context: 48,
        cause: 56,
        suppress_context: 64,
        obj: 72,
        name: 80,
    }
}
