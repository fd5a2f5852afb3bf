//! `partial`: a function with some of its arguments.
//!
//! Invariants: the function is never itself a plain `partial` when made from one (their arguments are merged); the last
//! argument is never the placeholder; `placeholders` counts those among the arguments.

use core::cell::Cell;
use core::mem::offset_of;

use super::partial_call;
use super::placeholder::is_placeholder;
use crate::prelude::*;
use vm::types::dict::{self, DictExt as _};
use vm::types::method;
use vm::types::type_::subtype;

/// A partial application.
#[repr(C)]
pub struct Partial {
    ob_base: PyObject,
    /// The function.
    pub function: Slot,
    /// A tuple.
    pub args: Slot,
    /// A dict.
    pub keywords: Slot,
    dict: Slot,
    weakrefs: Cell<*mut PyObject>,
    vectorcall: vectorcallfunc,
    /// How many of `args` each call must give.
    pub placeholders: Cell<usize>,
}

static_type!(Partial, PARTIAL);

static METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", reduce, "($self, /)"),
    o!("__setstate__", set_state, "($self, object, /)"),
    class_method(o!(
        "__class_getitem__",
        genericalias::class_getitem,
        "($type, object, /)"
    )),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("func", Partial, function, _Py_T_OBJECT, Py_READONLY),
    member!("args", Partial, args, _Py_T_OBJECT, Py_READONLY),
    member!("keywords", Partial, keywords, _Py_T_OBJECT, Py_READONLY),
];

