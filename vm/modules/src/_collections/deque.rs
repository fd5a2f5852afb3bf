//! `collections.deque`: a [`Ring`] with a bound.
//!
//! Invariant: a bounded deque never shows more than `maxlen` items; what falls off does so before the new item is seen.

use core::cell::Cell;
use core::ptr;

use layout::*;

use vm::args::{self, Signature};
use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, object as proto};
use vm::types::int::{self, IntExt as _};
use vm::types::tuple;
use vm::types::type_::{CompareOp, TypeBuilder};
use vm::types::{genericalias, list, str_};

use super::deque_iter;
use super::ring::Ring;

/// The type.
pub static DEQUE: PyTypeObject = PyTypeObject::statically_declared();

/// A double-ended queue.
#[repr(C)]
pub struct Deque {
    ob_base: PyObject,
    /// The items.
    pub ring: Ring,
    /// -1 for no bound.
    maxlen: Cell<isize>,
    weakreflist: Cell<*mut PyObject>,
}

impl Layout for Deque {
    fn type_object() -> &'static PyTypeObject {
        &DEQUE
    }
}

static METHODS: &[PyMethodDef] = &[
    o!("append", append, "($self, item, /)"),
    o!("appendleft", appendleft, "($self, item, /)"),
    noargs!("clear", clear, "($self, /)"),
    noargs!("__copy__", copy, "($self, /)"),
    noargs!("copy", copy, "($self, /)"),
    o!("count", count, "($self, value, /)"),
    o!("extend", extend, "($self, iterable, /)"),
    o!("extendleft", extendleft, "($self, iterable, /)"),
    fastcall!("index", index, "($self, value, [start, [stop]])"),
    fastcall!("insert", insert, "($self, index, value, /)"),
    noargs!("pop", pop, "($self, /)"),
    noargs!("popleft", popleft, "($self, /)"),
    noargs!("__reduce__", reduce, "($self, /)"),
    o!("remove", remove, "($self, value, /)"),
    noargs!("__reversed__", reversed, "($self, /)"),
    noargs!("reverse", reverse, "($self, /)"),
    fastcall!("rotate", rotate, "($self, n=1, /)"),
    noargs!("__sizeof__", sizeof, "($self, /)"),
    class_method(o!("__class_getitem__", class_getitem, "($type, object, /)")),
];

static GETSET: &[PyGetSetDef] = &[getset!("maxlen", get_maxlen)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Deque>()
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE)
        .weaklistoffset(core::mem::offset_of!(Deque, weakreflist))
        .tp_dealloc(dealloc)
        .tp_traverse(traverse)
        .tp_clear(|d: &Deque| d.ring.clear())
        .tp_new(new)
        .tp_init(init)
        .tp_repr(repr)
        .unhashable()
        .tp_richcompare(richcompare)
        .tp_iter(|d: &Deque| deque_iter::new(d, &deque_iter::FORWARD, 0))
        .sq_length(|d: &Deque| Ok(d.len()))
        .sq_concat(concat)
        .sq_repeat(repeat)
        .sq_item(item)
        .sq_ass_item(ass_item)
        .sq_contains(contains)
        .sq_inplace_concat(inplace_concat)
        .sq_inplace_repeat(inplace_repeat)
        .methods(METHODS)
        .getset(GETSET);
}

impl Deque {
    /// The number of items.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// The item `i`, below the length.
    pub fn get(&self, i: usize) -> Option<Ref> {
        self.ring.get(i)
    }

    /// Adds on the right, and drops on the left what is over the bound.
    fn append_bounded(&self, item: Ref) -> Result<()> {
        if self.maxlen.get() == 0 {
            return Ok(());
        }
        let surplus = if self.is_full() {
            self.ring.pop_front()
        } else {
            None
        };
        self.ring.push_back(item)?;
        drop(surplus);
        Ok(())
    }

    fn appendleft_bounded(&self, item: Ref) -> Result<()> {
        if self.maxlen.get() == 0 {
            return Ok(());
        }
        let surplus = if self.is_full() {
            self.ring.pop_back()
        } else {
            None
        };
        self.ring.push_front(item)?;
        drop(surplus);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.maxlen.get() >= 0 && self.len() >= self.maxlen.get() as usize
    }

