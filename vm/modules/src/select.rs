//! `select`: waiting for descriptors with `select(2)` and `poll(2)`.
//!
//! `epoll` is not here yet: `selectors` then uses `poll`.

use core::cell::RefCell;
use std::time::{Duration, Instant};

use layout::*;
use vm::args;
use vm::err::{self, Result, exc, raise};
use vm::method::ModuleDef;
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::int::IntExt as _;
use vm::types::type_::TypeBuilder;
use vm::types::{int, list, module};
use vm::{fastcall, keywords, noargs, o, signals, threads};

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
    noargs!("poll", new_poll, "($module, /)"),
];

fn exec(m: &Obj) -> Result<()> {
    if POLL.tp_name.get().is_null() {
        define(&mut TypeBuilder::start(&POLL, c"select.poll"));
    }
    vm::types::type_::ready(&POLL)?;
    module::add(m, "error", exc::OSError.as_obj())?;
    for (name, value) in [
        ("POLLIN", libc::POLLIN),
        ("POLLPRI", libc::POLLPRI),
        ("POLLOUT", libc::POLLOUT),
        ("POLLERR", libc::POLLERR),
        ("POLLHUP", libc::POLLHUP),
        ("POLLNVAL", libc::POLLNVAL),
        ("POLLRDNORM", libc::POLLRDNORM),
        ("POLLRDBAND", libc::POLLRDBAND),
        ("POLLWRNORM", libc::POLLWRNORM),
        ("POLLWRBAND", libc::POLLWRBAND),
        ("POLLRDHUP", libc::POLLRDHUP),
    ] {
        module::add(m, name, int::from_i64(i64::from(value)).as_obj())?;
    }
    module::add(m, "PIPE_BUF", int::from_i64(libc::PIPE_BUF as i64).as_obj())
}

/// The descriptor of an int or of anything with `fileno()`.
fn descriptor(o: &Obj) -> Result<i32> {
    let fd = if o.is::<PyLongObject>() {
        o.new_ref()
    } else {
        match object::getattr_opt(o, vm::intern!("fileno"))? {
            Some(f) => call::call0(&f)?,
            None => {
                return raise!(
                    TypeError,
                    "argument must be an int, or have a fileno() method"
                );
            }
        }
    };
    let Some(n) = fd.downcast::<PyLongObject>() else {
        return raise!(TypeError, "fileno() returned a non-integer");
    };
    match n.to_i64().and_then(|n| i32::try_from(n).ok()) {
        Some(n) if n >= 0 => Ok(n),
        Some(n) => raise!(
            ValueError,
            "file descriptor cannot be a negative integer ({n})"
        ),
        None => raise!(OverflowError, "Python int too large to convert to C int"),
    }
}

/// The end of a wait: none is for ever.
fn deadline(seconds: Option<f64>) -> Option<Instant> {
    seconds.map(|s| Instant::now() + Duration::from_secs_f64(s.clamp(0.0, 1e9)))
}

/// Polls until something happens, the time is over, or a signal handler raises (PEP 475).
fn wait(fds: &mut [libc::pollfd], end: Option<Instant>) -> Result<usize> {
    loop {
        let left = match end {
            None => -1,
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
            }
        };
        let n = threads::allow(|| {
            // SAFETY: the slice is there to be read and written.
            let n = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, left) };
            (
                n,
                std::io::Error::last_os_error().raw_os_error().unwrap_or(0),
            )
        });
        match n {
            (n, _) if n >= 0 => return Ok(n as usize),
            (_, libc::EINTR) => signals::check()?,
            (_, code) => return Err(err::errno(code, None)),
        }
    }
}

fn select(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("select", given, 3..=4)?;
    let timeout = match given.get(3).filter(|t| !t.is_none()) {
        None => None,
        Some(t) => {
            let t = match t.is::<PyFloatObject>() || t.is::<PyLongObject>() {
                true => args::to_f64(t)?,
                false => return raise!(TypeError, "timeout must be a float or None"),
            };
            if t < 0.0 {
                return raise!(ValueError, "timeout must be non-negative");
            }
            Some(t)
        }
    };
    let mut fds: Vec<libc::pollfd> = Vec::new();
    let mut lists: Vec<Vec<(Ref, usize)>> = Vec::new();
    for (which, events) in [libc::POLLIN, libc::POLLOUT, libc::POLLPRI]
        .into_iter()
        .enumerate()
    {
        let mut entries = Vec::new();
        for item in object::to_vec(given[which])? {
            let fd = descriptor(&item)?;
            if fd >= libc::FD_SETSIZE as i32 {
                return raise!(ValueError, "filedescriptor out of range in select()");
            }
            entries.push((item, fds.len()));
            fds.push(libc::pollfd {
                fd,
                events,
                revents: 0,
            });
        }
        lists.push(entries);
    }
    wait(&mut fds, deadline(timeout))?;
    if fds.iter().any(|f| f.revents & libc::POLLNVAL != 0) {
        return Err(err::errno(libc::EBADF, None));
    }
    // An error or hang-up makes a descriptor readable and writable, as select(2) has it.
    let wanted = [
        libc::POLLIN | libc::POLLHUP | libc::POLLERR,
        libc::POLLOUT | libc::POLLERR,
        libc::POLLPRI,
    ];
    let mut answers = Vec::new();
    for (entries, mask) in lists.iter().zip(wanted) {
        let ready = entries
            .iter()
            .filter(|(_, at)| fds[*at].revents & mask != 0);
        answers.push(list::from_vec(ready.map(|(item, _)| item.clone()).collect()).into_obj());
    }
    Ok(vm::types::tuple::from_vec(answers).into_obj())
}

