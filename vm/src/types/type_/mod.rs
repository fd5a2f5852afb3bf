//! `type`: classes, builtin and made in Python.
//!
//! Every class is a CPython `PyTypeObject`, which is the vtable that the interpreter, the collectors and extensions share.
//! A builtin type is a static struct filled in by [`builder`] and completed by [`ready`]; a class statement makes a heap
//! type in [`new`]. [`lookup`] finds attributes along the MRO; its version tags are what inline caches rest on.

pub mod attributes;
pub mod bases;
pub mod builder;
pub mod call;
pub mod lookup;
pub mod mro;
pub mod new;
pub mod ready;
pub mod subtype;

use core::ffi::c_int;
use core::ptr;

use layout::*;

pub use attributes::{generic_get, generic_set, get_method};
pub use bases::for_each_subclass;
pub use builder::{CompareOp, TypeBuilder};
pub use call::is_new_wrapper;
pub use lookup::{clear_cache, is_subtype, lookup, modified, own_dict, version};
pub use new::{new_exception, new_type};
pub use ready::ready;

use crate::err::{self, Result, exc, raise};
use crate::method::class_method;
use crate::object::*;
use crate::protocol::object;
use crate::types::dict::{self, DictExt as _};
use crate::types::str_::StrExt as _;
use crate::types::tuple::TupleExt as _;
use crate::types::{list, mappingproxy, str_, tuple};
use crate::{getset, intern, member, noargs, o};

/// Fills in `type`.
pub fn define(b: &mut TypeBuilder) {
    b.sizes(size_of::<PyHeapTypeObject>(), size_of::<PyMemberDef>())
        .flags(
            Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_TYPE_SUBCLASS
                | Py_TPFLAGS_HAVE_VECTORCALL
                | Py_TPFLAGS_ITEMS_AT_END,
        )
        .destructible()
        .vectorcall_offset(core::mem::offset_of!(PyTypeObject, tp_vectorcall))
        .weaklistoffset(core::mem::offset_of!(PyTypeObject, tp_weaklist))
        .dictoffset(core::mem::offset_of!(PyTypeObject, tp_dict))
        .tp_new(new::type_new)
        .tp_init(new::type_init)
        .tp_call(call::type_call)
        .tp_vectorcall(call::type_vectorcall)
        .tp_repr(type_repr)
        .tp_getattro(type_getattro)
        .tp_setattro(type_setattro)
        .tp_traverse(type_traverse)
        .tp_clear(type_clear)
        .tp_dealloc(type_dealloc)
        .nb_or(|a: &Obj, b: &Obj| crate::types::union_::or(a, b))
        .methods(METHODS)
        .getset(GETSET)
        .members(MEMBERS);
    b.type_object().tp_is_gc.set(Some(type_is_gc));
}

static METHODS: &[PyMethodDef] = &[
    noargs!("mro", type_mro, "($self, /)"),
    noargs!("__subclasses__", type_subclasses, "($self, /)"),
    class_method(crate::varargs_kw!(
        "__prepare__",
        type_prepare,
        "($cls, name, bases, /, **kwds)"
    )),
    o!(
        "__instancecheck__",
        type_instancecheck,
        "($self, instance, /)"
    ),
    o!(
        "__subclasscheck__",
        type_subclasscheck,
        "($self, subclass, /)"
    ),
    noargs!("__dir__", type_dir, "($self, /)"),
    noargs!("__sizeof__", type_sizeof, "($self, /)"),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("__name__", get_name, set_name),
    getset!("__qualname__", get_qualname, set_qualname),
    getset!("__bases__", get_bases, set_bases),
    getset!("__mro__", get_mro),
    getset!("__module__", get_module, set_module),
    getset!("__abstractmethods__", get_abstract, set_abstract),
    getset!("__dict__", get_dict),
    getset!("__doc__", get_doc, set_doc),
    getset!("__text_signature__", get_text_signature),
    getset!("__annotations__", get_annotations, set_annotations),
    getset!("__annotate__", get_annotate, set_annotate),
    getset!("__type_params__", get_type_params, set_type_params),
    getset!("__flags__", get_flags),
];

