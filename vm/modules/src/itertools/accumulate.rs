//! `accumulate`: running totals, or whatever a function of two makes of them.

use super::iterator;
use crate::prelude::*;

/// `accumulate(iterable, func=None, *, initial=None)`.
#[repr(C)]
pub struct Accumulate {
    ob_base: PyObject,
    total: Slot,
    it: Slot,
    /// Empty to add.
    function: Slot,
    /// Until it is given out.
    initial: Slot,
}

static_type!(Accumulate, ACCUMULATE);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Accumulate, [total, it, function, initial], next)
        .tp_new(new)
        .text_signature(method_doc!(
            "accumulate",
            "(iterable, func=None, *, initial=None)"
        ));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature =
        Signature::new("accumulate", "(iterable, func=None, *, initial=None)");
    let [iterable, function, initial] = SIGNATURE.bind(args, kwargs)?;
    let it = proto::iter(required(iterable))?;
    let a = Accumulate {
        ob_base: header(),
        total: Slot::empty(),
        it: it.into(),
        function: optional(function),
        initial: optional(initial),
    };
    Ok(create(tp, a)?.into_obj())
}

fn next(a: &Accumulate) -> Result<Option<Ref>> {
    if let Some(initial) = a.initial.take() {
        a.total.set(Some(initial.clone()));
        return Ok(Some(initial));
    }
    let Some(value) = proto::next(held(&a.it))? else {
        return Ok(None);
    };
    let total = match (a.total.get(), a.function.borrow()) {
        (None, _) => value,
        (Some(total), None) => number::add(&total, &value)?,
        (Some(total), Some(f)) => call::call(f, &[&total, &value])?,
    };
    a.total.set(Some(total.clone()));
    Ok(Some(total))
}
