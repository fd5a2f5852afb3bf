//! Attribute access by the generic rules: data descriptor, instance, other descriptor, class attribute.

use core::ffi::c_int;
use core::ptr;

use layout::*;

use super::lookup;
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::types::dict::DictExt as _;
use crate::types::instance;

/// Whether a descriptor goes before the instance: it has `tp_descr_set`.
#[inline(always)]
pub fn is_data(descr: &Obj) -> bool {
    descr.ty().tp_descr_set.get().is_some()
}

/// Where an object of a type with `tp_dictoffset` keeps its dict pointer.
#[inline]
fn dict_pointer(o: &Obj) -> *mut *mut PyObject {
    let tp = o.ty();
    let mut offset = tp.tp_dictoffset.get();
    if offset == 0 {
        return ptr::null_mut();
    }
    if offset < 0 {
        // Counted from the end of a variable-sized object.
        let items = item_count(o);
        let size =
            (tp.tp_basicsize.get() as usize + items * tp.tp_itemsize.get() as usize + 7) & !7;
        offset += size as isize;
    }
    // SAFETY: the type says that the pointer is there.
    unsafe { o.as_ptr().cast::<u8>().offset(offset).cast() }
}

/// Where the object keeps its dict pointer, or null.
///
/// # Safety
/// `o` is complete: its type says the truth about it.
pub unsafe fn dict_slot(o: &Obj) -> *mut *mut PyObject {
    dict_pointer(o)
}

/// `o.__dict__ = value` (or `del`).
pub fn set_dict(o: &Obj, value: Option<&Obj>) -> Result<()> {
    if has_flag(o.ty(), Py_TPFLAGS_MANAGED_DICT) {
        return instance::set_dict(o, value);
    }
    let p = dict_pointer(o);
    if p.is_null() {
        return raise!(AttributeError, "This object has no __dict__");
    }
    let new = value.map_or(ptr::null_mut(), |v| v.new_ref().into_raw());
    // SAFETY: the slot holds null or an owned dict.
    drop(unsafe { Ref::<Obj>::from_owned_opt(ptr::replace(p, new)) });
    Ok(())
}

/// The object's `__dict__`, made if it has none yet; `None` for objects that have no room for one.
pub fn dict_of(o: &Obj) -> Result<Option<Ref<PyDictObject>>> {
    if has_flag(o.ty(), Py_TPFLAGS_MANAGED_DICT) {
        return instance::dict_of(o);
    }
    let p = dict_pointer(o);
    if p.is_null() {
        return Ok(None);
    }
    // SAFETY: the slot holds null or a dict.
    unsafe {
        if (*p).is_null() {
            *p = crate::types::dict::new().into_raw();
        }
        Ok(Some(Ref::from_borrowed((*p).cast())))
    }
}

/// The object's `__dict__` if it already has one of its own.
fn existing_dict(o: &Obj) -> Option<Ref<PyDictObject>> {
    let p = dict_pointer(o);
    if p.is_null() {
        return None;
    }
    // SAFETY: the slot holds null or a dict.
    unsafe { Ref::from_borrowed_opt((*p).cast()) }
}

/// An attribute of the instance itself.
#[inline]
fn instance_attribute(o: &Obj, name: &Obj) -> Result<Option<Ref>> {
    if has_flag(o.ty(), Py_TPFLAGS_MANAGED_DICT) {
        return instance::get_attr(o, name);
    }
    match existing_dict(o) {
        Some(dict) => dict.get(name),
        None => Ok(None),
    }
}

/// Binds what a class attribute's `__get__` answers.
#[inline]
pub fn bind(descr: &Obj, o: Option<&Obj>, owner: &PyTypeObject) -> Result {
    match descr.ty().tp_descr_get.get() {
        // SAFETY: a slot of the descriptor's own type.
        Some(get) => unsafe {
            err::from_owned(get(
                descr.as_ptr(),
                o.map_or(ptr::null_mut(), |o| o.as_ptr()),
                owner.as_ptr(),
            ))
        },
        None => Ok(descr.new_ref()),
    }
}

/// Raises `TypeError` unless `name` is a str.
pub fn check_name(name: &Obj) -> Result<()> {
    if name.is::<PyUnicodeObject>() {
        Ok(())
    } else {
        raise!(
            TypeError,
            "attribute name must be string, not '{}'",
            name.tp_name()
        )
    }
}

/// `object.__getattribute__`. With `suppress`, a missing attribute is `None` instead of an error, and costs none.
pub fn generic_get(o: &Obj, name: &Obj, suppress: bool) -> Result<Option<Ref>> {
    check_name(name)?;
    let tp = o.ty();
    // The descriptor is kept alive by its own reference: running it may change the class.
    let descr = lookup(tp, name).map(Obj::new_ref);
    let quiet = |result: Result| -> Result<Option<Ref>> {
        if suppress {
            err::suppress(result, &exc::AttributeError)
        } else {
            result.map(Some)
        }
    };
    if let Some(d) = &descr
        && d.ty().tp_descr_get.get().is_some()
        && is_data(d)
    {
        return quiet(bind(d, Some(o), tp));
    }
    if let Some(value) = instance_attribute(o, name)? {
        return Ok(Some(value));
    }
    if let Some(d) = descr {
        return quiet(bind(&d, Some(o), tp));
    }
    if suppress {
        Ok(None)
    } else {
        Err(missing(o, name))
    }
}

