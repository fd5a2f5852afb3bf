//! `sys.settrace` and `sys.setprofile`: two tools of the runtime's own, whose callbacks are the thread's C functions.

#![expect(
    non_upper_case_globals,
    reason = "names of CPython's headers in patterns"
)]

use core::ffi::c_int;

use layout::*;

use super::event;
use super::fire::Event;
use super::tools::{SYS_PROFILE, SYS_TRACE, set_events};
use crate::err::{self, Result};
use crate::frame::Frame;
use crate::object::*;
use crate::protocol::call;
use crate::state::{self, ThreadState};
use crate::threads;
use crate::types::frameobject::FrameObject;
use crate::types::{str_, tuple};

const TRACE_EVENTS: u32 = 1 << event::PY_START
    | 1 << event::PY_RESUME
    | 1 << event::PY_RETURN
    | 1 << event::PY_YIELD
    | 1 << event::RAISE
    | 1 << event::LINE
    | 1 << event::JUMP
    | 1 << event::PY_UNWIND
    | 1 << event::PY_THROW
    | 1 << event::STOP_ITERATION;

const PROFILE_EVENTS: u32 = 1 << event::PY_START
    | 1 << event::PY_RESUME
    | 1 << event::PY_RETURN
    | 1 << event::PY_YIELD
    | 1 << event::CALL
    | 1 << event::PY_UNWIND
    | 1 << event::PY_THROW;

/// Sets or removes a thread's trace function, with its object.
pub fn set_trace(
    ts: &ThreadState,
    function: Option<Py_tracefunc>,
    object: Option<Ref>,
) -> Result<()> {
    ts.base.c_tracefunc.set(function);
    ts.base.c_traceobj.set_ref(object);
    update_trace_events()
}

/// Asks for the events that the threads' trace functions need.
pub fn update_trace_events() -> Result<()> {
    let wanted = threads::states()
        .iter()
        .any(|ts| ts.base.c_tracefunc.get().is_some());
    let opcodes = if OPCODES.get() {
        1 << event::INSTRUCTION
    } else {
        0
    };
    set_events(SYS_TRACE, if wanted { TRACE_EVENTS | opcodes } else { 0 })
}

static OPCODES: Global<bool> = Global::new(false);

/// A frame wants an event for each instruction.
pub fn opcodes_wanted() -> Result<()> {
    OPCODES.set(true);
    update_trace_events()
}

/// Sets or removes a thread's profile function, with its object.
pub fn set_profile(
    ts: &ThreadState,
    function: Option<Py_tracefunc>,
    object: Option<Ref>,
) -> Result<()> {
    ts.base.c_profilefunc.set(function);
    ts.base.c_profileobj.set_ref(object);
    let wanted = threads::states()
        .iter()
        .any(|ts| ts.base.c_profilefunc.get().is_some());
    set_events(SYS_PROFILE, if wanted { PROFILE_EVENTS } else { 0 })
}

/// `sys.settrace(function)` for a thread.
pub fn settrace(ts: &ThreadState, function: &Obj) -> Result<()> {
    if function.is_none() {
        return set_trace(ts, None, None);
    }
    set_trace(ts, Some(trace_trampoline), Some(function.new_ref()))
}

/// `sys.setprofile(function)` for a thread.
pub fn setprofile(ts: &ThreadState, function: &Obj) -> Result<()> {
    if function.is_none() {
        return set_profile(ts, None, None);
    }
    set_profile(ts, Some(profile_trampoline), Some(function.new_ref()))
}

/// Tells the thread's C function of an event, in the terms of before there were tools.
pub fn notify(ts: &ThreadState, tool: usize, frame: &mut Frame, event: &Event<'_>) -> Result<()> {
    if tool == SYS_PROFILE {
        profile(ts, frame, event)
    } else {
        trace(ts, frame, event)
    }
}

fn profile(ts: &ThreadState, frame: &mut Frame, event: &Event<'_>) -> Result<()> {
    let Some(function) = ts.base.c_profilefunc.get() else {
        return Ok(());
    };
    let (what, argument) = match event.kind {
        event::PY_START | event::PY_RESUME | event::PY_THROW => (PyTrace_CALL, NONE()),
        event::PY_RETURN | event::PY_YIELD => (PyTrace_RETURN, event.arguments[0]),
        event::PY_UNWIND => (PyTrace_RETURN, NONE()),
        event::CALL => (PyTrace_C_CALL, event.arguments[0]),
        event::C_RETURN => (PyTrace_C_RETURN, event.arguments[0]),
        event::C_RAISE => (PyTrace_C_EXCEPTION, event.arguments[0]),
        _ => return Ok(()),
    };
    if matches!(
        what,
        PyTrace_C_CALL | PyTrace_C_RETURN | PyTrace_C_EXCEPTION
    ) {
        // Only functions of C: a method descriptor counts as the function it binds to.
        if let Some(descriptor) = argument.downcast_exact::<PyMethodDescrObject>() {
            let this = event.arguments[1];
            if this.is_same(&super::module::missing_object()) {
                return Ok(());
            }
            // SAFETY: a descriptor's type is alive.
            let owner = unsafe { &*descriptor.d_common.d_type.get() };
            let bound = crate::types::type_::attributes::bind(argument, Some(this), owner)?;
            return invoke(
                ts,
                function,
                ts.base.c_profileobj.get(),
                frame,
                what,
                &bound,
            );
        }
        if !argument.is::<PyCFunctionObject>() {
            return Ok(());
        }
    }
    invoke(
        ts,
        function,
        ts.base.c_profileobj.get(),
        frame,
        what,
        argument,
    )
}

