//! Weak references: the type `weakref.ReferenceType`, and the list that each referent keeps of those who watch it.
//!
//! The list's head lies at the referent's `tp_weaklistoffset` (-16 where the class manages it); nodes are the weakrefs
//! themselves. The order is CPython's: the one plain `ref` first, the one plain proxy next, then those with callbacks or
//! of subclasses, newest first. Invariants: a weakref is in the list of its `wr_object` or is dead (`wr_object` is None);
//! neither the list nor `wr_object` keeps anything alive, so a weakref that dies unlinks itself first.

pub mod proxy;

pub use proxy::{define_callable_proxy, define_proxy, is_proxy};

use core::cell::Cell;
use core::ptr;

use layout::*;

use crate::args;
use crate::err::{self, Result};
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, object as proto};
use crate::raise;
use crate::types::tuple::TupleExt as _;
use crate::types::type_::{self, CompareOp, TypeBuilder};
use crate::types::{genericalias, str_};

static METHODS: &[PyMethodDef] = &[class_method(o!(
    "__class_getitem__",
    ref_class_getitem,
    "($type, object, /)"
))];

static MEMBERS: &[PyMemberDef] = &[member!(
    "__callback__",
    PyWeakReference,
    wr_callback,
    _Py_T_OBJECT,
    Py_READONLY
)];

/// Fills in `weakref.ReferenceType`.
pub fn define(b: &mut TypeBuilder) {
    define_common(b)
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(ref_new)
        .tp_init(ref_init)
        .vectorcall_offset(core::mem::offset_of!(PyWeakReference, vectorcall))
        .tp_repr(ref_repr)
        .tp_hash(ref_hash)
        .tp_richcompare(ref_richcompare)
        .methods(METHODS)
        .members(MEMBERS);
}

/// What references and proxies share.
fn define_common(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.basicsize::<PyWeakReference>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .owns_memory()
        .tp_dealloc(weakref_dealloc)
        .tp_traverse(|r: &PyWeakReference, v: &mut Visitor| v.visit_ptr(r.wr_callback.get()))
        .tp_clear(|r: &PyWeakReference| clear_one(r))
}

// ---- The list ----

/// The head of the list of weakrefs to `o`, if its type allows any.
pub fn list_head(o: &Obj) -> Option<&Cell<*mut PyWeakReference>> {
    let offset = o.ty().tp_weaklistoffset.get();
    if offset == 0 {
        return None;
    }
    // SAFETY: the type says that the head lies there.
    Some(unsafe { &*o.as_ptr().cast::<u8>().offset(offset).cast() })
}

fn head_of<'a>(list: &Cell<*mut PyWeakReference>) -> Option<&'a PyWeakReference> {
    // SAFETY: null, or a weakref that is alive or will unlink itself before it is gone.
    unsafe { list.get().as_ref() }
}

fn next_of<'a>(r: &PyWeakReference) -> Option<&'a PyWeakReference> {
    // SAFETY: as for the head.
    unsafe { r.wr_next.get().as_ref() }
}

fn insert_head(list: &Cell<*mut PyWeakReference>, r: &PyWeakReference) {
    let this = ptr::from_ref(r).cast_mut();
    r.wr_prev.set(ptr::null_mut());
    r.wr_next.set(list.get());
    if let Some(next) = head_of(list) {
        next.wr_prev.set(this);
    }
    list.set(this);
}

fn insert_after(prev: &PyWeakReference, r: &PyWeakReference) {
    let this = ptr::from_ref(r).cast_mut();
    r.wr_prev.set(ptr::from_ref(prev).cast_mut());
    r.wr_next.set(prev.wr_next.get());
    if let Some(next) = next_of(prev) {
        next.wr_prev.set(this);
    }
    prev.wr_next.set(this);
}

/// Takes a weakref out of its referent's list and makes it dead.
fn unlink(r: &PyWeakReference) {
    let Some(o) = r.wr_object.borrow_obj().filter(|o| !o.is_none()) else {
        r.wr_object.set(NONE().as_ptr());
        return;
    };
    let (prev, next) = (
        r.wr_prev.replace(ptr::null_mut()),
        r.wr_next.replace(ptr::null_mut()),
    );
    if let Some(list) = list_head(o).filter(|list| ptr::eq(list.get(), r)) {
        list.set(next);
    }
    // SAFETY: neighbours in the list are weakrefs or null.
    unsafe {
        if let Some(prev) = prev.as_ref() {
            prev.wr_next.set(next);
        }
        if let Some(next) = next.as_ref() {
            next.wr_prev.set(prev);
        }
    }
    r.wr_object.set(NONE().as_ptr());
}

/// Makes a weakref dead, and forgets its callback.
pub fn clear_one(r: &PyWeakReference) {
    unlink(r);
    r.wr_callback.set_ref(None);
}

/// A reference to an object that is listed but not owned: none if it is on its way out.
fn try_ref(o: &Obj) -> Option<Ref> {
    if o.ob_refcnt.get() == 0 {
        return None;
    }
    gc::weakref_read(o.as_ptr());
    Some(o.new_ref())
}

