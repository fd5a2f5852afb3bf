//! `ceval.h`, `pystate.h`, `pythread.h`, `pylifecycle.h`: the lock, thread states, frames.

use core::ffi::{c_char, c_int, c_ulong, c_void};
use core::ptr;

use layout::*;
use vm::interp::monitoring::legacy;
use vm::object::*;
use vm::state::{self, ThreadState};
use vm::types::dict;
use vm::types::frameobject::FrameObject;
use vm::{frame, pending_calls, runtime, threads};

use crate::shape::*;

fn current() -> *mut PyThreadState {
    state::current_ptr().cast()
}

/// The state behind C's pointer.
unsafe fn whole(ts: *mut PyThreadState) -> &'static ThreadState {
    // SAFETY: thread states start with C's struct.
    unsafe { &*ts.cast() }
}

type SetTraced = fn(&ThreadState, Option<Py_tracefunc>, Option<Ref>) -> vm::err::Result<()>;

/// Sets the current thread's function for tracing or profiling.
unsafe fn set_traced(set: SetTraced, f: Option<Py_tracefunc>, o: P) {
    // SAFETY: the caller passes an object or null.
    let o = unsafe { opt(o) }.map(|o| o.new_ref());
    if set(state::current(), f, o).is_err() {
        vm::err::write_unraisable(
            None,
            Some("Exception ignored while setting a trace function"),
        );
    }
}