static MEMBERS: &[PyMemberDef] = &[
    member!(
        "__basicsize__",
        PyTypeObject,
        tp_basicsize,
        Py_T_PYSSIZET,
        Py_READONLY
    ),
    member!(
        "__itemsize__",
        PyTypeObject,
        tp_itemsize,
        Py_T_PYSSIZET,
        Py_READONLY
    ),
    member!(
        "__weakrefoffset__",
        PyTypeObject,
        tp_weaklistoffset,
        Py_T_PYSSIZET,
        Py_READONLY
    ),
    member!("__base__", PyTypeObject, tp_base, _Py_T_OBJECT, Py_READONLY),
    member!(
        "__dictoffset__",
        PyTypeObject,
        tp_dictoffset,
        Py_T_PYSSIZET,
        Py_READONLY
    ),
];

/// A heap type's larger struct.
fn heap(tp: &PyTypeObject) -> Option<&PyHeapTypeObject> {
    if has_flag(tp, Py_TPFLAGS_HEAPTYPE) {
        // SAFETY: the flag is on types that were made as heap types, with the larger struct.
        Some(unsafe { tp.as_obj().cast() })
    } else {
        None
    }
}

/// `__name__` as text: without the module.
pub fn name_of(tp: &PyTypeObject) -> String {
    match heap(tp).and_then(|h| h.ht_name.borrow_obj()) {
        Some(name) => str_::to_string_lossy(name),
        None => type_name(tp)
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// What `%T` in a message stands for: module and qualified name, but no `builtins` nor `__main__`.
pub fn fully_qualified_name(tp: &PyTypeObject) -> String {
    let Some(qualname) = heap(tp).and_then(|h| h.ht_qualname.get_ref()) else {
        return type_name(tp).to_owned();
    };
    let qualname = str_::to_string_lossy(&qualname);
    let module = own(tp, intern!("__module__")).filter(|m| m.is::<PyUnicodeObject>());
    match module.map(|m| str_::to_string_lossy(&m)) {
        Some(m) if m != "builtins" && m != "__main__" => format!("{m}.{qualname}"),
        _ => qualname,
    }
}

/// `__qualname__` as an object.
pub fn get_qualname(tp: &PyTypeObject) -> Result {
    match heap(tp).and_then(|h| h.ht_qualname.get_ref()) {
        Some(q) => Ok(q),
        None => get_name(tp),
    }
}

fn get_name(tp: &PyTypeObject) -> Result {
    match heap(tp).and_then(|h| h.ht_name.get_ref()) {
        Some(name) => Ok(name),
        None => Ok(str_::intern_str(&name_of(tp)).new_ref()),
    }
}

/// Raises `TypeError` for changes to a type that cannot be changed.
pub fn check_mutable(tp: &PyTypeObject, name: &str) -> Result<()> {
    if has_flag(tp, Py_TPFLAGS_IMMUTABLETYPE) {
        return raise!(
            TypeError,
            "cannot set '{name}' attribute of immutable type '{}'",
            type_name(tp)
        );
    }
    Ok(())
}

fn check_assignment(tp: &PyTypeObject, value: Option<&Obj>, name: &str) -> Result<()> {
    check_mutable(tp, name)?;
    if value.is_none() {
        return raise!(
            TypeError,
            "cannot delete '{name}' attribute of immutable type '{}'",
            type_name(tp)
        );
    }
    Ok(())
}

fn set_name(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    check_assignment(tp, value, "__name__")?;
    let value = value.expect("checked");
    let Some(text) = value.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "can only assign string to {}.__name__, not '{}'",
            type_name(tp),
            value.tp_name()
        );
    };
    let Ok(c_name) = std::ffi::CString::new(text.as_str()?) else {
        return raise!(ValueError, "type name must not contain null characters");
    };
    let heap = heap(tp).expect("mutable types are heap types");
    // The old text may still be in use by messages: it is small, and renaming is rare.
    heap._ht_tpname.set(c_name.into_raw());
    tp.tp_name.set(heap._ht_tpname.get());
    heap.ht_name.set_ref(Some(value.new_ref()));
    modified(tp);
    Ok(())
}

fn set_qualname(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    check_assignment(tp, value, "__qualname__")?;
    let value = value.expect("checked");
    if !value.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "can only assign string to {}.__qualname__, not '{}'",
            type_name(tp),
            value.tp_name()
        );
    }
    heap(tp)
        .expect("mutable types are heap types")
        .ht_qualname
        .set_ref(Some(value.new_ref()));
    Ok(())
}