// ---- poll ----

static POLL: PyTypeObject = PyTypeObject::statically_declared();

/// A set of descriptors and what to wait for.
#[repr(C)]
struct Poll {
    ob_base: PyObject,
    fds: RefCell<Vec<libc::pollfd>>,
}

impl Layout for Poll {
    fn type_object() -> &'static PyTypeObject {
        &POLL
    }
}

fn define(b: &mut TypeBuilder) {
    static METHODS: &[PyMethodDef] = &[
        fastcall!(
            "register",
            register,
            "($self, fd, eventmask=POLLIN | POLLPRI | POLLOUT, /)"
        ),
        fastcall!("modify", modify, "($self, fd, eventmask, /)"),
        o!("unregister", unregister, "($self, fd, /)"),
        keywords!("poll", poll, "($self, timeout=None, /)"),
    ];
    b.basicsize::<Poll>()
        .destructible()
        .dealloc_drop::<Poll>()
        .generic_attributes()
        .new_disallowed()
        .methods(METHODS);
}

fn new_poll(_: &Obj) -> Result {
    let value = Poll {
        ob_base: header(),
        fds: RefCell::new(Vec::new()),
    };
    create(&POLL, value).map(Ref::into_obj)
}

fn mask(o: &Obj) -> Result<i16> {
    match u16::try_from(args::to_i64(o)?) {
        Ok(n) => Ok(n as i16),
        Err(_) => raise!(OverflowError, "Python int too large for C unsigned short"),
    }
}

fn register(p: &Poll, given: &[&Obj]) -> Result<()> {
    args::expect("register", given, 1..=2)?;
    let fd = descriptor(given[0])?;
    let events = given
        .get(1)
        .map_or(Ok(libc::POLLIN | libc::POLLPRI | libc::POLLOUT), |m| {
            mask(m)
        })?;
    let mut fds = p.fds.borrow_mut();
    match fds.iter_mut().find(|f| f.fd == fd) {
        Some(f) => f.events = events,
        None => fds.push(libc::pollfd {
            fd,
            events,
            revents: 0,
        }),
    }
    Ok(())
}

fn modify(p: &Poll, given: &[&Obj]) -> Result<()> {
    args::expect("modify", given, 2..=2)?;
    let (fd, events) = (descriptor(given[0])?, mask(given[1])?);
    match p.fds.borrow_mut().iter_mut().find(|f| f.fd == fd) {
        Some(f) => {
            f.events = events;
            Ok(())
        }
        None => Err(err::errno(libc::ENOENT, None)),
    }
}

fn unregister(p: &Poll, fd: &Obj) -> Result<()> {
    let n = descriptor(fd)?;
    let mut fds = p.fds.borrow_mut();
    match fds.iter().position(|f| f.fd == n) {
        Some(i) => {
            fds.remove(i);
            Ok(())
        }
        None => {
            drop(fds);
            Err(err::key_error(fd))
        }
    }
}

fn poll(p: &Poll, [timeout]: [Option<&Obj>; 1]) -> Result {
    let milliseconds = match timeout.filter(|t| !t.is_none()) {
        None => None,
        Some(t) => Some(args::to_f64(t)?).filter(|t| *t >= 0.0),
    };
    let mut fds = p.fds.borrow().clone();
    wait(&mut fds, deadline(milliseconds.map(|m| m / 1000.0)))?;
    let ready = fds.iter().filter(|f| f.revents != 0).map(|f| {
        object::pair(
            int::from_i64(i64::from(f.fd)).as_obj(),
            int::from_i64(i64::from(f.revents as u16)).as_obj(),
        )
    });
    Ok(list::from_vec(ready.collect()).into_obj())
}
