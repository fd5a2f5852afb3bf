//! `pystate.h`: the thread state, some fields of which extensions touch directly.

use crate::*;
use core::cell::Cell;
use core::ffi::{c_int, c_ulong};

constants! {
    PyTrace_CALL: c_int = 0;
    PyTrace_EXCEPTION: c_int = 1;
    PyTrace_LINE: c_int = 2;
    PyTrace_RETURN: c_int = 3;
    PyTrace_C_CALL: c_int = 4;
    PyTrace_C_EXCEPTION: c_int = 5;
    PyTrace_C_RETURN: c_int = 6;
    PyTrace_OPCODE: c_int = 7;
    _PyThreadState_WHENCE_NOTSET: c_int = -1;
    _PyThreadState_WHENCE_UNKNOWN: c_int = 0;
    _PyThreadState_WHENCE_INIT: c_int = 1;
    _PyThreadState_WHENCE_FINI: c_int = 2;
    _PyThreadState_WHENCE_THREADING: c_int = 3;
    _PyThreadState_WHENCE_GILSTATE: c_int = 4;
    _PyThreadState_WHENCE_EXEC: c_int = 5;
    PyGILState_LOCKED: PyGILState_STATE = 0;
    PyGILState_UNLOCKED: PyGILState_STATE = 1;
}

/// C's bit-field of single bits, from the lowest.
#[repr(C)]
pub struct _PyThreadState_status {
    pub bits: Cell<u32>,
}

bit_field!(_PyThreadState_status {
    initialized, set_initialized: 0, 1;
    bound, set_bound: 1, 1;
    unbound, set_unbound: 2, 1;
    bound_gilstate, set_bound_gilstate: 3, 1;
    active, set_active: 4, 1;
    finalizing, set_finalizing: 5, 1;
    cleared, set_cleared: 6, 1;
    finalized, set_finalized: 7, 1;
});

pub type PyGILState_STATE = c_int;
pub type Py_tracefunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyFrameObject, c_int, *mut PyObject) -> c_int;

#[repr(C)]
pub struct _PyRemoteDebuggerSupport {
    pub debugger_pending_call: Cell<i32>,
    pub debugger_script_path: [Cell<u8>; 512],
}

#[repr(C)]
pub struct _PyErr_StackItem {
    pub exc_value: Cell<*mut PyObject>,
    pub previous_item: Cell<*mut _PyErr_StackItem>,
}

#[repr(C)]
pub struct _PyStackChunk {
    pub previous: Cell<*mut _PyStackChunk>,
    pub size: Cell<usize>,
    pub top: Cell<usize>,
    pub data: [Cell<*mut PyObject>; 1],
}

#[repr(C)]
pub struct PyThreadState {
    pub prev: Cell<*mut PyThreadState>,
    pub next: Cell<*mut PyThreadState>,
    pub interp: Cell<*mut PyInterpreterState>,
    pub eval_breaker: Cell<usize>,
    pub _status: _PyThreadState_status,
    pub holds_gil: Cell<c_int>,
    pub _whence: Cell<c_int>,
    pub state: Cell<c_int>,
    pub py_recursion_remaining: Cell<c_int>,
    pub py_recursion_limit: Cell<c_int>,
    pub recursion_headroom: Cell<c_int>,
    pub tracing: Cell<c_int>,
    pub what_event: Cell<c_int>,
    pub current_frame: Cell<*mut _PyInterpreterFrame>,
    pub c_profilefunc: Cell<Option<Py_tracefunc>>,
    pub c_tracefunc: Cell<Option<Py_tracefunc>>,
    pub c_profileobj: Cell<*mut PyObject>,
    pub c_traceobj: Cell<*mut PyObject>,
    pub current_exception: Cell<*mut PyObject>,
    pub exc_info: Cell<*mut _PyErr_StackItem>,
    pub dict: Cell<*mut PyObject>,
    pub gilstate_counter: Cell<c_int>,
    pub async_exc: Cell<*mut PyObject>,
    pub thread_id: Cell<c_ulong>,
    pub native_thread_id: Cell<c_ulong>,
    pub delete_later: Cell<*mut PyObject>,
    pub critical_section: Cell<usize>,
    pub coroutine_origin_tracking_depth: Cell<c_int>,
    pub async_gen_firstiter: Cell<*mut PyObject>,
    pub async_gen_finalizer: Cell<*mut PyObject>,
    pub context: Cell<*mut PyObject>,
    pub context_ver: Cell<u64>,
    pub id: Cell<u64>,
    pub datastack_chunk: Cell<*mut _PyStackChunk>,
    pub datastack_top: Cell<*mut *mut PyObject>,
    pub datastack_limit: Cell<*mut *mut PyObject>,
    pub exc_state: _PyErr_StackItem,
    pub current_executor: Cell<*mut PyObject>,
    pub dict_global_version: Cell<u64>,
    pub threading_local_key: Cell<*mut PyObject>,
    pub threading_local_sentinel: Cell<*mut PyObject>,
    pub remote_debugger_support: _PyRemoteDebuggerSupport,
    pub datastack_cached_chunk: Cell<*mut _PyStackChunk>,
}

pub type _PyFrameEvalFunction =
    unsafe extern "C" fn(*mut PyThreadState, *mut _PyInterpreterFrame, c_int) -> *mut PyObject;
opaque!(_PyInterpreterFrame);

layouts! {
    _PyRemoteDebuggerSupport: 516 {
        debugger_pending_call: 0,
        debugger_script_path: 4,
    }
    _PyErr_StackItem: 16 {
        exc_value: 0,
        previous_item: 8,
    }
    _PyStackChunk: 32 {
        previous: 0,
        size: 8,
        top: 16,
        data: 24,
    }
    PyThreadState: 832 {
        prev: 0,
        next: 8,
        interp: 16,
        eval_breaker: 24,
        _status: 32,
        holds_gil: 36,
        _whence: 40,
        state: 44,
        py_recursion_remaining: 48,
        py_recursion_limit: 52,
        recursion_headroom: 56,
        tracing: 60,
        what_event: 64,
        current_frame: 72,
        c_profilefunc: 80,
        c_tracefunc: 88,
        c_profileobj: 96,
        c_traceobj: 104,
        current_exception: 112,
        exc_info: 120,
        dict: 128,
        gilstate_counter: 136,
        async_exc: 144,
        thread_id: 152,
        native_thread_id: 160,
        delete_later: 168,
        critical_section: 176,
        coroutine_origin_tracking_depth: 184,
        async_gen_firstiter: 192,
        async_gen_finalizer: 200,
        context: 208,
        context_ver: 216,
        id: 224,
        datastack_chunk: 232,
        datastack_top: 240,
        datastack_limit: 248,
        exc_state: 256,
        current_executor: 272,
        dict_global_version: 280,
        threading_local_key: 288,
        threading_local_sentinel: 296,
        remote_debugger_support: 304,
        datastack_cached_chunk: 824,
    }
}
