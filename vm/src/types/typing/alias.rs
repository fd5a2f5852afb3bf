//! `typing.TypeAliasType`: what a `type` statement makes. The value is computed when it is first asked for.

use layout::*;

use super::{evaluator_of, typevartuple, value_of};
use crate::args::Signature;
use crate::err::{Result, raise};
use crate::method::*;
use crate::object::*;
use crate::types::genericalias;
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::TypeBuilder;

/// The type.
pub static TYPE_ALIAS: PyTypeObject = PyTypeObject::statically_declared();

/// An alias.
#[repr(C)]
pub struct TypeAlias {
    ob_base: PyObject,
    name: Slot,
    /// A tuple; nothing if the alias is not generic.
    type_params: Slot,
    compute_value: Slot,
    value: Slot,
    module: Slot,
}

impl Layout for TypeAlias {
    fn type_object() -> &'static PyTypeObject {
        &TYPE_ALIAS
    }
}

impl TypeAlias {
    fn slots(&self) -> [&Slot; 5] {
        [
            &self.name,
            &self.type_params,
            &self.compute_value,
            &self.value,
            &self.module,
        ]
    }

    fn params(&self) -> Ref<PyTupleObject> {
        self.type_params
            .get()
            .and_then(|t| t.downcast_ref().ok())
            .unwrap_or_else(tuple::empty)
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<TypeAlias>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .generic_attributes()
        .tp_new(new)
        .dealloc_drop::<TypeAlias>()
        .tp_traverse(|a: &TypeAlias, v: &mut Visitor| {
            a.slots().into_iter().try_for_each(|s| v.slot(s))
        })
        .tp_clear(|a: &TypeAlias| a.slots().into_iter().skip(1).for_each(|s| s.set(None)))
        .tp_repr(|a: &TypeAlias| Ok(a.name.get()))
        .tp_iter(|a: &TypeAlias| super::iter_unpacked(a.as_obj()))
        .nb_or(|a: &Obj, b: &Obj| super::union(a, b))
        .mp_subscript(subscript)
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[noargs!(
    "__reduce__",
    |a: &TypeAlias| Ok(a.name.get()),
    "($self, /)"
)];

static MEMBERS: &[PyMemberDef] = &[member!(
    "__name__",
    TypeAlias,
    name,
    _Py_T_OBJECT,
    Py_READONLY
)];

static GETSET: &[PyGetSetDef] = &[
    getset!("__parameters__", |a: &TypeAlias| super::unpack_tuples(
        &a.params()
    )),
    getset!("__type_params__", |a: &TypeAlias| Ok(a.params())),
    getset!("__value__", |a: &TypeAlias| value_of(
        &a.value,
        &a.compute_value
    )),
    getset!("evaluate_value", |a: &TypeAlias| evaluator_of(
        &a.value,
        &a.compute_value
    )),
    getset!("__module__", module),
];

fn make(name: &Obj, params: Option<Ref>) -> Result<Ref<TypeAlias>> {
    let a = TypeAlias {
        ob_base: header(),
        name: Slot::new(Some(name.new_ref())),
        type_params: Slot::new(params),
        compute_value: Slot::empty(),
        value: Slot::empty(),
        module: Slot::empty(),
    };
    create(&TYPE_ALIAS, a)
}

/// What a `type` statement makes of its name, type parameters (or None) and the function that computes the value.
pub fn of_compiler(parts: &Obj) -> Result {
    let Some([name, params, compute]) = parts
        .downcast::<PyTupleObject>()
        .map(tuple::TupleExt::items)
    else {
        return raise!(
            SystemError,
            "a type statement needs a name, type parameters and a value"
        );
    };
    let a = make(name, (!params.is_none()).then(|| params.clone()))?;
    a.compute_value.set(Some(compute.clone()));
    Ok(a.into_obj())
}

fn new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("typealias", "(name, value, *, type_params=())");
    let [name, value, params] = SIGNATURE.bind(args, kwargs)?;
    let name = super::check_name("typealias", name)?;
    let params = match params {
        None => None,
        Some(o) => match o.downcast::<PyTupleObject>() {
            Some(t) => {
                check_params(t)?;
                Some(o.new_ref())
            }
            None => return raise!(TypeError, "type_params must be a tuple"),
        },
    };
    let a = make(name, params.filter(|p| !is_empty(p)))?;
    a.value.set(value.map(Obj::new_ref));
    a.module.set(Some(super::calling_module()));
    Ok(a.into_obj())
}

fn is_empty(o: &Obj) -> bool {
    o.downcast::<PyTupleObject>()
        .is_none_or(|t| t.items().is_empty())
}

/// Type parameters, those without default first.
fn check_params(params: &PyTupleObject) -> Result<()> {
    let mut after_default = false;
    for p in params.items() {
        let has_default = if let Some(t) = p.downcast_exact::<super::typevar::TypeVar>() {
            t.has_default()
        } else if let Some(s) = p.downcast_exact::<super::paramspec::ParamSpec>() {
            s.has_default()
        } else if let Some(t) = p.downcast_exact::<typevartuple::TypeVarTuple>() {
            t.has_default()
        } else {
            return raise!(TypeError, "Expected a type param, got {}", repr_lossy(p));
        };
        if after_default && !has_default {
            return raise!(
                TypeError,
                "non-default type parameter '{}' follows default type parameter",
                repr_lossy(p)
            );
        }
        after_default |= has_default;
    }
    Ok(())
}

fn module(a: &TypeAlias) -> Result<Option<Ref>> {
    if let Some(module) = a.module.get() {
        return Ok(Some(module));
    }
    let compute = a.compute_value.get();
    Ok(compute
        .as_ref()
        .and_then(|f| f.downcast::<PyFunctionObject>())
        .and_then(|f| f.func_module.get_ref()))
}

fn subscript(a: &TypeAlias, args: &Obj) -> Result {
    if a.type_params.borrow().is_none() {
        return raise!(TypeError, "Only generic type aliases are subscriptable");
    }
    genericalias::new(a.as_obj(), args)
}
