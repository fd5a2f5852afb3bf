//! `typing.ParamSpec`: a type parameter that stands for the parameters of a callable.

use core::cell::Cell;
use core::mem::offset_of;

use layout::*;

use super::{Variance, ask_typing, evaluator_of, no_default, value_of};
use crate::args::{self, Signature};
use crate::err::Result;
use crate::intern;
use crate::method::*;
use crate::object::*;
use crate::protocol::object;
use crate::types::type_::{CompareOp, TypeBuilder};

/// The type.
pub static PARAMSPEC: PyTypeObject = PyTypeObject::statically_declared();
/// The type of `P.args`.
pub static PARAMSPEC_ARGS: PyTypeObject = PyTypeObject::statically_declared();
/// The type of `P.kwargs`.
pub static PARAMSPEC_KWARGS: PyTypeObject = PyTypeObject::statically_declared();

/// A parameter specification.
#[repr(C)]
pub struct ParamSpec {
    ob_base: PyObject,
    name: Slot,
    bound: Slot,
    default: Slot,
    evaluate_default: Slot,
    covariant: Cell<bool>,
    contravariant: Cell<bool>,
    infer_variance: Cell<bool>,
    dict: Slot,
    weakrefs: Slot,
}

impl Layout for ParamSpec {
    fn type_object() -> &'static PyTypeObject {
        &PARAMSPEC
    }
}

