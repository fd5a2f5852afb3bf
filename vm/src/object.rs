//! References to objects, and how objects are born and die.
//!
//! [`Ref`] owns a reference and counts; `&Obj` borrows one. Both work under every manager, because an object that nobody
//! counts is born with an immortal count, which `Clone` and `Drop` test (as the `Py_INCREF` compiled into extensions does).
//! Invariant: a `Ref` is never null and never dangling while the manager's rules are kept; everything else in the
//! interpreter builds on that.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{self, offset_of};
use core::ops::Deref;
use core::ptr::{self, NonNull};

pub use layout::Layout;
use layout::*;

use crate::err::Result;
use crate::types::object_::object_dealloc;

/// Any Python object: the header that starts every object struct.
pub type Obj = PyObject;

/// The type flag of builtin types whose dead cells need nothing: no destructor, no finalizer.
/// It lies above the 32 bits that CPython gives a meaning.
pub const FLAG_PLAIN: u64 = 1 << 40;
/// The type flag of classes made by a `class` statement or `type()`: the interpreter knows all their fields.
pub const FLAG_PYTHON_CLASS: u64 = 1 << 41;

/// The type flag of Python classes whose instances hold a dict, weak references and nothing else: their death needs no
/// search for what a base or a finaliser wants.
pub const FLAG_BARE_INSTANCES: u64 = 1 << 42;

/// The type flag of builtin types whose `tp_dealloc` frees native memory and drops references, and has no other effect.
pub const FLAG_DIES_QUIETLY: u64 = 1 << 43;

/// The nearest type that is not a Python class.
pub fn native_base(mut tp: &PyTypeObject) -> Option<&PyTypeObject> {
    while has_flag(tp, FLAG_PYTHON_CLASS) {
        // SAFETY: a type's base lives as long as it does.
        tp = unsafe { tp.tp_base.get().as_ref() }?;
    }
    Some(tp)
}

/// An owned, counted reference to an object of layout `T`.
#[repr(transparent)]
pub struct Ref<T: Layout = Obj> {
    ptr: NonNull<T>,
    owns: PhantomData<T>,
}

// SAFETY: objects are only touched while the global interpreter lock is held.
unsafe impl<T: Layout> Send for Ref<T> {}
// SAFETY: as above.
unsafe impl<T: Layout> Sync for Ref<T> {}

/// Adds a reference to `o`, unless it is immortal.
///
/// # Safety
/// `o` points to a live object.
#[inline(always)]
pub unsafe fn incref(o: *mut PyObject) {
    // SAFETY: the caller's.
    let count = unsafe { &(*o).ob_refcnt };
    let n = count.get();
    if n < _Py_IMMORTAL_INITIAL_REFCNT {
        count.set(n + 1);
    }
}

/// Gives up a reference to `o`; the last one deallocates it.
///
/// # Safety
/// `o` points to a live object, of which the caller owns a reference.
#[inline(always)]
pub unsafe fn decref(o: *mut PyObject) {
    // SAFETY: the caller's.
    let count = unsafe { &(*o).ob_refcnt };
    let n = count.get();
    if (n as i32) < 0 {
        return;
    }
    count.set(n - 1);
    if n == 1 {
        // SAFETY: the last reference is gone.
        unsafe { dealloc(o) };
    }
}

/// As [`decref`], for code that seldom has the last reference: deallocation disturbs no register of the caller.
///
/// # Safety
/// The same.
#[inline(always)]
pub unsafe fn decref_quietly(o: *mut PyObject) {
    // SAFETY: the caller's.
    let count = unsafe { &(*o).ob_refcnt };
    let n = count.get();
    if (n as i32) < 0 {
        return;
    }
    count.set(n - 1);
    if n == 1 {
        // SAFETY: the last reference is gone.
        unsafe { gc::call_quietly(dealloc_address, o as usize, 0) };
    }
}

unsafe extern "C" fn dealloc_address(o: usize, _: usize) -> usize {
    // SAFETY: the caller's.
    unsafe { dealloc(o as *mut PyObject) };
    0
}

/// How many nested deallocations run before the rest is put off.
const DEALLOC_DEPTH: u32 = 50;

struct Deallocs {
    depth: Cell<u32>,
    /// How many objects wait in `DEFERRED`.
    deferred: Cell<usize>,
}

thread_local! {
    static DEALLOCS: Deallocs = const { Deallocs { depth: Cell::new(0), deferred: Cell::new(0) } };
    static DEFERRED: Cell<Vec<*mut PyObject>> = const { Cell::new(Vec::new()) };
}