/// Raises `AttributeError` for a missing attribute, with `name` and `obj` set for suggestions.
#[cold]
pub fn missing(o: &Obj, name: &Obj) -> err::Raised {
    let raised = err::new(
        &exc::AttributeError,
        format_args!(
            "'{}' object has no attribute '{}'",
            o.tp_name(),
            str_lossy(name)
        ),
    );
    note_missing(o, name);
    raised
}

/// Sets `name` and `obj` of the `AttributeError` that is set, unless it has them.
pub fn note_missing(o: &Obj, name: &Obj) {
    if let Some(e) = err::current()
        && let Some(e) = e.downcast_exact::<PyAttributeErrorObject>()
        && e.name.get().is_null()
        && e.obj.get().is_null()
    {
        e.name.set_ref(Some(name.new_ref()));
        e.obj.set_ref(Some(o.new_ref()));
    }
}

/// `object.__setattr__` and `__delattr__` (no value).
pub fn generic_set(o: &Obj, name: &Obj, value: Option<&Obj>) -> Result<()> {
    check_name(name)?;
    let tp = o.ty();
    let descr = lookup(tp, name).map(Obj::new_ref);
    if let Some(d) = &descr
        && let Some(set) = d.ty().tp_descr_set.get()
    {
        let value = value.map_or(ptr::null_mut(), |v| v.as_ptr());
        // SAFETY: a slot of the descriptor's own type.
        err::from_status(unsafe { set(d.as_ptr(), o.as_ptr(), value) })?;
        return Ok(());
    }
    let stored = if has_flag(tp, Py_TPFLAGS_MANAGED_DICT) {
        instance::set_attr(o, name, value)
    } else if let Some(dict) = dict_of(o)? {
        store(&dict, name, value)
    } else {
        return Err(read_only(o, name, descr.as_deref()));
    };
    match stored {
        Ok(true) => Ok(()),
        Ok(false) => Err(missing(o, name)),
        Err(raised) => Err(raised),
    }
}

/// Stores into or deletes from an instance dict; false if there was nothing to delete.
pub fn store(dict: &PyDictObject, name: &Obj, value: Option<&Obj>) -> Result<bool> {
    match value {
        Some(value) => dict.set(name, value).map(|()| true),
        None => dict.del(name),
    }
}

#[cold]
fn read_only(o: &Obj, name: &Obj, descr: Option<&Obj>) -> err::Raised {
    let tp_name = o.tp_name();
    let name_text = str_lossy(name);
    let raised = if descr.is_some() {
        err::new(
            &exc::AttributeError,
            format_args!("'{tp_name}' object attribute '{name_text}' is read-only"),
        )
    } else if o
        .ty()
        .tp_setattro
        .get()
        .is_some_and(|f| f as usize == generic_setattro as *const () as usize)
    {
        err::new(
            &exc::AttributeError,
            format_args!(
                "'{tp_name}' object has no attribute '{name_text}' and no __dict__ for setting new attributes"
            ),
        )
    } else {
        err::new(
            &exc::AttributeError,
            format_args!("'{tp_name}' object has no attribute '{name_text}'"),
        )
    };
    note_missing(o, name);
    raised
}

/// `tp_getattro` by the generic rules (`PyObject_GenericGetAttr`).
///
/// # Safety
/// Both are live objects.
pub unsafe extern "C" fn generic_getattro(o: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: the caller's.
    match unsafe { generic_get(&*o, &*name, false) } {
        Ok(Some(value)) => value.into_raw(),
        _ => ptr::null_mut(),
    }
}

/// `tp_setattro` by the generic rules (`PyObject_GenericSetAttr`).
///
/// # Safety
/// `o` and `name` are live objects, `value` too or null.
pub unsafe extern "C" fn generic_setattro(
    o: *mut PyObject,
    name: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: the caller's.
    err::into_status(unsafe { generic_set(&*o, &*name, value.as_ref()) })
}

/// What a method call needs: the function unbound with its self, or the attribute's value.
pub enum Method {
    /// A function to call with the object before the other arguments.
    Unbound(Ref),
    /// Anything else, already bound.
    Value(Ref),
}

/// Looks up `o.name` for a call, without making a bound method where none is needed (`_PyObject_GetMethod`).
pub fn get_method(o: &Obj, name: &Obj) -> Result<Method> {
    let tp = o.ty();
    let generic = tp
        .tp_getattro
        .get()
        .is_some_and(|f| f as usize == generic_getattro as *const () as usize);
    if !generic || !name.is::<PyUnicodeObject>() {
        return crate::protocol::object::getattr(o, name).map(Method::Value);
    }
    let descr = lookup(tp, name).map(Obj::new_ref);
    let mut unbound = false;
    if let Some(d) = &descr {
        if has_flag(d.ty(), Py_TPFLAGS_METHOD_DESCRIPTOR) {
            unbound = true;
        } else if d.ty().tp_descr_get.get().is_some() && is_data(d) {
            return bind(d, Some(o), tp).map(Method::Value);
        }
    }
    if let Some(value) = instance_attribute(o, name)? {
        return Ok(Method::Value(value));
    }
    match descr {
        Some(d) if unbound => Ok(Method::Unbound(d)),
        Some(d) => bind(&d, Some(o), tp).map(Method::Value),
        None => Err(missing(o, name)),
    }
}
