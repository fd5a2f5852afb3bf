//! `tuple`: a fixed run of references after the header.
//!
//! Invariant: once a tuple is shared its items never change and none is null; there is one empty tuple, static and
//! immortal. The hash is kept once it was asked for.

use core::cell::Cell;
use core::mem::offset_of;
use core::{ptr, slice};

use layout::*;

use crate::args;
use crate::err::{self, Result, raise};
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{number, object};
use crate::stackref::StackRef;
use crate::types::iterobjects::{ForwardIter, SequenceIter};
use crate::types::slice::{self as slices, SliceIndices};
use crate::types::str_::{self, Writer};
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::types::{genericalias, list};

/// Fills in `tuple`.
pub fn define(b: &mut TypeBuilder) {
    b.sizes(
        offset_of!(PyTupleObject, ob_item),
        size_of::<*mut PyObject>(),
    )
    .text_signature(method_doc!("tuple", "(iterable=(), /)"))
    .flags(
        Py_TPFLAGS_BASETYPE
            | Py_TPFLAGS_TUPLE_SUBCLASS
            | Py_TPFLAGS_SEQUENCE
            | Py_TPFLAGS_HAVE_GC
            | _Py_TPFLAGS_MATCH_SELF,
    )
    .tp_new(tuple_new)
    .tp_vectorcall(tuple_vectorcall)
    .tp_dealloc(tuple_dealloc)
    .tp_traverse(tuple_traverse)
    .tp_repr(tuple_repr)
    .tp_hash(tuple_hash)
    .tp_richcompare(tuple_richcompare)
    .tp_iter(|t: &PyTupleObject| iter(t))
    .sq_length(|t: &PyTupleObject| Ok(t.items().len()))
    .sq_concat(concat)
    .sq_repeat(repeat)
    .sq_item(item)
    .sq_contains(contains)
    .mp_length(|t: &PyTupleObject| Ok(t.items().len()))
    .mp_subscript(subscript)
    .methods(METHODS);
}

// ---- Making and reading ----

/// Reading a tuple's items.
pub trait TupleExt {
    /// The items; they live as long as the tuple.
    fn items(&self) -> &[Ref];
    /// The items, borrowed: a call's arguments.
    fn objects(&self) -> &[&Obj];
    /// How many items there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool;
}

impl TupleExt for PyTupleObject {
    #[inline(always)]
    fn items(&self) -> &[Ref] {
        // SAFETY: a shared tuple has as many items as its size says, none of them null.
        unsafe { slice::from_raw_parts(self.ob_item.as_ptr().cast::<Ref>(), self.len()) }
    }
    #[inline(always)]
    fn objects(&self) -> &[&Obj] {
        // SAFETY: as above; a borrow is the same word as an owned reference.
        unsafe { slice::from_raw_parts(self.ob_item.as_ptr().cast::<&Obj>(), self.len()) }
    }
    #[inline(always)]
    fn len(&self) -> usize {
        self.ob_base.ob_size.get() as usize
    }
    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

static EMPTY: PyTupleObject = PyTupleObject {
    ob_base: PyVarObject {
        ob_base: PyObject::statically_immortal((&raw const PyTuple_Type).cast_mut()),
        ob_size: Cell::new(0),
    },
    ob_hash: Cell::new(-1),
    ob_item: [Cell::new(ptr::null_mut())],
};

/// The empty tuple.
#[inline]
pub fn empty() -> Ref<PyTupleObject> {
    EMPTY.to_ref()
}

/// The empty tuple, borrowed.
#[inline]
pub fn empty_ref() -> &'static PyTupleObject {
    &EMPTY
}

/// A tuple whose items are still to be written, with [`Fresh::put`]; until then they are null, which a trace skips.
pub struct Fresh {
    tuple: Ref<PyTupleObject>,
    filled: usize,
}

impl Fresh {
    /// Room for `n` items.
    #[inline]
    pub fn new(n: usize) -> Result<Fresh> {
        if n == 0 {
            return Ok(Fresh {
                tuple: empty(),
                filled: 0,
            });
        }
        let size = size_of_tuple(n)?;
        // SAFETY: a cell of a tuple's size, zeroed, with its header set.
        let tuple = unsafe { alloc_sized(&PyTuple_Type, size)?.into_cast::<PyTupleObject>() };
        tuple.ob_base.ob_size.set(n as isize);
        tuple.ob_hash.set(-1);
        gc::track_new(tuple.as_ptr());
        Ok(Fresh { tuple, filled: 0 })
    }

    /// Writes the next item. There must be room.
    #[inline(always)]
    pub fn put(&mut self, item: Ref) {
        assert!(
            self.filled < self.tuple.len(),
            "a tuple has no room for another item"
        );
        // SAFETY: within the tuple, which nobody shares yet.
        unsafe { (*self.tuple.ob_item.as_ptr().add(self.filled)).set(item.into_raw()) };
        self.filled += 1;
    }

