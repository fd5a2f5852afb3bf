//! Making classes: `type.__new__(meta, name, bases, dict, **kwargs)`.

use core::mem::offset_of;
use core::ptr;

use layout::*;

use super::{bases, ready, subtype};
use crate::err::{self, Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::slots;
use crate::types::dict::{self, DictExt as _};
use crate::types::str_::StrExt as _;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::{cell, descr, instance, str_};

/// The instances' fields that a class body adds.
struct Added {
    /// The mangled names of `__slots__`, sorted; `None` if the body has none.
    slots: Option<Vec<Ref>>,
    dict: bool,
    weakrefs: bool,
}

/// `tp_new` of `type`.
pub fn type_new(
    meta: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let items = args.items();
    if items.len() != 3 {
        return raise!(
            TypeError,
            "type.__new__() takes exactly 3 arguments ({} given)",
            items.len()
        );
    }
    let Some(name) = items[0].downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "type.__new__() argument 1 must be str, not {}",
            items[0].tp_name()
        );
    };
    let Some(base_tuple) = items[1].downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "type.__new__() argument 2 must be tuple, not {}",
            items[1].tp_name()
        );
    };
    let Some(body) = items[2].downcast::<PyDictObject>() else {
        return raise!(
            TypeError,
            "type.__new__() argument 3 must be dict, not {}",
            items[2].tp_name()
        );
    };
    let base_tuple = if base_tuple.items().is_empty() {
        bases::object_bases()
    } else {
        for b in base_tuple.items() {
            if !b.is::<PyTypeObject>()
                && object::getattr_opt(b, intern!("__mro_entries__"))?.is_some()
            {
                return raise!(
                    TypeError,
                    "type() doesn't support MRO entry resolution; use types.new_class()"
                );
            }
        }
        let winner = bases::calculate_metaclass(meta, base_tuple)?;
        if !ptr::eq(winner, meta) {
            if winner.tp_new.get().map(|f| f as usize)
                != PyType_Type.tp_new.get().map(|f| f as usize)
            {
                let Some(new) = winner.tp_new.get() else {
                    return raise!(TypeError, "cannot create '{}' instances", type_name(winner));
                };
                let kwargs = kwargs.map_or(ptr::null_mut(), |k| k.as_ptr());
                // SAFETY: a slot of the metaclass.
                return unsafe {
                    err::from_owned(new(ptr::from_ref(winner).cast_mut(), args.as_ptr(), kwargs))
                };
            }
            return build(winner, name, &base_tuple.to_ref(), body, kwargs);
        }
        base_tuple.to_ref()
    };
    build(meta, name, &base_tuple, body, kwargs)
}

fn build(
    meta: &PyTypeObject,
    name: &PyUnicodeObject,
    base_tuple: &Ref<PyTupleObject>,
    body: &PyDictObject,
    kwargs: Option<&PyDictObject>,
) -> Result {
    let base = bases::best_base(base_tuple)?;
    let dict = body.copy()?;
    let added = added_fields(name.as_str()?, base, base_tuple, &dict)?;
    let c_name = match std::ffi::CString::new(name.as_str()?) {
        Ok(text) => text,
        Err(_) => return raise!(ValueError, "type name must not contain null characters"),
    };
    let slot_count = added.slots.as_ref().map_or(0, Vec::len);
    let made = type_alloc(meta, slot_count as isize)?;
    // SAFETY: a metaclass derives from `type`, whose instances are heap types.
    let heap = unsafe { made.cast::<PyHeapTypeObject>() };
    let tp = &heap.ht_type;
    tp.tp_as_async.set(ptr::from_ref(&heap.as_async).cast_mut());
    tp.tp_as_number
        .set(ptr::from_ref(&heap.as_number).cast_mut());
    tp.tp_as_sequence
        .set(ptr::from_ref(&heap.as_sequence).cast_mut());
    tp.tp_as_mapping
        .set(ptr::from_ref(&heap.as_mapping).cast_mut());
    tp.tp_as_buffer
        .set(ptr::from_ref(&heap.as_buffer).cast_mut());
    tp.tp_flags.set(
        Py_TPFLAGS_DEFAULT
            | Py_TPFLAGS_HEAPTYPE
            | Py_TPFLAGS_BASETYPE
            | Py_TPFLAGS_HAVE_GC
            | FLAG_PYTHON_CLASS,
    );
    tp.tp_bases.set_ref(Some(base_tuple.clone().into_obj()));
    tp.tp_base.set(base.to_ref().into_raw().cast());
    heap.ht_name.set_ref(Some(name.as_obj().new_ref()));
    // CPython's UTF-8 cache of the name serves as tp_name; ours is owned by the type.
    heap._ht_tpname.set(c_name.into_raw());
    tp.tp_name.set(heap._ht_tpname.get());
    set_qualname(heap, name, &dict)?;
    tp.tp_dict.set_ref(Some(dict.clone().into_obj()));
    set_module(&dict)?;
    set_doc(tp, &dict)?;
    wrap_implicit(&dict)?;
    lay_out(heap, base, &added)?;
    tp.tp_dealloc.set(Some(subtype::dealloc));
    tp.tp_free.set(Some(generic_free));
    tp.tp_alloc.set(Some(generic_alloc));
    tp.tp_traverse.set(Some(subtype::traverse));
    tp.tp_clear.set(Some(subtype::clear));
    let class_cell = take(&dict, intern!("__classcell__"))?;
    let dict_cell = take(&dict, intern!("__classdictcell__"))?;
    if let Some(c) = &class_cell
        && !cell::is_cell(c)
    {
        return raise!(
            TypeError,
            "__classcell__ must be a nonlocal cell, not <class '{}'>",
            c.tp_name()
        );
    }
    if let Some(c) = class_cell {
        cell::set(&c, Some(made.clone()));
    }
    if let Some(c) = dict_cell {
        cell::set(&c, Some(dict.clone().into_obj()));
    }
    ready::ready(tp)?;
    slots::fixup(tp);
    ready::settle_plainness(tp);
    if has_flag(tp, Py_TPFLAGS_MANAGED_DICT)
        && tp.tp_basicsize.get() as usize == size_of::<PyObject>()
    {
        tp.tp_flags
            .set(tp.tp_flags.get() | Py_TPFLAGS_INLINE_VALUES);
        instance::init_class_keys(heap);
    }
    warn_of_odd_keys(tp, &dict)?;
    set_names(tp, &dict)?;
    init_subclass(tp, kwargs)?;
    Ok(made)
}

