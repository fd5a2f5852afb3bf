//! `typing.TypeVar`: a type parameter that stands for one type.

use core::cell::Cell;
use core::mem::offset_of;

use layout::*;

use super::{Variance, ask_typing, evaluator_of, no_default, value_of};
use crate::args::{self, Signature};
use crate::err::{Result, raise};
use crate::intern;
use crate::method::*;
use crate::object::*;
use crate::protocol::{number, object};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::type_::TypeBuilder;

/// The type.
pub static TYPEVAR: PyTypeObject = PyTypeObject::statically_declared();

/// A type variable.
#[repr(C)]
pub struct TypeVar {
    ob_base: PyObject,
    name: Slot,
    bound: Slot,
    evaluate_bound: Slot,
    constraints: Slot,
    evaluate_constraints: Slot,
    default: Slot,
    evaluate_default: Slot,
    covariant: Cell<bool>,
    contravariant: Cell<bool>,
    infer_variance: Cell<bool>,
    dict: Slot,
    weakrefs: Slot,
}

impl Layout for TypeVar {
    fn type_object() -> &'static PyTypeObject {
        &TYPEVAR
    }
}

impl TypeVar {
    fn slots(&self) -> [&Slot; 8] {
        [
            &self.name,
            &self.bound,
            &self.evaluate_bound,
            &self.constraints,
            &self.evaluate_constraints,
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

    fn default(&self) -> Result {
        Ok(value_of(&self.default, &self.evaluate_default)?.unwrap_or_else(no_default::get))
    }
}

/// Fills in the type.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<TypeVar>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dictoffset(offset_of!(TypeVar, dict))
        .weaklistoffset(offset_of!(TypeVar, weakrefs))
        .generic_attributes()
        .tp_new(new)
        .dealloc_drop::<TypeVar>()
        .tp_traverse(|t: &TypeVar, v: &mut Visitor| {
            t.slots().into_iter().try_for_each(|s| v.slot(s))
        })
        .tp_clear(|t: &TypeVar| t.slots().into_iter().skip(1).for_each(|s| s.set(None)))
        .tp_repr(repr)
        .nb_or(|a: &Obj, b: &Obj| super::union(a, b))
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    o!("__typing_subst__", subst, "($self, arg, /)"),
    fastcall!(
        "__typing_prepare_subst__",
        prepare_subst,
        "($self, alias, args, /)"
    ),
    noargs!("__reduce__", |t: &TypeVar| Ok(t.name.get()), "($self, /)"),
    noargs!(
        "has_default",
        |t: &TypeVar| Ok(t.has_default()),
        "($self, /)"
    ),
    o!(
        "__mro_entries__",
        |_: &TypeVar, _: &Obj| super::refuse_subclassing("TypeVar"),
        "($self, object, /)"
    ),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("__name__", TypeVar, name, _Py_T_OBJECT, Py_READONLY),
    member!("__covariant__", TypeVar, covariant, Py_T_BOOL, Py_READONLY),
    member!(
        "__contravariant__",
        TypeVar,
        contravariant,
        Py_T_BOOL,
        Py_READONLY
    ),
    member!(
        "__infer_variance__",
        TypeVar,
        infer_variance,
        Py_T_BOOL,
        Py_READONLY
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("__bound__", |t: &TypeVar| value_of(
        &t.bound,
        &t.evaluate_bound
    )),
    getset!("__constraints__", constraints),
    getset!("__default__", TypeVar::default),
    getset!("evaluate_bound", |t: &TypeVar| evaluator_of(
        &t.bound,
        &t.evaluate_bound
    )),
    getset!("evaluate_constraints", |t: &TypeVar| evaluator_of(
        &t.constraints,
        &t.evaluate_constraints
    )),
    getset!("evaluate_default", |t: &TypeVar| evaluator_of(
        &t.default,
        &t.evaluate_default
    )),
];

fn make(name: &Obj, variance: Variance) -> Result<Ref<TypeVar>> {
    let t = TypeVar {
        ob_base: header(),
        name: Slot::new(Some(name.new_ref())),
        bound: Slot::empty(),
        evaluate_bound: Slot::empty(),
        constraints: Slot::empty(),
        evaluate_constraints: Slot::empty(),
        default: Slot::empty(),
        evaluate_default: Slot::empty(),
        covariant: Cell::new(variance.covariant),
        contravariant: Cell::new(variance.contravariant),
        infer_variance: Cell::new(variance.infer),
        dict: Slot::empty(),
        weakrefs: Slot::empty(),
    };
    create(&TYPEVAR, t)
}

/// A parameter of a generic function, class or alias; bound and constraints are computed by functions.
pub fn of_compiler(
    name: &Obj,
    evaluate_bound: Option<&Obj>,
    evaluate_constraints: Option<&Obj>,
) -> Result {
    let t = make(
        name,
        Variance {
            infer: true,
            ..Variance::default()
        },
    )?;
    t.evaluate_bound.set(evaluate_bound.map(Obj::new_ref));
    t.evaluate_constraints
        .set(evaluate_constraints.map(Obj::new_ref));
    Ok(t.into_obj())
}

fn new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "typevar",
        "(name, *constraints, bound=None, default=NoDefault, covariant=False, contravariant=False, infer_variance=False)",
    );
    // What comes after the name are constraints.
    let constraints = &args.items()[args.items().len().min(1)..];
    let first = tuple::from_refs(&args.items()[..args.items().len().min(1)]);
    let [name, bound, default, covariant, contravariant, infer] = SIGNATURE.bind(&first, kwargs)?;
    let name = super::check_name("typevar", name)?;
    let variance = Variance::from_args(covariant, contravariant, infer)?;
    let bound = super::checked_bound(bound)?;
    if constraints.len() == 1 {
        return raise!(TypeError, "A single constraint is not allowed");
    }
    if !constraints.is_empty() && bound.is_some() {
        return raise!(TypeError, "Constraints cannot be combined with bound=...");
    }
    let t = make(name, variance)?;
    t.bound.set(bound);
    if !constraints.is_empty() {
        t.constraints
            .set(Some(tuple::from_refs(constraints).into_obj()));
    }
    t.default.set(Some(no_default::or(default)));
    object::setattr(
        t.as_obj(),
        intern!("__module__"),
        Some(&super::calling_module()),
    )?;
    Ok(t.into_obj())
}

