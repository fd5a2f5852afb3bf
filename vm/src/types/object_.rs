//! `object`: the base of every class, with the default behaviour of each special method.

use core::ptr;

use layout::*;

use super::dict::{self, DictExt as _};
use super::list;
use super::str_;
use super::tuple::{self, TupleExt as _};
use super::type_::{self, CompareOp, TypeBuilder, bases};
use crate::args;
use crate::err::{self, Result, raise};
use crate::getset;
use crate::intern;
use crate::method::{Args, class_method};
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, object};

/// Fills in `object`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<PyObject>()
        .text_signature(method_doc!("object", "()"))
        .flags(Py_TPFLAGS_BASETYPE)
        .tp_new(object_new)
        .tp_init(object_init)
        .tp_dealloc(object_dealloc)
        .tp_repr(object_repr)
        .tp_str(|o: &Obj| object::repr(o))
        .tp_hash(|o: &Obj| Ok(address_hash(o)))
        .tp_richcompare(object_compare)
        .generic_attributes()
        .methods(METHODS)
        .getset(GETSET);
    let tp = b.type_object();
    tp.tp_alloc.set(Some(generic_alloc));
    tp.tp_free.set(Some(generic_free));
}

static METHODS: &[PyMethodDef] = &[
    crate::o!("__reduce_ex__", reduce_ex, "($self, protocol, /)"),
    crate::noargs!("__reduce__", reduce, "($self, /)"),
    crate::noargs!("__getstate__", getstate, "($self, /)"),
    class_method(crate::varargs_kw!("__subclasshook__", subclass_hook, "")),
    class_method(crate::varargs_kw!("__init_subclass__", init_subclass, "")),
    crate::o!("__format__", object_format, "($self, format_spec, /)"),
    crate::noargs!("__sizeof__", sizeof, "($self, /)"),
    crate::noargs!("__dir__", |o: &Obj| object::default_dir(o), "($self, /)"),
];

static GETSET: &[PyGetSetDef] = &[getset!(
    "__class__",
    |o: &Obj| Ok(o.ty().as_obj().new_ref()),
    set_class
)];

/// The hash of an object by its address: rotated, since the low bits are always zero.
pub fn address_hash(o: &Obj) -> isize {
    let h = (o.as_ptr() as usize).rotate_right(4) as isize;
    if h == -1 { -2 } else { h }
}

/// `tp_dealloc` of what owns nothing but its memory.
///
/// # Safety
/// No reference to `o` is left.
pub unsafe extern "C" fn object_dealloc(o: *mut PyObject) {
    // SAFETY: a dying object without fields of its own.
    unsafe { free_builtin(o) };
}

fn same(a: Option<usize>, b: Option<usize>) -> bool {
    a == b
}

fn has_own_new(tp: &PyTypeObject) -> bool {
    !same(
        tp.tp_new.get().map(|f| f as usize),
        PyBaseObject_Type.tp_new.get().map(|f| f as usize),
    )
}

fn has_own_init(tp: &PyTypeObject) -> bool {
    !same(
        tp.tp_init.get().map(|f| f as usize),
        PyBaseObject_Type.tp_init.get().map(|f| f as usize),
    )
}

fn excess(args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> bool {
    !args.items().is_empty() || kwargs.is_some_and(|k| k.len() > 0)
}

fn object_init(o: &Obj, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    let tp = o.ty();
    if excess(args, kwargs) {
        if has_own_init(tp) {
            return raise!(
                TypeError,
                "object.__init__() takes exactly one argument (the instance to initialize)"
            );
        }
        if !has_own_new(tp) {
            return raise!(
                TypeError,
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                type_name(tp)
            );
        }
    }
    Ok(())
}

fn object_new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    if excess(args, kwargs) {
        if has_own_new(tp) {
            return raise!(
                TypeError,
                "object.__new__() takes exactly one argument (the type to instantiate)"
            );
        }
        if !has_own_init(tp) {
            return raise!(TypeError, "{}() takes no arguments", type_name(tp));
        }
    }
    if has_flag(tp, Py_TPFLAGS_IS_ABSTRACT) {
        return abstract_error(tp);
    }
    type_alloc(tp, 0)
}

