//! The lock of a buffered stream: a call that blocks gives the interpreter's lock up, so another thread may get at the
//! stream in mid-operation.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use vm::err::{Result, raise};
use vm::object::*;
use vm::threads;

/// Held by one thread at a time; the same thread may not take it twice.
pub struct Lock {
    owner: Mutex<Option<ThreadId>>,
    freed: Condvar,
}

/// Gives the lock back.
pub struct Held<'a>(&'a Lock);

impl Lock {
    pub const fn new() -> Lock {
        Lock {
            owner: Mutex::new(None),
            freed: Condvar::new(),
        }
    }

    /// Takes the lock for an operation on `stream`.
    pub fn hold(&self, stream: &Obj) -> Result<Held<'_>> {
        let me = thread::current().id();
        {
            let mut owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
            match *owner {
                None => {
                    *owner = Some(me);
                    return Ok(Held(self));
                }
                Some(holder) if holder == me => {
                    drop(owner);
                    return raise!(RuntimeError, "reentrant call inside {}", repr_lossy(stream));
                }
                Some(_) => {}
            }
        }
        threads::allow(|| {
            let owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
            let mut owner = self
                .freed
                .wait_while(owner, |owner| owner.is_some())
                .unwrap_or_else(PoisonError::into_inner);
            *owner = Some(me);
        });
        Ok(Held(self))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self.0.owner.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.freed.notify_one();
    }
}
