//! `mappingproxy`: a read-only view of a mapping; `type.__dict__` is one.

use layout::*;

use crate::args::Signature;
use crate::err::Result;
use crate::method::*;
use crate::object::*;
use crate::protocol::{call, number, object as proto};
use crate::raise;
use crate::types::dict::{DictExt, push_repr};
use crate::types::type_::{CompareOp, TypeBuilder};
use crate::types::{genericalias, str_};

/// A proxy of a mapping.
#[repr(C)]
pub struct MappingProxy {
    ob_base: PyObject,
    mapping: Slot,
}

impl Layout for MappingProxy {
    fn type_object() -> &'static PyTypeObject {
        &PyDictProxy_Type
    }
}

static METHODS: &[PyMethodDef] = &[
    fastcall!("get", proxy_get, "($self, key, default=None, /)"),
    noargs!("keys", proxy_keys, "($self, /)"),
    noargs!("values", proxy_values, "($self, /)"),
    noargs!("items", proxy_items, "($self, /)"),
    noargs!("copy", proxy_copy, "($self, /)"),
    class_method(o!(
        "__class_getitem__",
        proxy_class_getitem,
        "($type, object, /)"
    )),
    noargs!("__reversed__", proxy_reversed, "($self, /)"),
];

/// Fills in `mappingproxy`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<MappingProxy>()
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING)
        .dealloc_drop::<MappingProxy>()
        .tp_traverse(|p: &MappingProxy, v: &mut Visitor| v.slot(&p.mapping))
        .tp_new(proxy_new)
        .tp_repr(proxy_repr)
        .tp_str(|p: &MappingProxy| proto::str(p.mapping()))
        .tp_hash(|p: &MappingProxy| proto::hash(p.mapping()))
        .tp_richcompare(|p: &MappingProxy, other: &Obj, op: CompareOp| {
            let other = other
                .downcast::<MappingProxy>()
                .map_or(other, MappingProxy::mapping);
            proto::rich_compare(p.mapping(), other, op)
        })
        .tp_iter(|p: &MappingProxy| proto::iter(p.mapping()))
        .nb_or(proxy_or)
        .nb_inplace_or(proxy_ior)
        .sq_contains(proxy_contains)
        .mp_length(|p: &MappingProxy| proto::length(p.mapping()))
        .mp_subscript(|p: &MappingProxy, key: &Obj| proto::getitem(p.mapping(), key))
        .methods(METHODS);
}

impl MappingProxy {
    /// The mapping behind the proxy.
    pub fn mapping(&self) -> &Obj {
        self.mapping.borrow().unwrap_or(NONE())
    }
}

/// `mappingproxy(mapping)`.
pub fn new(mapping: &Obj) -> Result {
    if !is_mapping(mapping) {
        return raise!(
            TypeError,
            "mappingproxy() argument must be a mapping, not {}",
            mapping.tp_name()
        );
    }
    let proxy = MappingProxy {
        ob_base: header(),
        mapping: Slot::new(Some(mapping.new_ref())),
    };
    Ok(create(&PyDictProxy_Type, proxy)?.into_obj())
}

fn is_mapping(o: &Obj) -> bool {
    // SAFETY: a ready type's table of mapping functions lives as long as the type.
    let subscript = unsafe { o.ty().tp_as_mapping.get().as_ref() }
        .is_some_and(|m| m.mp_subscript.get().is_some());
    subscript && !o.is::<PyListObject>() && !o.is::<PyTupleObject>()
}

fn proxy_new(_tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("mappingproxy", "(mapping)");
    let [mapping] = SIGNATURE.bind(args, kwargs)?;
    new(mapping.unwrap_or(NONE()))
}

fn proxy_repr(p: &MappingProxy) -> Result {
    let mut w = str_::Writer::new();
    w.push_str("mappingproxy(");
    push_repr(&mut w, p.mapping())?;
    w.push_str(")");
    Ok(w.finish()?.into_obj())
}

fn proxy_contains(p: &MappingProxy, key: &Obj) -> Result<bool> {
    match p.mapping().downcast_exact::<PyDictObject>() {
        Some(d) => d.contains(key),
        None => proto::contains(p.mapping(), key),
    }
}

fn unwrapped(o: &Obj) -> &Obj {
    o.downcast::<MappingProxy>()
        .map_or(o, MappingProxy::mapping)
}

fn proxy_or(a: &Obj, b: &Obj) -> Result {
    number::or(unwrapped(a), unwrapped(b))
}

fn proxy_ior(a: &Obj, _b: &Obj) -> Result {
    raise!(
        TypeError,
        "'|=' is not supported by {}; use '|' instead",
        a.tp_name()
    )
}

fn proxy_get(p: &MappingProxy, args: &[&Obj]) -> Result {
    crate::args::expect("get", args, 1..=2)?;
    let default = args.get(1).copied().unwrap_or(NONE());
    call::call_method(p.mapping(), "get", &[args[0], default])
}

fn proxy_keys(p: &MappingProxy) -> Result {
    call::call_method(p.mapping(), "keys", &[])
}

fn proxy_values(p: &MappingProxy) -> Result {
    call::call_method(p.mapping(), "values", &[])
}

fn proxy_items(p: &MappingProxy) -> Result {
    call::call_method(p.mapping(), "items", &[])
}

fn proxy_copy(p: &MappingProxy) -> Result {
    call::call_method(p.mapping(), "copy", &[])
}

fn proxy_reversed(p: &MappingProxy) -> Result {
    call::call_method(p.mapping(), "__reversed__", &[])
}

fn proxy_class_getitem(cls: &Obj, item: &Obj) -> Result {
    genericalias::new(cls, item)
}