fn warn_of_odd_keys(tp: &PyTypeObject, dict: &PyDictObject) -> Result<()> {
    let mut pos = 0;
    while let Some((key, _, _)) = dict.next(&mut pos) {
        if !key.is::<PyUnicodeObject>() {
            let message = format!("non-string key in the __dict__ of class {}", type_name(tp));
            return crate::warn::warn(&err::exc::RuntimeWarning, 1, &message);
        }
    }
    Ok(())
}

fn take(dict: &PyDictObject, name: &Obj) -> Result<Option<Ref>> {
    let found = dict.get(name)?;
    if found.is_some() {
        dict.del(name)?;
    }
    Ok(found)
}

fn set_qualname(
    heap: &PyHeapTypeObject,
    name: &PyUnicodeObject,
    dict: &PyDictObject,
) -> Result<()> {
    let qualname = match take(dict, intern!("__qualname__"))? {
        Some(q) if q.is::<PyUnicodeObject>() => q,
        Some(q) => {
            return raise!(
                TypeError,
                "type __qualname__ must be a str, not {}",
                q.tp_name()
            );
        }
        None => name.as_obj().new_ref(),
    };
    heap.ht_qualname.set_ref(Some(qualname));
    Ok(())
}

fn set_module(dict: &PyDictObject) -> Result<()> {
    if dict.get(intern!("__module__"))?.is_some() {
        return Ok(());
    }
    if let Some(globals) = crate::frame::current_globals()
        && let Some(module) = globals
            .downcast::<PyDictObject>()
            .map_or(Ok(None), |g| g.get(intern!("__name__")))?
    {
        dict.set(intern!("__module__"), &module)?;
    }
    Ok(())
}

fn set_doc(tp: &PyTypeObject, dict: &PyDictObject) -> Result<()> {
    let Some(doc) = dict.get(intern!("__doc__"))? else {
        return Ok(());
    };
    if let Some(text) = doc.downcast::<PyUnicodeObject>() {
        let bytes = text.as_str()?.as_bytes();
        let mut copy = bytes.split(|b| *b == 0).next().unwrap_or_default().to_vec();
        copy.push(0);
        // SAFETY: malloc memory of that size; freed by the type's dealloc as CPython's is.
        unsafe {
            let p = libc::malloc(copy.len()).cast::<u8>();
            ptr::copy_nonoverlapping(copy.as_ptr(), p, copy.len());
            tp.tp_doc.set(p.cast());
        }
    }
    Ok(())
}

/// `__new__` is a static method, `__init_subclass__` and `__class_getitem__` are class methods, written or not.
fn wrap_implicit(dict: &PyDictObject) -> Result<()> {
    if let Some(f) = dict.get(intern!("__new__"))?
        && crate::types::function::is_function(&f)
    {
        dict.set(intern!("__new__"), &descr::new_static_method(&f))?;
    }
    for name in [intern!("__init_subclass__"), intern!("__class_getitem__")] {
        if let Some(f) = dict.get(name)?
            && crate::types::function::is_function(&f)
        {
            dict.set(name, &descr::new_class_method_of(&f))?;
        }
    }
    Ok(())
}

