//! The two iterators of deques.
//!
//! Invariant: `left` items are still to come, unless the deque's `state` is no longer the one seen at the start.

use core::cell::Cell;

use layout::*;

use vm::args;
use vm::err::{Result, raise};
use vm::method::*;
use vm::object::*;
use vm::types::int;
use vm::types::tuple;
use vm::types::tuple::TupleExt as _;
use vm::types::type_::TypeBuilder;

use super::deque::Deque;

/// `_deque_iterator`.
pub static FORWARD: PyTypeObject = PyTypeObject::statically_declared();
/// `_deque_reverse_iterator`.
pub static REVERSE: PyTypeObject = PyTypeObject::statically_declared();

/// An iterator over a deque.
#[repr(C)]
pub struct DequeIter {
    ob_base: PyObject,
    deque: Slot,
    left: Cell<usize>,
    state: Cell<usize>,
}

impl Layout for DequeIter {
    fn type_object() -> &'static PyTypeObject {
        &FORWARD
    }
}

static METHODS: &[PyMethodDef] = &[
    noargs!("__length_hint__", length_hint, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
];

fn define(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.basicsize::<DequeIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<DequeIter>()
        .tp_traverse(|it: &DequeIter, v: &mut Visitor| v.slot(&it.deque))
        .iter_self()
        .methods(METHODS)
}

/// Fills in `_deque_iterator`.
pub fn define_forward(b: &mut TypeBuilder) {
    define(b).tp_iternext(next).tp_new(
        |_: &PyTypeObject, args: &PyTupleObject, _: Option<&PyDictObject>| {
            from_args(&FORWARD, args)
        },
    );
}

/// Fills in `_deque_reverse_iterator`.
pub fn define_reverse(b: &mut TypeBuilder) {
    define(b).tp_iternext(next_back).tp_new(
        |_: &PyTypeObject, args: &PyTupleObject, _: Option<&PyDictObject>| {
            from_args(&REVERSE, args)
        },
    );
}

/// An iterator of one of the two types that has passed `skip` items.
pub fn new(d: &Deque, tp: &'static PyTypeObject, skip: usize) -> Result {
    let it = DequeIter {
        ob_base: header(),
        deque: Slot::new(Some(d.to_ref().into_obj())),
        left: Cell::new(d.len().saturating_sub(skip)),
        state: Cell::new(d.ring.state.get()),
    };
    Ok(create(tp, it)?.into_obj())
}

fn from_args(tp: &'static PyTypeObject, args: &PyTupleObject) -> Result {
    let items = args.items();
    let name = type_name(tp).rsplit('.').next().unwrap_or_default();
    args::expect_count(name, items.len(), 1..=2)?;
    let Some(d) = items[0].downcast::<Deque>() else {
        return raise!(
            TypeError,
            "argument 1 must be collections.deque, not {}",
            items[0].tp_name()
        );
    };
    let skip = args::to_isize_or(items.get(1).map(|i| &**i), 0)?;
    new(d, tp, skip.max(0) as usize)
}

impl DequeIter {
    fn deque(&self) -> Option<&Deque> {
        // SAFETY: only deques are stored.
        self.deque.borrow().map(|d| unsafe { d.cast() })
    }

    fn check(&self, d: &Deque) -> Result<()> {
        if d.ring.state.get() != self.state.get() {
            self.left.set(0);
            return raise!(RuntimeError, "deque mutated during iteration");
        }
        Ok(())
    }
}

fn next(it: &DequeIter) -> Result<Option<Ref>> {
    let Some(d) = it.deque() else { return Ok(None) };
    it.check(d)?;
    let left = it.left.get();
    if left == 0 {
        return Ok(None);
    }
    it.left.set(left - 1);
    Ok(d.get(d.len() - left))
}

fn next_back(it: &DequeIter) -> Result<Option<Ref>> {
    let left = it.left.get();
    let Some(d) = it.deque().filter(|_| left > 0) else {
        return Ok(None);
    };
    it.check(d)?;
    it.left.set(left - 1);
    Ok(d.get(left - 1))
}

fn length_hint(it: &DequeIter) -> Result<usize> {
    Ok(it.left.get())
}

fn reduce(it: &DequeIter) -> Result {
    let Some(d) = it.deque() else {
        return raise!(TypeError, "cannot pickle an exhausted deque iterator");
    };
    let passed = int::from_i64((d.len() - it.left.get()) as i64);
    let args = tuple::pair(d.as_obj(), passed.as_obj());
    Ok(tuple::pair(it.as_obj().ty().as_obj(), args.as_obj()).into_obj())
}
