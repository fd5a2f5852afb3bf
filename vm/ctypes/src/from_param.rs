//! `from_param`: what a class accepts as a parameter of its kind. Each answers with something that [`crate::param`] can pass.

use crate::array::ARRAY;
use crate::carg::{self, CArg, Value};
use crate::cdata;
use crate::codes::{self, Extent};
use crate::funcptr::FUNC;
use crate::info;
use crate::pointer::POINTER;
use crate::prelude::*;

/// The methods of `c_char_p`, `c_wchar_p` and `c_void_p`, which those classes get in their dicts.
pub static CHAR_P: PyMethodDef = class_method(o!("from_param", char_p, "($type, value, /)"));
pub static WCHAR_P: PyMethodDef = class_method(o!("from_param", wchar_p, "($type, value, /)"));
pub static VOID_P: PyMethodDef = class_method(o!("from_param", void_p, "($type, value, /)"));

type Convert = fn(&PyTypeObject, &Obj) -> Result;

/// Tries what the value has as its `_as_parameter_`.
fn as_parameter(tp: &PyTypeObject, value: &Obj, convert: Convert) -> Result<Option<Ref>> {
    let Some(inner) = proto::getattr_opt(value, intern!("_as_parameter_"))? else {
        return Ok(None);
    };
    let _depth = py_call::NativeCall::enter(" while processing _as_parameter_")?;
    convert(tp, &inner).map(Some)
}

fn is_instance(value: &Obj, tp: &PyTypeObject) -> Result<bool> {
    proto::is_instance(value, tp.as_obj())
}

/// Structures, unions, arrays and functions: instances, references to what is an instance.
pub fn any(tp: &PyTypeObject, value: &Obj) -> Result {
    if is_instance(value, tp)? {
        return Ok(value.new_ref());
    }
    if let Some(arg) = carg::of(value) {
        let target = arg.obj.get();
        if let (Some(o), Some(info)) = (&target, info::of_type(tp))
            && info.proto.borrow().is_some()
            && proto::is_instance(o, info.proto())?
        {
            return Ok(value.new_ref());
        }
        return raise!(
            TypeError,
            "expected {} instance instead of pointer to {}",
            type_name(tp),
            target.as_ref().map_or("???", |o| o.tp_name())
        );
    }
    if let Some(found) = as_parameter(tp, value, any)? {
        return Ok(found);
    }
    raise!(
        TypeError,
        "expected {} instance instead of {}",
        type_name(tp),
        value.tp_name()
    )
}

/// Pointers: `None`, an instance of what they point to, arrays and pointers of the same.
pub fn pointer(tp: &PyTypeObject, value: &Obj) -> Result {
    if value.is_none() {
        return Ok(none());
    }
    let info = info::required(tp.as_obj())?;
    if info.proto.borrow().is_none() {
        return raise!(
            TypeError,
            "cannot convert argument: POINTER _type_ type is not set"
        );
    }
    if proto::is_instance(value, info.proto())? {
        let Some(c) = cdata::of(value) else {
            return raise!(TypeError, "expected CData instance");
        };
        return carg::address(b'P', c.data(), value.new_ref());
    }
    if is_pointer_like(value)
        && let Some(other) = info::of(value)
        && proto::is_subclass(other.proto(), info.proto())?
    {
        return Ok(value.new_ref());
    }
    any(tp, value)
}

/// Simple types: an instance, or whatever converts to a value.
pub fn simple(tp: &PyTypeObject, value: &Obj) -> Result {
    if is_instance(value, tp)? {
        return Ok(value.new_ref());
    }
    let info = info::required(tp.as_obj())?;
    let code = match info.letter().and_then(codes::find) {
        Some(code) => code,
        None => return raise!(TypeError, "wrong type"),
    };
    let mut place = Value::ZERO;
    // SAFETY: there is room for every simple type.
    match unsafe { (code.set)(place.as_mut_ptr(), value, Extent::bytes(info.size.get())) } {
        Ok(kept) => carg::new(code.ffi(), code.letter, place, kept),
        Err(raised) => {
            let error = err::catch(raised);
            match as_parameter(tp, value, simple)? {
                Some(found) => Ok(found),
                None => Err(err::reraise(error)),
            }
        }
    }
}

