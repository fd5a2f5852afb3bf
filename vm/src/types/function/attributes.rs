//! The attributes of functions.

use core::cell::Cell;

use layout::*;

use super::{modified, modifying};
use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::protocol::{call, object};
use crate::types::dict::{self, DictExt as _};
use crate::types::tuple::{self, TupleExt as _};
use crate::types::{int, type_};
use crate::warn;
use crate::{getset, member};

pub static MEMBERS: &[PyMemberDef] = &[
    member!(
        "__closure__",
        PyFunctionObject,
        func_closure,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!("__doc__", PyFunctionObject, func_doc, _Py_T_OBJECT, 0),
    member!(
        "__globals__",
        PyFunctionObject,
        func_globals,
        _Py_T_OBJECT,
        Py_READONLY
    ),
    member!("__module__", PyFunctionObject, func_module, _Py_T_OBJECT, 0),
    member!(
        "__builtins__",
        PyFunctionObject,
        func_builtins,
        _Py_T_OBJECT,
        Py_READONLY
    ),
];

pub static GETSET: &[PyGetSetDef] = &[
    getset!(
        "__code__",
        |f: &PyFunctionObject| Ok(f.func_code.get_ref()),
        set_code
    ),
    getset!(
        "__defaults__",
        |f: &PyFunctionObject| Ok(f.func_defaults.get_ref()),
        set_defaults
    ),
    getset!(
        "__kwdefaults__",
        |f: &PyFunctionObject| Ok(f.func_kwdefaults.get_ref()),
        set_kwdefaults
    ),
    getset!("__annotations__", get_annotations, set_annotations),
    getset!(
        "__annotate__",
        |f: &PyFunctionObject| Ok(f.func_annotate.get_ref()),
        set_annotate
    ),
    getset!(
        "__dict__",
        |f: &PyFunctionObject| type_::subtype::get_dict(f.as_obj()),
        |f: &PyFunctionObject, value: Option<&Obj>| { type_::subtype::set_dict(f.as_obj(), value) }
    ),
    getset!(
        "__name__",
        |f: &PyFunctionObject| Ok(f.func_name.get_ref()),
        |f: &PyFunctionObject, value: Option<&Obj>| { set_name(&f.func_name, "__name__", value) }
    ),
    getset!(
        "__qualname__",
        |f: &PyFunctionObject| Ok(f.func_qualname.get_ref()),
        |f: &PyFunctionObject, value: Option<&Obj>| {
            set_name(&f.func_qualname, "__qualname__", value)
        }
    ),
    getset!("__type_params__", get_type_params, set_type_params),
];

const KINDS: core::ffi::c_int = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;

fn set_code(f: &PyFunctionObject, value: Option<&Obj>) -> Result<()> {
    let Some(code) = value.and_then(|v| v.downcast::<PyCodeObject>()) else {
        return raise!(TypeError, "__code__ must be set to a code object");
    };
    let free = code.co_nfreevars.get() as usize;
    let cells = f
        .func_closure
        .borrow_obj()
        .and_then(|c| c.downcast::<PyTupleObject>())
        .map_or(0, |c| c.items().len());
    if free != cells {
        return raise!(
            ValueError,
            "{}() requires a code object with {} free vars, not {}",
            f.func_name.borrow_obj().map_or_else(String::new, str_lossy),
            cells,
            free
        );
    }
    if super::code_of(f).co_flags.get() & KINDS != code.co_flags.get() & KINDS {
        warn::warn(
            &exc::DeprecationWarning,
            1,
            "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain function)",
        )?;
    }
    modifying(f, PyFunction_EVENT_MODIFY_CODE, Some(code.as_obj()));
    f.func_code.set_ref(Some(code.as_obj().new_ref()));
    Ok(())
}

fn present(value: Option<&Obj>) -> Option<&Obj> {
    value.filter(|v| !v.is_none())
}

fn set_defaults(f: &PyFunctionObject, value: Option<&Obj>) -> Result<()> {
    let value = present(value);
    if value.is_some_and(|v| !v.is::<PyTupleObject>()) {
        return raise!(TypeError, "__defaults__ must be set to a tuple object");
    }
    modifying(f, PyFunction_EVENT_MODIFY_DEFAULTS, value);
    f.func_defaults.set_ref(value.map(Obj::new_ref));
    Ok(())
}

fn set_kwdefaults(f: &PyFunctionObject, value: Option<&Obj>) -> Result<()> {
    let value = present(value);
    if value.is_some_and(|v| !v.is::<PyDictObject>()) {
        return raise!(TypeError, "__kwdefaults__ must be set to a dict object");
    }
    modifying(f, PyFunction_EVENT_MODIFY_KWDEFAULTS, value);
    f.func_kwdefaults.set_ref(value.map(Obj::new_ref));
    Ok(())
}

fn set_name(field: &Cell<*mut PyObject>, name: &str, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(v) if v.is::<PyUnicodeObject>() => {
            field.set_ref(Some(v.new_ref()));
            Ok(())
        }
        _ => raise!(TypeError, "{} must be set to a string object", name),
    }
}

