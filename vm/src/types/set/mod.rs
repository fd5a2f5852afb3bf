//! `set` and `frozenset`, which share a layout, a table and most methods.
//!
//! `table` finds and stores, `ops` has the algebra, `iter` the iterator. Invariant: a frozenset does not change once
//! Python code can see it, and its hash is computed once.

pub mod iter;
pub mod ops;
pub mod table;

pub use iter::{SetIter, define_iterator};
pub use table::next_entry;

use layout::*;

use crate::args;
use crate::err::Result;
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, object as proto};
use crate::raise;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::TypeBuilder;
use crate::types::{dict, genericalias, list, str_, tuple};

static SET_METHODS: &[PyMethodDef] = &[
    o!("add", set_add, "($self, object, /)"),
    noargs!("clear", set_clear, "($self, /)"),
    coexist(o!("__contains__", set_contains, "($self, object, /)")),
    noargs!("copy", set_copy, "($self, /)"),
    o!("discard", set_discard, "($self, object, /)"),
    fastcall!("difference", ops::difference_many, "($self, /, *others)"),
    fastcall!(
        "difference_update",
        ops::difference_update_many,
        "($self, /, *others)"
    ),
    fastcall!(
        "intersection",
        ops::intersection_many,
        "($self, /, *others)"
    ),
    fastcall!(
        "intersection_update",
        ops::intersection_update_many,
        "($self, /, *others)"
    ),
    o!("isdisjoint", ops::isdisjoint, "($self, other, /)"),
    o!("issubset", ops::issubset, "($self, other, /)"),
    o!("issuperset", ops::issuperset, "($self, other, /)"),
    noargs!("pop", set_pop, "($self, /)"),
    noargs!("__reduce__", set_reduce, "($self, /)"),
    o!("remove", set_remove, "($self, object, /)"),
    noargs!("__sizeof__", set_sizeof, "($self, /)"),
    o!(
        "symmetric_difference",
        ops::symmetric_difference,
        "($self, other, /)"
    ),
    o!(
        "symmetric_difference_update",
        ops::symmetric_difference_update,
        "($self, other, /)"
    ),
    fastcall!("union", ops::union_many, "($self, /, *others)"),
    fastcall!("update", ops::update_many, "($self, /, *others)"),
    class_method(o!(
        "__class_getitem__",
        set_class_getitem,
        "($type, object, /)"
    )),
];

static FROZENSET_METHODS: &[PyMethodDef] = &[
    coexist(o!("__contains__", set_contains, "($self, object, /)")),
    noargs!("copy", frozenset_copy, "($self, /)"),
    fastcall!("difference", ops::difference_many, "($self, /, *others)"),
    fastcall!(
        "intersection",
        ops::intersection_many,
        "($self, /, *others)"
    ),
    o!("isdisjoint", ops::isdisjoint, "($self, other, /)"),
    o!("issubset", ops::issubset, "($self, other, /)"),
    o!("issuperset", ops::issuperset, "($self, other, /)"),
    noargs!("__reduce__", set_reduce, "($self, /)"),
    noargs!("__sizeof__", set_sizeof, "($self, /)"),
    o!(
        "symmetric_difference",
        ops::symmetric_difference,
        "($self, other, /)"
    ),
    fastcall!("union", ops::union_many, "($self, /, *others)"),
    class_method(o!(
        "__class_getitem__",
        set_class_getitem,
        "($type, object, /)"
    )),
];

fn define_common(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.basicsize::<PySetObject>()
        .flags(Py_TPFLAGS_BASETYPE | _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_HAVE_GC)
        .weaklistoffset(core::mem::offset_of!(PySetObject, weakreflist))
        .tp_dealloc(set_dealloc)
        .tp_traverse(|s: &PySetObject, v: &mut Visitor| table::visit(s, v))
        .tp_clear(|s: &PySetObject| table::clear(s))
        .tp_repr(set_repr)
        .tp_richcompare(ops::richcompare)
        .tp_iter(iter::new)
        .nb_subtract(ops::sub)
        .nb_and(ops::and)
        .nb_xor(ops::xor)
        .nb_or(ops::or)
        .sq_length(|s: &PySetObject| Ok(s.len()))
        .sq_contains(set_contains)
}

/// Fills in `set`.
pub fn define(b: &mut TypeBuilder) {
    define_common(b)
        .text_signature(method_doc!("set", "(iterable=(), /)"))
        .tp_new(set_new)
        .tp_init(set_init)
        .tp_vectorcall(set_vectorcall)
        .unhashable()
        .nb_inplace_subtract(ops::isub)
        .nb_inplace_and(ops::iand)
        .nb_inplace_xor(ops::ixor)
        .nb_inplace_or(ops::ior)
        .methods(SET_METHODS);
}

/// Fills in `frozenset`.
pub fn define_frozenset(b: &mut TypeBuilder) {
    define_common(b)
        .text_signature(method_doc!("frozenset", "(iterable=(), /)"))
        .tp_new(frozenset_new)
        .tp_vectorcall(frozenset_vectorcall)
        .tp_hash(frozenset_hash)
        .methods(FROZENSET_METHODS);
}

