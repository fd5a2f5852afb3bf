//! The part of `sys` about frames: looking at them, tracing, and what coroutines and asynchronous generators tell.

use core::cell::Cell;

use layout::*;

use super::hooks::audit_event;
use crate::args;
use crate::err::{Result, raise};
use crate::frame::{self, Frame};
use crate::interp::monitoring::legacy;
use crate::object::*;
use crate::protocol::call;
use crate::state;
use crate::threads;
use crate::types::dict::{self, DictExt as _};
use crate::types::{int, structseq};

// ---- Looking at frames ----

/// The frame `depth` calls above the caller.
fn nth_frame(depth: i32) -> Option<&'static mut Frame> {
    let mut at = frame::innermost(state::current())?;
    for _ in 0..depth.max(0) {
        // SAFETY: frames are chained to live frames.
        at = unsafe { Frame::first_complete(at.previous) }?;
    }
    Some(at)
}

/// `sys._getframe()`.
pub fn getframe(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("_getframe", args, 0..=1)?;
    let depth = args.first().map_or(Ok(0), |o| args::to_i32(o))?;
    let Some(found) = nth_frame(depth) else {
        return raise!(ValueError, "call stack is not deep enough");
    };
    let object = found.object()?.into_obj();
    audit_event("sys._getframe", &[&object])?;
    Ok(object)
}

/// `sys._getframemodulename()`.
pub fn getframemodulename(_: &Obj, [depth]: [Option<&Obj>; 1]) -> Result<Option<Ref>> {
    let depth = depth.map_or(Ok(0), args::to_i32)?;
    audit_event(
        "sys._getframemodulename",
        &[int::from_i64(i64::from(depth)).as_obj()],
    )?;
    let Some(found) = nth_frame(depth) else {
        return Ok(None);
    };
    match found.function().func_module.get_ref() {
        Some(name) => Ok(Some(name)),
        None => Ok(Some(none())),
    }
}

/// `sys._current_frames()`: each thread's innermost frame.
pub fn current_frames(_: &Obj) -> Result<Ref<PyDictObject>> {
    audit_event("sys._current_frames", &[])?;
    let out = dict::new();
    for ts in threads::states() {
        if let Some(found) = frame::innermost(ts) {
            let object = found.object()?;
            out.set(
                int::from_u64(ts.base.thread_id.get()).as_obj(),
                object.as_obj(),
            )?;
        }
    }
    Ok(out)
}

/// `sys._current_exceptions()`: the exception that each thread is handling.
pub fn current_exceptions(_: &Obj) -> Result<Ref<PyDictObject>> {
    audit_event("sys._current_exceptions", &[])?;
    let out = dict::new();
    for ts in threads::states() {
        let handled = crate::err::handled_by(ts).unwrap_or_else(none);
        out.set(int::from_u64(ts.base.thread_id.get()).as_obj(), &handled)?;
    }
    Ok(out)
}

// ---- Tracing ----

pub fn settrace(_: &Obj, function: &Obj) -> Result<()> {
    audit_event("sys.settrace", &[])?;
    legacy::settrace(state::current(), function)
}

pub fn gettrace(_: &Obj) -> Result<Option<Ref>> {
    Ok(state::current().base.c_traceobj.get_ref())
}

pub fn setprofile(_: &Obj, function: &Obj) -> Result<()> {
    audit_event("sys.setprofile", &[])?;
    legacy::setprofile(state::current(), function)
}

pub fn getprofile(_: &Obj) -> Result<Option<Ref>> {
    Ok(state::current().base.c_profileobj.get_ref())
}

pub fn settrace_all(_: &Obj, function: &Obj) -> Result<()> {
    for ts in threads::states() {
        legacy::settrace(ts, function)?;
    }
    Ok(())
}

pub fn setprofile_all(_: &Obj, function: &Obj) -> Result<()> {
    for ts in threads::states() {
        legacy::setprofile(ts, function)?;
    }
    Ok(())
}

/// `sys.call_tracing()`: calls with tracing on, from inside a trace function.
pub fn call_tracing(_: &Obj, args: &[&Obj]) -> Result {
    args::expect("call_tracing", args, 2..=2)?;
    let Some(arguments) = args[1].downcast::<PyTupleObject>() else {
        return raise!(
            TypeError,
            "call_tracing() argument 2 must be tuple, not {}",
            args[1].tp_name()
        );
    };
    let tracing = &state::current().base.tracing;
    let saved = tracing.replace(0);
    let answer = call::call_tuple_dict(args[0], arguments, None);
    tracing.set(saved);
    answer
}

// ---- Coroutines and asynchronous generators ----

pub fn get_origin_depth(_: &Obj) -> Result<i32> {
    Ok(state::current().base.coroutine_origin_tracking_depth.get())
}

pub fn set_origin_depth(_: &Obj, [depth]: [Option<&Obj>; 1]) -> Result<()> {
    let depth = args::to_i32(depth.expect("required"))?;
    if depth < 0 {
        return raise!(ValueError, "depth must be >= 0");
    }
    state::current()
        .base
        .coroutine_origin_tracking_depth
        .set(depth);
    Ok(())
}

fn given(function: &Obj) -> Option<Ref> {
    (!function.is_none()).then(|| function.new_ref())
}

static ASYNCGEN_HOOKS: Global<Option<&'static PyTypeObject>> = Global::new(None);

fn asyncgen_hooks_type() -> Result<&'static PyTypeObject> {
    if let Some(tp) = ASYNCGEN_HOOKS.get() {
        return Ok(tp);
    }
    let fields = ["firstiter", "finalizer"];
    let tp = structseq::new_type_without_new("asyncgen_hooks", &fields, fields.len())?;
    ASYNCGEN_HOOKS.set(Some(tp));
    Ok(tp)
}

pub fn get_asyncgen_hooks(_: &Obj) -> Result {
    let b = &state::current().base;
    let value = |field: &Cell<*mut PyObject>| field.get_ref().unwrap_or_else(none);
    let values = vec![value(&b.async_gen_firstiter), value(&b.async_gen_finalizer)];
    Ok(structseq::new(asyncgen_hooks_type()?, values)?.into_obj())
}

pub fn set_asyncgen_hooks(_: &Obj, [firstiter, finalizer]: [Option<&Obj>; 2]) -> Result<()> {
    for (name, hook) in [("finalizer", finalizer), ("firstiter", firstiter)] {
        if let Some(hook) =
            hook.filter(|h| !h.is_none() && !crate::protocol::object::is_callable(h))
        {
            return raise!(
                TypeError,
                "callable {name} expected, got {}",
                hook.tp_name()
            );
        }
    }
    let b = &state::current().base;
    if let Some(hook) = finalizer {
        audit_event("sys.set_asyncgen_hook_finalizer", &[])?;
        b.async_gen_finalizer.set_ref(given(hook));
    }
    if let Some(hook) = firstiter {
        audit_event("sys.set_asyncgen_hook_firstiter", &[])?;
        b.async_gen_firstiter.set_ref(given(hook));
    }
    Ok(())
}

/// `sys._baserepl()`: the plain prompt, for the library's own.
pub fn baserepl(_: &Obj) -> Result<()> {
    crate::main_program::interact();
    Ok(())
}
