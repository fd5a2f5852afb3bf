//! `list`: a growable run of references in a buffer that the list owns.
//!
//! Invariant: the first `ob_size` items of the buffer are references, and nothing else in it is looked at. Python code
//! may change a list at any comparison or iteration, so that no borrow of the items is held across such a call.

mod assign;
mod methods;
mod sort;

use core::{ptr, slice};

use layout::*;

use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::method::Args;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{number, object};
use crate::stackref::StackRef;
use crate::types::iterobjects::{ForwardIter, ReverseIter, SequenceIter};
use crate::types::slice as slices;
use crate::types::str_::{self, Writer};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{CompareOp, TypeBuilder};

pub use assign::{assign_slice, delete_slice};
pub use methods::{extend, index_of};
pub use sort::sort;

/// Fills in `list`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyListObject>()
        .text_signature(method_doc!("list", "(iterable=(), /)"))
        .flags(
            Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_LIST_SUBCLASS
                | Py_TPFLAGS_SEQUENCE
                | Py_TPFLAGS_HAVE_GC
                | _Py_TPFLAGS_MATCH_SELF,
        )
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| type_alloc(tp, 0))
        .tp_init(list_init)
        .tp_vectorcall(list_vectorcall)
        .tp_dealloc(list_dealloc)
        .tp_traverse(list_traverse)
        .tp_clear(|l: &PyListObject| l.clear())
        .tp_repr(list_repr)
        .unhashable()
        .tp_richcompare(list_richcompare)
        .tp_iter(iter)
        .sq_length(|l: &PyListObject| Ok(l.len()))
        .sq_concat(concat)
        .sq_repeat(repeat)
        .sq_item(|l: &PyListObject, i: isize| item(l, i))
        .sq_ass_item(assign::assign_item)
        .sq_contains(contains)
        .sq_inplace_concat(|l: &PyListObject, other: &Obj| {
            extend(l, other)?;
            Ok(l.as_obj().new_ref())
        })
        .sq_inplace_repeat(repeat_in_place)
        .mp_length(|l: &PyListObject| Ok(l.len()))
        .mp_subscript(subscript)
        .mp_ass_subscript(assign::assign_subscript);
    methods::define(b);
}

// ---- Storage ----

/// Reading and changing a list.
pub trait ListExt {
    /// The items. Valid until the list may change: clone what is needed before Python code runs.
    fn items(&self) -> &[Ref];
    /// How many items there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool;
    /// A new reference to an item.
    fn get(&self, i: usize) -> Option<Ref>;
    /// Appends an item.
    fn push(&self, item: Ref);
    /// Appends an item, or raises `MemoryError`.
    fn try_push(&self, item: Ref) -> Result<()>;
    /// Replaces an item; the index must be within the list.
    fn set(&self, i: usize, item: Ref);
    /// Takes the last item off.
    fn pop(&self) -> Option<Ref>;
    /// Removes all items.
    fn clear(&self);
    /// Appends the items of an iterable.
    fn extend(&self, iterable: &Obj) -> Result<()>;
}

impl ListExt for PyListObject {
    #[inline(always)]
    fn items(&self) -> &[Ref] {
        match self.len() {
            0 => &[],
            // SAFETY: the buffer holds as many references as the size says.
            n => unsafe { slice::from_raw_parts(self.ob_item.get().cast::<Ref>(), n) },
        }
    }
    #[inline(always)]
    fn len(&self) -> usize {
        self.ob_base.ob_size.get() as usize
    }
    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    #[inline(always)]
    fn get(&self, i: usize) -> Option<Ref> {
        self.items().get(i).cloned()
    }
    #[inline]
    fn push(&self, item: Ref) {
        or_abort(self.try_push(item));
    }
    #[inline]
    fn try_push(&self, item: Ref) -> Result<()> {
        let n = self.len();
        if n as isize >= self.allocated.get() {
            return push_slow(self, item);
        }
        // SAFETY: there is room behind the last item.
        unsafe { self.ob_item.get().add(n).write(item.into_raw()) };
        self.ob_base.ob_size.set(n as isize + 1);
        Ok(())
    }
    #[inline]
    fn set(&self, i: usize, item: Ref) {
        assert!(i < self.len(), "list index out of range");
        // SAFETY: within the items; the old one is released after the new one is in place.
        unsafe {
            let old = ptr::replace(self.ob_item.get().add(i), item.into_raw());
            drop(Ref::<Obj>::from_owned(old));
        }
    }
    #[inline]
    fn pop(&self) -> Option<Ref> {
        let n = self.len().checked_sub(1)?;
        // SAFETY: within the items, and no longer one of them.
        let last = unsafe { Ref::<Obj>::from_owned(*self.ob_item.get().add(n)) };
        self.ob_base.ob_size.set(n as isize);
        shrink(self, n);
        Some(last)
    }
    fn clear(&self) {
        let n = self.ob_base.ob_size.replace(0) as usize;
        let buffer = self.ob_item.replace(ptr::null_mut());
        self.allocated.set(0);
        for i in (0..n).rev() {
            // SAFETY: the buffer held n references, and the list has forgotten them.
            unsafe { decref(*buffer.add(i)) };
        }
        release_buffer(buffer);
    }
    fn extend(&self, iterable: &Obj) -> Result<()> {
        methods::extend(self, iterable)
    }
}

