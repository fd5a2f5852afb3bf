//! The thread state: CPython's public struct first, so that extensions read their fields, then our own.
//!
//! One state belongs to each OS thread that runs Python; the global interpreter lock decides whose turn it is. The
//! current state is found through thread-local storage in one instruction.

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::AtomicUsize;

use layout::*;

/// A thread's state. `base` is what CPython's headers show of it: the frame that runs, the data stack of frames, the
/// exception being raised and those being handled are all there, where stack-switching extensions save and restore them.
#[repr(C)]
pub struct ThreadState {
    /// CPython's `PyThreadState`.
    pub base: PyThreadState,
    /// The lowest address that the native stack may reach before `RecursionError`.
    pub stack_limit: Cell<usize>,
    /// The event loop that runs in the thread, for `asyncio`.
    pub running_loop: Cell<*mut PyObject>,
    /// The task that the loop runs.
    pub running_task: Cell<*mut PyObject>,
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

/// About where the native stack's top is.
#[inline(never)]
pub fn stack_pointer() -> usize {
    let here = 0u8;
    core::hint::black_box(&raw const here) as usize
}

impl ThreadState {
    /// A state with nothing in it, to be finished by [`begin`](Self::begin) where it is to stay.
    pub fn new(stack_limit: usize) -> ThreadState {
        ThreadState {
            base: PyThreadState::zeroed(),
            stack_limit: Cell::new(stack_limit),
            running_loop: Cell::new(ptr::null_mut()),
            running_task: Cell::new(ptr::null_mut()),
        }
    }

    /// Links what lies inside the state: it must not move afterwards.
    pub fn begin(&self, recursion_limit: i32) {
        self.base
            .exc_info
            .set((&raw const self.base.exc_state).cast_mut());
        self.base.what_event.set(-1);
        self.base.py_recursion_limit.set(recursion_limit);
        self.base.py_recursion_remaining.set(recursion_limit);
    }

    /// Requests to the interpreter loop, tested at calls and at the back-edges of loops; other threads set its bits.
    #[inline(always)]
    pub fn eval_breaker(&self) -> &AtomicUsize {
        // SAFETY: the field is only ever accessed as an atomic.
        unsafe { AtomicUsize::from_ptr(self.base.eval_breaker.as_ptr()) }
    }

    /// Whether the native stack has less room than one more call into the interpreter needs.
    #[inline(always)]
    pub fn stack_is_short(&self) -> bool {
        let here = 0u8;
        (ptr::from_ref(&here) as usize) < self.stack_limit.get()
    }
}