    /// The tuple, every item of which was written.
    #[inline(always)]
    pub fn finish(self) -> Ref<PyTupleObject> {
        assert!(
            self.filled == self.tuple.len(),
            "a tuple's item was not written"
        );
        self.tuple
    }
}

/// Hides a tuple from the cycle collector if nothing in it can be part of a cycle.
pub fn untrack_if_atomic(t: &PyTupleObject) {
    let may_be_tracked = |o: &Obj| {
        has_flag(o.ty(), Py_TPFLAGS_HAVE_GC)
            && (o.downcast_exact::<PyTupleObject>().is_none() || gc::is_tracked(o.as_ptr()))
    };
    // SAFETY: a tuple has as many items as its size says; those that are not written yet are null.
    let items = unsafe { slice::from_raw_parts(t.ob_item.as_ptr(), t.len()) };
    let is_atomic =
        |item: &Cell<*mut PyObject>| item.borrow_obj().is_some_and(|o| !may_be_tracked(o));
    if items.iter().all(is_atomic) {
        gc::untrack(t.as_ptr());
    }
}

fn or_abort<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|_| crate::fatal("out of memory while a tuple was made"))
}

/// The bytes of a tuple of `n` items.
#[inline(always)]
fn size_of_tuple(n: usize) -> Result<usize> {
    if n > isize::MAX as usize / 16 {
        return Err(err::no_memory());
    }
    Ok(offset_of!(PyTupleObject, ob_item) + n * size_of::<*mut PyObject>())
}

/// A tuple of the first `n` of `items`, which are as many at least and allocate no object.
#[inline(always)]
fn collect(n: usize, mut items: impl Iterator<Item = Ref>) -> Result<Ref<PyTupleObject>> {
    if n == 0 {
        return Ok(empty());
    }
    let size = size_of_tuple(n)?;
    let o = gc::allocate_unfilled(size, gc::Kind::Plain, (&raw const PyTuple_Type).cast_mut());
    if o.is_null() {
        return Err(err::no_memory());
    }
    // SAFETY: a new cell with room for n items, which nobody else knows of. All of it is written before anything else is
    // allocated.
    let tuple = unsafe { Ref::from_owned(o.cast::<PyTupleObject>()) };
    tuple.ob_base.ob_size.set(n as isize);
    tuple.ob_hash.set(-1);
    for i in 0..n {
        let item = items.next().map_or(ptr::null_mut(), Ref::into_raw);
        debug_assert!(!item.is_null());
        // SAFETY: within the tuple.
        unsafe { (*tuple.ob_item.as_ptr().add(i)).set(item) };
    }
    gc::track_new(o);
    Ok(tuple)
}

/// A tuple of the references that words of a frame's stack hold, which move to it.
#[inline]
pub fn from_words<M: gc::Manager>(words: &[StackRef<M>]) -> Ref<PyTupleObject> {
    or_abort(collect(
        words.len(),
        words.iter().map(|word| word.into_ref()),
    ))
}

/// A tuple of borrowed objects.
#[inline]
pub fn from_slice(items: &[&Obj]) -> Ref<PyTupleObject> {
    or_abort(collect(items.len(), items.iter().map(|o| o.new_ref())))
}

/// As [`from_slice`].
#[inline]
pub fn new(items: &[&Obj]) -> Ref<PyTupleObject> {
    from_slice(items)
}

/// A tuple of these references.
#[inline]
pub fn from_vec(items: Vec<Ref>) -> Ref<PyTupleObject> {
    or_abort(collect(items.len(), items.into_iter()))
}

/// A tuple of copies of these references.
#[inline]
pub fn from_refs(items: &[Ref]) -> Ref<PyTupleObject> {
    or_abort(collect(items.len(), items.iter().cloned()))
}

/// `(a, b)`
#[inline]
pub fn pair(a: &Obj, b: &Obj) -> Ref<PyTupleObject> {
    from_slice(&[a, b])
}

/// A tuple of an array of references.
#[inline]
pub fn from_array<const N: usize>(items: [Ref; N]) -> Ref<PyTupleObject> {
    or_abort(collect(N, items.into_iter()))
}

/// `tuple(iterable)`: the object itself if it is an exact tuple.
pub fn from_iterable(o: &Obj) -> Result<Ref<PyTupleObject>> {
    if let Some(t) = o.downcast_exact::<PyTupleObject>() {
        return Ok(t.to_ref());
    }
    if let Some(l) = o.downcast_exact::<PyListObject>() {
        return Ok(from_refs(list::ListExt::items(l)));
    }
    Ok(from_vec(object::to_vec(o)?))
}

