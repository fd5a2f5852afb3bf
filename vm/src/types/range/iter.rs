//! Iterators over ranges: on machine integers where all values fit, on ints of any size otherwise.

use core::cell::Cell;

use super::*;
use crate::intern;

/// The type of [`LongRangeIter`] is exported; so is this one's.
#[repr(C)]
pub struct RangeIter {
    ob_base: PyObject,
    /// The next value.
    pub start: Cell<i64>,
    /// The distance to the one after.
    pub step: Cell<i64>,
    /// How many values are left.
    pub len: Cell<i64>,
}

impl Layout for RangeIter {
    fn type_object() -> &'static PyTypeObject {
        &PyRangeIter_Type
    }
}

/// The iterator of a range that does not fit machine integers.
#[repr(C)]
pub struct LongRangeIter {
    ob_base: PyObject,
    start: Slot,
    step: Slot,
    len: Slot,
}

impl Layout for LongRangeIter {
    fn type_object() -> &'static PyTypeObject {
        &PyLongRangeIter_Type
    }
}

/// Fills in `range_iterator`.
pub fn define_iter(b: &mut TypeBuilder) {
    b.basicsize::<RangeIter>()
        .new_disallowed()
        .iter_self()
        .tp_iternext(RangeIter::next)
        .methods(METHODS);
}

/// Fills in `longrange_iterator`.
pub fn define_long_iter(b: &mut TypeBuilder) {
    b.basicsize::<LongRangeIter>()
        .new_disallowed()
        .dealloc_drop::<LongRangeIter>()
        .tp_traverse(|it: &LongRangeIter, v: &mut Visitor| {
            v.slot(&it.start)?;
            v.slot(&it.step)?;
            v.slot(&it.len)
        })
        .iter_self()
        .tp_iternext(long_next)
        .methods(LONG_METHODS);
}

// ---- Making ----

/// An iterator over machine integers, `len` of them from `start` on.
#[inline]
pub fn small_iter(start: i64, step: i64, len: i64) -> Result {
    let it = RangeIter {
        ob_base: header(),
        start: Cell::new(start),
        step: Cell::new(step),
        len: Cell::new(len),
    };
    Ok(create(&PyRangeIter_Type, it)?.into_obj())
}

/// An iterator over `len` values from `start` on.
fn from_start(start: &PyLongObject, step: &PyLongObject, len: &PyLongObject) -> Result {
    if let (Some(s), Some(d), Some(n)) = (start.to_i64(), step.to_i64(), len.to_i64()) {
        // The bound after the last value must fit too: a step never overflows then.
        let end = i128::from(s) + i128::from(d) * i128::from(n);
        if i64::try_from(end).is_ok() {
            return small_iter(s, d, n);
        }
    }
    let field = |n: &PyLongObject| Slot::new(Some(n.as_obj().new_ref()));
    let it = LongRangeIter {
        ob_base: header(),
        start: field(start),
        step: field(step),
        len: field(len),
    };
    Ok(create(&PyLongRangeIter_Type, it)?.into_obj())
}

/// `iter(r)`
pub fn iter(r: &Range) -> Result {
    from_start(r.start(), r.step(), r.length())
}

/// `reversed(r)`
pub(super) fn reversed(r: &Range) -> Result {
    let last = int::subtract(r.length(), &int::from_i64(1));
    from_start(&value_at(r, &last), &int::negate(r.step()), r.length())
}

/// What `__reduce__` answers: `iter`, of the range that is left.
fn reduced(
    start: &PyLongObject,
    step: &PyLongObject,
    len: &PyLongObject,
) -> Result<Ref<PyTupleObject>> {
    let iter = crate::builtin(intern!("iter"))?;
    let stop = int::add(start, &int::multiply(len, step));
    let rest = new(start.to_ref(), stop, step.to_ref())?;
    Ok(tuple::from_slice(&[
        &iter,
        tuple::from_slice(&[rest.as_obj()]).as_obj(),
        NONE(),
    ]))
}

// ---- Machine integers ----

static METHODS: &[PyMethodDef] = &[
    noargs!(
        "__length_hint__",
        |it: &RangeIter| Ok(it.len.get()),
        "($self, /)"
    ),
    noargs!("__reduce__", reduce, "($self, /)"),
    o!("__setstate__", set_state, "($self, object, /)"),
];

impl RangeIter {
    /// The next value.
    #[inline(always)]
    pub fn next_value(&self) -> Option<i64> {
        let left = self.len.get();
        if left <= 0 {
            return None;
        }
        let value = self.start.get();
        self.start.set(value.wrapping_add(self.step.get()));
        self.len.set(left - 1);
        Some(value)
    }

    fn next(&self) -> Result<Option<Ref>> {
        Ok(self.next_value().map(|n| int::from_i64(n).into_obj()))
    }
}

fn reduce(it: &RangeIter) -> Result<Ref<PyTupleObject>> {
    reduced(
        &int::from_i64(it.start.get()),
        &int::from_i64(it.step.get()),
        &int::from_i64(it.len.get()),
    )
}

fn set_state(it: &RangeIter, state: &Obj) -> Result<()> {
    let skip = (args::to_isize(state)? as i64).clamp(0, it.len.get());
    it.start.set(it.start.get() + skip * it.step.get());
    it.len.set(it.len.get() - skip);
    Ok(())
}

// ---- Ints of any size ----

static LONG_METHODS: &[PyMethodDef] = &[
    noargs!(
        "__length_hint__",
        |it: &LongRangeIter| Ok(as_int(&it.len).to_ref()),
        "($self, /)"
    ),
    noargs!("__reduce__", long_reduce, "($self, /)"),
    o!("__setstate__", long_set_state, "($self, object, /)"),
];

fn long_skip(it: &LongRangeIter, n: &PyLongObject) {
    let start = int::add(as_int(&it.start), &int::multiply(n, as_int(&it.step)));
    let len = int::subtract(as_int(&it.len), n);
    it.start.set(Some(start.into_obj()));
    it.len.set(Some(len.into_obj()));
}

fn long_next(it: &LongRangeIter) -> Result<Option<Ref>> {
    if as_int(&it.len).is_zero() {
        return Ok(None);
    }
    let value = it.start.get();
    long_skip(it, &int::from_i64(1));
    Ok(value)
}

fn long_reduce(it: &LongRangeIter) -> Result<Ref<PyTupleObject>> {
    reduced(as_int(&it.start), as_int(&it.step), as_int(&it.len))
}

fn long_set_state(it: &LongRangeIter, state: &Obj) -> Result<()> {
    let Some(n) = state.downcast::<PyLongObject>() else {
        return raise!(TypeError, "state must be an int, not {}", state.tp_name());
    };
    let len = as_int(&it.len).to_ref();
    if n.is_negative() {
        return Ok(());
    }
    long_skip(
        it,
        if int::compare(n, &len).is_gt() {
            &len
        } else {
            n
        },
    );
    Ok(())
}