    /// Calls `f` with each item until it answers true, and says where; fails if comparisons change the deque.
    fn position(
        &self,
        from: usize,
        to: usize,
        value: &Obj,
        mutated: fn() -> err::Raised,
    ) -> Result<Option<usize>> {
        let state = self.ring.state.get();
        for i in from..to {
            let Some(item) = self.get(i) else { break };
            let equal = proto::rich_compare_bool(&item, value, CompareOp::Eq)?;
            if state != self.ring.state.get() {
                return Err(mutated());
            }
            if equal {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }
}

fn mutated() -> err::Raised {
    err::new(
        &err::exc::RuntimeError,
        format_args!("deque mutated during iteration"),
    )
}

// ---- Life ----

fn new(tp: &PyTypeObject, _args: &PyTupleObject, _kwargs: Option<&PyDictObject>) -> Result {
    let o = type_alloc(tp, 0)?;
    // SAFETY: tp is deque or a subclass.
    unsafe { o.cast::<Deque>() }.maxlen.set(-1);
    Ok(o)
}

fn init(d: &Deque, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature = Signature::new("deque", "(iterable=(), maxlen=None)");
    let [iterable, maxlen] = SIGNATURE.bind(args, kwargs)?;
    let bound = match maxlen {
        Some(m) if !m.is_none() => {
            let Some(m) = m.downcast::<PyLongObject>() else {
                return raise!(TypeError, "an integer is required");
            };
            let Some(bound) = m.to_i64() else {
                return raise!(
                    OverflowError,
                    "Python int too large to convert to C ssize_t"
                );
            };
            let bound = bound as isize;
            if bound < 0 {
                return raise!(ValueError, "maxlen must be non-negative");
            }
            bound
        }
        _ => -1,
    };
    d.maxlen.set(bound);
    if d.len() > 0 {
        d.ring.clear();
    }
    match iterable {
        Some(items) => extend(d, items),
        None => Ok(()),
    }
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: called once for a deque that nobody refers to.
    unsafe {
        gc::untrack(o);
        let d = &*o.cast::<Deque>();
        if !d.weakreflist.get().is_null() {
            vm::types::weakref::clear_weakrefs(&*o);
        }
        d.ring.clear();
        free_builtin(o);
    }
}

fn traverse(d: &Deque, v: &mut Visitor) -> Visit {
    d.ring.visit(v)
}

// ---- Slots ----

fn repr(d: &Deque) -> Result {
    let Some(_guard) = repr_enter(d.as_obj()) else {
        return Ok(str_::new("[...]").into_obj());
    };
    let items = list::from_vec(proto::to_vec(d.as_obj())?);
    let text = proto::repr(items.as_obj())?;
    let name = type_name(d.as_obj().ty());
    let mut w = str_::Writer::new();
    w.push_str(name.rsplit('.').next().unwrap_or(name));
    w.push_str("(");
    // SAFETY: `repr` answers with a str.
    w.push_obj(unsafe { text.cast() });
    match d.maxlen.get() {
        -1 => w.push_str(")"),
        bound => w.push_str(&format!(", maxlen={bound})")),
    }
    Ok(w.finish()?.into_obj())
}

fn richcompare(a: &Deque, other: &Obj, op: CompareOp) -> Result {
    let Some(b) = other.downcast::<Deque>() else {
        return Ok(not_implemented());
    };
    let same = ptr::eq(a, b);
    match op {
        CompareOp::Eq if same => return Ok(true_()),
        CompareOp::Ne if same => return Ok(false_()),
        CompareOp::Eq if a.len() != b.len() => return Ok(false_()),
        CompareOp::Ne if a.len() != b.len() => return Ok(true_()),
        _ => {}
    }
    let (left, right) = (proto::iter(a.as_obj())?, proto::iter(other)?);
    loop {
        match (proto::next(&left)?, proto::next(&right)?) {
            (Some(x), Some(y)) => {
                if !proto::rich_compare_bool(&x, &y, CompareOp::Eq)? {
                    return Ok(bool_(proto::rich_compare_bool(&x, &y, op)?));
                }
            }
            (x, y) => return Ok(bool_(op.test(x.is_some().cmp(&y.is_some())))),
        }
    }
}

fn concat(d: &Deque, other: &Obj) -> Result {
    if !other.is::<Deque>() {
        return raise!(
            TypeError,
            "can only concatenate deque (not \"{}\") to deque",
            other.tp_name()
        );
    }
    let made = copy(d)?;
    // SAFETY: `copy` answers with a deque.
    extend(unsafe { made.cast() }, other)?;
    Ok(made)
}

fn inplace_concat(d: &Deque, other: &Obj) -> Result {
    extend(d, other)?;
    Ok(d.to_ref().into_obj())
}

fn repeat(d: &Deque, n: isize) -> Result {
    let made = copy(d)?;
    // SAFETY: `copy` answers with a deque.
    inplace_repeat(unsafe { made.cast() }, n)
}

fn inplace_repeat(d: &Deque, n: isize) -> Result {
    let len = d.len();
    if n <= 0 {
        d.ring.clear();
    } else if len > 0 && n > 1 {
        let mut times = n as usize;
        if times > isize::MAX as usize / len {
            return Err(err::no_memory());
        }
        if d.maxlen.get() >= 0 {
            // More repetitions would only push the earlier ones out.
            times = times.min((d.maxlen.get() as usize).div_ceil(len).max(1));
        }
        let items = proto::to_vec(d.as_obj())?;
        for item in items.iter().cycle().take((times - 1) * len) {
            d.append_bounded(item.clone())?;
        }
    }
    Ok(d.to_ref().into_obj())
}

fn out_of_range<T>() -> Result<T> {
    raise!(IndexError, "deque index out of range")
}

fn item(d: &Deque, i: isize) -> Result {
    match usize::try_from(i).ok().and_then(|i| d.get(i)) {
        Some(item) => Ok(item),
        None => out_of_range(),
    }
}

fn ass_item(d: &Deque, i: isize, value: Option<&Obj>) -> Result<()> {
    let Some(i) = usize::try_from(i).ok().filter(|i| *i < d.len()) else {
        return out_of_range();
    };
    match value {
        Some(value) => d.ring.slot(i).set(Some(value.new_ref())),
        None => drop(d.ring.remove_at(i)),
    }
    Ok(())
}

fn contains(d: &Deque, value: &Obj) -> Result<bool> {
    Ok(d.position(0, d.len(), value, mutated)?.is_some())
}

// ---- Methods ----

fn append(d: &Deque, item: &Obj) -> Result<()> {
    d.append_bounded(item.new_ref())
}

fn appendleft(d: &Deque, item: &Obj) -> Result<()> {
    d.appendleft_bounded(item.new_ref())
}

fn each(d: &Deque, items: &Obj, add: fn(&Deque, Ref) -> Result<()>) -> Result<()> {
    if d.as_obj().is_same(items) {
        return proto::to_vec(items)?
            .into_iter()
            .try_for_each(|item| add(d, item));
    }
    let it = proto::iter(items)?;
    while let Some(item) = proto::next(&it)? {
        add(d, item)?;
    }
    Ok(())
}

pub fn extend(d: &Deque, items: &Obj) -> Result<()> {
    each(d, items, Deque::append_bounded)
}

fn extendleft(d: &Deque, items: &Obj) -> Result<()> {
    each(d, items, Deque::appendleft_bounded)
}

fn clear(d: &Deque) -> Result<()> {
    d.ring.clear();
    Ok(())
}

fn copy(d: &Deque) -> Result {
    let o = d.as_obj();
    if o.is_exact::<Deque>() {
        let made = new(&DEQUE, &tuple::empty(), None)?;
        // SAFETY: just made as a deque.
        let copy: &Deque = unsafe { made.cast() };
        copy.maxlen.set(d.maxlen.get());
        extend(copy, o)?;
        return Ok(made);
    }
    let cls = o.ty().as_obj();
    let made = match d.maxlen.get() {
        -1 => call::call1(cls, o)?,
        bound => call::call(cls, &[o, int::from_i64(bound as i64).as_obj()])?,
    };
    if !made.is::<Deque>() {
        return raise!(
            TypeError,
            "{}() must return a deque, not {}",
            o.tp_name(),
            made.tp_name()
        );
    }
    Ok(made)
}

fn count(d: &Deque, value: &Obj) -> Result<usize> {
    let (mut n, mut from) = (0, 0);
    while let Some(at) = d.position(from, d.len(), value, mutated)? {
        n += 1;
        from = at + 1;
    }
    Ok(n)
}

fn slice_bound(o: Option<&&Obj>, default: isize, len: isize) -> Result<usize> {
    let Some(o) = o else {
        return Ok(default as usize);
    };
    if !proto::has_index(o) {
        return raise!(
            TypeError,
            "slice indices must be integers or have an __index__ method"
        );
    }
    let n = args::to_index_clamped(o)?;
    Ok(if n < 0 { (n + len).max(0) } else { n.min(len) } as usize)
}

fn index(d: &Deque, args: &[&Obj]) -> Result<usize> {
    args::expect("index", args, 1..=3)?;
    let len = d.len() as isize;
    let start = slice_bound(args.get(1), 0, len)?;
    let stop = slice_bound(args.get(2), len, len)?;
    match d.position(start, stop, args[0], mutated)? {
        Some(at) => Ok(at),
        None => raise!(ValueError, "deque.index(x): x not in deque"),
    }
}

fn insert(d: &Deque, args: &[&Obj]) -> Result<()> {
    args::expect("insert", args, 2..=2)?;
    let at = args::to_isize(args[0])?;
    let item = args[1].new_ref();
    if d.is_full() {
        return raise!(IndexError, "deque already at its maximum size");
    }
    let len = d.len() as isize;
    if at >= len {
        d.ring.push_back(item)
    } else if at <= -len || at == 0 {
        d.ring.push_front(item)
    } else {
        d.ring
            .insert_at(if at < 0 { at + len } else { at } as usize, item)
    }
}

fn empty() -> Result {
    raise!(IndexError, "pop from an empty deque")
}

fn pop(d: &Deque) -> Result {
    d.ring.pop_back().map_or_else(empty, Ok)
}

fn popleft(d: &Deque) -> Result {
    d.ring.pop_front().map_or_else(empty, Ok)
}

fn reduce(d: &Deque) -> Result {
    let o = d.as_obj();
    let state = call::call_method(o, "__getstate__", &[])?;
    let it = proto::iter(o)?;
    let args = match d.maxlen.get() {
        -1 => tuple::empty(),
        bound => tuple::pair(
            tuple::empty().as_obj(),
            int::from_i64(bound as i64).as_obj(),
        ),
    };
    Ok(tuple::from_slice(&[o.ty().as_obj(), args.as_obj(), &state, &it]).into_obj())
}

fn remove(d: &Deque, value: &Obj) -> Result<()> {
    let changed = || {
        err::new(
            &err::exc::IndexError,
            format_args!("deque mutated during iteration"),
        )
    };
    match d.position(0, d.len(), value, changed)? {
        Some(at) => {
            drop(d.ring.remove_at(at));
            Ok(())
        }
        None => raise!(ValueError, "deque.remove(x): x not in deque"),
    }
}

fn reversed(d: &Deque) -> Result {
    deque_iter::new(d, &deque_iter::REVERSE, 0)
}

fn reverse(d: &Deque) -> Result<()> {
    let len = d.len();
    for i in 0..len / 2 {
        let (a, b) = (d.ring.slot(i), d.ring.slot(len - 1 - i));
        let first = a.take();
        a.set(b.take());
        b.set(first);
    }
    Ok(())
}

fn rotate(d: &Deque, args: &[&Obj]) -> Result<()> {
    args::expect("rotate", args, 0..=1)?;
    d.ring.rotate(args::to_isize_or(args.first().copied(), 1)?)
}

fn sizeof(d: &Deque) -> Result<usize> {
    Ok(d.as_obj().ty().tp_basicsize.get() as usize + d.ring.size_in_bytes())
}

fn get_maxlen(d: &Deque) -> Result<Option<isize>> {
    Ok(Some(d.maxlen.get()).filter(|n| *n >= 0))
}

fn class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::new(cls, item)
}
