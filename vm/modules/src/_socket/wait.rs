//! Calls on a socket with its timeout: wait until it is ready, call, and begin again if a signal or another thread came
//! between.

use vm::err::{self, Raised, Result, exc};
use vm::signals;

use super::socket::Socket;
use crate::posix::call::{self, Answer, Status};

/// What a call waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    Reading,
    Writing,
    Connecting,
}

#[cold]
pub fn timed_out() -> Raised {
    err::new(&exc::TimeoutError, format_args!("timed out"))
}

fn now() -> i64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the structure is there to be filled in.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut t) };
    t.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(t.tv_nsec)
}

/// When a call has to be over; none is never.
pub struct Deadline(Option<i64>);

impl Deadline {
    /// As a timeout in nanoseconds says, negative for never.
    pub fn new(timeout: i64) -> Deadline {
        Deadline((timeout > 0).then(|| now().saturating_add(timeout)))
    }

    /// The nanoseconds left; `TimeoutError` if there are none, -1 if there is no end.
    pub fn left(&self) -> Result<i64> {
        match self.0.map(|at| at - now()) {
            None => Ok(-1),
            Some(left) if left >= 0 => Ok(left),
            Some(_) => Err(timed_out()),
        }
    }
}

/// Waits until the descriptor is ready; false if the time is over. An error here shows again in the call itself.
fn wait_once(fd: i32, what: For, left: i64) -> Status<bool> {
    let events = match what {
        For::Reading => libc::POLLIN,
        For::Writing => libc::POLLOUT,
        // On a failed connection some systems report only the error.
        For::Connecting => libc::POLLOUT | libc::POLLERR,
    };
    let ms = if left < 0 {
        -1
    } else {
        i32::try_from((left + 999_999) / 1_000_000).unwrap_or(i32::MAX)
    };
    let mut poll = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    let p = &raw mut poll as usize;
    // SAFETY: one structure is there.
    call::once(|| unsafe { libc::poll(p as *mut libc::pollfd, 1, ms) }).map(|n| n > 0)
}

/// Waits for readiness until the deadline.
pub fn until(s: &Socket, what: For, deadline: &Deadline) -> Result<()> {
    loop {
        let fd = s.fd();
        if fd < 0 {
            return Ok(());
        }
        match wait_once(fd, what, deadline.left()?) {
            Ok(true) => return Ok(()),
            Ok(false) => return Err(timed_out()),
            Err(libc::EINTR) => signals::check()?,
            Err(code) => return Err(call::raise(code)),
        }
    }
}

/// Makes a call with the socket's timeout.
pub fn with_timeout<T: Answer>(s: &Socket, what: For, f: impl FnMut(i32) -> T) -> Result<T> {
    let deadline = Deadline::new(s.timeout());
    by_deadline(s, what, &deadline, f)
}

/// Makes a call that has to be over by a deadline.
pub fn by_deadline<T: Answer>(
    s: &Socket,
    what: For,
    deadline: &Deadline,
    mut f: impl FnMut(i32) -> T,
) -> Result<T> {
    let timed = s.timeout() > 0;
    loop {
        if timed {
            until(s, what, deadline)?;
        }
        let fd = s.fd();
        match call::descriptor(|| f(fd)) {
            Ok(answer) => return Ok(answer),
            Err(libc::EINTR) => signals::check()?,
            // Somebody else was faster.
            Err(libc::EAGAIN) if timed => {}
            Err(code) => return Err(call::raise(code)),
        }
    }
}
