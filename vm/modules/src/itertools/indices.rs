//! The counters of the combinatoric iterators: positions in pools of items.

use core::cell::Cell;

use crate::prelude::*;

/// A fixed number of positions.
pub type Indices = Box<[Cell<usize>]>;

/// `n` positions.
pub fn new(n: usize, position: impl Fn(usize) -> usize) -> Result<Indices> {
    let mut indices = Vec::new();
    if indices.try_reserve_exact(n).is_err() {
        return Err(err::no_memory());
    }
    indices.extend((0..n).map(|i| Cell::new(position(i))));
    Ok(indices.into_boxed_slice())
}

/// The items at the positions, as a tuple.
pub fn select(pool: &PyTupleObject, indices: &[Cell<usize>]) -> Result {
    let items = pool.items();
    let mut fresh = tuple::Fresh::new(indices.len())?;
    for i in indices {
        fresh.put(items[i.get()].clone());
    }
    Ok(fresh.finish().into_obj())
}

/// The length argument of a selection.
pub fn length(r: &Obj) -> Result<usize> {
    usize::try_from(args::to_isize(r)?)
        .map_err(|_| err::new(&exc::ValueError, format_args!("r must be non-negative")))
}

/// `__sizeof__`: the object and its positions.
pub fn sizeof(o: &Obj, counters: usize) -> usize {
    o.ty().tp_basicsize.get() as usize + counters * size_of::<usize>()
}
