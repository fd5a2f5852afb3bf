//! `property`.

use core::cell::Cell;

use layout::*;

use super::classmethod::abstract_flag;
use super::type_::TypeBuilder;
use crate::args::Signature;
use crate::err::{self, Raised, Result, exc, raise};
use crate::getset;
use crate::intern;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, object};

/// A computed attribute written in Python.
#[repr(C)]
pub struct Property {
    ob_base: PyObject,
    get: Slot,
    set: Slot,
    del: Slot,
    doc: Slot,
    name: Slot,
    /// The doc came from the getter, so a copy with another getter takes that one's.
    getter_doc: Cell<bool>,
}

impl Layout for Property {
    fn type_object() -> &'static PyTypeObject {
        &PyProperty_Type
    }
}

/// Fills in `property`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Property>()
        .text_signature(method_doc!(
            "property",
            "(fget=None, fset=None, fdel=None, doc=None)"
        ))
        .flags(Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC)
        .dealloc_drop::<Property>()
        .tp_traverse(|p: &Property, v: &mut Visitor| {
            for slot in [&p.get, &p.set, &p.del, &p.doc, &p.name] {
                v.slot(slot)?;
            }
            Ok(())
        })
        .tp_clear(|p: &Property| p.doc.set(None))
        .tp_new(|tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>| type_alloc(tp, 0))
        .tp_init(init)
        .tp_descr_get(descr_get)
        .tp_descr_set(descr_set)
        .generic_attributes()
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    crate::o!(
        "getter",
        |p: &Property, f: &Obj| copy(p, Some(f), None, None),
        ""
    ),
    crate::o!(
        "setter",
        |p: &Property, f: &Obj| copy(p, None, Some(f), None),
        ""
    ),
    crate::o!(
        "deleter",
        |p: &Property, f: &Obj| copy(p, None, None, Some(f)),
        ""
    ),
    crate::fastcall!("__set_name__", set_name, ""),
];

static MEMBERS: &[PyMemberDef] = &[
    crate::member!("fget", Property, get, _Py_T_OBJECT, Py_READONLY),
    crate::member!("fset", Property, set, _Py_T_OBJECT, Py_READONLY),
    crate::member!("fdel", Property, del, _Py_T_OBJECT, Py_READONLY),
    crate::member!("__doc__", Property, doc, _Py_T_OBJECT, 0),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("__name__", get_name, |p: &Property, v: Option<&Obj>| {
        p.name.set(v.map(Obj::new_ref));
        Ok(())
    }),
    getset!("__isabstractmethod__", is_abstract),
];

fn is_abstract(p: &Property) -> Result<bool> {
    for slot in [&p.get, &p.set, &p.del] {
        if let Some(f) = slot.get()
            && abstract_flag(&f)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The property's name: what `__set_name__` told, else the getter's.
fn name_of(p: &Property) -> Result<Option<Ref>> {
    if let Some(name) = p.name.get() {
        return Ok(Some(name));
    }
    match p.get.get() {
        Some(f) => object::getattr_opt(&f, intern!("__name__")),
        None => Ok(None),
    }
}

fn get_name(p: &Property) -> Result {
    match name_of(p)? {
        Some(name) => Ok(name),
        None => raise!(
            AttributeError,
            "'{}' object has no attribute '__name__'",
            p.as_obj().tp_name()
        ),
    }
}

fn set_name(p: &Property, args: &[&Obj]) -> Result<()> {
    if args.len() != 2 {
        return raise!(
            TypeError,
            "__set_name__() takes 2 positional arguments but {} were given",
            args.len()
        );
    }
    p.name.set(Some(args[1].new_ref()));
    Ok(())
}

#[cold]
fn no_accessor(p: &Property, o: &Obj, what: &str) -> Raised {
    let name = match name_of(p) {
        Ok(name) => name,
        Err(raised) => return raised,
    };
    let class = match object::getattr(o.ty().as_obj(), intern!("__qualname__")) {
        Ok(q) => repr_lossy(&q),
        Err(raised) => return raised,
    };
    match name {
        Some(n) => err::new(
            &exc::AttributeError,
            format_args!(
                "property {} of {class} object has no {what}",
                repr_lossy(&n)
            ),
        ),
        None => err::new(
            &exc::AttributeError,
            format_args!("property of {class} object has no {what}"),
        ),
    }
}

fn descr_get(p: &Property, o: Option<&Obj>, _: Option<&Obj>) -> Result {
    let Some(o) = o else {
        return Ok(p.as_obj().new_ref());
    };
    match p.get.get() {
        Some(f) => call::call1(&f, o),
        None => Err(no_accessor(p, o, "getter")),
    }
}

fn descr_set(p: &Property, o: &Obj, value: Option<&Obj>) -> Result<()> {
    let done = match value {
        Some(v) => match p.set.get() {
            Some(f) => call::call(&f, &[o, v]),
            None => Err(no_accessor(p, o, "setter")),
        },
        None => match p.del.get() {
            Some(f) => call::call1(&f, o),
            None => Err(no_accessor(p, o, "deleter")),
        },
    };
    done.map(drop)
}

fn init(p: &Property, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result<()> {
    static SIGNATURE: Signature =
        Signature::new("property", "(fget=None, fset=None, fdel=None, doc=None)");
    let [get, set, del, doc] = SIGNATURE.bind(args, kwargs)?;
    let given = |o: Option<&Obj>| o.filter(|o| !o.is_none()).map(Obj::new_ref);
    p.get.set(given(get));
    p.set.set(given(set));
    p.del.set(given(del));
    p.name.set(None);
    p.getter_doc.set(false);
    let mut text = given(doc);
    if text.is_none()
        && let Some(f) = p.get.get()
    {
        text = object::getattr_opt(&f, intern!("__doc__"))?.filter(|d| !d.is_none());
        p.getter_doc.set(text.is_some());
    }
    if core::ptr::eq(p.as_obj().ty(), &PyProperty_Type) {
        p.doc.set(text);
        return Ok(());
    }
    // A subclass keeps its doc in the instance's dict, where the class's own `__doc__` cannot hide it.
    let value = text.unwrap_or_else(none);
    if let Err(raised) = object::setattr(p.as_obj(), intern!("__doc__"), Some(&value))
        && (p.getter_doc.get() || !err::clear_if(&exc::AttributeError))
    {
        return Err(raised);
    }
    Ok(())
}

fn copy(p: &Property, get: Option<&Obj>, set: Option<&Obj>, del: Option<&Obj>) -> Result {
    let pick = |new: Option<&Obj>, old: &Slot| match new {
        Some(f) if !f.is_none() => f.new_ref(),
        _ => old.get().unwrap_or_else(none),
    };
    let (get, set, del) = (pick(get, &p.get), pick(set, &p.set), pick(del, &p.del));
    let doc = if p.getter_doc.get() && !get.is_none() {
        none()
    } else {
        p.doc.get().unwrap_or_else(none)
    };
    let made = call::call(p.as_obj().ty().as_obj(), &[&get, &set, &del, &doc])?;
    if let Some(new) = made.downcast::<Property>() {
        new.name.set(p.name.get());
    }
    Ok(made)
}

/// A property around a getter written in Rust or Python.
pub fn new(get: &Obj) -> Result {
    call::call1(PyProperty_Type.as_obj(), get)
}

/// The getter, for the interpreter's caches: only of exact properties.
pub fn getter_of(o: &Obj) -> Option<Ref> {
    o.downcast_exact::<Property>().and_then(|p| p.get.get())
}
