//! Pickling what `__reduce__` answers: a callable, its arguments, and how to fill in what it makes.

use super::PARTIAL;
use super::errors::{noted, pickling, type_of};
use super::opcodes::*;
use super::pickler::Pickler;
use super::save::save;
use super::save_containers::{save_items, save_pairs};
use crate::prelude::*;
use vm::types::dict::DictExt as _;

/// Pickles a reduced object; `o` is the object, where there is one.
pub fn save_reduce(p: &Pickler, reduced: &PyTupleObject, o: Option<&Obj>) -> Result<()> {
    let parts = reduced.items();
    if !(2..=6).contains(&parts.len()) {
        return pickling(format_args!(
            "tuple returned by __reduce__ must contain 2 through 6 elements"
        ));
    }
    let part = |i: usize| {
        parts
            .get(i)
            .map(|part| &**part)
            .filter(|part| !part.is_none())
    };
    let (callable, arguments) = (&*parts[0], &*parts[1]);
    let complain = |which: &str, what: &str, found: &Obj| {
        pickling(format_args!(
            "{which} item of the tuple returned by __reduce__ must be {what}, not {}",
            type_of(found)
        ))
    };
    if !proto::is_callable(callable) {
        return complain("first", "callable", callable);
    }
    let Some(arguments) = arguments.downcast::<PyTupleObject>() else {
        return complain("second", "a tuple", arguments);
    };
    let (state, items, pairs, setter) = (part(2), part(3), part(4), part(5));
    for (which, iterator) in [("fourth", items), ("fifth", pairs)] {
        if let Some(other) = iterator.filter(|i| !proto::is_iterator(i)) {
            return complain(which, "an iterator", other);
        }
    }
    if let Some(other) = setter.filter(|s| !proto::is_callable(s)) {
        return complain("sixth", "callable", other);
    }
    save_maker(p, callable, arguments, o)?;
    if let Some(o) = o {
        match p.memoized(o) {
            // It holds itself, and pickling the arguments has pickled it.
            Some(number) => {
                p.put(&[POP]);
                p.recall(number)?;
            }
            None => p.memoize(o)?,
        }
    }
    let of = o.unwrap_or(NONE());
    if let Some(items) = items {
        save_items(p, items, of)?;
    }
    if let Some(pairs) = pairs {
        save_pairs(p, pairs, of)?;
    }
    match state {
        Some(state) => save_state(p, state, setter, of),
        None => Ok(()),
    }
}

fn save_part(p: &Pickler, part: &Obj, of: Option<&Obj>, what: &str) -> Result<()> {
    noted(save(p, part, true), || {
        format!("when serializing {} {what}", type_of(of.unwrap_or(NONE())))
    })
}

fn save_state(p: &Pickler, state: &Obj, setter: Option<&Obj>, of: &Obj) -> Result<()> {
    let Some(setter) = setter else {
        save_part(p, state, Some(of), "state")?;
        p.put(&[BUILD]);
        return Ok(());
    };
    save_part(p, setter, Some(of), "state setter")?;
    save(p, of, true)?;
    save_part(p, state, Some(of), "state")?;
    p.put(&[TUPLE2, REDUCE, POP]);
    Ok(())
}

/// Pickles the call that makes the object.
fn save_maker(
    p: &Pickler,
    callable: &Obj,
    arguments: &PyTupleObject,
    o: Option<&Obj>,
) -> Result<()> {
    if p.proto.get() >= 2
        && let Some(name) = proto::getattr_opt(callable, intern!("__name__"))?
    {
        if str_::same_text(&name, "__newobj__") {
            return save_newobj(p, arguments, o);
        }
        if str_::same_text(&name, "__newobj_ex__") {
            return save_newobj_ex(p, arguments, o);
        }
    }
    save_part(p, callable, o, "reconstructor")?;
    save_part(p, arguments.as_obj(), o, "reconstructor arguments")?;
    p.put(&[REDUCE]);
    Ok(())
}

/// The class that such a function makes an instance of, which must be the object's.
fn class_of<'a>(name: &str, class: &'a Obj, o: Option<&Obj>) -> Result<&'a Obj> {
    if !class.is::<PyTypeObject>() {
        return pickling(format_args!(
            "first argument to {name}() must be a class, not {}",
            type_of(class)
        ));
    }
    if let Some(o) = o {
        let own = proto::getattr(o, intern!("__class__"))?;
        if !own.is_same(class) {
            return pickling(format_args!(
                "first argument to {name}() must be {}, not {}",
                repr_lossy(&own),
                repr_lossy(class)
            ));
        }
    }
    Ok(class)
}

fn save_newobj(p: &Pickler, arguments: &PyTupleObject, o: Option<&Obj>) -> Result<()> {
    let [class, rest @ ..] = arguments.items() else {
        return pickling(format_args!(
            "__newobj__ expected at least 1 argument, got 0"
        ));
    };
    let class = class_of("__newobj__", class, o)?;
    save_part(p, class, o, "class")?;
    save_part(p, tuple::from_refs(rest).as_obj(), o, "__new__ arguments")?;
    p.put(&[NEWOBJ]);
    Ok(())
}

fn save_newobj_ex(p: &Pickler, arguments: &PyTupleObject, o: Option<&Obj>) -> Result<()> {
    let [class, positional, keywords] = arguments.items() else {
        return pickling(format_args!(
            "__newobj_ex__ expected 3 arguments, got {}",
            arguments.items().len()
        ));
    };
    let class = class_of("__newobj_ex__", class, o)?;
    let Some(positional) = positional.downcast::<PyTupleObject>() else {
        return pickling(format_args!(
            "second argument to __newobj_ex__() must be a tuple, not {}",
            type_of(positional)
        ));
    };
    let Some(keywords) = keywords.downcast::<PyDictObject>() else {
        return pickling(format_args!(
            "third argument to __newobj_ex__() must be a dict, not {}",
            type_of(keywords)
        ));
    };
    if p.proto.get() >= 4 {
        save_part(p, class, o, "class")?;
        save_part(p, positional.as_obj(), o, "__new__ arguments")?;
        save_part(p, keywords.as_obj(), o, "__new__ arguments")?;
        p.put(&[NEWOBJ_EX]);
        return Ok(());
    }
    let make = proto::getattr(class, intern!("__new__"))?;
    let mut all: Vec<Ref> = vec![make, class.new_ref()];
    all.extend(positional.items().iter().cloned());
    let keywords = Some(keywords).filter(|k| !k.is_empty());
    let partial = call::call_tuple_dict(PARTIAL.get()?, &tuple::from_vec(all), keywords)?;
    save_part(p, &partial, o, "reconstructor")?;
    save_part(p, tuple::empty().as_obj(), o, "reconstructor arguments")?;
    p.put(&[REDUCE]);
    Ok(())
}
