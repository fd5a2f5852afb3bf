//! Threads and the global interpreter lock.
//!
//! One thread runs Python at a time: the one that holds the lock, whose state is then current. A thread that wants the
//! lock waits for the switch interval, then asks the holder (through its eval breaker) to hand it over; the holder does so
//! at its next check and waits until somebody else has really run. A thread that gives the lock up publishes its stack and
//! registers first, so that a collector sees them: nothing that references objects may change while it is without the lock.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use layout::*;

use crate::interp::pending::{ask, request};
use crate::object::*;
use crate::pending_calls;
use crate::state::{self, ThreadState};

/// Who holds the lock. Addresses of thread states; 0 is nobody.
struct Lock {
    holder: usize,
    /// How often the lock has changed hands.
    switches: u64,
}

static LOCK: Mutex<Lock> = Mutex::new(Lock {
    holder: 0,
    switches: 0,
});
static FREED: Condvar = Condvar::new();
static TAKEN: Condvar = Condvar::new();
/// The switch interval in nanoseconds.
static INTERVAL: AtomicU64 = AtomicU64::new(5_000_000);
/// Set when the interpreter shuts down: other threads that want the lock then never get it.
static FINALIZING: AtomicUsize = AtomicUsize::new(0);
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);

/// All thread states, newest first as CPython has them; touched under the lock.
static STATES: Global<Vec<*mut ThreadState>> = Global::new(Vec::new());

fn lock() -> MutexGuard<'static, Lock> {
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The switch interval.
pub fn switch_interval() -> Duration {
    Duration::from_nanos(INTERVAL.load(Ordering::Relaxed))
}

/// Sets the switch interval.
pub fn set_switch_interval(interval: Duration) {
    INTERVAL.store(interval.as_nanos().max(1) as u64, Ordering::Relaxed);
}

/// Takes the lock for `ts`, and makes it the calling thread's state.
pub fn acquire(ts: &'static ThreadState) {
    let errno = std::io::Error::last_os_error().raw_os_error();
    let me = ptr::from_ref(ts) as usize;
    let mut state = lock();
    while state.holder != 0 {
        let seen = state.switches;
        let (next, timeout) = FREED
            .wait_timeout(state, switch_interval())
            .unwrap_or_else(PoisonError::into_inner);
        state = next;
        if timeout.timed_out() && state.holder != 0 && state.switches == seen {
            // SAFETY: a state that holds the lock is not freed.
            ask(
                unsafe { &*(state.holder as *const ThreadState) },
                request::DROP_LOCK,
            );
        }
    }
    let finalizer = FINALIZING.load(Ordering::Acquire);
    if finalizer != 0 && finalizer != me {
        drop(state);
        hang();
    }
    state.holder = me;
    state.switches += 1;
    TAKEN.notify_all();
    if pending_calls::ANYBODY.is_waiting() {
        ask(ts, request::CALLS);
    }
    drop(state);
    state::set_current(ptr::from_ref(ts).cast_mut());
    BOUND.set(Some(ts));
    ts.base._status.set_active(1);
    gc::resume(gc::register_thread());
    if let Some(errno) = errno {
        // SAFETY: the thread's own errno.
        unsafe { *libc::__errno_location() = errno };
    }
}

/// Gives the lock up. The calling thread has no state until it takes it again.
pub fn release(ts: &'static ThreadState) {
    gc::publish(gc::register_thread());
    state::set_current(ptr::null_mut());
    ts.base._status.set_active(0);
    let mut state = lock();
    debug_assert_eq!(state.holder, ptr::from_ref(ts) as usize);
    state.holder = 0;
    drop(state);
    FREED.notify_one();
}

/// Hands the lock to a thread that asked for it, and takes it back after that one has run.
pub fn yield_lock(ts: &'static ThreadState) {
    let before = lock().switches;
    release(ts);
    let mut state = lock();
    while state.switches == before && state.holder == 0 {
        // Nobody came yet: they were woken, and will.
        let (next, timeout) = TAKEN
            .wait_timeout(state, switch_interval())
            .unwrap_or_else(PoisonError::into_inner);
        state = next;
        if timeout.timed_out() {
            break;
        }
    }
    drop(state);
    acquire(ts);
}

thread_local! {
    /// The state that the thread last held the lock with.
    static BOUND: core::cell::Cell<Option<&'static ThreadState>> = const { core::cell::Cell::new(None) };
}

/// The state that the calling thread last held the lock with, whether it holds the lock now or not.
pub fn bound_state() -> Option<&'static ThreadState> {
    BOUND.get()
}

/// Takes the lock in a thread that may or may not have it, or even a state: 0 if it had the lock, 1 if not
/// (`PyGILState_Ensure`).
pub fn ensure() -> i32 {
    if !state::current_ptr().is_null() {
        let ts = state::current();
        ts.base
            .gilstate_counter
            .set(ts.base.gilstate_counter.get() + 1);
        return 0;
    }
    let ts = match BOUND.get() {
        Some(ts) => {
            acquire(ts);
            ts
        }
        None => {
            let ts = new_state();
            // Nobody but those who ensure keeps this state.
            ts.base.gilstate_counter.set(0);
            acquire(ts);
            add_state(ts);
            ts
        }
    };
    ts.base
        .gilstate_counter
        .set(ts.base.gilstate_counter.get() + 1);
    1
}

