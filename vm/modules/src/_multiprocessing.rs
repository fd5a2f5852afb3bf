//! `_multiprocessing`: semaphores that processes share, and `_posixshmem`: memory that they share.

use crate::_thread::ident;
use crate::posix::call;
use crate::posix::convert;
use crate::prelude::*;
use core::cell::Cell;
use vm::signals;
use vm::threads;
use vm::types::dict::{self, DictExt as _};
use vm::types::type_;

/// The module of semaphores.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_multiprocessing",
    methods: &[o!("sem_unlink", sem_unlink, "($module, name, /)")],
    exec,
};

/// The module of shared memory.
pub static POSIXSHMEM: ModuleDef = ModuleDef {
    name: "_posixshmem",
    methods: &[
        keywords!("shm_open", shm_open, "($module, /, path, flags, mode=511)"),
        keywords!("shm_unlink", shm_unlink, "($module, /, path)"),
    ],
    exec: |_| Ok(()),
};

/// A lock that its owner may take again.
const RECURSIVE_MUTEX: i32 = 0;
const SEMAPHORE: i32 = 1;

/// The system's largest count, as CPython gives it.
const SEM_VALUE_MAX: i64 = 0x7fff_ffff;

/// `_multiprocessing.SemLock`: a POSIX semaphore, and how often this process has taken it.
#[repr(C)]
pub struct SemLock {
    ob_base: PyObject,
    handle: Cell<*mut libc::sem_t>,
    owner: Cell<u64>,
    count: Cell<i32>,
    maxvalue: Cell<i32>,
    kind: Cell<i32>,
    name: Slot,
}

static_type!(SemLock, SEM_LOCK);

static METHODS: &[PyMethodDef] = &[
    keywords!("acquire", acquire, "($self, /, block=True, timeout=None)"),
    noargs!("release", release, "($self, /)"),
    noargs!("_count", |s: &SemLock| Ok(s.count.get()), "($self, /)"),
    noargs!("_is_mine", |s: &SemLock| Ok(is_mine(s)), "($self, /)"),
    noargs!("_get_value", value, "($self, /)"),
    noargs!("_is_zero", |s: &SemLock| Ok(value(s)? == 0), "($self, /)"),
    noargs!(
        "_after_fork",
        |s: &SemLock| {
            s.count.set(0);
            Ok(())
        },
        "($self, /)"
    ),
    class_method(fastcall!(
        "_rebuild",
        rebuild,
        "($type, handle, kind, maxvalue, name, /)"
    )),
    noargs!(
        "__enter__",
        |s: &SemLock| acquire(s, [None, None]),
        "($self, /)"
    ),
    fastcall!(
        "__exit__",
        |s: &SemLock, _: &[&Obj]| release(s),
        "($self, exc_type=None, exc_value=None, exc_tb=None, /)"
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("handle", |s: &SemLock| Ok(s.handle.get() as usize)),
    getset!("kind", |s: &SemLock| Ok(s.kind.get())),
    getset!("maxvalue", |s: &SemLock| Ok(s.maxvalue.get())),
    getset!("name", |s: &SemLock| Ok(held(&s.name).new_ref())),
];

fn define(b: &mut TypeBuilder) {
    b.basicsize::<SemLock>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .destructible()
        .dealloc_drop::<SemLock>()
        .tp_traverse(|s: &SemLock, v: &mut Visitor| v.slot(&s.name))
        .tp_new(new)
        .text_signature(method_doc!(
            "SemLock",
            "(kind, value, maxvalue, name, unlink)"
        ))
        .methods(METHODS)
        .getset(GETSET);
}

fn exec(m: &Obj) -> Result<()> {
    add_types(m, &[(&SEM_LOCK, c"_multiprocessing.SemLock", define)])?;
    if let Some(attributes) = type_::own_dict(&SEM_LOCK) {
        attributes.set_str("SEM_VALUE_MAX", int::from_i64(SEM_VALUE_MAX).as_obj())?;
    }
    let flags = dict::new();
    for name in ["HAVE_SEM_OPEN", "HAVE_SEM_TIMEDWAIT", "HAVE_FD_TRANSFER"] {
        flags.set_str(name, int::from_i64(1).as_obj())?;
    }
    module::add(m, "flags", flags.as_obj())
}

impl Drop for SemLock {
    fn drop(&mut self) {
        if !self.handle.get().is_null() {
            // SAFETY: an open semaphore, which nobody uses any more in this process.
            unsafe { libc::sem_close(self.handle.get()) };
        }
    }
}

fn create_lock(
    tp: &PyTypeObject,
    handle: *mut libc::sem_t,
    (kind, maxvalue): (i32, i32),
    name: &Obj,
) -> Result {
    let lock = SemLock {
        ob_base: header(),
        handle: Cell::new(handle),
        owner: Cell::new(0),
        count: Cell::new(0),
        maxvalue: Cell::new(maxvalue),
        kind: Cell::new(kind),
        name: holding(name),
    };
    Ok(create(tp, lock)?.into_obj())
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature =
        Signature::new("SemLock", "($self, /, kind, value, maxvalue, name, unlink)");
    let [kind, value, maxvalue, name, unlink] = SIGNATURE.bind(args, kwargs)?.map(required);
    let (kind, value) = (convert::int(kind)?, convert::int(value)?);
    let maxvalue = convert::int(maxvalue)?;
    let c_name = convert::text("SemLock", " 'name'", name)?;
    let unlink = args::to_bool(unlink)?;
    if kind != RECURSIVE_MUTEX && kind != SEMAPHORE {
        return raise!(ValueError, "unrecognized kind");
    }
    // SAFETY: a C string; the mode and the count are the variadic arguments that O_CREAT asks for.
    let handle = unsafe {
        libc::sem_open(
            c_name.as_ptr(),
            libc::O_CREAT | libc::O_EXCL,
            0o600 as libc::c_uint,
            value as libc::c_uint,
        )
    };
    let handle = call::quick(handle)?;
    if unlink {
        // SAFETY: a C string.
        let unlinked = unsafe { libc::sem_unlink(c_name.as_ptr()) };
        if let Err(e) = call::quick(unlinked) {
            // SAFETY: just opened, and nobody else knows it.
            unsafe { libc::sem_close(handle) };
            return Err(e);
        }
    }
    let shown = if unlink { NONE() } else { name };
    create_lock(tp, handle, (kind, maxvalue), shown)
}

fn rebuild(tp: &Obj, args: &[&Obj]) -> Result {
    args::expect("_rebuild", args, 4..=4)?;
    let (kind, maxvalue) = (convert::int(args[1])?, convert::int(args[2])?);
    let handle = if args[3].is_none() {
        args::to_isize(args[0])? as usize as *mut libc::sem_t
    } else {
        let name = convert::text("_rebuild", " 4", args[3])?;
        // SAFETY: a C string.
        call::quick(unsafe { libc::sem_open(name.as_ptr(), 0) })?
    };
    let Some(tp) = tp.downcast::<PyTypeObject>() else {
        return raise!(TypeError, "SemLock._rebuild needs a type");
    };
    create_lock(tp, handle, (kind, maxvalue), args[3])
}

fn is_mine(s: &SemLock) -> bool {
    s.count.get() > 0 && s.owner.get() == ident()
}

fn value(s: &SemLock) -> Result<i32> {
    let mut value = 0;
    // SAFETY: an open semaphore, and room for the answer.
    call::quick(unsafe { libc::sem_getvalue(s.handle.get(), &raw mut value) })?;
    Ok(value.max(0))
}

/// When waiting ends, by the system's clock.
fn deadline(seconds: f64) -> Result<libc::timespec> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: room for the answer.
    call::quick(unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut now) })?;
    let seconds = seconds.max(0.0);
    let whole = seconds.floor();
    let ns = now.tv_nsec + ((seconds - whole) * 1e9) as i64;
    Ok(libc::timespec {
        tv_sec: now.tv_sec.saturating_add(whole as i64) + ns / 1_000_000_000,
        tv_nsec: ns % 1_000_000_000,
    })
}