/// Whether instances of `base` have no dict yet and may get one.
fn may_add_dict(base: &PyTypeObject) -> bool {
    base.tp_dictoffset.get() == 0 && !has_flag(base, Py_TPFLAGS_MANAGED_DICT)
}

fn may_add_weakrefs(base: &PyTypeObject) -> bool {
    base.tp_weaklistoffset.get() == 0
        && !has_flag(base, Py_TPFLAGS_MANAGED_WEAKREF)
        && base.tp_itemsize.get() == 0
}

fn added_fields(
    class: &str,
    base: &PyTypeObject,
    base_tuple: &PyTupleObject,
    dict: &PyDictObject,
) -> Result<Added> {
    let (may_dict, may_weak) = (may_add_dict(base), may_add_weakrefs(base));
    let Some(slots) = dict.get(intern!("__slots__"))? else {
        return Ok(Added {
            slots: None,
            dict: may_dict,
            weakrefs: may_weak,
        });
    };
    let names: Vec<Ref> = if slots.is::<PyUnicodeObject>() {
        vec![slots]
    } else {
        object::to_vec(&slots)?
    };
    if !names.is_empty() && base.tp_itemsize.get() != 0 {
        return raise!(
            TypeError,
            "nonempty __slots__ not supported for subtype of '{}'",
            type_name(base)
        );
    }
    let (mut add_dict, mut add_weak) = (false, false);
    let mut fields: Vec<Ref> = Vec::new();
    for name in names {
        let Some(text) = name.downcast::<PyUnicodeObject>() else {
            return raise!(
                TypeError,
                "__slots__ items must be strings, not '{}'",
                name.tp_name()
            );
        };
        if !str_::case::is_identifier(text) {
            return raise!(TypeError, "__slots__ must be identifiers");
        }
        match text.as_str()? {
            "__dict__" => {
                if !may_dict || add_dict {
                    return raise!(TypeError, "__dict__ slot disallowed: we already got one");
                }
                add_dict = true;
            }
            "__weakref__" => {
                if !may_weak || add_weak {
                    return raise!(TypeError, "__weakref__ slot disallowed: we already got one");
                }
                add_weak = true;
            }
            _ => fields.push(name),
        }
    }
    let mut mangled = Vec::with_capacity(fields.len());
    for name in fields {
        let m = mangle(class, &name)?;
        let special = str_::same_text(&m, "__qualname__")
            || str_::same_text(&m, "__classcell__")
            || str_::same_text(&m, "__classdictcell__");
        if !special && dict.get(&m)?.is_some() {
            return raise!(
                ValueError,
                "{} in __slots__ conflicts with class variable",
                repr_lossy(&m)
            );
        }
        mangled.push(m);
    }
    mangled.sort_by(|a, b| {
        // SAFETY: checked to be str.
        unsafe { str_::compare(a.cast(), b.cast()) }
    });
    // A secondary base may bring a dict or weakrefs along.
    for b in base_tuple.items() {
        // SAFETY: bases were checked to be types.
        let b = unsafe { b.cast::<PyTypeObject>() };
        if ptr::eq(b, base) {
            continue;
        }
        if may_dict
            && !add_dict
            && (b.tp_dictoffset.get() != 0 || has_flag(b, Py_TPFLAGS_MANAGED_DICT))
        {
            add_dict = true;
        }
        if may_weak
            && !add_weak
            && (b.tp_weaklistoffset.get() != 0 || has_flag(b, Py_TPFLAGS_MANAGED_WEAKREF))
        {
            add_weak = true;
        }
    }
    Ok(Added {
        slots: Some(mangled),
        dict: add_dict,
        weakrefs: add_weak,
    })
}

/// The private form of a slot's name: `__x` in class `C` is `_C__x`.
fn mangle(class: &str, name: &Ref) -> Result {
    // SAFETY: checked to be str.
    let text = unsafe { name.cast::<PyUnicodeObject>() }.as_str()?;
    let class = class.trim_start_matches('_');
    if !text.starts_with("__") || text.ends_with("__") || text.contains('.') || class.is_empty() {
        return Ok(str_::intern_str(text).new_ref());
    }
    Ok(str_::intern_str(&format!("_{class}{text}")).new_ref())
}

