//! Iterators over sequences: the generic structs behind `list_iterator` and its kin, `iterator` (anything with
//! `__getitem__`), `callable_iterator`, and iterators over items computed beforehand.
//!
//! Invariant: an iterator that has ended holds nothing, so it never begins again, even if its sequence grows.

use core::cell::Cell;
use core::ffi::CStr;
use core::marker::PhantomData;

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::intern;
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::tuple::TupleExt as _;
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::types::{int, tuple};

/// A builtin sequence, iterated by index.
pub trait SequenceIter: Layout {
    /// The type of the iterator from the front.
    fn iter_type() -> &'static PyTypeObject;
    /// The type of the iterator from the back.
    fn reverse_type() -> &'static PyTypeObject {
        Self::iter_type()
    }
    /// What a negative state set by `__setstate__` means: the start, or -1 for an iterator that has ended.
    const LOWEST_STATE: isize = 0;
    /// How many items there are now.
    fn length(&self) -> usize;
    /// The item at an index, if there is one, borrowed until the sequence changes.
    fn item_at(&self, i: usize) -> Option<&Obj>;
    /// An empty sequence, which an ended iterator is pickled with.
    fn nothing() -> Ref;
}

/// `iter(sequence)`.
#[repr(C)]
pub struct ForwardIter<S: SequenceIter> {
    ob_base: PyObject,
    /// The next item's index.
    pub index: Cell<isize>,
    /// The sequence; nothing once the end was reached.
    pub seq: Slot,
    of: PhantomData<S>,
}

impl<S: SequenceIter> Layout for ForwardIter<S> {
    fn type_object() -> &'static PyTypeObject {
        S::iter_type()
    }
}

/// What `__reduce__` answers: the builtin function to call, its argument, and the index to go on from. Looking up the
/// function may run Python code, which may end the iterator: `state` is asked afterwards.
fn reduced(
    function: &'static Obj,
    state: impl FnOnce() -> (Ref, Option<isize>),
) -> Result<Ref<PyTupleObject>> {
    let function = crate::builtin(function)?;
    let (argument, index) = state();
    let arguments = tuple::from_slice(&[&argument]);
    Ok(match index {
        Some(i) => tuple::from_slice(&[&function, arguments.as_obj(), int::from_isize(i).as_obj()]),
        None => tuple::pair(&function, arguments.as_obj()),
    })
}

impl<S: SequenceIter> ForwardIter<S> {
    /// Where compiled code finds the position and the sequence.
    pub const INDEX_OFFSET: usize = core::mem::offset_of!(Self, index);
    pub const SEQUENCE_OFFSET: usize = core::mem::offset_of!(Self, seq);

    const METHODS: &'static [PyMethodDef] = &[
        noargs!("__length_hint__", Self::length_hint, "($self, /)"),
        noargs!("__reduce__", Self::reduce, "($self, /)"),
        o!("__setstate__", Self::set_state, "($self, object, /)"),
    ];

    /// Fills in the iterator's type.
    pub fn define(b: &mut TypeBuilder) {
        b.basicsize::<Self>()
            .flags(Py_TPFLAGS_HAVE_GC)
            .new_disallowed()
            .dealloc_drop::<Self>()
            .tp_traverse(|it: &Self, v: &mut Visitor| v.slot(&it.seq))
            .iter_self()
            .tp_iternext(Self::next)
            .methods(Self::METHODS);
    }

    /// A new iterator.
    #[inline]
    pub fn start(s: &S) -> Result {
        let seq = Slot::new(Some(s.as_obj().new_ref()));
        let it = ForwardIter::<S> {
            ob_base: header(),
            index: Cell::new(0),
            seq,
            of: PhantomData,
        };
        Ok(create(S::iter_type(), it)?.into_obj())
    }

    #[inline(always)]
    fn sequence(&self) -> Option<&S> {
        // SAFETY: only sequences of layout S are put in.
        self.seq.borrow().map(|o| unsafe { o.cast() })
    }

    /// The next item, borrowed until the sequence changes. At the end, [`ForwardIter::finish`] has to follow.
    #[inline(always)]
    pub fn next_borrowed(&self) -> Option<&Obj> {
        let i = self.index.get();
        let item = self.sequence()?.item_at(i as usize)?;
        self.index.set(i + 1);
        Some(item)
    }

    /// Ends the iteration for good.
    #[inline]
    pub fn finish(&self) {
        self.seq.set(None);
    }

    /// The next item.
    #[inline]
    pub fn next(&self) -> Result<Option<Ref>> {
        let item = self.next_borrowed().map(Obj::new_ref);
        if item.is_none() {
            self.finish();
        }
        Ok(item)
    }

    fn length_hint(&self) -> Result<usize> {
        Ok(self
            .sequence()
            .map_or(0, |s| s.length().saturating_sub(self.index.get() as usize)))
    }

    fn reduce(&self) -> Result<Ref<PyTupleObject>> {
        reduced(intern!("iter"), || match self.seq.get() {
            Some(s) if self.index.get() >= 0 => (s, Some(self.index.get())),
            _ => (S::nothing(), None),
        })
    }

    fn set_state(&self, state: &Obj) -> Result<()> {
        let i = args::to_isize(state)?;
        if let Some(s) = self.sequence() {
            self.index
                .set(i.clamp(S::LOWEST_STATE, s.length() as isize));
        }
        Ok(())
    }
}