fn or_abort<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|_| crate::fatal("out of memory while a list was made"))
}

/// As [`ListExt::push`], in code that must not be disturbed.
#[inline(always)]
pub fn push_quietly(l: &PyListObject, item: Ref) {
    let n = l.len();
    if n as isize >= l.allocated.get() {
        // SAFETY: the arguments are what the function wants.
        unsafe { gc::call_quietly(push_rarely, l.as_ptr() as usize, item.into_raw() as usize) };
        return;
    }
    // SAFETY: there is room behind the last item.
    unsafe { l.ob_item.get().add(n).write(item.into_raw()) };
    l.ob_base.ob_size.set(n as isize + 1);
}

unsafe extern "C" fn push_rarely(l: usize, item: usize) -> usize {
    // SAFETY: the caller passes a list, and an item that it gives away.
    unsafe { (*(l as *const PyListObject)).push(Ref::from_owned(item as *mut PyObject)) };
    0
}

#[cold]
#[inline(never)]
fn push_slow(l: &PyListObject, item: Ref) -> Result<()> {
    let n = l.len();
    reserve(l, n + 1)?;
    // SAFETY: there is room behind the last item now.
    unsafe { l.ob_item.get().add(n).write(item.into_raw()) };
    l.ob_base.ob_size.set(n as isize + 1);
    Ok(())
}

/// How much room is made for `n` items when a list grows from `old` to them: an eighth more, in fours.
fn roomy(n: usize, old: usize) -> usize {
    let room = (n + (n >> 3) + 6) & !3;
    // A jump is not followed by small steps: then the rest is not worth an eighth.
    if n > old && n - old > room - n {
        (n + 3) & !3
    } else {
        room
    }
}

/// Makes room for `n` items, some of which are there already.
fn reserve(l: &PyListObject, n: usize) -> Result<()> {
    if n > isize::MAX as usize / size_of::<Ref>() {
        return Err(err::no_memory());
    }
    if n as isize > l.allocated.get() {
        reallocate(l, roomy(n, l.len()))
    } else {
        Ok(())
    }
}

fn reallocate(l: &PyListObject, room: usize) -> Result<()> {
    if room > isize::MAX as usize / 16 {
        return Err(err::no_memory());
    }
    // SAFETY: the list owns its buffer, and forgets the old address.
    let buffer = unsafe { gc::realloc_buffer(l.ob_item.get().cast(), room * size_of::<Ref>()) };
    if buffer.is_null() {
        return Err(err::no_memory());
    }
    l.ob_item.set(buffer.cast());
    l.allocated.set(room as isize);
    Ok(())
}

/// Gives memory back when less than half of the room is used.
#[inline]
fn shrink(l: &PyListObject, n: usize) {
    let allocated = l.allocated.get();
    if (n as isize) < allocated >> 1 {
        shrink_slow(l, n);
    }
}

#[cold]
fn shrink_slow(l: &PyListObject, n: usize) {
    if n == 0 {
        release_buffer(l.ob_item.replace(ptr::null_mut()));
        l.allocated.set(0);
    } else if reallocate(l, roomy(n, n)).is_err() {
        // The larger buffer serves as well.
        err::clear();
    }
}

fn release_buffer(buffer: *mut *mut PyObject) {
    if !buffer.is_null() {
        // SAFETY: its only owner has just forgotten it.
        unsafe { gc::free_buffer(buffer.cast()) };
    }
}

/// Moves all items out, leaving the list empty and without a buffer.
fn take(l: &PyListObject) -> Vec<Ref> {
    let n = l.ob_base.ob_size.replace(0) as usize;
    let buffer = l.ob_item.replace(ptr::null_mut());
    l.allocated.set(0);
    let mut items = Vec::with_capacity(n);
    if !buffer.is_null() {
        // SAFETY: the buffer held n references, which move to the vector.
        unsafe {
            ptr::copy_nonoverlapping(buffer.cast::<Ref>(), items.as_mut_ptr(), n);
            items.set_len(n);
        }
        release_buffer(buffer);
    }
    items
}

