//! `lock.h`, `critical_section.h`, and what `pythread.h` has beyond plain locks.

use core::ffi::{c_char, c_int, c_long, c_longlong, c_ulong, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use layout::*;
use vm::{state, threads};

use crate::shape::*;

const LOCKED: u8 = 1;
/// What has to be done once has been done.
const ONCE_DONE: u8 = 4;
/// Somebody waits, and must be woken.
const WAITED_FOR: u8 = 2;

/// Where all who wait for a mutex of one byte sleep: such waits are rare and short.
static SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

unsafe fn byte<'a>(m: *mut PyMutex) -> &'a AtomicU8 {
    // SAFETY: the caller passes a mutex, which all access atomically.
    unsafe { AtomicU8::from_ptr(m.cast()) }
}

#[cold]
fn wait_for(state: &AtomicU8) {
    let (lock, woken) = &SLEEPERS;
    let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    while state.swap(LOCKED | WAITED_FOR, Ordering::Acquire) & LOCKED != 0 {
        guard = woken.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
}

/// As [`wait_for`], for so long at most; whether the mutex was got.
fn wait_until(state: &AtomicU8, timeout: Duration) -> bool {
    let (lock, woken) = &SLEEPERS;
    let end = std::time::Instant::now() + timeout;
    let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    while state.swap(LOCKED | WAITED_FOR, Ordering::Acquire) & LOCKED != 0 {
        let left = end.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() {
            return false;
        }
        guard = woken
            .wait_timeout(guard, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
    true
}

/// The flag of `_PyMutex_LockTimed` that lets other threads run meanwhile.
const DETACH: c_int = 1;

/// Runs what may block without the interpreter's lock, if the thread holds it.
fn detached<T>(f: impl FnOnce() -> T) -> T {
    if state::current_ptr().is_null() {
        f()
    } else {
        threads::allow(f)
    }
}

/// What a new thread is to do.
struct Start {
    function: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
}

extern "C" fn run_thread(start: *mut c_void) -> *mut c_void {
    // SAFETY: `PyThread_start_new_thread` passes a box.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    // SAFETY: the function and its argument belong together.
    unsafe { (start.function)(start.argument) };
    ptr::null_mut()
}

api! {
    fn PyMutex_Lock(m: *mut PyMutex) {
        let state = byte(m);
        if state.compare_exchange(0, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_err() {
            detached(|| wait_for(state));
        }
    }
    // 1 if it was got, 0 if not: in nanoseconds, for ever if negative.
    fn _PyMutex_LockTimed(m: *mut PyMutex, timeout: i64, flags: c_int) -> c_int {
        let state = byte(m);
        if state.compare_exchange(0, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok() { return 1; }
        let wait = || match u64::try_from(timeout) {
            Ok(0) => false,
            Ok(n) => wait_until(state, Duration::from_nanos(n)),
            Err(_) => { wait_for(state); true }
        };
        c_int::from(if flags & DETACH != 0 && timeout != 0 { detached(wait) } else { wait() })
    }
    fn PyMutex_Unlock(m: *mut PyMutex) {
        let was = byte(m).swap(0, Ordering::Release);
        if was & LOCKED == 0 { vm::fatal("PyMutex_Unlock: unlocking mutex that is not locked"); }
        if was & WAITED_FOR != 0 {
            let _guard = SLEEPERS.0.lock().unwrap_or_else(PoisonError::into_inner);
            SLEEPERS.1.notify_all();
        }
    }
    fn PyMutex_IsLocked(m: *mut PyMutex) -> c_int { c_int::from(byte(m).load(Ordering::Relaxed) & LOCKED != 0) }

    // With the interpreter's lock held, a critical section protects nothing that the lock does not.
    fn PyCriticalSection_Begin(_section: *mut c_void, _o: P) {}
    fn PyCriticalSection_BeginMutex(_section: *mut c_void, _m: *mut PyMutex) {}
    fn PyCriticalSection_End(_section: *mut c_void) {}
    fn PyCriticalSection2_Begin(_section: *mut c_void, _a: P, _c: P) {}
    fn PyCriticalSection2_BeginMutex(_section: *mut c_void, _a: *mut PyMutex, _c: *mut PyMutex) {}
    fn PyCriticalSection2_End(_section: *mut c_void) {}

    fn _PyOnceFlag_CallOnceSlow(flag: *mut u8, f: unsafe extern "C" fn(*mut c_void) -> c_int, arg: *mut c_void) -> c_int {
        let state = AtomicU8::from_ptr(flag);
        loop {
            match state.compare_exchange(0, LOCKED, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => break,
                Err(ONCE_DONE) => return 0,
                // Another thread is at it.
                Err(_) => detached(|| std::thread::sleep(Duration::from_micros(50))),
            }
        }
        let done = f(arg);
        state.store(if done == 0 { ONCE_DONE } else { 0 }, Ordering::Release);
        done
    }
    fn PyThread_start_new_thread(function: unsafe extern "C" fn(*mut c_void), argument: *mut c_void) -> c_ulong {
        let start = Box::into_raw(Box::new(Start { function, argument }));
        let mut thread: libc::pthread_t = 0;
        if libc::pthread_create(&mut thread, ptr::null(), run_thread, start.cast()) != 0 {
            drop(Box::from_raw(start));
            return c_ulong::MAX;
        }
        libc::pthread_detach(thread);
        thread
    }
    fn PyThread_exit_thread() { libc::pthread_exit(ptr::null_mut()); }
    fn PyThread_acquire_lock_timed(lock: *mut c_void, microseconds: c_longlong, _interruptible: c_int) -> c_int {
        let limit = u64::try_from(microseconds).ok().map(Duration::from_micros);
        c_int::from(crate::ceval::acquire_raw(lock, limit))
    }
    fn PyThread_get_stacksize() -> usize { vm::thread_handle::stack_size() }
    fn PyThread_set_stacksize(n: usize) -> c_int { vm::thread_handle::set_stack_size(n); 0 }
    fn PyThread_create_key() -> c_int {
        let mut key = 0;
        if libc::pthread_key_create(&mut key, None) == 0 { key as c_int } else { -1 }
    }
    fn PyThread_delete_key(key: c_int) { libc::pthread_key_delete(key as u32); }
    fn PyThread_set_key_value(key: c_int, v: *mut c_void) -> c_int { if libc::pthread_setspecific(key as u32, v) == 0 { 0 } else { -1 } }
    fn PyThread_get_key_value(key: c_int) -> *mut c_void { libc::pthread_getspecific(key as u32) }
    fn PyThread_delete_key_value(key: c_int) { libc::pthread_setspecific(key as u32, ptr::null()); }
    fn PyThread_ReInitTLS() {}

    fn PyThreadState_New(_i: *mut PyInterpreterState) -> *mut PyThreadState {
        let ts = threads::new_state();
        threads::add_state(ts);
        ptr::from_ref(ts).cast_mut().cast()
    }
    fn PyThreadState_Clear(ts: *mut PyThreadState) { threads::clear_state(&*ts.cast()); }
    fn PyThreadState_Delete(ts: *mut PyThreadState) { threads::delete_state(&*ts.cast()); }
    fn PyThreadState_DeleteCurrent() { threads::end_thread(state::current()); }
    fn PyThreadState_Next(ts: *mut PyThreadState) -> *mut PyThreadState { (*ts).next.get() }
    fn PyThreadState_EnterTracing(ts: *mut PyThreadState) { (*ts).tracing.set((*ts).tracing.get() + 1); }
    fn PyThreadState_LeaveTracing(ts: *mut PyThreadState) { (*ts).tracing.set((*ts).tracing.get() - 1); }
    fn PyInterpreterState_Head() -> *mut PyInterpreterState { vm::runtime::interpreter() }
    fn PyInterpreterState_Next(_i: *mut PyInterpreterState) -> *mut PyInterpreterState { ptr::null_mut() }
    fn PyInterpreterState_ThreadHead(_i: *mut PyInterpreterState) -> *mut PyThreadState {
        threads::states().first().map_or(ptr::null_mut(), |ts| ptr::from_ref(*ts).cast_mut().cast())
    }
    fn PyOS_AfterFork_Child() { threads::after_fork_child(); }
    fn PyOS_AfterFork_Parent() {}
    fn PyOS_BeforeFork() {}
    fn PyOS_getsig(signal: c_int) -> libc::sighandler_t {
        let mut action: libc::sigaction = core::mem::zeroed();
        if libc::sigaction(signal, ptr::null(), &mut action) < 0 { libc::SIG_ERR } else { action.sa_sigaction }
    }
    fn PyOS_setsig(signal: c_int, handler: libc::sighandler_t) -> libc::sighandler_t {
        let before = PyOS_getsig(signal);
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = handler;
        libc::sigemptyset(&mut action.sa_mask);
        if libc::sigaction(signal, &action, ptr::null_mut()) < 0 { libc::SIG_ERR } else { before }
    }
    fn PyOS_mystricmp(a: *const c_char, c: *const c_char) -> c_int { libc::strcasecmp(a, c) }
    fn PyOS_mystrnicmp(a: *const c_char, c: *const c_char, n: isize) -> c_int { libc::strncasecmp(a, c, n.max(0) as usize) }
    fn PyTraceMalloc_Track(_domain: u32, _p: usize, _n: usize) -> c_int { TRACING_IS_OFF }
    fn PyTraceMalloc_Untrack(_domain: u32, _p: usize) -> c_int { TRACING_IS_OFF }
    fn PyTime_Time(out: *mut i64) -> c_int { clock(libc::CLOCK_REALTIME, out) }
    fn PyTime_TimeRaw(out: *mut i64) -> c_int { clock(libc::CLOCK_REALTIME, out) }
    fn PyTime_Monotonic(out: *mut i64) -> c_int { clock(libc::CLOCK_MONOTONIC, out) }
    fn PyTime_MonotonicRaw(out: *mut i64) -> c_int { clock(libc::CLOCK_MONOTONIC, out) }
    fn PyTime_PerfCounter(out: *mut i64) -> c_int { clock(libc::CLOCK_MONOTONIC, out) }
    fn PyTime_PerfCounterRaw(out: *mut i64) -> c_int { clock(libc::CLOCK_MONOTONIC, out) }
    fn PyTime_AsSecondsDouble(ns: i64) -> f64 { ns as f64 / 1e9 }
}

/// What the functions of `tracemalloc` answer while it does not trace, as it never does here.
const TRACING_IS_OFF: c_int = -2;

unsafe fn clock(id: libc::clockid_t, out: *mut i64) -> c_int {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes to the struct and to the caller's place.
    unsafe {
        if libc::clock_gettime(id, &mut now) != 0 {
            return -1;
        }
        *out = now.tv_sec as c_long * 1_000_000_000 + now.tv_nsec;
    }
    0
}
