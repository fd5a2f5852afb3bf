//! `code.h`: code objects, with the instructions inline at the end.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_int, c_void};

constants! {
    CO_OPTIMIZED: c_int = 0x1;
    CO_NEWLOCALS: c_int = 0x2;
    CO_VARARGS: c_int = 0x4;
    CO_VARKEYWORDS: c_int = 0x8;
    CO_NESTED: c_int = 0x10;
    CO_GENERATOR: c_int = 0x20;
    CO_COROUTINE: c_int = 0x80;
    CO_ITERABLE_COROUTINE: c_int = 0x100;
    CO_ASYNC_GENERATOR: c_int = 0x200;
    CO_FUTURE_DIVISION: c_int = 0x20000;
    CO_FUTURE_ABSOLUTE_IMPORT: c_int = 0x40000;
    CO_FUTURE_WITH_STATEMENT: c_int = 0x80000;
    CO_FUTURE_PRINT_FUNCTION: c_int = 0x100000;
    CO_FUTURE_UNICODE_LITERALS: c_int = 0x200000;
    CO_FUTURE_BARRY_AS_BDFL: c_int = 0x400000;
    CO_FUTURE_GENERATOR_STOP: c_int = 0x800000;
    CO_FUTURE_ANNOTATIONS: c_int = 0x1000000;
    CO_NO_MONITORING_EVENTS: c_int = 0x2000000;
    CO_HAS_DOCSTRING: c_int = 0x4000000;
    CO_METHOD: c_int = 0x8000000;
    CO_MAXBLOCKS: c_int = 0x15;
    PY_CODE_EVENT_CREATE: PyCodeEvent = 0;
    PY_CODE_EVENT_DESTROY: PyCodeEvent = 1;
    PY_CODE_LOCATION_INFO_SHORT0: _PyCodeLocationInfoKind = 0;
    PY_CODE_LOCATION_INFO_ONE_LINE0: _PyCodeLocationInfoKind = 10;
    PY_CODE_LOCATION_INFO_ONE_LINE1: _PyCodeLocationInfoKind = 11;
    PY_CODE_LOCATION_INFO_ONE_LINE2: _PyCodeLocationInfoKind = 12;
    PY_CODE_LOCATION_INFO_NO_COLUMNS: _PyCodeLocationInfoKind = 13;
    PY_CODE_LOCATION_INFO_LONG: _PyCodeLocationInfoKind = 14;
    PY_CODE_LOCATION_INFO_NONE: _PyCodeLocationInfoKind = 15;
}

#[repr(C)]
pub struct _PyCoCached {
    pub _co_code: Cell<*mut PyObject>,
    pub _co_varnames: Cell<*mut PyObject>,
    pub _co_cellvars: Cell<*mut PyObject>,
    pub _co_freevars: Cell<*mut PyObject>,
}

#[repr(C)]
pub struct _PyExecutorArray {
    pub size: Cell<c_int>,
    pub capacity: Cell<c_int>,
    pub executors: [Cell<*mut _PyExecutorObject>; 1],
}

#[repr(C)]
pub struct PyCodeObject {
    pub ob_base: PyVarObject,
    pub co_consts: Cell<*mut PyObject>,
    pub co_names: Cell<*mut PyObject>,
    pub co_exceptiontable: Cell<*mut PyObject>,
    pub co_flags: Cell<c_int>,
    pub co_argcount: Cell<c_int>,
    pub co_posonlyargcount: Cell<c_int>,
    pub co_kwonlyargcount: Cell<c_int>,
    pub co_stacksize: Cell<c_int>,
    pub co_firstlineno: Cell<c_int>,
    pub co_nlocalsplus: Cell<c_int>,
    pub co_framesize: Cell<c_int>,
    pub co_nlocals: Cell<c_int>,
    pub co_ncellvars: Cell<c_int>,
    pub co_nfreevars: Cell<c_int>,
    pub co_version: Cell<u32>,
    pub co_localsplusnames: Cell<*mut PyObject>,
    pub co_localspluskinds: Cell<*mut PyObject>,
    pub co_filename: Cell<*mut PyObject>,
    pub co_name: Cell<*mut PyObject>,
    pub co_qualname: Cell<*mut PyObject>,
    pub co_linetable: Cell<*mut PyObject>,
    pub co_weakreflist: Cell<*mut PyObject>,
    pub co_executors: Cell<*mut _PyExecutorArray>,
    pub _co_cached: Cell<*mut _PyCoCached>,
    pub _co_instrumentation_version: Cell<usize>,
    pub _co_monitoring: Cell<*mut _PyCoMonitoringData>,
    pub _co_unique_id: Cell<isize>,
    pub _co_firsttraceable: Cell<c_int>,
    pub co_extra: Cell<*mut c_void>,
    pub co_code_adaptive: [Cell<u8>; 1],
}

pub type PyCodeEvent = c_int;
pub type PyCode_WatchCallback = unsafe extern "C" fn(PyCodeEvent, *mut PyCodeObject) -> c_int;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _opaque {
    pub computed_line: c_int,
    pub lo_next: *const u8,
    pub limit: *const u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCodeAddressRange {
    pub ar_start: c_int,
    pub ar_end: c_int,
    pub ar_line: c_int,
    pub opaque: _opaque,
}

pub type _PyCodeLocationInfoKind = c_int;
opaque!(_PyExecutorObject);
opaque!(_PyCoMonitoringData);

layouts! {
    _PyCoCached: 32 {
        _co_code: 0,
        _co_varnames: 8,
        _co_cellvars: 16,
        _co_freevars: 24,
    }
    _PyExecutorArray: 16 {
        size: 0,
        capacity: 4,
        executors: 8,
    }
    PyCodeObject: 216 {
        ob_base: 0,
        co_consts: 24,
        co_names: 32,
        co_exceptiontable: 40,
        co_flags: 48,
        co_argcount: 52,
        co_posonlyargcount: 56,
        co_kwonlyargcount: 60,
        co_stacksize: 64,
        co_firstlineno: 68,
        co_nlocalsplus: 72,
        co_framesize: 76,
        co_nlocals: 80,
        co_ncellvars: 84,
        co_nfreevars: 88,
        co_version: 92,
        co_localsplusnames: 96,
        co_localspluskinds: 104,
        co_filename: 112,
        co_name: 120,
        co_qualname: 128,
        co_linetable: 136,
        co_weakreflist: 144,
        co_executors: 152,
        _co_cached: 160,
        _co_instrumentation_version: 168,
        _co_monitoring: 176,
        _co_unique_id: 184,
        _co_firsttraceable: 192,
        co_extra: 200,
        co_code_adaptive: 208,
    }
    _opaque as "struct _opaque": 24 {
        computed_line: 0,
        lo_next: 8,
        limit: 16,
    }
    PyCodeAddressRange: 40 {
        ar_start: 0,
        ar_end: 4,
        ar_line: 8,
        opaque: 16,
    }
}