fn constraints(t: &TypeVar) -> Result {
    Ok(value_of(&t.constraints, &t.evaluate_constraints)?
        .unwrap_or_else(|| tuple::empty().into_obj()))
}

fn repr(t: &TypeVar) -> Result<String> {
    let variance = Variance {
        covariant: t.covariant.get(),
        contravariant: t.contravariant.get(),
        infer: t.infer_variance.get(),
    };
    Ok(format!(
        "{}{}",
        variance.sign(),
        str_lossy(&t.name.get().unwrap_or_else(none))
    ))
}

fn subst(t: &TypeVar, arg: &Obj) -> Result {
    ask_typing("_typevar_subst", &[t.as_obj(), arg])
}

fn prepare_subst(t: &TypeVar, args: &[&Obj]) -> Result {
    args::expect("__typing_prepare_subst__", args, 2..=2)?;
    let (alias, arguments) = (args[0], args[1]);
    let parameters = object::getattr(alias, intern!("__parameters__"))?;
    let parameters = object::to_vec(&parameters)?;
    let given = object::length(arguments)?;
    let Some(index) = parameters.iter().position(|p| p.is_same(t.as_obj())) else {
        return raise!(
            ValueError,
            "{} is not a parameter of {}",
            repr_lossy(t.as_obj()),
            repr_lossy(alias)
        );
    };
    if index < given {
        return Ok(arguments.new_ref());
    }
    if index == given {
        let default = t.default()?;
        if !no_default::is(&default) {
            return number::add(arguments, tuple::from_array([default]).as_obj());
        }
    }
    raise!(
        TypeError,
        "Too few arguments for {}; actual {given}, expected at least {}",
        str_lossy(alias),
        index + 1
    )
}
