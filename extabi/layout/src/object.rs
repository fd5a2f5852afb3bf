//! `object.h`: the header of every object, type objects, and the signatures of their slots. Invariant: `ob_type` is
//! never null in an object that Python code can see.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

constants! {
    _Py_TPFLAGS_STATIC_BUILTIN: c_ulong = 1 << 1;
    Py_TPFLAGS_INLINE_VALUES: c_ulong = 1 << 2;
    Py_TPFLAGS_MANAGED_WEAKREF: c_ulong = 1 << 3;
    Py_TPFLAGS_MANAGED_DICT: c_ulong = 1 << 4;
    Py_TPFLAGS_PREHEADER: c_ulong = 24;
    Py_TPFLAGS_SEQUENCE: c_ulong = 1 << 5;
    Py_TPFLAGS_MAPPING: c_ulong = 1 << 6;
    Py_TPFLAGS_DISALLOW_INSTANTIATION: c_ulong = 1 << 7;
    Py_TPFLAGS_IMMUTABLETYPE: c_ulong = 1 << 8;
    Py_TPFLAGS_HEAPTYPE: c_ulong = 1 << 9;
    Py_TPFLAGS_BASETYPE: c_ulong = 1 << 10;
    Py_TPFLAGS_HAVE_VECTORCALL: c_ulong = 1 << 11;
    _Py_TPFLAGS_HAVE_VECTORCALL: c_ulong = 1 << 11;
    Py_TPFLAGS_READY: c_ulong = 1 << 12;
    Py_TPFLAGS_READYING: c_ulong = 1 << 13;
    Py_TPFLAGS_HAVE_GC: c_ulong = 1 << 14;
    Py_TPFLAGS_HAVE_STACKLESS_EXTENSION: c_ulong = 0;
    Py_TPFLAGS_METHOD_DESCRIPTOR: c_ulong = 1 << 17;
    Py_TPFLAGS_VALID_VERSION_TAG: c_ulong = 1 << 19;
    Py_TPFLAGS_IS_ABSTRACT: c_ulong = 1 << 20;
    _Py_TPFLAGS_MATCH_SELF: c_ulong = 1 << 22;
    Py_TPFLAGS_ITEMS_AT_END: c_ulong = 1 << 23;
    Py_TPFLAGS_LONG_SUBCLASS: c_ulong = 1 << 24;
    Py_TPFLAGS_LIST_SUBCLASS: c_ulong = 1 << 25;
    Py_TPFLAGS_TUPLE_SUBCLASS: c_ulong = 1 << 26;
    Py_TPFLAGS_BYTES_SUBCLASS: c_ulong = 1 << 27;
    Py_TPFLAGS_UNICODE_SUBCLASS: c_ulong = 1 << 28;
    Py_TPFLAGS_DICT_SUBCLASS: c_ulong = 1 << 29;
    Py_TPFLAGS_BASE_EXC_SUBCLASS: c_ulong = 1 << 30;
    Py_TPFLAGS_TYPE_SUBCLASS: c_ulong = 1 << 31;
    Py_TPFLAGS_DEFAULT: c_ulong = 0;
    Py_TPFLAGS_HAVE_FINALIZE: c_ulong = 1 << 0;
    Py_TPFLAGS_HAVE_VERSION_TAG: c_ulong = 1 << 18;
    Py_PRINT_RAW: c_int = 1;
    Py_LT: c_int = 0;
    Py_LE: c_int = 1;
    Py_EQ: c_int = 2;
    Py_NE: c_int = 3;
    Py_GT: c_int = 4;
    Py_GE: c_int = 5;
    Py_CONSTANT_NONE: c_uint = 0;
    Py_CONSTANT_FALSE: c_uint = 1;
    Py_CONSTANT_TRUE: c_uint = 2;
    Py_CONSTANT_ELLIPSIS: c_uint = 3;
    Py_CONSTANT_NOT_IMPLEMENTED: c_uint = 4;
    Py_CONSTANT_ZERO: c_uint = 5;
    Py_CONSTANT_ONE: c_uint = 6;
    Py_CONSTANT_EMPTY_STR: c_uint = 7;
    Py_CONSTANT_EMPTY_BYTES: c_uint = 8;
    Py_CONSTANT_EMPTY_TUPLE: c_uint = 9;
    _Py_ATTR_CACHE_UNUSED: u16 = 30000;
    PY_VECTORCALL_ARGUMENTS_OFFSET: usize = 0x8000000000000000;
    PYGEN_RETURN: PySendResult = 0;
    PYGEN_ERROR: PySendResult = -1;
    PYGEN_NEXT: PySendResult = 1;
    PyRefTracer_CREATE: PyRefTracerEvent = 0;
    PyRefTracer_DESTROY: PyRefTracerEvent = 1;
}

