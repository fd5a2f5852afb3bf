//! `_socket.socket`.
//!
//! Invariant: the descriptor is -1 once closed or detached. It is non-blocking exactly if there is a timeout.

use core::cell::Cell;
use core::mem;
use std::time::{Duration, Instant};

use layout::*;

use vm::args::{self, Signature};
use vm::err::{self, Result, exc, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::buffer;
use vm::types::bytes;
use vm::types::type_::{self, TypeBuilder};
use vm::types::{int, module, tuple};
use vm::{signals, threads, warn};

use super::address::{self, Address};
use crate::posix::call::{self, Status};
use crate::posix::convert;
use crate::posix::files;

static SOCKET: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
struct Sock {
    ob_base: PyObject,
    fd: Cell<i32>,
    family: Cell<i32>,
    kind: Cell<i32>,
    proto: Cell<i32>,
    /// In nanoseconds; -1 blocks.
    timeout: Cell<i64>,
}

impl Layout for Sock {
    fn type_object() -> &'static PyTypeObject {
        &SOCKET
    }
}

static METHODS: &[PyMethodDef] = &[
    noargs!("_accept", accept, "($self, /)"),
    o!("bind", bind, "($self, address, /)"),
    noargs!("close", close, "($self, /)"),
    o!("connect", connect, "($self, address, /)"),
    o!("connect_ex", connect_ex, "($self, address, /)"),
    noargs!("detach", detach, "($self, /)"),
    noargs!("fileno", fileno, "($self, /)"),
    noargs!("getpeername", getpeername, "($self, /)"),
    noargs!("getsockname", getsockname, "($self, /)"),
    fastcall!(
        "getsockopt",
        getsockopt,
        "($self, level, option, buflen=0, /)"
    ),
    fastcall!(
        "setsockopt",
        setsockopt,
        "($self, level, option, value, optlen=0, /)"
    ),
    fastcall!("listen", listen, "($self, backlog=128, /)"),
    fastcall!("recv", recv, "($self, bufsize, flags=0, /)"),
    keywords!("recv_into", recv_into, "($self, buffer, nbytes=0, flags=0)"),
    fastcall!("recvfrom", recvfrom, "($self, bufsize, flags=0, /)"),
    keywords!(
        "recvfrom_into",
        recvfrom_into,
        "($self, buffer, nbytes=0, flags=0)"
    ),
    fastcall!("send", send, "($self, data, flags=0, /)"),
    fastcall!("sendall", sendall, "($self, data, flags=0, /)"),
    fastcall!("sendto", sendto, "($self, data, flags, address, /)"),
    o!("setblocking", setblocking, "($self, flag, /)"),
    noargs!("getblocking", getblocking, "($self, /)"),
    o!("settimeout", settimeout, "($self, timeout, /)"),
    noargs!("gettimeout", gettimeout, "($self, /)"),
    o!("shutdown", shutdown, "($self, how, /)"),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("family", |s: &Sock| Ok(s.family.get())),
    getset!("type", |s: &Sock| Ok(s.kind.get())),
    getset!("proto", |s: &Sock| Ok(s.proto.get())),
    getset!("timeout", |s: &Sock| gettimeout(s)),
];

/// Adds the type, under both its names.
pub fn add(m: &Obj) -> Result<()> {
    if !has_flag(&SOCKET, Py_TPFLAGS_READY) {
        TypeBuilder::start(&SOCKET, c"_socket.socket")
            .basicsize::<Sock>()
            .flags(Py_TPFLAGS_BASETYPE)
            .destructible()
            .generic_attributes()
            .tp_new(new)
            .tp_init(init)
            .tp_repr(repr)
            .tp_finalize(finalize)
            .tp_dealloc(dealloc)
            .methods(METHODS)
            .getset(GETSET);
        type_::ready(&SOCKET)?;
    }
    module::add(m, "SocketType", SOCKET.as_obj())?;
    module::add(m, "socket", SOCKET.as_obj())
}

// ---- Life ----