/// Deallocates an object whose count is zero. Long chains (a list in a list in a list…) are taken apart in
/// rounds instead of by recursion, so that they need no native stack.
///
/// # Safety
/// No reference to `o` is left.
#[inline(never)]
pub unsafe fn dealloc(o: *mut PyObject) {
    if !gc::counts() {
        return; // Where nobody counts, some objects have a count for extensions to look at; it decides nothing.
    }
    // SAFETY: the object is valid until its tp_dealloc has run.
    let tp = unsafe { &*(*o).ob_type.get() };
    let Some(tp_dealloc) = tp.tp_dealloc.get() else {
        return;
    };
    if !has_flag(tp, Py_TPFLAGS_HAVE_GC) {
        // SAFETY: as its contract; what these two functions do is to free the object.
        unsafe {
            if ptr::fn_addr_eq(tp_dealloc, object_dealloc as destructor)
                && tp
                    .tp_free
                    .get()
                    .is_some_and(|f| ptr::fn_addr_eq(f, generic_free as freefunc))
            {
                gc::free_object(o);
            } else {
                tp_dealloc(o);
            }
        }
        return;
    }
    DEALLOCS.with(|d| {
        let depth = d.depth.get();
        if depth >= DEALLOC_DEPTH {
            defer(d, o);
            return;
        }
        let recorded = depth == 0 && gc::is_recording();
        if recorded {
            gc::cascade_begin();
        }
        d.depth.set(depth + 1);
        // SAFETY: as its contract.
        unsafe { tp_dealloc(o) };
        if depth == 0 && d.deferred.get() != 0 {
            drain_deferred(d);
        }
        d.depth.set(depth);
        if recorded {
            gc::cascade_end();
        }
    });
}

#[cold]
fn defer(d: &Deallocs, o: *mut PyObject) {
    // A collection may come before its turn does, and must not find it dead.
    gc::untrack(o);
    d.deferred.set(d.deferred.get() + 1);
    DEFERRED.with(|queue| {
        let mut deferred = queue.take();
        deferred.push(o);
        queue.set(deferred);
    });
}

#[cold]
fn drain_deferred(d: &Deallocs) {
    DEFERRED.with(|queue| {
        loop {
            let mut deferred = queue.take();
            let Some(o) = deferred.pop() else { return };
            queue.set(deferred);
            d.deferred.set(d.deferred.get() - 1);
            // SAFETY: it was put off with its count at zero.
            let tp_dealloc = unsafe { (*(*o).ob_type.get()).tp_dealloc.get() };
            if let Some(tp_dealloc) = tp_dealloc {
                // SAFETY: as its contract.
                unsafe { tp_dealloc(o) };
            }
        }
    });
}

impl<T: Layout> Ref<T> {
    /// Takes over a reference that the caller owns.
    ///
    /// # Safety
    /// `ptr` is not null, points to a live object of layout `T`, and a reference to it is given away.
    #[inline(always)]
    pub unsafe fn from_owned(ptr: *mut T) -> Ref<T> {
        debug_assert!(!ptr.is_null());
        Ref {
            // SAFETY: not null, says the caller.
            ptr: unsafe { NonNull::new_unchecked(ptr) },
            owns: PhantomData,
        }
    }

    /// Makes a new reference to what `ptr` borrows.
    ///
    /// # Safety
    /// `ptr` is not null and points to a live object of layout `T`.
    #[inline(always)]
    pub unsafe fn from_borrowed(ptr: *mut T) -> Ref<T> {
        // SAFETY: the caller's.
        unsafe {
            incref(ptr.cast());
            Ref::from_owned(ptr)
        }
    }

    /// Takes over an owned reference, or none if `ptr` is null.
    ///
    /// # Safety
    /// As [`Ref::from_owned`], but null is allowed.
    #[inline(always)]
    pub unsafe fn from_owned_opt(ptr: *mut T) -> Option<Ref<T>> {
        if ptr.is_null() {
            None
        } else {
            // SAFETY: the caller's, and not null.
            Some(unsafe { Ref::from_owned(ptr) })
        }
    }

    /// A new reference to what `ptr` borrows, or none if it is null.
    ///
    /// # Safety
    /// As [`Ref::from_borrowed`], but null is allowed.
    #[inline(always)]
    pub unsafe fn from_borrowed_opt(ptr: *mut T) -> Option<Ref<T>> {
        if ptr.is_null() {
            None
        } else {
            // SAFETY: the caller's, and not null.
            Some(unsafe { Ref::from_borrowed(ptr) })
        }
    }