fn tuple_new(
    tp: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<Ref<PyTupleObject>> {
    args::new_without_keywords(&PyTuple_Type, tp, kwargs)?;
    let args = args.objects();
    args::expect("tuple", args, 0..=1)?;
    let items = args.first().map_or(Ok(empty()), |o| from_iterable(o))?;
    of_type(tp, &items)
}

/// An instance of `tuple` or a subclass with these items.
pub fn of_type(tp: &PyTypeObject, items: &Ref<PyTupleObject>) -> Result<Ref<PyTupleObject>> {
    if ptr::eq(tp, &PyTuple_Type) {
        return Ok(items.clone());
    }
    // SAFETY: a subclass of tuple has tuple's layout, and `tp_alloc` makes room for the items.
    unsafe {
        let new = type_alloc(tp, items.len() as isize)?.into_cast::<PyTupleObject>();
        new.ob_hash.set(-1);
        for (i, item) in items.items().iter().enumerate() {
            (*new.ob_item.as_ptr().add(i)).set(item.clone().into_raw());
        }
        Ok(new)
    }
}

fn tuple_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result<Ref<PyTupleObject>> {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "tuple() takes no keyword arguments");
    }
    args::expect("tuple", args.positional, 0..=1)?;
    let items = args
        .positional
        .first()
        .map_or(Ok(empty()), |o| from_iterable(o))?;
    of_type(tp, &items)
}

/// `tp_dealloc`
///
/// # Safety
/// No reference to the tuple is left.
pub unsafe extern "C" fn tuple_dealloc(o: *mut PyObject) {
    gc::untrack(o);
    // SAFETY: the tuple is valid until its memory is freed; each item owns a reference or is null.
    unsafe {
        let t = &*o.cast::<PyTupleObject>();
        for i in (0..t.ob_base.ob_size.get() as usize).rev() {
            drop(Ref::<Obj>::from_owned_opt(
                (*t.ob_item.as_ptr().add(i)).get(),
            ));
        }
        free_builtin(o);
    }
}

fn tuple_traverse(t: &PyTupleObject, v: &mut Visitor) -> Visit {
    for i in 0..t.ob_base.ob_size.get() as usize {
        // SAFETY: within the tuple; an item still to be written is null.
        v.visit_ptr(unsafe { (*t.ob_item.as_ptr().add(i)).get() })?;
    }
    Ok(())
}

// ---- Slots ----

fn tuple_repr(t: &PyTupleObject) -> Result<Ref<PyUnicodeObject>> {
    if t.is_empty() {
        return Ok(str_::new("()"));
    }
    let Some(_guard) = repr_enter(t.as_obj()) else {
        return Ok(str_::new("(...)"));
    };
    let mut out = Writer::new();
    out.push_ascii("(");
    for i in 0..t.len() {
        if i > 0 {
            out.push_ascii(", ");
        }
        // SAFETY: within the length; what extensions have not filled in yet is null.
        match unsafe { (*t.ob_item.as_ptr().add(i)).get().as_ref() } {
            Some(item) => push_repr(&mut out, item)?,
            None => out.push_ascii("<NULL>"),
        }
    }
    out.push_ascii(if t.len() == 1 { ",)" } else { ")" });
    out.finish()
}

/// Writes `repr(o)`.
pub fn push_repr(out: &mut Writer, o: &Obj) -> Result<()> {
    let repr = object::repr(o)?;
    if let Some(s) = str_::of(&repr) {
        out.push_obj(s);
    }
    Ok(())
}

fn tuple_hash(t: &PyTupleObject) -> Result<isize> {
    match t.ob_hash.get() {
        -1 => {
            let mut hasher = num::hash::TupleHasher::default();
            for item in t.items() {
                hasher.add(object::hash(item)? as i64);
            }
            let hash = hasher.finish() as isize;
            t.ob_hash.set(hash);
            Ok(hash)
        }
        known => Ok(known),
    }
}

fn tuple_richcompare(t: &PyTupleObject, other: &Obj, op: CompareOp) -> Result {
    let Some(u) = other.downcast::<PyTupleObject>() else {
        return Ok(not_implemented());
    };
    for (x, y) in t.items().iter().zip(u.items()) {
        if x.is_same(y) || object::rich_compare_bool(x, y, CompareOp::Eq)? {
            continue;
        }
        // The first pair that differs decides.
        return match op {
            CompareOp::Eq => Ok(false_()),
            CompareOp::Ne => Ok(true_()),
            _ => object::rich_compare(x, y, op),
        };
    }
    Ok(bool_(op.test(t.len().cmp(&u.len()))))
}