/// The canonical reference and proxy to an object: those without callbacks, of the base types.
fn basics<'a>(
    list: &Cell<*mut PyWeakReference>,
) -> (Option<&'a PyWeakReference>, Option<&'a PyWeakReference>) {
    let mut at = head_of(list).filter(|r| r.wr_callback.get().is_null());
    let reference = at.filter(|r| r.as_obj().is_exact::<PyWeakReference>());
    if reference.is_some() {
        at = at
            .and_then(next_of)
            .filter(|r| r.wr_callback.get().is_null());
    }
    (reference, at.filter(|r| is_proxy(r.as_obj())))
}

// ---- Making ----

/// A weak reference of type `tp` (a reference or proxy type) to `o`; the canonical one if there is no callback.
fn make(tp: &PyTypeObject, o: &Obj, callback: Option<&Obj>) -> Result {
    let callback = callback.filter(|c| !c.is_none());
    let Some(list) = list_head(o) else {
        return raise!(
            TypeError,
            "cannot create weak reference to '{}' object",
            o.tp_name()
        );
    };
    let plain_ref = ptr::eq(tp, &_PyWeakref_RefType);
    let plain_proxy = !plain_ref && proxy::is_proxy_type(tp);
    if callback.is_none() && (plain_ref || plain_proxy) {
        let (reference, proxy) = basics(list);
        let known = if plain_ref { reference } else { proxy };
        if let Some(known) = known.and_then(|r| try_ref(r.as_obj())) {
            return Ok(known);
        }
    }
    // A proxy's type can't be allocated by anybody else, a reference's may be a subclass.
    let made = type_alloc(tp, 0)?;
    // SAFETY: all these types have this layout.
    let r = unsafe { made.cast::<PyWeakReference>() };
    r.hash.set(-1);
    r.vectorcall.set(Some(ref_vectorcall));
    r.wr_callback.set_ref(callback.map(Obj::new_ref));
    r.wr_object.set(o.as_ptr());
    gc::note_weakref(o.as_ptr());
    // The allocation may have let others in: look again.
    let (reference, proxy) = basics(list);
    let before = match (callback, plain_ref, plain_proxy) {
        (None, true, _) => None,
        (None, _, true) => reference,
        _ => proxy.or(reference),
    };
    match before {
        Some(prev) => insert_after(prev, r),
        None => insert_head(list, r),
    }
    Ok(made)
}

/// `weakref.ref(o, callback)`.
pub fn new_ref(o: &Obj, callback: Option<&Obj>) -> Result {
    make(&_PyWeakref_RefType, o, callback)
}

/// `weakref.proxy(o, callback)`.
pub fn new_proxy(o: &Obj, callback: Option<&Obj>) -> Result {
    let callable = o.ty().tp_call.get().is_some();
    make(
        if callable {
            &_PyWeakref_CallableProxyType
        } else {
            &_PyWeakref_ProxyType
        },
        o,
        callback,
    )
}

/// The object as a weak reference or proxy.
pub fn as_weakref(o: &Obj) -> Option<&PyWeakReference> {
    // SAFETY: all these types have this layout.
    (o.is::<PyWeakReference>() || is_proxy(o)).then(|| unsafe { o.cast() })
}

/// The referent of a weak reference or proxy, unless it is dead.
pub fn get(reference: &Obj) -> Option<Ref> {
    as_weakref(reference).and_then(referent)
}

/// The referent, unless it is dead.
#[inline]
pub fn referent(r: &PyWeakReference) -> Option<Ref> {
    let o = r.wr_object.borrow_obj().filter(|o| !o.is_none())?;
    try_ref(o)
}

/// Whether the type's instances can be weakly referenced.
pub fn is_supported(tp: &PyTypeObject) -> bool {
    tp.tp_weaklistoffset.get() != 0
}

/// The first weakref to `o`: its `__weakref__`.
pub fn first(o: &Obj) -> Option<Ref> {
    try_ref(head_of(list_head(o)?)?.as_obj())
}

/// All weakrefs and proxies to `o`.
pub fn all(o: &Obj) -> Vec<Ref> {
    let mut out = Vec::new();
    let mut at = list_head(o).and_then(head_of);
    while let Some(r) = at {
        out.extend(try_ref(r.as_obj()));
        at = next_of(r);
    }
    out
}

/// How many weakrefs and proxies there are to `o`.
pub fn count(o: &Obj) -> usize {
    all(o).len()
}

// ---- Death of referents ----

/// Whether weakrefs to `o` exist.
pub fn has_weakrefs(o: &Obj) -> bool {
    list_head(o).is_some_and(|list| !list.get().is_null())
}

type Due = Vec<(Ref, Ref)>;

/// Makes the weakrefs to `o` dead; those that are wanted and have callbacks are appended to `due`. The others keep theirs:
/// that a callback dies may be noticed, and is nobody's business yet.
fn clear_list(o: &Obj, due: &mut Due, wanted: &dyn Fn(&PyWeakReference) -> bool) {
    let Some(list) = list_head(o) else { return };
    while let Some(r) = head_of(list) {
        let alive = if wanted(r) { try_ref(r.as_obj()) } else { None };
        unlink(r);
        if let Some(alive) = alive
            && let Some(callback) = r.wr_callback.take_ref()
        {
            due.push((alive, callback));
        }
    }
}

