//! `methodcaller`: a callable that calls a method of its argument.

use core::mem::offset_of;

use super::{call_signature, described, only};
use crate::prelude::*;
use vm::types::dict::DictExt as _;

/// `methodcaller(name, /, *args, **kwargs)`.
#[repr(C)]
pub struct MethodCaller {
    ob_base: PyObject,
    /// An interned str.
    name: Slot,
    /// A tuple.
    args: Slot,
    /// A dict, or empty.
    keywords: Slot,
    vectorcall: vectorcallfunc,
}

static_type!(MethodCaller, METHODCALLER);

static METHODS: &[PyMethodDef] = &[noargs!("__reduce__", reduce, "($self, /)")];
static GETSET: &[PyGetSetDef] = &[getset!("__text_signature__", call_signature)];

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<MethodCaller>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .vectorcall_offset(offset_of!(MethodCaller, vectorcall))
        .dealloc_drop::<MethodCaller>()
        .tp_traverse(|m: &MethodCaller, v: &mut Visitor| {
            v.slot(&m.name)?;
            v.slot(&m.args)?;
            v.slot(&m.keywords)
        })
        .tp_clear(|m: &MethodCaller| {
            m.name.set(None);
            m.args.set(None);
            m.keywords.set(None);
        })
        .generic_attributes()
        .tp_new(new)
        .tp_repr(repr)
        .text_signature(method_doc!("methodcaller", "(name, /, *args, **kwargs)"))
        .methods(METHODS)
        .getset(GETSET);
}

fn new(tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    let [name, rest @ ..] = args.items() else {
        return raise!(
            TypeError,
            "methodcaller needs at least one argument, the method name"
        );
    };
    if !name.is::<PyUnicodeObject>() {
        return raise!(TypeError, "method name must be a string");
    }
    let keywords = kwargs
        .filter(|k| k.len() > 0)
        .map(|k| k.copy())
        .transpose()?;
    let m = MethodCaller {
        ob_base: header(),
        name: str_::interned(name).into(),
        args: tuple::from_refs(rest).into_obj().into(),
        keywords: Slot::new(keywords.map(Ref::into_obj)),
        vectorcall: vectorcall(call),
    };
    Ok(create(tp, m)?.into_obj())
}

fn keywords(m: &MethodCaller) -> Option<Ref<PyDictObject>> {
    // SAFETY: only dicts are stored.
    m.keywords.get().map(|d| unsafe { d.into_cast() })
}

fn call(m: &MethodCaller, args: Args<'_>) -> Result {
    let o = only("methodcaller", &args)?;
    let (name, args) = (held(&m.name).new_ref(), held_tuple(&m.args).to_ref());
    match keywords(m) {
        None => call::method(o, &name, args.objects()),
        Some(keywords) => {
            call::call_tuple_dict(&*proto::getattr(o, &name)?, &args, Some(&keywords))
        }
    }
}

fn repr(m: &MethodCaller) -> Result {
    let mut arguments = vec![held(&m.name).new_ref()];
    arguments.extend_from_slice(held_tuple(&m.args).items());
    let keywords = keywords(m).map_or_else(Vec::new, |k| k.entries());
    described(m.as_obj(), &arguments, &keywords)
}

fn reduce(m: &MethodCaller) -> Result {
    let tp = m.as_obj().ty().as_obj();
    let Some(keywords) = keywords(m) else {
        let mut arguments = vec![held(&m.name).new_ref()];
        arguments.extend_from_slice(held_tuple(&m.args).items());
        return Ok(tuple::pair(tp, tuple::from_vec(arguments).as_obj()).into_obj());
    };
    let functools = vm::import::import("functools")?;
    let partial = proto::getattr(&functools, intern!("partial"))?;
    let arguments = tuple::pair(tp, held(&m.name));
    let constructor = call::call_tuple_dict(&partial, &arguments, Some(&keywords))?;
    Ok(tuple::pair(&constructor, held(&m.args)).into_obj())
}
