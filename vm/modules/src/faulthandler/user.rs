//! Tracebacks at signals that a program chooses.

use core::cell::Cell;
use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;

use vm::args;
use vm::err::{self, Result, raise};
use vm::object::*;
use vm::signals::NSIG;
use vm::threads;

use super::{Kept, descriptor, dump, flag};

struct Registered {
    enabled: Cell<bool>,
    fd: Cell<c_int>,
    all_threads: Cell<bool>,
    chain: Cell<bool>,
    file: Kept,
    before: Cell<MaybeUninit<libc::sigaction>>,
}

// SAFETY: written under the lock; a handler only reads plain fields.
unsafe impl Sync for Registered {}

static SIGNALS: [Registered; NSIG] = [const {
    Registered {
        enabled: Cell::new(false),
        fd: Cell::new(2),
        all_threads: Cell::new(true),
        chain: Cell::new(false),
        file: Cell::new(None),
        before: Cell::new(MaybeUninit::zeroed()),
    }
}; NSIG];

const FATAL: [c_int; 5] = [
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGABRT,
    libc::SIGSEGV,
];

fn registered(signum: &Obj) -> Result<(c_int, &'static Registered)> {
    let signal = args::to_i32(signum)?;
    if FATAL.contains(&signal) {
        return raise!(
            RuntimeError,
            "signal {signal} cannot be registered, use enable() instead"
        );
    }
    if !(1..NSIG as c_int).contains(&signal) {
        return raise!(ValueError, "signal number out of range");
    }
    Ok((signal, &SIGNALS[signal as usize]))
}

pub fn register(_: &Obj, [signum, file, all_threads, chain]: [Option<&Obj>; 4]) -> Result<()> {
    let (signal, row) = registered(signum.expect("the signature asks for it"))?;
    let (fd, file) = descriptor(file)?;
    row.fd.set(fd);
    row.file.set(file);
    row.all_threads.set(flag(all_threads, true)?);
    row.chain.set(flag(chain, false)?);
    if !row.enabled.get() {
        let mut before = MaybeUninit::zeroed();
        if !install(signal, row, before.as_mut_ptr()) {
            return Err(err::last_os_error(None));
        }
        row.before.set(before);
        row.enabled.set(true);
    }
    Ok(())
}

fn install(signal: c_int, row: &Registered, before: *mut libc::sigaction) -> bool {
    // SAFETY: the handler keeps to what is allowed in one.
    unsafe {
        let mut action: libc::sigaction = core::mem::zeroed();
        action.sa_sigaction = handle as extern "C" fn(c_int) as usize;
        // Calls that the signal interrupts go on; a handler before ours runs inside ours.
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        if row.chain.get() {
            action.sa_flags |= libc::SA_NODEFER;
        }
        libc::sigaction(signal, &action, before) == 0
    }
}

pub fn unregister(_: &Obj, signum: &Obj) -> Result<bool> {
    let (signal, row) = registered(signum)?;
    row.file.set(None);
    let was = row.enabled.replace(false);
    if was {
        let before = row.before.get();
        // SAFETY: what the kernel told when ours was set.
        unsafe { libc::sigaction(signal, before.as_ptr(), ptr::null_mut()) };
    }
    Ok(was)
}

extern "C" fn handle(signal: c_int) {
    let row = &SIGNALS[signal as usize];
    if !row.enabled.get() {
        return;
    }
    // SAFETY: the thread's own variable.
    let errno = unsafe { *libc::__errno_location() };
    if let Some(ts) = threads::bound_state() {
        if row.all_threads.get() {
            dump::threads(row.fd.get(), ts, Some(ts));
        } else {
            dump::traceback(row.fd.get(), ts);
        }
    }
    if row.chain.get() {
        let before = row.before.get();
        // SAFETY: the handler before ours gets the signal, then ours is back.
        unsafe {
            libc::sigaction(signal, before.as_ptr(), ptr::null_mut());
            *libc::__errno_location() = errno;
            libc::raise(signal);
        }
        install(signal, row, ptr::null_mut());
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}
