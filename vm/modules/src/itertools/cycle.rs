//! `cycle`: the items of an iterable, again and again.

use core::cell::Cell;

use super::iterator;
use crate::prelude::*;
use vm::types::list::{self, ListExt as _};

/// `cycle(iterable)`.
#[repr(C)]
pub struct Cycle {
    ob_base: PyObject,
    /// Empty once it has ended.
    it: Slot,
    /// A list of the items seen.
    saved: Slot,
    /// The next item to repeat.
    index: Cell<usize>,
}

static_type!(Cycle, CYCLE);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Cycle, [it, saved], next)
        .tp_new(new)
        .text_signature(method_doc!("cycle", "(iterable, /)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [iterable] = exactly("cycle", &CYCLE, tp, args, kwargs)?;
    let it = proto::iter(iterable)?;
    let c = Cycle {
        ob_base: header(),
        it: it.into(),
        saved: list::empty().into_obj().into(),
        index: Cell::new(0),
    };
    Ok(create(tp, c)?.into_obj())
}

fn next(c: &Cycle) -> Result<Option<Ref>> {
    // SAFETY: the field holds a list from birth to death.
    let Some(saved) = c
        .saved
        .get()
        .map(|l| unsafe { l.into_cast::<PyListObject>() })
    else {
        return Ok(None);
    };
    if let Some(it) = c.it.get() {
        if let Some(item) = proto::next(&it)? {
            saved.try_push(item.clone())?;
            return Ok(Some(item));
        }
        c.it.set(None);
    }
    let i = c.index.get();
    c.index.set(if i + 1 < saved.len() { i + 1 } else { 0 });
    Ok(saved.get(i))
}