fn concat(t: &PyTupleObject, other: &Obj) -> Result<Ref<PyTupleObject>> {
    let Some(u) = other.downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "can only concatenate tuple (not \"{}\") to tuple",
            other.tp_name()
        );
    };
    let is_exact = |t: &PyTupleObject| t.as_obj().is_exact::<PyTupleObject>();
    if t.is_empty() && is_exact(u) {
        return Ok(u.to_ref());
    }
    if u.is_empty() && is_exact(t) {
        return Ok(t.to_ref());
    }
    collect(
        t.len() + u.len(),
        t.items().iter().chain(u.items()).cloned(),
    )
}

fn repeat(t: &PyTupleObject, n: isize) -> Result<Ref<PyTupleObject>> {
    if (t.is_empty() || n == 1) && t.as_obj().is_exact::<PyTupleObject>() {
        return Ok(t.to_ref());
    }
    if t.is_empty() || n <= 0 {
        return Ok(empty());
    }
    let Some(total) = t.len().checked_mul(n as usize) else {
        return Err(err::no_memory());
    };
    collect(total, t.items().iter().cycle().cloned())
}

fn item(t: &PyTupleObject, i: isize) -> Result {
    match usize::try_from(i).ok().and_then(|i| t.items().get(i)) {
        Some(item) => Ok(item.clone()),
        None => raise!(IndexError, "tuple index out of range"),
    }
}

fn contains(t: &PyTupleObject, o: &Obj) -> Result<bool> {
    for item in t.items() {
        if object::rich_compare_bool(item, o, CompareOp::Eq)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn subscript(t: &PyTupleObject, key: &Obj) -> Result {
    if number::is_index(key) {
        let i = number::index_isize(key, Some(&err::exc::IndexError))?;
        return item(t, if i < 0 { i + t.len() as isize } else { i });
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(
            TypeError,
            "tuple indices must be integers or slices, not {}",
            key.tp_name()
        );
    };
    let indices = slices::unpack(s, t.len())?;
    if indices.len == t.len() && indices.step == 1 && t.as_obj().is_exact::<PyTupleObject>() {
        return Ok(t.as_obj().new_ref());
    }
    Ok(pick(t.items(), indices)?.into_obj())
}

fn pick(items: &[Ref], indices: SliceIndices) -> Result<Ref<PyTupleObject>> {
    collect(indices.len, indices.iter().map(|i| items[i].clone()))
}

/// `t[start:stop]` for bounds within the tuple.
pub fn slice(t: &PyTupleObject, start: usize, stop: usize) -> Ref<PyTupleObject> {
    if start == 0 && stop == t.len() && t.as_obj().is_exact::<PyTupleObject>() {
        return t.to_ref();
    }
    from_refs(&t.items()[start..stop])
}

// ---- Methods ----

static METHODS: &[PyMethodDef] = &[
    noargs!("__getnewargs__", getnewargs, "($self, /)"),
    fastcall!(
        "index",
        index,
        "($self, value, start=0, stop=sys.maxsize, /)"
    ),
    o!("count", count, "($self, value, /)"),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

fn getnewargs(t: &PyTupleObject) -> Result<Ref<PyTupleObject>> {
    Ok(from_slice(&[slice(t, 0, t.len()).as_obj()]))
}

fn index(t: &PyTupleObject, args: &[&Obj]) -> Result<usize> {
    args::expect("index", args, 1..=3)?;
    let (start, stop) = slices::search_bounds(&args[1..], t.len())?;
    for i in start..stop {
        if object::rich_compare_bool(&t.items()[i], args[0], CompareOp::Eq)? {
            return Ok(i);
        }
    }
    raise!(ValueError, "tuple.index(x): x not in tuple")
}

fn count(t: &PyTupleObject, o: &Obj) -> Result<usize> {
    let mut n = 0;
    for item in t.items() {
        n += usize::from(object::rich_compare_bool(item, o, CompareOp::Eq)?);
    }
    Ok(n)
}

// ---- Iterator ----

impl SequenceIter for PyTupleObject {
    fn iter_type() -> &'static PyTypeObject {
        &PyTupleIter_Type
    }
    #[inline(always)]
    fn length(&self) -> usize {
        self.len()
    }
    #[inline(always)]
    fn item_at(&self, i: usize) -> Option<&Obj> {
        self.items().get(i).map(|item| &**item)
    }
    fn nothing() -> Ref {
        empty().into_obj()
    }
}

/// `iter(tuple)`.
pub type TupleIter = ForwardIter<PyTupleObject>;

/// `iter(t)`.
#[inline]
pub fn iter(t: &PyTupleObject) -> Result {
    TupleIter::start(t)
}

/// Fills in `tuple_iterator`.
pub fn define_iter(b: &mut TypeBuilder) {
    TupleIter::define(b);
}
