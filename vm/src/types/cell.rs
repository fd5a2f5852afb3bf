//! `cell`: the box of a variable that closures share.

use layout::*;

use super::type_::{CompareOp, TypeBuilder};
use crate::args;
use crate::err::{Result, raise};
use crate::getset;
use crate::object::*;
use crate::protocol::object;
use crate::types::tuple::TupleExt as _;

/// Fills in `cell`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyCellObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_new(cell_new)
        .tp_dealloc(cell_dealloc)
        .tp_traverse(|c: &PyCellObject, v: &mut Visitor| v.visit_ptr(c.ob_ref.get()))
        .tp_clear(|c: &PyCellObject| c.ob_ref.set_ref(None))
        .tp_repr(cell_repr)
        .tp_richcompare(cell_compare)
        .unhashable()
        .getset(GETSET);
}

static GETSET: &[PyGetSetDef] = &[getset!("cell_contents", get_contents, set_contents)];

/// A new cell.
pub fn new(value: Option<Ref>) -> Result<Ref<PyCellObject>> {
    let cell = alloc_builtin::<PyCellObject>()?;
    cell.ob_ref.set_ref(value);
    Ok(cell)
}

/// Whether `o` is a cell.
pub fn is_cell(o: &Obj) -> bool {
    o.is_exact::<PyCellObject>()
}

/// The value of a cell, if it has one.
pub fn get(cell: &Obj) -> Option<Ref> {
    cell.downcast_exact::<PyCellObject>()?.ob_ref.get_ref()
}

/// Gives a cell a value, or none.
pub fn set(cell: &Obj, value: Option<Ref>) {
    if let Some(c) = cell.downcast_exact::<PyCellObject>() {
        c.ob_ref.set_ref(value);
    }
}

fn cell_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("cell", kwargs)?;
    match args.items() {
        [] => Ok(new(None)?.into_obj()),
        [value] => Ok(new(Some(value.clone()))?.into_obj()),
        more => raise!(
            TypeError,
            "cell expected at most 1 argument, got {}",
            more.len()
        ),
    }
}

fn cell_repr(c: &PyCellObject) -> Result<String> {
    let address = c.as_ptr() as usize;
    Ok(match c.ob_ref.borrow_obj() {
        None => format!("<cell at {address:#x}: empty>"),
        Some(value) => format!(
            "<cell at {address:#x}: {} object at {:#x}>",
            value.tp_name(),
            value.as_ptr() as usize
        ),
    })
}

/// Empty cells come before all others.
fn cell_compare(a: &PyCellObject, b: &Obj, op: CompareOp) -> Result {
    let Some(b) = b.downcast_exact::<PyCellObject>() else {
        return Ok(not_implemented());
    };
    match (a.ob_ref.get_ref(), b.ob_ref.get_ref()) {
        (Some(a), Some(b)) => object::rich_compare(&a, &b, op),
        (a, b) => Ok(bool_(op.test(a.is_some().cmp(&b.is_some())))),
    }
}

fn get_contents(c: &PyCellObject) -> Result {
    match c.ob_ref.get_ref() {
        Some(value) => Ok(value),
        None => raise!(ValueError, "Cell is empty"),
    }
}

fn set_contents(c: &PyCellObject, value: Option<&Obj>) -> Result<()> {
    c.ob_ref.set_ref(value.map(Obj::new_ref));
    Ok(())
}

unsafe extern "C" fn cell_dealloc(o: *mut PyObject) {
    // SAFETY: the last reference to a cell is gone.
    unsafe {
        gc::untrack(o);
        (*o).cast::<PyCellObject>().ob_ref.set_ref(None);
        free_builtin(o);
    }
}
