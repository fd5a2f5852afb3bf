//! `slice`, and what it means for a sequence of some length.

use core::cell::Cell;

use layout::*;

use crate::args;
use crate::err::{Result, raise};
use crate::method::*;
use crate::object::*;
use crate::protocol::{number, object};
use crate::types::int::{self, IntExt as _};
use crate::types::str_;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{CompareOp, TypeBuilder};

/// Fills in `slice`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PySliceObject>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .tp_new(slice_new)
        .tp_vectorcall(slice_vectorcall)
        .tp_dealloc(slice_dealloc)
        .tp_traverse(|s: &PySliceObject, v: &mut Visitor| {
            v.visit_ptr(s.start.get())?;
            v.visit_ptr(s.stop.get())?;
            v.visit_ptr(s.step.get())
        })
        .tp_repr(slice_repr)
        .tp_hash(slice_hash)
        .tp_richcompare(slice_richcompare)
        .methods(METHODS)
        .members(MEMBERS);
}

// ---- Making ----

/// `slice(start, stop, step)`
pub fn new(start: &Obj, stop: &Obj, step: &Obj) -> Result<Ref<PySliceObject>> {
    let s = alloc_builtin::<PySliceObject>()?;
    s.start.set(start.new_ref().into_raw());
    s.stop.set(stop.new_ref().into_raw());
    s.step.set(step.new_ref().into_raw());
    Ok(s)
}

fn slice_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("slice", kwargs)?;
    let args = args.objects();
    make(args)
}

fn slice_vectorcall(_: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "slice() takes no keyword arguments");
    }
    make(args.positional)
}

fn make(args: &[&Obj]) -> Result {
    args::expect("slice", args, 1..=3)?;
    Ok(match *args {
        [stop] => new(NONE(), stop, NONE())?,
        [start, stop] => new(start, stop, NONE())?,
        _ => new(args[0], args[1], args[2])?,
    }
    .into_obj())
}

/// `tp_dealloc`
///
/// # Safety
/// No reference to the slice is left.
pub unsafe extern "C" fn slice_dealloc(o: *mut PyObject) {
    gc::untrack(o);
    // SAFETY: the slice is valid until its memory is freed.
    unsafe {
        let s = &*o.cast::<PySliceObject>();
        drop((s.start.take_ref(), s.stop.take_ref(), s.step.take_ref()));
        free_builtin(o);
    }
}

// ---- Meaning ----

/// A slice of a sequence: `start`, `start + step`… `len` times, all within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceIndices {
    /// The first index.
    pub start: isize,
    /// The bound, which is not reached.
    pub stop: isize,
    /// The step, not zero.
    pub step: isize,
    /// How many indices there are.
    pub len: usize,
}

impl SliceIndices {
    /// The indices in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..self.len).map(move |i| (self.start + i as isize * self.step) as usize)
    }

    /// The same indices in ascending order.
    pub fn ascending(self) -> SliceIndices {
        if self.step > 0 || self.len == 0 {
            return self;
        }
        let first = self.start + (self.len as isize - 1) * self.step;
        SliceIndices {
            start: first,
            stop: self.start + 1,
            step: -self.step,
            len: self.len,
        }
    }
}

/// The bound that an object stands for in a slice; `None` is left to the caller.
fn bound(o: &Obj) -> Result<isize> {
    if number::is_index(o) {
        return number::index_isize(o, None);
    }
    raise!(
        TypeError,
        "slice indices must be integers or None or have an __index__ method"
    )
}

/// A bound of a search (`list.index(x, start, stop)`), where `None` is no index.
pub fn search_bound(o: &Obj) -> Result<isize> {
    if number::is_index(o) {
        return number::index_isize(o, None);
    }
    raise!(
        TypeError,
        "slice indices must be integers or have an __index__ method"
    )
}

/// The optional bounds of a search within a sequence of length `len`.
pub fn search_bounds(args: &[&Obj], len: usize) -> Result<(usize, usize)> {
    let start = args.first().map_or(Ok(0), |o| search_bound(o))?;
    let stop = args.get(1).map_or(Ok(isize::MAX), |o| search_bound(o))?;
    let clamp =
        |i: isize| (if i < 0 { i + len as isize } else { i }).clamp(0, len as isize) as usize;
    Ok((clamp(start), clamp(stop)))
}

/// The bounds as given: a step that is not zero, with huge values clamped; the length comes in with [`adjust`].
pub fn unpack_raw(s: &PySliceObject) -> Result<(isize, isize, isize)> {
    let field = |f: &Cell<*mut PyObject>| f.get_ref().filter(|o| !o.is_none());
    let step = match field(&s.step) {
        None => 1,
        // The most negative step could not be negated.
        Some(o) => match bound(&o)? {
            0 => return raise!(ValueError, "slice step cannot be zero"),
            n => n.max(-isize::MAX),
        },
    };
    let start = field(&s.start).map_or(Ok(if step < 0 { isize::MAX } else { 0 }), |o| bound(&o))?;
    let stop = field(&s.stop).map_or(Ok(if step < 0 { isize::MIN } else { isize::MAX }), |o| {
        bound(&o)
    })?;
    Ok((start, stop, step))
}