    /// Gives the reference to the caller, uncounted.
    #[inline(always)]
    pub fn into_raw(self) -> *mut PyObject {
        let p = self.ptr.as_ptr().cast();
        mem::forget(self);
        p
    }

    /// The object's address, as the C API has it.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut PyObject {
        self.ptr.as_ptr().cast()
    }

    /// The same reference, of unknown layout.
    #[inline(always)]
    pub fn into_obj(self) -> Ref {
        let p = self.into_raw();
        // SAFETY: the same object, the same reference.
        unsafe { Ref::from_owned(p) }
    }
}

impl Ref {
    /// The same reference, with layout `T`.
    ///
    /// # Safety
    /// The object has layout `T`.
    #[inline(always)]
    pub unsafe fn into_cast<T: Layout>(self) -> Ref<T> {
        let p = self.into_raw();
        // SAFETY: the caller's.
        unsafe { Ref::from_owned(p.cast()) }
    }

    /// The same reference with layout `T` if the object is an instance of `T`'s type or a subclass.
    pub fn downcast_ref<T: Layout>(self) -> core::result::Result<Ref<T>, Ref> {
        if self.is::<T>() {
            // SAFETY: just checked.
            Ok(unsafe { self.into_cast() })
        } else {
            Err(self)
        }
    }
}

impl<T: Layout> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        // SAFETY: self keeps the object alive.
        unsafe { Ref::from_borrowed(self.ptr.as_ptr()) }
    }
}

impl<T: Layout> Drop for Ref<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: self owns a reference.
        unsafe { decref(self.as_ptr()) }
    }
}

impl<T: Layout> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: self keeps the object alive.
        unsafe { self.ptr.as_ref() }
    }
}

impl<T: Layout> AsRef<Obj> for Ref<T> {
    fn as_ref(&self) -> &Obj {
        self.as_obj()
    }
}

/// What every object struct can do: be seen as a plain object.
pub trait AsObj: Layout + Sized {
    /// The object behind the struct.
    #[inline(always)]
    fn as_obj(&self) -> &Obj {
        // SAFETY: `Layout` says that the header comes first.
        unsafe { &*ptr::from_ref(self).cast() }
    }
    /// The object's address, as the C API has it.
    #[inline(always)]
    fn as_ptr(&self) -> *mut PyObject {
        ptr::from_ref(self).cast_mut().cast()
    }
    /// A new reference to this object.
    #[inline(always)]
    fn to_ref(&self) -> Ref<Self> {
        // SAFETY: self is live.
        unsafe { Ref::from_borrowed(ptr::from_ref(self).cast_mut()) }
    }
}

impl<T: Layout> AsObj for T {}

/// What any object can be asked.
pub trait ObjExt {
    /// The object's type.
    fn ty(&self) -> &PyTypeObject;
    /// Whether both are the same object.
    fn is_same(&self, other: &Obj) -> bool;
    /// Whether this is `None`.
    fn is_none(&self) -> bool;
    /// Whether the object is an instance of `T`'s type or of a subclass.
    fn is<T: Layout>(&self) -> bool;
    /// Whether the object's type is `T`'s.
    fn is_exact<T: Layout>(&self) -> bool;
    /// The object with layout `T`, if it is an instance of `T`'s type or of a subclass.
    fn downcast<T: Layout>(&self) -> Option<&T>;
    /// The object with layout `T`, if its type is `T`'s.
    fn downcast_exact<T: Layout>(&self) -> Option<&T>;
    /// The object with layout `T`, unchecked.
    ///
    /// # Safety
    /// The object has layout `T`.
    unsafe fn cast<T: Layout>(&self) -> &T;
    /// A new reference.
    fn new_ref(&self) -> Ref;
    /// The type's `tp_name`, for messages.
    fn tp_name(&self) -> &str;
}

