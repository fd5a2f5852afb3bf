//! `methodobject.h`: built-in functions and the tables they are made of.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_char, c_int};

constants! {
    METH_VARARGS: c_int = 0x1;
    METH_KEYWORDS: c_int = 0x2;
    METH_NOARGS: c_int = 0x4;
    METH_O: c_int = 0x8;
    METH_CLASS: c_int = 0x10;
    METH_STATIC: c_int = 0x20;
    METH_COEXIST: c_int = 0x40;
    METH_FASTCALL: c_int = 0x80;
    METH_STACKLESS: c_int = 0x0;
    METH_METHOD: c_int = 0x200;
}

pub type PyCFunction = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
pub type PyCFunctionFast =
    unsafe extern "C" fn(*mut PyObject, *const *mut PyObject, isize) -> *mut PyObject;
pub type PyCFunctionWithKeywords =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
pub type PyCFunctionFastWithKeywords = unsafe extern "C" fn(
    *mut PyObject,
    *const *mut PyObject,
    isize,
    *mut PyObject,
) -> *mut PyObject;
pub type PyCMethod = unsafe extern "C" fn(
    *mut PyObject,
    *mut PyTypeObject,
    *const *mut PyObject,
    isize,
    *mut PyObject,
) -> *mut PyObject;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMethodDef {
    pub ml_name: *const c_char,
    pub ml_meth: Option<PyCFunction>,
    pub ml_flags: c_int,
    pub ml_doc: *const c_char,
}

#[repr(C)]
pub struct PyCFunctionObject {
    pub ob_base: PyObject,
    pub m_ml: Cell<*mut PyMethodDef>,
    pub m_self: Cell<*mut PyObject>,
    pub m_module: Cell<*mut PyObject>,
    pub m_weakreflist: Cell<*mut PyObject>,
    pub vectorcall: Cell<Option<vectorcallfunc>>,
}

#[repr(C)]
pub struct PyCMethodObject {
    pub func: PyCFunctionObject,
    pub mm_class: Cell<*mut PyTypeObject>,
}

layouts! {
    PyMethodDef: 32 {
        ml_name: 0,
        ml_meth: 8,
        ml_flags: 16,
        ml_doc: 24,
    }
    PyCFunctionObject: 56 {
        ob_base: 0,
        m_ml: 16,
        m_self: 24,
        m_module: 32,
        m_weakreflist: 40,
        vectorcall: 48,
    }
    PyCMethodObject: 64 {
        func: 0,
        mm_class: 56,
    }
}
