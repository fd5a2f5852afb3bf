//! Pattern matching.

use gc::Manager;
use layout::*;

use super::Flow;
use super::regs::{Regs, truth};
use crate::err::{self, Result, exc};
use crate::object::*;
use crate::protocol::{call, object};
use crate::raise;
use crate::stackref::StackRef;
use crate::types::tuple::{self, TupleExt};
use crate::types::{dict, set};

#[inline(always)]
pub fn match_mapping<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let found = has_flag(r.obj(1).ty(), Py_TPFLAGS_MAPPING);
    r.push(truth(found));
    Flow::Next
}

#[inline(always)]
pub fn match_sequence<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let found = has_flag(r.obj(1).ty(), Py_TPFLAGS_SEQUENCE);
    r.push(truth(found));
    Flow::Next
}

/// Pushes a tuple of the subject's values for the keys on top, or None if one is missing.
#[inline(always)]
pub fn match_keys<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let result = values_of(r.obj(2), r.obj(1));
    r.finish_push(result)
}

#[inline(never)]
fn values_of(subject: &Obj, keys: &Obj) -> Result {
    // SAFETY: the compiler puts a tuple there.
    let keys = unsafe { keys.cast::<PyTupleObject>() }.items();
    let mut values = Vec::with_capacity(keys.len());
    if keys.is_empty() {
        return Ok(tuple::empty().into_obj());
    }
    // `get` with a default of our own, so that a `__missing__` is not asked.
    let get = object::getattr(subject, crate::intern!("get"))?;
    let dummy = dict::new().into_obj();
    let seen = set::new_set(None)?;
    for key in keys {
        use set::SetExt;
        if seen.contains(key)? {
            return raise!(
                ValueError,
                "mapping pattern checks duplicate key ({})",
                repr_lossy(key)
            );
        }
        seen.add(key)?;
        let value = call::call(&get, &[key, &dummy])?;
        if value.is_same(&dummy) {
            return Ok(none());
        }
        values.push(value);
    }
    Ok(tuple::from_vec(values).into_obj())
}

/// Replaces subject, class and keyword names by a tuple of attributes, or None; the argument counts positional patterns.
#[inline(always)]
pub fn match_class<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match class_attributes(r.obj(3), r.obj(2), oparg as usize, r.obj(1)) {
        Ok(found) => {
            r.replace(3, StackRef::owned(found.unwrap_or_else(none)));
            Flow::Next
        }
        Err(_) => Flow::Error,
    }
}

#[inline(never)]
fn class_attributes(
    subject: &Obj,
    class: &Obj,
    count: usize,
    keywords: &Obj,
) -> Result<Option<Ref>> {
    let Some(tp) = class.downcast::<PyTypeObject>() else {
        return raise!(TypeError, "called match pattern must be a class");
    };
    if !object::is_instance(subject, class)? {
        return Ok(None);
    }
    let mut seen: Vec<Ref> = Vec::new();
    let mut found = Vec::new();
    if count > 0 {
        let names = match object::getattr_opt(class, crate::intern!("__match_args__"))? {
            Some(names) => match names.downcast_exact::<PyTupleObject>() {
                Some(names) => names.to_ref(),
                None => {
                    return raise!(
                        TypeError,
                        "{}.__match_args__ must be a tuple (got {})",
                        type_name(tp),
                        names.tp_name()
                    );
                }
            },
            None => tuple::empty(),
        };
        let own = names.items().is_empty() && has_flag(tp, _Py_TPFLAGS_MATCH_SELF);
        let allowed = if own { 1 } else { names.items().len() };
        if count > allowed {
            return raise!(
                TypeError,
                "{}() accepts {} positional sub-pattern{} ({} given)",
                type_name(tp),
                allowed,
                if allowed == 1 { "" } else { "s" },
                count
            );
        }
        if own {
            found.push(subject.new_ref());
        } else {
            for name in &names.items()[..count] {
                if !name.is_exact::<PyUnicodeObject>() {
                    return raise!(
                        TypeError,
                        "__match_args__ elements must be strings (got {})",
                        name.tp_name()
                    );
                }
                match attribute(subject, tp, name, &mut seen)? {
                    Some(value) => found.push(value),
                    None => return Ok(None),
                }
            }
        }
    }
    // SAFETY: the compiler puts a tuple there.
    for name in unsafe { keywords.cast::<PyTupleObject>() }.items() {
        match attribute(subject, tp, name, &mut seen)? {
            Some(value) => found.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(tuple::from_vec(found).into_obj()))
}

fn attribute(
    subject: &Obj,
    tp: &PyTypeObject,
    name: &Ref,
    seen: &mut Vec<Ref>,
) -> Result<Option<Ref>> {
    use crate::types::type_::builder::CompareOp;
    for other in &*seen {
        if object::rich_compare_bool(other, name, CompareOp::Eq)? {
            return raise!(
                TypeError,
                "{}() got multiple sub-patterns for attribute {}",
                type_name(tp),
                repr_lossy(name)
            );
        }
    }
    seen.push(name.clone());
    err::suppress(object::getattr(subject, name), &exc::AttributeError)
}