// ---- For the rest of the interpreter ----

/// What the interpreter does with sets and frozensets.
pub trait SetExt {
    /// The number of items.
    fn len(&self) -> usize;
    /// Whether there are no items.
    fn is_empty(&self) -> bool;
    /// Adds an item (also to a frozenset that nobody has seen yet).
    fn add(&self, item: &Obj) -> Result<()>;
    /// Whether an item is there.
    fn contains(&self, item: &Obj) -> Result<bool>;
    /// Removes an item, and says whether it was there.
    fn discard(&self, item: &Obj) -> Result<bool>;
    /// The next item; `pos` starts at 0 and is opaque.
    fn next(&self, pos: &mut usize) -> Option<Ref>;
    /// Adds the items of an iterable.
    fn update(&self, items: &Obj) -> Result<()>;
    /// Removes the items of an iterable.
    fn difference_update(&self, items: &Obj) -> Result<()>;
    /// Keeps the items that only one of the set and an iterable has.
    fn symmetric_difference_update(&self, items: &Obj) -> Result<()>;
    /// Removes everything.
    fn clear(&self);
    /// Removes and answers some item.
    fn pop(&self) -> Option<Ref>;
}

impl SetExt for PySetObject {
    #[inline(always)]
    fn len(&self) -> usize {
        self.used.get() as usize
    }
    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.used.get() == 0
    }
    fn add(&self, item: &Obj) -> Result<()> {
        table::add(self, item, table::hash_item(item)?)?;
        Ok(())
    }
    fn contains(&self, item: &Obj) -> Result<bool> {
        table::contains(self, item, table::hash_item(item)?)
    }
    fn discard(&self, item: &Obj) -> Result<bool> {
        Ok(table::take(self, item, table::hash_item(item)?)?.is_some())
    }
    fn next(&self, pos: &mut usize) -> Option<Ref> {
        table::next_entry(self, pos).map(|(item, _)| item)
    }
    fn update(&self, items: &Obj) -> Result<()> {
        ops::update(self, items)
    }
    fn difference_update(&self, items: &Obj) -> Result<()> {
        ops::difference_update(self, items)
    }
    fn symmetric_difference_update(&self, items: &Obj) -> Result<()> {
        ops::symmetric_difference_update(self, items)
    }
    fn clear(&self) {
        table::clear(self);
    }
    fn pop(&self) -> Option<Ref> {
        table::pop(self)
    }
}

/// The object as a set or frozenset, or an instance of a subclass.
pub fn as_anyset(o: &Obj) -> Option<&PySetObject> {
    // SAFETY: both types have this layout.
    is_anyset(o).then(|| unsafe { o.cast() })
}

/// Whether the object is a set or frozenset, or an instance of a subclass.
pub fn is_anyset(o: &Obj) -> bool {
    is_exact_anyset(o) || is_instance_of(o, &PySet_Type) || is_instance_of(o, &PyFrozenSet_Type)
}

fn is_exact_anyset(o: &Obj) -> bool {
    o.is_exact::<PySetObject>() || core::ptr::eq(o.ty(), &PyFrozenSet_Type)
}

/// The object as exactly a set or frozenset.
pub fn as_exact_anyset(o: &Obj) -> Option<&PySetObject> {
    // SAFETY: both types have this layout.
    is_exact_anyset(o).then(|| unsafe { o.cast() })
}

/// The object as exactly a set.
pub fn as_exact_set(o: &Obj) -> Option<&PySetObject> {
    o.downcast_exact()
}

fn make(tp: &PyTypeObject, items: Option<&Obj>) -> Result<Ref<PySetObject>> {
    let o = type_alloc(tp, 0)?;
    // SAFETY: the type is set, frozenset or a subclass.
    let s = unsafe { o.into_cast::<PySetObject>() };
    table::init_empty(&s);
    if let Some(items) = items {
        s.update(items)?;
    }
    Ok(s)
}

/// A new set of the items of an iterable.
pub fn new_set(items: Option<&Obj>) -> Result<Ref<PySetObject>> {
    make(&PySet_Type, items)
}

/// A new frozenset of the items of an iterable.
pub fn new_frozenset(items: Option<&Obj>) -> Result<Ref<PySetObject>> {
    make(&PyFrozenSet_Type, items)
}

/// A new set, or frozenset if `like` is one (or of a subclass).
fn make_like(like: &PySetObject, items: Option<&Obj>) -> Result<Ref<PySetObject>> {
    if is_instance_of(like.as_obj(), &PySet_Type) {
        new_set(items)
    } else {
        new_frozenset(items)
    }
}

// ---- Construction ----

fn set_new(tp: &PyTypeObject, _args: &PyTupleObject, _kwargs: Option<&PyDictObject>) -> Result {
    make(tp, None).map(Ref::into_obj)
}

fn set_init(s: &PySetObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    args::no_keywords("set", kwargs)?;
    args::expect_count(s.as_obj().tp_name(), args.items().len(), 0..=1)?;
    s.clear();
    match args.items().first() {
        Some(items) => s.update(items),
        None => Ok(()),
    }
}