impl ObjExt for Obj {
    #[inline(always)]
    fn ty(&self) -> &PyTypeObject {
        // SAFETY: a live object's type is live.
        unsafe { &*self.ob_type.get() }
    }
    #[inline(always)]
    fn is_same(&self, other: &Obj) -> bool {
        ptr::eq(self, other)
    }
    #[inline(always)]
    fn is_none(&self) -> bool {
        ptr::eq(self, NONE())
    }
    #[inline(always)]
    fn is<T: Layout>(&self) -> bool {
        is_instance_of(self, T::type_object())
    }
    #[inline(always)]
    fn is_exact<T: Layout>(&self) -> bool {
        ptr::eq(self.ob_type.get(), T::type_object())
    }
    #[inline(always)]
    fn downcast<T: Layout>(&self) -> Option<&T> {
        if self.is::<T>() {
            // SAFETY: an instance of the type has its layout.
            Some(unsafe { self.cast() })
        } else {
            None
        }
    }
    #[inline(always)]
    fn downcast_exact<T: Layout>(&self) -> Option<&T> {
        if self.is_exact::<T>() {
            // SAFETY: an instance of the type has its layout.
            Some(unsafe { self.cast() })
        } else {
            None
        }
    }
    #[inline(always)]
    unsafe fn cast<T: Layout>(&self) -> &T {
        // SAFETY: the caller's.
        unsafe { &*ptr::from_ref(self).cast() }
    }
    #[inline(always)]
    fn new_ref(&self) -> Ref {
        self.to_ref()
    }
    fn tp_name(&self) -> &str {
        type_name(self.ty())
    }
}

/// `tp_name` as text: "list", "collections.deque".
pub fn type_name(tp: &PyTypeObject) -> &str {
    let name = tp.tp_name.get();
    if name.is_null() {
        return "?";
    }
    // SAFETY: tp_name is a NUL-terminated string that lives as long as the type.
    unsafe { core::ffi::CStr::from_ptr(name) }
        .to_str()
        .unwrap_or("?")
}

/// Whether `tp` has all of `flags`.
#[inline(always)]
pub fn has_flag(tp: &PyTypeObject, flags: u64) -> bool {
    tp.tp_flags.get() & flags == flags
}

/// Whether `o` is an instance of `tp` or of a subclass, by the MRO alone.
#[inline(always)]
pub fn is_instance_of(o: &Obj, tp: &PyTypeObject) -> bool {
    ptr::eq(o.ob_type.get(), tp) || crate::types::type_::is_subtype(o.ty(), tp)
}

// ---- Singletons ----

macro_rules! singletons {
    ($($borrowed:ident $owned:ident $static:path;)*) => {$(
        #[doc = concat!("The singleton `", stringify!($static), "`, borrowed.")]
        #[inline(always)]
        #[allow(non_snake_case)]
        pub fn $borrowed() -> &'static Obj {
            $static.as_obj()
        }
        #[doc = concat!("The singleton `", stringify!($static), "`, as a reference.")]
        #[inline(always)]
        pub fn $owned() -> Ref {
            $static.as_obj().new_ref()
        }
    )*};
}

singletons! {
    NONE none layout::_Py_NoneStruct;
    TRUE true_ layout::_Py_TrueStruct;
    FALSE false_ layout::_Py_FalseStruct;
    ELLIPSIS ellipsis layout::_Py_EllipsisObject;
    NOT_IMPLEMENTED not_implemented layout::_Py_NotImplementedStruct;
}

/// `True` or `False`.
#[inline(always)]
pub fn bool_(b: bool) -> Ref {
    if b { true_() } else { false_() }
}

// ---- Birth ----

/// Bytes before an object of this type: the managed dict pointer at -8, the list of weakrefs at -16.
#[inline(always)]
pub fn prefix_size(tp: &PyTypeObject) -> usize {
    let flags = tp.tp_flags.get();
    if flags & Py_TPFLAGS_MANAGED_WEAKREF != 0 {
        16
    } else if flags & Py_TPFLAGS_MANAGED_DICT != 0 {
        8
    } else {
        0
    }
}

/// The object's size in bytes without its prefix: `tp_basicsize` plus items and inline values.
pub fn body_size(tp: &PyTypeObject, items: usize) -> usize {
    let mut size = tp.tp_basicsize.get() as usize;
    let itemsize = tp.tp_itemsize.get() as usize;
    if itemsize != 0 {
        size += items * itemsize;
        size = (size + 7) & !7;
    }
    if has_flag(tp, Py_TPFLAGS_INLINE_VALUES) {
        size += crate::types::instance::inline_values_size(tp);
    }
    size
}