/// The header of every object. The three count fields are together the 64-bit `ob_refcnt_full` of C.
#[repr(C)]
pub struct PyObject {
    pub ob_refcnt: Cell<u32>,
    pub ob_overflow: Cell<u16>,
    pub ob_flags: Cell<u16>,
    pub ob_type: Cell<*mut PyTypeObject>,
}

#[repr(C)]
pub struct PyVarObject {
    pub ob_base: PyObject,
    pub ob_size: Cell<isize>,
}

impl PyObject {
    /// The header of an object in static storage, which nobody counts.
    pub const fn statically_immortal(ob_type: *mut PyTypeObject) -> Self {
        PyObject {
            ob_refcnt: Cell::new(_Py_IMMORTAL_INITIAL_REFCNT),
            ob_overflow: Cell::new(0),
            ob_flags: Cell::new(_Py_STATICALLY_ALLOCATED_FLAG | _Py_IMMORTAL_FLAGS),
            ob_type: Cell::new(ob_type),
        }
    }

    /// CPython's test: the sign bit of the low half. An object that an old extension decremented a little stays immortal.
    #[inline(always)]
    pub fn is_immortal(&self) -> bool {
        (self.ob_refcnt.get() as i32) < 0
    }
}

impl PyTypeObject {
    /// A type object in static storage: its header is complete, its contents are filled in at start-up.
    pub const fn statically_declared() -> Self {
        let mut declared = Self::zeroed();
        declared.ob_base.ob_base =
            PyObject::statically_immortal((&raw const PyType_Type).cast_mut());
        declared
    }

    #[inline(always)]
    pub fn has_feature(&self, flag: c_ulong) -> bool {
        self.tp_flags.get() & flag != 0
    }
}

pub type unaryfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
pub type binaryfunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
pub type ternaryfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
pub type inquiry = unsafe extern "C" fn(*mut PyObject) -> c_int;
pub type lenfunc = unsafe extern "C" fn(*mut PyObject) -> isize;
pub type ssizeargfunc = unsafe extern "C" fn(*mut PyObject, isize) -> *mut PyObject;
pub type ssizessizeargfunc = unsafe extern "C" fn(*mut PyObject, isize, isize) -> *mut PyObject;
pub type ssizeobjargproc = unsafe extern "C" fn(*mut PyObject, isize, *mut PyObject) -> c_int;
pub type ssizessizeobjargproc =
    unsafe extern "C" fn(*mut PyObject, isize, isize, *mut PyObject) -> c_int;