#[cold]
fn abstract_error(tp: &PyTypeObject) -> Result {
    let methods = object::getattr(tp.as_obj(), intern!("__abstractmethods__"))?;
    let names = list::from_vec(object::to_vec(&methods)?);
    call::call_method(names.as_obj(), "sort", &[])?;
    let mut texts = Vec::new();
    object::for_each(names.as_obj(), |n| {
        texts.push(format!("'{}'", str_lossy(&n)));
        Ok(())
    })?;
    raise!(
        TypeError,
        "Can't instantiate abstract class {} without an implementation for abstract method{} {}",
        type_name(tp),
        if texts.len() > 1 { "s" } else { "" },
        texts.join(", ")
    )
}

fn object_repr(o: &Obj) -> Result<String> {
    let tp = o.ty();
    let module = match type_::get_module(tp) {
        Ok(m) => Some(m).filter(|m| m.is::<PyUnicodeObject>()),
        Err(_) => {
            err::clear();
            None
        }
    };
    let qualname = str_::to_string_lossy(&*type_::get_qualname(tp)?);
    Ok(match module.map(|m| str_::to_string_lossy(&m)) {
        Some(m) if m != "builtins" => format!("<{m}.{qualname} object at {:p}>", o.as_ptr()),
        _ => format!("<{} object at {:p}>", type_name(tp), o.as_ptr()),
    })
}

/// `tp_richcompare` of `object`.
pub fn object_compare(o: &Obj, other: &Obj, op: CompareOp) -> Result {
    match op {
        CompareOp::Eq if o.is_same(other) => Ok(true_()),
        CompareOp::Ne => {
            // By default the opposite of what `==` says.
            let Some(eq) = o.ty().tp_richcompare.get() else {
                return Ok(not_implemented());
            };
            // SAFETY: a slot of the object's own type.
            let answer =
                unsafe { err::from_owned(eq(o.as_ptr(), other.as_ptr(), CompareOp::Eq as i32)) }?;
            if answer.is_same(NOT_IMPLEMENTED()) {
                return Ok(answer);
            }
            Ok(bool_(!object::is_true(&answer)?))
        }
        _ => Ok(not_implemented()),
    }
}

fn object_format(o: &Obj, spec: &Obj) -> Result {
    let Some(text) = spec.downcast::<PyUnicodeObject>() else {
        return raise!(
            TypeError,
            "__format__() argument must be str, not {}",
            spec.tp_name()
        );
    };
    use str_::StrExt as _;
    if text.len() > 0 {
        return raise!(
            TypeError,
            "unsupported format string passed to {}.__format__",
            o.tp_name()
        );
    }
    object::str(o)
}

fn sizeof(o: &Obj) -> Result<usize> {
    let tp = o.ty();
    let mut size = tp.tp_basicsize.get() as usize;
    if tp.tp_itemsize.get() > 0 {
        size += item_count(o) * tp.tp_itemsize.get() as usize;
    }
    if has_flag(tp, Py_TPFLAGS_INLINE_VALUES) {
        size += super::instance::inline_values_size(tp);
    }
    Ok(size)
}

fn subclass_hook(_: &Obj, _: Args<'_>) -> Result {
    Ok(not_implemented())
}

fn init_subclass(class: &Obj, args: Args<'_>) -> Result<()> {
    if args.names.is_some() && !args.keyword_values.is_empty() {
        let name = class
            .downcast::<PyTypeObject>()
            .map_or_else(String::new, type_::name_of);
        return raise!(
            TypeError,
            "{name}.__init_subclass__() takes no keyword arguments"
        );
    }
    args::expect("__init_subclass__", args.positional, 0..=0)
}