fn set_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "set() takes no keyword arguments");
    }
    args::expect("set", args.positional, 0..=1)?;
    make(tp, args.positional.first().copied()).map(Ref::into_obj)
}

fn make_frozenset(tp: &PyTypeObject, items: Option<&Obj>) -> Result {
    if core::ptr::eq(tp, &PyFrozenSet_Type)
        && let Some(items) = items.filter(|i| core::ptr::eq(i.ty(), &PyFrozenSet_Type))
    {
        return Ok(items.new_ref());
    }
    make(tp, items).map(Ref::into_obj)
}

fn frozenset_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::new_without_keywords(&PyFrozenSet_Type, tp, kwargs)?;
    args::expect_count(type_name(tp), args.items().len(), 0..=1)?;
    make_frozenset(tp, args.items().first().map(|items| &**items))
}

fn frozenset_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "frozenset() takes no keyword arguments");
    }
    args::expect("frozenset", args.positional, 0..=1)?;
    make_frozenset(tp, args.positional.first().copied())
}

unsafe extern "C" fn set_dealloc(o: *mut PyObject) {
    // SAFETY: called once for a set that nobody refers to.
    unsafe {
        gc::untrack(o);
        let s = &*o.cast::<PySetObject>();
        if !s.weakreflist.get().is_null() {
            crate::types::weakref::clear_weakrefs(&*o);
        }
        table::release(s);
        free_builtin(o);
    }
}

// ---- Slots ----

fn set_repr(s: &PySetObject) -> Result {
    let o = s.as_obj();
    let Some(_guard) = repr_enter(o) else {
        return Ok(str_::new(&format!("{}(...)", o.tp_name())).into_obj());
    };
    if s.is_empty() {
        return Ok(str_::new(&format!("{}()", o.tp_name())).into_obj());
    }
    let mut w = str_::Writer::new();
    let exact = o.is_exact::<PySetObject>();
    if !exact {
        w.push_str(o.tp_name());
        w.push_str("(");
    }
    w.push_str("{");
    for (i, item) in proto::to_vec(o)?.iter().enumerate() {
        if i > 0 {
            w.push_str(", ");
        }
        dict::push_repr(&mut w, item)?;
    }
    w.push_str(if exact { "}" } else { "})" });
    Ok(w.finish()?.into_obj())
}

fn frozenset_hash(s: &PySetObject) -> Result<isize> {
    if s.hash.get() == -1 {
        s.hash.set(table::hash(s));
    }
    Ok(s.hash.get())
}

/// Runs `f` with the item's hash; an unhashable set stands for the frozenset of its items.
fn with_hash<R>(item: &Obj, f: impl FnOnce(isize) -> Result<R>) -> Result<R> {
    match table::hash_item(item) {
        Ok(hash) => f(hash),
        Err(raised) => match item.downcast::<PySetObject>() {
            Some(set) if crate::err::matches(&crate::err::exc::TypeError) => {
                drop(crate::err::catch(raised));
                f(table::hash(set))
            }
            _ => Err(raised),
        },
    }
}

/// `item in s`, where an unhashable set is looked up as the frozenset of its items.
pub fn set_contains(s: &PySetObject, item: &Obj) -> Result<bool> {
    with_hash(item, |hash| table::contains(s, item, hash))
}

// ---- Methods ----

fn set_add(s: &PySetObject, item: &Obj) -> Result<()> {
    s.add(item)
}

fn set_clear(s: &PySetObject) -> Result<()> {
    s.clear();
    Ok(())
}

fn set_copy(s: &PySetObject) -> Result {
    make_like(s, Some(s.as_obj())).map(Ref::into_obj)
}

fn frozenset_copy(s: &PySetObject) -> Result {
    if is_exact_anyset(s.as_obj()) {
        Ok(s.to_ref().into_obj())
    } else {
        set_copy(s)
    }
}

fn set_discard(s: &PySetObject, item: &Obj) -> Result<()> {
    with_hash(item, |hash| table::take(s, item, hash).map(drop))
}

fn set_remove(s: &PySetObject, item: &Obj) -> Result<()> {
    match with_hash(item, |hash| table::take(s, item, hash))? {
        Some(_) => Ok(()),
        None => Err(crate::err::key_error(item)),
    }
}

fn set_pop(s: &PySetObject) -> Result {
    match s.pop() {
        Some(item) => Ok(item),
        None => raise!(KeyError, "pop from an empty set"),
    }
}

fn set_reduce(s: &PySetObject) -> Result {
    let o = s.as_obj();
    let args = tuple::from_vec(vec![list::from_vec(proto::to_vec(o)?).into_obj()]);
    let state = call::call_method(o, "__getstate__", &[])?;
    Ok(tuple::from_vec(vec![o.ty().to_ref().into_obj(), args.into_obj(), state]).into_obj())
}

fn set_sizeof(s: &PySetObject) -> Result<usize> {
    let own = s.as_obj().ty().tp_basicsize.get() as usize;
    let table = if table::is_large(s) {
        (s.mask.get() as usize + 1) * size_of::<setentry>()
    } else {
        0
    };
    Ok(own + table)
}

fn set_class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::new(cls, item)
}
