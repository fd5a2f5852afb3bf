//! `dropwhile`, `takewhile` and `filterfalse`: items chosen by a predicate.

use core::cell::Cell;
use core::ptr;

use super::iterator;
use crate::prelude::*;

/// `dropwhile(predicate, iterable)`.
#[repr(C)]
pub struct DropWhile {
    ob_base: PyObject,
    predicate: Slot,
    it: Slot,
    /// An item was kept: so are all others.
    started: Cell<bool>,
}

/// `takewhile(predicate, iterable)`.
#[repr(C)]
pub struct TakeWhile {
    ob_base: PyObject,
    predicate: Slot,
    it: Slot,
    stopped: Cell<bool>,
}

/// `filterfalse(function, iterable)`.
#[repr(C)]
pub struct FilterFalse {
    ob_base: PyObject,
    predicate: Slot,
    it: Slot,
}

static_type!(DropWhile, DROPWHILE);
static_type!(TakeWhile, TAKEWHILE);
static_type!(FilterFalse, FILTERFALSE);

/// Fills in `dropwhile`.
pub fn define_dropwhile(b: &mut TypeBuilder) {
    iterator!(b, DropWhile, [predicate, it], dropwhile_next)
        .tp_new(dropwhile_new)
        .text_signature(method_doc!("dropwhile", "(predicate, iterable, /)"));
}

/// Fills in `takewhile`.
pub fn define_takewhile(b: &mut TypeBuilder) {
    iterator!(b, TakeWhile, [predicate, it], takewhile_next)
        .tp_new(takewhile_new)
        .text_signature(method_doc!("takewhile", "(predicate, iterable, /)"));
}

/// Fills in `filterfalse`.
pub fn define_filterfalse(b: &mut TypeBuilder) {
    iterator!(b, FilterFalse, [predicate, it], filterfalse_next)
        .tp_new(filterfalse_new)
        .text_signature(method_doc!("filterfalse", "(function, iterable, /)"));
}

fn dropwhile_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [predicate, iterable] = exactly("dropwhile", &DROPWHILE, tp, args, kwargs)?;
    let it = proto::iter(iterable)?.into();
    let d = DropWhile {
        ob_base: header(),
        predicate: holding(predicate),
        it,
        started: Cell::new(false),
    };
    Ok(create(tp, d)?.into_obj())
}

fn takewhile_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [predicate, iterable] = exactly("takewhile", &TAKEWHILE, tp, args, kwargs)?;
    let it = proto::iter(iterable)?.into();
    let t = TakeWhile {
        ob_base: header(),
        predicate: holding(predicate),
        it,
        stopped: Cell::new(false),
    };
    Ok(create(tp, t)?.into_obj())
}

fn filterfalse_new(
    tp: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let [predicate, iterable] = exactly("filterfalse", &FILTERFALSE, tp, args, kwargs)?;
    let it = proto::iter(iterable)?.into();
    let f = FilterFalse {
        ob_base: header(),
        predicate: holding(predicate),
        it,
    };
    Ok(create(tp, f)?.into_obj())
}

fn holds(predicate: &Slot, item: &Obj) -> Result<bool> {
    proto::is_true(&*call::call1(held(predicate), item)?)
}

fn dropwhile_next(d: &DropWhile) -> Result<Option<Ref>> {
    while let Some(item) = proto::next(held(&d.it))? {
        if d.started.get() || !holds(&d.predicate, &item)? {
            d.started.set(true);
            return Ok(Some(item));
        }
    }
    Ok(None)
}

fn takewhile_next(t: &TakeWhile) -> Result<Option<Ref>> {
    if t.stopped.get() {
        return Ok(None);
    }
    let Some(item) = proto::next(held(&t.it))? else {
        return Ok(None);
    };
    if holds(&t.predicate, &item)? {
        return Ok(Some(item));
    }
    t.stopped.set(true);
    Ok(None)
}

fn filterfalse_next(f: &FilterFalse) -> Result<Option<Ref>> {
    let predicate = held(&f.predicate);
    let by_truth = predicate.is_none() || ptr::eq(predicate, PyBool_Type.as_obj());
    while let Some(item) = proto::next(held(&f.it))? {
        let excluded = if by_truth {
            proto::is_true(&item)?
        } else {
            holds(&f.predicate, &item)?
        };
        if !excluded {
            return Ok(Some(item));
        }
    }
    Ok(None)
}
