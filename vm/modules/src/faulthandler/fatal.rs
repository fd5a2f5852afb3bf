//! Signals that end the process: tracebacks first, then what would have happened anyway.

use core::cell::Cell;
use core::ffi::c_int;
use core::fmt::Write as _;
use core::mem::MaybeUninit;
use core::ptr;

use vm::err::Result;
use vm::object::*;
use vm::threads;

use super::Kept;
use super::dump::{self, Out};

struct Fault {
    signal: c_int,
    name: &'static str,
    before: Cell<MaybeUninit<libc::sigaction>>,
}

const fn fault(signal: c_int, name: &'static str) -> Fault {
    Fault {
        signal,
        name,
        before: Cell::new(MaybeUninit::zeroed()),
    }
}

struct State {
    enabled: Cell<bool>,
    fd: Cell<c_int>,
    all_threads: Cell<bool>,
    native_stack: Cell<bool>,
    file: Kept,
    faults: [Fault; 5],
}

// SAFETY: written under the lock; a handler only reads plain fields.
unsafe impl Sync for State {}

static STATE: State = State {
    enabled: Cell::new(false),
    fd: Cell::new(2),
    all_threads: Cell::new(true),
    native_stack: Cell::new(true),
    file: Cell::new(None),
    faults: [
        fault(libc::SIGBUS, "Bus error"),
        fault(libc::SIGILL, "Illegal instruction"),
        fault(libc::SIGFPE, "Floating-point exception"),
        fault(libc::SIGABRT, "Aborted"),
        fault(libc::SIGSEGV, "Segmentation fault"),
    ],
};

/// A handler needs a stack where the thread's own is used up.
const STACK: usize = 64 << 10;

pub fn enable(fd: c_int, file: Option<Ref>, all_threads: bool, native_stack: bool) -> Result<()> {
    STATE.fd.set(fd);
    STATE.file.set(file);
    STATE.all_threads.set(all_threads);
    STATE.native_stack.set(native_stack);
    if STATE.enabled.replace(true) {
        return Ok(());
    }
    provide_stack();
    for fault in &STATE.faults {
        // SAFETY: the handler keeps to what is allowed in one.
        unsafe {
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = handle as extern "C" fn(c_int) as usize;
            action.sa_flags = libc::SA_NODEFER | libc::SA_ONSTACK;
            let mut before = MaybeUninit::zeroed();
            libc::sigaction(fault.signal, &action, before.as_mut_ptr());
            fault.before.set(before);
        }
    }
    Ok(())
}

/// Gives the calling thread a stack for handlers if it has none.
fn provide_stack() {
    // SAFETY: asks, and sets a stack that is never freed.
    unsafe {
        let mut now: libc::stack_t = core::mem::zeroed();
        if libc::sigaltstack(ptr::null(), &mut now) == 0 && now.ss_flags & libc::SS_DISABLE == 0 {
            return;
        }
        now.ss_sp = libc::malloc(STACK);
        now.ss_size = STACK;
        now.ss_flags = 0;
        if !now.ss_sp.is_null() {
            libc::sigaltstack(&now, ptr::null_mut());
        }
    }
}

pub fn disable(_: &Obj) -> Result<bool> {
    let was = STATE.enabled.replace(false);
    if was {
        STATE.faults.iter().for_each(restore);
    }
    STATE.file.set(None);
    Ok(was)
}

pub fn is_enabled(_: &Obj) -> Result<bool> {
    Ok(STATE.enabled.get())
}

fn restore(fault: &Fault) {
    let before = fault.before.get();
    // SAFETY: what the kernel told when ours was set.
    unsafe { libc::sigaction(fault.signal, before.as_ptr(), ptr::null_mut()) };
}

extern "C" fn handle(signal: c_int) {
    let Some(fault) = STATE.faults.iter().find(|f| f.signal == signal) else {
        return;
    };
    // SAFETY: the thread's own variable.
    let errno = unsafe { *libc::__errno_location() };
    // A fault in here goes to whoever was there before.
    restore(fault);
    let fd = STATE.fd.get();
    let _ = writeln!(Out(fd), "Fatal Python error: {}\n", fault.name);
    if let Some(ts) = threads::bound_state() {
        if STATE.all_threads.get() {
            dump::threads(fd, ts, Some(ts));
        } else {
            dump::traceback(fd, ts);
        }
    }
    if STATE.native_stack.get() {
        let _ = Out(fd).write_char('\n');
        dump::native_stack(fd);
    }
    // SAFETY: as above; and the signal is raised once more for the handler before ours.
    unsafe {
        *libc::__errno_location() = errno;
        libc::raise(signal);
        // A handler may only have put the default back, and returned so that the fault comes again.
        let mut now: libc::sigaction = core::mem::zeroed();
        libc::sigaction(signal, ptr::null(), &mut now);
        if now.sa_sigaction == libc::SIG_DFL {
            libc::raise(signal);
        }
    }
}