/// Undoes an [`ensure`] that answered `before` (`PyGILState_Release`).
pub fn release_ensured(before: i32) {
    let ts = state::current();
    let n = ts.base.gilstate_counter.get() - 1;
    ts.base.gilstate_counter.set(n);
    if n == 0 {
        // Finalisers that run while the state is cleared may take and leave the lock: that does not end it again.
        ts.base.gilstate_counter.set(1);
        // SAFETY: the outermost pair is over, and nothing else refers to the state.
        unsafe { end_thread(ts) };
    } else if before == 1 {
        release(ts);
    }
}

/// Runs `f` without the lock: a call that may block. `f` must not touch objects.
pub fn allow<T>(f: impl FnOnce() -> T) -> T {
    let ts = state::current();
    release(ts);
    let out = f();
    acquire(ts);
    out
}

/// Sleeps for ever: a thread that wants to run while the process shuts down.
fn hang() -> ! {
    loop {
        std::thread::park();
    }
}

// ---- Thread states ----

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// A state for the calling thread, not yet current. The thread's native stack is measured here.
pub fn new_state() -> &'static ThreadState {
    let ts: &'static ThreadState = Box::leak(Box::new(ThreadState::new(stack_limit())));
    ts.begin(recursion_limit());
    ts.base.gilstate_counter.set(1);
    ts.base.id.set(NEXT_ID.fetch_add(1, Ordering::Relaxed));
    ts.base.interp.set(crate::runtime::interpreter());
    // SAFETY: asks about the calling thread.
    unsafe {
        ts.base.thread_id.set(libc::pthread_self());
        ts.base
            .native_thread_id
            .set(libc::syscall(libc::SYS_gettid) as u64);
    }
    ts
}

/// Enters a state into the list of all; needs the lock.
pub fn add_state(ts: &'static ThreadState) {
    let mut all = STATES.take();
    if let Some(&first) = all.first() {
        // SAFETY: listed states are live.
        unsafe { (*first).base.prev.set(ptr::from_ref(&ts.base).cast_mut()) };
        ts.base.next.set(first.cast());
    }
    all.insert(0, ptr::from_ref(ts).cast_mut());
    STATES.set(all);
}

/// All states, newest first; needs the lock.
pub fn states() -> Vec<&'static ThreadState> {
    let all = STATES.take();
    // SAFETY: listed states are live.
    let out = all.iter().map(|&p| unsafe { &*p }).collect();
    STATES.set(all);
    out
}

/// Frees a state that is not the calling thread's and was cleared.
///
/// # Safety
/// Nobody uses the state any more.
pub unsafe fn delete_state(ts: &'static ThreadState) {
    unlist(ts);
    crate::frame::free_data_stack(ts);
    // SAFETY: made by `new_state`; nobody refers to it.
    drop(unsafe { Box::from_raw(ptr::from_ref(ts).cast_mut()) });
}

/// Drops what a state refers to.
pub fn clear_state(ts: &ThreadState) {
    let b = &ts.base;
    for field in [
        &b.dict,
        &b.current_exception,
        &b.exc_state.exc_value,
        &b.async_exc,
        &b.c_profileobj,
        &b.c_traceobj,
        &b.async_gen_firstiter,
        &b.async_gen_finalizer,
        &b.context,
        &b.threading_local_key,
        &b.threading_local_sentinel,
        &ts.running_loop,
        &ts.running_task,
    ] {
        field.set_ref(None);
    }
}

fn unlist(ts: &ThreadState) {
    let mut all = STATES.take();
    all.retain(|&p| !ptr::eq(p, ts));
    // SAFETY: listed states are live.
    unsafe {
        for (i, &p) in all.iter().enumerate() {
            (*p).base.prev.set(if i == 0 {
                ptr::null_mut()
            } else {
                all[i - 1].cast()
            });
            (*p).base
                .next
                .set(all.get(i + 1).map_or(ptr::null_mut(), |n| n.cast()));
        }
    }
    STATES.set(all);
}

/// Ends the calling thread's life with Python: clears its state, gives the lock up, frees the state.
///
/// # Safety
/// The state is the calling thread's and is not used again.
pub unsafe fn end_thread(ts: &'static ThreadState) {
    crate::types::thread_local::thread_ended(ts);
    clear_state(ts);
    unlist(ts);
    gc::unregister_thread(gc::register_thread());
    state::set_current(ptr::null_mut());
    BOUND.set(None);
    let mut state = lock();
    state.holder = 0;
    drop(state);
    FREED.notify_one();
    crate::frame::free_data_stack(ts);
    // SAFETY: made by `new_state`; nobody refers to it.
    drop(unsafe { Box::from_raw(ptr::from_ref(ts).cast_mut()) });
}

