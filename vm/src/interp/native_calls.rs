//! Where native code was called from: what a collector may leave out of its scan of the native stack, and who asked for it.

use crate::code;
use crate::frame::{self, owner};
use crate::object::Obj;
use crate::opcodes::op;
use crate::state::ThreadState;

/// The part of the calling thread's native stack above the innermost loop's words: below these lie the native calls that its
/// current instruction has made.
pub fn innermost_loop(ts: &ThreadState) -> gc::NativeStack {
    let mut frame = frame::current(ts);
    // SAFETY: the current frame starts a chain of live frames.
    while let Some(this) = unsafe { frame.as_ref() } {
        if this.owner >= owner::INTERPRETER {
            return gc::NativeStack::Above(frame as usize);
        }
        frame = this.previous;
    }
    gc::NativeStack::Whole
}

/// What the loop is calling, if its current instruction is a call with positional arguments alone.
pub fn callee(ts: &ThreadState) -> Option<&Obj> {
    // SAFETY: null or alive.
    let frame = unsafe { frame::current(ts).as_ref() }?;
    if frame.owner >= owner::INTERPRETER {
        return None;
    }
    let code = frame.code();
    let at = usize::try_from(frame.lasti()).ok()?;
    // SAFETY: the frame is at an instruction of its code.
    let unit = unsafe { *code::instructions(code).add(at) };
    if code::base_at(code, at) != op::CALL {
        return None;
    }
    let depth = super::trace::depth_at(code, at)?;
    let index = depth.checked_sub(2 + usize::from(unit >> 8))?;
    // SAFETY: the call's words are on the stack until it has returned.
    unsafe { (*frame.stack_base().add(index)).opt() }
}
