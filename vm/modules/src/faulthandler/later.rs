//! Tracebacks of all threads once a time has passed, written by a thread of their own.

use core::cell::Cell;
use core::ffi::c_int;
use core::fmt::Write as _;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use vm::err::{Result, raise};
use vm::object::*;
use vm::state::{self, ThreadState};
use vm::threads;
use vm::time::{self, Round};

use super::dump::{self, Out};
use super::{Kept, descriptor, flag};

/// Set once nobody wants the dump any more.
type Cancelled = Arc<(Mutex<bool>, Condvar)>;

struct Watchdog {
    cancelled: Cancelled,
    thread: std::thread::JoinHandle<()>,
}

struct State {
    watchdog: Cell<Option<Watchdog>>,
    file: Kept,
}

// SAFETY: used under the lock alone.
unsafe impl Sync for State {}

static STATE: State = State {
    watchdog: Cell::new(None),
    file: Cell::new(None),
};

struct Plan {
    timeout: Duration,
    repeat: bool,
    exit: bool,
    fd: c_int,
    /// A listed thread, from which all are found.
    anyone: &'static ThreadState,
}

// SAFETY: the thread reads what may be read without the lock.
unsafe impl Send for Plan {}

pub fn dump_traceback_later(
    _: &Obj,
    [timeout, repeat, file, exit]: [Option<&Obj>; 4],
) -> Result<()> {
    let timeout = timeout.expect("the signature asks for it");
    let nanoseconds = time::from_seconds(timeout, Round::Up)?;
    if nanoseconds <= 0 {
        return raise!(ValueError, "timeout must be greater than 0");
    }
    let (repeat, exit) = (flag(repeat, false)?, flag(exit, false)?);
    let (fd, file) = descriptor(file)?;
    stop();
    STATE.file.set(file);
    let plan = Plan {
        timeout: Duration::from_nanos(nanoseconds as u64),
        repeat,
        exit,
        fd,
        anyone: state::current(),
    };
    let cancelled = Cancelled::default();
    let seen = cancelled.clone();
    let thread = std::thread::Builder::new().name("faulthandler".to_owned());
    match thread.spawn(move || watch(plan, &seen)) {
        Ok(thread) => STATE.watchdog.set(Some(Watchdog { cancelled, thread })),
        Err(_) => return raise!(RuntimeError, "unable to start watchdog thread"),
    }
    Ok(())
}

pub fn cancel(_: &Obj) -> Result<()> {
    stop();
    STATE.file.set(None);
    Ok(())
}

fn stop() {
    let Some(watchdog) = STATE.watchdog.take() else {
        return;
    };
    let (cancelled, condition) = &*watchdog.cancelled;
    if let Ok(mut cancelled) = cancelled.lock() {
        *cancelled = true;
    }
    condition.notify_all();
    threads::allow(|| {
        let _ = watchdog.thread.join();
    });
}

fn watch(plan: Plan, cancelled: &Cancelled) {
    // SAFETY: signals are for the threads that run Python code.
    unsafe {
        let mut all: libc::sigset_t = core::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, core::ptr::null_mut());
    }
    let (flag, condition) = &**cancelled;
    loop {
        let Ok(guard) = flag.lock() else { return };
        let waited = condition.wait_timeout_while(guard, plan.timeout, |cancelled| !*cancelled);
        match waited {
            Ok((guard, result)) if !*guard && result.timed_out() => {}
            _ => return,
        }
        heading(&plan);
        dump::threads(plan.fd, plan.anyone, None);
        if plan.exit {
            // SAFETY: ends the process, as asked for.
            unsafe { libc::_exit(1) };
        }
        if !plan.repeat {
            return;
        }
    }
}

fn heading(plan: &Plan) {
    let (seconds, micros) = (plan.timeout.as_secs(), plan.timeout.subsec_micros());
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut out = Out(plan.fd);
    let _ = write!(out, "Timeout ({hours}:{minutes:02}:{seconds:02}");
    if micros != 0 {
        let _ = write!(out, ".{micros:06}");
    }
    let _ = out.write_str(")!\n");
}
