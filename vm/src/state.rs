//! The thread state: CPython's public struct first, so that extensions read their fields, then our own.
//!
//! One state belongs to each OS thread that runs Python; the global interpreter lock decides whose turn it is. The
//! current state is found through thread-local storage in one instruction.

use core::cell::Cell;
use core::ptr;

use layout::*;

/// A thread's state. `base` is what CPython's headers show of it.
#[repr(C)]
pub struct ThreadState {
    /// CPython's `PyThreadState`.
    pub base: PyThreadState,
    /// Requests to the interpreter loop (signals, GIL hand-over, collections): tested at loop back-edges and calls.
    pub eval_breaker: core::sync::atomic::AtomicUsize,
    /// The lowest address that the native stack may reach before `RecursionError`.
    pub stack_limit: Cell<usize>,
    /// The bottom entry of the stack of exceptions being handled.
    pub exc_state: PyErr_StackItem,
    /// The frame that runs now.
    pub frame: Cell<*mut crate::frame::Frame>,
    /// The chunked stack that frames live on.
    pub data_stack: crate::frame::DataStack,
    /// Whether `sys.settrace` or `sys.setprofile` is active here.
    pub tracing: Cell<bool>,
    /// Nesting of calls into a trace function.
    pub trace_depth: Cell<u32>,
}

thread_local! {
    static CURRENT: Cell<*mut ThreadState> = const { Cell::new(ptr::null_mut()) };
}

/// The calling thread's state.
///
/// Panics (in debug builds) if the thread has none: native code must hold the lock to call in.
#[inline(always)]
pub fn current() -> &'static ThreadState {
    let p = CURRENT.get();
    debug_assert!(!p.is_null(), "no thread state");
    // SAFETY: set by `set_current` to a state that outlives the thread's use of it.
    unsafe { &*p }
}

/// The calling thread's state, or null where it has none.
#[inline(always)]
pub fn current_ptr() -> *mut ThreadState {
    CURRENT.get()
}

/// Makes `state` the calling thread's, and returns the one before.
pub fn set_current(state: *mut ThreadState) -> *mut ThreadState {
    CURRENT.replace(state)
}

impl ThreadState {
    /// Whether the native stack has less room than one more call into the interpreter needs.
    #[inline(always)]
    pub fn stack_is_short(&self) -> bool {
        let here = 0u8;
        (ptr::from_ref(&here) as usize) < self.stack_limit.get()
    }
}
