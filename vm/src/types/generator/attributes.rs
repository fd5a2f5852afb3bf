//! The methods and attributes of generators.

use core::cell::Cell;

use layout::*;

use super::Generator;
use super::resume::{as_method, send};
use super::throw::{arguments, close, throw};
use crate::err::{Result, raise};
use crate::frame::phase;
use crate::object::*;
use crate::types::genericalias;
use crate::{fastcall, getset, method, noargs, o};

pub static METHODS: &[PyMethodDef] = &[
    o!("send", send_method, ""),
    fastcall!("throw", throw_method, ""),
    noargs!("close", |g: &Generator| close(g), ""),
    noargs!("__sizeof__", sizeof, ""),
    method::class_method(o!("__class_getitem__", genericalias::class_getitem, "")),
];

pub static GETSET: &[PyGetSetDef] = &[
    getset!("__name__", get_name, set_name),
    getset!("__qualname__", get_qualname, set_qualname),
    getset!("gi_yieldfrom", get_delegate),
    getset!("gi_running", is_running),
    getset!("gi_frame", get_frame),
    getset!("gi_suspended", is_suspended),
    getset!("gi_code", get_code),
];

pub fn send_method(g: &Generator, value: &Obj) -> Result {
    let sent = send(g, Some(value), false, false)?;
    as_method(g, sent)
}

pub fn throw_method(g: &Generator, given: &[&Obj]) -> Result {
    let (tp, value, traceback) = arguments(given)?;
    throw(g, true, tp, value, traceback)
}

pub fn sizeof(g: &Generator) -> Result<usize> {
    let code = g.code();
    let words = (code.co_nlocalsplus.get() + code.co_stacksize.get()) as usize;
    Ok(size_of::<Generator>() + words * size_of::<usize>())
}

pub fn get_name(g: &Generator) -> Result<Option<Ref>> {
    Ok(g.name.get_ref())
}

pub fn get_qualname(g: &Generator) -> Result<Option<Ref>> {
    Ok(g.qualname.get_ref())
}

fn set_text(field: &Cell<*mut PyObject>, what: &str, value: Option<&Obj>) -> Result<()> {
    match value {
        Some(v) if v.is::<PyUnicodeObject>() => {
            field.set_ref(Some(v.new_ref()));
            Ok(())
        }
        _ => raise!(TypeError, "{} must be set to a string object", what),
    }
}

pub fn set_name(g: &Generator, value: Option<&Obj>) -> Result<()> {
    set_text(&g.name, "__name__", value)
}

pub fn set_qualname(g: &Generator, value: Option<&Obj>) -> Result<()> {
    set_text(&g.qualname, "__qualname__", value)
}

pub fn get_delegate(g: &Generator) -> Result<Option<Ref>> {
    Ok(g.delegate())
}

pub fn is_running(g: &Generator) -> Result<bool> {
    Ok(g.frame_state.get() == phase::EXECUTING)
}

pub fn is_suspended(g: &Generator) -> Result<bool> {
    Ok(matches!(
        g.frame_state.get(),
        phase::SUSPENDED | phase::SUSPENDED_YIELD_FROM
    ))
}

pub fn get_frame(g: &Generator) -> Result {
    if g.is_finished() {
        return Ok(none());
    }
    // SAFETY: the frame lives as long as the generator, and only the lock's holder looks at it.
    Ok(unsafe { &mut *g.frame_ptr() }.object()?.into_obj())
}

pub fn get_code(g: &Generator) -> Result {
    Ok(g.code().as_obj().new_ref())
}
