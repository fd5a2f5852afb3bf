//! `_queue`: `SimpleQueue`, an unbounded queue that may be put into from anywhere, destructors and signal handlers too.
//!
//! Invariant: `waiting` says that the lock was taken by a thread that found the queue empty; whoever changes that
//! releases it, so that one of the waiters looks again.

use core::cell::{Cell, RefCell};
use core::mem::offset_of;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::prelude::*;
use vm::lock::RawLock;
use vm::time::{self, Round};
use vm::types::type_;

/// The module.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_queue",
    methods: &[],
    exec,
};

/// `queue.SimpleQueue`.
#[repr(C)]
pub struct SimpleQueue {
    ob_base: PyObject,
    items: RefCell<VecDeque<Ref>>,
    lock: RawLock,
    waiting: Cell<bool>,
    weakrefs: Cell<*mut PyObject>,
}

static_type!(SimpleQueue, SIMPLE_QUEUE);

static EMPTY: Global<*const PyTypeObject> = Global::new(core::ptr::null());

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "empty",
        |q: &SimpleQueue| Ok(q.items.borrow().is_empty()),
        "($self, /)"
    ),
    keywords!(
        "get",
        |q: &SimpleQueue, [block, timeout]| get(q, wait_time(block, timeout)?),
        "($self, /, block=True, timeout=None)"
    ),
    noargs!(
        "get_nowait",
        |q: &SimpleQueue| get(q, Some(Duration::ZERO)),
        "($self, /)"
    ),
    keywords!(
        "put",
        |q: &SimpleQueue, [item, _, _]: [Option<&Obj>; 3]| put(q, required(item)),
        "($self, /, item, block=True, timeout=None)"
    ),
    keywords!(
        "put_nowait",
        |q: &SimpleQueue, [item]: [Option<&Obj>; 1]| put(q, required(item)),
        "($self, /, item)"
    ),
    noargs!(
        "qsize",
        |q: &SimpleQueue| Ok(q.items.borrow().len()),
        "($self, /)"
    ),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

fn define(b: &mut TypeBuilder) {
    b.basicsize::<SimpleQueue>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .owns_memory()
        .weaklistoffset(offset_of!(SimpleQueue, weakrefs))
        .dealloc_drop::<SimpleQueue>()
        .tp_traverse(
            |q: &SimpleQueue, v: &mut Visitor| match q.items.try_borrow() {
                Ok(items) => items.iter().try_for_each(|item| v.visit(item)),
                Err(_) => Ok(()),
            },
        )
        .tp_clear(|q: &SimpleQueue| drop(q.items.take()))
        .tp_new(new)
        .text_signature(method_doc!("SimpleQueue", "()"))
        .methods(METHODS);
}

fn exec(m: &Obj) -> Result<()> {
    let empty = type_::new_exception("_queue", "Empty", &[&exc::Exception])?;
    module::add(m, "Empty", &empty)?;
    EMPTY.set(empty.into_raw().cast());
    add_types(m, &[(&SIMPLE_QUEUE, c"_queue.SimpleQueue", define)])
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [] = exactly("SimpleQueue", &SIMPLE_QUEUE, tp, args, kwargs)?;
    let queue = SimpleQueue {
        ob_base: header(),
        items: RefCell::default(),
        lock: RawLock::new(),
        waiting: Cell::new(false),
        weakrefs: Cell::new(core::ptr::null_mut()),
    };
    Ok(create(tp, queue)?.into_obj())
}

/// How long `get` waits: `None` for ever.
fn wait_time(block: Option<&Obj>, timeout: Option<&Obj>) -> Result<Option<Duration>> {
    if !block.map_or(Ok(true), args::to_bool)? {
        return Ok(Some(Duration::ZERO));
    }
    let Some(timeout) = timeout.filter(|t| !t.is_none()) else {
        return Ok(None);
    };
    let ns = time::from_seconds(timeout, Round::Up)?;
    if ns < 0 {
        return raise!(ValueError, "'timeout' must be a non-negative number");
    }
    if ns / 1000 > PY_TIMEOUT_MAX {
        return raise!(OverflowError, "timeout value is too large");
    }
    Ok(time::timeout(ns))
}

fn wake(q: &SimpleQueue) {
    if q.waiting.replace(false) {
        q.lock.release();
    }
}

fn put(q: &SimpleQueue, item: &Obj) -> Result<()> {
    q.items.borrow_mut().push_back(item.new_ref());
    wake(q);
    Ok(())
}

fn get(q: &SimpleQueue, timeout: Option<Duration>) -> Result {
    let deadline = timeout.and_then(|t| Instant::now().checked_add(t));
    loop {
        let item = q.items.borrow_mut().pop_front();
        if let Some(item) = item {
            wake(q);
            return Ok(item);
        }
        let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
        if !q.lock.acquire(left)? {
            // SAFETY: set to a class that lives as long as the module's code.
            let class = unsafe { EMPTY.get().as_ref() }.unwrap_or(&exc::Exception);
            return Err(err::set_object(class, NONE()));
        }
        q.waiting.set(true);
    }
}
