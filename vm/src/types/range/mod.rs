//! `range`: three ints of any size, and the length they make.

pub mod iter;

use core::ptr;

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::method::*;
use crate::object::*;
use crate::protocol::{number, object};
use crate::types::int::{self, IntExt as _};
use crate::types::slice as slices;
use crate::types::str_::Writer;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{CompareOp, TypeBuilder};

pub use iter::{LongRangeIter, RangeIter, define_iter, define_long_iter, iter, small_iter};

/// `range(start, stop, step)`. All four fields hold exact ints.
#[repr(C)]
pub struct Range {
    ob_base: PyObject,
    start: Slot,
    stop: Slot,
    step: Slot,
    length: Slot,
}

impl Layout for Range {
    fn type_object() -> &'static PyTypeObject {
        &PyRange_Type
    }
}

/// Fills in `range`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Range>()
        .flags(Py_TPFLAGS_SEQUENCE)
        .tp_new(range_new)
        .tp_vectorcall(range_vectorcall)
        .dealloc_drop::<Range>()
        // Nothing in a range can make a cycle, but a trace must reach its ints.
        .tp_traverse(|r: &Range, v: &mut Visitor| {
            v.slot(&r.start)?;
            v.slot(&r.stop)?;
            v.slot(&r.step)?;
            v.slot(&r.length)
        })
        .tp_repr(range_repr)
        .tp_hash(range_hash)
        .tp_richcompare(range_richcompare)
        .tp_iter(iter)
        .nb_bool(|r: &Range| Ok(!r.length().is_zero()))
        .sq_length(length)
        .sq_item(|r: &Range, i: isize| item(r, &int::from_isize(i)))
        .sq_contains(contains)
        .mp_length(length)
        .mp_subscript(subscript)
        .methods(METHODS)
        .members(MEMBERS);
}

fn as_int(s: &Slot) -> &PyLongObject {
    let o = s.borrow().unwrap_or(int::zero());
    // SAFETY: a range's fields hold ints.
    unsafe { o.cast() }
}

impl Range {
    /// The first value.
    pub fn start(&self) -> &PyLongObject {
        as_int(&self.start)
    }
    /// The bound, which is not reached.
    pub fn stop(&self) -> &PyLongObject {
        as_int(&self.stop)
    }
    /// The distance of two values, not zero.
    pub fn step(&self) -> &PyLongObject {
        as_int(&self.step)
    }
    /// How many values there are.
    pub fn length(&self) -> &PyLongObject {
        as_int(&self.length)
    }
}

/// How many values lie from `start` to `stop`.
fn length_of(
    start: &PyLongObject,
    stop: &PyLongObject,
    step: &PyLongObject,
) -> Result<Ref<PyLongObject>> {
    let (low, high, stride) = if step.is_negative() {
        (stop, start, int::negate(step))
    } else {
        (start, stop, step.to_ref())
    };
    if int::compare(low, high).is_ge() {
        return Ok(int::from_i64(0));
    }
    if let (Some(low), Some(high), Some(stride)) = (low.to_i64(), high.to_i64(), stride.to_i64()) {
        // From i64 bounds the distance fits u64.
        return Ok(int::from_u64(
            (high.wrapping_sub(low) as u64 - 1) / stride as u64 + 1,
        ));
    }
    let one = int::from_i64(1);
    let last = int::subtract(&int::subtract(high, low), &one);
    Ok(int::add(&*int::floor_divide(&last, &stride)?, &one))
}

/// A range of exact ints.
pub fn new(
    start: Ref<PyLongObject>,
    stop: Ref<PyLongObject>,
    step: Ref<PyLongObject>,
) -> Result<Ref<Range>> {
    let length = length_of(&start, &stop, &step)?;
    let field = |n: Ref<PyLongObject>| Slot::new(Some(n.into_obj()));
    create(
        &PyRange_Type,
        Range {
            ob_base: header(),
            start: field(start),
            stop: field(stop),
            step: field(step),
            length: field(length),
        },
    )
}

fn range_new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("range", kwargs)?;
    let args = args.objects();
    make(args)
}

fn range_vectorcall(_: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "range() takes no keyword arguments");
    }
    make(args.positional)
}

fn exact_index(o: &Obj) -> Result<Ref<PyLongObject>> {
    Ok(int::to_exact(number::index_int(o)?))
}

fn make(args: &[&Obj]) -> Result {
    args::expect("range", args, 1..=3)?;
    let (start, stop) = match *args {
        [stop] => (int::from_i64(0), exact_index(stop)?),
        [start, stop, ..] => (exact_index(start)?, exact_index(stop)?),
        [] => return Ok(none()),
    };
    let step = args
        .get(2)
        .map_or_else(|| Ok(int::from_i64(1)), |o| exact_index(o))?;
    if step.is_zero() {
        return raise!(ValueError, "range() arg 3 must not be zero");
    }
    Ok(new(start, stop, step)?.into_obj())
}

// ---- Slots ----

fn range_repr(r: &Range) -> Result<Ref<PyUnicodeObject>> {
    let mut out = Writer::new();
    out.push_ascii("range(");
    out.push_ascii(&int::to_decimal(r.start())?);
    out.push_ascii(", ");
    out.push_ascii(&int::to_decimal(r.stop())?);
    if !r.step().as_obj().is_same(int::one()) {
        out.push_ascii(", ");
        out.push_ascii(&int::to_decimal(r.step())?);
    }
    out.push_ascii(")");
    out.finish()
}

