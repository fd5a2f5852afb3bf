//! The iterator over a view of one dimension.

use core::cell::Cell;

use layout::{Layout, Py_TPFLAGS_HAVE_GC, PyMemoryViewObject, PyObject, PyTypeObject};

use super::{arrays, check, compare, item};
use crate::err::{Result, raise};
use crate::object::*;
use crate::types::type_::builder::TypeBuilder;

pub static MEMORY_ITER: PyTypeObject = PyTypeObject::statically_declared();

#[repr(C)]
pub struct MemoryIter {
    ob_base: PyObject,
    index: Cell<isize>,
    view: Slot,
    length: isize,
    format: u8,
}

impl Layout for MemoryIter {
    fn type_object() -> &'static PyTypeObject {
        &MEMORY_ITER
    }
}

pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<MemoryIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<MemoryIter>()
        .tp_traverse(|it: &MemoryIter, v: &mut Visitor| v.slot(&it.view))
        .iter_self()
        .tp_iternext(next);
}

pub fn iter(m: &PyMemoryViewObject) -> Result {
    check(m)?;
    let view = m.view.get();
    if view.ndim == 0 {
        return raise!(TypeError, "invalid indexing of 0-dim memory");
    }
    if view.ndim != 1 {
        return raise!(
            NotImplementedError,
            "multi-dimensional sub-views are not implemented"
        );
    }
    let it = MemoryIter {
        ob_base: header(),
        index: Cell::new(0),
        view: Slot::new(Some(m.as_obj().new_ref())),
        length: arrays(&view).0[0],
        format: item::single(&view)?,
    };
    Ok(create(&MEMORY_ITER, it)?.into_obj())
}

fn next(it: &MemoryIter) -> Result<Option<Ref>> {
    let Some(m) = it
        .view
        .borrow()
        .and_then(|o| o.downcast::<PyMemoryViewObject>())
    else {
        return Ok(None);
    };
    let i = it.index.get();
    if i >= it.length {
        it.view.set(None);
        return Ok(None);
    }
    check(m)?;
    it.index.set(i + 1);
    let view = m.view.get();
    // SAFETY: a view's shape never changes, so the index is within it.
    item::unpack(it.format, unsafe { compare::item_bytes(&view, i) }).map(Some)
}
