//! `product`: every choice of one item from each pool, the last pool turning fastest.

use core::cell::Cell;

use super::indices::{self, Indices};
use super::iterator;
use crate::prelude::*;
use vm::types::dict::DictExt as _;

/// `product(*iterables, repeat=1)`.
#[repr(C)]
pub struct Product {
    ob_base: PyObject,
    /// A tuple of tuples.
    pools: Slot,
    indices: Indices,
    started: Cell<bool>,
    stopped: Cell<bool>,
}

static_type!(Product, PRODUCT);

static METHODS: &[PyMethodDef] = &[noargs!(
    "__sizeof__",
    |p: &Product| Ok(indices::sizeof(p.as_obj(), p.indices.len())),
    "($self, /)"
)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Product, [pools], next)
        .owns_memory()
        .tp_new(new)
        .methods(METHODS)
        .text_signature(method_doc!("product", "(*iterables, repeat=1)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("product", "(*, repeat=1)");
    let repeat = match kwargs {
        Some(k) if k.len() > 0 => SIGNATURE.bind::<1>(tuple::empty_ref(), kwargs)?[0],
        _ => None,
    };
    let repeat = args::to_isize_or(repeat, 1)?;
    if repeat < 0 {
        return raise!(ValueError, "repeat argument cannot be negative");
    }
    let repeat = repeat as usize;
    let given = if repeat == 0 { &[][..] } else { args.items() };
    let limit = isize::MAX as usize / size_of::<usize>();
    if given.len().checked_mul(repeat).is_none_or(|n| n > limit) {
        return raise!(OverflowError, "repeat argument too large");
    }
    let pools = given
        .iter()
        .map(|o| Ok(tuple::from_iterable(o)?.into_obj()))
        .collect::<Result<Vec<Ref>>>()?;
    let n = pools.len() * repeat;
    let indices = indices::new(n, |_| 0)?;
    let pools = tuple::from_vec(pools.iter().cycle().take(n).cloned().collect());
    let p = Product {
        ob_base: header(),
        pools: pools.into_obj().into(),
        indices,
        started: Cell::new(false),
        stopped: Cell::new(false),
    };
    Ok(create(tp, p)?.into_obj())
}

fn items_of(pool: &Obj) -> &[Ref] {
    // SAFETY: the pools were made to be tuples.
    unsafe { pool.cast::<PyTupleObject>() }.items()
}

fn next(p: &Product) -> Result<Option<Ref>> {
    if p.stopped.get() {
        return Ok(None);
    }
    let pools = held_tuple(&p.pools).items();
    let going = if p.started.replace(true) {
        advance(&p.indices, pools)
    } else {
        pools.iter().all(|pool| !items_of(pool).is_empty())
    };
    if !going {
        p.stopped.set(true);
        return Ok(None);
    }
    let mut chosen = tuple::Fresh::new(pools.len())?;
    for (pool, i) in pools.iter().zip(&p.indices) {
        chosen.put(items_of(pool)[i.get()].clone());
    }
    Ok(Some(chosen.finish().into_obj()))
}

/// Turns the counters on, as an odometer does.
fn advance(indices: &[Cell<usize>], pools: &[Ref]) -> bool {
    for (i, pool) in indices.iter().zip(pools).rev() {
        if i.get() + 1 < items_of(pool).len() {
            i.set(i.get() + 1);
            return true;
        }
        i.set(0);
    }
    false
}