fn new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let o = type_alloc(tp, 0)?;
    // SAFETY: socket or a subclass.
    let s = unsafe { o.cast::<Sock>() };
    s.fd.set(-1);
    s.timeout.set(super::default_timeout());
    Ok(o)
}

static SIGNATURE: Signature =
    Signature::new("socket", "(family=-1, type=-1, proto=-1, fileno=None)");

fn init(s: &Sock, argv: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let [family, kind, proto, fileno] = SIGNATURE.bind(argv, kwargs)?;
    let [mut family, mut kind, mut proto] = [
        convert::int_or(family, -1)?,
        convert::int_or(kind, -1)?,
        convert::int_or(proto, -1)?,
    ];
    let fd = match fileno.filter(|o| !o.is_none()) {
        Some(o) => {
            if o.is::<PyFloatObject>() {
                return raise!(TypeError, "integer argument expected, got float");
            }
            let fd = convert::int(o)?;
            if fd < 0 {
                return raise!(ValueError, "negative file descriptor");
            }
            let mut address = Address::room();
            // SAFETY: there is room for any address.
            let named =
                call::quick(unsafe { libc::getsockname(fd, address.raw(), &mut address.len) });
            if let Err(raised) = named {
                // A family that is given makes up for a name that cannot be had.
                if family == -1 || !err::clear_if(&exc::OSError) {
                    return Err(raised);
                }
            }
            // SAFETY: there is room for any address.
            let found = unsafe { (*address.raw()).sa_family };
            family = if family == -1 {
                i32::from(found)
            } else {
                family
            };
            kind = if kind == -1 {
                option(fd, libc::SO_TYPE)?
            } else {
                kind
            };
            proto = if proto == -1 {
                option(fd, libc::SO_PROTOCOL)?
            } else {
                proto
            };
            fd
        }
        None => {
            family = if family == -1 { libc::AF_INET } else { family };
            kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
            proto = proto.max(0);
            // SAFETY: asks for a descriptor.
            call::once_or_raise(|| unsafe {
                libc::socket(family, kind | libc::SOCK_CLOEXEC, proto)
            })?
        }
    };
    fill(s, fd, family, kind, proto)
}

fn option(fd: i32, name: i32) -> Result<i32> {
    let (mut value, mut len) = (0i32, mem::size_of::<i32>() as libc::socklen_t);
    let p = (&raw mut value).cast();
    // SAFETY: there is room for an int.
    call::quick(unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, p, &mut len) })?;
    Ok(value)
}

fn fill(s: &Sock, fd: i32, family: i32, kind: i32, proto: i32) -> Result<()> {
    s.fd.set(fd);
    s.family.set(family);
    s.kind
        .set(kind & !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK));
    s.proto.set(proto);
    if kind & libc::SOCK_NONBLOCK != 0 {
        s.timeout.set(0);
        return Ok(());
    }
    s.timeout.set(super::default_timeout());
    if s.timeout.get() >= 0 {
        set_blocking(s, false)
    } else {
        Ok(())
    }
}

/// A socket around a new descriptor.
pub fn new_for(fd: i32, family: i32, kind: i32, proto: i32) -> Result {
    let o = new(&SOCKET, tuple::empty_ref(), None)?;
    // SAFETY: just made.
    fill(unsafe { o.cast::<Sock>() }, fd, family, kind, proto)?;
    Ok(o)
}

fn repr(s: &Sock) -> Result<String> {
    Ok(format!(
        "<socket object, fd={}, family={}, type={}, proto={}>",
        s.fd.get(),
        s.family.get(),
        s.kind.get(),
        s.proto.get()
    ))
}

