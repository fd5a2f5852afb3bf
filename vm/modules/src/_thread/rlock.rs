//! `_thread.RLock`: a lock that its owner may take again.

use core::cell::Cell;
use core::mem::offset_of;

use layout::*;

use vm::err::{Result, raise};
use vm::lock::RawLock;
use vm::method::*;
use vm::object::*;
use vm::types::tuple::{self, TupleExt as _};
use vm::types::type_::TypeBuilder;
use vm::types::{int, weakref};

use super::ident;
use super::lock::wait_time;

/// The type.
pub static RLOCK: PyTypeObject = PyTypeObject::statically_declared();

/// An instance. `owner` and `count` are the owner's to write.
#[repr(C)]
pub struct RLock {
    ob_base: PyObject,
    lock: RawLock,
    owner: Cell<u64>,
    count: Cell<usize>,
    weakrefs: Slot,
}

impl Layout for RLock {
    fn type_object() -> &'static PyTypeObject {
        &RLOCK
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<RLock>()
        .flags(Py_TPFLAGS_BASETYPE)
        .weaklistoffset(offset_of!(RLock, weakrefs))
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| type_alloc(tp, 0))
        .tp_dealloc(dealloc)
        .tp_repr(repr)
        .methods(METHODS);
}

static METHODS: &[PyMethodDef] = &[
    keywords!("acquire", acquire, "($self, /, blocking=True, timeout=-1)"),
    noargs!("release", release, "($self, /)"),
    noargs!("locked", |l: &RLock| Ok(l.lock.is_locked()), "($self, /)"),
    noargs!("_is_owned", |l: &RLock| Ok(l.is_owned()), "($self, /)"),
    o!("_acquire_restore", acquire_restore, "($self, state, /)"),
    noargs!("_release_save", release_save, "($self, /)"),
    noargs!("_recursion_count", recursion_count, "($self, /)"),
    noargs!("__enter__", |l: &RLock| l.take(None), "($self, /)"),
    fastcall!(
        "__exit__",
        |l: &RLock, _: &[&Obj]| release(l),
        "($self, /, *exc_info)"
    ),
    noargs!("_at_fork_reinit", reinit, "($self, /)"),
];

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: the last reference is gone.
    unsafe {
        weakref::clear_weakrefs(&*o);
        free_builtin(o);
    }
}

impl RLock {
    fn is_owned(&self) -> bool {
        self.count.get() > 0 && self.owner.get() == ident()
    }

    fn take(&self, timeout: Option<std::time::Duration>) -> Result<bool> {
        if self.is_owned() {
            let Some(count) = self.count.get().checked_add(1) else {
                return raise!(OverflowError, "Internal lock count overflowed");
            };
            self.count.set(count);
            return Ok(true);
        }
        let taken = self.lock.acquire(timeout)?;
        if taken {
            self.owner.set(ident());
            self.count.set(1);
        }
        Ok(taken)
    }

    fn give_up(&self) {
        self.owner.set(0);
        self.count.set(0);
        self.lock.release();
    }
}

fn acquire(l: &RLock, [blocking, timeout]: [Option<&Obj>; 2]) -> Result<bool> {
    l.take(wait_time(blocking, timeout)?)
}

fn release(l: &RLock) -> Result<()> {
    if !l.is_owned() {
        return raise!(RuntimeError, "cannot release un-acquired lock");
    }
    match l.count.get() {
        1 => l.give_up(),
        n => l.count.set(n - 1),
    }
    Ok(())
}

fn acquire_restore(l: &RLock, state: &Obj) -> Result<()> {
    let Some(state) = state.downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "_acquire_restore() argument 1 must be tuple, not {}",
            state.tp_name()
        );
    };
    let [count, owner] = state.items() else {
        return raise!(
            TypeError,
            "_acquire_restore() argument 1 must be tuple of length 2, not {}",
            state.items().len()
        );
    };
    let (count, owner) = (vm::args::to_isize(count)?, vm::args::to_i64(owner)?);
    l.lock.acquire(None)?;
    l.owner.set(owner as u64);
    l.count.set(count as usize);
    Ok(())
}

fn release_save(l: &RLock) -> Result<Ref<PyTupleObject>> {
    if l.count.get() == 0 {
        return raise!(RuntimeError, "cannot release un-acquired lock");
    }
    let state = tuple::from_array([
        int::from_usize(l.count.get()).into_obj(),
        int::from_u64(l.owner.get()).into_obj(),
    ]);
    l.give_up();
    Ok(state)
}

fn recursion_count(l: &RLock) -> Result<usize> {
    Ok(if l.is_owned() { l.count.get() } else { 0 })
}

fn reinit(l: &RLock) -> Result<()> {
    l.owner.set(0);
    l.count.set(0);
    l.lock.reset();
    Ok(())
}

fn repr(l: &RLock) -> Result<String> {
    Ok(format!(
        "<{} {} object owner={} count={} at {:p}>",
        if l.count.get() > 0 {
            "locked"
        } else {
            "unlocked"
        },
        l.as_obj().tp_name(),
        l.owner.get(),
        l.count.get(),
        l.as_ptr()
    ))
}
