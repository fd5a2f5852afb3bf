//! `repeat`: the same object, for ever or a number of times.

use core::cell::Cell;

use super::iterator;
use crate::prelude::*;
use vm::types::type_::name_of;

/// `repeat(object[, times])`.
#[repr(C)]
pub struct Repeat {
    ob_base: PyObject,
    element: Slot,
    /// How many times are left; -1 for ever.
    left: Cell<isize>,
}

static_type!(Repeat, REPEAT);

static METHODS: &[PyMethodDef] = &[noargs!("__length_hint__", length_hint, "($self, /)")];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Repeat, [element], next)
        .tp_new(new)
        .tp_repr(repr)
        .methods(METHODS);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("repeat", "(object, times=-1)");
    let [element, times] = SIGNATURE.bind(args, kwargs)?;
    let left = match times {
        Some(times) => args::to_isize(times)?.max(0),
        None => -1,
    };
    let r = Repeat {
        ob_base: header(),
        element: holding(required(element)),
        left: Cell::new(left),
    };
    Ok(create(tp, r)?.into_obj())
}

fn next(r: &Repeat) -> Result<Option<Ref>> {
    match r.left.get() {
        0 => return Ok(None),
        -1 => {}
        left => r.left.set(left - 1),
    }
    Ok(r.element.get())
}

fn length_hint(r: &Repeat) -> Result<isize> {
    match r.left.get() {
        -1 => raise!(TypeError, "len() of unsized object"),
        left => Ok(left),
    }
}

fn repr(r: &Repeat) -> Result<Ref> {
    let mut w = str_::Writer::new();
    w.push_str(&name_of(r.as_obj().ty()));
    w.push_str("(");
    push_text(&mut w, &*proto::repr(held(&r.element))?);
    if r.left.get() != -1 {
        w.push_str(&format!(", {}", r.left.get()));
    }
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}
