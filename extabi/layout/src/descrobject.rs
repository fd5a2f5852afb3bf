//! `descrobject.h`: descriptors, and the tables of attributes and members that they are made of.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_char, c_int, c_void};

constants! {
    Py_T_SHORT: c_int = 0;
    Py_T_INT: c_int = 1;
    Py_T_LONG: c_int = 2;
    Py_T_FLOAT: c_int = 3;
    Py_T_DOUBLE: c_int = 4;
    Py_T_STRING: c_int = 5;
    _Py_T_OBJECT: c_int = 6;
    Py_T_CHAR: c_int = 7;
    Py_T_BYTE: c_int = 8;
    Py_T_UBYTE: c_int = 9;
    Py_T_USHORT: c_int = 10;
    Py_T_UINT: c_int = 11;
    Py_T_ULONG: c_int = 12;
    Py_T_STRING_INPLACE: c_int = 13;
    Py_T_BOOL: c_int = 14;
    Py_T_OBJECT_EX: c_int = 16;
    Py_T_LONGLONG: c_int = 17;
    Py_T_ULONGLONG: c_int = 18;
    Py_T_PYSSIZET: c_int = 19;
    _Py_T_NONE: c_int = 20;
    Py_READONLY: c_int = 1;
    Py_AUDIT_READ: c_int = 2;
    _Py_WRITE_RESTRICTED: c_int = 4;
    Py_RELATIVE_OFFSET: c_int = 8;
    PyWrapperFlag_KEYWORDS: c_int = 1;
}

pub type getter = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> *mut PyObject;
pub type setter = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut c_void) -> c_int;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyGetSetDef {
    pub name: *const c_char,
    pub get: Option<getter>,
    pub set: Option<setter>,
    pub doc: *const c_char,
    pub closure: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMemberDef {
    pub name: *const c_char,
    pub r#type: c_int,
    pub offset: isize,
    pub flags: c_int,
    pub doc: *const c_char,
}

pub type wrapperfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut c_void) -> *mut PyObject;
pub type wrapperfunc_kwds =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut c_void, *mut PyObject) -> *mut PyObject;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct wrapperbase {
    pub name: *const c_char,
    pub offset: c_int,
    pub function: *mut c_void,
    pub wrapper: Option<wrapperfunc>,
    pub doc: *const c_char,
    pub flags: c_int,
    pub name_strobj: *mut PyObject,
}

#[repr(C)]
pub struct PyDescrObject {
    pub ob_base: PyObject,
    pub d_type: Cell<*mut PyTypeObject>,
    pub d_name: Cell<*mut PyObject>,
    pub d_qualname: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyMethodDescrObject {
    pub d_common: PyDescrObject,
    pub d_method: Cell<*mut PyMethodDef>,
    pub vectorcall: Cell<Option<vectorcallfunc>>,
}

#[repr(C)]
pub struct PyMemberDescrObject {
    pub d_common: PyDescrObject,
    pub d_member: Cell<*mut PyMemberDef>,
}

#[repr(C)]
pub struct PyGetSetDescrObject {
    pub d_common: PyDescrObject,
    pub d_getset: Cell<*mut PyGetSetDef>,
}

#[repr(C)]
pub struct PyWrapperDescrObject {
    pub d_common: PyDescrObject,
    pub d_base: Cell<*mut wrapperbase>,
    pub d_wrapped: Cell<*mut c_void>,
}

layouts! {
    PyGetSetDef: 40 {
        name: 0,
        get: 8,
        set: 16,
        doc: 24,
        closure: 32,
    }
    PyMemberDef: 40 {
        name: 0,
        r#type as "type": 8,
        offset: 16,
        flags: 24,
        doc: 32,
    }
    wrapperbase as "struct wrapperbase": 56 {
        name: 0,
        offset: 8,
        function: 16,
        wrapper: 24,
        doc: 32,
        flags: 40,
        name_strobj: 48,
    }
    PyDescrObject: 40 {
        ob_base: 0,
        d_type: 16,
        d_name: 24,
        d_qualname: 32,
    }
    PyMethodDescrObject: 56 {
        d_common: 0,
        d_method: 40,
        vectorcall: 48,
    }
    PyMemberDescrObject: 48 {
        d_common: 0,
        d_member: 40,
    }
    PyGetSetDescrObject: 48 {
        d_common: 0,
        d_getset: 40,
    }
    PyWrapperDescrObject: 56 {
        d_common: 0,
        d_base: 40,
        d_wrapped: 48,
    }
}
