//! `select.epoll`: a set of descriptors that the kernel keeps.
//!
//! Invariant: the descriptor of the set is -1 once closed, and closed once.

use core::cell::Cell;

use layout::*;

use vm::args::Signature;
use vm::err::{self, Raised, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::number;
use vm::time::{self, Round};
use vm::types::int::{self, IntExt as _};
use vm::types::type_::{self, TypeBuilder};
use vm::types::{list, module, tuple};

use super::{milliseconds, timeout_argument, wait};
use crate::posix::call;
use crate::posix::convert;

static EPOLL: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
struct Epoll {
    ob_base: PyObject,
    fd: Cell<i32>,
}

impl Layout for Epoll {
    fn type_object() -> &'static PyTypeObject {
        &EPOLL
    }
}

static METHODS: &[PyMethodDef] = &[
    class_method(o!("fromfd", fromfd, "($type, fd, /)")),
    noargs!("close", close, "($self, /)"),
    noargs!("fileno", fileno, "($self, /)"),
    keywords!("modify", modify, "($self, /, fd, eventmask)"),
    keywords!(
        "register",
        register,
        "($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)"
    ),
    keywords!("unregister", unregister, "($self, /, fd)"),
    keywords!("poll", poll, "($self, /, timeout=None, maxevents=-1)"),
    noargs!("__enter__", enter, "($self, /)"),
    fastcall!(
        "__exit__",
        exit,
        "($self, exc_type=None, exc_value=None, exc_tb=None, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[getset!("closed", |e: &Epoll| Ok(e.fd.get() < 0))];

/// Adds the type.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&EPOLL, Py_TPFLAGS_READY) {
        TypeBuilder::start(&EPOLL, c"select.epoll")
            .basicsize::<Epoll>()
            .destructible()
            .generic_attributes()
            .tp_new(new)
            .tp_dealloc(dealloc)
            .methods(METHODS)
            .getset(GETSET);
        type_::ready(&EPOLL)?;
    }
    module::add(m, "epoll", EPOLL.as_obj())
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for a set that nobody refers to.
    unsafe {
        let fd = (*o.cast::<Epoll>()).fd.replace(-1);
        if fd >= 0 {
            libc::close(fd);
        }
        free_builtin(o);
    }
}

#[cold]
fn closed() -> Raised {
    err::new(
        &exc::ValueError,
        format_args!("I/O operation on closed epoll object"),
    )
}

fn open(e: &Epoll) -> Result<i32> {
    match e.fd.get() {
        fd if fd < 0 => Err(closed()),
        fd => Ok(fd),
    }
}

fn wrap(tp: &PyTypeObject, fd: i32) -> Result {
    let o = type_alloc(tp, 0)?;
    // SAFETY: epoll or a subclass.
    unsafe { o.cast::<Epoll>() }.fd.set(fd);
    Ok(o)
}

static SIGNATURE: Signature = Signature::new("epoll", "(sizehint=-1, flags=0)");

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [sizehint, flags] = SIGNATURE.bind(args, kwargs)?;
    let (sizehint, flags) = (convert::int_or(sizehint, -1)?, convert::int_or(flags, 0)?);
    if sizehint != -1 && sizehint <= 0 {
        return raise!(ValueError, "negative sizehint");
    }
    if flags != 0 && flags != libc::EPOLL_CLOEXEC {
        return raise!(OSError, "invalid flags");
    }
    // SAFETY: asks for a descriptor.
    let fd = call::descriptor(|| unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })
        .map_err(call::raise)?;
    wrap(tp, fd)
}

fn fromfd(tp: &PyTypeObject, fd: &Obj) -> Result {
    wrap(tp, convert::int(fd)?)
}

fn close(e: &Epoll) -> Result<()> {
    let fd = e.fd.replace(-1);
    if fd < 0 {
        return Ok(());
    }
    // SAFETY: the descriptor is ours, and closed once.
    call::once_or_raise(|| unsafe { libc::close(fd) }).map(drop)
}

fn fileno(e: &Epoll) -> Result<i32> {
    open(e)
}

fn enter(e: &Epoll) -> Result {
    open(e)?;
    Ok(e.to_ref().into_obj())
}

fn exit(e: &Epoll, _: &[&Obj]) -> Result<()> {
    close(e)
}

fn control(e: &Epoll, operation: i32, fd: Option<&Obj>, mask: u32) -> Result<()> {
    let fd = convert::fileno(fd.unwrap_or(NONE()))?;
    let set = open(e)?;
    let mut event = libc::epoll_event {
        events: mask,
        u64: fd as u64,
    };
    let p = &raw mut event as usize;
    // SAFETY: the structure is there to be read.
    call::once_or_raise(|| unsafe {
        libc::epoll_ctl(set, operation, fd, p as *mut libc::epoll_event)
    })
    .map(drop)
}

fn register(e: &Epoll, [fd, mask]: [Option<&Obj>; 2]) -> Result<()> {
    let default = (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT) as u32;
    control(
        e,
        libc::EPOLL_CTL_ADD,
        fd,
        mask.map_or(Ok(default), convert::uint_wrapped)?,
    )
}

fn modify(e: &Epoll, [fd, mask]: [Option<&Obj>; 2]) -> Result<()> {
    control(
        e,
        libc::EPOLL_CTL_MOD,
        fd,
        convert::uint_wrapped(mask.unwrap_or(NONE()))?,
    )
}

fn unregister(e: &Epoll, [fd]: [Option<&Obj>; 1]) -> Result<()> {
    control(e, libc::EPOLL_CTL_DEL, fd, 0)
}

/// Seconds as nanoseconds; what is no number is a `TypeError`.
fn seconds(o: &Obj) -> Result<i64> {
    if !o.is::<PyFloatObject>() {
        let n = number::index_int(o)?;
        if n.to_i64().is_none() {
            return raise!(OverflowError, "timestamp out of range for C PyTime_t");
        }
    }
    time::from_seconds(o, Round::Ceiling)
}

fn poll(e: &Epoll, [timeout, most]: [Option<&Obj>; 2]) -> Result<Ref<PyListObject>> {
    let most = convert::int_or(most, -1)?;
    let set = open(e)?;
    let timeout = timeout_argument(timeout, "timeout must be an integer or None", seconds)?;
    if timeout.is_some_and(|ns| milliseconds(Some(ns)) == i32::MAX) {
        return raise!(OverflowError, "timeout is too large");
    }
    let timeout = timeout.filter(|ns| *ns >= 0);
    let most = match most {
        -1 => libc::FD_SETSIZE - 1,
        n if n < 1 => return raise!(ValueError, "maxevents must be greater than 0, got {n}"),
        n => n as usize,
    };
    let mut events: Vec<libc::epoll_event> = Vec::new();
    if events.try_reserve_exact(most).is_err() {
        return Err(err::no_memory());
    }
    let p = events.as_mut_ptr() as usize;
    let done = wait(timeout, |left| {
        // SAFETY: room for as many structures as said.
        unsafe {
            libc::epoll_wait(
                set,
                p as *mut libc::epoll_event,
                most as i32,
                milliseconds(left),
            )
        }
    })?;
    let n = done.map_err(call::raise)?;
    // SAFETY: as many were written.
    unsafe { events.set_len(n as usize) };
    let pair = |event: &libc::epoll_event| {
        let (fd, mask) = (event.u64 as i32, event.events);
        tuple::from_array([i64::from(fd), i64::from(mask)].map(|n| int::from_i64(n).into_obj()))
            .into_obj()
    };
    Ok(list::from_vec(events.iter().map(pair).collect()))
}
