//! Making a filled-in type usable (`PyType_Ready`): bases, dict, MRO, inheritance of slots.
//!
//! What is inherited, and in which groups, is CPython's: extensions rely on it.

use core::cell::Cell;
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr;

use layout::*;

use super::{is_subtype, lookup::own_dict, mro, subtype};
use crate::err::{Result, raise};
use crate::intern;
use crate::object::*;
use crate::slots;
use crate::types::dict::{self, DictExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::{cfunction, descr};

/// Completes a type; does nothing if it is complete.
pub fn ready(tp: &PyTypeObject) -> Result<()> {
    if has_flag(tp, Py_TPFLAGS_READY) {
        return Ok(());
    }
    add_flags(tp, Py_TPFLAGS_READYING);
    let done = ready_steps(tp);
    tp.tp_flags.set(tp.tp_flags.get() & !Py_TPFLAGS_READYING);
    done?;
    add_flags(tp, Py_TPFLAGS_READY);
    Ok(())
}

/// Completes a base. A class whose `mro()` is running has a dict already: it must not start anew.
pub fn ready_base(base: &PyTypeObject) -> Result<()> {
    if base.tp_dict.get().is_null() {
        return ready(base);
    }
    Ok(())
}

fn add_flags(tp: &PyTypeObject, flags: u64) {
    tp.tp_flags.set(tp.tp_flags.get() | flags);
}

/// The base, if the type has one; `object` has none.
fn base_of(tp: &PyTypeObject) -> Option<&PyTypeObject> {
    // SAFETY: a live type's base is live.
    unsafe { tp.tp_base.get().as_ref() }
}

fn ready_steps(tp: &PyTypeObject) -> Result<()> {
    if tp.tp_name.get().is_null() {
        return raise!(SystemError, "Type does not define the tp_name field.");
    }
    if base_of(tp).is_none() && !ptr::eq(tp, &PyBaseObject_Type) {
        tp.tp_base.set(ptr::from_ref(&PyBaseObject_Type).cast_mut());
    }
    if let Some(base) = base_of(tp) {
        if has_flag(tp, Py_TPFLAGS_HEAPTYPE) && tp.tp_bases.get().is_null() {
            // SAFETY: a heap type owns its base.
            unsafe { incref(base.as_ptr()) };
        }
        ready_base(base)?;
        if tp.ob_base.ob_base.ob_type.get().is_null() {
            tp.ob_base.ob_base.ob_type.set(base.as_obj().ob_type.get());
        }
    }
    if tp.tp_bases.get().is_null() {
        let bases = match base_of(tp) {
            Some(base) => tuple::from_slice(&[base.as_obj()]),
            None => tuple::empty(),
        };
        tp.tp_bases.set_ref(Some(bases.into_obj()));
    }
    if tp.tp_dict.get().is_null() {
        tp.tp_dict.set_ref(Some(dict::new().into_obj()));
    }
    fill_dict(tp)?;
    mro::update(tp)?;
    if let Some(base) = base_of(tp) {
        inherit_from(tp, base);
    }
    set_new(tp)?;
    set_hash(tp)?;
    // SAFETY: set just above.
    let bases = unsafe { &*tp.tp_bases.get().cast::<PyTupleObject>() };
    for base in bases.items() {
        // SAFETY: bases are types.
        super::bases::add_subclass(unsafe { base.cast::<PyTypeObject>() }, tp)?;
    }
    if finalizes(tp) {
        tp.tp_flags.set(tp.tp_flags.get() & !FLAG_PLAIN);
    }
    Ok(())
}

fn finalizes(tp: &PyTypeObject) -> bool {
    tp.tp_finalize.get().is_some() || tp.tp_del.get().is_some()
}

/// Says what the death of a Python class's instances takes, now that its slots are set. The class adds nothing to its native
/// base that has to be noticed, except for finalisers. Those that come late may find instances.
pub fn settle_plainness(tp: &PyTypeObject) {
    let before = tp.tp_flags.get();
    if before & FLAG_PYTHON_CLASS == 0 {
        return;
    }
    let mut flags = before & !(FLAG_PLAIN | FLAG_BARE_INSTANCES);
    if !finalizes(tp) && native_base(tp).is_some_and(|base| has_flag(base, FLAG_PLAIN)) {
        flags |= FLAG_PLAIN;
        if subtype::has_bare_instances(tp) {
            flags |= FLAG_BARE_INSTANCES;
        }
    }
    tp.tp_flags.set(flags);
    if before & FLAG_PLAIN & !flags != 0 {
        gc::note_late_finalizer();
    }
}

/// Adds dunders, methods, members, computed attributes and the doc to the type's dict.
fn fill_dict(tp: &PyTypeObject) -> Result<()> {
    let dict = own_dict(tp)
        .expect("a type being readied has a dict")
        .to_ref();
    slots::add_dunders(tp, &dict)?;
    // SAFETY: the tables end with a row without a name.
    unsafe {
        let mut row = tp.tp_methods.get();
        while !row.is_null() && !(*row).ml_name.is_null() {
            add_method(tp, &dict, row)?;
            row = row.add(1);
        }
        let mut row = tp.tp_members.get();
        while !row.is_null() && !(*row).name.is_null() {
            add_if_absent(&dict, &descr::new_member(tp, row))?;
            row = row.add(1);
        }
        let mut row = tp.tp_getset.get();
        while !row.is_null() && !(*row).name.is_null() {
            add_if_absent(&dict, &descr::new_getset(tp, row))?;
            row = row.add(1);
        }
    }
    if dict.get(intern!("__doc__"))?.is_none() {
        // Not `ht_name`: extensions set the flag of heap types on static ones while they ready them.
        let name = type_name(tp).rsplit('.').next().unwrap_or_default();
        if crate::doc::has_prose(tp.tp_doc.get(), name) {
            dict.set(
                intern!("__doc__"),
                &crate::doc::text_of(tp.tp_doc.get(), name),
            )?;
        } else if has_flag(tp, _Py_TPFLAGS_STATIC_BUILTIN) {
            dict.set(intern!("__doc__"), &descr::new_lazy_doc(tp))?;
        } else {
            dict.set(intern!("__doc__"), NONE())?;
        }
    }
    Ok(())
}

/// Adds a method's descriptor: the row's flags say which kind.
///
/// # Safety
/// `row` is a row of a method table that lives as long as the type.
unsafe fn add_method(tp: &PyTypeObject, dict: &PyDictObject, row: *mut PyMethodDef) -> Result<()> {
    // SAFETY: the caller's.
    let flags = unsafe { (*row).ml_flags };
    let (name, object) = if flags & METH_CLASS != 0 {
        if flags & METH_STATIC != 0 {
            return raise!(ValueError, "method cannot be both class and static");
        }
        // SAFETY: the caller's.
        let d = unsafe { descr::new_class_method(tp, row) };
        (descr::name(&d), d)
    } else if flags & METH_STATIC != 0 {
        let f = cfunction::new(row, Some(tp.as_obj()), None);
        (cfunction::name(&f), descr::new_static_method(&f))
    } else {
        // SAFETY: the caller's.
        let d = unsafe { descr::new_method(tp, row) };
        (descr::name(&d), d)
    };
    if flags & METH_COEXIST != 0 || dict.get(&name)?.is_none() {
        dict.set(&name, &object)?;
    }
    Ok(())
}

fn add_if_absent(dict: &PyDictObject, d: &Ref) -> Result<()> {
    let name = descr::name(d);
    if dict.get(&name)?.is_none() {
        dict.set(&name, d)?;
    }
    Ok(())
}

/// Adds `__new__` to the dict of a type with a `tp_new` of its own, or inherits the base's.
fn set_new(tp: &PyTypeObject) -> Result<()> {
    let Some(base) = base_of(tp) else {
        return add_new(tp);
    };
    if tp.tp_new.get().is_none()
        && ptr::eq(base, &PyBaseObject_Type)
        && !has_flag(tp, Py_TPFLAGS_HEAPTYPE)
    {
        add_flags(tp, Py_TPFLAGS_DISALLOW_INSTANTIATION);
    }
    if has_flag(tp, Py_TPFLAGS_DISALLOW_INSTANTIATION) {
        tp.tp_new.set(None);
        return Ok(());
    }
    if tp.tp_new.get().is_some() {
        if base.tp_new.get().map(|f| f as usize) != tp.tp_new.get().map(|f| f as usize)
            || !has_flag(tp, Py_TPFLAGS_HEAPTYPE)
            || has_flag(tp, Py_TPFLAGS_IMMUTABLETYPE)
        {
            return add_new(tp);
        }
        return Ok(());
    }
    tp.tp_new.set(base.tp_new.get());
    Ok(())
}

fn add_new(tp: &PyTypeObject) -> Result<()> {
    let dict = own_dict(tp).expect("a type being readied has a dict");
    if dict.get(intern!("__new__"))?.is_none() {
        dict.set(intern!("__new__"), &super::call::new_wrapper(tp))?;
    }
    Ok(())
}

/// A type that defines equality and no hash is unhashable.
fn set_hash(tp: &PyTypeObject) -> Result<()> {
    if tp.tp_hash.get().is_some() {
        return Ok(());
    }
    let dict = own_dict(tp).expect("a type being readied has a dict");
    if dict.get(intern!("__hash__"))?.is_none() {
        dict.set(intern!("__hash__"), NONE())?;
        tp.tp_hash.set(Some(slots::hash_not_implemented));
    }
    Ok(())
}

// ---- Inheritance ----

fn inherit_from(tp: &PyTypeObject, base: &PyTypeObject) {
    inherit_special(tp, base);
    // SAFETY: the MRO was just made: a tuple of types.
    let mro = unsafe { &*tp.tp_mro.get().cast::<PyTupleObject>() }.to_ref();
    for b in mro.items().iter().skip(1) {
        // SAFETY: as above.
        inherit_slots(tp, unsafe { b.cast::<PyTypeObject>() });
    }
    share_suites(tp, base);
    for b in mro.items().iter().skip(1) {
        // SAFETY: as above.
        let flags = unsafe { b.cast::<PyTypeObject>() }.tp_flags.get();
        let collection = Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING;
        if tp.tp_flags.get() & collection == 0 && flags & collection != 0 {
            add_flags(tp, flags & collection);
        }
    }
}

/// The flags that say "subclass of list" and so on.
const KIND_FLAGS: u64 = Py_TPFLAGS_BASE_EXC_SUBCLASS
    | Py_TPFLAGS_TYPE_SUBCLASS
    | Py_TPFLAGS_LONG_SUBCLASS
    | Py_TPFLAGS_BYTES_SUBCLASS
    | Py_TPFLAGS_UNICODE_SUBCLASS
    | Py_TPFLAGS_TUPLE_SUBCLASS
    | Py_TPFLAGS_LIST_SUBCLASS
    | Py_TPFLAGS_DICT_SUBCLASS
    | _Py_TPFLAGS_MATCH_SELF
    | Py_TPFLAGS_ITEMS_AT_END;

fn inherit_special(tp: &PyTypeObject, base: &PyTypeObject) {
    // Collectors rely on the `tp_traverse` of builtin types, so one that has none of its own adds nothing to its base's.
    if (!has_flag(tp, Py_TPFLAGS_HAVE_GC) || has_flag(tp, _Py_TPFLAGS_STATIC_BUILTIN))
        && has_flag(base, Py_TPFLAGS_HAVE_GC)
        && tp.tp_traverse.get().is_none()
        && tp.tp_clear.get().is_none()
    {
        add_flags(tp, Py_TPFLAGS_HAVE_GC);
        tp.tp_traverse.set(base.tp_traverse.get());
        tp.tp_clear.set(base.tp_clear.get());
    }
    add_flags(
        tp,
        base.tp_flags.get() & (Py_TPFLAGS_PREHEADER | KIND_FLAGS),
    );
    for field in [
        offset_of!(PyTypeObject, tp_basicsize),
        offset_of!(PyTypeObject, tp_itemsize),
        offset_of!(PyTypeObject, tp_weaklistoffset),
        offset_of!(PyTypeObject, tp_dictoffset),
    ] {
        let (mine, theirs) = (word(tp, field), word(base, field));
        if mine.get().is_null() {
            mine.set(theirs.get());
        }
    }
}

/// A pointer-sized field of a type.
fn word(tp: &PyTypeObject, offset: usize) -> &Cell<*mut c_void> {
    // SAFETY: the offset is that of a word-sized Cell.
    unsafe { &*ptr::from_ref(tp).cast::<u8>().add(offset).cast() }
}

/// Copies the function pointers of a suite that `tp` lacks and `base` has as its own.
fn inherit_suite<T>(tp: &Cell<*mut T>, base: &Cell<*mut T>, above: Option<&Cell<*mut T>>) {
    if tp.get().is_null() || base.get().is_null() {
        return;
    }
    let above = above.map_or(ptr::null_mut(), Cell::get);
    for i in 0..size_of::<T>() / size_of::<*mut c_void>() {
        // SAFETY: a suite is a struct of nullable function pointers in Cells.
        unsafe {
            let mine = &*tp.get().cast::<Cell<*mut c_void>>().add(i);
            let theirs = (*base.get().cast::<Cell<*mut c_void>>().add(i)).get();
            let inherited =
                !above.is_null() && (*above.cast::<Cell<*mut c_void>>().add(i)).get() == theirs;
            if mine.get().is_null() && !theirs.is_null() && !inherited {
                mine.set(theirs);
            }
        }
    }
}

/// A type without a suite shares its base's, which nothing may be copied into.
fn share_suites(tp: &PyTypeObject, base: &PyTypeObject) {
    macro_rules! share {
        ($($field:ident)*) => {$(
            if tp.$field.get().is_null() {
                tp.$field.set(base.$field.get());
            }
        )*};
    }
    share!(tp_as_number tp_as_sequence tp_as_mapping tp_as_async tp_as_buffer);
}

fn inherit_slots(tp: &PyTypeObject, base: &PyTypeObject) {
    let above = base_of(base);
    macro_rules! suites {
        ($($field:ident)*) => {$(
            inherit_suite(&tp.$field, &base.$field, above.map(|a| &a.$field));
        )*};
    }
    suites!(tp_as_number tp_as_sequence tp_as_mapping tp_as_async tp_as_buffer);

    // Inherited singly.
    macro_rules! own {
        ($field:ident) => {
            base.$field.get().is_some()
                && above.is_none_or(|a| {
                    a.$field.get().map(|f| f as usize) != base.$field.get().map(|f| f as usize)
                })
        };
    }
    macro_rules! copy {
        ($($field:ident)*) => {$(
            if tp.$field.get().is_none() && own!($field) {
                tp.$field.set(base.$field.get());
            }
        )*};
    }
    // Inherited in pairs: one of a pair defined here hides both.
    if tp.tp_getattr.get().is_none() && tp.tp_getattro.get().is_none() {
        tp.tp_getattr.set(base.tp_getattr.get());
        tp.tp_getattro.set(base.tp_getattro.get());
    }
    if tp.tp_setattr.get().is_none() && tp.tp_setattro.get().is_none() {
        tp.tp_setattr.set(base.tp_setattr.get());
        tp.tp_setattro.set(base.tp_setattro.get());
    }
    copy!(tp_repr tp_str);
    if tp.tp_call.get().is_none() {
        // A class with its own `__call__` loses it again when its slots are set.
        if has_flag(base, Py_TPFLAGS_HAVE_VECTORCALL) {
            add_flags(tp, Py_TPFLAGS_HAVE_VECTORCALL);
        }
    }
    copy!(tp_call);
    // Also where it is not used automatically: an inherited `tp_call` may look there.
    if tp.tp_vectorcall_offset.get() == 0 {
        tp.tp_vectorcall_offset.set(base.tp_vectorcall_offset.get());
    }
    if tp.tp_richcompare.get().is_none() && tp.tp_hash.get().is_none() {
        let overridden = own_dict(tp).is_some_and(|d| {
            d.get_interned(intern!("__eq__")).is_some()
                || d.get_interned(intern!("__hash__")).is_some()
        });
        if !overridden {
            tp.tp_richcompare.set(base.tp_richcompare.get());
            tp.tp_hash.set(base.tp_hash.get());
        }
    }
    copy!(tp_iter tp_iternext);
    if base_of(tp).is_some_and(|b| ptr::eq(b, base))
        && has_flag(base, Py_TPFLAGS_METHOD_DESCRIPTOR)
        && tp.tp_descr_get.get().is_none()
        && (!has_flag(tp, Py_TPFLAGS_HEAPTYPE) || has_flag(tp, Py_TPFLAGS_IMMUTABLETYPE))
    {
        add_flags(tp, Py_TPFLAGS_METHOD_DESCRIPTOR);
    }
    copy!(tp_descr_get tp_descr_set tp_init tp_alloc tp_is_gc tp_finalize);
    copy!(tp_dealloc);
    if tp.tp_free.get().is_none() {
        tp.tp_free.set(base.tp_free.get());
    }
    debug_assert!(is_subtype(tp, base) || !has_flag(tp, Py_TPFLAGS_READY));
}
