//! Signals: a C handler notes that one came, and the main thread calls the Python handler at its next check.

use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};


use crate::err::Result;
use crate::interp::pending::request;
use crate::object::*;
use crate::protocol::{call, object};
use crate::threads;
use crate::types::int;

/// One more than the highest signal number.
pub const NSIG: usize = 65;

struct Handlers([Slot; NSIG]);

// SAFETY: touched under the global interpreter lock.
unsafe impl Sync for Handlers {}

static TRIPPED: [AtomicBool; NSIG] = [const { AtomicBool::new(false) }; NSIG];
static ANY_TRIPPED: AtomicBool = AtomicBool::new(false);
static HANDLERS: Handlers = Handlers([const { Slot::empty() }; NSIG]);
/// The descriptor that a byte is written to for each signal (`signal.set_wakeup_fd`); -1 is none.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
static WARN_ON_FULL: AtomicBool = AtomicBool::new(true);

/// The Python handler of a signal: a callable, or one of the integers for default and ignored.
pub fn handler(signal: usize) -> Option<Ref> {
    HANDLERS.0[signal].get()
}

/// Sets the Python handler of a signal.
pub fn set_handler(signal: usize, handler: Option<Ref>) {
    HANDLERS.0[signal].set(handler);
}

/// Sets the wake-up descriptor, and returns the one before.
pub fn set_wakeup_fd(fd: i32, warn_on_full: bool) -> i32 {
    WARN_ON_FULL.store(warn_on_full, Ordering::Relaxed);
    WAKEUP_FD.swap(fd, Ordering::AcqRel)
}

/// Notes a signal. Safe in a signal handler.
pub fn trip(signal: c_int) {
    let Some(flag) = TRIPPED.get(signal as usize) else { return };
    flag.store(true, Ordering::Relaxed);
    ANY_TRIPPED.store(true, Ordering::Release);
    threads::ask_holder(request::SIGNALS);
    let fd = WAKEUP_FD.load(Ordering::Acquire);
    if fd != -1 {
        let byte = signal as u8;
        // SAFETY: write is safe in a handler.
        unsafe { libc::write(fd, (&raw const byte).cast(), 1) };
    }
}

/// The C handler of every signal with a Python handler.
///
/// # Safety
/// Called by the kernel.
pub unsafe extern "C" fn on_signal(signal: c_int) {
    let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    trip(signal);
    // SAFETY: the thread's own errno.
    unsafe { *libc::__errno_location() = errno };
}

/// Whether a signal waits for its Python handler.
pub fn is_pending() -> bool {
    ANY_TRIPPED.load(Ordering::Acquire)
}

/// Calls the Python handlers of the signals that came; only in the main thread.
pub fn run_handlers() -> Result<()> {
    if !threads::is_main_thread() {
        // The main thread will see to it.
        threads::ask_holder(request::SIGNALS);
        return Ok(());
    }
    if !ANY_TRIPPED.swap(false, Ordering::AcqRel) {
        return Ok(());
    }
    for (signal, flag) in TRIPPED.iter().enumerate().skip(1) {
        if !flag.swap(false, Ordering::AcqRel) {
            continue;
        }
        let Some(f) = handler(signal) else { continue };
        if !object::is_callable(&f) {
            continue; // It was set back to default or ignored meanwhile.
        }
        let frame = crate::frame::current_frame_object().unwrap_or_else(none);
        let number = int::from_i64(signal as i64);
        if let Err(raised) = call::call(&f, &[number.as_obj(), &frame]) {
            // The others come at the next check.
            ANY_TRIPPED.store(true, Ordering::Release);
            threads::ask_holder(request::SIGNALS);
            return Err(raised);
        }
    }
    Ok(())
}

/// Lets pending signals raise in a system call's retry loop (PEP 475): `Ok` means try again.
pub fn check() -> Result<()> {
    if is_pending() && threads::is_main_thread() { run_handlers() } else { Ok(()) }
}

