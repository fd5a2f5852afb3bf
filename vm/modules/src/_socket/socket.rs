//! `_socket.socket`: a descriptor with a timeout.
//!
//! Invariant: the descriptor is -1 once closed or detached; the system's own non-blocking flag is set exactly while there is
//! a timeout.

use core::cell::Cell;

use layout::*;

use vm::args::{self, Signature};
use vm::err::{self, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::time::{self, Round};
use vm::types::type_::{TypeBuilder, subtype};
use vm::types::{float, int, str_, tuple};
use vm::{signals, threads, warn};

use super::address::{self, Address};
use super::wait::{self, For};
use super::{messages, options, transfer};
use crate::posix::call;
use crate::posix::{convert, files};

/// The type.
pub static SOCKET: PyTypeObject = PyTypeObject::statically_declared();

/// A socket.
#[repr(C)]
pub struct Socket {
    ob_base: PyObject,
    fd: Cell<i32>,
    family: Cell<i32>,
    kind: Cell<i32>,
    protocol: Cell<i32>,
    /// Nanoseconds; negative for none.
    timeout: Cell<i64>,
}

impl Layout for Socket {
    fn type_object() -> &'static PyTypeObject {
        &SOCKET
    }
}

static TABLES: &[&[PyMethodDef]] = &[
    METHODS,
    options::METHODS,
    transfer::METHODS,
    messages::METHODS,
];

static METHODS: &[PyMethodDef] = &[
    noargs!("_accept", accept, "($self, /)"),
    o!("bind", bind, "($self, object, /)"),
    noargs!("close", close, "($self, /)"),
    o!("connect", connect, "($self, object, /)"),
    o!("connect_ex", connect_ex, "($self, object, /)"),
    noargs!("detach", detach, "($self, /)"),
    noargs!("fileno", |s: &Socket| Ok(s.fd.get()), "($self, /)"),
    noargs!("getpeername", getpeername, "($self, /)"),
    noargs!("getsockname", getsockname, "($self, /)"),
    fastcall!("listen", listen, ""),
    o!("setblocking", setblocking, "($self, object, /)"),
    noargs!(
        "getblocking",
        |s: &Socket| Ok(s.timeout.get() != 0),
        "($self, /)"
    ),
    o!("settimeout", settimeout, "($self, object, /)"),
    noargs!("gettimeout", gettimeout, "($self, /)"),
    o!("shutdown", shutdown, "($self, object, /)"),
];

/// The module's functions that make or close sockets.
pub static FUNCTIONS: &[PyMethodDef] = &[
    fastcall!("socketpair", socketpair, ""),
    o!("dup", dup, "($self, object, /)"),
    o!("close", close_fd, "($self, object, /)"),
    noargs!("getdefaulttimeout", getdefaulttimeout, "($self, /)"),
    o!("setdefaulttimeout", setdefaulttimeout, "($self, object, /)"),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("family", Socket, family, Py_T_INT, Py_READONLY),
    member!("type", Socket, kind, Py_T_INT, Py_READONLY),
    member!("proto", Socket, protocol, Py_T_INT, Py_READONLY),
];

static GETSET: &[PyGetSetDef] = &[getset!("timeout", gettimeout)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    let methods: Vec<PyMethodDef> = TABLES
        .iter()
        .flat_map(|table| table.iter().copied())
        .collect();
    b.basicsize::<Socket>()
        .destructible()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .tp_new(new)
        .tp_init(init)
        .tp_dealloc(dealloc)
        .tp_traverse(|_: &Socket, _| Ok(()))
        .tp_finalize(finalize)
        .tp_repr(repr)
        .methods(Vec::leak(methods))
        .members(MEMBERS)
        .getset(GETSET);
}

impl Socket {
    pub fn fd(&self) -> i32 {
        self.fd.get()
    }

    pub fn family(&self) -> i32 {
        self.family.get()
    }

    pub fn protocol(&self) -> i32 {
        self.protocol.get()
    }

    /// Nanoseconds; negative for none.
    pub fn timeout(&self) -> i64 {
        self.timeout.get()
    }

    /// The C address for what the program gave.
    pub fn address(&self, o: &Obj, caller: &str) -> Result<Address> {
        address::from_object(self.family.get(), self.protocol.get(), o, caller)
    }
}