fn acquire(s: &SemLock, [block, timeout]: [Option<&Obj>; 2]) -> Result<bool> {
    let block = block.map_or(Ok(true), args::to_bool)?;
    if s.kind.get() == RECURSIVE_MUTEX && is_mine(s) {
        s.count.set(s.count.get() + 1);
        return Ok(true);
    }
    let until = match timeout.filter(|t| !t.is_none()) {
        Some(seconds) => Some(deadline(args::to_f64(seconds)?)?),
        None => None,
    };
    let handle = s.handle.get();
    // SAFETY: an open semaphore.
    let mut status = call::status(unsafe { libc::sem_trywait(handle) });
    if block {
        while let Err(libc::EAGAIN | libc::EINTR) = status {
            status = threads::allow(|| {
                // SAFETY: as above; the time lives until the call returns.
                call::status(unsafe {
                    match &until {
                        Some(time) => libc::sem_timedwait(handle, time),
                        None => libc::sem_wait(handle),
                    }
                })
            });
            if status == Err(libc::EINTR) {
                signals::check()?;
            }
        }
    }
    match status {
        Ok(_) => {
            s.count.set(s.count.get() + 1);
            s.owner.set(ident());
            Ok(true)
        }
        Err(libc::EAGAIN | libc::ETIMEDOUT) => Ok(false),
        Err(code) => Err(call::raise(code)),
    }
}

fn release(s: &SemLock) -> Result<()> {
    if s.kind.get() == RECURSIVE_MUTEX {
        if !is_mine(s) {
            return raise!(
                AssertionError,
                "attempt to release recursive lock not owned by thread"
            );
        }
        if s.count.get() > 1 {
            s.count.set(s.count.get() - 1);
            return Ok(());
        }
    } else if value(s)? >= s.maxvalue.get() {
        return raise!(ValueError, "semaphore or lock released too many times");
    }
    // SAFETY: an open semaphore.
    call::quick(unsafe { libc::sem_post(s.handle.get()) })?;
    s.count.set(s.count.get() - 1);
    Ok(())
}

fn sem_unlink(_: &Obj, name: &Obj) -> Result<()> {
    let name = convert::text("sem_unlink", "", name)?;
    // SAFETY: a C string.
    call::quick(unsafe { libc::sem_unlink(name.as_ptr()) }).map(drop)
}

// ---- Shared memory ----

/// Makes a call, which `path` names; so does its error.
fn retry_for(path: &Obj, f: impl FnMut() -> i32) -> Result<i32> {
    call::retry(f)?.map_err(|code| call::raise_for(code, path))
}

fn shm_open(_: &Obj, [path, flags, mode]: [Option<&Obj>; 3]) -> Result<i32> {
    let flags = convert::int(required(flags))? | libc::O_CLOEXEC;
    let mode = mode.map_or(Ok(0o777), convert::int)?;
    let name = convert::text("shm_open", " 1", required(path))?;
    retry_for(required(path), || {
        // SAFETY: a C string.
        unsafe { libc::shm_open(name.as_ptr(), flags, mode as libc::mode_t) }
    })
}

fn shm_unlink(_: &Obj, [path]: [Option<&Obj>; 1]) -> Result<()> {
    let name = convert::text("shm_unlink", "", required(path))?;
    retry_for(required(path), || {
        // SAFETY: a C string.
        unsafe { libc::shm_unlink(name.as_ptr()) }
    })
    .map(drop)
}