/// `reversed(sequence)`, for sequences that answer it themselves.
#[repr(C)]
pub struct ReverseIter<S: SequenceIter> {
    ob_base: PyObject,
    /// The next item's index; -1 at the end.
    pub index: Cell<isize>,
    /// The sequence. It stays when the end was reached, from where `__setstate__` leads back.
    pub seq: Slot,
    of: PhantomData<S>,
}

impl<S: SequenceIter> Layout for ReverseIter<S> {
    fn type_object() -> &'static PyTypeObject {
        S::reverse_type()
    }
}

impl<S: SequenceIter> ReverseIter<S> {
    const METHODS: &'static [PyMethodDef] = &[
        noargs!("__length_hint__", Self::length_hint, "($self, /)"),
        noargs!("__reduce__", Self::reduce, "($self, /)"),
        o!("__setstate__", Self::set_state, "($self, object, /)"),
    ];

    /// Fills in the iterator's type.
    pub fn define(b: &mut TypeBuilder) {
        b.basicsize::<Self>()
            .flags(Py_TPFLAGS_HAVE_GC)
            .new_disallowed()
            .dealloc_drop::<Self>()
            .tp_traverse(|it: &Self, v: &mut Visitor| v.slot(&it.seq))
            .iter_self()
            .tp_iternext(Self::next)
            .methods(Self::METHODS);
    }

    /// A new iterator.
    pub fn start(s: &S) -> Result {
        let seq = Slot::new(Some(s.as_obj().new_ref()));
        let it = ReverseIter::<S> {
            ob_base: header(),
            index: Cell::new(s.length() as isize - 1),
            seq,
            of: PhantomData,
        };
        Ok(create(S::reverse_type(), it)?.into_obj())
    }

    fn sequence(&self) -> Option<&S> {
        // SAFETY: only sequences of layout S are put in.
        self.seq.borrow().map(|o| unsafe { o.cast() })
    }

    fn next(&self) -> Result<Option<Ref>> {
        let Some(s) = self.sequence() else {
            return Ok(None);
        };
        let i = self.index.get();
        if i >= 0
            && let Some(item) = s.item_at(i as usize).map(Obj::new_ref)
        {
            self.index.set(i - 1);
            return Ok(Some(item));
        }
        self.index.set(-1);
        Ok(None)
    }

    fn length_hint(&self) -> Result<usize> {
        let left = (self.index.get() + 1) as usize;
        Ok(self
            .sequence()
            .map_or(0, |s| if s.length() < left { 0 } else { left }))
    }

    fn reduce(&self) -> Result<Ref<PyTupleObject>> {
        reduced(intern!("reversed"), || match self.seq.get() {
            Some(s) if self.index.get() >= 0 => (s, Some(self.index.get())),
            _ => (S::nothing(), None),
        })
    }

    fn set_state(&self, state: &Obj) -> Result<()> {
        let i = args::to_isize(state)?;
        if let Some(s) = self.sequence() {
            self.index.set(i.clamp(-1, s.length() as isize - 1));
        }
        Ok(())
    }
}