fn finalize(s: &Sock) {
    if s.fd.get() < 0 {
        return;
    }
    err::preserved(|| {
        let shown = vm::protocol::object::repr(s.as_obj())
            .and_then(|text| vm::args::to_str("repr", &text).map(str::to_owned));
        let warned = shown
            .and_then(|text| warn::warn(&exc::ResourceWarning, 1, &format!("unclosed {text}")));
        if warned.is_err() {
            if err::matches(&exc::Warning) {
                err::write_unraisable(Some(s.as_obj()), None);
            }
            err::clear();
        }
        // SAFETY: our descriptor, closed once.
        unsafe { libc::close(s.fd.replace(-1)) };
    });
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for a socket that nobody refers to, unless its finalizer revives it.
    unsafe {
        if type_::subtype::finalize_before_dealloc(o) {
            return;
        }
        free_builtin(o);
    }
}

fn close(s: &Sock) -> Result<()> {
    let fd = s.fd.replace(-1);
    if fd < 0 {
        return Ok(());
    }
    // SAFETY: our descriptor, closed once.
    match call::once(|| unsafe { libc::close(fd) }) {
        Err(code) if code != libc::ECONNRESET => Err(call::raise(code)),
        _ => Ok(()),
    }
}

fn detach(s: &Sock) -> Result<i32> {
    Ok(s.fd.replace(-1))
}

fn fileno(s: &Sock) -> Result<i32> {
    Ok(s.fd.get())
}

// ---- Waiting ----

fn set_blocking(s: &Sock, blocking: bool) -> Result<()> {
    let mut flag = i32::from(!blocking);
    // SAFETY: the flag is there to be read.
    call::quick(unsafe { libc::ioctl(s.fd.get(), libc::FIONBIO, &raw mut flag) }).map(drop)
}

fn setblocking(s: &Sock, flag: &Obj) -> Result<()> {
    let blocking = vm::protocol::object::is_true(flag)?;
    s.timeout.set(if blocking { -1 } else { 0 });
    set_blocking(s, blocking)
}

fn getblocking(s: &Sock) -> Result<bool> {
    Ok(s.timeout.get() != 0)
}

fn settimeout(s: &Sock, o: &Obj) -> Result<()> {
    let ns = super::timeout_from(o)?;
    s.timeout.set(ns);
    set_blocking(s, ns < 0)
}

fn gettimeout(s: &Sock) -> Result {
    Ok(super::timeout_object(s.timeout.get()))
}

/// When a socket's timeout, which starts now, is over.
fn deadline(s: &Sock) -> Option<Instant> {
    let ns = u64::try_from(s.timeout.get()).ok().filter(|ns| *ns > 0)?;
    Instant::now().checked_add(Duration::from_nanos(ns))
}

/// Waits until the socket is ready for `events`; at the deadline it raises.
fn wait(s: &Sock, events: i16, until: Instant) -> Result<()> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
        let mut p = libc::pollfd {
            fd: s.fd.get(),
            events,
            revents: 0,
        };
        let at = &raw mut p as usize;
        // SAFETY: one structure is there.
        match threads::allow(|| call::status(unsafe { libc::poll(at as *mut _, 1, left) })) {
            Ok(0) => return raise!(TimeoutError, "timed out"),
            Ok(_) => return Ok(()),
            Err(libc::EINTR) => signals::check()?,
            Err(code) => return Err(call::raise(code)),
        }
    }
}

/// A call on a socket: waits for it as long as its timeout says, and again after signals.
fn attempt<T: call::Answer>(
    s: &Sock,
    events: i16,
    until: Option<Instant>,
    mut f: impl FnMut(i32) -> T,
) -> Result<Status<T>> {
    loop {
        if let Some(until) = until {
            wait(s, events, until)?;
        }
        let fd = s.fd.get();
        match threads::allow(|| call::status(f(fd))) {
            Err(libc::EINTR) => signals::check()?,
            Err(libc::EAGAIN) if until.is_some() => (),
            done => return Ok(done),
        }
    }
}

fn attempt_or_raise<T: call::Answer>(s: &Sock, events: i16, f: impl FnMut(i32) -> T) -> Result<T> {
    attempt(s, events, deadline(s), f)?.map_err(call::raise)
}

// ---- Connections ----

