//! Control: jumps, function entry and exit, and what is checked on the way.

use core::sync::atomic::Ordering;

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::{Flow, monitoring, pending, unwind};
use crate::code::caches::{self as cache_table, counter};
use crate::err::{self, Raised, Result, exc};
use crate::frame::{CodeUnit, Frame, owner};
use crate::object::*;
use crate::opcodes::{caches, op};
use crate::raise;
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::tier;

#[inline(always)]
pub fn nop<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Next
}

#[inline(always)]
pub fn not_taken<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Next
}

#[inline(always)]
pub fn extended_arg<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Extend
}

/// Data that is never executed.
#[inline(always)]
pub fn cache<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    bad_code()
}

#[inline(always)]
pub fn reserved<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    bad_code()
}

#[inline(always)]
pub fn enter_executor<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    bad_code()
}

#[cold]
#[inline(never)]
fn bad_code() -> Flow {
    let _ = err::new(&exc::SystemError, format_args!("unknown opcode"));
    Flow::Error
}

#[inline(always)]
pub fn interpreter_exit<M: Manager>(_: &mut Regs<M>, _: u32) -> Flow {
    Flow::Exit
}

// ---- Function entry ----

/// How often cold code is entered before it gets its caches.
const WARM: isize = 2;
/// How often code must run for its instructions to be specialised, and how many misses send one back.
pub const SPECIALIZED_AFTER: usize = WARM as usize + (counter::INITIAL >> 4) as usize + 1;
pub const DESPECIALIZED_AFTER: usize = (counter::COOLDOWN >> 4) as usize + 1;
/// How many times a loop of cold code turns before it does.
const LOOP_WARM: CodeUnit = 8;

/// The bits of the eval breaker that ask for something; the others number the monitoring tools' configuration.
pub const EVENTS: usize = 0xff;

/// The argument of `RESUME` says where it stands, in its low bits: 2 and 3 are behind `yield from` and `await`.
const BEHIND_YIELD_FROM: u32 = 2;

#[inline(always)]
pub fn resume<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let breaker = r.ts.eval_breaker().load(Ordering::Relaxed);
    let code = r.code();
    if breaker & !EVENTS != code._co_instrumentation_version.get() && r.ts.base.tracing.get() == 0 {
        return match monitoring::instrument(code) {
            Ok(()) => Flow::Redo,
            Err(_) => Flow::Error,
        };
    }
    warm(code);
    if breaker & EVENTS != 0 && oparg & 3 < BEHIND_YIELD_FROM {
        return check_pending(r.ts);
    }
    if tier::is_on() && tier::entered(code) {
        return Flow::Compiled;
    }
    Flow::Next
}

/// In front of code that is compiled.
#[inline(always)]
pub fn resume_compiled<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if tier::is_current(r.ts, r.code()) {
        Flow::Compiled
    } else {
        Flow::Deopt
    }
}

#[inline(always)]
pub fn warm(code: &PyCodeObject) {
    let entered = code._co_unique_id.get() + 1;
    code._co_unique_id.set(entered);
    if entered >= WARM {
        cache_table::warm_up(code);
    }
}

#[inline(always)]
pub fn resume_check<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    if r.ts.eval_breaker().load(Ordering::Relaxed) == r.code()._co_instrumentation_version.get() {
        Flow::Next
    } else {
        Flow::Deopt
    }
}

/// Whether the thread is asked for something.
#[inline(always)]
pub fn is_asked(ts: &ThreadState) -> bool {
    ts.eval_breaker().load(Ordering::Relaxed) & EVENTS != 0
}

/// Does what the thread was asked for.
#[inline(always)]
pub fn check_pending(ts: &'static ThreadState) -> Flow {
    // SAFETY: the argument is what the function wants.
    match unsafe { gc::call_quietly(pending_fails, core::ptr::from_ref(ts) as usize, 0) } {
        0 => Flow::Next,
        _ => Flow::Error,
    }
}

unsafe extern "C" fn pending_fails(ts: usize, _: usize) -> usize {
    // SAFETY: the caller passes its thread state.
    let ts = unsafe { &*(ts as *const ThreadState) };
    usize::from(pending::handle_pending(ts).is_err())
}

// ---- Recursion ----

/// Raises `RecursionError`, unless one is being raised already and there is room left to do so.
#[cold]
#[inline(never)]
pub fn too_deep(ts: &ThreadState, doing: &str) -> Result<()> {
    let headroom = &ts.base.recursion_headroom;
    if headroom.get() > 0 && ts.base.py_recursion_remaining.get() > -50 {
        return Ok(());
    }
    headroom.set(headroom.get() + 1);
    let raised: Result<()> = raise!(RecursionError, "maximum recursion depth exceeded{}", doing);
    headroom.set(headroom.get() - 1);
    raised
}

/// As [`too_deep`], for a frame that has just been entered from native code.
#[inline(always)]
pub fn recursion_error_on_entry(ts: &ThreadState) -> bool {
    if ts.stack_is_short() {
        let _ = native_overflow(ts, " while calling a Python object");
        return true;
    }
    ts.base.py_recursion_remaining.get() < 0 && too_deep(ts, "").is_err()
}