// ---- Annotations ----

/// The annotations: what was set, or what the compiler's function says, asked once.
fn get_annotations(f: &PyFunctionObject) -> Result {
    if let Some(found) = f.func_annotations.get_ref() {
        return match found.downcast_exact::<PyTupleObject>() {
            Some(flat) => from_flat(f, flat),
            None => Ok(found),
        };
    }
    let made = match f.func_annotate.get_ref().filter(|a| object::is_callable(a)) {
        Some(annotate) => {
            // Format 1: values.
            let made = call::call1(&annotate, int::from_i64(1).as_obj())?;
            if !made.is::<PyDictObject>() {
                return raise!(
                    TypeError,
                    "__annotate__() must return a dict, not {}",
                    type_::fully_qualified_name(made.ty())
                );
            }
            made
        }
        None => dict::new().into_obj(),
    };
    f.func_annotations.set_ref(Some(made.clone()));
    Ok(made)
}

/// Under `from __future__ import annotations`, the compiler leaves names and texts in turn.
fn from_flat(f: &PyFunctionObject, flat: &PyTupleObject) -> Result {
    let made = dict::new();
    for pair in flat.items().chunks_exact(2) {
        made.set(&pair[0], &pair[1])?;
    }
    let made = made.into_obj();
    f.func_annotations.set_ref(Some(made.clone()));
    Ok(made)
}

fn set_annotations(f: &PyFunctionObject, value: Option<&Obj>) -> Result<()> {
    let value = present(value);
    if value.is_some_and(|v| !v.is::<PyDictObject>()) {
        return raise!(TypeError, "__annotations__ must be set to a dict object");
    }
    modified(f);
    f.func_annotations.set_ref(value.map(Obj::new_ref));
    f.func_annotate.set_ref(None);
    Ok(())
}

fn set_annotate(f: &PyFunctionObject, value: Option<&Obj>) -> Result<()> {
    match value {
        None => raise!(TypeError, "__annotate__ cannot be deleted"),
        Some(v) if v.is_none() => {
            modified(f);
            f.func_annotate.set_ref(Some(v.new_ref()));
            Ok(())
        }
        Some(v) if object::is_callable(v) => {
            modified(f);
            f.func_annotate.set_ref(Some(v.new_ref()));
            f.func_annotations.set_ref(None);
            Ok(())
        }
        Some(_) => raise!(TypeError, "__annotate__ must be callable or None"),
    }
}

// ---- Type parameters ----

fn get_type_params(f: &PyFunctionObject) -> Result {
    Ok(f.func_typeparams
        .get_ref()
        .unwrap_or_else(|| tuple::empty().into_obj()))
}

fn set_type_params(f: &PyFunctionObject, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(v) if v.is::<PyTupleObject>() => {
            f.func_typeparams.set_ref(Some(v.new_ref()));
            Ok(())
        }
        _ => raise!(TypeError, "__type_params__ must be set to a tuple"),
    }
}
