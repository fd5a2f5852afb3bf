//! Signals: a C handler notes that one came, and the main thread calls the Python handler at its next check.

use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use layout::*;

use crate::err::{self, Result, exc};
use crate::interp::pending::request;
use crate::object::*;
use crate::protocol::{call, object};
use crate::threads;
use crate::types::{cfunction, int};

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
/// The error of a write to it that is still to be reported.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);

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
    let Some(flag) = TRIPPED.get(signal as usize) else {
        return;
    };
    flag.store(true, Ordering::Relaxed);
    ANY_TRIPPED.store(true, Ordering::Release);
    threads::ask_holder(request::SIGNALS);
    let fd = WAKEUP_FD.load(Ordering::Acquire);
    if fd != -1 {
        let byte = signal as u8;
        // SAFETY: write is safe in a handler.
        if unsafe { libc::write(fd, (&raw const byte).cast(), 1) } < 0 {
            let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
            let is_full = errno == libc::EAGAIN || errno == libc::EWOULDBLOCK;
            if !is_full || WARN_ON_FULL.load(Ordering::Relaxed) {
                WAKEUP_ERROR.store(errno, Ordering::Relaxed);
            }
        }
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
    let wakeup_error = WAKEUP_ERROR.swap(0, Ordering::Relaxed);
    if wakeup_error != 0 {
        err::preserved(|| {
            let _ = err::errno(wakeup_error, None);
            err::write_unraisable(
                None,
                Some("Exception ignored when trying to write to the signal wakeup fd"),
            );
        });
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

/// In the child after a fork: signals that the parent got are the parent's.
pub fn after_fork_child() {
    for flag in &TRIPPED {
        flag.store(false, Ordering::Relaxed);
    }
    ANY_TRIPPED.store(false, Ordering::Release);
}

/// Lets pending signals raise in a system call's retry loop (PEP 475): `Ok` means try again.
pub fn check() -> Result<()> {
    if is_pending() && threads::is_main_thread() {
        run_handlers()
    } else {
        Ok(())
    }
}

// ---- Start-up ----

/// What SIGINT does unless a program says otherwise.
static DEFAULT_INT_HANDLER: PyMethodDef = crate::fastcall!(
    "default_int_handler",
    default_int_handler,
    "($module, signalnum, frame, /)"
);
static DEFAULT_INT_HANDLER_OBJECT: Global<Option<&'static Obj>> = Global::new(None);

fn default_int_handler(_: &Obj, args: &[&Obj]) -> Result<()> {
    crate::args::expect("default_int_handler", args, 2..=2)?;
    Err(err::set_object(&exc::KeyboardInterrupt, NONE()))
}

/// The function `signal.default_int_handler`.
pub fn default_int_handler_object() -> Ref {
    let known = DEFAULT_INT_HANDLER_OBJECT.get().unwrap_or_else(|| {
        let made = cfunction::new(
            (&raw const DEFAULT_INT_HANDLER).cast_mut(),
            Some(crate::runtime::sys()),
            Some(crate::intern!("_signal")),
        );
        // SAFETY: the reference is never given up.
        let made: &'static Obj = unsafe { &*made.into_raw() };
        DEFAULT_INT_HANDLER_OBJECT.set(Some(made));
        made
    });
    known.new_ref()
}

/// What the system does on a signal now; `None` if there is no such signal.
fn disposition(signal: c_int) -> Option<libc::sighandler_t> {
    let mut action = core::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: only asks; the struct is filled in on success.
    unsafe {
        (libc::sigaction(signal, core::ptr::null(), action.as_mut_ptr()) == 0)
            .then(|| action.assume_init().sa_sigaction)
    }
}

/// Sets what the system does on a signal; false with `errno` set if it refuses.
pub fn set_disposition(signal: c_int, handler: libc::sighandler_t) -> bool {
    // SAFETY: the handler is ours or one of the system's constants; no system call restarts by itself (PEP 475).
    unsafe {
        let mut action = core::mem::zeroed::<libc::sigaction>();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(signal, &action, core::ptr::null_mut()) == 0
    }
}

/// Takes note of the dispositions the process was started with, ignores SIGPIPE and SIGXFSZ, and makes SIGINT raise
/// `KeyboardInterrupt`.
pub fn init() {
    set_disposition(libc::SIGPIPE, libc::SIG_IGN);
    set_disposition(libc::SIGXFSZ, libc::SIG_IGN);
    for signal in 1..NSIG {
        let known = match disposition(signal as c_int) {
            Some(libc::SIG_DFL) => Some(int::from_i64(0).into_obj()),
            Some(libc::SIG_IGN) => Some(int::from_i64(1).into_obj()),
            // Handlers of Rust's own, which tell of stack overflows.
            _ if signal == libc::SIGSEGV as usize || signal == libc::SIGBUS as usize => {
                Some(int::from_i64(0).into_obj())
            }
            _ => None,
        };
        set_handler(signal, known);
    }
    if disposition(libc::SIGINT) == Some(libc::SIG_DFL) {
        set_handler(libc::SIGINT as usize, Some(default_int_handler_object()));
        set_disposition(libc::SIGINT, on_signal as *const () as libc::sighandler_t);
    }
}