/// Raises `RecursionError` because native calls nest too deeply.
#[cold]
#[inline(never)]
pub fn native_overflow(ts: &ThreadState, doing: &str) -> Raised {
    // Making the exception takes some stack too: lower the limit meanwhile.
    const SPARE: usize = 48 * 1024;
    let limit = ts.stack_limit.get();
    ts.stack_limit.set(limit.saturating_sub(SPARE));
    let raised = err::new(
        &exc::RecursionError,
        format_args!("maximum recursion depth exceeded{doing}"),
    );
    ts.stack_limit.set(limit);
    raised
}

/// For native code that calls back: raises `RecursionError` if the native stack runs short.
#[inline(always)]
pub fn enter_native(doing: &str) -> Result<()> {
    let ts = crate::state::current();
    if ts.stack_is_short() {
        Err(native_overflow(ts, doing))
    } else {
        Ok(())
    }
}

// ---- Function exit ----

#[inline(always)]
pub fn return_value<M: Manager>(r: &mut Regs<M>, _: u32) -> Flow {
    let value = r.pop().heap_safe();
    let done = r.frame_ptr();
    let caller = r.frame().previous;
    r.frame().stackpointer = r.sp.cast();
    // SAFETY: the caller's frame is alive below this one.
    let offset = unsafe { (*caller).return_offset };
    // SAFETY: the frame that this one was entered from.
    unsafe { r.leave_to(caller, usize::from(offset)) };
    // SAFETY: the frame has returned.
    unsafe { end_frame::<M>(r.ts, done) };
    r.push(value);
    r.go_on()
}

unsafe extern "C" fn end_quietly(ts: usize, frame: usize) -> usize {
    // SAFETY: the caller's.
    unsafe { unwind::end(&*(ts as *const ThreadState), frame as *mut Frame) };
    0
}

/// As [`unwind::end`], with the usual case inline: a call's frame that nobody has looked at.
///
/// # Safety
/// The same.
#[inline(always)]
pub unsafe fn end_frame<M: Manager>(ts: &'static ThreadState, frame: *mut Frame) {
    // SAFETY: the caller's: the frame has returned and was the topmost.
    unsafe {
        if (*frame).owner != owner::THREAD
            || !(*frame).frame_obj.is_null()
            || !(*frame).locals.is_null()
        {
            gc::call_quietly(
                end_quietly,
                core::ptr::from_ref(ts) as usize,
                frame as usize,
            );
            return;
        }
        let remaining = &ts.base.py_recursion_remaining;
        remaining.set(remaining.get() + 1);
        if M::FACTS.counts {
            let code: &PyCodeObject = (*frame).code();
            let mut word = Frame::locals_start(frame);
            let end = word.add(code.co_nlocalsplus.get() as usize);
            (*frame).stackpointer = word;
            while word < end {
                let value: StackRef<M> = word.read_volatile().with();
                value.close();
                word = word.add(1);
            }
            (*frame).funcobj.with::<M>().close();
            (*frame).executable.with::<M>().close();
        }
        crate::frame::pop(ts, frame);
    }
}

// ---- Jumps ----

#[inline(always)]
pub fn jump_forward<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    r.jump(oparg as isize);
    Flow::Next
}

#[inline(always)]
pub fn jump_backward<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let unit = r.here(0).cast_mut();
    let place = r.here(caches::JUMP_BACKWARD).cast_mut().cast::<u8>();
    // SAFETY: the instruction's cache unit, which holds the count of its turns.
    unsafe {
        let turns = *unit + 1;
        *unit = turns;
        if turns >= LOOP_WARM {
            *unit = 0;
            cache_table::warm_up(r.code());
            if *place == op::JUMP_BACKWARD {
                place.write(if tier::is_on() {
                    op::JUMP_BACKWARD_JIT
                } else {
                    op::JUMP_BACKWARD_NO_JIT
                });
            }
        }
    }
    jump_backward_no_jit(r, oparg)
}

#[inline(always)]
pub fn jump_backward_no_jit<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    if r.ts.eval_breaker().load(Ordering::Relaxed) & EVENTS != 0
        && check_pending(r.ts) == Flow::Error
    {
        return Flow::Error;
    }
    r.jump(-(oparg as isize));
    Flow::Next
}

#[inline(always)]
pub fn jump_backward_jit<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    match jump_backward_no_jit(r, oparg) {
        Flow::Next if tier::turned(r.code()) => Flow::Compiled,
        flow => flow,
    }
}

#[inline(always)]
pub fn jump_backward_no_interrupt<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    r.jump(-(oparg as isize));
    Flow::Next
}

/// The value is `True` or `False`, neither of which needs dropping.
#[inline(always)]
pub fn pop_jump_if_false<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let taken = r.pop().is(FALSE());
    r.branch(taken, oparg);
    Flow::Next
}

#[inline(always)]
pub fn pop_jump_if_true<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let taken = r.pop().is(TRUE());
    r.branch(taken, oparg);
    Flow::Next
}

#[inline(always)]
pub fn pop_jump_if_none<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.pop();
    r.branch(value.is(NONE()), oparg);
    value.close();
    Flow::Next
}

#[inline(always)]
pub fn pop_jump_if_not_none<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
    let value = r.pop();
    r.branch(!value.is(NONE()), oparg);
    value.close();
    Flow::Next
}
