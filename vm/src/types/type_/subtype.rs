//! What every class made in Python shares: how its instances are traversed, cleared and deallocated, and its instances'
//! `__dict__` and `__weakref__`.

use core::ffi::{c_int, c_void};
use core::ptr;

use layout::*;

use super::{attributes, bases};
use crate::err::{self, Raised, Result, exc, raise};
use crate::getset;
use crate::intern;
use crate::object::*;
use crate::types::{instance, weakref};

/// The nearest base whose `tp_dealloc` is not the one of Python classes.
fn native_base(tp: &PyTypeObject) -> &PyTypeObject {
    let mut base = tp;
    while base
        .tp_dealloc
        .get()
        .is_some_and(|f| f as usize == dealloc as *const () as usize)
    {
        match bases::base(base) {
            Some(b) => base = b,
            None => break,
        }
    }
    base
}

/// Calls `f` with each filled `__slots__` field of an instance.
///
/// # Safety
/// `o` is an instance of `tp`.
unsafe fn for_each_slot(
    tp: &PyTypeObject,
    o: *mut PyObject,
    mut f: impl FnMut(*mut *mut PyObject),
) {
    if tp.tp_members.get().is_null() || !has_flag(tp, Py_TPFLAGS_HEAPTYPE) {
        return;
    }
    // SAFETY: a heap type; the object has `ob_size` rows.
    unsafe {
        let heap = tp.as_obj().cast::<PyHeapTypeObject>();
        let rows = super::new::members_of(heap);
        for i in 0..tp.ob_base.ob_size.get().max(0) as usize {
            let row = &*rows.add(i);
            if row.r#type == Py_T_OBJECT_EX && row.flags & Py_READONLY == 0 {
                f(o.cast::<u8>().offset(row.offset).cast());
            }
        }
    }
}

/// The dict pointer of an instance whose class added one that is not managed.
///
/// # Safety
/// `o` is an instance of `tp`.
unsafe fn plain_dict(
    tp: &PyTypeObject,
    base: &PyTypeObject,
    o: *mut PyObject,
) -> *mut *mut PyObject {
    if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) || tp.tp_dictoffset.get() == base.tp_dictoffset.get() {
        return ptr::null_mut();
    }
    // SAFETY: the caller's.
    unsafe { attributes::dict_slot(&*o) }
}

/// `tp_traverse` of Python classes.
///
/// # Safety
/// As the slot's contract.
pub unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    let mut v = Visitor::new(visit, arg);
    // SAFETY: the caller's.
    unsafe {
        match traverse_parts(o, &mut v) {
            Ok(()) => 0,
            Err(stop) => stop,
        }
    }
}

unsafe fn traverse_parts(o: *mut PyObject, v: &mut Visitor) -> Visit {
    // SAFETY: the caller's.
    unsafe {
        let tp = (*o).ty();
        let mut base = tp;
        while base
            .tp_traverse
            .get()
            .is_some_and(|f| f as usize == traverse as *const () as usize)
        {
            let mut result = Ok(());
            for_each_slot(base, o, |slot| {
                if result.is_ok() {
                    result = v.visit_ptr(*slot);
                }
            });
            result?;
            match bases::base(base) {
                Some(b) => base = b,
                None => break,
            }
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
            instance::visit(&*o, v)?;
        } else {
            let dict = plain_dict(tp, base, o);
            if !dict.is_null() {
                v.visit_ptr(*dict)?;
            }
        }
        // The class itself; a native heap base visits it on its own.
        match base.tp_traverse.get() {
            Some(native) => {
                if has_flag(tp, Py_TPFLAGS_HEAPTYPE)
                    && !has_flag(base, Py_TPFLAGS_HEAPTYPE)
                    && !visits_type(base)
                {
                    v.visit_ptr((*o).ob_type.get().cast())?;
                }
                v.delegate(native, o)
            }
            None => v.visit_ptr((*o).ob_type.get().cast()),
        }
    }
}

/// Builtin types made by [`super::builder::TypeBuilder`] visit an instance's heap type themselves.
fn visits_type(base: &PyTypeObject) -> bool {
    has_flag(base, _Py_TPFLAGS_STATIC_BUILTIN)
}

