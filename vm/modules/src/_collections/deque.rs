//! `collections.deque`: a ring of references in a buffer of the collected heap.
//!
//! Invariants: `capacity` is a power of two (or 0 with no buffer); slots outside the `len` from `head` on are empty;
//! `state` changes with every change of structure, which is how iterators notice one.

use core::cell::Cell;
use core::ptr;

use layout::*;

use vm::args::{self, Signature};
use vm::err::{self, Result, raise};
use vm::method::*;
use vm::object::*;
use vm::protocol::{call, number, object as proto};
use vm::types::tuple;
use vm::types::type_::{CompareOp, TypeBuilder};
use vm::types::{genericalias, int, list, str_};

use super::deque_iter;

/// The type.
pub static DEQUE: PyTypeObject = PyTypeObject::statically_declared();

const SMALLEST: usize = 8;

/// A double-ended queue.
#[repr(C)]
pub struct Deque {
    ob_base: PyObject,
    buffer: Cell<*mut Slot>,
    capacity: Cell<usize>,
    head: Cell<usize>,
    len: Cell<usize>,
    /// Counts changes of structure.
    pub state: Cell<usize>,
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
        .tp_clear(|d: &Deque| d.clear_items())
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

// ---- The ring ----

impl Deque {
    /// The number of items.
    pub fn len(&self) -> usize {
        self.len.get()
    }

    #[inline(always)]
    fn slot(&self, i: usize) -> &Slot {
        debug_assert!(self.capacity.get() > 0);
        let at = (self.head.get() + i) & (self.capacity.get() - 1);
        // SAFETY: the mask keeps the place inside the buffer, whose zeroed slots are valid.
        unsafe { &*self.buffer.get().add(at) }
    }

    /// The item `i`, below the length.
    pub fn get(&self, i: usize) -> Option<Ref> {
        if i < self.len() {
            self.slot(i).get()
        } else {
            None
        }
    }

    fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    /// Moves the items to a buffer with room for `capacity`, a power of two.
    fn resize(&self, capacity: usize) -> Result<()> {
        let bytes = capacity
            .checked_mul(size_of::<Slot>())
            .ok_or_else(err::no_memory)?;
        let buffer = gc::allocate_buffer(bytes).cast::<Slot>();
        if buffer.is_null() {
            return Err(err::no_memory());
        }
        for i in 0..self.len() {
            // SAFETY: the new buffer has room for all items.
            unsafe { &*buffer.add(i) }.set(self.slot(i).take());
        }
        let old = self.buffer.replace(buffer);
        self.capacity.set(capacity);
        self.head.set(0);
        if !old.is_null() {
            // SAFETY: the former buffer, which is empty now.
            unsafe { gc::free_buffer(old.cast()) };
        }
        Ok(())
    }

    fn reserve_one(&self) -> Result<()> {
        if self.len() == self.capacity.get() {
            self.resize((self.len() * 2).max(SMALLEST))
        } else {
            Ok(())
        }
    }

    fn push_back(&self, item: Ref) -> Result<()> {
        self.reserve_one()?;
        self.slot(self.len()).set(Some(item));
        self.len.set(self.len() + 1);
        self.changed();
        Ok(())
    }

    fn push_front(&self, item: Ref) -> Result<()> {
        self.reserve_one()?;
        self.head
            .set(self.head.get().wrapping_sub(1) & (self.capacity.get() - 1));
        self.slot(0).set(Some(item));
        self.len.set(self.len() + 1);
        self.changed();
        Ok(())
    }

    fn pop_back(&self) -> Option<Ref> {
        let last = self.len().checked_sub(1)?;
        let item = self.slot(last).take();
        self.len.set(last);
        self.changed();
        self.shrink();
        item
    }

    fn pop_front(&self) -> Option<Ref> {
        let rest = self.len().checked_sub(1)?;
        let item = self.slot(0).take();
        self.head
            .set((self.head.get() + 1) & (self.capacity.get() - 1));
        self.len.set(rest);
        self.changed();
        self.shrink();
        item
    }

    /// Gives memory back when most of it is unused. Failing to is no error.
    fn shrink(&self) {
        let capacity = self.capacity.get();
        if capacity > 64 && self.len() < capacity / 8 && self.resize(capacity / 4).is_err() {
            err::clear();
        }
    }

    /// Adds on the right, and drops on the left what is over the bound.
    fn append_bounded(&self, item: Ref) -> Result<()> {
        if self.maxlen.get() == 0 {
            return Ok(());
        }
        let surplus = if self.is_full() {
            self.pop_front()
        } else {
            None
        };
        self.push_back(item)?;
        drop(surplus);
        Ok(())
    }

    fn appendleft_bounded(&self, item: Ref) -> Result<()> {
        if self.maxlen.get() == 0 {
            return Ok(());
        }
        let surplus = if self.is_full() {
            self.pop_back()
        } else {
            None
        };
        self.push_front(item)?;
        drop(surplus);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.maxlen.get() >= 0 && self.len() >= self.maxlen.get() as usize
    }

