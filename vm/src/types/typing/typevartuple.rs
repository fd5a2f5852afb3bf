//! `typing.TypeVarTuple`: a type parameter that stands for any number of types.

use core::mem::offset_of;

use layout::*;

use super::{ask_typing, evaluator_of, no_default, value_of};
use crate::args::{self, Signature};
use crate::err::{Result, raise};
use crate::intern;
use crate::method::*;
use crate::object::*;
use crate::protocol::object;
use crate::types::type_::TypeBuilder;

/// The type.
pub static TYPEVARTUPLE: PyTypeObject = PyTypeObject::statically_declared();

/// A type variable tuple.
#[repr(C)]
pub struct TypeVarTuple {
    ob_base: PyObject,
    name: Slot,
    default: Slot,
    evaluate_default: Slot,
    dict: Slot,
    weakrefs: Slot,
}

impl Layout for TypeVarTuple {
    fn type_object() -> &'static PyTypeObject {
        &TYPEVARTUPLE
    }
}

impl TypeVarTuple {
    fn slots(&self) -> [&Slot; 4] {
        [
            &self.name,
            &self.default,
            &self.evaluate_default,
            &self.dict,
        ]
    }

    pub(super) fn lazy_default(&self) -> &Slot {
        &self.evaluate_default
    }

    pub(super) fn has_default(&self) -> bool {
        super::has_default(&self.default, &self.evaluate_default)
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<TypeVarTuple>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dictoffset(offset_of!(TypeVarTuple, dict))
        .weaklistoffset(offset_of!(TypeVarTuple, weakrefs))
        .generic_attributes()
        .tp_new(new)
        .dealloc_drop::<TypeVarTuple>()
        .tp_traverse(|t: &TypeVarTuple, v: &mut Visitor| {
            t.slots().into_iter().try_for_each(|s| v.slot(s))
        })
        .tp_clear(|t: &TypeVarTuple| t.slots().into_iter().skip(1).for_each(|s| s.set(None)))
        .tp_repr(|t: &TypeVarTuple| Ok(t.name.get()))
        .tp_iter(|t: &TypeVarTuple| super::iter_unpacked(t.as_obj()))
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    o!(
        "__typing_subst__",
        |_: &TypeVarTuple, _: &Obj| -> Result {
            raise!(
                TypeError,
                "Substitution of bare TypeVarTuple is not supported"
            )
        },
        "($self, arg, /)"
    ),
    fastcall!(
        "__typing_prepare_subst__",
        prepare_subst,
        "($self, alias, args, /)"
    ),
    noargs!(
        "__reduce__",
        |t: &TypeVarTuple| Ok(t.name.get()),
        "($self, /)"
    ),
    noargs!(
        "has_default",
        |t: &TypeVarTuple| Ok(t.has_default()),
        "($self, /)"
    ),
    o!(
        "__mro_entries__",
        |_: &TypeVarTuple, _: &Obj| super::refuse_subclassing("TypeVarTuple"),
        "($self, object, /)"
    ),
];

static MEMBERS: &[PyMemberDef] = &[member!(
    "__name__",
    TypeVarTuple,
    name,
    _Py_T_OBJECT,
    Py_READONLY
)];

static GETSET: &[PyGetSetDef] = &[
    getset!("__default__", |t: &TypeVarTuple| {
        Ok(value_of(&t.default, &t.evaluate_default)?.unwrap_or_else(no_default::get))
    }),
    getset!("evaluate_default", |t: &TypeVarTuple| evaluator_of(
        &t.default,
        &t.evaluate_default
    )),
];

fn make(name: &Obj) -> Result<Ref<TypeVarTuple>> {
    let t = TypeVarTuple {
        ob_base: header(),
        name: Slot::new(Some(name.new_ref())),
        default: Slot::empty(),
        evaluate_default: Slot::empty(),
        dict: Slot::empty(),
        weakrefs: Slot::empty(),
    };
    create(&TYPEVARTUPLE, t)
}

/// A parameter of a generic function, class or alias.
pub fn of_compiler(name: &Obj) -> Result {
    Ok(make(name)?.into_obj())
}

fn new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new("typevartuple", "(name, *, default=NoDefault)");
    let [name, default] = SIGNATURE.bind(args, kwargs)?;
    let t = make(super::check_name("typevartuple", name)?)?;
    t.default.set(Some(no_default::or(default)));
    object::setattr(
        t.as_obj(),
        intern!("__module__"),
        Some(&super::calling_module()),
    )?;
    Ok(t.into_obj())
}

fn prepare_subst(t: &TypeVarTuple, args: &[&Obj]) -> Result {
    args::expect("__typing_prepare_subst__", args, 2..=2)?;
    ask_typing(
        "_typevartuple_prepare_subst",
        &[t.as_obj(), args[0], args[1]],
    )
}
