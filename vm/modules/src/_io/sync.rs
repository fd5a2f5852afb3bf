//! The lock of a buffered stream: a call that blocks gives the interpreter's lock up, so another thread may get at the
//! stream in mid-operation.
//!
//! Taking it is a test and a store, because that happens under the interpreter's lock; only a thread that has to wait gives
//! that up. A thread that wants the lock it already has gets an error, since it would wait for itself.

use core::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};

use vm::err::{Result, raise};
use vm::object::*;
use vm::{state, threads};

/// How often any of these locks was released with somebody waiting.
static RELEASES: Mutex<u64> = Mutex::new(0);
static RELEASED: Condvar = Condvar::new();

/// Held by one thread at a time; the same thread may not take it twice.
pub struct Lock {
    /// The thread state that holds it, as an address; 0 is nobody.
    owner: Cell<usize>,
    waiting: Cell<u32>,
}

/// Gives the lock back.
pub struct Held<'a>(&'a Lock);

impl Lock {
    pub const fn new() -> Lock {
        Lock {
            owner: Cell::new(0),
            waiting: Cell::new(0),
        }
    }

    /// Takes the lock for an operation on `stream`.
    #[inline]
    pub fn hold(&self, stream: &Obj) -> Result<Held<'_>> {
        let me = state::current_ptr() as usize;
        if self.owner.get() != 0 {
            self.wait(me, stream)?;
        }
        self.owner.set(me);
        Ok(Held(self))
    }

    #[cold]
    fn wait(&self, me: usize, stream: &Obj) -> Result<()> {
        if self.owner.get() == me {
            return raise!(RuntimeError, "reentrant call inside {}", repr_lossy(stream));
        }
        while self.owner.get() != 0 {
            // An owner that never comes back: stopped by the shutdown, or not there since a fork.
            let owner = self.owner.get();
            let lives = threads::states()
                .iter()
                .any(|ts| core::ptr::from_ref(*ts) as usize == owner);
            if !lives || threads::is_finalizing() {
                break;
            }
            self.waiting.set(self.waiting.get() + 1);
            let seen = *RELEASES.lock().unwrap_or_else(PoisonError::into_inner);
            threads::allow(|| {
                let mut releases = RELEASES.lock().unwrap_or_else(PoisonError::into_inner);
                while *releases == seen {
                    releases = RELEASED
                        .wait(releases)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            });
            self.waiting.set(self.waiting.get() - 1);
        }
        Ok(())
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.owner.set(0);
        if self.0.waiting.get() != 0 {
            *RELEASES.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            RELEASED.notify_all();
        }
    }
}
