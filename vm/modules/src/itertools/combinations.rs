//! `combinations`: selections of `r` items in the order of the pool.
//!
//! Invariant: positions rise from left to right, and number `i` never passes `n - r + i`.

use core::cell::Cell;

use super::indices::{self, Indices};
use super::iterator;
use crate::prelude::*;

/// `combinations(iterable, r)`.
#[repr(C)]
pub struct Combinations {
    ob_base: PyObject,
    /// A tuple.
    pool: Slot,
    indices: Indices,
    started: Cell<bool>,
    stopped: Cell<bool>,
}

static_type!(Combinations, COMBINATIONS);

static METHODS: &[PyMethodDef] = &[noargs!(
    "__sizeof__",
    |c: &Combinations| Ok(indices::sizeof(c.as_obj(), c.indices.len())),
    "($self, /)"
)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Combinations, [pool], next)
        .owns_memory()
        .tp_new(new)
        .methods(METHODS)
        .text_signature(method_doc!("combinations", "(iterable, r)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("combinations", "(iterable, r)");
    let [iterable, r] = SIGNATURE.bind(args, kwargs)?;
    let r = args::to_isize(required(r))?;
    let pool = tuple::from_iterable(required(iterable))?;
    if r < 0 {
        return raise!(ValueError, "r must be non-negative");
    }
    let r = r as usize;
    let stopped = r > pool.len();
    let c = Combinations {
        ob_base: header(),
        indices: indices::new(if stopped { 0 } else { r }, |i| i)?,
        pool: pool.into_obj().into(),
        started: Cell::new(false),
        stopped: Cell::new(stopped),
    };
    Ok(create(tp, c)?.into_obj())
}

fn next(c: &Combinations) -> Result<Option<Ref>> {
    if c.stopped.get() {
        return Ok(None);
    }
    let pool = held_tuple(&c.pool);
    if c.started.replace(true) && !advance(&c.indices, pool.len()) {
        c.stopped.set(true);
        return Ok(None);
    }
    indices::select(pool, &c.indices).map(Some)
}

/// Moves the last position that can move, and puts those after it right behind.
fn advance(indices: &[Cell<usize>], n: usize) -> bool {
    let r = indices.len();
    let Some(i) = (0..r).rev().find(|&i| indices[i].get() != i + n - r) else {
        return false;
    };
    let first = indices[i].get() + 1;
    for (j, position) in indices[i..].iter().enumerate() {
        position.set(first + j);
    }
    true
}