/// Moves items into a list that is empty and has no buffer.
fn put(l: &PyListObject, items: Vec<Ref>) -> Result<()> {
    let n = items.len();
    if n > 0 {
        reallocate(l, n)?;
        let items = core::mem::ManuallyDrop::new(items);
        // SAFETY: the buffer has room for n references, which move out of the vector, whose memory is then freed empty.
        unsafe {
            ptr::copy_nonoverlapping(items.as_ptr().cast::<*mut PyObject>(), l.ob_item.get(), n);
            let mut items = core::mem::ManuallyDrop::into_inner(items);
            items.set_len(0);
        }
        l.ob_base.ob_size.set(n as isize);
    }
    Ok(())
}

// ---- Making ----

/// An empty list.
pub fn empty() -> Ref<PyListObject> {
    or_abort(alloc_builtin::<PyListObject>())
}

/// A list of these references.
pub fn from_vec(items: Vec<Ref>) -> Ref<PyListObject> {
    let l = empty();
    or_abort(put(&l, items));
    l
}

/// As [`from_vec`].
pub fn new(items: Vec<Ref>) -> Ref<PyListObject> {
    from_vec(items)
}

/// A list of copies of these references.
pub fn from_refs(items: &[Ref]) -> Ref<PyListObject> {
    or_abort(collect(items.len(), items.iter().cloned()))
}

/// A list of borrowed objects.
pub fn from_slice(items: &[&Obj]) -> Ref<PyListObject> {
    or_abort(collect(items.len(), items.iter().map(|o| o.new_ref())))
}

/// A list of the first `n` of these.
fn collect(n: usize, items: impl Iterator<Item = Ref>) -> Result<Ref<PyListObject>> {
    let l = alloc_builtin::<PyListObject>()?;
    if n > 0 {
        reallocate(&l, n)?;
        for item in items.take(n) {
            l.try_push(item)?;
        }
    }
    Ok(l)
}

/// A list of the references that words of a frame's stack hold, which move to it.
pub fn from_words<M: gc::Manager>(words: &[StackRef<M>]) -> Ref<PyListObject> {
    let l = empty();
    let n = words.len();
    if n > 0 {
        or_abort(reallocate(&l, n));
        for (i, word) in words.iter().enumerate() {
            // SAFETY: the new buffer has room for n references.
            unsafe { l.ob_item.get().add(i).write(word.into_ref().into_raw()) };
        }
        l.ob_base.ob_size.set(n as isize);
    }
    l
}

/// `list(iterable)`
pub fn from_iterable(o: &Obj) -> Result<Ref<PyListObject>> {
    let l = alloc_builtin::<PyListObject>()?;
    extend(&l, o)?;
    Ok(l)
}

fn list_init(l: &PyListObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    args::init_without_keywords(&PyList_Type, l.as_obj().ty(), kwargs)?;
    let args = args.objects();
    args::expect("list", args, 0..=1)?;
    l.clear();
    args.first().map_or(Ok(()), |o| extend(l, o))
}

fn list_vectorcall(tp: &PyTypeObject, args: Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "list() takes no keyword arguments");
    }
    args::expect("list", args.positional, 0..=1)?;
    let l = type_alloc(tp, 0)?;
    if let Some(o) = args.positional.first() {
        // SAFETY: only `list` itself has this vectorcall, or a subclass of its layout.
        extend(unsafe { l.cast() }, o)?;
    }
    Ok(l)
}

/// `tp_dealloc`
///
/// # Safety
/// No reference to the list is left.
pub unsafe extern "C" fn list_dealloc(o: *mut PyObject) {
    gc::untrack(o);
    // SAFETY: the list is valid until its memory is freed; nobody else sees its items any more.
    unsafe {
        let l = &*o.cast::<PyListObject>();
        let buffer = l.ob_item.replace(ptr::null_mut());
        for i in (0..l.ob_base.ob_size.replace(0) as usize).rev() {
            // C code may give up a list that it has not filled in.
            if !(*buffer.add(i)).is_null() {
                decref(*buffer.add(i));
            }
        }
        release_buffer(buffer);
        free_builtin(o);
    }
}

fn list_traverse(l: &PyListObject, v: &mut Visitor) -> Visit {
    gc::mark_buffer(l.ob_item.get().cast());
    let (items, n) = (l.ob_item.get(), l.ob_base.ob_size.get() as usize);
    // SAFETY: within the list; an item that C code has still to write is null.
    (0..n).try_for_each(|i| v.visit_ptr(unsafe { *items.add(i) }))
}

// ---- Slots ----

fn list_repr(l: &PyListObject) -> Result<Ref<PyUnicodeObject>> {
    if l.is_empty() {
        return Ok(str_::new("[]"));
    }
    let Some(_guard) = repr_enter(l.as_obj()) else {
        return Ok(str_::new("[...]"));
    };
    let mut out = Writer::new();
    out.push_ascii("[");
    let mut i = 0;
    while i < l.len() {
        if i > 0 {
            out.push_ascii(", ");
        }
        // SAFETY: within the length; what extensions have not filled in yet is null.
        match unsafe { (*l.ob_item.get().add(i)).as_ref() } {
            Some(item) => tuple::push_repr(&mut out, &item.new_ref())?,
            None => out.push_ascii("<NULL>"),
        }
        i += 1;
    }
    out.push_ascii("]");
    out.finish()
}