fn set_class(o: &Obj, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(TypeError, "can't delete __class__ attribute");
    };
    let Some(new) = value.downcast::<PyTypeObject>() else {
        return raise!(
            TypeError,
            "__class__ must be set to a class, not '{}' object",
            value.tp_name()
        );
    };
    let old = o.ty().to_ref();
    let module_type = &PyModule_Type;
    let both_modules = type_::is_subtype(new, module_type) && type_::is_subtype(&old, module_type);
    if !both_modules
        && (has_flag(new, Py_TPFLAGS_IMMUTABLETYPE) || has_flag(&old, Py_TPFLAGS_IMMUTABLETYPE))
    {
        return raise!(
            TypeError,
            "__class__ assignment only supported for mutable types or ModuleType subclasses"
        );
    }
    bases::compatible_for_assignment(&old, new, "__class__")?;
    if has_flag(&old, FLAG_PLAIN) && !has_flag(new, FLAG_PLAIN) {
        gc::note_late_finalizer();
    }
    if has_flag(&old, Py_TPFLAGS_INLINE_VALUES) {
        // The values' order is the old class's: from here on they live in a dict.
        super::instance::detach_values(o)?;
    }
    if has_flag(new, Py_TPFLAGS_HEAPTYPE) {
        // SAFETY: an instance owns its heap type.
        unsafe { incref(new.as_ptr()) };
    }
    o.ob_type.set(ptr::from_ref(new).cast_mut());
    if has_flag(&old, Py_TPFLAGS_HEAPTYPE) {
        // SAFETY: the instance's reference to its old type.
        unsafe { decref(old.as_ptr()) };
    }
    Ok(())
}

// ---- Pickling ----

fn slot_names(tp: &PyTypeObject) -> Result {
    if let Some(own) = type_::own_dict(tp)
        && let Some(names) = own.get(intern!("__slotnames__"))?
    {
        return Ok(names);
    }
    let copyreg = crate::import::import("copyreg")?;
    let names = call::call_method(&copyreg, "_slotnames", &[tp.as_obj()])?;
    if !names.is_none() && !names.is::<PyListObject>() {
        return raise!(TypeError, "copyreg._slotnames didn't return a list or None");
    }
    Ok(names)
}

/// Whether an object of this type has more state than its dict and slots show.
fn has_hidden_state(o: &Obj, names: &Obj) -> Result<bool> {
    let tp = o.ty();
    if tp.tp_itemsize.get() != 0 {
        return Ok(true);
    }
    let mut size = size_of::<PyObject>() as isize;
    let word = size_of::<*mut PyObject>() as isize;
    if tp.tp_dictoffset.get() > 0 {
        size += word;
    }
    if tp.tp_weaklistoffset.get() > 0 {
        size += word;
    }
    if !names.is_none() {
        size += object::length(names)? as isize * word;
    }
    Ok(tp.tp_basicsize.get() > size)
}

/// `object.__getstate__`: the dict, and the slots if there are any.
fn default_state(o: &Obj, required: bool) -> Result {
    let tp = o.ty();
    if required && tp.tp_itemsize.get() != 0 {
        return raise!(TypeError, "cannot pickle {} objects", repr_type(tp));
    }
    let state = match super::instance::is_dict_empty(o) {
        true => none(),
        false => super::instance::dict_of(o)?.map_or_else(none, Ref::into_obj),
    };
    let names = slot_names(tp)?;
    if required && has_hidden_state(o, &names)? {
        return raise!(TypeError, "cannot pickle {} object", repr_type(tp));
    }
    if names.is_none() || object::length(&names)? == 0 {
        return Ok(state);
    }
    let slots = dict::new();
    for name in object::to_vec(&names)? {
        if let Some(value) = object::getattr_opt(o, &name)? {
            slots.set(&name, &value)?;
        }
    }
    if slots.len() > 0 {
        Ok(tuple::from_slice(&[&state, slots.as_obj()]).into_obj())
    } else {
        Ok(state)
    }
}

fn repr_type(tp: &PyTypeObject) -> String {
    format!("'{}'", type_name(tp))
}

fn getstate(o: &Obj) -> Result {
    default_state(o, false)
}

/// What `o.__getstate__()` gives: the state to pickle or copy.
pub fn state_of(o: &Obj, required: bool) -> Result {
    let f = object::getattr(o, intern!("__getstate__"))?;
    let is_default = f.downcast_exact::<PyCFunctionObject>().is_some_and(|c| {
        c.m_self.get() == o.as_ptr()
            && ptr::eq(
                c.m_ml.get(),
                PyBaseObject_Type.tp_methods.get().wrapping_add(2),
            )
    });
    if is_default {
        default_state(o, required)
    } else {
        call::call0(&f)
    }
}

