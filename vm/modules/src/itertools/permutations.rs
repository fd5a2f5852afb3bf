//! `permutations`: selections of `r` items in every order.
//!
//! `indices` is a permutation of the whole pool, of which the first `r` are given out; `cycles[i]` says how many more
//! items take their turn at place `i` before the place to its left moves.

use core::cell::Cell;

use super::indices::{self, Indices};
use super::iterator;
use crate::prelude::*;

/// `permutations(iterable, r=None)`.
#[repr(C)]
pub struct Permutations {
    ob_base: PyObject,
    /// A tuple.
    pool: Slot,
    indices: Indices,
    cycles: Indices,
    started: Cell<bool>,
    stopped: Cell<bool>,
}

static_type!(Permutations, PERMUTATIONS);

static METHODS: &[PyMethodDef] = &[noargs!(
    "__sizeof__",
    |p: &Permutations| Ok(indices::sizeof(
        p.as_obj(),
        p.indices.len() + p.cycles.len()
    )),
    "($self, /)"
)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Permutations, [pool], next)
        .owns_memory()
        .tp_new(new)
        .methods(METHODS)
        .text_signature(method_doc!("permutations", "(iterable, r=None)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("permutations", "(iterable, r=None)");
    let [iterable, r] = SIGNATURE.bind(args, kwargs)?;
    let pool = tuple::from_iterable(required(iterable))?;
    let n = pool.len();
    let r = match r {
        None => n,
        Some(r) if r.is_none() => n,
        Some(r) if r.is::<PyLongObject>() => indices::length(r)?,
        Some(_) => return raise!(TypeError, "Expected int as r"),
    };
    let stopped = r > n;
    let p = Permutations {
        ob_base: header(),
        pool: pool.into_obj().into(),
        indices: indices::new(n, |i| i)?,
        cycles: indices::new(if stopped { 0 } else { r }, |i| n - i)?,
        started: Cell::new(false),
        stopped: Cell::new(stopped),
    };
    Ok(create(tp, p)?.into_obj())
}

fn next(p: &Permutations) -> Result<Option<Ref>> {
    if p.stopped.get() {
        return Ok(None);
    }
    if p.started.replace(true) && !advance(&p.indices, &p.cycles) {
        p.stopped.set(true);
        return Ok(None);
    }
    indices::select(held_tuple(&p.pool), &p.indices[..p.cycles.len()]).map(Some)
}

fn advance(indices: &[Cell<usize>], cycles: &[Cell<usize>]) -> bool {
    let n = indices.len();
    for i in (0..cycles.len()).rev() {
        let left = cycles[i].get() - 1;
        if left > 0 {
            cycles[i].set(left);
            indices[i].swap(&indices[n - left]);
            return true;
        }
        // Every item has had its turn here: the tail goes back to where it began.
        for j in i..n - 1 {
            indices[j].swap(&indices[j + 1]);
        }
        cycles[i].set(n - i);
    }
    false
}