fn trace(ts: &ThreadState, frame: &mut Frame, event: &Event<'_>) -> Result<()> {
    let Some(function) = ts.base.c_tracefunc.get() else {
        return Ok(());
    };
    let object = ts.base.c_traceobj.get();
    match event.kind {
        event::PY_START | event::PY_RESUME | event::PY_THROW => {
            invoke(ts, function, object, frame, PyTrace_CALL, NONE())
        }
        event::PY_RETURN | event::PY_YIELD => invoke(
            ts,
            function,
            object,
            frame,
            PyTrace_RETURN,
            event.arguments[0],
        ),
        event::PY_UNWIND => invoke(ts, function, object, frame, PyTrace_RETURN, NONE()),
        event::RAISE | event::STOP_ITERATION => {
            let exception = event.arguments[0];
            let traceback = exception
                .downcast::<PyBaseExceptionObject>()
                .and_then(|e| e.traceback.get_ref());
            let triple = tuple::from_vec(vec![
                exception.ty().as_obj().new_ref(),
                exception.new_ref(),
                traceback.unwrap_or_else(none),
            ]);
            invoke(
                ts,
                function,
                object,
                frame,
                PyTrace_EXCEPTION,
                triple.as_obj(),
            )
        }
        event::LINE => trace_line(ts, function, frame),
        event::JUMP => {
            // A loop that stays on its line tells of it at each turn.
            let target = crate::args::to_i64(event.arguments[0])?;
            let Some(table) = super::sites::table(frame.code()) else {
                return Ok(());
            };
            let (to, from) = (target as usize / 2, event.at);
            let same = to < from
                && table.lines.get(to) == table.lines.get(from)
                && table.lines.get(to) != Some(&-1);
            if same {
                trace_line(ts, function, frame)
            } else {
                Ok(())
            }
        }
        event::INSTRUCTION => {
            if frame.object()?.f_trace_opcodes.get() == 0 {
                return Ok(());
            }
            invoke(ts, function, object, frame, PyTrace_OPCODE, NONE())
        }
        _ => Ok(()),
    }
}

fn trace_line(ts: &ThreadState, function: Py_tracefunc, frame: &mut Frame) -> Result<()> {
    if frame.object()?.f_trace_lines.get() == 0 {
        return Ok(());
    }
    invoke(
        ts,
        function,
        ts.base.c_traceobj.get(),
        frame,
        PyTrace_LINE,
        NONE(),
    )
}

/// Calls a C trace function with tracing off.
fn invoke(
    ts: &ThreadState,
    function: Py_tracefunc,
    object: *mut PyObject,
    frame: &mut Frame,
    what: c_int,
    argument: &Obj,
) -> Result<()> {
    let frame = frame.object()?;
    // SAFETY: null or the thread's own reference, which the call outlives at most.
    let keep = unsafe { Ref::<Obj>::from_borrowed_opt(object) };
    let base = &ts.base;
    base.tracing.set(base.tracing.get() + 1);
    // SAFETY: the signature of trace functions.
    let status = unsafe { function(object, frame.as_ptr().cast(), what, argument.as_ptr()) };
    base.tracing.set(base.tracing.get() - 1);
    drop(keep);
    err::from_status(status).map(drop)
}

fn name_of(what: c_int) -> &'static Obj {
    str_::intern_str(match what {
        PyTrace_CALL => "call",
        PyTrace_EXCEPTION => "exception",
        PyTrace_LINE => "line",
        PyTrace_RETURN => "return",
        PyTrace_C_CALL => "c_call",
        PyTrace_C_EXCEPTION => "c_exception",
        PyTrace_C_RETURN => "c_return",
        _ => "opcode",
    })
}

/// Calls a Python function as a trace function.
fn call_python(callback: &Obj, frame: &Obj, what: c_int, argument: &Obj) -> Result {
    call::call(callback, &[frame, name_of(what), argument])
}

/// The C function behind `sys.setprofile`.
///
/// # Safety
/// The arguments are those of trace functions; `object` is a callable.
unsafe extern "C" fn profile_trampoline(
    object: *mut PyObject,
    frame: *mut PyFrameObject,
    what: c_int,
    argument: *mut PyObject,
) -> c_int {
    // SAFETY: the caller's.
    let answer = unsafe {
        call_python(
            &*object,
            &*frame.cast(),
            what,
            argument.as_ref().unwrap_or(NONE()),
        )
    };
    if answer.is_ok() {
        return 0;
    }
    turn_off(|ts| set_profile(ts, None, None))
}

/// The C function behind `sys.settrace`: the function that was set gets calls; what it answers gets the frame's events.
///
/// # Safety
/// As for profile functions.
unsafe extern "C" fn trace_trampoline(
    object: *mut PyObject,
    frame: *mut PyFrameObject,
    what: c_int,
    argument: *mut PyObject,
) -> c_int {
    // SAFETY: the caller's.
    let (frame, argument) = unsafe {
        (
            &*frame.cast::<FrameObject>(),
            argument.as_ref().unwrap_or(NONE()),
        )
    };
    let callback = if what == PyTrace_CALL {
        // SAFETY: the caller's.
        unsafe { Ref::from_borrowed_opt(object) }
    } else {
        frame.f_trace.get_ref()
    };
    let Some(callback) = callback else { return 0 };
    match call_python(&callback, frame.as_obj(), what, argument) {
        Ok(answer) => {
            if !answer.is_none() {
                frame.f_trace.set_ref(Some(answer));
            }
            0
        }
        Err(_) => {
            frame.f_trace.set_ref(None);
            turn_off(|ts| set_trace(ts, None, None))
        }
    }
}

/// Removes a function that has raised; the exception stays set.
fn turn_off(remove: impl FnOnce(&ThreadState) -> Result<()>) -> c_int {
    let raised = err::take();
    if remove(state::current()).is_err() {
        err::clear();
    }
    err::restore(raised);
    -1
}
