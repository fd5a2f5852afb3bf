//! System calls: without the global lock, again when a signal interrupts, and `errno` as `OSError`.
//!
//! Invariant: `errno` is read right after the call, before the lock is taken again.

use vm::err::{self, Raised, Result};
use vm::object::Obj;
use vm::{signals, threads};

/// What a failed call leaves: the error number.
pub type Status<T> = core::result::Result<T, i32>;

/// The calling thread's error number.
pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// A C answer, where -1 means an error.
pub trait Answer: Copy {
    /// Whether it is -1.
    fn is_error(self) -> bool;
}

macro_rules! answers {
    ($($int:ident)*) => {$(
        impl Answer for $int {
            fn is_error(self) -> bool {
                self == -1
            }
        }
    )*};
}

answers!(i32 i64 isize);

impl<T> Answer for *mut T {
    fn is_error(self) -> bool {
        self.is_null()
    }
}

/// The answer of a call, or its error number.
pub fn status<T: Answer>(answer: T) -> Status<T> {
    if answer.is_error() {
        Err(errno())
    } else {
        Ok(answer)
    }
}

/// A call for a descriptor. If there is none left it is made once more, after those that only dead objects hold are closed.
pub fn descriptor<T: Answer>(mut f: impl FnMut() -> T) -> Status<T> {
    match once(&mut f) {
        Err(libc::EMFILE | libc::ENFILE) if gc::reclaim() => once(f),
        done => done,
    }
}

/// As [`descriptor`], made again when a signal has interrupted it and the signal's handler did not raise.
pub fn descriptor_retried<T: Answer>(mut f: impl FnMut() -> T) -> Result<Status<T>> {
    loop {
        match descriptor(&mut f) {
            Err(libc::EINTR) => signals::check()?,
            done => return Ok(done),
        }
    }
}

/// A call that may block; it is made once.
pub fn once<T: Answer>(f: impl FnOnce() -> T) -> Status<T> {
    threads::allow(|| status(f()))
}

/// A call that may block; it is made again when a signal has interrupted it and the signal's handler did not raise.
pub fn retry<T: Answer>(mut f: impl FnMut() -> T) -> Result<Status<T>> {
    loop {
        match threads::allow(|| status(f())) {
            Err(libc::EINTR) => signals::check()?,
            done => return Ok(done),
        }
    }
}

/// As [`retry`], and an error is raised.
pub fn retry_or_raise<T: Answer>(f: impl FnMut() -> T) -> Result<T> {
    retry(f)?.map_err(raise)
}

/// As [`once`], and an error is raised.
pub fn once_or_raise<T: Answer>(f: impl FnOnce() -> T) -> Result<T> {
    once(f).map_err(raise)
}

/// A call that does not block: made with the lock held, an error is raised.
pub fn quick<T: Answer>(answer: T) -> Result<T> {
    status(answer).map_err(raise)
}

/// The `OSError` for an error number.
#[cold]
pub fn raise(code: i32) -> Raised {
    err::errno(code, None)
}

/// The `OSError` for an error number and a file name.
#[cold]
pub fn raise_for(code: i32, filename: &Obj) -> Raised {
    err::errno(code, Some(filename))
}
