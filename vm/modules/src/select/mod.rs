//! `select`: waiting for descriptors, three ways.

mod epoll;
mod poll;

use layout::*;

use vm::args;
use vm::err::{self, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::time::{self, Round};
use vm::types::{list, module, tuple};
use vm::{signals, threads};

use crate::posix::call::{self, Status};
use crate::posix::convert;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "select",
    methods: METHODS,
    exec,
};

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "select",
        select,
        "($module, rlist, wlist, xlist, timeout=None, /)"
    ),
    noargs!("poll", poll::new, "($module, /)"),
];

#[rustfmt::skip]
static CONSTANTS: &[(&str, i64)] = &[
    ("EPOLLERR", 8), ("EPOLLET", 0x8000_0000), ("EPOLLEXCLUSIVE", 0x1000_0000), ("EPOLLHUP", 16), ("EPOLLIN", 1),
    ("EPOLLMSG", 1024), ("EPOLLONESHOT", 0x4000_0000), ("EPOLLOUT", 4), ("EPOLLPRI", 2), ("EPOLLRDBAND", 128),
    ("EPOLLRDHUP", 8192), ("EPOLLRDNORM", 64), ("EPOLLWAKEUP", 0x2000_0000), ("EPOLLWRBAND", 512), ("EPOLLWRNORM", 256),
    ("EPOLL_CLOEXEC", libc::EPOLL_CLOEXEC as i64), ("PIPE_BUF", 4096), ("POLLERR", 8), ("POLLHUP", 16), ("POLLIN", 1),
    ("POLLMSG", 1024), ("POLLNVAL", 32), ("POLLOUT", 4), ("POLLPRI", 2), ("POLLRDBAND", 128), ("POLLRDHUP", 8192),
    ("POLLRDNORM", 64), ("POLLWRBAND", 512), ("POLLWRNORM", 256),
];

fn exec(m: &Obj) -> Result<()> {
    module::add(m, "error", exc::OSError.as_obj())?;
    module::add_ints(m, CONSTANTS)?;
    poll::ready()?;
    epoll::add(m)
}

// ---- Waiting ----

/// A time by which a wait is over.
struct Deadline(Option<i64>);

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

impl Deadline {
    /// So many nanoseconds from now; none is never.
    fn after(ns: Option<i64>) -> Deadline {
        Deadline(ns.map(|ns| now().saturating_add(ns)))
    }

    /// The nanoseconds left; none is for ever.
    fn left(&self) -> Option<i64> {
        self.0.map(|at| (at - now()).max(0))
    }
}

/// Waits by `f`, which gets the nanoseconds left, again when a signal has interrupted it.
fn wait(timeout: Option<i64>, mut f: impl FnMut(Option<i64>) -> i32) -> Result<Status<i32>> {
    let deadline = Deadline::after(timeout.filter(|ns| *ns > 0));
    let mut left = timeout;
    loop {
        match threads::allow(|| call::status(f(left))) {
            Err(libc::EINTR) => signals::check()?,
            done => return Ok(done),
        }
        if timeout.is_some_and(|ns| ns > 0) {
            left = deadline.left();
        }
    }
}

/// Nanoseconds as whole milliseconds, rounded up; -1 for ever.
fn milliseconds(left: Option<i64>) -> i32 {
    left.map_or(-1, |ns| {
        i32::try_from(ns / 1_000_000 + i64::from(ns % 1_000_000 > 0)).unwrap_or(i32::MAX)
    })
}

/// A timeout argument; what is neither number nor None is refused with `message`.
fn timeout_argument(
    o: Option<&Obj>,
    message: &str,
    convert: fn(&Obj) -> Result<i64>,
) -> Result<Option<i64>> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Ok(None);
    };
    match convert(o) {
        Ok(ns) => Ok(Some(ns)),
        Err(_) if err::clear_if(&exc::TypeError) => raise!(TypeError, "{message}"),
        Err(raised) => Err(raised),
    }
}

// ---- select() ----

const MOST: usize = libc::FD_SETSIZE;

/// The objects of one argument with their descriptors, and C's set of these.
struct Watched {
    items: Vec<(Ref, i32)>,
    set: libc::fd_set,
}

fn watched(o: &Obj) -> Result<Watched> {
    if !object::is_sequence(o) && object::getattr_opt(o, vm::intern!("__iter__"))?.is_none() {
        return raise!(TypeError, "arguments 1-3 must be sequences");
    }
    let mut w = Watched {
        items: Vec::new(),
        // SAFETY: an empty set is all zero.
        set: unsafe { core::mem::zeroed() },
    };
    let it = match object::iter(o) {
        Err(_) if err::clear_if(&exc::TypeError) => {
            return raise!(TypeError, "arguments 1-3 must be sequences");
        }
        other => other?,
    };
    while let Some(item) = object::next(&it)? {
        let fd = convert::fileno(&item)?;
        if fd as usize >= MOST {
            return raise!(ValueError, "filedescriptor out of range in select()");
        }
        if w.items.len() >= MOST {
            return raise!(ValueError, "too many file descriptors in select()");
        }
        // SAFETY: within the set.
        unsafe { libc::FD_SET(fd, &mut w.set) };
        w.items.push((item, fd));
    }
    Ok(w)
}

fn ready(w: &Watched, set: &libc::fd_set) -> Ref {
    // SAFETY: within the set.
    let hits = w
        .items
        .iter()
        .filter(|(_, fd)| unsafe { libc::FD_ISSET(*fd, set) });
    list::from_vec(hits.map(|(item, _)| item.clone()).collect()).into_obj()
}

fn select(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("select", args, 3..=4)?;
    let timeout = timeout_argument(
        args.get(3).copied(),
        "timeout must be a float or None",
        |o| time::from_seconds(o, Round::Ceiling),
    )?;
    if timeout.is_some_and(|ns| ns < 0) {
        return raise!(ValueError, "timeout must be non-negative");
    }
    let all = [watched(args[0])?, watched(args[1])?, watched(args[2])?];
    let most = all
        .iter()
        .flat_map(|w| &w.items)
        .map(|(_, fd)| fd + 1)
        .max()
        .unwrap_or(0);
    let mut sets = [all[0].set, all[1].set, all[2].set];
    let p = sets.as_mut_ptr() as usize;
    let done = wait(timeout, |left| {
        let mut time = left.map(|ns| libc::timeval {
            tv_sec: ns / 1_000_000_000,
            tv_usec: (ns % 1_000_000_000 + 999) / 1000,
        });
        let time = time.as_mut().map_or(core::ptr::null_mut(), |t| &raw mut *t);
        let sets = p as *mut libc::fd_set;
        // SAFETY: three sets are there, filled in afresh: an interrupted call leaves them as they are.
        unsafe { libc::select(most, sets, sets.add(1), sets.add(2), time) }
    })?;
    let n = done.map_err(call::raise)?;
    if n == 0 {
        return Ok(tuple::from_array([(); 3].map(|()| list::empty().into_obj())).into_obj());
    }
    let lists = [0, 1, 2].map(|i| ready(&all[i], &sets[i]));
    Ok(tuple::from_array(lists).into_obj())
}
