//! `islice`: a slice of an iterator.

use core::cell::Cell;

use super::iterator;
use crate::prelude::*;

/// `islice(iterable, stop)`, `islice(iterable, start, stop[, step])`.
#[repr(C)]
pub struct ISlice {
    ob_base: PyObject,
    /// Empty at the end.
    it: Slot,
    /// How many items of the source were read.
    read: Cell<usize>,
    /// The number of the next item to give out.
    next: Cell<usize>,
    /// `usize::MAX` for no end.
    stop: usize,
    step: usize,
}

static_type!(ISlice, ISLICE);

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    iterator!(b, ISlice, [it], next).tp_new(new);
}

/// An optional index; `None` if it is no acceptable one.
fn index(o: Option<&Obj>, default: usize, least: usize) -> Option<usize> {
    let Some(o) = o.filter(|o| !o.is_none()) else {
        return Some(default);
    };
    match args::to_isize(o) {
        Ok(n) => usize::try_from(n).ok().filter(|&n| n >= least),
        Err(_) => {
            err::clear();
            None
        }
    }
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let bound: [_; 4] = positional(("islice", 2..=4), &ISLICE, tp, args, kwargs)?;
    let [iterable, a, b, step] = bound;
    let (start, stop) = if b.is_none() { (None, a) } else { (a, b) };
    let minus_one = |o: &Obj| matches!(args::to_isize(o), Ok(-1)) || err::take().is_some();
    let Some(stop) = index(stop, usize::MAX, 0) else {
        // CPython tells a stop of -1, or one that is no int, from other negative ones.
        if stop.is_some_and(minus_one) {
            return raise!(
                ValueError,
                "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."
            );
        }
        return bad_indices();
    };
    let Some(start) = index(start, 0, 0) else {
        return bad_indices();
    };
    let Some(step) = index(step, 1, 1) else {
        return raise!(
            ValueError,
            "Step for islice() must be a positive integer or None."
        );
    };
    let it = proto::iter(required(iterable))?;
    let s = ISlice {
        ob_base: header(),
        it: it.into(),
        read: Cell::new(0),
        next: Cell::new(start),
        stop,
        step,
    };
    Ok(create(tp, s)?.into_obj())
}

fn bad_indices() -> Result {
    raise!(
        ValueError,
        "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."
    )
}

fn next(s: &ISlice) -> Result<Option<Ref>> {
    let Some(it) = s.it.get() else {
        return Ok(None);
    };
    let item = advance(s, &it);
    if !matches!(item, Ok(Some(_))) {
        s.it.set(None);
    }
    item
}

fn advance(s: &ISlice, it: &Obj) -> Result<Option<Ref>> {
    while s.read.get() < s.next.get() {
        if proto::next(it)?.is_none() {
            return Ok(None);
        }
        s.read.set(s.read.get() + 1);
    }
    if s.read.get() >= s.stop {
        return Ok(None);
    }
    let item = proto::next(it)?;
    if item.is_some() {
        s.read.set(s.read.get() + 1);
        s.next.set(s.next.get().saturating_add(s.step).min(s.stop));
    }
    Ok(item)
}
