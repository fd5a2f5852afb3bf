//! `chain`: one iterable after the other.

use super::iterator;
use crate::prelude::*;

/// `chain(*iterables)`.
#[repr(C)]
pub struct Chain {
    ob_base: PyObject,
    /// The iterator over iterables; empty at the end.
    source: Slot,
    /// The iterator over the present iterable.
    active: Slot,
}

static_type!(Chain, CHAIN);

static METHODS: &[PyMethodDef] = &[
    class_method(o!("from_iterable", from_iterable, "($type, iterable, /)")),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, Chain, [source, active], next)
        .tp_new(new)
        .methods(METHODS)
        .text_signature(method_doc!("chain", "(*iterables)"));
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    no_keywords("chain", &CHAIN, tp, kwargs)?;
    over(tp, proto::iter(args.as_obj())?)
}

fn from_iterable(tp: &PyTypeObject, iterable: &Obj) -> Result {
    over(tp, proto::iter(iterable)?)
}

fn over(tp: &PyTypeObject, source: Ref) -> Result {
    let c = Chain {
        ob_base: header(),
        source: source.into(),
        active: Slot::empty(),
    };
    Ok(create(tp, c)?.into_obj())
}

fn next(c: &Chain) -> Result<Option<Ref>> {
    loop {
        let active = match c.active.get() {
            Some(active) => active,
            None => match next_iterable(c)? {
                Some(active) => active,
                None => return Ok(None),
            },
        };
        if let Some(item) = proto::next(&active)? {
            return Ok(Some(item));
        }
        c.active.set(None);
    }
}

/// Goes on to the next iterable; after the last one, or an error, there are no more.
fn next_iterable(c: &Chain) -> Result<Option<Ref>> {
    let Some(source) = c.source.get() else {
        return Ok(None);
    };
    let active = match proto::next(&source) {
        Ok(Some(iterable)) => proto::iter(&iterable).map(Some),
        ended => ended,
    };
    match &active {
        Ok(Some(active)) => c.active.set(Some(active.clone())),
        _ => c.source.set(None),
    }
    active
}
