//! Monitoring: what tools see of running code. Instrumented instructions stand in place of the originals, which a table of
//! the code keeps; so code that nobody watches pays nothing.

use layout::*;

use crate::err::Result;
use crate::frame::{CodeUnit, Frame};
use crate::stackref::StackRef;
use crate::state::ThreadState;

/// How the loop goes on after an instrumented instruction has told the tools.
pub enum Then {
    /// Executes the instruction that it stands for.
    Execute(u8),
    /// Goes on where the registers say.
    Continue,
    Raise,
}

/// The generic opcode behind an instrumented one.
pub fn original_opcode(code: &PyCodeObject, at: usize) -> u8 {
    // SAFETY: the index is inside the code.
    unsafe { *crate::code::instructions(code).add(at) as u8 }
}

/// Brings the code's instrumentation up to date with what the tools want.
pub fn instrument(code: &PyCodeObject) -> Result<()> {
    let wanted = crate::state::current().eval_breaker().load(core::sync::atomic::Ordering::Relaxed) & !super::control::EVENTS;
    code._co_instrumentation_version.set(wanted);
    Ok(())
}

/// Drops what monitoring knows of a code object that dies.
pub fn forget(_: &PyCodeObject) {}

/// An exception has been raised in the frame, or has come to it from a callee.
pub fn raised(_: &ThreadState, _: &mut Frame) {}

/// An exception leaves the frame.
pub fn unwound(_: &ThreadState, _: &mut Frame) {}

/// Executes the part of an instrumented instruction that is for the tools.
#[cold]
#[inline(never)]
pub fn instrumented(
    _: &ThreadState,
    _: *mut Frame,
    ip: *const CodeUnit,
    sp: *mut StackRef,
    opcode: u8,
) -> Then {
    let _ = (ip, sp, opcode);
    let _ = crate::err::new(&crate::err::exc::SystemError, format_args!("unknown opcode {opcode}"));
    Then::Raise
}
