//! Builtins about objects: attributes, identity, classes, namespaces.

use layout::*;

use crate::args;
use crate::err::{Result, raise};
use crate::frame;
use crate::intern;
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::int;
use crate::types::list;

pub fn callable(_: &Obj, o: &Obj) -> Result<bool> {
    Ok(object::is_callable(o))
}

pub fn hash(_: &Obj, o: &Obj) -> Result<isize> {
    object::hash(o)
}

pub fn id(_: &Obj, o: &Obj) -> Result {
    Ok(int::from_u64(o.as_ptr() as u64).into_obj())
}

pub fn len(_: &Obj, o: &Obj) -> Result<usize> {
    object::length(o)
}

pub fn getattr(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("getattr", given, 2..=3)?;
    let (o, name) = (given[0], given[1]);
    if !name.is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "attribute name must be string, not '{}'",
            name.tp_name()
        );
    }
    match given.get(2) {
        Some(default) => Ok(object::getattr_opt(o, name)?.unwrap_or_else(|| (*default).new_ref())),
        None => object::getattr(o, name),
    }
}

pub fn hasattr(_: &Obj, given: &[&Obj]) -> Result<bool> {
    args::expect("hasattr", given, 2..=2)?;
    if !given[1].is::<PyUnicodeObject>() {
        return raise!(
            TypeError,
            "attribute name must be string, not '{}'",
            given[1].tp_name()
        );
    }
    Ok(object::getattr_opt(given[0], given[1])?.is_some())
}

pub fn setattr(_: &Obj, given: &[&Obj]) -> Result<()> {
    args::expect("setattr", given, 3..=3)?;
    object::setattr(given[0], given[1], Some(given[2]))
}

pub fn delattr(_: &Obj, given: &[&Obj]) -> Result<()> {
    args::expect("delattr", given, 2..=2)?;
    object::delattr(given[0], given[1])
}

pub fn isinstance(_: &Obj, given: &[&Obj]) -> Result<bool> {
    args::expect("isinstance", given, 2..=2)?;
    object::is_instance(given[0], given[1])
}

pub fn issubclass(_: &Obj, given: &[&Obj]) -> Result<bool> {
    args::expect("issubclass", given, 2..=2)?;
    object::is_subclass(given[0], given[1])
}

pub fn globals(_: &Obj) -> Result<Option<Ref>> {
    Ok(frame::current_globals())
}

pub fn locals(_: &Obj) -> Result {
    frame::current_locals()
}

pub fn vars(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("vars", given, 0..=1)?;
    match given.first() {
        None => frame::current_locals(),
        Some(o) => match object::getattr_opt(o, intern!("__dict__"))? {
            Some(d) => Ok(d),
            None => raise!(TypeError, "vars() argument must have __dict__ attribute"),
        },
    }
}

pub fn dir(_: &Obj, given: &[&Obj]) -> Result {
    args::expect("dir", given, 0..=1)?;
    if let Some(o) = given.first() {
        return object::dir(o);
    }
    let namespace = frame::current_locals()?;
    let keys = call::call_method(&namespace, "keys", &[])?;
    let names = list::from_vec(object::to_vec(&keys)?);
    call::call_method(names.as_obj(), "sort", &[])?;
    Ok(names.into_obj())
}