impl ParamSpec {
    fn slots(&self) -> [&Slot; 5] {
        [
            &self.name,
            &self.bound,
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

/// Fills in `ParamSpec`.
pub fn define(b: &mut TypeBuilder) {
    b.basicsize::<ParamSpec>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .dictoffset(offset_of!(ParamSpec, dict))
        .weaklistoffset(offset_of!(ParamSpec, weakrefs))
        .generic_attributes()
        .tp_new(new)
        .dealloc_drop::<ParamSpec>()
        .tp_traverse(|p: &ParamSpec, v: &mut Visitor| {
            p.slots().into_iter().try_for_each(|s| v.slot(s))
        })
        .tp_clear(|p: &ParamSpec| p.slots().into_iter().skip(1).for_each(|s| s.set(None)))
        .tp_repr(repr)
        .nb_or(|a: &Obj, b: &Obj| super::union(a, b))
        .methods(METHODS)
        .members(MEMBERS)
        .getset(GETSET);
}

static METHODS: &[PyMethodDef] = &[
    o!(
        "__typing_subst__",
        |p: &ParamSpec, arg: &Obj| ask_typing("_paramspec_subst", &[p.as_obj(), arg]),
        "($self, arg, /)"
    ),
    fastcall!(
        "__typing_prepare_subst__",
        prepare_subst,
        "($self, alias, args, /)"
    ),
    noargs!(
        "has_default",
        |p: &ParamSpec| Ok(p.has_default()),
        "($self, /)"
    ),
    noargs!("__reduce__", |p: &ParamSpec| Ok(p.name.get()), "($self, /)"),
    o!(
        "__mro_entries__",
        |_: &ParamSpec, _: &Obj| super::refuse_subclassing("ParamSpec"),
        "($self, object, /)"
    ),
];

static MEMBERS: &[PyMemberDef] = &[
    member!("__name__", ParamSpec, name, _Py_T_OBJECT, Py_READONLY),
    member!("__bound__", ParamSpec, bound, _Py_T_OBJECT, Py_READONLY),
    member!(
        "__covariant__",
        ParamSpec,
        covariant,
        Py_T_BOOL,
        Py_READONLY
    ),
    member!(
        "__contravariant__",
        ParamSpec,
        contravariant,
        Py_T_BOOL,
        Py_READONLY
    ),
    member!(
        "__infer_variance__",
        ParamSpec,
        infer_variance,
        Py_T_BOOL,
        Py_READONLY
    ),
];

static GETSET: &[PyGetSetDef] = &[
    getset!("args", |p: &ParamSpec| part(&PARAMSPEC_ARGS, p.as_obj())),
    getset!("kwargs", |p: &ParamSpec| part(
        &PARAMSPEC_KWARGS,
        p.as_obj()
    )),
    getset!("__default__", |p: &ParamSpec| {
        Ok(value_of(&p.default, &p.evaluate_default)?.unwrap_or_else(no_default::get))
    }),
    getset!("evaluate_default", |p: &ParamSpec| evaluator_of(
        &p.default,
        &p.evaluate_default
    )),
];

fn make(name: &Obj, variance: Variance) -> Result<Ref<ParamSpec>> {
    let p = ParamSpec {
        ob_base: header(),
        name: Slot::new(Some(name.new_ref())),
        bound: Slot::empty(),
        default: Slot::empty(),
        evaluate_default: Slot::empty(),
        covariant: Cell::new(variance.covariant),
        contravariant: Cell::new(variance.contravariant),
        infer_variance: Cell::new(variance.infer),
        dict: Slot::empty(),
        weakrefs: Slot::empty(),
    };
    create(&PARAMSPEC, p)
}

/// A parameter of a generic function, class or alias.
pub fn of_compiler(name: &Obj) -> Result {
    Ok(make(
        name,
        Variance {
            infer: true,
            ..Variance::default()
        },
    )?
    .into_obj())
}

fn new(_: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>) -> Result {
    static SIGNATURE: Signature = Signature::new(
        "paramspec",
        "(name, *, bound=None, default=NoDefault, covariant=False, contravariant=False, infer_variance=False)",
    );
    let [name, bound, default, covariant, contravariant, infer] = SIGNATURE.bind(args, kwargs)?;
    let name = super::check_name("paramspec", name)?;
    let variance = Variance::from_args(covariant, contravariant, infer)?;
    let bound = bound.filter(|b| !b.is_none()).map(Obj::new_ref);
    let p = make(name, variance)?;
    p.bound.set(bound);
    p.default.set(Some(no_default::or(default)));
    object::setattr(
        p.as_obj(),
        intern!("__module__"),
        Some(&super::calling_module()),
    )?;
    Ok(p.into_obj())
}

fn repr(p: &ParamSpec) -> Result<String> {
    let variance = Variance {
        covariant: p.covariant.get(),
        contravariant: p.contravariant.get(),
        infer: p.infer_variance.get(),
    };
    Ok(format!(
        "{}{}",
        variance.sign(),
        str_lossy(&p.name.get().unwrap_or_else(none))
    ))
}

fn prepare_subst(p: &ParamSpec, args: &[&Obj]) -> Result {
    args::expect("__typing_prepare_subst__", args, 2..=2)?;
    ask_typing("_paramspec_prepare_subst", &[p.as_obj(), args[0], args[1]])
}

// ---- P.args and P.kwargs ----

/// `P.args` or `P.kwargs`, which only their types tell apart.
#[repr(C)]
pub struct Part {
    ob_base: PyObject,
    origin: Slot,
    weakrefs: Slot,
}

impl Layout for Part {
    fn type_object() -> &'static PyTypeObject {
        &PARAMSPEC_ARGS
    }
}

fn define_part(b: &mut TypeBuilder) -> &mut TypeBuilder {
    b.basicsize::<Part>()
        .flags(Py_TPFLAGS_HAVE_GC)
        .weaklistoffset(offset_of!(Part, weakrefs))
        .dealloc_drop::<Part>()
        .tp_traverse(|p: &Part, v: &mut Visitor| v.slot(&p.origin))
        .tp_clear(|p: &Part| p.origin.set(None))
        .unhashable()
        .tp_richcompare(compare_parts)
        .members(PART_MEMBERS)
}

/// Fills in `ParamSpecArgs`.
pub fn define_args(b: &mut TypeBuilder) {
    define_part(b)
        .tp_new(
            |tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                static SIGNATURE: Signature = Signature::new("paramspecargs", "(origin)");
                let [origin] = SIGNATURE.bind(args, kwargs)?;
                part(tp, origin.expect("required"))
            },
        )
        .tp_repr(|p: &Part| part_repr(p, "args"))
        .methods(ARGS_METHODS);
}

/// Fills in `ParamSpecKwargs`.
pub fn define_kwargs(b: &mut TypeBuilder) {
    define_part(b)
        .tp_new(
            |tp: &PyTypeObject, args: &PyTupleObject, kwargs: Option<&PyDictObject>| {
                static SIGNATURE: Signature = Signature::new("paramspeckwargs", "(origin)");
                let [origin] = SIGNATURE.bind(args, kwargs)?;
                part(tp, origin.expect("required"))
            },
        )
        .tp_repr(|p: &Part| part_repr(p, "kwargs"))
        .methods(KWARGS_METHODS);
}

static PART_MEMBERS: &[PyMemberDef] = &[member!(
    "__origin__",
    Part,
    origin,
    _Py_T_OBJECT,
    Py_READONLY
)];

static ARGS_METHODS: &[PyMethodDef] = &[o!(
    "__mro_entries__",
    |_: &Obj, _: &Obj| super::refuse_subclassing("ParamSpecArgs"),
    "($self, object, /)"
)];

static KWARGS_METHODS: &[PyMethodDef] = &[o!(
    "__mro_entries__",
    |_: &Obj, _: &Obj| super::refuse_subclassing("ParamSpecKwargs"),
    "($self, object, /)"
)];

fn part(tp: &PyTypeObject, origin: &Obj) -> Result {
    let p = Part {
        ob_base: header(),
        origin: Slot::new(Some(origin.new_ref())),
        weakrefs: Slot::empty(),
    };
    Ok(create(tp, p)?.into_obj())
}

fn part_repr(p: &Part, which: &str) -> Result<String> {
    let origin = p.origin.get().unwrap_or_else(none);
    let shown = match origin.downcast_exact::<ParamSpec>() {
        Some(spec) => spec.name.get().unwrap_or_else(none),
        None => object::repr(&origin)?,
    };
    Ok(format!("{}.{which}", str_lossy(&shown)))
}

fn compare_parts(p: &Part, other: &Obj, op: CompareOp) -> Result {
    if !core::ptr::eq(p.as_obj().ty(), other.ty()) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(not_implemented());
    }
    // SAFETY: of the same type.
    let other = unsafe { other.cast::<Part>() };
    object::rich_compare(
        &p.origin.get().unwrap_or_else(none),
        &other.origin.get().unwrap_or_else(none),
        op,
    )
}