/// The arguments of `__new__` for a copy: from `__getnewargs_ex__` or `__getnewargs__`.
fn new_arguments(o: &Obj) -> Result<Option<(Ref<PyTupleObject>, Option<Ref>)>> {
    if let Some(f) = call::lookup_special(o, intern!("__getnewargs_ex__"))? {
        let answer = call::call0(&f)?;
        let Some(t) = answer.downcast::<PyTupleObject>() else {
            return raise!(
                TypeError,
                "__getnewargs_ex__ should return a tuple, not '{}'",
                answer.tp_name()
            );
        };
        let [args, kwargs] = t.items() else {
            return raise!(
                ValueError,
                "__getnewargs_ex__ should return a tuple of length 2, not {}",
                t.items().len()
            );
        };
        let Some(args) = args.downcast::<PyTupleObject>() else {
            return raise!(
                TypeError,
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                args.tp_name()
            );
        };
        if !kwargs.is::<PyDictObject>() {
            return raise!(
                TypeError,
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                kwargs.tp_name()
            );
        }
        return Ok(Some((args.to_ref(), Some(kwargs.clone()))));
    }
    if let Some(f) = call::lookup_special(o, intern!("__getnewargs__"))? {
        let answer = call::call0(&f)?;
        return match answer.downcast_ref::<PyTupleObject>() {
            Ok(t) => Ok(Some((t, None))),
            Err(other) => raise!(
                TypeError,
                "__getnewargs__ should return a tuple, not '{}'",
                other.tp_name()
            ),
        };
    }
    Ok(None)
}

fn reduce_newobj(o: &Obj) -> Result {
    let tp = o.ty();
    if tp.tp_new.get().is_none() {
        return raise!(TypeError, "cannot pickle {} object", repr_type(tp));
    }
    let given = new_arguments(o)?;
    let has_args = given.is_some();
    let (args, kwargs) = given.unwrap_or_else(|| (tuple::empty(), None));
    let copyreg = crate::import::import("copyreg")?;
    let no_kwargs = match &kwargs {
        Some(k) => object::length(k)? == 0,
        None => true,
    };
    let (function, new_args) = if no_kwargs {
        let mut all = vec![tp.as_obj().new_ref()];
        all.extend_from_slice(args.items());
        (
            object::getattr_str(&copyreg, "__newobj__")?,
            tuple::from_vec(all),
        )
    } else {
        let kwargs = kwargs.expect("not empty");
        let all = tuple::from_slice(&[tp.as_obj(), args.as_obj(), &kwargs]);
        (object::getattr_str(&copyreg, "__newobj_ex__")?, all)
    };
    let required = !has_args && !o.is::<PyListObject>() && !o.is::<PyDictObject>();
    let state = state_of(o, required)?;
    let list_items = if o.is::<PyListObject>() {
        object::iter(o)?
    } else {
        none()
    };
    let dict_items = if o.is::<PyDictObject>() {
        object::iter(&*call::call_method(o, "items", &[])?)?
    } else {
        none()
    };
    Ok(tuple::from_slice(&[
        &function,
        new_args.as_obj(),
        &state,
        &list_items,
        &dict_items,
    ])
    .into_obj())
}

fn reduce_by_protocol(o: &Obj, protocol: i32) -> Result {
    if protocol >= 2 {
        return reduce_newobj(o);
    }
    let copyreg = crate::import::import("copyreg")?;
    call::call_method(
        &copyreg,
        "_reduce_ex",
        &[o, super::int::from_i64(i64::from(protocol)).as_obj()],
    )
}

fn reduce(o: &Obj) -> Result {
    reduce_by_protocol(o, 0)
}

fn reduce_ex(o: &Obj, protocol: &Obj) -> Result {
    let protocol = args::to_i32(protocol)?;
    if let Some(f) = object::getattr_opt(o, intern!("__reduce__"))? {
        let class_reduce = object::getattr(o.ty().as_obj(), intern!("__reduce__"))?;
        let own =
            type_::own_dict(&PyBaseObject_Type).and_then(|d| d.get_interned(intern!("__reduce__")));
        if own.is_none_or(|own| !own.is_same(&class_reduce)) {
            return call::call0(&f);
        }
    }
    reduce_by_protocol(o, protocol)
}