// ---- Anything with __getitem__ ----

/// `iter(o)` for an object that has only `__getitem__`.
#[repr(C)]
pub struct SeqIter {
    ob_base: PyObject,
    index: Cell<isize>,
    seq: Slot,
}

impl Layout for SeqIter {
    fn type_object() -> &'static PyTypeObject {
        &PySeqIter_Type
    }
}

/// Fills in `iterator`.
pub fn define_seqiter(b: &mut TypeBuilder) {
    b.basicsize::<SeqIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<SeqIter>()
        .tp_traverse(|it: &SeqIter, v: &mut Visitor| v.slot(&it.seq))
        .iter_self()
        .tp_iternext(seqiter_next)
        .methods(SEQITER_METHODS);
}

/// `iter(o)` by `__getitem__`.
pub fn sequence_iter(o: &Obj) -> Result {
    let it = SeqIter {
        ob_base: header(),
        index: Cell::new(0),
        seq: Slot::new(Some(o.new_ref())),
    };
    Ok(create(&PySeqIter_Type, it)?.into_obj())
}

static SEQITER_METHODS: &[PyMethodDef] = &[
    noargs!("__length_hint__", seqiter_length_hint, "($self, /)"),
    noargs!("__reduce__", seqiter_reduce, "($self, /)"),
    o!("__setstate__", seqiter_set_state, "($self, object, /)"),
];