fn bind(s: &Sock, o: &Obj) -> Result<()> {
    let mut a = address::from_object("bind", s.family.get(), o)?;
    let (at, len) = (a.raw() as usize, a.len);
    // SAFETY: the address is there to be read.
    call::once_or_raise(|| unsafe { libc::bind(s.fd.get(), at as *const _, len) }).map(drop)
}

/// Connects; the error number, if any.
fn connecting(s: &Sock, function: &str, o: &Obj) -> Result<Status<i32>> {
    let mut a = address::from_object(function, s.family.get(), o)?;
    let (at, len, fd) = (a.raw() as usize, a.len, s.fd.get());
    // SAFETY: the address is there to be read.
    let code = match call::once(|| unsafe { libc::connect(fd, at as *const _, len) }) {
        Ok(done) => return Ok(Ok(done)),
        Err(code) => code,
    };
    let goes_on = match code {
        libc::EINTR => {
            signals::check()?;
            s.timeout.get() != 0
        }
        libc::EINPROGRESS => s.timeout.get() > 0,
        _ => false,
    };
    if !goes_on {
        return Ok(Err(code));
    }
    let until = deadline(s).unwrap_or_else(|| Instant::now() + Duration::from_secs(365 * 86400));
    wait(s, libc::POLLOUT, until)?;
    Ok(match option(fd, libc::SO_ERROR)? {
        0 | libc::EISCONN => Ok(0),
        code => Err(code),
    })
}

fn connect(s: &Sock, o: &Obj) -> Result<()> {
    connecting(s, "connect", o)?.map(drop).map_err(call::raise)
}

fn connect_ex(s: &Sock, o: &Obj) -> Result<i32> {
    match connecting(s, "connect_ex", o) {
        Ok(status) => Ok(status.err().unwrap_or(0)),
        // A timeout counts as "try again".
        Err(_) if err::clear_if(&exc::TimeoutError) => Ok(libc::EWOULDBLOCK),
        Err(raised) => Err(raised),
    }
}

fn listen(s: &Sock, argv: &[&Obj]) -> Result<()> {
    args::expect("listen", argv, 0..=1)?;
    let backlog = convert::int_or(argv.first().copied(), 128)?.max(0);
    // SAFETY: numbers only.
    call::quick(unsafe { libc::listen(s.fd.get(), backlog) }).map(drop)
}

fn accept(s: &Sock) -> Result {
    let mut a = Address::room();
    let (at, len) = (a.raw() as usize, &raw mut a.len as usize);
    let fd = attempt_or_raise(s, libc::POLLIN, |fd| {
        // SAFETY: there is room for any address.
        unsafe { libc::accept4(fd, at as *mut _, len as *mut _, libc::SOCK_CLOEXEC) }
    })?;
    let peer = a.object()?;
    Ok(tuple::pair(int::from_i64(i64::from(fd)).as_obj(), &peer).into_obj())
}

fn named(
    s: &Sock,
    f: unsafe extern "C" fn(i32, *mut libc::sockaddr, *mut libc::socklen_t) -> i32,
) -> Result {
    let mut a = Address::room();
    let at = a.raw();
    // SAFETY: there is room for any address.
    call::quick(unsafe { f(s.fd.get(), at, &mut a.len) })?;
    a.object()
}

fn getpeername(s: &Sock) -> Result {
    named(s, libc::getpeername)
}

fn getsockname(s: &Sock) -> Result {
    named(s, libc::getsockname)
}

fn shutdown(s: &Sock, how: &Obj) -> Result<()> {
    let how = convert::int(how)?;
    // SAFETY: numbers only.
    call::once_or_raise(|| unsafe { libc::shutdown(s.fd.get(), how) }).map(drop)
}

// ---- Options ----