/// Fits raw bounds to a sequence of length `len`.
pub fn adjust((start, stop, step): (isize, isize, isize), len: usize) -> SliceIndices {
    let n = len as isize;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let fit = |i: isize| if i < 0 { (i + n).max(low) } else { i.min(high) };
    let (start, stop) = (fit(start), fit(stop));
    let len = if step < 0 {
        if stop < start {
            ((start - stop - 1) / -step + 1) as usize
        } else {
            0
        }
    } else if start < stop {
        ((stop - start - 1) / step + 1) as usize
    } else {
        0
    };
    SliceIndices {
        start,
        stop,
        step,
        len,
    }
}

/// What the slice means for a sequence of length `len`.
#[inline]
pub fn unpack(s: &PySliceObject, len: usize) -> Result<SliceIndices> {
    Ok(adjust(unpack_raw(s)?, len))
}

/// `slice.indices` for lengths and bounds of any size: start, stop and step as ints.
pub fn indices_of(s: &PySliceObject, length: &PyLongObject) -> Result<[Ref<PyLongObject>; 3]> {
    let field = |f: &Cell<*mut PyObject>| -> Result<Option<Ref<PyLongObject>>> {
        match f.get_ref() {
            Some(o) if o.is_none() => Ok(None),
            Some(o) if number::is_index(&o) => Ok(Some(number::index_int(&o)?)),
            _ => raise!(
                TypeError,
                "slice indices must be integers or None or have an __index__ method"
            ),
        }
    };
    let step = field(&s.step)?.unwrap_or_else(|| int::from_i64(1));
    if step.is_zero() {
        return raise!(ValueError, "slice step cannot be zero");
    }
    let down = step.is_negative();
    let one = int::from_i64(1);
    let (low, high) = if down {
        (int::from_i64(-1), int::subtract(length, &one))
    } else {
        (int::from_i64(0), int::as_exact(length))
    };
    let fit = |given: Option<Ref<PyLongObject>>, default: &Ref<PyLongObject>| match given {
        None => default.clone(),
        Some(i) if i.is_negative() => {
            let i = int::add(&i, length);
            if int::compare(&i, &low).is_lt() {
                low.clone()
            } else {
                i
            }
        }
        Some(i) if int::compare(&i, &high).is_gt() => high.clone(),
        Some(i) => i,
    };
    let start = fit(field(&s.start)?, if down { &high } else { &low });
    let stop = fit(field(&s.stop)?, if down { &low } else { &high });
    Ok([start, stop, step])
}

// ---- Slots and methods ----

fn parts(s: &PySliceObject) -> [Ref; 3] {
    [&s.start, &s.stop, &s.step].map(|f| f.get_ref().unwrap_or_else(none))
}

fn slice_repr(s: &PySliceObject) -> Result<Ref<PyUnicodeObject>> {
    let mut out = str_::Writer::new();
    out.push_ascii("slice(");
    for (i, part) in parts(s).iter().enumerate() {
        if i > 0 {
            out.push_ascii(", ");
        }
        tuple::push_repr(&mut out, part)?;
    }
    out.push_ascii(")");
    out.finish()
}

const XX_PRIME_1: u64 = 11_400_714_785_074_694_791;
const XX_PRIME_2: u64 = 14_029_467_366_897_019_727;
const XX_PRIME_5: u64 = 2_870_177_450_012_600_261;

fn slice_hash(s: &PySliceObject) -> Result<isize> {
    // As a tuple's hash, but for the length, which is left out.
    let mut state = XX_PRIME_5;
    for part in parts(s) {
        let mixed = state.wrapping_add((object::hash(&part)? as u64).wrapping_mul(XX_PRIME_2));
        state = mixed.rotate_left(31).wrapping_mul(XX_PRIME_1);
    }
    Ok(if state == u64::MAX {
        1_546_275_796
    } else {
        state as isize
    })
}

fn slice_richcompare(s: &PySliceObject, other: &Obj, op: CompareOp) -> Result {
    let Some(t) = other.downcast::<PySliceObject>() else {
        return Ok(not_implemented());
    };
    if core::ptr::eq(s, t) {
        return Ok(bool_(op.test(core::cmp::Ordering::Equal)));
    }
    let (a, b) = (tuple::from_array(parts(s)), tuple::from_array(parts(t)));
    object::rich_compare(a.as_obj(), b.as_obj(), op)
}

static MEMBERS: &[PyMemberDef] = &[
    member!("start", PySliceObject, start, _Py_T_OBJECT, Py_READONLY),
    member!("stop", PySliceObject, stop, _Py_T_OBJECT, Py_READONLY),
    member!("step", PySliceObject, step, _Py_T_OBJECT, Py_READONLY),
];

static METHODS: &[PyMethodDef] = &[
    o!("indices", indices, "($self, object, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
];

fn indices(s: &PySliceObject, length: &Obj) -> Result<Ref<PyTupleObject>> {
    let length = number::index_int(length)?;
    if length.is_negative() {
        return raise!(ValueError, "length should not be negative");
    }
    Ok(tuple::from_array(
        indices_of(s, &length)?.map(Ref::into_obj),
    ))
}

fn reduce(s: &PySliceObject) -> Result<Ref<PyTupleObject>> {
    Ok(tuple::pair(
        s.as_obj().ty().as_obj(),
        tuple::from_array(parts(s)).as_obj(),
    ))
}