fn get_bases(tp: &PyTypeObject) -> Result<Option<Ref>> {
    Ok(tp.tp_bases.get_ref())
}

fn set_bases(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    check_assignment(tp, value, "__bases__")?;
    bases::set_bases(tp, value.expect("checked"))
}

fn get_mro(tp: &PyTypeObject) -> Result<Option<Ref>> {
    Ok(tp.tp_mro.get_ref())
}

/// An entry of the type's own dict.
fn own(tp: &PyTypeObject, name: &Obj) -> Option<Ref> {
    own_dict(tp).and_then(|d| d.get_interned(name))
}

/// `__module__` as an object: "builtins" for types without one.
pub fn get_module(tp: &PyTypeObject) -> Result {
    if heap(tp).is_some() {
        return match own(tp, intern!("__module__")) {
            Some(m) => Ok(m),
            None => raise!(AttributeError, "__module__"),
        };
    }
    match type_name(tp).rsplit_once('.') {
        Some((module, _)) => Ok(str_::intern_str(module).new_ref()),
        None => Ok(intern!("builtins").new_ref()),
    }
}

fn set_module(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    check_assignment(tp, value, "__module__")?;
    let dict = own_dict(tp).expect("a ready type has a dict");
    dict.set(intern!("__module__"), value.expect("checked"))?;
    dict.del(intern!("__firstlineno__"))?;
    modified(tp);
    Ok(())
}

fn get_abstract(tp: &PyTypeObject) -> Result {
    let found = if ptr::eq(tp, &PyType_Type) {
        None
    } else {
        own(tp, intern!("__abstractmethods__"))
    };
    match found {
        Some(m) => Ok(m),
        None => raise!(AttributeError, "__abstractmethods__"),
    }
}

fn set_abstract(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    let dict = own_dict(tp).expect("a ready type has a dict");
    let is_abstract = match value {
        Some(v) => {
            let truth = object::is_true(v)?;
            dict.set(intern!("__abstractmethods__"), v)?;
            truth
        }
        None => {
            if !dict.del(intern!("__abstractmethods__"))? {
                return raise!(AttributeError, "__abstractmethods__");
            }
            false
        }
    };
    modified(tp);
    let flags = tp.tp_flags.get() & !Py_TPFLAGS_IS_ABSTRACT;
    tp.tp_flags.set(
        flags
            | if is_abstract {
                Py_TPFLAGS_IS_ABSTRACT
            } else {
                0
            },
    );
    Ok(())
}

fn get_dict(tp: &PyTypeObject) -> Result {
    match own_dict(tp) {
        Some(d) => mappingproxy::new(d.as_obj()),
        None => Ok(none()),
    }
}

fn get_doc(tp: &PyTypeObject) -> Result {
    if heap(tp).is_none() && crate::doc::has_prose(tp.tp_doc.get(), &name_of(tp)) {
        return Ok(crate::doc::text_of(tp.tp_doc.get(), &name_of(tp)));
    }
    let Some(doc) = own(tp, intern!("__doc__")) else {
        return Ok(none());
    };
    attributes::bind(&doc, None, tp)
}

fn set_doc(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    check_assignment(tp, value, "__doc__")?;
    modified(tp);
    own_dict(tp)
        .expect("a ready type has a dict")
        .set(intern!("__doc__"), value.expect("checked"))
}

fn get_text_signature(tp: &PyTypeObject) -> Result {
    Ok(crate::doc::type_signature(tp))
}

fn get_flags(tp: &PyTypeObject) -> Result<u64> {
    Ok(tp.tp_flags.get() & 0xffff_ffff)
}

fn get_type_params(tp: &PyTypeObject) -> Result {
    // What `type` itself has under that name is this attribute.
    if ptr::eq(tp, &PyType_Type) {
        return Ok(tuple::empty().into_obj());
    }
    Ok(own(tp, intern!("__type_params__")).unwrap_or_else(|| tuple::empty().into_obj()))
}

fn set_type_params(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    check_assignment(tp, value, "__type_params__")?;
    own_dict(tp)
        .expect("a ready type has a dict")
        .set(intern!("__type_params__"), value.expect("checked"))?;
    modified(tp);
    Ok(())
}

// ---- Annotations (PEP 649) ----

fn no_annotations(tp: &PyTypeObject, name: &str) -> err::Raised {
    err::new(
        &exc::AttributeError,
        format_args!("type object '{}' has no attribute '{name}'", type_name(tp)),
    )
}