fn getsockopt(s: &Sock, argv: &[&Obj]) -> Result {
    args::expect("getsockopt", argv, 2..=3)?;
    let (level, name) = (convert::int(argv[0])?, convert::int(argv[1])?);
    let wanted = convert::int_or(argv.get(2).copied(), 0)?;
    if !(0..=1024).contains(&wanted) {
        return raise!(OSError, "getsockopt buflen out of range");
    }
    let mut value = [0u8; 1024];
    let mut len = if wanted == 0 { 4 } else { wanted } as libc::socklen_t;
    let p = value.as_mut_ptr().cast();
    // SAFETY: there is as much room as said.
    call::quick(unsafe { libc::getsockopt(s.fd.get(), level, name, p, &mut len) })?;
    Ok(match wanted {
        0 => int::from_i64(i64::from(i32::from_ne_bytes([
            value[0], value[1], value[2], value[3],
        ])))
        .into_obj(),
        _ => bytes::new(&value[..len as usize]).into_obj(),
    })
}

fn setsockopt(s: &Sock, argv: &[&Obj]) -> Result<()> {
    args::expect("setsockopt", argv, 3..=4)?;
    let (level, name) = (convert::int(argv[0])?, convert::int(argv[1])?);
    let set = |data: *const libc::c_void, len: usize| {
        // SAFETY: `len` bytes are there, or none are asked for.
        call::quick(unsafe {
            libc::setsockopt(s.fd.get(), level, name, data, len as libc::socklen_t)
        })
        .map(drop)
    };
    if let [_, _, value, len] = argv {
        if !value.is_none() {
            return raise!(
                TypeError,
                "socket option should be None when optlen is given"
            );
        }
        return set(core::ptr::null(), convert::uint(len)? as usize);
    }
    if argv[2].downcast::<PyLongObject>().is_some() {
        let value = convert::int(argv[2])?.to_ne_bytes();
        return set(value.as_ptr().cast(), value.len());
    }
    let view = buffer::simple(argv[2])?;
    set(view.bytes().as_ptr().cast(), view.bytes().len())
}

// ---- Data ----

fn size(function: &str, o: &Obj) -> Result<usize> {
    match usize::try_from(convert::size(o)?) {
        Ok(n) => Ok(n),
        Err(_) => raise!(ValueError, "negative buffersize in {function}"),
    }
}

fn flags(o: Option<&Obj>) -> Result<i32> {
    convert::int_or(o, 0)
}

fn recv(s: &Sock, argv: &[&Obj]) -> Result<Ref<PyBytesObject>> {
    args::expect("recv", argv, 1..=2)?;
    let (len, flags) = (size("recv", argv[0])?, flags(argv.get(1).copied())?);
    receive(s, len, |fd, p, n| {
        // SAFETY: there is room for `n` bytes.
        unsafe { libc::recv(fd, p.cast(), n, flags) }
    })
}

/// Bytes read by `f`, which gets descriptor, target and room.
fn receive(
    s: &Sock,
    len: usize,
    mut f: impl FnMut(i32, *mut u8, usize) -> isize,
) -> Result<Ref<PyBytesObject>> {
    let until = deadline(s);
    loop {
        if let Some(until) = until {
            wait(s, libc::POLLIN, until)?;
        }
        let fd = s.fd.get();
        match files::read_bytes(len, |p, n| f(fd, p, n))? {
            Err(libc::EAGAIN) if until.is_some() => (),
            done => return done.map_err(call::raise),
        }
    }
}

fn recvfrom(s: &Sock, argv: &[&Obj]) -> Result {
    args::expect("recvfrom", argv, 1..=2)?;
    let (len, flags) = (size("recvfrom", argv[0])?, flags(argv.get(1).copied())?);
    let mut a = Address::room();
    let (at, used) = (a.raw() as usize, &raw mut a.len as usize);
    let data = receive(s, len, |fd, p, n| {
        // SAFETY: there is room for `n` bytes and any address.
        unsafe { libc::recvfrom(fd, p.cast(), n, flags, at as *mut _, used as *mut _) }
    })?;
    Ok(tuple::pair(data.as_obj(), &*a.object()?).into_obj())
}

