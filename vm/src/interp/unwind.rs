//! From where an exception was raised to where it is handled.

use super::{control, monitoring};
use crate::code;
use crate::err;
use crate::frame::{self, CodeUnit, Frame, owner, phase};
use crate::object::*;
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::types::{generator, traceback};

/// Where the interpreter goes on.
pub enum Resume {
    At {
        frame: *mut Frame,
        ip: *const CodeUnit,
        sp: *mut StackRef,
    },
    /// The exception leaves the loop; the current frame is the one below it.
    Nowhere,
}

/// Finds the handler of the exception that is set, leaving frames that have none. `ip` is behind the instruction that
/// raised, or null if no handler of the topmost frame may run; `trace` says whether that frame joins the traceback.
///
/// # Safety
/// `frame` is the thread's topmost; `ip` and `sp` point into its code and its stack.
#[cold]
#[inline(never)]
pub unsafe fn unwind(
    ts: &ThreadState,
    mut frame: *mut Frame,
    ip: *const CodeUnit,
    mut sp: *mut StackRef,
    mut trace: bool,
) -> Resume {
    let mut ip = (!ip.is_null()).then_some(ip);
    loop {
        if let Some(behind) = ip {
            // SAFETY: the frame is the thread's topmost.
            let this = unsafe { &mut *frame };
            // SAFETY: both point into the frame's code.
            let offset = unsafe { behind.offset_from(code::instructions(this.code())) } - 1;
            let at = offset.max(0) as usize;
            if !this.is_incomplete() {
                if trace {
                    traceback::here(this);
                    monitoring::raised(ts, this, at);
                } else {
                    monitoring::reraised(ts, this);
                }
            }
            let handler = code::exceptions::handler(this.code(), at);
            if let Some(handler) = handler.filter(|_| offset >= 0) {
                match enter_handler(ts, this, handler, sp) {
                    Ok(resume) => return resume,
                    Err((at, top)) => {
                        // A tool has raised in place of what was handled.
                        (ip, sp, trace) = (Some(at), top, true);
                        continue;
                    }
                }
            }
            monitoring::unwound(ts, this, at);
            drop_stack(this, sp, 0);
        } else {
            // SAFETY: as above.
            drop_stack(unsafe { &mut *frame }, sp, 0);
        }
        // SAFETY: the frame is done; its caller is alive.
        unsafe {
            let caller = (*frame).previous;
            frame::set_current(ts, caller);
            end(ts, frame);
            (*caller).return_offset = 0;
            if (*caller).owner >= owner::INTERPRETER {
                frame::set_current(ts, (*caller).previous);
                return Resume::Nowhere;
            }
            frame = caller;
            sp = (*caller).stackpointer;
            ip = Some((*caller).instr_ptr.add(1));
            trace = true;
        }
    }
}

/// Puts on the stack what the handler starts with. The error says where in the handler a tool has raised.
fn enter_handler(
    ts: &ThreadState,
    frame: &mut Frame,
    handler: code::exceptions::Handler,
    sp: *mut StackRef,
) -> Result<Resume, (*const CodeUnit, *mut StackRef)> {
    let mut sp = drop_stack(frame, sp, handler.depth);
    let exception = err::take().unwrap_or_else(none);
    let told = monitoring::handled(ts, frame, &exception, handler.target);
    // SAFETY: the compiler reserved room for what a handler starts with.
    unsafe {
        if handler.push_lasti {
            sp.write(StackRef::integer(frame.lasti() as isize));
            sp = sp.add(1);
        }
        sp.write(StackRef::owned(exception));
        sp = sp.add(1);
        let ip = code::instructions(frame.code()).add(handler.target);
        frame.instr_ptr = ip;
        match told {
            Ok(()) => Ok(Resume::At { frame, ip, sp }),
            Err(_) => Err((ip.add(1), sp)),
        }
    }
}

/// Drops what lies on the stack above `depth`.
fn drop_stack(frame: &mut Frame, mut sp: *mut StackRef, depth: usize) -> *mut StackRef {
    // SAFETY: the words between are on the frame's stack.
    unsafe {
        let bottom = frame.stack_base().add(depth);
        while sp > bottom {
            sp = sp.sub(1);
            (*sp).close();
        }
        frame.stackpointer = sp;
    }
    sp
}

/// Ends a frame that returned or raised: a call's is popped, a generator's is marked as done.
///
/// # Safety
/// The frame was the topmost, and does not run any more.
pub unsafe fn end(ts: &ThreadState, frame: *mut Frame) {
    let remaining = &ts.base.py_recursion_remaining;
    remaining.set(remaining.get() + 1);
    // SAFETY: the caller's.
    unsafe {
        if (*frame).owner == owner::THREAD {
            Frame::clear(frame);
            frame::pop(ts, frame);
        } else {
            let generator = generator::of_frame(frame);
            (*generator).frame_state.set(phase::CLEARED);
            ts.base
                .exc_info
                .set((*generator).exc_state.previous_item.get());
            (*generator)
                .exc_state
                .previous_item
                .set(core::ptr::null_mut());
            (*frame).previous = core::ptr::null_mut();
            Frame::clear_except_code(frame);
        }
    }
}

/// Abandons a frame that was pushed but never entered.
///
/// # Safety
/// As [`end`], for a frame on the data stack.
#[cold]
pub unsafe fn abandon(ts: &ThreadState, frame: *mut Frame) {
    // SAFETY: the caller's.
    unsafe {
        Frame::clear(frame);
        frame::pop(ts, frame);
    }
}

/// Raises `RecursionError` if a Python call too many was about to be made.
#[inline(always)]
pub fn check_room(ts: &ThreadState) -> err::Result<()> {
    if ts.base.py_recursion_remaining.get() > 0 {
        Ok(())
    } else {
        control::too_deep(ts, "")
    }
}