// ---- Life ----

static DEFAULT_TIMEOUT: Global<i64> = Global::new(-1);

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let o = type_alloc(tp, 0)?;
    // SAFETY: socket or a subclass.
    let s = unsafe { o.cast::<Socket>() };
    s.fd.set(-1);
    s.timeout.set(DEFAULT_TIMEOUT.get());
    Ok(o)
}

static SIGNATURE: Signature =
    Signature::new("socket", "(family=-1, type=-1, proto=-1, fileno=None)");

fn init(s: &Socket, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let [family, kind, protocol, fileno] = SIGNATURE.bind(args, kwargs)?;
    let (mut family, mut kind) = (convert::int_or(family, -1)?, convert::int_or(kind, -1)?);
    let mut protocol = convert::int_or(protocol, -1)?;
    let fd = match fileno.filter(|f| !f.is_none()) {
        Some(fileno) => {
            let fd = convert::int(fileno)?;
            if fd < 0 {
                return raise!(ValueError, "negative file descriptor");
            }
            let found = own_name(fd);
            match found {
                Ok(found) if family == -1 => family = found.family(),
                Err(code) if family == -1 || code == libc::EBADF || code == libc::ENOTSOCK => {
                    return Err(call::raise(code));
                }
                _ => {}
            }
            if kind == -1 {
                kind = options::int_option(fd, libc::SOL_SOCKET, libc::SO_TYPE)
                    .map_err(call::raise)?;
            }
            if protocol == -1 {
                protocol = options::int_option(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL)
                    .map_err(call::raise)?;
            }
            fd
        }
        None => {
            let or = |given: i32, default: i32| if given == -1 { default } else { given };
            (family, kind, protocol) = (
                or(family, libc::AF_INET),
                or(kind, libc::SOCK_STREAM),
                or(protocol, 0),
            );
            // SAFETY: asks for a descriptor.
            call::descriptor(|| unsafe {
                libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol)
            })
            .map_err(call::raise)?
        }
    };
    set_up(s, fd, family, kind, protocol)
}

fn set_up(s: &Socket, fd: i32, family: i32, kind: i32, protocol: i32) -> Result<()> {
    s.fd.set(fd);
    s.family.set(family);
    s.kind
        .set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
    s.protocol.set(protocol);
    if kind & libc::SOCK_NONBLOCK != 0 {
        s.timeout.set(0);
        return Ok(());
    }
    s.timeout.set(DEFAULT_TIMEOUT.get());
    if s.timeout.get() >= 0 {
        make_blocking(s, false)
    } else {
        Ok(())
    }
}

/// A new socket object for a descriptor, which is closed if that fails.
fn wrap(fd: i32, family: i32, kind: i32, protocol: i32) -> Result {
    let o = match new(&SOCKET, tuple::empty_ref(), None) {
        Ok(o) => o,
        Err(raised) => {
            // SAFETY: nobody else has it.
            unsafe { libc::close(fd) };
            return Err(raised);
        }
    };
    // SAFETY: just made.
    set_up(unsafe { o.cast::<Socket>() }, fd, family, kind, protocol)?;
    Ok(o)
}

fn finalize(s: &Socket) {
    if s.fd.get() < 0 {
        return;
    }
    err::preserved(|| {
        let message = format!("unclosed {}", repr_lossy(s.as_obj()));
        if warn::warn_about(s.as_obj(), &exc::ResourceWarning, 1, &message).is_err() {
            if err::matches(&exc::Warning) {
                err::write_unraisable(Some(s.as_obj()), None);
            } else {
                err::clear();
            }
        }
        let fd = s.fd.replace(-1);
        if fd >= 0 {
            // SAFETY: the descriptor is ours, and closed once.
            threads::allow(|| unsafe { libc::close(fd) });
        }
    });
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for a socket that nobody refers to; its finalizer may bring it back.
    unsafe {
        if subtype::finalize_before_dealloc(o) {
            return;
        }
        gc::untrack(o);
        // Where nobody counts, the finalizer may have been left out at the end of the process.
        let fd = (*o.cast::<Socket>()).fd.replace(-1);
        if fd >= 0 {
            libc::close(fd);
        }
        free_builtin(o);
    }
}

