//! `_thread.lock`: a lock that any thread may release.

use core::mem::offset_of;
use std::time::Duration;

use layout::*;

use vm::err::{Result, raise};
use vm::lock::RawLock;
use vm::method::*;
use vm::object::*;
use vm::protocol::object;
use vm::time::{self, Round};
use vm::types::type_::TypeBuilder;
use vm::types::weakref;

/// The type.
pub static LOCK: PyTypeObject = PyTypeObject::statically_declared();

/// An instance.
#[repr(C)]
pub struct Lock {
    ob_base: PyObject,
    lock: RawLock,
    weakrefs: Slot,
}

impl Layout for Lock {
    fn type_object() -> &'static PyTypeObject {
        &LOCK
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Lock>()
        .weaklistoffset(offset_of!(Lock, weakrefs))
        .tp_new(lock_new)
        .tp_dealloc(lock_dealloc)
        .tp_repr(lock_repr)
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[
    keywords!(
        "acquire_lock",
        acquire,
        "($self, /, blocking=True, timeout=-1)"
    ),
    keywords!("acquire", acquire, "($self, /, blocking=True, timeout=-1)"),
    noargs!("release_lock", release, "($self, /)"),
    noargs!("release", release, "($self, /)"),
    noargs!("locked_lock", locked, "($self, /)"),
    noargs!("locked", locked, "($self, /)"),
    noargs!("__enter__", enter, "($self, /)"),
    fastcall!("__exit__", exit, "($self, /, *exc_info)"),
    noargs!("_at_fork_reinit", reinit, "($self, /)"),
];

unsafe extern "C" fn lock_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference is gone.
    unsafe {
        weakref::clear_weakrefs(&*o);
        free_builtin(o);
    }
}

/// `_thread.allocate_lock()`.
pub fn allocate(_: &Obj) -> Result {
    let lock = Lock {
        ob_base: header(),
        lock: RawLock::new(),
        weakrefs: Slot::empty(),
    };
    Ok(create(&LOCK, lock)?.into_obj())
}

fn lock_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    vm::args::no_keywords("lock", kwargs)?;
    vm::args::expect_count("lock", args.ob_base.ob_size.get() as usize, 0..=0)?;
    allocate(NONE())
}

/// How long to wait, from the arguments of `acquire`: `None` for ever.
pub fn wait_time(blocking: Option<&Obj>, timeout: Option<&Obj>) -> Result<Option<Duration>> {
    let blocking = blocking.map_or(Ok(true), object::is_true)?;
    let Some(timeout) = timeout else {
        return Ok(if blocking { None } else { Some(Duration::ZERO) });
    };
    let ns = time::from_seconds(timeout, Round::Up)?;
    let is_default = ns == -1_000_000_000;
    if !blocking && !is_default {
        return raise!(
            ValueError,
            "can't specify a timeout for a non-blocking call"
        );
    }
    if ns < 0 && !is_default {
        return raise!(ValueError, "timeout value must be a non-negative number");
    }
    if !blocking {
        return Ok(Some(Duration::ZERO));
    }
    if ns / 1000 > PY_TIMEOUT_MAX {
        return raise!(OverflowError, "timeout value is too large");
    }
    Ok(time::timeout(ns))
}

fn acquire(l: &Lock, [blocking, timeout]: [Option<&Obj>; 2]) -> Result<bool> {
    l.lock.acquire(wait_time(blocking, timeout)?)
}

fn release(l: &Lock) -> Result<()> {
    if !l.lock.is_locked() {
        return raise!(RuntimeError, "release unlocked lock");
    }
    l.lock.release();
    Ok(())
}

fn locked(l: &Lock) -> Result<bool> {
    Ok(l.lock.is_locked())
}

fn enter(l: &Lock) -> Result<bool> {
    l.lock.acquire(None)
}

fn exit(l: &Lock, _: &[&Obj]) -> Result<()> {
    release(l)
}

fn reinit(l: &Lock) -> Result<()> {
    l.lock.reset();
    Ok(())
}

fn lock_repr(l: &Lock) -> Result<String> {
    let state = if l.lock.is_locked() {
        "locked"
    } else {
        "unlocked"
    };
    Ok(format!(
        "<{state} {} object at {:p}>",
        l.as_obj().tp_name(),
        l.as_ptr()
    ))
}