static GETSET: &[PyGetSetDef] = &[getset!("__dict__", subtype::get_dict, set_dict)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Partial>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .vectorcall_offset(offset_of!(Partial, vectorcall))
        .dictoffset(offset_of!(Partial, dict))
        .weaklistoffset(offset_of!(Partial, weakrefs))
        .dealloc_drop::<Partial>()
        .tp_traverse(|p: &Partial, v: &mut Visitor| {
            v.slot(&p.function)?;
            v.slot(&p.args)?;
            v.slot(&p.keywords)?;
            v.slot(&p.dict)
        })
        .tp_clear(|p: &Partial| {
            for slot in [&p.function, &p.args, &p.keywords, &p.dict] {
                slot.set(None);
            }
        })
        .generic_attributes()
        .tp_new(new)
        .tp_repr(repr)
        .tp_descr_get(get)
        .text_signature(method_doc!("partial", "(func, /, *args, **keywords)"))
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

/// How many placeholders there are; the last argument must be none.
fn count_placeholders(args: &[Ref]) -> Result<usize> {
    if args.last().is_some_and(|last| is_placeholder(last)) {
        return raise!(TypeError, "trailing Placeholders are not allowed");
    }
    Ok(args.iter().filter(|a| is_placeholder(a)).count())
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [function, given @ ..] = args.items() else {
        return raise!(TypeError, "type 'partial' takes at least one argument");
    };
    if !proto::is_callable(function) {
        return raise!(TypeError, "the first argument must be callable");
    }
    let mut placeholders = count_placeholders(given)?;
    if let Some(kwargs) = kwargs
        && kwargs
            .entries()
            .iter()
            .any(|(_, value)| is_placeholder(value))
    {
        return raise!(
            TypeError,
            "Placeholder cannot be passed as a keyword argument"
        );
    }
    // A partial without attributes of its own is taken apart.
    let inner = function
        .downcast::<Partial>()
        .filter(|p| p.dict.borrow().is_none() && !has_own_call(p.as_obj().ty()));
    let (function, all, keywords) = match inner {
        None => (function.clone(), given.to_vec(), dict::new()),
        Some(p) => {
            let open = p.placeholders.get();
            placeholders += open.saturating_sub(given.len());
            (
                held(&p.function).new_ref(),
                merge(held_tuple(&p.args).items(), given),
                keywords_of(p).copy()?,
            )
        }
    };
    if let Some(kwargs) = kwargs {
        keywords.merge(kwargs.as_obj(), dict::Merge::Override)?;
    }
    let p = Partial {
        ob_base: header(),
        function: function.into(),
        args: tuple::from_vec(all).into_obj().into(),
        keywords: keywords.into_obj().into(),
        dict: Slot::empty(),
        weakrefs: Cell::new(core::ptr::null_mut()),
        vectorcall: vectorcall(partial_call::call),
        placeholders: Cell::new(placeholders),
    };
    Ok(create(tp, p)?.into_obj())
}

/// Whether a subclass has replaced `__call__`.
fn has_own_call(tp: &PyTypeObject) -> bool {
    tp.tp_call.get().map(|f| f as usize) != PARTIAL.tp_call.get().map(|f| f as usize)
}

/// Arguments with their placeholders filled from `given`, then the rest of `given`.
fn merge(args: &[Ref], given: &[Ref]) -> Vec<Ref> {
    let mut given = given.iter();
    let filled = args.iter().map(|a| {
        if is_placeholder(a) {
            given.next().unwrap_or(a)
        } else {
            a
        }
    });
    let mut all: Vec<Ref> = filled.cloned().collect();
    all.extend(given.cloned());
    all
}

/// The keyword arguments.
pub fn keywords_of(p: &Partial) -> Ref<PyDictObject> {
    // SAFETY: only dicts are stored.
    p.keywords
        .get()
        .map_or_else(dict::new, |d| unsafe { d.into_cast() })
}

fn get(p: &Partial, instance: Option<&Obj>, _owner: Option<&Obj>) -> Result {
    match instance {
        Some(o) if !o.is_none() => method::new(p.as_obj(), o),
        _ => Ok(p.as_obj().new_ref()),
    }
}

fn repr(p: &Partial) -> Result<Ref> {
    let Some(_guard) = repr_enter(p.as_obj()) else {
        return Ok(str_::new("...").into_obj());
    };
    // Taken at the start: a repr may give this partial other arguments.
    let function = held(&p.function).new_ref();
    let (args, keywords) = (held_tuple(&p.args).to_ref(), keywords_of(p));
    let class = p.as_obj().ty().as_obj();
    let mut w = str_::Writer::new();
    push_text(
        &mut w,
        &*proto::str(&*proto::getattr(class, intern!("__module__"))?)?,
    );
    w.push_str(".");
    push_text(
        &mut w,
        &*proto::str(&*proto::getattr(class, intern!("__qualname__"))?)?,
    );
    w.push_str("(");
    push_text(&mut w, &*proto::repr(&function)?);
    for arg in args.items() {
        w.push_str(", ");
        push_text(&mut w, &*proto::repr(arg)?);
    }
    for (name, value) in keywords.entries() {
        w.push_str(", ");
        push_text(&mut w, &*proto::str(&name)?);
        w.push_str("=");
        push_text(&mut w, &*proto::repr(&value)?);
    }
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}

// ---- Pickling ----

fn reduce(p: &Partial) -> Result {
    let part = |slot: &Slot| slot.get().unwrap_or_else(none);
    let function = part(&p.function);
    let made_from = tuple::from_slice(&[&function]);
    let state = tuple::from_array([
        function.clone(),
        part(&p.args),
        part(&p.keywords),
        part(&p.dict),
    ]);
    let tp = p.as_obj().ty().as_obj();
    Ok(tuple::from_slice(&[tp, made_from.as_obj(), state.as_obj()]).into_obj())
}

fn set_state(p: &Partial, state: &Obj) -> Result<()> {
    let items = state.downcast::<PyTupleObject>().map(|t| t.items());
    let Some([function, args, keywords, attributes]) = items else {
        return raise!(TypeError, "invalid partial state");
    };
    let arguments = args
        .downcast::<PyTupleObject>()
        .filter(|_| proto::is_callable(function));
    let given = keywords.downcast::<PyDictObject>();
    let (Some(arguments), true) = (arguments, given.is_some() || keywords.is_none()) else {
        return raise!(TypeError, "invalid partial state");
    };
    if !attributes.is_none() && !attributes.is::<PyDictObject>() {
        return raise!(TypeError, "invalid partial state");
    }
    let placeholders = count_placeholders(arguments.items())?;
    let arguments = match args.is_exact::<PyTupleObject>() {
        true => args.clone(),
        false => tuple::from_refs(arguments.items()).into_obj(),
    };
    let keywords = match given {
        None => dict::new().into_obj(),
        Some(d) if d.as_obj().is_exact::<PyDictObject>() => keywords.clone(),
        Some(d) => d.copy()?.into_obj(),
    };
    p.function.set(Some(function.clone()));
    p.args.set(Some(arguments));
    p.keywords.set(Some(keywords));
    p.dict
        .set(Some(attributes.clone()).filter(|d| !d.is_none()));
    p.placeholders.set(placeholders);
    Ok(())
}