/// Ranges of the same values are equal: the step of a range of one value says nothing, nor does the start of an empty one.
fn identity(r: &Range) -> Ref<PyTupleObject> {
    let length = r.length();
    let start = if length.is_zero() {
        NONE()
    } else {
        r.start().as_obj()
    };
    let step = if length.is_zero() || length.as_obj().is_same(int::one()) {
        NONE()
    } else {
        r.step().as_obj()
    };
    tuple::from_slice(&[length.as_obj(), start, step])
}

fn range_hash(r: &Range) -> Result<isize> {
    object::hash(identity(r).as_obj())
}

fn equal(r: &Range, s: &Range) -> bool {
    ptr::eq(r, s)
        || int::equal(r.length(), s.length())
            && (r.length().is_zero()
                || int::equal(r.start(), s.start())
                    && (r.length().as_obj().is_same(int::one()) || int::equal(r.step(), s.step())))
}

fn range_richcompare(r: &Range, other: &Obj, op: CompareOp) -> Result {
    match (other.downcast::<Range>(), op) {
        (Some(s), CompareOp::Eq) => Ok(bool_(equal(r, s))),
        (Some(s), CompareOp::Ne) => Ok(bool_(!equal(r, s))),
        _ => Ok(not_implemented()),
    }
}

fn length(r: &Range) -> Result<usize> {
    Ok(r.length().to_i64_or_overflow("ssize_t")? as usize)
}

/// The value at an index that was checked.
fn value_at(r: &Range, i: &PyLongObject) -> Ref<PyLongObject> {
    int::add(r.start(), &int::multiply(i, r.step()))
}

fn item(r: &Range, i: &PyLongObject) -> Result<Ref<PyLongObject>> {
    let i = if i.is_negative() {
        int::add(i, r.length())
    } else {
        i.to_ref()
    };
    if i.is_negative() || int::compare(&i, r.length()).is_ge() {
        return raise!(IndexError, "range object index out of range");
    }
    Ok(value_at(r, &i))
}

fn subscript(r: &Range, key: &Obj) -> Result {
    if number::is_index(key) {
        return Ok(item(r, &*number::index_int(key)?)?.into_obj());
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(
            TypeError,
            "range indices must be integers or slices, not {}",
            key.tp_name()
        );
    };
    let [start, stop, step] = slices::indices_of(s, r.length())?;
    Ok(new(
        value_at(r, &start),
        value_at(r, &stop),
        int::multiply(&step, r.step()),
    )?
    .into_obj())
}

/// Whether an int is one of the values.
fn contains_int(r: &Range, n: &PyLongObject) -> Result<bool> {
    let (low, high) = (int::compare(r.start(), n), int::compare(n, r.stop()));
    let between = if r.step().is_negative() {
        low.is_ge() && high.is_gt()
    } else {
        low.is_le() && high.is_lt()
    };
    Ok(between && int::remainder(&int::subtract(n, r.start()), r.step())?.is_zero())
}

/// An operand that is an int for sure, so that arithmetic answers instead of comparisons.
fn plain_int(o: &Obj) -> Option<&PyLongObject> {
    if o.is_exact::<PyLongObject>() || crate::types::bool_::of(o).is_some() {
        o.downcast()
    } else {
        None
    }
}

fn contains(r: &Range, o: &Obj) -> Result<bool> {
    match plain_int(o) {
        Some(n) => contains_int(r, n),
        None => object::contains_by_iteration(r.as_obj(), o),
    }
}

// ---- Methods ----

static METHODS: &[PyMethodDef] = &[
    noargs!("__reversed__", iter::reversed, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
    o!("count", count, "($self, object, /)"),
    o!("index", index, "($self, object, /)"),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("start", Range, start, Py_T_OBJECT_EX, Py_READONLY),
    member!("stop", Range, stop, Py_T_OBJECT_EX, Py_READONLY),
    member!("step", Range, step, Py_T_OBJECT_EX, Py_READONLY),
];

fn reduce(r: &Range) -> Result<Ref<PyTupleObject>> {
    let arguments = tuple::from_slice(&[r.start().as_obj(), r.stop().as_obj(), r.step().as_obj()]);
    Ok(tuple::pair(r.as_obj().ty().as_obj(), arguments.as_obj()))
}

fn count(r: &Range, o: &Obj) -> Result<usize> {
    if let Some(n) = plain_int(o) {
        return Ok(usize::from(contains_int(r, n)?));
    }
    let mut found = 0;
    object::for_each(r.as_obj(), |item| {
        found += usize::from(object::rich_compare_bool(&item, o, CompareOp::Eq)?);
        Ok(())
    })?;
    Ok(found)
}

fn index(r: &Range, o: &Obj) -> Result {
    if let Some(n) = plain_int(o) {
        if !contains_int(r, n)? {
            return raise!(ValueError, "range.index(x): x not in range");
        }
        return Ok(int::floor_divide(&int::subtract(n, r.start()), r.step())?.into_obj());
    }
    let it = object::iter(r.as_obj())?;
    let mut i = 0;
    while let Some(item) = object::next(&it)? {
        if object::rich_compare_bool(&item, o, CompareOp::Eq)? {
            return Ok(int::from_i64(i).into_obj());
        }
        i += 1;
    }
    Err(err::new(
        &exc::ValueError,
        format_args!("sequence.index(x): x not in sequence"),
    ))
}
