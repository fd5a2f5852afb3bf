//! `types.SimpleNamespace`: an object that is its `__dict__`.

use core::mem::offset_of;

use layout::*;

use crate::err::{Result, raise};
use crate::method::*;
use crate::method_doc;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::dict::{self, DictExt as _, Merge};
use crate::types::str_::{self, StrExt as _, Writer};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::{self, CompareOp, TypeBuilder};

/// The type.
pub static NAMESPACE: PyTypeObject = PyTypeObject::statically_declared();

/// An instance. The dict is there from `__new__` on.
#[repr(C)]
pub struct Namespace {
    ob_base: PyObject,
    dict: Slot,
}

impl Layout for Namespace {
    fn type_object() -> &'static PyTypeObject {
        &NAMESPACE
    }
}

/// Fills in `types.SimpleNamespace`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<Namespace>()
        .text_signature(method_doc!(
            "SimpleNamespace",
            "(mapping_or_iterable=(), /, **kwargs)"
        ))
        .flags(Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE)
        .dictoffset(offset_of!(Namespace, dict))
        .generic_attributes()
        .tp_new(namespace_new)
        .tp_init(namespace_init)
        .dealloc_drop::<Namespace>()
        .tp_traverse(|n: &Namespace, v: &mut Visitor| v.slot(&n.dict))
        .tp_clear(|n: &Namespace| n.dict.set(None))
        .tp_repr(namespace_repr)
        .unhashable()
        .tp_richcompare(namespace_richcompare)
        .methods(METHODS)
        .members(MEMBERS);
}

/// A namespace of these names and values.
pub fn new(fields: &[(&str, Ref)]) -> Result {
    let dict = dict::new();
    for (name, value) in fields {
        dict.set_str(name, value)?;
    }
    from_dict(dict)
}

/// A namespace whose `__dict__` this is.
pub fn from_dict(dict: Ref<PyDictObject>) -> Result {
    Ok(create(
        &NAMESPACE,
        Namespace {
            ob_base: header(),
            dict: Slot::new(Some(dict.into_obj())),
        },
    )?
    .into_obj())
}

impl Namespace {
    fn names(&self) -> Ref<PyDictObject> {
        self.dict
            .get()
            .and_then(|o| o.downcast_ref().ok())
            .unwrap_or_else(|| {
                let d = dict::new();
                self.dict.set(Some(d.clone().into_obj()));
                d
            })
    }
}

fn namespace_new(tp: &PyTypeObject, _: &PyTupleObject, _: Option<&PyDictObject>) -> Result {
    let n = type_alloc(tp, 0)?;
    // SAFETY: a subclass has the struct's layout, and a null slot is an empty one.
    unsafe { n.cast::<Namespace>() }
        .dict
        .set(Some(dict::new().into_obj()));
    Ok(n)
}

fn namespace_init(
    n: &Namespace,
    args: &PyTupleObject,
    kwargs: Option<&PyDictObject>,
) -> Result<()> {
    let names = n.names();
    match args.items() {
        [] => {}
        [source] => {
            let source = if source.is_exact::<PyDictObject>() {
                source.clone()
            } else {
                call::call1(PyDict_Type.as_obj(), source)?
            };
            if let Some(d) = source.downcast::<PyDictObject>() {
                check_names(d)?;
            }
            names.merge(&source, Merge::Override)?;
        }
        many => {
            return raise!(
                TypeError,
                "SimpleNamespace expected at most 1 argument, got {}",
                many.len()
            );
        }
    }
    let Some(kwargs) = kwargs else { return Ok(()) };
    check_names(kwargs)?;
    names.merge(kwargs.as_obj(), Merge::Override)
}

fn check_names(d: &PyDictObject) -> Result<()> {
    let mut pos = 0;
    while let Some((key, _, _)) = d.next(&mut pos) {
        if !key.is::<PyUnicodeObject>() {
            return raise!(TypeError, "keywords must be strings");
        }
    }
    Ok(())
}

fn namespace_repr(n: &Namespace) -> Result<Ref<PyUnicodeObject>> {
    let tp = n.as_obj().ty();
    let name = if core::ptr::eq(tp, &NAMESPACE) {
        "namespace".to_owned()
    } else {
        type_::name_of(tp)
    };
    let Some(_guard) = repr_enter(n.as_obj()) else {
        return Ok(str_::new(&format!("{name}(...)")));
    };
    let mut out = Writer::new();
    out.push_str(&name);
    out.push_ascii("(");
    let mut first = true;
    let names = n.names();
    for (key, _) in names.entries() {
        let Some(key) = str_::of(&key).filter(|key| !key.is_empty()) else {
            continue;
        };
        // A repr may have removed what comes after it.
        let Some(value) = names.get(key.as_obj())? else {
            continue;
        };
        if !core::mem::take(&mut first) {
            out.push_ascii(", ");
        }
        out.push_obj(key);
        out.push_ascii("=");
        tuple::push_repr(&mut out, &value)?;
    }
    out.push_ascii(")");
    out.finish()
}

fn namespace_richcompare(n: &Namespace, other: &Obj, op: CompareOp) -> Result {
    match other.downcast::<Namespace>() {
        Some(m) => object::rich_compare(n.names().as_obj(), m.names().as_obj(), op),
        None => Ok(not_implemented()),
    }
}

static METHODS: &[PyMethodDef] = &[
    noargs!("__reduce__", reduce, "($self, /)"),
    varargs_kw!("__replace__", replace, "($self, /, **changes)"),
];

static MEMBERS: &[PyMemberDef] = &[member!(
    "__dict__",
    Namespace,
    dict,
    _Py_T_OBJECT,
    Py_READONLY
)];

fn reduce(n: &Namespace) -> Result<Ref<PyTupleObject>> {
    Ok(tuple::from_slice(&[
        n.as_obj().ty().as_obj(),
        tuple::empty_ref().as_obj(),
        n.names().as_obj(),
    ]))
}

fn replace(n: &Namespace, args: Args<'_>) -> Result {
    if !args.positional.is_empty() {
        return raise!(TypeError, "__replace__() takes no positional arguments");
    }
    let copy = call::call0(n.as_obj().ty().as_obj())?;
    let Some(m) = copy.downcast::<Namespace>() else {
        return raise!(
            TypeError,
            "expect {} type, but {}() returned '{}' object",
            type_name(&NAMESPACE),
            type_::fully_qualified_name(n.as_obj().ty()),
            type_::fully_qualified_name(copy.ty())
        );
    };
    let names = m.names();
    names.merge(n.names().as_obj(), Merge::Override)?;
    for (name, value) in args.keywords() {
        names.set(name, value)?;
    }
    Ok(copy)
}