pub type objobjargproc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
pub type objobjproc = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> c_int;
pub type visitproc = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> c_int;
pub type traverseproc = unsafe extern "C" fn(*mut PyObject, visitproc, *mut c_void) -> c_int;
pub type freefunc = unsafe extern "C" fn(*mut c_void);
pub type destructor = unsafe extern "C" fn(*mut PyObject);
pub type getattrfunc = unsafe extern "C" fn(*mut PyObject, *mut c_char) -> *mut PyObject;
pub type getattrofunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
pub type setattrfunc = unsafe extern "C" fn(*mut PyObject, *mut c_char, *mut PyObject) -> c_int;
pub type setattrofunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
pub type reprfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
pub type hashfunc = unsafe extern "C" fn(*mut PyObject) -> isize;
pub type richcmpfunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, c_int) -> *mut PyObject;
pub type getiterfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
pub type iternextfunc = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
pub type descrgetfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
pub type descrsetfunc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
pub type initproc = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int;
pub type newfunc =
    unsafe extern "C" fn(*mut PyTypeObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
pub type allocfunc = unsafe extern "C" fn(*mut PyTypeObject, isize) -> *mut PyObject;
pub type vectorcallfunc = unsafe extern "C" fn(
    *mut PyObject,
    *const *mut PyObject,
    usize,
    *mut PyObject,
) -> *mut PyObject;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyType_Slot {
    pub slot: c_int,
    pub pfunc: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyType_Spec {
    pub name: *const c_char,
    pub basicsize: c_int,
    pub itemsize: c_int,
    pub flags: c_uint,
    pub slots: *mut PyType_Slot,
}

pub type PySendResult = c_int;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _Py_Identifier {
    pub string: *const c_char,
    pub index: isize,
    pub mutex: u8,
}

#[repr(C)]
pub struct PyNumberMethods {
    pub nb_add: Cell<Option<binaryfunc>>,
    pub nb_subtract: Cell<Option<binaryfunc>>,
    pub nb_multiply: Cell<Option<binaryfunc>>,
    pub nb_remainder: Cell<Option<binaryfunc>>,
    pub nb_divmod: Cell<Option<binaryfunc>>,
    pub nb_power: Cell<Option<ternaryfunc>>,
    pub nb_negative: Cell<Option<unaryfunc>>,
    pub nb_positive: Cell<Option<unaryfunc>>,
    pub nb_absolute: Cell<Option<unaryfunc>>,
    pub nb_bool: Cell<Option<inquiry>>,
    pub nb_invert: Cell<Option<unaryfunc>>,
    pub nb_lshift: Cell<Option<binaryfunc>>,
    pub nb_rshift: Cell<Option<binaryfunc>>,
    pub nb_and: Cell<Option<binaryfunc>>,
    pub nb_xor: Cell<Option<binaryfunc>>,
    pub nb_or: Cell<Option<binaryfunc>>,
    pub nb_int: Cell<Option<unaryfunc>>,
    pub nb_reserved: Cell<*mut c_void>,
    pub nb_float: Cell<Option<unaryfunc>>,
    pub nb_inplace_add: Cell<Option<binaryfunc>>,
    pub nb_inplace_subtract: Cell<Option<binaryfunc>>,
    pub nb_inplace_multiply: Cell<Option<binaryfunc>>,
    pub nb_inplace_remainder: Cell<Option<binaryfunc>>,
    pub nb_inplace_power: Cell<Option<ternaryfunc>>,
    pub nb_inplace_lshift: Cell<Option<binaryfunc>>,
    pub nb_inplace_rshift: Cell<Option<binaryfunc>>,
    pub nb_inplace_and: Cell<Option<binaryfunc>>,
    pub nb_inplace_xor: Cell<Option<binaryfunc>>,
    pub nb_inplace_or: Cell<Option<binaryfunc>>,
    pub nb_floor_divide: Cell<Option<binaryfunc>>,
    pub nb_true_divide: Cell<Option<binaryfunc>>,
    pub nb_inplace_floor_divide: Cell<Option<binaryfunc>>,
    pub nb_inplace_true_divide: Cell<Option<binaryfunc>>,
    pub nb_index: Cell<Option<unaryfunc>>,
    pub nb_matrix_multiply: Cell<Option<binaryfunc>>,
    pub nb_inplace_matrix_multiply: Cell<Option<binaryfunc>>,
}

#[repr(C)]
pub struct PySequenceMethods {
    pub sq_length: Cell<Option<lenfunc>>,
    pub sq_concat: Cell<Option<binaryfunc>>,
    pub sq_repeat: Cell<Option<ssizeargfunc>>,
    pub sq_item: Cell<Option<ssizeargfunc>>,
    pub was_sq_slice: Cell<*mut c_void>,
    pub sq_ass_item: Cell<Option<ssizeobjargproc>>,
    pub was_sq_ass_slice: Cell<*mut c_void>,
    pub sq_contains: Cell<Option<objobjproc>>,
    pub sq_inplace_concat: Cell<Option<binaryfunc>>,
    pub sq_inplace_repeat: Cell<Option<ssizeargfunc>>,
}

#[repr(C)]
pub struct PyMappingMethods {
    pub mp_length: Cell<Option<lenfunc>>,
    pub mp_subscript: Cell<Option<binaryfunc>>,
    pub mp_ass_subscript: Cell<Option<objobjargproc>>,
}

pub type sendfunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut *mut PyObject) -> PySendResult;

#[repr(C)]
pub struct PyAsyncMethods {
    pub am_await: Cell<Option<unaryfunc>>,
    pub am_aiter: Cell<Option<unaryfunc>>,
    pub am_anext: Cell<Option<unaryfunc>>,
    pub am_send: Cell<Option<sendfunc>>,
}

#[repr(C)]
pub struct PyBufferProcs {
    pub bf_getbuffer: Cell<Option<getbufferproc>>,
    pub bf_releasebuffer: Cell<Option<releasebufferproc>>,
}

#[repr(C)]
pub struct PyTypeObject {
    pub ob_base: PyVarObject,
    pub tp_name: Cell<*const c_char>,
    pub tp_basicsize: Cell<isize>,
    pub tp_itemsize: Cell<isize>,
    pub tp_dealloc: Cell<Option<destructor>>,
    pub tp_vectorcall_offset: Cell<isize>,
    pub tp_getattr: Cell<Option<getattrfunc>>,
    pub tp_setattr: Cell<Option<setattrfunc>>,
    pub tp_as_async: Cell<*mut PyAsyncMethods>,
    pub tp_repr: Cell<Option<reprfunc>>,
    pub tp_as_number: Cell<*mut PyNumberMethods>,
    pub tp_as_sequence: Cell<*mut PySequenceMethods>,
    pub tp_as_mapping: Cell<*mut PyMappingMethods>,
    pub tp_hash: Cell<Option<hashfunc>>,
    pub tp_call: Cell<Option<ternaryfunc>>,
    pub tp_str: Cell<Option<reprfunc>>,
    pub tp_getattro: Cell<Option<getattrofunc>>,
    pub tp_setattro: Cell<Option<setattrofunc>>,
    pub tp_as_buffer: Cell<*mut PyBufferProcs>,
    pub tp_flags: Cell<c_ulong>,
    pub tp_doc: Cell<*const c_char>,
    pub tp_traverse: Cell<Option<traverseproc>>,
    pub tp_clear: Cell<Option<inquiry>>,
    pub tp_richcompare: Cell<Option<richcmpfunc>>,
    pub tp_weaklistoffset: Cell<isize>,
    pub tp_iter: Cell<Option<getiterfunc>>,
    pub tp_iternext: Cell<Option<iternextfunc>>,
    pub tp_methods: Cell<*mut PyMethodDef>,
    pub tp_members: Cell<*mut PyMemberDef>,
    pub tp_getset: Cell<*mut PyGetSetDef>,
    pub tp_base: Cell<*mut PyTypeObject>,
    pub tp_dict: Cell<*mut PyObject>,
    pub tp_descr_get: Cell<Option<descrgetfunc>>,
    pub tp_descr_set: Cell<Option<descrsetfunc>>,
    pub tp_dictoffset: Cell<isize>,
    pub tp_init: Cell<Option<initproc>>,
    pub tp_alloc: Cell<Option<allocfunc>>,
    pub tp_new: Cell<Option<newfunc>>,
    pub tp_free: Cell<Option<freefunc>>,
    pub tp_is_gc: Cell<Option<inquiry>>,
    pub tp_bases: Cell<*mut PyObject>,
    pub tp_mro: Cell<*mut PyObject>,
    pub tp_cache: Cell<*mut PyObject>,
    pub tp_subclasses: Cell<*mut c_void>,
    pub tp_weaklist: Cell<*mut PyObject>,
    pub tp_del: Cell<Option<destructor>>,
    pub tp_version_tag: Cell<c_uint>,
    pub tp_finalize: Cell<Option<destructor>>,
    pub tp_vectorcall: Cell<Option<vectorcallfunc>>,
    pub tp_watched: Cell<u8>,
    pub tp_versions_used: Cell<u16>,
}

#[repr(C)]
pub struct _specialization_cache {
    pub getitem: Cell<*mut PyObject>,
    pub getitem_version: Cell<u32>,
    pub init: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct PyHeapTypeObject {
    pub ht_type: PyTypeObject,
    pub as_async: PyAsyncMethods,
    pub as_number: PyNumberMethods,
    pub as_mapping: PyMappingMethods,
    pub as_sequence: PySequenceMethods,
    pub as_buffer: PyBufferProcs,
    pub ht_name: Cell<*mut PyObject>,
    pub ht_slots: Cell<*mut PyObject>,
    pub ht_qualname: Cell<*mut PyObject>,
    pub ht_cached_keys: Cell<*mut PyDictKeysObject>,
    pub ht_module: Cell<*mut PyObject>,
    pub _ht_tpname: Cell<*mut c_char>,
    pub ht_token: Cell<*mut c_void>,
    pub _spec_cache: _specialization_cache,
}

pub type PyType_WatchCallback = unsafe extern "C" fn(*mut PyTypeObject) -> c_int;

pub type PyRefTracerEvent = c_int;
pub type PyRefTracer = unsafe extern "C" fn(*mut PyObject, PyRefTracerEvent, *mut c_void) -> c_int;

layouts! {
    PyObject: 16 {
        ob_refcnt: 0,
        ob_overflow: 4,
        ob_flags: 6,
        ob_type: 8,
    }
    PyVarObject: 24 {
        ob_base: 0,
        ob_size: 16,
    }
    PyType_Slot: 16 {
        slot: 0,
        pfunc: 8,
    }
    PyType_Spec: 32 {
        name: 0,
        basicsize: 8,
        itemsize: 12,
        flags: 16,
        slots: 24,
    }
    _Py_Identifier: 24 {
        string: 0,
        index: 8,
        mutex: 16,
    }
    PyNumberMethods: 288 {
        nb_add: 0,
        nb_subtract: 8,
        nb_multiply: 16,
        nb_remainder: 24,
        nb_divmod: 32,
        nb_power: 40,
        nb_negative: 48,
        nb_positive: 56,
        nb_absolute: 64,
        nb_bool: 72,
        nb_invert: 80,
        nb_lshift: 88,
        nb_rshift: 96,
        nb_and: 104,
        nb_xor: 112,
        nb_or: 120,
        nb_int: 128,
        nb_reserved: 136,
        nb_float: 144,
        nb_inplace_add: 152,
        nb_inplace_subtract: 160,
        nb_inplace_multiply: 168,
        nb_inplace_remainder: 176,
        nb_inplace_power: 184,
        nb_inplace_lshift: 192,
        nb_inplace_rshift: 200,
        nb_inplace_and: 208,
        nb_inplace_xor: 216,
        nb_inplace_or: 224,
        nb_floor_divide: 232,
        nb_true_divide: 240,
        nb_inplace_floor_divide: 248,
        nb_inplace_true_divide: 256,
        nb_index: 264,
        nb_matrix_multiply: 272,
        nb_inplace_matrix_multiply: 280,
    }
    PySequenceMethods: 80 {
        sq_length: 0,
        sq_concat: 8,
        sq_repeat: 16,
        sq_item: 24,
        was_sq_slice: 32,
        sq_ass_item: 40,
        was_sq_ass_slice: 48,
        sq_contains: 56,
        sq_inplace_concat: 64,
        sq_inplace_repeat: 72,
    }
    PyMappingMethods: 24 {
        mp_length: 0,
        mp_subscript: 8,
        mp_ass_subscript: 16,
    }
    PyAsyncMethods: 32 {
        am_await: 0,
        am_aiter: 8,
        am_anext: 16,
        am_send: 24,
    }
    PyBufferProcs: 16 {
        bf_getbuffer: 0,
        bf_releasebuffer: 8,
    }
    PyTypeObject: 416 {
        ob_base: 0,
        tp_name: 24,
        tp_basicsize: 32,
        tp_itemsize: 40,
        tp_dealloc: 48,
        tp_vectorcall_offset: 56,
        tp_getattr: 64,
        tp_setattr: 72,
        tp_as_async: 80,
        tp_repr: 88,
        tp_as_number: 96,
        tp_as_sequence: 104,
        tp_as_mapping: 112,
        tp_hash: 120,
        tp_call: 128,
        tp_str: 136,
        tp_getattro: 144,
        tp_setattro: 152,
        tp_as_buffer: 160,
        tp_flags: 168,
        tp_doc: 176,
        tp_traverse: 184,
        tp_clear: 192,
        tp_richcompare: 200,
        tp_weaklistoffset: 208,
        tp_iter: 216,
        tp_iternext: 224,
        tp_methods: 232,
        tp_members: 240,
        tp_getset: 248,
        tp_base: 256,
        tp_dict: 264,
        tp_descr_get: 272,
        tp_descr_set: 280,
        tp_dictoffset: 288,
        tp_init: 296,
        tp_alloc: 304,
        tp_new: 312,
        tp_free: 320,
        tp_is_gc: 328,
        tp_bases: 336,
        tp_mro: 344,
        tp_cache: 352,
        tp_subclasses: 360,
        tp_weaklist: 368,
        tp_del: 376,
        tp_version_tag: 384,
        tp_finalize: 392,
        tp_vectorcall: 400,
        tp_watched: 408,
        tp_versions_used: 410,
    }
    _specialization_cache as "struct _specialization_cache": 24 {
        getitem: 0,
        getitem_version: 8,
        init: 16,
    }
    PyHeapTypeObject: 936 {
        ht_type: 0,
        as_async: 416,
        as_number: 448,
        as_mapping: 736,
        as_sequence: 760,
        as_buffer: 840,
        ht_name: 856,
        ht_slots: 864,
        ht_qualname: 872,
        ht_cached_keys: 880,
        ht_module: 888,
        _ht_tpname: 896,
        ht_token: 904,
        _spec_cache: 912,
    }
}
