//! Telling the tools.

use super::event;
use super::legacy;
use super::module::disable_object;
use super::sites::{self, Which};
use super::tools::{COUNT, PUBLIC, TOOLS, nobody_wants};
use crate::err::{self, Result, raise};
use crate::frame::Frame;
use crate::object::*;
use crate::protocol::call;
use crate::state::ThreadState;
use crate::types::int;

/// What an event says beside where it happened.
pub struct Event<'a> {
    pub kind: usize,
    /// The code's offset, in units.
    pub at: usize,
    pub arguments: &'a [&'a Obj],
}

/// Calls one tool; true if it does not want to hear of the place again.
fn call_tool(ts: &ThreadState, tool: usize, frame: &mut Frame, event: &Event<'_>) -> Result<bool> {
    if ts.base.tracing.get() != 0 {
        return Ok(false);
    }
    if tool >= PUBLIC {
        let before = ts.base.what_event.replace(event.kind as i32);
        let told = legacy::notify(ts, tool, frame, event);
        ts.base.what_event.set(before);
        return told.map(|()| false);
    }
    if TOOLS.callbacks[tool][event.kind].get().is_null() {
        return Ok(false);
    }
    let code = frame.code().as_obj().new_ref();
    let place = int::from_i64(event.at as i64 * 2);
    let mut given: Vec<&Obj> = vec![&code];
    if event.kind != event::LINE {
        given.push(place.as_obj());
    }
    given.extend_from_slice(event.arguments);
    callback(ts, tool, event.kind, &given)
}

/// Calls what a tool has registered for an event; true if it does not want to hear of the place again.
pub fn callback(ts: &ThreadState, tool: usize, kind: usize, arguments: &[&Obj]) -> Result<bool> {
    let base = &ts.base;
    if base.tracing.get() != 0 {
        return Ok(false);
    }
    let Some(callback) = TOOLS.callbacks[tool][kind].get_ref() else {
        return Ok(false);
    };
    let before = base.what_event.replace(kind as i32);
    base.tracing.set(base.tracing.get() + 1);
    let answer = call::call(&callback, arguments);
    base.tracing.set(base.tracing.get() - 1);
    base.what_event.set(before);
    Ok(answer?.is_same(&disable_object()))
}

/// Takes a callback away that has tried to disable an event which cannot be disabled.
pub fn refuse_disabling(tool: usize, kind: usize) -> Result<()> {
    TOOLS.callbacks[tool][kind].set_ref(None);
    raise!(
        ValueError,
        "Cannot disable {} events. Callback removed.",
        event::NAMES[kind]
    )
}

/// Tells the tools in `tools` of an event of a place in code. Tools that disable the place are taken off it.
pub fn local(
    ts: &ThreadState,
    frame: &mut Frame,
    tools: u8,
    which: Which,
    event: &Event<'_>,
) -> Result<()> {
    for tool in (0..COUNT).filter(|tool| tools >> tool & 1 != 0) {
        if call_tool(ts, tool, frame, event)? {
            sites::disable(frame.code(), event.at, which, tool);
        }
    }
    Ok(())
}

/// Tells all tools that want it of an event that cannot be disabled.
pub fn global(ts: &ThreadState, frame: &mut Frame, event: &Event<'_>) -> Result<()> {
    let tools = TOOLS.global[event.kind.min(event::UNGROUPED - 1)].get();
    everywhere(ts, frame, tools, event)
}

/// As [`global`], for these tools.
pub fn everywhere(ts: &ThreadState, frame: &mut Frame, tools: u8, event: &Event<'_>) -> Result<()> {
    for tool in (0..COUNT).filter(|tool| tools >> tool & 1 != 0) {
        if call_tool(ts, tool, frame, event)? {
            return refuse_disabling(tool, event.kind);
        }
    }
    Ok(())
}

/// Tells of the exception that is set, which stays set unless a tool raises another one.
#[inline]
fn exception(ts: &ThreadState, frame: &mut Frame, kind: usize, at: usize) {
    if !nobody_wants(kind) && ts.base.tracing.get() == 0 {
        exception_slow(ts, frame, kind, at);
    }
}

#[cold]
fn exception_slow(ts: &ThreadState, frame: &mut Frame, kind: usize, at: usize) {
    let Some(exception) = err::take() else { return };
    let told = Event {
        kind,
        at,
        arguments: &[&exception],
    };
    if global(ts, frame, &told).is_ok() {
        err::restore(Some(exception));
    }
}

/// An exception has been raised in the frame, or has come to it from a callee. `at` is the last unit of the instruction.
pub fn raised(ts: &ThreadState, frame: &mut Frame, at: usize) {
    exception(ts, frame, event::RAISE, at);
}

/// An exception goes on, after a handler has looked at it.
pub fn reraised(ts: &ThreadState, frame: &mut Frame) {
    exception(ts, frame, event::RERAISE, frame.lasti().max(0) as usize);
}

/// An exception is thrown into a generator.
pub fn thrown(ts: &ThreadState, frame: &mut Frame) {
    exception(ts, frame, event::PY_THROW, frame.lasti().max(0) as usize);
}

/// An exception leaves the frame.
pub fn unwound(ts: &ThreadState, frame: &mut Frame, at: usize) {
    exception(ts, frame, event::PY_UNWIND, at);
}

/// An exception has found its handler, at `at`. An error is another exception, that a tool has raised.
pub fn handled(ts: &ThreadState, frame: &mut Frame, exception: &Obj, at: usize) -> Result<()> {
    if nobody_wants(event::EXCEPTION_HANDLED) || ts.base.tracing.get() != 0 {
        return Ok(());
    }
    let told = Event {
        kind: event::EXCEPTION_HANDLED,
        at,
        arguments: &[exception],
    };
    global(ts, frame, &told)
}