fn seqiter_next(it: &SeqIter) -> Result<Option<Ref>> {
    let Some(seq) = it.seq.get() else {
        return Ok(None);
    };
    let i = it.index.get();
    if i == isize::MAX {
        return raise!(OverflowError, "iter index too large");
    }
    match object::sequence_item(&seq, i) {
        Ok(item) => {
            it.index.set(i + 1);
            Ok(Some(item))
        }
        Err(_) if err::clear_if(&exc::IndexError) || err::clear_if(&exc::StopIteration) => {
            it.seq.set(None);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

fn seqiter_length_hint(it: &SeqIter) -> Result {
    let Some(seq) = it.seq.get() else {
        return Ok(int::zero().new_ref());
    };
    if !object::has_length(&seq) {
        return Ok(not_implemented());
    }
    let left = object::length(&seq)? as isize - it.index.get();
    Ok(int::from_isize(left.max(0)).into_obj())
}

fn seqiter_reduce(it: &SeqIter) -> Result<Ref<PyTupleObject>> {
    reduced(intern!("iter"), || match it.seq.get() {
        Some(s) => (s, Some(it.index.get())),
        None => (tuple::empty().into_obj(), None),
    })
}

fn seqiter_set_state(it: &SeqIter, state: &Obj) -> Result<()> {
    let i = args::to_isize(state)?;
    if it.seq.borrow().is_some() {
        it.index.set(i.max(0));
    }
    Ok(())
}

// ---- Calls until a sentinel comes ----

/// `iter(callable, sentinel)`.
#[repr(C)]
pub struct CallIter {
    ob_base: PyObject,
    callable: Slot,
    sentinel: Slot,
}

impl Layout for CallIter {
    fn type_object() -> &'static PyTypeObject {
        &PyCallIter_Type
    }
}

/// Fills in `callable_iterator`.
pub fn define_calliter(b: &mut TypeBuilder) {
    b.basicsize::<CallIter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .new_disallowed()
        .dealloc_drop::<CallIter>()
        .tp_traverse(|it: &CallIter, v: &mut Visitor| {
            v.slot(&it.callable)?;
            v.slot(&it.sentinel)
        })
        .iter_self()
        .tp_iternext(calliter_next)
        .methods(CALLITER_METHODS);
}

/// `iter(callable, sentinel)`.
pub fn callable_iter(callable: &Obj, sentinel: &Obj) -> Result {
    let it = CallIter {
        ob_base: header(),
        callable: Slot::new(Some(callable.new_ref())),
        sentinel: Slot::new(Some(sentinel.new_ref())),
    };
    Ok(create(&PyCallIter_Type, it)?.into_obj())
}

static CALLITER_METHODS: &[PyMethodDef] = &[noargs!("__reduce__", calliter_reduce, "($self, /)")];

fn calliter_next(it: &CallIter) -> Result<Option<Ref>> {
    let Some(callable) = it.callable.get() else {
        return Ok(None);
    };
    match call::call0(&callable) {
        Ok(item) => {
            // The call may have ended the iterator from within.
            let Some(sentinel) = it.sentinel.get() else {
                return Ok(None);
            };
            if !object::rich_compare_bool(&sentinel, &item, CompareOp::Eq)? {
                return Ok(Some(item));
            }
        }
        Err(raised) => {
            if !err::clear_if(&exc::StopIteration) {
                return Err(raised);
            }
        }
    }
    it.callable.set(None);
    it.sentinel.set(None);
    Ok(None)
}

fn calliter_reduce(it: &CallIter) -> Result<Ref<PyTupleObject>> {
    let iter = crate::builtin(intern!("iter"))?;
    match (it.callable.get(), it.sentinel.get()) {
        (Some(callable), Some(sentinel)) => Ok(tuple::pair(
            &iter,
            tuple::pair(&callable, &sentinel).as_obj(),
        )),
        _ => Ok(tuple::pair(
            &iter,
            tuple::from_slice(&[tuple::empty_ref().as_obj()]).as_obj(),
        )),
    }
}

// ---- Items computed beforehand ----

/// An iterator over the items of a tuple that nobody else sees.
#[repr(C)]
pub struct ItemsIter {
    ob_base: PyObject,
    index: Cell<usize>,
    items: Slot,
}

/// The types of such iterators, which differ by name only. One is readied when its name is first used.
static ITEMS_ITERS: [(&CStr, PyTypeObject); 3] = [
    (c"line_iterator", PyTypeObject::statically_declared()),
    (c"positions_iterator", PyTypeObject::statically_declared()),
    (c"items_iterator", PyTypeObject::statically_declared()),
];

impl Layout for ItemsIter {
    fn type_object() -> &'static PyTypeObject {
        &ITEMS_ITERS[2].1
    }
}

fn items_iter_type(name: &str) -> Result<&'static PyTypeObject> {
    let known = ITEMS_ITERS
        .iter()
        .find(|row| row.0.to_str() == Ok(name))
        .unwrap_or(&ITEMS_ITERS[2]);
    let (name, tp) = (known.0, &known.1);
    if !has_flag(tp, Py_TPFLAGS_READY) {
        TypeBuilder::start(tp, name)
            .basicsize::<ItemsIter>()
            .flags(Py_TPFLAGS_HAVE_GC)
            .new_disallowed()
            .dealloc_drop::<ItemsIter>()
            .tp_traverse(|it: &ItemsIter, v: &mut Visitor| v.slot(&it.items))
            .iter_self()
            .tp_iternext(items_next);
        crate::types::type_::ready(tp)?;
    }
    Ok(tp)
}

/// An iterator over these items, whose type is called `name`.
pub fn over(name: &str, items: Vec<Ref>) -> Result {
    let items = Slot::new(Some(tuple::from_vec(items).into_obj()));
    Ok(create(
        items_iter_type(name)?,
        ItemsIter {
            ob_base: header(),
            index: Cell::new(0),
            items,
        },
    )?
    .into_obj())
}

fn items_next(it: &ItemsIter) -> Result<Option<Ref>> {
    let Some(items) = it.items.get() else {
        return Ok(None);
    };
    let i = it.index.get();
    if let Some(item) = items
        .downcast::<PyTupleObject>()
        .and_then(|t| t.items().get(i))
    {
        it.index.set(i + 1);
        return Ok(Some(item.clone()));
    }
    it.items.set(None);
    Ok(None)
}
