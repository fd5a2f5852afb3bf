//! `pairwise`: each item with the one after it.

use super::iterator;
use crate::prelude::*;

/// `pairwise(iterable)`.
#[repr(C)]
pub struct Pairwise {
    ob_base: PyObject,
    /// Empty at the end.
    it: Slot,
    old: Slot,
}

static_type!(Pairwise, PAIRWISE);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Pairwise, [it, old], next)
        .tp_new(new)
        .text_signature(method_doc!("pairwise", "(iterable, /)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [iterable] = exactly("pairwise", &PAIRWISE, tp, args, kwargs)?;
    let p = Pairwise {
        ob_base: header(),
        it: proto::iter(iterable)?.into(),
        old: Slot::empty(),
    };
    Ok(create(tp, p)?.into_obj())
}

fn next(p: &Pairwise) -> Result<Option<Ref>> {
    let pair = advance(p);
    if !matches!(pair, Ok(Some(_))) {
        p.it.set(None);
        p.old.set(None);
    }
    pair
}

fn advance(p: &Pairwise) -> Result<Option<Ref>> {
    if p.old.borrow().is_none() {
        let Some(it) = p.it.get() else {
            return Ok(None);
        };
        let first = proto::next(&it)?;
        if first.is_none() {
            return Ok(None);
        }
        p.old.set(first);
    }
    // Reading an item may run code that ends this very iterator.
    let (Some(it), Some(old)) = (p.it.get(), p.old.get()) else {
        return Ok(None);
    };
    let Some(new) = proto::next(&it)? else {
        return Ok(None);
    };
    p.old.set(Some(new.clone()));
    Ok(Some(tuple::from_array([old, new]).into_obj()))
}
