//! The objects of `typing` that the language itself makes: type parameters, type aliases, `Generic`.
//!
//! What needs the rules of `typing` (checking a type, substituting) is asked of that module, which is imported then.

pub mod alias;
pub mod evaluator;
pub mod generic;
pub mod no_default;
pub mod paramspec;
pub mod typevar;
pub mod typevartuple;

use layout::*;

use crate::err::{Result, raise};
use crate::frame;
use crate::import;
use crate::object::*;
use crate::protocol::{call, object};
use crate::state;
use crate::types::int;
use crate::types::tuple::{self, TupleExt as _};

/// Calls a function of the `typing` module.
pub fn ask_typing(name: &str, args: &[&Obj]) -> Result {
    let typing = import::import("typing")?;
    call::call_method(&typing, name, args)
}

/// The module of the function that runs, for `__module__`.
fn calling_module() -> Ref {
    let found = frame::innermost(state::current()).and_then(|f| f.function().func_module.get_ref());
    found.unwrap_or_else(none)
}

/// A value that may be computed when it is first asked for: `lazy` is then called with the format VALUE.
fn value_of(value: &Slot, lazy: &Slot) -> Result<Option<Ref>> {
    if let Some(known) = value.get() {
        return Ok(Some(known));
    }
    let Some(f) = lazy.get() else { return Ok(None) };
    let computed = call::call1(&f, int::one())?;
    value.set(Some(computed.clone()));
    Ok(Some(computed))
}

/// The function that computes a value, made up for a value that was given; `None` where there is neither.
fn evaluator_of(value: &Slot, lazy: &Slot) -> Result<Option<Ref>> {
    match (lazy.get(), value.get()) {
        (Some(f), _) => Ok(Some(f)),
        (None, Some(value)) => evaluator::new(&value).map(Some),
        (None, None) => Ok(None),
    }
}

/// Whether a type parameter has a default.
fn has_default(value: &Slot, lazy: &Slot) -> bool {
    lazy.borrow().is_some() || value.borrow().is_some_and(|v| !no_default::is(v))
}

/// `a | b` where one is an object of `typing`.
fn union(a: &Obj, b: &Obj) -> Result {
    crate::types::union_::from_args(tuple::pair(a, b).as_obj())
}

fn refuse_subclassing(name: &str) -> Result {
    raise!(TypeError, "Cannot subclass an instance of {name}")
}

/// Checks the argument that names a type parameter.
fn check_name<'a>(function: &str, name: Option<&'a Obj>) -> Result<&'a Obj> {
    let name = name.unwrap_or(NONE());
    if !name.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "{function}() argument 'name' must be str, not {}",
            name.tp_name()
        );
    }
    Ok(name)
}

/// The `bound` argument, checked by `typing`.
fn checked_bound(bound: Option<&Obj>) -> Result<Option<Ref>> {
    match bound.filter(|b| !b.is_none()) {
        None => Ok(None),
        Some(b) => {
            let message = crate::types::str_::new("Bound must be a type.");
            ask_typing("_type_check", &[b, message.as_obj()]).map(Some)
        }
    }
}

/// How a type parameter varies.
#[derive(Clone, Copy, Default)]
pub struct Variance {
    covariant: bool,
    contravariant: bool,
    infer: bool,
}

impl Variance {
    fn from_args(
        covariant: Option<&Obj>,
        contravariant: Option<&Obj>,
        infer: Option<&Obj>,
    ) -> Result<Variance> {
        let flag = |o: Option<&Obj>| o.map_or(Ok(false), object::is_true);
        let v = Variance {
            covariant: flag(covariant)?,
            contravariant: flag(contravariant)?,
            infer: flag(infer)?,
        };
        if v.covariant && v.contravariant {
            return raise!(ValueError, "Bivariant types are not supported.");
        }
        if v.infer && (v.covariant || v.contravariant) {
            return raise!(
                ValueError,
                "Variance cannot be specified with infer_variance."
            );
        }
        Ok(v)
    }

    /// What a name is preceded by in a repr.
    fn sign(self) -> &'static str {
        match self {
            Variance { infer: true, .. } => "",
            Variance {
                covariant: true, ..
            } => "+",
            Variance {
                contravariant: true,
                ..
            } => "-",
            _ => "~",
        }
    }
}

/// Sets the function that computes the default of a type parameter made by the compiler's code.
pub fn set_default(parameter: &Obj, function: &Obj) -> Result {
    let slot = if let Some(t) = parameter.downcast::<typevar::TypeVar>() {
        t.lazy_default()
    } else if let Some(p) = parameter.downcast::<paramspec::ParamSpec>() {
        p.lazy_default()
    } else if let Some(t) = parameter.downcast::<typevartuple::TypeVarTuple>() {
        t.lazy_default()
    } else {
        return raise!(
            TypeError,
            "Expected a type param, got {}",
            repr_lossy(parameter)
        );
    };
    slot.set(Some(function.new_ref()));
    Ok(parameter.new_ref())
}

/// Type parameters with each `TypeVarTuple` as `Unpack[...]`.
fn unpack_tuples(parameters: &PyTupleObject) -> Result<Ref<PyTupleObject>> {
    if !parameters
        .items()
        .iter()
        .any(|p| p.is_exact::<typevartuple::TypeVarTuple>())
    {
        return Ok(parameters.to_ref());
    }
    let mut out = Vec::with_capacity(parameters.items().len());
    for p in parameters.items() {
        out.push(if p.is_exact::<typevartuple::TypeVarTuple>() {
            unpack(p)?
        } else {
            p.clone()
        });
    }
    Ok(tuple::from_vec(out))
}

/// `typing.Unpack[o]`
fn unpack(o: &Obj) -> Result {
    let typing = import::import("typing")?;
    let unpack = object::getattr_str(&typing, "Unpack")?;
    object::getitem(&unpack, o)
}

/// `iter((Unpack[o],))`
fn iter_unpacked(o: &Obj) -> Result {
    object::iter(tuple::from_array([unpack(o)?]).as_obj())
}