api! {
    fn PyThreadState_Get() -> *mut PyThreadState {
        if current().is_null() { vm::fatal("PyThreadState_Get: the function must be called with the GIL held, after Python initialization and before Python finalization, but the GIL is released (the current Python thread state is NULL)"); }
        current()
    }
    fn PyThreadState_GetUnchecked() -> *mut PyThreadState { current() }
    fn _PyThreadState_UncheckedGet() -> *mut PyThreadState { current() }
    fn PyThreadState_GetDict() -> P {
        if current().is_null() { return ptr::null_mut(); }
        let slot = &(*current()).dict;
        if slot.get().is_null() { slot.set(dict::new().into_raw()); }
        slot.get()
    }
    fn PyThreadState_GetInterpreter(ts: *mut PyThreadState) -> *mut PyInterpreterState { (*ts).interp.get() }
    fn PyThreadState_GetID(ts: *mut PyThreadState) -> u64 { (*ts).id.get() }
    fn PyThreadState_Swap(next: *mut PyThreadState) -> *mut PyThreadState {
        let before = current();
        if before == next { return before; }
        if !before.is_null() { threads::release(whole(before)); }
        if !next.is_null() { threads::acquire(whole(next)); }
        before
    }
    fn PyThreadState_GetFrame(_ts: *mut PyThreadState) -> P { frame::current_frame_object().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyThreadState_SetAsyncExc(id: c_ulong, e: P) -> c_int { threads::set_async_exception(id, opt(e)) as c_int }
    fn PyInterpreterState_Get() -> *mut PyInterpreterState { runtime::interpreter() }
    fn PyInterpreterState_Main() -> *mut PyInterpreterState { runtime::interpreter() }
    fn PyInterpreterState_GetID(_i: *mut PyInterpreterState) -> i64 { 0 }
    fn PyInterpreterState_GetDict(_i: *mut PyInterpreterState) -> P {
        static DICT: Global<*mut PyObject> = Global::new(ptr::null_mut());
        if DICT.get().is_null() { DICT.set(dict::new().into_raw()); }
        DICT.get()
    }
    fn PyEval_SaveThread() -> *mut PyThreadState { let ts = current(); threads::release(whole(ts)); ts }
    fn PyEval_RestoreThread(ts: *mut PyThreadState) { threads::acquire(whole(ts)); }
    fn PyEval_AcquireThread(ts: *mut PyThreadState) { threads::acquire(whole(ts)); }
    fn PyEval_ReleaseThread(ts: *mut PyThreadState) { threads::release(whole(ts)); }
    fn PyEval_InitThreads() {}
    fn PyEval_ThreadsInitialized() -> c_int { 1 }
    fn PyGILState_Ensure() -> PyGILState_STATE { threads::ensure() as PyGILState_STATE }
    fn PyGILState_Release(was: PyGILState_STATE) { threads::release_ensured(was as i32); }
    fn PyGILState_Check() -> c_int { c_int::from(!current().is_null()) }
    fn PyGILState_GetThisThreadState() -> *mut PyThreadState {
        threads::bound_state().map_or(ptr::null_mut(), |ts| ptr::from_ref(ts).cast_mut().cast())
    }
    fn PyEval_GetBuiltins() -> P { match frame::current_builtins() { Some(o) => o.as_ptr(), None => runtime::builtins_dict().as_ptr() } }
    fn PyEval_GetGlobals() -> P { borrowed(frame::current_globals()) }
    fn PyEval_GetLocals() -> P {
        let Ok(locals) = frame::current_locals() else { return ptr::null_mut() };
        // The frame keeps what it has given away.
        let frame = frame::current_frame_object();
        match frame.as_ref().and_then(|f| f.downcast::<FrameObject>()) {
            Some(f) => { f.f_locals_cache.set_ref(Some(locals)); f.f_locals_cache.get() }
            None => ptr::null_mut(),
        }
    }
    fn PyEval_GetFrame() -> P { borrowed(frame::current_frame_object()) }
    fn PyEval_GetFrameBuiltins() -> P { frame::current_builtins().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyEval_GetFrameGlobals() -> P { frame::current_globals().map_or(ptr::null_mut(), Ref::into_raw) }
    fn PyEval_GetFrameLocals() -> P { new(frame::current_locals()) }
    fn PyEval_GetFuncName(f: P) -> *const c_char {
        if let Some(m) = b(f).downcast::<PyMethodObject>() { return PyEval_GetFuncName(m.im_func.get()); }
        if let Some(f) = b(f).downcast::<PyFunctionObject>() { return crate::unicodeobject::PyUnicode_AsUTF8(f.func_name.get()); }
        if let Some(f) = b(f).downcast::<PyCFunctionObject>() { return (*f.m_ml.get()).ml_name; }
        match b(f).ty().tp_name.get() { p if p.is_null() => c"?".as_ptr(), p => p }
    }
    fn PyEval_EvalCode(code: P, globals: P, locals: P) -> P { new(vm::interp::eval_code(b(code).cast(), b(globals).cast(), opt(locals))) }
    fn PyEval_SetTrace(f: Option<Py_tracefunc>, o: P) { set_traced(legacy::set_trace, f, o); }
    fn PyEval_SetProfile(f: Option<Py_tracefunc>, o: P) { set_traced(legacy::set_profile, f, o); }
    fn Py_AddPendingCall(f: unsafe extern "C" fn(*mut c_void) -> c_int, arg: *mut c_void) -> c_int { if pending_calls::MAIN.add(f, arg) { 0 } else { -1 } }
    fn Py_MakePendingCalls() -> c_int { status(pending_calls::run()) }
    fn Py_GetRecursionLimit() -> c_int { threads::recursion_limit() }
    fn Py_SetRecursionLimit(n: c_int) { threads::set_recursion_limit(n); }
    fn Py_IsInitialized() -> c_int { c_int::from(runtime::is_started()) }
    fn Py_IsFinalizing() -> c_int { c_int::from(threads::is_finalizing()) }
    fn PyUnstable_AtExit(_i: *mut PyInterpreterState, f: unsafe extern "C" fn(*mut c_void), data: *mut c_void) -> c_int {
        vm::at_exit::register_native(f, data);
        0
    }
    fn Py_AtExit(f: extern "C" fn()) -> c_int { libc::atexit(f) }
    // There is one interpreter: none can be made, which is what null says.
    fn Py_NewInterpreter() -> *mut PyThreadState { ptr::null_mut() }
    fn Py_EndInterpreter(_state: *mut PyThreadState) { vm::fatal("Py_EndInterpreter: not the last thread"); }
    fn Py_FatalError(message: *const c_char) { vm::fatal(&text(message)); }
    fn _Py_FatalErrorFunc(function: *const c_char, message: *const c_char) { vm::fatal(&format!("{}: {}", text(function), text(message))); }
    fn Py_GetVersion() -> *const c_char {
        static TEXT: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
        TEXT.get_or_init(|| std::ffi::CString::new(vm::sys::VERSION_TEXT).unwrap_or_default()).as_ptr()
    }
    fn PyThread_get_thread_ident() -> c_ulong { libc::pthread_self() }
    fn PyThread_get_thread_native_id() -> c_ulong { libc::syscall(libc::SYS_gettid) as c_ulong }
    fn PyThread_allocate_lock() -> *mut c_void { Box::into_raw(Box::new(RawLock::new())).cast() }
    fn PyThread_free_lock(p: *mut c_void) { drop(Box::from_raw(p.cast::<RawLock>())); }
    fn PyThread_acquire_lock(p: *mut c_void, wait: c_int) -> c_int { c_int::from((*p.cast::<RawLock>()).acquire(wait != 0)) }
    fn PyThread_release_lock(p: *mut c_void) { (*p.cast::<RawLock>()).release(); }
    fn PyThread_init_thread() {}
    fn PyThread_tss_create(key: *mut Py_tss_t) -> c_int {
        if (*key)._is_initialized != 0 { return 0; }
        let made = libc::pthread_key_create(&raw mut (*key)._key, None);
        if made != 0 { return -1; }
        (*key)._is_initialized = 1;
        0
    }
    fn PyThread_tss_delete(key: *mut Py_tss_t) { if (*key)._is_initialized != 0 { libc::pthread_key_delete((*key)._key); (*key)._is_initialized = 0; } }
    fn PyThread_tss_get(key: *mut Py_tss_t) -> *mut c_void { libc::pthread_getspecific((*key)._key) }
    fn PyThread_tss_set(key: *mut Py_tss_t, v: *mut c_void) -> c_int { if libc::pthread_setspecific((*key)._key, v) == 0 { 0 } else { -1 } }
    fn PyThread_tss_is_created(key: *mut Py_tss_t) -> c_int { (*key)._is_initialized }
    fn PyThread_tss_alloc() -> *mut Py_tss_t { libc::calloc(1, size_of::<Py_tss_t>()).cast() }
    fn PyThread_tss_free(key: *mut Py_tss_t) { if !key.is_null() { PyThread_tss_delete(key); libc::free(key.cast()); } }
}

/// A lock that any thread may release.
struct RawLock {
    held: std::sync::Mutex<bool>,
    freed: std::sync::Condvar,
}

impl RawLock {
    fn new() -> RawLock {
        RawLock {
            held: std::sync::Mutex::new(false),
            freed: std::sync::Condvar::new(),
        }
    }
    fn acquire_within(&self, limit: Option<std::time::Duration>) -> bool {
        let Some(limit) = limit else {
            return self.acquire(true);
        };
        let held = self
            .held
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (mut held, _) = self
            .freed
            .wait_timeout_while(held, limit, |held| *held)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        !core::mem::replace(&mut *held, true)
    }
    fn acquire(&self, wait: bool) -> bool {
        let mut held = self
            .held
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        while *held {
            if !wait {
                return false;
            }
            held = self
                .freed
                .wait(held)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *held = true;
        true
    }
    fn release(&self) {
        *self
            .held
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = false;
        self.freed.notify_one();
    }
}

/// Takes a lock of `PyThread_allocate_lock` within a time, or for as long as it takes.
///
/// # Safety
/// `lock` is such a lock.
pub unsafe fn acquire_raw(lock: *mut c_void, limit: Option<std::time::Duration>) -> bool {
    // SAFETY: the caller's.
    unsafe { (*lock.cast::<RawLock>()).acquire_within(limit) }
}
