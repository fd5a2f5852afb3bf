//! A lock that any thread may release, whose waiters see signals: what Python's locks and C's `PyThread_type_lock` are.
//!
//! One word, waited for with a futex: 0 is free, 1 is taken, 2 is taken and somebody may be waiting. Waiting happens without
//! the interpreter's lock. The word needs no destructor, so a lock can lie in any object.

use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::err::Result;
use crate::{signals, threads};

/// The lock.
#[repr(transparent)]
pub struct RawLock(AtomicU32);

const FREE: u32 = 0;
const TAKEN: u32 = 1;
const CONTENDED: u32 = 2;

/// How waiting ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waited {
    /// The lock is the caller's.
    Acquired,
    /// The time is over.
    TimedOut,
    /// A signal came.
    Interrupted,
}

impl RawLock {
    /// A free lock.
    pub const fn new() -> RawLock {
        RawLock(AtomicU32::new(FREE))
    }

    /// Takes it if it is free.
    pub fn try_acquire(&self) -> bool {
        self.0
            .compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Whether somebody has it.
    pub fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed) != FREE
    }

    /// Gives it up; whoever waits may take it.
    pub fn release(&self) {
        if self.0.swap(FREE, Ordering::Release) == CONTENDED {
            // SAFETY: the system call only reads the word's address.
            unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.word(),
                    libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                    1,
                )
            };
        }
    }

    /// Makes it free, whoever had it: in the child after a fork.
    pub fn reset(&self) {
        self.0.store(FREE, Ordering::Release);
    }

    fn word(&self) -> *const u32 {
        self.0.as_ptr().cast_const()
    }

    /// Waits for it, with no regard to the interpreter's lock.
    pub fn wait(&self, deadline: Option<Instant>) -> Waited {
        loop {
            if self.0.swap(CONTENDED, Ordering::Acquire) == FREE {
                return Waited::Acquired;
            }
            let mut left = libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let mut timeout = ptr::null();
            if let Some(deadline) = deadline {
                let rest = deadline.saturating_duration_since(Instant::now());
                if rest.is_zero() {
                    return Waited::TimedOut;
                }
                left.tv_sec = i64::try_from(rest.as_secs()).unwrap_or(i64::MAX);
                left.tv_nsec = i64::from(rest.subsec_nanos());
                timeout = &raw const left;
            }
            // SAFETY: the word and the timeout outlive the call.
            let status = unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.word(),
                    libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                    CONTENDED,
                    timeout,
                )
            };
            if status != 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) {
                return Waited::Interrupted;
            }
        }
    }

    /// Waits for it as Python code does: the interpreter's lock is given up meanwhile, and signals' handlers run; what they
    /// raise ends the waiting. The answer is false if the time is over.
    pub fn acquire(&self, timeout: Option<Duration>) -> Result<bool> {
        if self.try_acquire() {
            return Ok(true);
        }
        if timeout == Some(Duration::ZERO) {
            return Ok(false);
        }
        let deadline = timeout.and_then(|t| Instant::now().checked_add(t));
        loop {
            match threads::allow(|| self.wait(deadline)) {
                Waited::Acquired => return Ok(true),
                Waited::TimedOut => return Ok(false),
                Waited::Interrupted => signals::check()?,
            }
        }
    }

    /// As [`acquire`](Self::acquire) with no timeout, for waits that must not fail.
    pub fn acquire_always(&self) {
        if !self.try_acquire() {
            threads::allow(|| while self.wait(None) != Waited::Acquired {});
        }
    }
}

impl Default for RawLock {
    fn default() -> Self {
        RawLock::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excludes_and_times_out() {
        let lock = RawLock::new();
        assert!(lock.try_acquire());
        assert!(!lock.try_acquire());
        let soon = Instant::now() + Duration::from_millis(5);
        assert_eq!(lock.wait(Some(soon)), Waited::TimedOut);
        lock.release();
        assert_eq!(lock.wait(None), Waited::Acquired);
        assert!(lock.is_locked());
        lock.release();
        assert!(!lock.is_locked());
    }

    #[test]
    fn hands_over_to_a_waiter() {
        static LOCK: RawLock = RawLock::new();
        assert!(LOCK.try_acquire());
        let waiter = std::thread::spawn(|| LOCK.wait(None));
        std::thread::sleep(Duration::from_millis(10));
        LOCK.release();
        assert_eq!(waiter.join().ok(), Some(Waited::Acquired));
    }
}
