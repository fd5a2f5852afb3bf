//! `select.poll`: descriptors with what is waited for, in the order they were registered.

use core::cell::{Cell, RefCell};

use layout::*;

use vm::args;
use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::number;
use vm::time::{Round, from_units};
use vm::types::int::{self, IntExt as _};
use vm::types::type_::{self, TypeBuilder};
use vm::types::{list, tuple};

use super::{milliseconds, timeout_argument, wait};
use crate::posix::call;
use crate::posix::convert;

static POLL: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
struct Poll {
    ob_base: PyObject,
    fds: RefCell<Vec<libc::pollfd>>,
    running: Cell<bool>,
}

impl Layout for Poll {
    fn type_object() -> &'static PyTypeObject {
        &POLL
    }
}

static METHODS: &[PyMethodDef] = &[
    fastcall!(
        "register",
        register,
        "($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)"
    ),
    fastcall!("modify", modify, "($self, fd, eventmask, /)"),
    o!("unregister", unregister, "($self, fd, /)"),
    fastcall!("poll", poll, "($self, timeout=None, /)"),
];

/// Makes the type ready.
pub fn ready() -> Result<()> {
    if !has_flag(&POLL, Py_TPFLAGS_READY) {
        TypeBuilder::start(&POLL, c"select.poll")
            .basicsize::<Poll>()
            .destructible()
            .new_disallowed()
            .dealloc_drop::<Poll>()
            .methods(METHODS);
        type_::ready(&POLL)?;
    }
    Ok(())
}

/// A new, empty one.
pub fn new(_: &Obj) -> Result {
    let poll = Poll {
        ob_base: header(),
        fds: RefCell::default(),
        running: Cell::new(false),
    };
    Ok(create(&POLL, poll)?.into_obj())
}

fn mask(o: &Obj) -> Result<i16> {
    let n = number::index_int(o)?;
    if n.is_negative() {
        return raise!(ValueError, "Cannot convert negative int");
    }
    match n.to_i64().map(u16::try_from) {
        Some(Ok(mask)) => Ok(mask as i16),
        _ => raise!(OverflowError, "Python int too large for C unsigned short"),
    }
}

fn register(p: &Poll, args: &[&Obj]) -> Result<()> {
    args::expect("register", args, 1..=2)?;
    let fd = convert::fileno(args[0])?;
    let events = args
        .get(1)
        .map_or(Ok(libc::POLLIN | libc::POLLPRI | libc::POLLOUT), |o| {
            mask(o)
        })?;
    let mut fds = p.fds.borrow_mut();
    match fds.iter_mut().find(|known| known.fd == fd) {
        Some(known) => known.events = events,
        None => fds.push(libc::pollfd {
            fd,
            events,
            revents: 0,
        }),
    }
    Ok(())
}

fn modify(p: &Poll, args: &[&Obj]) -> Result<()> {
    args::expect("modify", args, 2..=2)?;
    let fd = convert::fileno(args[0])?;
    let events = mask(args[1])?;
    match p.fds.borrow_mut().iter_mut().find(|known| known.fd == fd) {
        Some(known) => {
            known.events = events;
            Ok(())
        }
        None => Err(call::raise(libc::ENOENT)),
    }
}

fn unregister(p: &Poll, fd: &Obj) -> Result<()> {
    let fd = convert::fileno(fd)?;
    let at = p.fds.borrow().iter().position(|known| known.fd == fd);
    match at {
        Some(at) => {
            p.fds.borrow_mut().remove(at);
            Ok(())
        }
        None => Err(err::key_error(int::from_i64(i64::from(fd)).as_obj())),
    }
}

/// Milliseconds, which may be fractional, as nanoseconds, rounded up.
pub fn nanoseconds(o: &Obj) -> Result<i64> {
    from_units(o, 1_000_000, Round::Ceiling)
}

fn poll(p: &Poll, args: &[&Obj]) -> Result<Ref<PyListObject>> {
    args::expect("poll", args, 0..=1)?;
    let timeout = timeout_argument(
        args.first().copied(),
        "timeout must be an integer or None",
        nanoseconds,
    )?;
    if timeout.is_some_and(|ns| milliseconds(Some(ns)) == i32::MAX) {
        return raise!(OverflowError, "timeout is too large");
    }
    // Negative is for ever.
    let timeout = timeout.filter(|ns| *ns >= 0);
    if p.running.replace(true) {
        return raise!(RuntimeError, "concurrent poll() invocation");
    }
    let mut fds = p.fds.borrow().clone();
    let (at, n) = (fds.as_mut_ptr() as usize, fds.len());
    let done = wait(timeout, |left| {
        // SAFETY: as many structures as said are there, in a copy of our own.
        unsafe {
            libc::poll(
                at as *mut libc::pollfd,
                n as libc::nfds_t,
                milliseconds(left),
            )
        }
    });
    p.running.set(false);
    done?.map_err(call::raise)?;
    let pair = |fd: &libc::pollfd| {
        let numbers = [i64::from(fd.fd), i64::from(fd.revents as u16)];
        tuple::from_array(numbers.map(|n| int::from_i64(n).into_obj())).into_obj()
    };
    Ok(list::from_vec(
        fds.iter().filter(|fd| fd.revents != 0).map(pair).collect(),
    ))
}
