//! `count`: numbers from a start, by a step.
//!
//! Two modes: small ints by one, counted natively; anything else by addition. The first goes over to the second where
//! native ints end.

use core::cell::Cell;

use super::iterator;
use crate::prelude::*;
use vm::types::int::IntExt as _;
use vm::types::type_::name_of;

/// `count(start=0, step=1)`.
#[repr(C)]
pub struct Count {
    ob_base: PyObject,
    /// The next number in the native mode, `SLOW` in the other.
    native: Cell<isize>,
    /// The next number in the other mode; empty if native numbers have just run out.
    number: Slot,
    step: Slot,
}

const SLOW: isize = isize::MAX;

static_type!(Count, COUNT);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Count, [number, step], next)
        .tp_new(new)
        .tp_repr(repr)
        .text_signature(method_doc!("count", "(start=0, step=1)"));
}

fn as_native(o: &Obj) -> Option<isize> {
    o.downcast::<PyLongObject>()?.to_i64().map(|n| n as isize)
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("count", "(start=0, step=1)");
    let [start, step] = SIGNATURE.bind(args, kwargs)?;
    if [start, step]
        .iter()
        .flatten()
        .any(|o| !number::is_number(o))
    {
        return raise!(TypeError, "a number is required");
    }
    let start = start.unwrap_or(int::zero());
    let step = step.unwrap_or(int::one());
    let native = as_native(start).filter(|_| as_native(step) == Some(1));
    let c = Count {
        ob_base: header(),
        native: Cell::new(native.unwrap_or(SLOW)),
        number: if native.is_some() {
            Slot::empty()
        } else {
            holding(start)
        },
        step: holding(step),
    };
    Ok(create(tp, c)?.into_obj())
}

fn next(c: &Count) -> Result<Option<Ref>> {
    let n = c.native.get();
    if n != SLOW {
        c.native.set(n + 1);
        return Ok(Some(int::from_isize(n).into_obj()));
    }
    let number = current(c);
    c.number.set(Some(number::add(&number, held(&c.step))?));
    Ok(Some(number))
}

fn current(c: &Count) -> Ref {
    match c.native.get() {
        SLOW => c
            .number
            .get()
            .unwrap_or_else(|| int::from_isize(SLOW).into_obj()),
        n => int::from_isize(n).into_obj(),
    }
}

fn repr(c: &Count) -> Result<String> {
    let name = name_of(c.as_obj().ty());
    let text = |o: &Obj| Ok(str_::to_string_lossy(&*proto::repr(o)?));
    let number = text(&current(c))?;
    // A step of one goes without saying.
    if as_native(held(&c.step)) == Some(1) {
        return Ok(format!("{name}({number})"));
    }
    Ok(format!("{name}({number}, {})", text(held(&c.step))?))
}