fn repr(s: &Socket) -> Result {
    Ok(str_::new(&format!(
        "<socket object, fd={}, family={}, type={}, proto={}>",
        s.fd.get(),
        s.family.get(),
        s.kind.get(),
        s.protocol.get()
    ))
    .into_obj())
}

fn close(s: &Socket) -> Result<()> {
    let fd = s.fd.replace(-1);
    if fd < 0 {
        return Ok(());
    }
    close_number(fd)
}

fn close_number(fd: i32) -> Result<()> {
    // SAFETY: closed once. Not again after a signal: it is gone then.
    match call::once(|| unsafe { libc::close(fd) }) {
        // The other side's end is none of the caller's business any more.
        Ok(_) | Err(libc::ECONNRESET) => Ok(()),
        Err(code) => Err(call::raise(code)),
    }
}

fn detach(s: &Socket) -> Result<i32> {
    Ok(s.fd.replace(-1))
}

// ---- Timeouts ----

fn make_blocking(s: &Socket, blocking: bool) -> Result<()> {
    let mut nonblocking = i32::from(!blocking);
    let (fd, p) = (s.fd.get(), &raw mut nonblocking as usize);
    // SAFETY: the flag is there to be read.
    call::once_or_raise(|| unsafe { libc::ioctl(fd, libc::FIONBIO, p as *mut i32) }).map(drop)
}

fn parse_timeout(o: &Obj) -> Result<i64> {
    if o.is_none() {
        return Ok(-1);
    }
    let ns = time::from_seconds(o, Round::Up)?;
    if ns < 0 {
        return raise!(ValueError, "Timeout value out of range");
    }
    if ns / 1_000_000 > i64::from(i32::MAX) {
        return raise!(OverflowError, "timeout doesn't fit into C timeval");
    }
    Ok(ns)
}

fn timeout_object(ns: i64) -> Ref {
    if ns < 0 {
        none()
    } else {
        float::new(ns as f64 * 1e-9).into_obj()
    }
}

fn settimeout(s: &Socket, o: &Obj) -> Result<()> {
    let ns = parse_timeout(o)?;
    s.timeout.set(ns);
    make_blocking(s, ns < 0)
}

fn gettimeout(s: &Socket) -> Result {
    Ok(timeout_object(s.timeout.get()))
}

fn setblocking(s: &Socket, o: &Obj) -> Result<()> {
    let blocking = vm::protocol::object::is_true(o)?;
    s.timeout.set(if blocking { -1 } else { 0 });
    make_blocking(s, blocking)
}

fn getdefaulttimeout(_: &Obj) -> Result {
    Ok(timeout_object(DEFAULT_TIMEOUT.get()))
}

fn setdefaulttimeout(_: &Obj, o: &Obj) -> Result<()> {
    DEFAULT_TIMEOUT.set(parse_timeout(o)?);
    Ok(())
}

// ---- Names and connections ----

fn own_name(fd: i32) -> call::Status<Address> {
    let mut a = Address::empty();
    let (p, len) = (a.as_mut_ptr() as usize, &raw mut a.len as usize);
    // SAFETY: address and length are there to be written.
    call::once(|| unsafe { libc::getsockname(fd, p as *mut _, len as *mut _) })?;
    Ok(a)
}

fn getsockname(s: &Socket) -> Result {
    let a = own_name(s.fd.get()).map_err(call::raise)?;
    address::to_object(&a, s.protocol.get())
}

fn getpeername(s: &Socket) -> Result {
    let mut a = Address::empty();
    let (fd, p, len) = (s.fd.get(), a.as_mut_ptr() as usize, &raw mut a.len as usize);
    // SAFETY: address and length are there to be written.
    call::once_or_raise(|| unsafe { libc::getpeername(fd, p as *mut _, len as *mut _) })?;
    address::to_object(&a, s.protocol.get())
}

fn bind(s: &Socket, o: &Obj) -> Result<()> {
    let a = s.address(o, "bind")?;
    let fd = s.fd.get();
    // SAFETY: an address as long as said.
    call::once_or_raise(|| unsafe { libc::bind(fd, a.as_ptr(), a.len) }).map(drop)
}