/// `tp_clear` of Python classes: breaks the cycles that go through their own fields.
///
/// # Safety
/// As the slot's contract.
pub unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: the caller's.
    unsafe {
        let tp = (*o).ty();
        let mut base = tp;
        while base
            .tp_clear
            .get()
            .is_some_and(|f| f as usize == clear as *const () as usize)
        {
            for_each_slot(base, o, |slot| {
                drop(Ref::<Obj>::from_owned_opt(ptr::replace(
                    slot,
                    ptr::null_mut(),
                )))
            });
            match bases::base(base) {
                Some(b) => base = b,
                None => break,
            }
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
            instance::clear(&*o);
        } else {
            let dict = plain_dict(tp, base, o);
            if !dict.is_null() {
                drop(Ref::<Obj>::from_owned_opt(ptr::replace(
                    dict,
                    ptr::null_mut(),
                )));
            }
        }
        match base.tp_clear.get() {
            Some(native) => native(o),
            None => 0,
        }
    }
}

/// Runs the `tp_finalize` of an object whose count has reached zero, once; true if it was resurrected
/// (`PyObject_CallFinalizerFromDealloc`).
///
/// # Safety
/// `o`'s count is zero.
pub unsafe fn finalize_before_dealloc(o: *mut PyObject) -> bool {
    // SAFETY: the caller's.
    unsafe {
        match (*(*o).ob_type.get()).tp_finalize.get() {
            Some(finalizer) => finalize_from_dealloc(o, finalizer, true),
            None => false,
        }
    }
}

/// Runs a finaliser of an object whose count has reached zero; true if it was resurrected.
///
/// # Safety
/// `o`'s count is zero.
unsafe fn finalize_from_dealloc(o: *mut PyObject, finalizer: destructor, once: bool) -> bool {
    // SAFETY: the caller's; the object is alive again while the finaliser runs.
    unsafe {
        if (*o).is_immortal() {
            return false; // Nobody counts: the collector has run it.
        }
        if once && gc::is_finalized(o) {
            return false;
        }
        (*o).ob_refcnt.set(1);
        if once {
            gc::set_finalized(o);
        }
        finalizer(o);
        let n = (*o).ob_refcnt.get() - 1;
        (*o).ob_refcnt.set(n);
        if n > 0 && has_flag((*o).ty(), Py_TPFLAGS_HAVE_GC) {
            gc::track(o);
        }
        n > 0
    }
}

/// Whether the class, and each one that it derives from, adds no more to `object` than a dict and weak references.
pub fn has_bare_instances(tp: &PyTypeObject) -> bool {
    let mut level = tp;
    while has_flag(level, FLAG_PYTHON_CLASS) {
        let adds = level.ob_base.ob_size.get() > 0
            || level.tp_dealloc.get().map(|f| f as usize) != Some(dealloc as *const () as usize)
            || level.tp_free.get().map(|f| f as usize) != Some(generic_free as *const () as usize);
        match bases::base(level) {
            Some(base) if !adds => level = base,
            _ => return false,
        }
    }
    let has_plain_dict = tp.tp_dictoffset.get() > 0;
    ptr::eq(level, &PyBaseObject_Type) && !has_plain_dict && has_flag(tp, Py_TPFLAGS_HAVE_GC)
}

/// Deallocates an instance of such a class.
///
/// # Safety
/// As the slot's contract.
unsafe fn dealloc_bare(o: *mut PyObject, tp: &PyTypeObject) {
    // SAFETY: the caller's.
    unsafe {
        gc::untrack(o);
        if tp.tp_weaklistoffset.get() != 0 {
            weakref::clear_weakrefs(&*o);
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
            instance::release(&*o);
        }
        let class = (*o).ob_type.get();
        gc::free_object(o);
        decref(class.cast());
    }
}

/// `tp_dealloc` of Python classes.
///
/// # Safety
/// As the slot's contract.
pub unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: the caller's.
    unsafe {
        let tp = &*(*o).ob_type.get();
        if has_flag(tp, FLAG_BARE_INSTANCES) {
            return dealloc_bare(o, tp);
        }
        let base = native_base(tp);
        // First of all, also where the native base would do it: what the class adds must still be there.
        if let Some(f) = tp.tp_finalize.get()
            && finalize_from_dealloc(o, f, true)
        {
            return;
        }
        if let Some(f) = tp.tp_del.get()
            && finalize_from_dealloc(o, f, false)
        {
            return;
        }
        if has_flag(tp, Py_TPFLAGS_HAVE_GC) {
            gc::untrack(o);
        }
        if tp.tp_weaklistoffset.get() != 0 && base.tp_weaklistoffset.get() == 0 {
            weakref::clear_weakrefs(&*o);
        }
        let mut level = tp;
        while level
            .tp_dealloc
            .get()
            .is_some_and(|f| f as usize == dealloc as *const () as usize)
        {
            for_each_slot(level, o, |slot| {
                drop(Ref::<Obj>::from_owned_opt(ptr::replace(
                    slot,
                    ptr::null_mut(),
                )))
            });
            match bases::base(level) {
                Some(b) => level = b,
                None => break,
            }
        }
        if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
            instance::release(&*o);
        } else {
            let dict = plain_dict(tp, base, o);
            if !dict.is_null() {
                drop(Ref::<Obj>::from_owned_opt(ptr::replace(
                    dict,
                    ptr::null_mut(),
                )));
            }
        }
        // A native base untracks what it tracked.
        if has_flag(base, Py_TPFLAGS_HAVE_GC) {
            gc::track(o);
        }
        let type_object = (*o).ob_type.get();
        let release_type =
            has_flag(&*type_object, Py_TPFLAGS_HEAPTYPE) && !has_flag(base, Py_TPFLAGS_HEAPTYPE);
        if let Some(base_dealloc) = base.tp_dealloc.get() {
            base_dealloc(o);
        }
        if release_type {
            decref(type_object.cast());
        }
    }
}

