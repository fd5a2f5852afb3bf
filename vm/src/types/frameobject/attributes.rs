//! The attributes and methods of frames.

use core::ffi::c_int;

use layout::*;

use super::{FrameObject, clear_own, frame_of, is_over, proxy};
use crate::code;
use crate::err::{Result, raise};
use crate::frame::{Frame, owner, phase};
use crate::object::*;
use crate::protocol::object;
use crate::types::generator;
use crate::{getset, member, noargs};

pub static MEMBERS: &[PyMemberDef] = &[member!(
    "f_trace_lines",
    FrameObject,
    f_trace_lines,
    Py_T_BOOL,
    0
)];

pub static METHODS: &[PyMethodDef] = &[
    noargs!("clear", clear, "($self, /)"),
    noargs!("__sizeof__", sizeof, "($self, /)"),
];

pub static GETSET: &[PyGetSetDef] = &[
    getset!("f_back", back),
    getset!("f_locals", locals),
    getset!("f_globals", |f: &FrameObject| Ok(
        frame_of(f).map(|frame| frame.globals_obj().new_ref())
    )),
    getset!("f_builtins", |f: &FrameObject| Ok(
        frame_of(f).map(|frame| frame.builtins().new_ref())
    )),
    getset!("f_code", |f: &FrameObject| Ok(
        frame_of(f).map(|frame| frame.code().as_obj().new_ref())
    )),
    getset!("f_lineno", |f: &FrameObject| Ok(line_of(f)), set_lineno),
    getset!("f_lasti", |f: &FrameObject| Ok(lasti_of(f))),
    getset!(
        "f_trace",
        |f: &FrameObject| Ok(f.f_trace.get_ref()),
        set_trace
    ),
    getset!(
        "f_trace_opcodes",
        |f: &FrameObject| Ok(f.f_trace_opcodes.get() != 0),
        set_trace_opcodes
    ),
    getset!("f_generator", generator_of),
];

/// The index of the frame's current instruction, in bytes.
pub fn lasti_of(f: &FrameObject) -> i32 {
    frame_of(f).map_or(-1, |frame| {
        if frame.lasti() < 0 {
            -1
        } else {
            frame.lasti() * 2
        }
    })
}

/// The frame's current line.
pub fn line_of(f: &FrameObject) -> Option<i32> {
    if f.f_lineno.get() > 0 {
        return Some(f.f_lineno.get());
    }
    frame_of(f)?.line()
}

/// The next outer frame.
pub fn back_of(f: &FrameObject) -> Result<Option<Ref<FrameObject>>> {
    if let Some(back) = f.f_back.get_ref() {
        // SAFETY: only frame objects are stored there.
        return Ok(Some(unsafe { back.into_cast() }));
    }
    let Some(frame) = frame_of(f) else {
        return Ok(None);
    };
    // SAFETY: a running frame's callers are alive.
    match unsafe { Frame::first_complete(frame.previous) } {
        Some(outer) => outer.object().map(Some),
        None => Ok(None),
    }
}

fn back(f: &FrameObject) -> Result {
    Ok(back_of(f)?.map_or_else(none, Ref::into_obj))
}

fn locals(f: &FrameObject) -> Result {
    let Some(frame) = frame_of(f) else {
        return Ok(none());
    };
    if code::has_flag(frame.code(), CO_OPTIMIZED) || super::has_hidden_locals(frame) {
        return proxy::new(f);
    }
    match frame.locals() {
        Some(locals) => Ok(locals.new_ref()),
        None => raise!(SystemError, "frame does not have locals"),
    }
}

fn generator_of(f: &FrameObject) -> Result<Option<Ref>> {
    Ok(frame_of(f)
        .filter(|frame| frame.owner == owner::GENERATOR)
        .map(|frame| {
            // SAFETY: the frame says that it lies in a generator.
            unsafe { (*generator::of_frame(frame)).as_obj().new_ref() }
        }))
}

fn set_lineno(f: &FrameObject, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value else {
        return raise!(AttributeError, "cannot delete attribute");
    };
    crate::interp::trace::set_line(f, value)
}

fn set_trace(f: &FrameObject, value: Option<&Obj>) -> Result<()> {
    f.f_trace
        .set_ref(value.filter(|v| !v.is_none()).map(Obj::new_ref));
    if value.is_some() && f.f_trace_opcodes.get() != 0 {
        crate::interp::trace::opcodes_wanted()?;
    }
    Ok(())
}

fn set_trace_opcodes(f: &FrameObject, value: Option<&Obj>) -> Result<()> {
    let Some(value) = value.filter(|v| core::ptr::eq(v.ty(), &PyBool_Type)) else {
        return raise!(TypeError, "attribute value type must be bool");
    };
    f.f_trace_opcodes.set(u8::from(value.is_same(TRUE())));
    if value.is_same(TRUE()) {
        crate::interp::trace::opcodes_wanted()?;
    }
    Ok(())
}

fn clear(f: &FrameObject) -> Result<()> {
    match frame_of(f) {
        Some(frame) if frame.owner == owner::GENERATOR => {
            // SAFETY: the frame says that it lies in a generator.
            let generator = unsafe { &*generator::of_frame(frame) };
            match generator.frame_state.get() {
                phase::EXECUTING => return raise!(RuntimeError, "cannot clear an executing frame"),
                phase::SUSPENDED | phase::SUSPENDED_YIELD_FROM => {
                    return raise!(RuntimeError, "cannot clear a suspended frame");
                }
                _ => generator::finalize(generator),
            }
        }
        Some(frame) if frame.owner == owner::THREAD => {
            return raise!(RuntimeError, "cannot clear an executing frame");
        }
        _ => {
            debug_assert!(is_over(f));
            f.f_trace.set_ref(None);
            f.f_extra_locals.set_ref(None);
            f.f_overwritten_fast_locals.set_ref(None);
            clear_own(f);
        }
    }
    Ok(())
}

fn sizeof(f: &FrameObject) -> Result<usize> {
    let words = frame_of(f).map_or(0, |frame| frame.code().co_framesize.get() as usize);
    Ok(core::mem::offset_of!(FrameObject, data) + words * size_of::<usize>())
}

pub fn repr(f: &FrameObject) -> Result<String> {
    let address = f.as_ptr() as usize;
    let Some(frame) = frame_of(f) else {
        return Ok(format!("<frame at {address:#x}>"));
    };
    let code = frame.code();
    let file = match code.co_filename.borrow_obj() {
        Some(name) => str_lossy(&*object::repr(name)?),
        None => String::new(),
    };
    let line: c_int = line_of(f).unwrap_or(code.co_firstlineno.get());
    let name = code
        .co_name
        .borrow_obj()
        .map_or_else(String::new, str_lossy);
    Ok(format!(
        "<frame at {address:#x}, file {file}, line {line}, code {name}>"
    ))
}
