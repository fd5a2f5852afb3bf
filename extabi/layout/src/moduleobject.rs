//! `moduleobject.h`: module definitions, which are static tables and objects at once.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_char, c_int, c_void};

constants! {
    Py_mod_create: c_int = 1;
    Py_mod_exec: c_int = 2;
    Py_mod_multiple_interpreters: c_int = 3;
    Py_mod_gil: c_int = 4;
}

impl PyModuleDef_Base {
    /// C's `PyModuleDef_HEAD_INIT`. `PyModuleDef_Init` gives it its type and index.
    pub const fn head_init() -> Self {
        let mut base = Self::zeroed();
        base.ob_base = PyObject::statically_immortal(core::ptr::null_mut());
        base
    }
}

#[repr(C)]
pub struct PyModuleDef_Base {
    pub ob_base: PyObject,
    pub m_init: Option<unsafe extern "C" fn() -> *mut PyObject>,
    pub m_index: Cell<isize>,
    pub m_copy: Cell<*mut PyObject>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyModuleDef_Slot {
    pub slot: c_int,
    pub value: *mut c_void,
}

#[repr(C)]
pub struct PyModuleDef {
    pub m_base: PyModuleDef_Base,
    pub m_name: *const c_char,
    pub m_doc: *const c_char,
    pub m_size: isize,
    pub m_methods: *mut PyMethodDef,
    pub m_slots: *mut PyModuleDef_Slot,
    pub m_traverse: Option<traverseproc>,
    pub m_clear: Option<inquiry>,
    pub m_free: Option<freefunc>,
}

layouts! {
    PyModuleDef_Base: 40 {
        ob_base: 0,
        m_init: 16,
        m_index: 24,
        m_copy: 32,
    }
    PyModuleDef_Slot: 16 {
        slot: 0,
        value: 8,
    }
    PyModuleDef: 104 {
        m_base: 0,
        m_name: 40,
        m_doc: 48,
        m_size: 56,
        m_methods: 64,
        m_slots: 72,
        m_traverse: 80,
        m_clear: 88,
        m_free: 96,
    }
}
