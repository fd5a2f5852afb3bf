//! Type parameters: which ones a list of type arguments has, and putting arguments in their places.
//!
//! The objects themselves (`TypeVar` and its kin) say how they are substituted, through the methods
//! `__typing_subst__` and `__typing_prepare_subst__`.

use layout::*;

use crate::err::{Result, raise};
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::list::{self, ListExt as _};
use crate::types::tuple::{self, TupleExt as _};

/// The items of an argument that is a tuple or a list of arguments.
fn nested(o: &Obj) -> Option<Vec<Ref>> {
    if let Some(t) = o.downcast::<PyTupleObject>() {
        return Some(t.items().to_vec());
    }
    o.downcast::<PyListObject>().map(|l| l.items().to_vec())
}

fn add(found: &mut Vec<Ref>, parameter: &Ref) {
    if !found.iter().any(|known| known.is_same(parameter)) {
        found.push(parameter.clone());
    }
}

fn collect(args: &[Ref], found: &mut Vec<Ref>) -> Result<()> {
    for arg in args {
        // A class has a `__parameters__` of its own, which is not meant.
        if arg.is::<PyTypeObject>() {
            continue;
        }
        if let Some(inner) = nested(arg) {
            let _depth = call::NativeCall::enter(" in __parameter__ calculation")?;
            collect(&inner, found)?;
        } else if object::getattr_opt(arg, intern!("__typing_subst__"))?.is_some() {
            add(found, arg);
        } else if let Some(inner) = object::getattr_opt(arg, intern!("__parameters__"))?
            && let Some(inner) = inner.downcast::<PyTupleObject>()
        {
            inner
                .items()
                .iter()
                .for_each(|parameter| add(found, parameter));
        }
    }
    Ok(())
}

/// The distinct type parameters in `args`, in order.
pub fn parameters_of(args: &PyTupleObject) -> Result<Ref<PyTupleObject>> {
    let mut found = Vec::new();
    collect(args.items(), &mut found)?;
    Ok(tuple::from_vec(found))
}

/// The parameters kept in `slot`, which are computed first if need be.
pub fn cached(slot: &Slot, args: &PyTupleObject) -> Result<Ref<PyTupleObject>> {
    if let Some(known) = slot.get().and_then(|o| o.downcast_ref().ok()) {
        return Ok(known);
    }
    let found = parameters_of(args)?;
    slot.set(Some(found.clone().into_obj()));
    Ok(found)
}

/// The arguments with unpacked tuples (`*tuple[int, str]`) spread out, unless they end in `...`.
fn unpacked(item: &Obj) -> Result<Ref<PyTupleObject>> {
    let args = match item.downcast::<PyTupleObject>() {
        Some(t) => t.to_ref(),
        None => tuple::from_slice(&[item]),
    };
    let mut spread = Vec::with_capacity(args.len());
    for arg in args.items() {
        let inner = if arg.is::<PyTypeObject>() {
            None
        } else {
            object::getattr_opt(arg, intern!("__typing_unpacked_tuple_args__"))?
                .filter(|o| !o.is_none())
        };
        match inner.as_ref().and_then(|o| o.downcast::<PyTupleObject>()) {
            Some(t)
                if !t
                    .items()
                    .last()
                    .is_some_and(|last| last.is_same(ELLIPSIS())) =>
            {
                spread.extend_from_slice(t.items());
            }
            _ => spread.push(arg.clone()),
        }
    }
    Ok(tuple::from_vec(spread))
}

fn index_of(parameters: &PyTupleObject, o: &Obj) -> Option<usize> {
    parameters.items().iter().position(|p| p.is_same(o))
}

/// `args` with the `parameters` replaced by the arguments in `item`; `this` is named in messages.
pub fn substitute(
    this: &Obj,
    args: &Obj,
    parameters: &PyTupleObject,
    item: &Obj,
) -> Result<Ref<PyTupleObject>> {
    if parameters.is_empty() {
        return raise!(TypeError, "{} is not a generic class", repr_lossy(this));
    }
    let mut item = unpacked(item)?.into_obj();
    for parameter in parameters.items() {
        let prepare = object::getattr_opt(parameter, intern!("__typing_prepare_subst__"))?;
        if let Some(prepare) = prepare.filter(|p| !p.is_none()) {
            let arguments = if item.is::<PyTupleObject>() {
                item.clone()
            } else {
                tuple::from_slice(&[&item]).into_obj()
            };
            item = call::call(&prepare, &[this, &arguments])?;
        }
    }
    let values = match item.downcast::<PyTupleObject>() {
        Some(t) => t.items().to_vec(),
        None => vec![item.clone()],
    };
    if values.len() != parameters.len() {
        return raise!(
            TypeError,
            "Too {} arguments for {}; actual {}, expected {}",
            if values.len() > parameters.len() {
                "many"
            } else {
                "few"
            },
            repr_lossy(this),
            values.len(),
            parameters.len()
        );
    }
    let mut replaced = Vec::new();
    for arg in nested(args).unwrap_or_default() {
        if arg.is::<PyTypeObject>() {
            replaced.push(arg);
            continue;
        }
        if nested(&arg).is_some() {
            let inner = substitute(this, &arg, parameters, &item)?;
            replaced.push(if arg.is::<PyTupleObject>() {
                inner.into_obj()
            } else {
                list::from_refs(inner.items()).into_obj()
            });
            continue;
        }
        let spreads =
            match object::getattr_opt(&arg, intern!("__typing_is_unpacked_typevartuple__"))? {
                Some(answer) => object::is_true(&answer)?,
                None => false,
            };
        let value = match object::getattr_opt(&arg, intern!("__typing_subst__"))? {
            Some(subst) => match index_of(parameters, &arg) {
                Some(i) => call::call1(&subst, &values[i])?,
                None => {
                    return raise!(
                        TypeError,
                        "argument {} with __typing_subst__ was not found in __parameters__",
                        repr_lossy(&arg)
                    );
                }
            },
            None => substitute_inside(&arg, parameters, &values)?,
        };
        if !spreads {
            replaced.push(value);
        } else if let Some(t) = value.downcast::<PyTupleObject>() {
            replaced.extend_from_slice(t.items());
        } else {
            return raise!(
                TypeError,
                "expected __typing_subst__ of {} objects to return a tuple, not {}",
                arg.tp_name(),
                value.tp_name()
            );
        }
    }
    Ok(tuple::from_vec(replaced))
}

/// An argument that is generic itself, with its own parameters replaced.
fn substitute_inside(arg: &Obj, parameters: &PyTupleObject, values: &[Ref]) -> Result {
    let inner = object::getattr_opt(arg, intern!("__parameters__"))?;
    let Some(inner) = inner
        .as_ref()
        .and_then(|o| o.downcast::<PyTupleObject>())
        .filter(|t| !t.is_empty())
    else {
        return Ok(arg.new_ref());
    };
    let mut replaced = Vec::with_capacity(inner.len());
    for own in inner.items() {
        let Some(i) = index_of(parameters, own) else {
            replaced.push(own.clone());
            continue;
        };
        // A parameter that stands for several arguments iterates.
        let several = parameters.items()[i].ty().tp_iter.get().is_some();
        match values[i].downcast::<PyTupleObject>() {
            Some(t) if several => replaced.extend_from_slice(t.items()),
            _ => replaced.push(values[i].clone()),
        }
    }
    object::getitem(arg, tuple::from_vec(replaced).as_obj())
}
