//! Calls that other threads and native code ask for: by the main thread (`Py_AddPendingCall`), or by whichever thread
//! comes to the end of an instruction first.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::err::{Raised, Result};
use crate::interp::pending::{ask, request};
use crate::state;
use crate::threads;

/// A function that answers 0, or another number with an error set.
pub type Function = unsafe extern "C" fn(*mut c_void) -> c_int;

/// Calls that wait, in the order in which they were asked for.
pub struct Queue {
    calls: Mutex<VecDeque<(Function, usize)>>,
    waiting: AtomicBool,
    running: AtomicBool,
    room: usize,
    ask: fn(usize),
}

/// What the main thread is asked to call.
pub static MAIN: Queue = Queue::new(32, threads::ask_holder);

/// What any thread is asked to call.
pub static ANYBODY: Queue = Queue::new(300, threads::ask_running);

impl Queue {
    const fn new(room: usize, ask: fn(usize)) -> Queue {
        Queue {
            calls: Mutex::new(VecDeque::new()),
            waiting: AtomicBool::new(false),
            running: AtomicBool::new(false),
            room,
            ask,
        }
    }

    fn calls(&self) -> MutexGuard<'_, VecDeque<(Function, usize)>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is something to call.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    /// Asks for `f(arg)` to be called soon; false if too much is asked already.
    pub fn add(&self, f: Function, arg: *mut c_void) -> bool {
        let mut calls = self.calls();
        if calls.len() >= self.room {
            return false;
        }
        calls.push_back((f, arg as usize));
        self.waiting.store(true, Ordering::Release);
        drop(calls);
        (self.ask)(request::CALLS);
        true
    }

    fn next(&self) -> Option<(Function, usize)> {
        let mut calls = self.calls();
        let next = calls.pop_front();
        self.waiting.store(!calls.is_empty(), Ordering::Release);
        next
    }

    /// Makes the calls, unless somebody is at it. After an error the others wait for the next time.
    fn run(&self) -> Result<()> {
        if self.running.swap(true, Ordering::Acquire) {
            return Ok(());
        }
        let mut done = Ok(());
        while let Some((f, arg)) = self.next() {
            // SAFETY: whoever queued it vouches for function and argument.
            if unsafe { f(arg as *mut c_void) } != 0 {
                done = Err(Raised::assume());
                break;
            }
        }
        self.running.store(false, Ordering::Release);
        if self.is_waiting() {
            ask(state::current(), request::CALLS);
        }
        done
    }
}

/// Makes the calls that were asked of the running thread.
pub fn run() -> Result<()> {
    ANYBODY.run()?;
    if threads::is_main_thread() {
        MAIN.run()?;
    }
    Ok(())
}