fn listen(s: &Socket, args: &[&Obj]) -> Result<()> {
    args::expect("listen", args, 0..=1)?;
    let backlog = convert::int_or(args.first().copied(), 128)?.max(0);
    let fd = s.fd.get();
    // SAFETY: makes a socket wait for connections.
    call::once_or_raise(|| unsafe { libc::listen(fd, backlog) }).map(drop)
}

fn accept(s: &Socket) -> Result {
    let mut a = Address::empty();
    let (p, len) = (a.as_mut_ptr() as usize, &raw mut a.len as usize);
    // SAFETY: address and length are there to be written.
    let fd = wait::with_timeout(s, For::Reading, |fd| unsafe {
        libc::accept4(fd, p as *mut _, len as *mut _, libc::SOCK_CLOEXEC)
    })?;
    let address = match address::to_object(&a, s.protocol.get()) {
        Ok(address) => address,
        Err(raised) => {
            // SAFETY: nobody else has it.
            unsafe { libc::close(fd) };
            return Err(raised);
        }
    };
    Ok(tuple::from_array([int::from_i64(i64::from(fd)).into_obj(), address]).into_obj())
}

/// Connects; the error number if that fails for a reason of the network's.
fn connect_to(s: &Socket, a: &Address) -> Result<call::Status<()>> {
    let fd = s.fd.get();
    // SAFETY: an address as long as said.
    let code = match call::once(|| unsafe { libc::connect(fd, a.as_ptr(), a.len) }) {
        Ok(_) => return Ok(Ok(())),
        Err(code) => code,
    };
    let waits = if code == libc::EINTR {
        // The connection goes on being made.
        signals::check()?;
        s.timeout.get() != 0
    } else {
        s.timeout.get() > 0 && code == libc::EINPROGRESS
    };
    if !waits {
        return Ok(Err(code));
    }
    let deadline = wait::Deadline::new(s.timeout.get());
    wait::until(s, For::Connecting, &deadline)?;
    Ok(
        match options::int_option(fd, libc::SOL_SOCKET, libc::SO_ERROR) {
            Ok(0 | libc::EISCONN) => Ok(()),
            Ok(code) | Err(code) => Err(code),
        },
    )
}

fn connect(s: &Socket, o: &Obj) -> Result<()> {
    let a = s.address(o, "connect")?;
    connect_to(s, &a)?.map_err(call::raise)
}

fn connect_ex(s: &Socket, o: &Obj) -> Result<i32> {
    let a = s.address(o, "connect_ex")?;
    match connect_to(s, &a) {
        Ok(Ok(())) => Ok(0),
        Ok(Err(code)) => Ok(code),
        Err(_) if err::clear_if(&exc::TimeoutError) => Ok(libc::EWOULDBLOCK),
        Err(raised) => Err(raised),
    }
}

fn shutdown(s: &Socket, how: &Obj) -> Result<()> {
    let (fd, how) = (s.fd.get(), convert::int(how)?);
    // SAFETY: ends one or both directions.
    call::once_or_raise(|| unsafe { libc::shutdown(fd, how) }).map(drop)
}

// ---- Functions ----

fn socketpair(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("socketpair", args, 0..=3)?;
    let family = convert::int_or(args.first().copied(), libc::AF_UNIX)?;
    let kind = convert::int_or(args.get(1).copied(), libc::SOCK_STREAM)?;
    let protocol = convert::int_or(args.get(2).copied(), 0)?;
    let mut fds = [-1; 2];
    let p = fds.as_mut_ptr() as usize;
    // SAFETY: two descriptors are there to be written.
    call::descriptor(|| unsafe {
        libc::socketpair(family, kind | libc::SOCK_CLOEXEC, protocol, p as *mut i32)
    })
    .map_err(call::raise)?;
    let first = match wrap(fds[0], family, kind, protocol) {
        Ok(first) => first,
        Err(raised) => {
            // SAFETY: nobody else has it.
            unsafe { libc::close(fds[1]) };
            return Err(raised);
        }
    };
    Ok(tuple::from_array([first, wrap(fds[1], family, kind, protocol)?]).into_obj())
}

fn dup(_: &Obj, fd: &Obj) -> Result<i32> {
    files::duplicate(convert::int(fd)?)
}

fn close_fd(_: &Obj, fd: &Obj) -> Result<()> {
    close_number(convert::int(fd)?)
}
