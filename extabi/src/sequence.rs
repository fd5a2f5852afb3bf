//! What the functions of `abstract.h` ask of sequences and of mappings alone.

use layout::*;
use vm::err::{Result, raise};
use vm::object::*;
use vm::protocol::{call, object};
use vm::types::type_::CompareOp;
use vm::types::{int, slice};

/// A position as an object.
pub fn index_object(i: isize) -> Ref {
    int::from_isize(i).into_obj()
}

/// The slice of two positions.
pub fn slice_object(low: isize, high: isize) -> Result {
    slice::new(&index_object(low), &index_object(high), NONE()).map(Ref::into_obj)
}

/// Where an item is in a sequence, or how often.
pub fn search(o: &Obj, x: &Obj, count_all: bool) -> Result<isize> {
    let it = object::iter(o)?;
    let (mut at, mut n) = (0, 0);
    while let Some(item) = object::next(&it)? {
        if object::rich_compare_bool(&item, x, CompareOp::Eq)? {
            if !count_all {
                return Ok(at);
            }
            n += 1;
        }
        at += 1;
    }
    if count_all {
        Ok(n)
    } else {
        raise!(ValueError, "sequence.index(x): x not in sequence")
    }
}

/// `bytes(o)` of what is no str and no int.
pub fn bytes_of(o: &Obj) -> Result {
    if o.is_exact::<PyBytesObject>() {
        return Ok(o.new_ref());
    }
    let Some(special) = object::lookup_special(o, vm::intern!("__bytes__"))? else {
        return vm::types::bytes::from_object(o);
    };
    let made = call::call0(&special)?;
    if made.is::<PyBytesObject>() {
        return Ok(made);
    }
    raise!(
        TypeError,
        "__bytes__ returned non-bytes (type {:.200})",
        made.tp_name()
    )
}

/// The suite of sequences, if the type has one.
pub fn sequence_methods(o: &Obj) -> Option<&PySequenceMethods> {
    // SAFETY: a type's suites live as long as the type.
    unsafe { o.ty().tp_as_sequence.get().as_ref() }
}

/// The suite of mappings, if the type has one.
pub fn mapping_methods(o: &Obj) -> Option<&PyMappingMethods> {
    // SAFETY: as above.
    unsafe { o.ty().tp_as_mapping.get().as_ref() }
}

/// The length of what is a sequence: mappings are refused.
pub fn sequence_length(o: &Obj) -> Result<usize> {
    if sequence_methods(o).is_some_and(|m| m.sq_length.get().is_some()) {
        return object::length(o);
    }
    match mapping_methods(o).is_some_and(|m| m.mp_length.get().is_some()) {
        true => raise!(TypeError, "{} is not a sequence", o.tp_name()),
        false => raise!(TypeError, "object of type '{}' has no len()", o.tp_name()),
    }
}

/// The length of what is a mapping: sequences are refused.
pub fn mapping_length(o: &Obj) -> Result<usize> {
    if mapping_methods(o).is_some_and(|m| m.mp_length.get().is_some()) {
        return object::length(o);
    }
    match sequence_methods(o).is_some_and(|m| m.sq_length.get().is_some()) {
        true => raise!(TypeError, "{} is not a mapping", o.tp_name()),
        false => raise!(TypeError, "object of type '{}' has no len()", o.tp_name()),
    }
}

/// Sets or deletes an item of a sequence.
pub fn assign(o: &Obj, i: isize, v: Option<&Obj>) -> Result<()> {
    if sequence_methods(o).is_none_or(|m| m.sq_ass_item.get().is_none()) {
        let verb = if v.is_some() {
            "assignment"
        } else {
            "deletion"
        };
        let mapping = mapping_methods(o).is_some_and(|m| m.mp_ass_subscript.get().is_some());
        return match mapping {
            true => raise!(TypeError, "{} is not a sequence", o.tp_name()),
            false => raise!(
                TypeError,
                "'{}' object does not support item {verb}",
                o.tp_name()
            ),
        };
    }
    match v {
        Some(v) => object::setitem(o, &index_object(i), v),
        None => object::delitem(o, &index_object(i)),
    }
}

/// Adds what is a sequence: numbers are refused.
pub fn concatenated(x: &Obj, y: &Obj, add: fn(&Obj, &Obj) -> Result) -> Result {
    let concatenates = sequence_methods(x).is_some_and(|m| m.sq_concat.get().is_some());
    if concatenates || object::is_sequence(x) && object::is_sequence(y) {
        return add(x, y);
    }
    raise!(TypeError, "'{}' object can't be concatenated", x.tp_name())
}

/// Repeats what is a sequence: numbers are refused.
pub fn repeated(o: &Obj, n: isize, multiply: fn(&Obj, &Obj) -> Result) -> Result {
    let repeats = sequence_methods(o).is_some_and(|m| m.sq_repeat.get().is_some());
    if repeats || object::is_sequence(o) {
        return multiply(o, &index_object(n));
    }
    raise!(TypeError, "'{}' object can't be repeated", o.tp_name())
}