fn list_richcompare(l: &PyListObject, other: &Obj, op: CompareOp) -> Result {
    let Some(m) = other.downcast::<PyListObject>() else {
        return Ok(not_implemented());
    };
    if l.len() != m.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(bool_(op == CompareOp::Ne));
    }
    let mut i = 0;
    while let (Some(x), Some(y)) = (l.get(i), m.get(i)) {
        if x.is_same(&y) || object::rich_compare_bool(&x, &y, CompareOp::Eq)? {
            i += 1;
            continue;
        }
        // The comparison may have shortened a list: then the lengths decide.
        if i >= l.len() || i >= m.len() {
            break;
        }
        // The first pair that differs decides.
        return match op {
            CompareOp::Eq => Ok(false_()),
            CompareOp::Ne => Ok(true_()),
            _ => object::rich_compare(&x, &y, op),
        };
    }
    Ok(bool_(op.test(l.len().cmp(&m.len()))))
}

fn concat(l: &PyListObject, other: &Obj) -> Result<Ref<PyListObject>> {
    let Some(m) = other.downcast::<PyListObject>() else {
        return raise!(
            TypeError,
            "can only concatenate list (not \"{}\") to list",
            other.tp_name()
        );
    };
    collect(
        l.len() + m.len(),
        l.items().iter().chain(m.items()).cloned(),
    )
}

fn repeat(l: &PyListObject, n: isize) -> Result<Ref<PyListObject>> {
    let Some(total) = l.len().checked_mul(n.max(0) as usize) else {
        return Err(err::no_memory());
    };
    collect(total, l.items().iter().cycle().cloned())
}

fn repeat_in_place(l: &PyListObject, n: isize) -> Result {
    let len = l.len();
    if len == 0 || n == 1 {
        return Ok(l.as_obj().new_ref());
    }
    if n <= 0 {
        l.clear();
        return Ok(l.as_obj().new_ref());
    }
    let Some(total) = len.checked_mul(n as usize) else {
        return Err(err::no_memory());
    };
    reserve(l, total)?;
    for i in len..total {
        l.try_push(l.items()[i - len].clone())?;
    }
    Ok(l.as_obj().new_ref())
}

fn item(l: &PyListObject, i: isize) -> Result {
    match usize::try_from(i).ok().and_then(|i| l.get(i)) {
        Some(item) => Ok(item),
        None => raise!(IndexError, "list index out of range"),
    }
}

fn contains(l: &PyListObject, o: &Obj) -> Result<bool> {
    let mut i = 0;
    while let Some(item) = l.get(i) {
        if object::rich_compare_bool(&item, o, CompareOp::Eq)? {
            return Ok(true);
        }
        i += 1;
    }
    Ok(false)
}

/// `l[key]`
pub fn subscript(l: &PyListObject, key: &Obj) -> Result {
    if number::is_index(key) {
        let i = number::index_isize(key, Some(&exc::IndexError))?;
        return item(l, if i < 0 { i + l.len() as isize } else { i });
    }
    let Some(s) = key.downcast::<PySliceObject>() else {
        return raise!(
            TypeError,
            "list indices must be integers or slices, not {}",
            key.tp_name()
        );
    };
    let bounds = slices::unpack_raw(s)?;
    let indices = slices::adjust(bounds, l.len());
    let items = l.items();
    if indices.step == 1 && indices.len > 0 {
        return Ok(from_refs(&items[indices.start as usize..][..indices.len]).into_obj());
    }
    Ok(collect(indices.len, indices.iter().map(|i| items[i].clone()))?.into_obj())
}

// ---- Iterators ----

impl SequenceIter for PyListObject {
    const LOWEST_STATE: isize = -1;
    fn iter_type() -> &'static PyTypeObject {
        &PyListIter_Type
    }
    fn reverse_type() -> &'static PyTypeObject {
        &PyListRevIter_Type
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

/// `iter(list)`.
pub type ListIter = ForwardIter<PyListObject>;
/// `reversed(list)`.
pub type ListReverseIter = ReverseIter<PyListObject>;

/// `iter(l)`
#[inline]
pub fn iter(l: &PyListObject) -> Result {
    ListIter::start(l)
}

/// Fills in `list_iterator`.
pub fn define_iter(b: &mut TypeBuilder) {
    ListIter::define(b);
}

/// Fills in `list_reverseiterator`.
pub fn define_reverse_iter(b: &mut TypeBuilder) {
    ListReverseIter::define(b);
}