/// After `fork`, in the child: only the calling thread is left.
pub fn after_fork_child() {
    let ts = state::current();
    // The mutex may have been held by a thread that is gone.
    // SAFETY: this is the only thread; the lock's memory is reinitialised in place.
    unsafe {
        ptr::write(
            (&raw const LOCK).cast_mut(),
            Mutex::new(Lock {
                holder: ptr::from_ref(ts) as usize,
                switches: 1,
            }),
        );
        ptr::write((&raw const FREED).cast_mut(), Condvar::new());
        ptr::write((&raw const TAKEN).cast_mut(), Condvar::new());
        ts.base.thread_id.set(libc::pthread_self());
        ts.base
            .native_thread_id
            .set(libc::syscall(libc::SYS_gettid) as u64);
        MAIN_THREAD.store(libc::pthread_self(), Ordering::Relaxed);
    }
    crate::thread_handle::after_fork_child();
    for other in states() {
        if !ptr::eq(other, ts) {
            crate::types::thread_local::thread_ended(other);
            clear_state(other);
            unlist(other);
        }
    }
    gc::after_fork();
}

/// Notes that the calling thread is the main one.
pub fn set_main_thread() {
    // SAFETY: asks about the calling thread.
    MAIN_THREAD.store(unsafe { libc::pthread_self() }, Ordering::Relaxed);
}

/// Whether the calling thread is the main one.
pub fn is_main_thread() -> bool {
    // SAFETY: asks about the calling thread.
    MAIN_THREAD.load(Ordering::Relaxed) == unsafe { libc::pthread_self() }
}

/// The main thread's identifier.
pub fn main_thread_id() -> u64 {
    MAIN_THREAD.load(Ordering::Relaxed)
}

/// The calling thread's state shuts the interpreter down: no other thread runs Python any more.
pub fn begin_finalizing(ts: &ThreadState) {
    FINALIZING.store(ptr::from_ref(ts) as usize, Ordering::Release);
}

/// Whether the interpreter is shutting down.
pub fn is_finalizing() -> bool {
    FINALIZING.load(Ordering::Acquire) != 0
}

// ---- Recursion ----

static RECURSION_LIMIT: AtomicUsize = AtomicUsize::new(1000);

/// How deep Python calls may nest.
pub fn recursion_limit() -> c_int {
    RECURSION_LIMIT.load(Ordering::Relaxed) as c_int
}

/// Sets how deep Python calls may nest, in every thread.
pub fn set_recursion_limit(limit: c_int) {
    RECURSION_LIMIT.store(limit as usize, Ordering::Relaxed);
    for ts in states() {
        let depth = ts.base.py_recursion_limit.get() - ts.base.py_recursion_remaining.get();
        ts.base.py_recursion_limit.set(limit);
        ts.base.py_recursion_remaining.set(limit - depth);
    }
}

/// What is kept free of a native stack: enough for the deepest native call that does not check.
pub const STACK_MARGIN: usize = 256 * 1024;

/// The lowest address that the calling thread's native stack may reach before `RecursionError`.
pub fn stack_limit() -> usize {
    let (low, top) = gc::stack_bounds();
    if top == 0 {
        return 0;
    }
    // The main thread's stack grows up to its limit, which may be "unlimited".
    let here = ptr::from_ref(&top) as usize;
    let usable = (top - low).min(64 << 20);
    let low = (top - usable).min(here);
    low + STACK_MARGIN.min(usable / 4)
}

/// Asks the thread that holds the lock now for something, if one does.
pub fn ask_running(what: usize) {
    let holder = lock().holder;
    if holder != 0 {
        // SAFETY: a state that holds the lock is not freed.
        ask(unsafe { &*(holder as *const ThreadState) }, what);
    }
}

/// Nothing stops the world here: collectors run under the lock.
pub fn stop_if_asked(_: &ThreadState) {}

/// Asks the thread that holds the lock for something; safe in a signal handler.
pub fn ask_holder(what: usize) {
    // A signal handler may not wait for the mutex; the main thread's state is known without it.
    let main = MAIN_STATE.load(Ordering::Acquire);
    if main != 0 {
        // SAFETY: the main thread's state lives as long as the process.
        ask(unsafe { &*(main as *const ThreadState) }, what);
    }
}

static MAIN_STATE: AtomicUsize = AtomicUsize::new(0);

/// Notes the main thread's state, for signal handlers.
pub fn set_main_state(ts: &'static ThreadState) {
    MAIN_STATE.store(ptr::from_ref(ts) as usize, Ordering::Release);
}

/// The number of live thread states.
pub fn count() -> usize {
    let all = STATES.take();
    let n = all.len();
    STATES.set(all);
    n
}

/// Raises an exception in another thread (`PyThreadState_SetAsyncExc`); how many threads were found.
pub fn set_async_exception(thread_id: u64, exception: Option<&Obj>) -> usize {
    let mut found = 0;
    for ts in states() {
        if ts.base.thread_id.get() == thread_id {
            ts.base.async_exc.set_ref(exception.map(Obj::new_ref));
            ask(ts, request::ASYNC_EXCEPTION);
            found += 1;
        }
    }
    found
}