/// Gives the added fields their offsets and descriptors, and the class its size.
fn lay_out(heap: &PyHeapTypeObject, base: &PyTypeObject, added: &Added) -> Result<()> {
    let tp = &heap.ht_type;
    let mut offset = base.tp_basicsize.get();
    tp.tp_itemsize.set(base.tp_itemsize.get());
    if let Some(names) = &added.slots {
        if base.tp_itemsize.get() == 0 {
            // SAFETY: the type was allocated with room for one member row for each name after its struct.
            let rows = unsafe { members_of(heap) };
            for (i, name) in names.iter().enumerate() {
                // SAFETY: names are interned str, which live as long as the process.
                let text = unsafe { name.cast::<PyUnicodeObject>() }.as_str()?;
                let c_name = std::ffi::CString::new(text).unwrap_or_default();
                // SAFETY: within the rows.
                unsafe {
                    rows.add(i).write(PyMemberDef {
                        name: c_name.into_raw(),
                        r#type: Py_T_OBJECT_EX,
                        offset,
                        flags: 0,
                        doc: ptr::null(),
                    });
                }
                offset += size_of::<*mut PyObject>() as isize;
            }
            tp.tp_members.set(rows);
        }
        heap.ht_slots
            .set_ref(Some(tuple::from_vec(names.clone()).into_obj()));
    }
    let word = size_of::<*mut PyObject>() as isize;
    if added.dict {
        tp.tp_flags.set(tp.tp_flags.get() | Py_TPFLAGS_MANAGED_DICT);
        tp.tp_dictoffset.set(-1);
    }
    if added.weakrefs {
        tp.tp_flags
            .set(tp.tp_flags.get() | Py_TPFLAGS_MANAGED_WEAKREF);
        tp.tp_weaklistoffset.set(-2 * word);
    }
    tp.tp_basicsize.set(offset);
    tp.tp_getset
        .set(subtype::getset(added.dict, added.weakrefs));
    Ok(())
}

/// Where a class keeps the member rows of its `__slots__`: after its struct, or after the metaclass's.
///
/// # Safety
/// `heap` is a heap type.
pub unsafe fn members_of(heap: &PyHeapTypeObject) -> *mut PyMemberDef {
    let meta = heap.ht_type.as_obj().ty();
    // SAFETY: a metaclass says where its instances' items start.
    unsafe {
        ptr::from_ref(heap)
            .cast_mut()
            .cast::<u8>()
            .add(meta.tp_basicsize.get() as usize)
            .cast()
    }
}

/// Tells the values of the class body their names: `__set_name__`.
fn set_names(tp: &PyTypeObject, dict: &PyDictObject) -> Result<()> {
    let snapshot = dict.copy()?;
    let mut pos = 0;
    while let Some((name, value, _)) = snapshot.next(&mut pos) {
        let Some(set_name) = call::lookup_special(&value, intern!("__set_name__"))? else {
            continue;
        };
        if let Err(raised) = call::call(&set_name, &[tp.as_obj(), &name]) {
            crate::types::exceptions::add_note(&format!(
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                value.tp_name(),
                repr_lossy(&name),
                type_name(tp)
            ));
            return Err(raised);
        }
    }
    Ok(())
}

/// Tells the bases of their new subclass: `super(tp, tp).__init_subclass__(**kwargs)`.
fn init_subclass(tp: &PyTypeObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let parent = crate::types::super_::new(tp, tp.as_obj())?;
    let hook = object::getattr(&parent, intern!("__init_subclass__"))?;
    call::call_tuple_dict(&hook, &tuple::empty(), kwargs)?;
    Ok(())
}

/// `tp_init` of `type`: nothing to do but check the arguments.
pub fn type_init(
    _: &PyTypeObject,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    match args.items().len() {
        1 if kwargs.is_some_and(|k| k.len() > 0) => {
            raise!(TypeError, "type.__init__() takes no keyword arguments")
        }
        1 | 3 => Ok(()),
        _ => raise!(TypeError, "type.__init__() takes 1 or 3 arguments"),
    }
}

/// An exception class that a module shows.
pub fn new_exception(module: &str, name: &str, bases: &[&PyTypeObject]) -> Result {
    let namespace = dict::new();
    namespace.set_str("__module__", str_::intern_str(module))?;
    new_type(name, bases, &namespace)
}

/// A class made without a class statement.
pub fn new_type(name: &str, base_list: &[&PyTypeObject], dict: &PyDictObject) -> Result {
    let base_objects: Vec<&Obj> = base_list.iter().map(|b| b.as_obj()).collect();
    let name = str_::new(name);
    let args = tuple::from_slice(&[
        name.as_obj(),
        tuple::from_slice(&base_objects).as_obj(),
        dict.as_obj(),
    ]);
    call::call_tuple_dict(PyType_Type.as_obj(), &args, None)
}

const _: () = assert!(offset_of!(PyHeapTypeObject, ht_type) == 0);
