//! Cells: the variables that functions share with the functions inside them.

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, errors, names};
use crate::code;
use crate::err::Result;
use crate::object::*;
use crate::stackref::StackRef;
use crate::types::cell;

/// The cell in a local's place.
#[inline(always)]
fn cell_at<'a, M: Manager>(r: &Regs<M>, index: u32) -> &'a PyCellObject {
    // SAFETY: the compiler makes the cell first.
    unsafe { r.local(index as usize).obj().cast() }
}

#[inline(always)]
pub fn make_cell<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let initial = r.local(oparg as usize);
    r.put_local(oparg as usize, StackRef::NULL);
    match cell::new(initial.into_opt()) {
        Ok(made) => {
            r.put_local(oparg as usize, StackRef::owned(made.into_obj()));
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(always)]
pub fn load_deref<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match cell_at(r, oparg).ob_ref.borrow_obj() {
        Some(value) => {
            r.push(StackRef::new(value));
            Flow::Next
        }
        None => {
            let _ = errors::unbound_cell(r.code(), oparg);
            Flow::Error
        }
    }
}

#[inline(always)]
pub fn store_deref<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.pop_ref();
    cell_at(r, oparg).ob_ref.set_ref(Some(value));
    Flow::Next
}

#[inline(always)]
pub fn delete_deref<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match cell_at(r, oparg).ob_ref.take_ref() {
        Some(old) => {
            drop(old);
            Flow::Next
        }
        None => {
            let _ = errors::unbound_cell(r.code(), oparg);
            Flow::Error
        }
    }
}

#[inline(always)]
pub fn load_from_dict_or_deref<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = from_dict_or_cell(r.obj(1), cell_at(r, oparg), r.code(), oparg);
    r.finish(1, value)
}

#[inline(never)]
fn from_dict_or_cell(
    namespace: &Obj,
    cell: &PyCellObject,
    code: &PyCodeObject,
    index: u32,
) -> Result {
    let name = code::type_::variable_name(code, index as usize);
    if let Some(value) = names::lookup(namespace, &name)? {
        return Ok(value);
    }
    match cell.ob_ref.get_ref() {
        Some(value) => Ok(value),
        None => Err(errors::unbound_cell(code, index)),
    }
}

/// The function keeps its closure alive, and the frame its function; yet a local owns its word like any other.
#[inline(always)]
pub fn copy_free_vars<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let count = oparg as usize;
    let first = r.code().co_nlocalsplus.get() as usize - count;
    // SAFETY: a function with free variables has a tuple of as many cells.
    let closure: &PyTupleObject = unsafe { &*r.frame().function().func_closure.get().cast() };
    for index in 0..count {
        // SAFETY: as above.
        let cell = unsafe { code::item(closure, index) };
        r.put_local(first + index, StackRef::new(cell));
    }
    Flow::Next
}
