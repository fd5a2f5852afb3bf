//! `combinations_with_replacement`: selections in which an item may come again.
//!
//! Invariant: positions never fall from left to right.

use core::cell::Cell;

use super::indices::{self, Indices};
use super::iterator;
use crate::prelude::*;

/// `combinations_with_replacement(iterable, r)`.
#[repr(C)]
pub struct WithReplacement {
    ob_base: PyObject,
    /// A tuple.
    pool: Slot,
    indices: Indices,
    started: Cell<bool>,
    stopped: Cell<bool>,
}

static_type!(WithReplacement, WITH_REPLACEMENT);

static METHODS: &[PyMethodDef] = &[noargs!(
    "__sizeof__",
    |c: &WithReplacement| Ok(indices::sizeof(c.as_obj(), c.indices.len())),
    "($self, /)"
)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, WithReplacement, [pool], next)
        .owns_memory()
        .tp_new(new)
        .methods(METHODS)
        .text_signature(method_doc!(
            "combinations_with_replacement",
            "(iterable, r)"
        ));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("combinations_with_replacement", "(iterable, r)");
    let [iterable, r] = SIGNATURE.bind(args, kwargs)?;
    let r = args::to_isize(required(r))?;
    let pool = tuple::from_iterable(required(iterable))?;
    if r < 0 {
        return raise!(ValueError, "r must be non-negative");
    }
    let c = WithReplacement {
        ob_base: header(),
        indices: indices::new(r as usize, |_| 0)?,
        started: Cell::new(false),
        stopped: Cell::new(pool.is_empty() && r > 0),
        pool: pool.into_obj().into(),
    };
    Ok(create(tp, c)?.into_obj())
}

fn next(c: &WithReplacement) -> Result<Option<Ref>> {
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

/// Moves the last position that can move, and those after it to the same place.
fn advance(indices: &[Cell<usize>], n: usize) -> bool {
    let Some(i) = indices.iter().rposition(|position| position.get() + 1 < n) else {
        return false;
    };
    let place = indices[i].get() + 1;
    for position in &indices[i..] {
        position.set(place);
    }
    true
}