/// How many items a variable-sized object has. Ints keep their number of digits in `lv_tag`, with the sign.
#[inline]
pub fn item_count(o: &Obj) -> usize {
    if has_flag(o.ty(), Py_TPFLAGS_LONG_SUBCLASS) {
        // SAFETY: the flag says that it is an int.
        return unsafe { o.cast::<PyLongObject>() }.lv_tag.get() >> _PyLong_NON_SIZE_BITS;
    }
    // SAFETY: a type with items starts with PyVarObject.
    unsafe { o.cast::<PyVarObject>() }
        .ob_size
        .get()
        .unsigned_abs()
}

fn kind_of(tp: &PyTypeObject) -> gc::Kind {
    if has_flag(tp, FLAG_PLAIN) {
        gc::Kind::Plain
    } else {
        gc::Kind::Destructible
    }
}

/// A zeroed object of `size` bytes with its header set, not tracked yet.
#[inline]
pub fn alloc_sized(tp: &PyTypeObject, size: usize) -> Result {
    let kind = kind_of(tp);
    if matches!(kind, gc::Kind::Destructible) {
        gc::before_resource();
    }
    let o = gc::allocate_object(size, prefix_size(tp), kind);
    if o.is_null() {
        return Err(crate::err::no_memory());
    }
    // SAFETY: fresh memory of at least a header's size.
    unsafe {
        (*o).ob_type.set(ptr::from_ref(tp).cast_mut());
        if has_flag(tp, Py_TPFLAGS_HEAPTYPE) {
            incref(tp.as_ptr());
        }
        Ok(Ref::from_owned(o))
    }
}

/// A new, zeroed, tracked object of fixed size.
#[inline]
pub fn alloc<T: Layout>(tp: &PyTypeObject) -> Result<Ref<T>> {
    let o = alloc_sized(tp, body_size(tp, 0))?;
    if has_flag(tp, Py_TPFLAGS_INLINE_VALUES) {
        crate::types::instance::init_inline_values(tp, &o);
    }
    if has_flag(tp, Py_TPFLAGS_HAVE_GC) {
        gc::track_new(o.as_ptr());
    }
    // SAFETY: the caller names the type's layout.
    Ok(unsafe { o.into_cast() })
}

/// A new, zeroed, tracked instance of `T`'s builtin type itself: one that the collector traces, and whose death it need not
/// notice.
#[inline]
pub fn alloc_builtin<T: Layout>() -> Result<Ref<T>> {
    let tp = T::type_object();
    debug_assert!(has_flag(
        tp,
        FLAG_PLAIN | Py_TPFLAGS_HAVE_GC | _Py_TPFLAGS_STATIC_BUILTIN
    ));
    debug_assert!(prefix_size(tp) == 0 && body_size(tp, 0) == size_of::<T>());
    let o = gc::allocate_object(size_of::<T>(), 0, gc::Kind::Plain);
    if o.is_null() {
        return Err(crate::err::no_memory());
    }
    gc::track_new(o);
    // SAFETY: fresh memory of the type's size.
    unsafe {
        (*o).ob_type.set(ptr::from_ref(tp).cast_mut());
        Ok(Ref::from_owned(o.cast()))
    }
}

/// A new, zeroed, tracked object with `items` items; `ob_size` is set.
#[inline]
pub fn alloc_var<T: Layout>(tp: &PyTypeObject, items: usize) -> Result<Ref<T>> {
    if items > isize::MAX as usize / 16 {
        return Err(crate::err::no_memory());
    }
    // One item more than asked, as CPython has it: a NUL after bytes, a sentinel after others.
    let spare = usize::from(tp.tp_itemsize.get() != 0);
    let o = alloc_sized(tp, body_size(tp, items + spare))?;
    if has_flag(tp, Py_TPFLAGS_INLINE_VALUES) {
        crate::types::instance::init_inline_values(tp, &o);
    }
    if tp.tp_itemsize.get() != 0 {
        // SAFETY: a type with items starts with PyVarObject.
        unsafe { o.cast::<PyVarObject>() }
            .ob_size
            .set(items as isize);
    }
    if has_flag(tp, Py_TPFLAGS_HAVE_GC) {
        gc::track_new(o.as_ptr());
    }
    // SAFETY: the caller names the type's layout.
    Ok(unsafe { o.into_cast() })
}

/// A header to write in a struct expression for [`create`], which replaces it.
pub const fn header() -> PyObject {
    PyObject::zeroed()
}