fn get_annotate(tp: &PyTypeObject) -> Result {
    if heap(tp).is_none() {
        return Err(no_annotations(tp, "__annotate__"));
    }
    let dict = own_dict(tp).expect("a ready type has a dict");
    for name in [intern!("__annotate_func__"), intern!("__annotate__")] {
        if let Some(f) = dict.get(name)? {
            return attributes::bind(&f, None, tp);
        }
    }
    dict.set(intern!("__annotate_func__"), NONE())?;
    Ok(none())
}

fn set_annotate(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "cannot delete __annotate__ attribute");
    };
    check_mutable(tp, "__annotate__")?;
    if !value.is_none() && !object::is_callable(value) {
        return raise!(TypeError, "__annotate__ must be callable or None");
    }
    let dict = own_dict(tp).expect("a ready type has a dict");
    dict.set(intern!("__annotate_func__"), value)?;
    if !value.is_none() {
        dict.del(intern!("__annotations_cache__"))?;
    }
    modified(tp);
    Ok(())
}

fn get_annotations(tp: &PyTypeObject) -> Result {
    if heap(tp).is_none() {
        return Err(no_annotations(tp, "__annotations__"));
    }
    let dict = own_dict(tp).expect("a ready type has a dict");
    for name in [intern!("__annotations__"), intern!("__annotations_cache__")] {
        if let Some(found) = dict.get(name)? {
            return attributes::bind(&found, None, tp);
        }
    }
    let annotate = get_annotate(tp)?;
    let made = if object::is_callable(&annotate) {
        let one = crate::types::int::from_i64(1);
        let made = crate::protocol::call::call1(&annotate, one.as_obj())?;
        if !made.is::<PyDictObject>() {
            return raise!(
                TypeError,
                "__annotate__() must return a dict, not {}",
                made.tp_name()
            );
        }
        made
    } else {
        crate::types::dict::new().into_obj()
    };
    dict.set(intern!("__annotations_cache__"), &made)?;
    modified(tp);
    Ok(made)
}

fn set_annotations(tp: &PyTypeObject, value: Option<&Obj>) -> Result<()> {
    check_mutable(tp, "__annotations__")?;
    let dict = own_dict(tp).expect("a ready type has a dict");
    let old = if dict.get(intern!("__annotations__"))?.is_some() {
        intern!("__annotations__")
    } else {
        intern!("__annotations_cache__")
    };
    match value {
        Some(v) => dict.set(old, v)?,
        None => {
            if !dict.del(old)? {
                return raise!(AttributeError, "__annotations__");
            }
        }
    }
    dict.del(intern!("__annotate_func__"))?;
    dict.del(intern!("__annotate__"))?;
    modified(tp);
    Ok(())
}

// ---- Slots ----

fn type_repr(tp: &PyTypeObject) -> Result<String> {
    if heap(tp).is_none() {
        return Ok(format!("<class '{}'>", type_name(tp)));
    }
    let qualname = str_::to_string_lossy(&*get_qualname(tp)?);
    let module = err::suppress(get_module(tp), &exc::AttributeError)?;
    match module
        .as_ref()
        .and_then(|m| m.downcast::<PyUnicodeObject>())
    {
        Some(m) if m.as_str()? != "builtins" => Ok(format!("<class '{}.{qualname}'>", m.as_str()?)),
        _ => Ok(format!("<class '{qualname}'>")),
    }
}

/// `cls.name`: a data descriptor of the metaclass, then the class's own MRO, then the metaclass's other attributes.
pub fn get_type_attribute(tp: &PyTypeObject, name: &Obj, suppress: bool) -> Result<Option<Ref>> {
    attributes::check_name(name)?;
    let meta = tp.as_obj().ty();
    let meta_attribute = lookup(meta, name).map(Obj::new_ref);
    if let Some(m) = &meta_attribute
        && m.ty().tp_descr_get.get().is_some()
        && attributes::is_data(m)
    {
        return attributes::bind(m, Some(tp.as_obj()), meta).map(Some);
    }
    if let Some(attribute) = lookup(tp, name).map(Obj::new_ref) {
        return match attribute.ty().tp_descr_get.get() {
            Some(_) => attributes::bind(&attribute, None, tp).map(Some),
            None => Ok(Some(attribute)),
        };
    }
    if let Some(m) = meta_attribute {
        return attributes::bind(&m, Some(tp.as_obj()), meta).map(Some);
    }
    if suppress {
        return Ok(None);
    }
    let raised = err::new(
        &exc::AttributeError,
        format_args!(
            "type object '{}' has no attribute '{}'",
            type_name(tp),
            str_lossy(name)
        ),
    );
    attributes::note_missing(tp.as_obj(), name);
    Err(raised)
}

