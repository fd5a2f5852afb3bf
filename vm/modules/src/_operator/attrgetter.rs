//! `attrgetter`: a callable that gets attributes of its argument, dotted ones step by step.

use core::mem::offset_of;

use super::{call_signature, described, only};
use crate::prelude::*;
use vm::types::str_::StrExt as _;

/// `attrgetter(attr, /, *attrs)`.
#[repr(C)]
pub struct AttrGetter {
    ob_base: PyObject,
    /// The names as they were given, a tuple.
    names: Slot,
    /// For each name an interned str, or a tuple of such for a dotted one.
    paths: Slot,
    vectorcall: vectorcallfunc,
}

static_type!(AttrGetter, ATTRGETTER);

static METHODS: &[PyMethodDef] = &[noargs!("__reduce__", reduce, "($self, /)")];
static GETSET: &[PyGetSetDef] = &[getset!("__text_signature__", call_signature)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<AttrGetter>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(AttrGetter, vectorcall))
        .dealloc_drop::<AttrGetter>()
        .tp_traverse(|g: &AttrGetter, v: &mut Visitor| {
            v.slot(&g.names)?;
            v.slot(&g.paths)
        })
        .tp_clear(|g: &AttrGetter| {
            g.names.set(None);
            g.paths.set(None);
        })
        .generic_attributes()
        .tp_new(new)
        .tp_repr(|g: &AttrGetter| described(g.as_obj(), held_tuple(&g.names).items(), &[]))
        .text_signature(method_doc!("attrgetter", "(attr, /, *attrs)"))
        .methods(METHODS)
        .getset(GETSET);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    args::no_keywords("attrgetter", kwargs)?;
    if args.is_empty() {
        return raise!(TypeError, "attrgetter expected 1 argument, got 0");
    }
    let paths = args
        .items()
        .iter()
        .map(|name| path(name))
        .collect::<Result<Vec<Ref>>>()?;
    let names = paths.iter().zip(args.items());
    let names = names.map(|(path, name)| {
        if path.is::<PyUnicodeObject>() {
            path.clone()
        } else {
            name.clone()
        }
    });
    let g = AttrGetter {
        ob_base: header(),
        names: tuple::from_vec(names.collect()).into_obj().into(),
        paths: tuple::from_vec(paths).into_obj().into(),
        vectorcall: vectorcall(call),
    };
    Ok(create(tp, g)?.into_obj())
}

/// A name as it is looked up.
fn path(name: &Obj) -> Result {
    let Some(name) = str_::of(name) else {
        return raise!(TypeError, "attribute name must be a string");
    };
    let dot = u32::from(b'.');
    if name.chars().all(|c| c != dot) {
        return Ok(str_::interned(name.as_obj()));
    }
    let chars: Vec<u32> = name.chars().collect();
    let parts = chars
        .split(|c| *c == dot)
        .map(|part| str_::interned(str_::from_chars(part).as_obj()));
    Ok(tuple::from_vec(parts.collect()).into_obj())
}

fn get(o: &Obj, path: &Obj) -> Result {
    let Some(parts) = path.downcast::<PyTupleObject>() else {
        return proto::getattr(o, path);
    };
    parts
        .items()
        .iter()
        .try_fold(o.new_ref(), |o, part| proto::getattr(&o, part))
}

fn call(g: &AttrGetter, args: Args<'_>) -> Result {
    let o = only("attrgetter", &args)?;
    let paths = held_tuple(&g.paths).to_ref();
    if let [path] = paths.items() {
        return get(o, path);
    }
    let values = paths
        .items()
        .iter()
        .map(|path| get(o, path))
        .collect::<Result<Vec<Ref>>>()?;
    Ok(tuple::from_vec(values).into_obj())
}

fn reduce(g: &AttrGetter) -> Result {
    Ok(tuple::pair(g.as_obj().ty().as_obj(), held(&g.names)).into_obj())
}
