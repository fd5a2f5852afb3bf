//! `starmap`: a function called with each item's items.

use super::iterator;
use crate::prelude::*;

/// `starmap(function, iterable)`.
#[repr(C)]
pub struct StarMap {
    ob_base: PyObject,
    function: Slot,
    it: Slot,
}

static_type!(StarMap, STARMAP);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, StarMap, [function, it], next)
        .tp_new(new)
        .text_signature(method_doc!("starmap", "(function, iterable, /)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [function, iterable] = exactly("starmap", &STARMAP, tp, args, kwargs)?;
    let s = StarMap {
        ob_base: header(),
        it: proto::iter(iterable)?.into(),
        function: holding(function),
    };
    Ok(create(tp, s)?.into_obj())
}

fn next(s: &StarMap) -> Result<Option<Ref>> {
    let Some(item) = proto::next(held(&s.it))? else {
        return Ok(None);
    };
    let arguments = tuple::from_iterable(&item)?;
    call::call_tuple_dict(held(&s.function), &arguments, None).map(Some)
}