/// A new object of type `tp` with the fields of `value`; tracked if its type is.
#[inline]
pub fn create<T: Layout>(tp: &PyTypeObject, value: T) -> Result<Ref<T>> {
    debug_assert!(
        size_of::<T>() <= tp.tp_basicsize.get() as usize,
        "{}",
        type_name(tp)
    );
    let builtin = has_flag(tp, _Py_TPFLAGS_STATIC_BUILTIN);
    if builtin && tp.tp_basicsize.get() as usize == size_of::<T>() && prefix_size(tp) == 0 {
        return create_builtin(tp, value);
    }
    let o = alloc_sized(tp, body_size(tp, 0))?;
    let head = PyObject::zeroed();
    head.ob_refcnt.set(o.ob_refcnt.get());
    head.ob_overflow.set(o.ob_overflow.get());
    head.ob_flags.set(o.ob_flags.get());
    head.ob_type.set(o.ob_type.get());
    let p = o.as_ptr().cast::<T>();
    // SAFETY: fresh memory with room for T, whose header comes first.
    unsafe {
        ptr::write(p, value);
        ptr::write(p.cast::<PyObject>(), head);
    }
    if has_flag(tp, Py_TPFLAGS_INLINE_VALUES) {
        crate::types::instance::init_inline_values(tp, &o);
    }
    if has_flag(tp, Py_TPFLAGS_HAVE_GC) {
        gc::track_new(o.as_ptr());
    }
    // SAFETY: just written.
    Ok(unsafe { o.into_cast() })
}

/// As [`create`], for a builtin type of this very size.
#[inline]
fn create_builtin<T: Layout>(tp: &PyTypeObject, value: T) -> Result<Ref<T>> {
    let class = ptr::from_ref(tp).cast_mut();
    let o = gc::allocate_unfilled(size_of::<T>(), kind_of(tp), class);
    if o.is_null() {
        return Err(crate::err::no_memory());
    }
    // SAFETY: fresh memory with room for T, all of which is written; its header, which has no drop glue, stays.
    unsafe {
        let head = o.read();
        o.cast::<T>().write(value);
        o.write(head);
        if has_flag(tp, Py_TPFLAGS_HAVE_GC) {
            gc::track_new(o);
        }
        Ok(Ref::from_owned(o.cast()))
    }
}

/// `tp_alloc` of every type that does not say otherwise (`PyType_GenericAlloc`).
///
/// # Safety
/// `tp` is a ready type.
pub unsafe extern "C" fn generic_alloc(tp: *mut PyTypeObject, items: isize) -> *mut PyObject {
    // SAFETY: the caller's.
    let tp = unsafe { &*tp };
    match alloc_var::<Obj>(tp, items.max(0) as usize) {
        Ok(o) => o.into_raw(),
        Err(_) => ptr::null_mut(),
    }
}

/// A new object from the type's own `tp_alloc`.
pub fn type_alloc(tp: &PyTypeObject, items: isize) -> Result {
    let tp_alloc = tp.tp_alloc.get().unwrap_or(generic_alloc);
    // SAFETY: the type is ready; tp_alloc returns an owned reference or null with an error set.
    unsafe { crate::err::from_owned(tp_alloc(ptr::from_ref(tp).cast_mut(), items)) }
}

// ---- Death ----

/// `tp_free` of every type that does not say otherwise (`PyObject_Free`, `PyObject_GC_Del`).
///
/// # Safety
/// `o` is an object (or a block of the object allocator) that nobody uses again.
pub unsafe extern "C" fn generic_free(o: *mut core::ffi::c_void) {
    // SAFETY: the caller's.
    unsafe { gc::free_object(o.cast()) };
}

/// Calls the type's `tp_free` and gives up the heap type's reference.
///
/// # Safety
/// `o` is being deallocated, and its fields are already released.
#[inline]
pub unsafe fn free(o: *mut PyObject) {
    // SAFETY: the caller's.
    unsafe {
        let tp = (*o).ob_type.get();
        let heap = has_flag(&*tp, Py_TPFLAGS_HEAPTYPE);
        match (*tp).tp_free.get() {
            Some(tp_free) => tp_free(o.cast()),
            None => generic_free(o.cast()),
        }
        if heap {
            decref(tp.cast());
        }
    }
}

/// Frees the memory of a *builtin* object; a subclass's deallocation goes on in the subclass.
///
/// # Safety
/// As [`free`].
#[inline]
pub unsafe fn free_builtin(o: *mut PyObject) {
    // SAFETY: the caller's.
    unsafe {
        match (*(*o).ob_type.get()).tp_free.get() {
            Some(tp_free) => tp_free(o.cast()),
            None => generic_free(o.cast()),
        }
    }
}