/// The `__dict__` descriptor of the nearest builtin base whose instances have a dict: that base knows what may be done.
fn builtin_dict_descriptor(o: &Obj) -> Result<Option<Ref>> {
    let mut level = Some(o.ty());
    while let Some(tp) = level {
        if tp.tp_dictoffset.get() > 0 && !has_flag(tp, Py_TPFLAGS_HEAPTYPE) {
            let descr = super::lookup(tp, intern!("__dict__")).filter(|d| attributes::is_data(d));
            return match descr {
                Some(d) => Ok(Some(d.new_ref())),
                None => Err(unsupported(o)),
            };
        }
        level = bases::base(tp);
    }
    Ok(None)
}

fn unsupported(o: &Obj) -> Raised {
    err::new(
        &exc::TypeError,
        format_args!(
            "this __dict__ descriptor does not support '{}' objects",
            o.tp_name()
        ),
    )
}

/// The getter of the `__dict__` that classes made in Python have.
fn class_get_dict(o: &Obj) -> Result {
    match builtin_dict_descriptor(o)? {
        Some(descr) => attributes::bind(&descr, Some(o), o.ty()),
        None => get_dict(o),
    }
}

/// The setter of the `__dict__` that classes made in Python have.
fn class_set_dict(o: &Obj, value: Option<&Obj>) -> Result<()> {
    let Some(descr) = builtin_dict_descriptor(o)? else {
        return set_dict(o, value);
    };
    let Some(set) = descr.ty().tp_descr_set.get() else {
        return Err(unsupported(o));
    };
    let value = value.map_or(ptr::null_mut(), |v| v.as_ptr());
    // SAFETY: a slot of the descriptor's own type.
    err::from_status(unsafe { set(descr.as_ptr(), o.as_ptr(), value) }).map(drop)
}

/// The getter of `__dict__`.
pub fn get_dict(o: &Obj) -> Result {
    match attributes::dict_of(o)? {
        Some(dict) => Ok(dict.into_obj()),
        None => raise!(AttributeError, "This object has no __dict__"),
    }
}

/// The setter of `__dict__`.
pub fn set_dict(o: &Obj, value: Option<&Obj>) -> Result<()> {
    if let Some(v) = value
        && !v.is::<PyDictObject>()
    {
        return raise!(
            TypeError,
            "__dict__ must be set to a dictionary, not a '{}'",
            v.tp_name()
        );
    }
    attributes::set_dict(o, value)
}

fn get_weakref(o: &Obj) -> Result {
    Ok(weakref::first(o).unwrap_or_else(none))
}

static DICT_AND_WEAKREF: &[PyGetSetDef] = &[
    getset!("__dict__", class_get_dict, class_set_dict),
    getset!("__weakref__", get_weakref),
    END,
];
static DICT_ONLY: &[PyGetSetDef] = &[getset!("__dict__", class_get_dict, class_set_dict), END];
static WEAKREF_ONLY: &[PyGetSetDef] = &[getset!("__weakref__", get_weakref), END];
const END: PyGetSetDef = PyGetSetDef {
    name: ptr::null(),
    get: None,
    set: None,
    doc: ptr::null(),
    closure: ptr::null_mut(),
};

/// The attributes that a class gets for the fields it adds.
pub fn getset(dict: bool, weakrefs: bool) -> *mut PyGetSetDef {
    match (dict, weakrefs) {
        (true, true) => DICT_AND_WEAKREF.as_ptr().cast_mut(),
        (true, false) => DICT_ONLY.as_ptr().cast_mut(),
        (false, true) => WEAKREF_ONLY.as_ptr().cast_mut(),
        (false, false) => ptr::null_mut(),
    }
}