fn type_getattro(tp: &PyTypeObject, name: &Obj) -> Result {
    get_type_attribute(tp, name, false).map(|found| found.unwrap_or_else(none))
}

fn type_setattro(tp: &PyTypeObject, name: &Obj, value: Option<&Obj>) -> Result<()> {
    if has_flag(tp, Py_TPFLAGS_IMMUTABLETYPE) {
        return raise!(
            TypeError,
            "cannot set {} attribute of immutable type '{}'",
            repr_lossy(name),
            type_name(tp)
        );
    }
    attributes::check_name(name)?;
    let name = str_::interned(name);
    let meta = tp.as_obj().ty();
    if let Some(d) = lookup(meta, &name).map(Obj::new_ref)
        && let Some(set) = d.ty().tp_descr_set.get()
    {
        let value = value.map_or(ptr::null_mut(), |v| v.as_ptr());
        // SAFETY: a slot of the descriptor's own type.
        err::from_status(unsafe { set(d.as_ptr(), tp.as_ptr(), value) })?;
        return Ok(());
    }
    let dict = match own_dict(tp) {
        Some(dict) => dict,
        None => {
            // Native code gives a type attributes before it makes it ready.
            tp.tp_dict.set_ref(Some(dict::new().into_obj()));
            own_dict(tp).expect("just made")
        }
    };
    // Caches first: nobody may see the new value under the old version.
    modified(tp);
    if !attributes::store(dict, &name, value)? {
        let raised = err::new(
            &exc::AttributeError,
            format_args!(
                "type object '{}' has no attribute '{}'",
                type_name(tp),
                str_lossy(&name)
            ),
        );
        attributes::note_missing(tp.as_obj(), &name);
        return Err(raised);
    }
    // SAFETY: checked to be a str.
    let text = unsafe { name.cast::<PyUnicodeObject>() }
        .as_str()
        .unwrap_or_else(|_| {
            err::clear();
            ""
        });
    if text.starts_with("__") && text.ends_with("__") {
        crate::slots::update(tp, &name);
    }
    Ok(())
}

fn type_traverse(tp: &PyTypeObject, v: &mut Visitor) -> Visit {
    v.visit_ptr(tp.tp_dict.get())?;
    v.visit_ptr(tp.tp_bases.get())?;
    v.visit_ptr(tp.tp_mro.get())?;
    v.visit_ptr(tp.tp_cache.get())?;
    v.visit_ptr(tp.tp_subclasses.get().cast())?;
    if let Some(heap) = heap(tp) {
        v.visit_ptr(tp.tp_base.get().cast())?;
        v.visit_ptr(heap.ht_name.get())?;
        v.visit_ptr(heap.ht_qualname.get())?;
        v.visit_ptr(heap.ht_slots.get())?;
        v.visit_ptr(heap.ht_module.get())?;
        crate::types::instance::visit_class_keys(heap, v)?;
    }
    Ok(())
}

fn type_clear(tp: &PyTypeObject) {
    if heap(tp).is_none() {
        return;
    }
    modified(tp);
    if let Some(d) = own_dict(tp) {
        d.clear();
    }
    tp.tp_mro.set_ref(None);
    if let Some(h) = heap(tp) {
        h.ht_module.set_ref(None);
    }
}