/// The deallocation of a type whose struct drops its own fields.
///
/// # Safety
/// `o` is an object of layout `T` with no reference left.
pub unsafe extern "C" fn dealloc_drop<T: Layout>(o: *mut PyObject) {
    // SAFETY: the caller's; the header has no drop glue.
    unsafe {
        let tp = &*(*o).ob_type.get();
        if has_flag(tp, Py_TPFLAGS_HAVE_GC) {
            gc::untrack(o);
        }
        if tp.tp_weaklistoffset.get() > 0 {
            crate::types::weakref::clear_weakrefs(&*o);
        }
        ptr::drop_in_place(o.cast::<T>());
        free_builtin(o);
    }
}

// ---- Fields ----

/// What the `Cell<*mut PyObject>` fields of C structs are read and written through.
pub trait FieldExt {
    /// The object in the field, borrowed; valid until the field changes.
    fn borrow_obj(&self) -> Option<&Obj>;
    /// A new reference to the object in the field.
    fn get_ref(&self) -> Option<Ref>;
    /// Stores a new value, then releases the old one.
    fn set_ref(&self, value: Option<Ref>);
    /// Takes the reference out, leaving null.
    fn take_ref(&self) -> Option<Ref>;
}

impl FieldExt for Cell<*mut PyObject> {
    #[inline(always)]
    fn borrow_obj(&self) -> Option<&Obj> {
        // SAFETY: an object's field holds null or a live object.
        unsafe { self.get().as_ref() }
    }
    #[inline(always)]
    fn get_ref(&self) -> Option<Ref> {
        self.borrow_obj().map(Obj::new_ref)
    }
    #[inline(always)]
    fn set_ref(&self, value: Option<Ref>) {
        let old = self.replace(value.map_or(ptr::null_mut(), Ref::into_raw));
        // SAFETY: the field owned its old value.
        drop(unsafe { Ref::from_owned_opt(old) });
    }
    #[inline(always)]
    fn take_ref(&self) -> Option<Ref> {
        // SAFETY: the field owned its value.
        unsafe { Ref::from_owned_opt(self.replace(ptr::null_mut())) }
    }
}

/// A field of our own structs: an optional reference that can be replaced through a shared borrow.
#[repr(transparent)]
#[derive(Default)]
pub struct Slot(Cell<*mut PyObject>);

impl Slot {
    /// A field that holds `value`.
    pub fn new(value: Option<Ref>) -> Slot {
        Slot(Cell::new(value.map_or(ptr::null_mut(), Ref::into_raw)))
    }
    /// A field that holds nothing.
    pub const fn empty() -> Slot {
        Slot(Cell::new(ptr::null_mut()))
    }
    /// A new reference to the value.
    #[inline(always)]
    pub fn get(&self) -> Option<Ref> {
        self.0.get_ref()
    }
    /// The value, borrowed; valid until the field changes.
    #[inline(always)]
    pub fn borrow(&self) -> Option<&Obj> {
        self.0.borrow_obj()
    }
    /// Stores a value, then releases the old one.
    #[inline(always)]
    pub fn set(&self, value: Option<Ref>) {
        self.0.set_ref(value);
    }
    /// Takes the value out.
    #[inline(always)]
    pub fn take(&self) -> Option<Ref> {
        self.0.take_ref()
    }
    /// The raw pointer, null if empty.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut PyObject {
        self.0.get()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl From<Ref> for Slot {
    fn from(r: Ref) -> Slot {
        Slot::new(Some(r))
    }
}

// ---- Traversal ----

/// A visit that is not over: `Err` carries the visitor's non-zero answer back through `tp_traverse`.
pub type Visit = core::result::Result<(), core::ffi::c_int>;

/// The callback that `tp_traverse` calls for each reference an object holds.
pub struct Visitor {
    visit: visitproc,
    arg: *mut core::ffi::c_void,
}

impl Visitor {
    /// Wraps the C pair.
    pub fn new(visit: visitproc, arg: *mut core::ffi::c_void) -> Visitor {
        Visitor { visit, arg }
    }
    /// Visits a reference; null is allowed.
    #[inline(always)]
    #[expect(
        clippy::not_unsafe_ptr_arg_deref,
        reason = "a visitor takes whatever a field may hold"
    )]
    pub fn visit_ptr(&mut self, o: *mut PyObject) -> Visit {
        if o.is_null() {
            return Ok(());
        }
        // SAFETY: visitproc takes any object.
        match unsafe { (self.visit)(o, self.arg) } {
            0 => Ok(()),
            stop => Err(stop),
        }
    }
    /// Visits an object.
    #[inline(always)]
    pub fn visit(&mut self, o: &Obj) -> Visit {
        self.visit_ptr(o.as_ptr())
    }
    /// Visits a field.
    #[inline(always)]
    pub fn slot(&mut self, s: &Slot) -> Visit {
        self.visit_ptr(s.as_ptr())
    }
    /// Visits the type of an instance, if it is a heap type: instances own their type.
    #[inline]
    pub fn ty(&mut self, o: &Obj) -> Visit {
        if has_flag(o.ty(), Py_TPFLAGS_HEAPTYPE) {
            self.visit_ptr(o.ob_type.get().cast())
        } else {
            Ok(())
        }
    }
    /// Hands the pair to another type's C function.
    ///
    /// # Safety
    /// The function belongs to a type that the live object `o` is of.
    pub unsafe fn delegate(&mut self, traverse: traverseproc, o: *mut PyObject) -> Visit {
        // SAFETY: the function belongs to a base of o's type.
        match unsafe { traverse(o, self.visit, self.arg) } {
            0 => Ok(()),
            stop => Err(stop),
        }
    }
}