fn is_pointer_like(value: &Obj) -> bool {
    is_instance_of(value, &ARRAY) || is_instance_of(value, &POINTER)
}

/// A value that a simple pointer type converts by itself.
fn by_letter(letter: u8, value: &Obj) -> Result {
    let code = codes::expect(letter);
    let mut place = Value::ZERO;
    // SAFETY: there is room for a pointer.
    let kept = unsafe { (code.set)(place.as_mut_ptr(), value, Extent::bytes(8))? };
    carg::new(code.ffi(), letter, place, kept)
}

/// An array of, or a pointer or a reference to, characters of one kind.
fn points_to(value: &Obj, letter: u8) -> bool {
    if is_pointer_like(value) {
        let items = info::of(value).and_then(|i| info::of_class(i.proto()));
        return items.is_some_and(|i| i.reads_as(letter));
    }
    let target = carg::of(value).and_then(|a: &CArg| a.obj.borrow());
    target
        .and_then(info::of)
        .is_some_and(|i| i.reads_as(letter))
}

fn text_pointer(
    tp: &PyTypeObject,
    value: &Obj,
    (wanted, letter, item): (&PyTypeObject, u8, u8),
    name: &str,
    convert: Convert,
) -> Result {
    if value.is_none() {
        return Ok(none());
    }
    if is_instance_of(value, wanted) {
        return by_letter(letter, value);
    }
    if is_instance(value, tp)? || points_to(value, item) {
        return Ok(value.new_ref());
    }
    match as_parameter(tp, value, convert)? {
        Some(found) => Ok(found),
        None => refuse(value, name),
    }
}

fn refuse(value: &Obj, name: &str) -> Result {
    raise!(
        TypeError,
        "'{:.200}' object cannot be interpreted as ctypes.{name}",
        value.tp_name()
    )
}

fn char_p(tp: &PyTypeObject, value: &Obj) -> Result {
    text_pointer(tp, value, (&PyBytes_Type, b'z', b'c'), "c_char_p", char_p)
}

fn wchar_p(tp: &PyTypeObject, value: &Obj) -> Result {
    text_pointer(
        tp,
        value,
        (&PyUnicode_Type, b'Z', b'u'),
        "c_wchar_p",
        wchar_p,
    )
}

fn void_p(tp: &PyTypeObject, value: &Obj) -> Result {
    if value.is_none() {
        return Ok(none());
    }
    for (wanted, letter) in [
        (&PyLong_Type, b'P'),
        (&PyBytes_Type, b'z'),
        (&PyUnicode_Type, b'Z'),
    ] {
        if is_instance_of(value, wanted) {
            return by_letter(letter, value);
        }
    }
    let is_address = carg::of(value).is_some_and(|a| a.tag.get() == b'P');
    if is_instance(value, tp)? || is_pointer_like(value) || is_address {
        return Ok(value.new_ref());
    }
    if let Some(c) = cdata::of(value)
        && let Some(tag) = pointer_tag(value)
    {
        return carg::address(tag, c.pointer(), value.new_ref());
    }
    match as_parameter(tp, value, void_p)? {
        Some(found) => Ok(found),
        None => refuse(value, "c_void_p"),
    }
}

/// Functions and pointers to texts are passed as the pointer that they are.
fn pointer_tag(value: &Obj) -> Option<u8> {
    if is_instance_of(value, &FUNC) {
        return Some(b'P');
    }
    let letter = info::of(value).and_then(info::Info::letter)?;
    matches!(letter, b'z' | b'Z').then_some(b'Z')
}