unsafe extern "C" fn type_dealloc(o: *mut PyObject) {
    // SAFETY: a dying heap type; static types are immortal.
    unsafe {
        let tp = (*o).cast::<PyTypeObject>();
        gc::untrack(o);
        modified(tp);
        if let Some(list) = tp.tp_bases.get_ref() {
            for b in list.cast::<PyTupleObject>().items() {
                if let Some(b) = b.downcast::<PyTypeObject>() {
                    bases::remove_subclass(b, tp);
                }
            }
        }
        crate::types::weakref::clear_weakrefs(&*o);
        tp.tp_dict.set_ref(None);
        tp.tp_bases.set_ref(None);
        tp.tp_mro.set_ref(None);
        tp.tp_cache.set_ref(None);
        drop(Ref::<Obj>::from_owned_opt(
            tp.tp_subclasses.replace(ptr::null_mut()).cast(),
        ));
        // The pointer stays: where a class dies in one set with its instances, they still ask for it.
        drop(Ref::<Obj>::from_owned_opt(tp.tp_base.get().cast()));
        libc::free(tp.tp_doc.get().cast_mut().cast());
        if let Some(h) = heap(tp) {
            h.ht_name.set_ref(None);
            h.ht_qualname.set_ref(None);
            h.ht_slots.set_ref(None);
            h.ht_module.set_ref(None);
            crate::types::instance::release_class_keys(h);
            if !h._ht_tpname.get().is_null() {
                tp.tp_name.set(c"?".as_ptr());
                drop(std::ffi::CString::from_raw(h._ht_tpname.get()));
            }
        }
        free_builtin(o);
    }
}

unsafe extern "C" fn type_is_gc(o: *mut PyObject) -> c_int {
    // SAFETY: called with a type.
    c_int::from(has_flag(unsafe { (*o).cast() }, Py_TPFLAGS_HEAPTYPE))
}

// ---- Methods ----

fn type_mro(tp: &PyTypeObject) -> Result {
    Ok(list::from_vec(mro::linearise(tp)?).into_obj())
}

fn type_subclasses(tp: &PyTypeObject) -> Result {
    Ok(list::from_vec(bases::subclass_list(tp)).into_obj())
}

fn type_prepare(_: &Obj, _: crate::method::Args<'_>) -> Result {
    Ok(crate::types::dict::new().into_obj())
}

fn type_instancecheck(tp: &PyTypeObject, instance: &Obj) -> Result<bool> {
    object::real_is_instance(instance, tp.as_obj())
}

fn type_subclasscheck(tp: &PyTypeObject, subclass: &Obj) -> Result<bool> {
    object::real_is_subclass(subclass, tp.as_obj())
}

fn type_dir(tp: &PyTypeObject) -> Result {
    let all = crate::types::dict::new();
    merge_class_dicts(&all, tp.as_obj())?;
    object::call_keys(all.as_obj())
}

/// Adds the names of a class and of its bases to `all`.
pub fn merge_class_dicts(all: &PyDictObject, class: &Obj) -> Result<()> {
    if let Some(dict) = object::getattr_opt(class, intern!("__dict__"))? {
        all.merge(&dict, crate::types::dict::Merge::Override)?;
    }
    if let Some(list) = object::getattr_opt(class, intern!("__bases__"))? {
        for i in 0..object::length(&list)? {
            let base = object::getitem(&list, crate::types::int::from_u64(i as u64).as_obj())?;
            merge_class_dicts(all, &base)?;
        }
    }
    Ok(())
}

fn type_sizeof(tp: &PyTypeObject) -> Result<usize> {
    Ok(match heap(tp) {
        Some(_) => {
            size_of::<PyHeapTypeObject>()
                + tp.ob_base.ob_size.get().max(0) as usize * size_of::<PyMemberDef>()
        }
        None => size_of::<PyTypeObject>(),
    })
}

/// Stops `object.__setattr__(cls, …)` from going behind the back of a type's own `tp_setattro`.
pub fn refuse_carlo_verre(o: &Obj, f: setattrofunc, what: &str) -> Result<()> {
    let mut tp = Some(o.ty());
    while let Some(t) = tp {
        if !has_flag(t, Py_TPFLAGS_HEAPTYPE) {
            if t.tp_setattro
                .get()
                .is_some_and(|own| own as usize != f as usize)
                && !ptr::eq(t, &PyBaseObject_Type)
            {
                return raise!(
                    TypeError,
                    "can't apply this {what} to {} object",
                    o.tp_name()
                );
            }
            return Ok(());
        }
        tp = bases::base(t);
    }
    Ok(())
}

/// `tp_iternext` of a class whose `__next__` was deleted.
///
/// # Safety
/// `o` is a live object.
pub unsafe extern "C" fn next_not_implemented(o: *mut PyObject) -> *mut PyObject {
    // SAFETY: the caller's.
    let o = unsafe { &*o };
    let _ = err::new(
        &exc::TypeError,
        format_args!("'{}' object is not an iterator", o.tp_name()),
    );
    ptr::null_mut()
}