// ---- Text for messages and recursion guards ----

impl<T: Layout> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<{} at {:p}>",
            type_name(self.as_obj().ty()),
            self.as_ptr()
        )
    }
}

/// `repr(o)` for a message; an error in it is swallowed.
pub fn repr_lossy(o: &Obj) -> String {
    let saved = crate::err::take();
    let text = match crate::protocol::object::repr(o) {
        Ok(s) => crate::types::str_::to_string_lossy(&s),
        Err(_) => {
            crate::err::clear();
            format!("<{} object at {:p}>", o.tp_name(), o.as_ptr())
        }
    };
    crate::err::restore(saved);
    text
}

/// `str(o)` for a message; an error in it is swallowed.
pub fn str_lossy(o: &Obj) -> String {
    let saved = crate::err::take();
    let text = match crate::protocol::object::str(o) {
        Ok(s) => crate::types::str_::to_string_lossy(&s),
        Err(_) => {
            crate::err::clear();
            format!("<{} object at {:p}>", o.tp_name(), o.as_ptr())
        }
    };
    crate::err::restore(saved);
    text
}

thread_local! {
    /// The complements of addresses: what is left behind in the vector's memory must not be taken for references.
    static REPRS: core::cell::RefCell<Vec<usize>> = const { core::cell::RefCell::new(Vec::new()) };
}

/// Marks an object whose `repr` is being made; `None` if it already is, one level up.
pub fn repr_enter(o: &Obj) -> Option<ReprGuard> {
    REPRS.with_borrow_mut(|active| {
        let name = !(o.as_ptr() as usize);
        if active.contains(&name) {
            return None;
        }
        active.push(name);
        Some(ReprGuard(o.as_ptr()))
    })
}

/// Ends a [`repr_enter`] whose guard was forgotten: C code has a function for each end.
pub fn repr_leave(o: &Obj) {
    drop(ReprGuard(o.as_ptr()));
}

/// Ends what [`repr_enter`] began.
pub struct ReprGuard(*mut PyObject);

impl Drop for ReprGuard {
    fn drop(&mut self) {
        REPRS.with_borrow_mut(|active| {
            let name = !(self.0 as usize);
            if let Some(i) = active.iter().rposition(|&o| o == name) {
                active.remove(i);
            }
        });
    }
}

/// Where a managed dict pointer lies: just before the object.
///
/// # Safety
/// The object's type has `Py_TPFLAGS_MANAGED_DICT`.
#[inline(always)]
pub unsafe fn managed_dict(o: *mut PyObject) -> *mut *mut PyObject {
    // SAFETY: the prefix holds it.
    unsafe { o.cast::<*mut PyObject>().sub(1) }
}

/// Where a managed list of weakrefs lies.
///
/// # Safety
/// The object's type has `Py_TPFLAGS_MANAGED_WEAKREF`.
#[inline(always)]
pub unsafe fn managed_weakrefs(o: *mut PyObject) -> *mut *mut PyObject {
    // SAFETY: the prefix holds it.
    unsafe { o.cast::<*mut PyObject>().sub(2) }
}

const _: () = assert!(offset_of!(PyVarObject, ob_size) == 16);
