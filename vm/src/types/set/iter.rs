//! `set_iterator`: serves set and frozenset.
//!
//! Invariant: `used` is the set's size when iteration began, or `usize::MAX` once a change of size was reported.

use core::cell::Cell;

use layout::*;

use crate::err::Result;
use crate::method::*;
use crate::object::*;
use crate::raise;
use crate::types::type_::TypeBuilder;
use crate::types::{list, tuple};

use super::{SetExt, table};

/// An iterator over a set.
#[repr(C)]
pub struct SetIter {
    ob_base: PyObject,
    set: Slot,
    used: Cell<usize>,
    pos: Cell<usize>,
    left: Cell<usize>,
}

impl Layout for SetIter {
    fn type_object() -> &'static PyTypeObject {
        &PySetIter_Type
    }
}

static METHODS: &[PyMethodDef] = &[
    noargs!("__length_hint__", length_hint, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
];

/// Fills in `set_iterator`.
pub fn define_iterator(b: &mut TypeBuilder) {
    b.basicsize::<SetIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<SetIter>()
        .tp_traverse(|it: &SetIter, v: &mut Visitor| v.slot(&it.set))
        .tp_iter(|it: &SetIter| Ok(it.to_ref().into_obj()))
        .tp_iternext(next)
        .methods(METHODS)
        .new_disallowed();
}

/// `iter(s)`.
pub fn new(s: &PySetObject) -> Result {
    let it = create(
        &PySetIter_Type,
        SetIter {
            ob_base: header(),
            set: Slot::new(Some(s.to_ref().into_obj())),
            used: Cell::new(s.len()),
            pos: Cell::new(0),
            left: Cell::new(s.len()),
        },
    )?;
    Ok(it.into_obj())
}

fn next(it: &SetIter) -> Result<Option<Ref>> {
    let Some(s) = it.set.borrow() else {
        return Ok(None);
    };
    // SAFETY: only sets are stored.
    let s = unsafe { s.cast::<PySetObject>() };
    if it.used.get() != s.len() {
        it.used.set(usize::MAX);
        return raise!(RuntimeError, "Set changed size during iteration");
    }
    let mut pos = it.pos.get();
    match table::next_entry(s, &mut pos) {
        Some((item, _)) => {
            it.pos.set(pos);
            it.left.set(it.left.get().saturating_sub(1));
            Ok(Some(item))
        }
        None => {
            it.set.set(None);
            Ok(None)
        }
    }
}

fn length_hint(it: &SetIter) -> Result<usize> {
    // SAFETY: only sets are stored.
    let same_size = it
        .set
        .borrow()
        .is_some_and(|s| unsafe { s.cast::<PySetObject>() }.len() == it.used.get());
    Ok(if same_size { it.left.get() } else { 0 })
}

/// `iter(list(it))`, made without using this iterator up.
fn reduce(it: &SetIter) -> Result {
    let copy = create(
        &PySetIter_Type,
        SetIter {
            ob_base: header(),
            set: Slot::new(it.set.get()),
            used: it.used.clone(),
            pos: it.pos.clone(),
            left: it.left.clone(),
        },
    )?;
    let mut items = Vec::new();
    while let Some(item) = next(&copy)? {
        items.push(item);
    }
    let args = tuple::from_vec(vec![list::from_vec(items).into_obj()]);
    Ok(tuple::pair(&*crate::builtin(crate::intern!("iter"))?, args.as_obj()).into_obj())
}