fn call_due(due: Due) {
    if due.is_empty() {
        return;
    }
    err::preserved(|| {
        for (r, callback) in due {
            if call::call1(&callback, &r).is_err() {
                let message = format!(
                    "Exception ignored while calling weakref callback {}",
                    repr_lossy(&callback)
                );
                err::write_unraisable(None, Some(&message));
            }
        }
    });
}

/// Makes all weakrefs to the dying `o` dead, then calls their callbacks.
pub fn clear_weakrefs(o: &Obj) {
    if !has_weakrefs(o) {
        return;
    }
    let mut due = Due::new();
    clear_list(o, &mut due, &|_| true);
    call_due(due);
}

/// What the collector asks for before finalizers run: weakrefs to the dead go, and callbacks of those not dead
/// themselves are called.
///
/// # Safety
/// `dead` are objects whose memory has not been released.
pub unsafe fn handle_dead(dead: &[*mut PyObject], is_dead: &dyn Fn(*mut PyObject) -> bool) {
    let mut due = Due::new();
    for &o in dead {
        // SAFETY: the caller's.
        let o = unsafe { &*o };
        if let Some(r) = as_weakref(o) {
            unlink(r);
        }
        clear_list(o, &mut due, &|r| !is_dead(r.as_obj().as_ptr()));
    }
    call_due(due);
}

/// Makes weakrefs to the dead that finalizers made dead too, with no callback.
///
/// # Safety
/// As [`handle_dead`].
pub unsafe fn clear_quietly(dead: &[*mut PyObject]) {
    for &o in dead {
        // SAFETY: the caller's.
        clear_list(unsafe { &*o }, &mut Due::new(), &|_| false);
    }
}

unsafe extern "C" fn weakref_dealloc(o: *mut PyObject) {
    // SAFETY: called once for a weakref that nobody refers to.
    unsafe {
        gc::untrack(o);
        clear_one(&*o.cast::<PyWeakReference>());
        free_builtin(o);
    }
}

// ---- `weakref.ReferenceType` ----

fn ref_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if ptr::eq(tp, &_PyWeakref_RefType) {
        args::no_keywords("ref", kwargs)?;
    }
    let items = args.items();
    args::expect_count("__new__", items.len(), 1..=2)?;
    make(tp, &items[0], items.get(1).map(|c| &**c))
}

fn ref_init(
    _: &PyWeakReference,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    args::no_keywords("ref", kwargs)?;
    args::expect_count("__init__", args.items().len(), 1..=2)
}

unsafe extern "C" fn ref_vectorcall(
    o: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: called with a weakref and the vectorcall protocol's arguments.
    let (r, args) = unsafe {
        (
            borrowed::<PyWeakReference>(o),
            Args::from_vector(args, nargsf, kwnames),
        )
    };
    answer(ref_call(r, &args))
}

fn ref_call(r: &PyWeakReference, args: &Args<'_>) -> Result {
    if !args.keyword_values.is_empty() {
        return raise!(TypeError, "weakref() takes no keyword arguments");
    }
    args::expect("weakref", args.positional, 0..=0)?;
    Ok(referent(r).unwrap_or_else(none))
}

fn ref_repr(r: &PyWeakReference) -> Result {
    let Some(o) = referent(r) else {
        return Ok(str_::new(&format!("<weakref at {:p}; dead>", r.as_ptr())).into_obj());
    };
    let name = proto::lookup_special(&o, crate::intern!("__name__"))?;
    let mut text = format!(
        "<weakref at {:p}; to '{}' at {:p}",
        r.as_ptr(),
        type_::fully_qualified_name(o.ty()),
        o.as_ptr()
    );
    if let Some(name) = name.filter(|name| name.is::<PyUnicodeObject>()) {
        text.push_str(&format!(" ({})", str_lossy(&name)));
    }
    text.push('>');
    Ok(str_::new(&text).into_obj())
}

fn ref_hash(r: &PyWeakReference) -> Result<isize> {
    if r.hash.get() == -1 {
        let Some(o) = referent(r) else {
            return raise!(TypeError, "weak object has gone away");
        };
        r.hash.set(proto::hash(&o)?);
    }
    Ok(r.hash.get())
}

fn ref_richcompare(r: &PyWeakReference, other: &Obj, op: CompareOp) -> Result {
    let other_ref = as_weakref(other).filter(|_| matches!(op, CompareOp::Eq | CompareOp::Ne));
    let Some(other_ref) = other_ref else {
        return Ok(not_implemented());
    };
    match (referent(r), referent(other_ref)) {
        (Some(a), Some(b)) => proto::rich_compare(&a, &b, op),
        _ => Ok(bool_(r.as_obj().is_same(other) == (op == CompareOp::Eq))),
    }
}

fn ref_class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::new(cls, item)
}