    /// Removes everything; the deque is empty before the first destructor runs.
    fn clear_items(&self) {
        let items: Vec<Ref> = (0..self.len())
            .filter_map(|i| self.slot(i).take())
            .collect();
        let buffer = self.buffer.replace(ptr::null_mut());
        self.capacity.set(0);
        self.head.set(0);
        self.len.set(0);
        self.changed();
        if !buffer.is_null() {
            // SAFETY: the deque's own buffer, which is empty now.
            unsafe { gc::free_buffer(buffer.cast()) };
        }
        drop(items);
    }

    /// Turns the ring by `n` to the right.
    fn rotate(&self, n: isize) -> Result<()> {
        let len = self.len() as isize;
        if len <= 1 {
            return Ok(());
        }
        let n = n.rem_euclid(len);
        let right = n <= len / 2;
        for _ in 0..(if right { n } else { len - n }) {
            let item = if right {
                self.pop_back()
            } else {
                self.pop_front()
            };
            let Some(item) = item else { break };
            if right {
                self.push_front(item)?
            } else {
                self.push_back(item)?
            }
        }
        self.changed();
        Ok(())
    }

    fn remove_at(&self, i: usize) -> Option<Ref> {
        let item = self.slot(i).take();
        if i < self.len() / 2 {
            for j in (0..i).rev() {
                self.slot(j + 1).set(self.slot(j).take());
            }
            self.head
                .set((self.head.get() + 1) & (self.capacity.get() - 1));
        } else {
            for j in i + 1..self.len() {
                self.slot(j - 1).set(self.slot(j).take());
            }
        }
        self.len.set(self.len() - 1);
        self.changed();
        item
    }

    fn insert_at(&self, i: usize, item: Ref) -> Result<()> {
        self.reserve_one()?;
        for j in (i..self.len()).rev() {
            self.slot(j + 1).set(self.slot(j).take());
        }
        self.slot(i).set(Some(item));
        self.len.set(self.len() + 1);
        self.changed();
        Ok(())
    }

    /// Calls `f` with each item until it answers true, and says where; fails if comparisons change the deque.
    fn position(
        &self,
        from: usize,
        to: usize,
        value: &Obj,
        mutated: fn() -> err::Raised,
    ) -> Result<Option<usize>> {
        let state = self.state.get();
        for i in from..to {
            let Some(item) = self.get(i) else { break };
            let equal = proto::rich_compare_bool(&item, value, CompareOp::Eq)?;
            if state != self.state.get() {
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
            if !m.is::<PyLongObject>() {
                return raise!(TypeError, "an integer is required");
            }
            let Some(bound) = number::index_isize(m, None)
                .ok()
                .filter(|n| *n != isize::MAX)
            else {
                err::clear();
                return raise!(
                    OverflowError,
                    "Python int too large to convert to C ssize_t"
                );
            };
            if bound < 0 {
                return raise!(ValueError, "maxlen must be non-negative");
            }
            bound
        }
        _ => -1,
    };
    d.maxlen.set(bound);
    if d.len() > 0 {
        d.clear_items();
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
        d.clear_items();
        free_builtin(o);
    }
}

fn traverse(d: &Deque, v: &mut Visitor) -> Visit {
    gc::mark_buffer(d.buffer.get().cast());
    for i in 0..d.len() {
        v.slot(d.slot(i))?;
    }
    Ok(())
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
        d.clear_items();
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
        Some(value) => d.slot(i).set(Some(value.new_ref())),
        None => drop(d.remove_at(i)),
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
    d.clear_items();
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
        d.push_back(item)
    } else if at <= -len || at == 0 {
        d.push_front(item)
    } else {
        d.insert_at(if at < 0 { at + len } else { at } as usize, item)
    }
}

fn empty() -> Result {
    raise!(IndexError, "pop from an empty deque")
}

fn pop(d: &Deque) -> Result {
    d.pop_back().map_or_else(empty, Ok)
}

fn popleft(d: &Deque) -> Result {
    d.pop_front().map_or_else(empty, Ok)
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
            drop(d.remove_at(at));
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
        let (a, b) = (d.slot(i), d.slot(len - 1 - i));
        let first = a.take();
        a.set(b.take());
        b.set(first);
    }
    Ok(())
}

fn rotate(d: &Deque, args: &[&Obj]) -> Result<()> {
    args::expect("rotate", args, 0..=1)?;
    d.rotate(args::to_isize_or(args.first().copied(), 1)?)
}

fn sizeof(d: &Deque) -> Result<usize> {
    Ok(d.as_obj().ty().tp_basicsize.get() as usize + d.capacity.get() * size_of::<Slot>())
}

fn get_maxlen(d: &Deque) -> Result<Option<isize>> {
    Ok(Some(d.maxlen.get()).filter(|n| *n >= 0))
}

fn class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::new(cls, item)
}