/// The room that a call may fill: the buffer's, or less if so many bytes are asked for.
fn room(function: &str, view: &mut buffer::Buffer, n: Option<&Obj>) -> Result<(usize, usize)> {
    let wanted = n.map_or(Ok(0), |n| size(function, n))?;
    let all = view.bytes().len();
    if wanted > all {
        return raise!(
            ValueError,
            "{}",
            if function == "recv_into" {
                "buffer too small for requested bytes"
            } else {
                "nbytes is greater than the length of the buffer"
            }
        );
    }
    let n = if wanted == 0 { all } else { wanted };
    Ok((view.bytes_mut().as_mut_ptr() as usize, n))
}

fn recv_into(s: &Sock, [target, n, given]: [Option<&Obj>; 3]) -> Result<isize> {
    let mut view = buffer::writable(target.unwrap_or(NONE()))?;
    let flags = flags(given)?;
    let (p, n) = room("recv_into", &mut view, n)?;
    attempt_or_raise(s, libc::POLLIN, |fd| {
        // SAFETY: the view keeps the room in place.
        unsafe { libc::recv(fd, p as *mut _, n, flags) }
    })
}

fn recvfrom_into(s: &Sock, [target, n, given]: [Option<&Obj>; 3]) -> Result {
    let mut view = buffer::writable(target.unwrap_or(NONE()))?;
    let flags = flags(given)?;
    let (p, n) = room("recvfrom_into", &mut view, n)?;
    let mut a = Address::room();
    let (at, used) = (a.raw() as usize, &raw mut a.len as usize);
    let got = attempt_or_raise(s, libc::POLLIN, |fd| {
        // SAFETY: the view keeps the room in place, and there is room for any address.
        unsafe { libc::recvfrom(fd, p as *mut _, n, flags, at as *mut _, used as *mut _) }
    })?;
    Ok(tuple::pair(int::from_isize(got).as_obj(), &*a.object()?).into_obj())
}

fn send(s: &Sock, argv: &[&Obj]) -> Result<isize> {
    args::expect("send", argv, 1..=2)?;
    let flags = flags(argv.get(1).copied())?;
    let view = buffer::simple(argv[0])?;
    let (p, n) = (view.bytes().as_ptr() as usize, view.bytes().len());
    attempt_or_raise(s, libc::POLLOUT, |fd| {
        // SAFETY: the view keeps the bytes in place.
        unsafe { libc::send(fd, p as *const _, n, flags) }
    })
}

fn sendall(s: &Sock, argv: &[&Obj]) -> Result<()> {
    args::expect("sendall", argv, 1..=2)?;
    let flags = flags(argv.get(1).copied())?;
    let view = buffer::simple(argv[0])?;
    let mut rest = view.bytes();
    // One timeout for all of it.
    let until = deadline(s);
    loop {
        let (p, n) = (rest.as_ptr() as usize, rest.len());
        let sent = attempt(s, libc::POLLOUT, until, |fd| {
            // SAFETY: the view keeps the bytes in place.
            unsafe { libc::send(fd, p as *const _, n, flags) }
        })?;
        rest = &rest[sent.map_err(call::raise)? as usize..];
        if rest.is_empty() {
            return Ok(());
        }
        signals::check()?;
    }
}

fn sendto(s: &Sock, argv: &[&Obj]) -> Result<isize> {
    let (given, to) = match argv {
        [_, to] => (None, to),
        [_, given, to] => (Some(*given), to),
        _ => {
            return raise!(
                TypeError,
                "sendto() takes 2 or 3 arguments ({} given)",
                argv.len()
            );
        }
    };
    let flags = flags(given)?;
    let view = buffer::simple(argv[0])?;
    let mut a = address::from_object("sendto", s.family.get(), to)?;
    let (at, len) = (a.raw() as usize, a.len);
    let (p, n) = (view.bytes().as_ptr() as usize, view.bytes().len());
    attempt_or_raise(s, libc::POLLOUT, |fd| {
        // SAFETY: the view keeps the bytes in place, and the address is there to be read.
        unsafe { libc::sendto(fd, p as *const _, n, flags, at as *const _, len) }
    })
}
