//! The loop.

use gc::Manager;

use super::regs::Regs;
use super::unwind::{Resume, unwind};
use super::{
    Flow, attr, binary, build, call, cells, compare, control, exception, extend, format, generator,
    import_, intrinsics, iter,
};
use super::{load_store, match_, monitoring, names, subscr, super_};
use crate::err::{Raised, Result};
use crate::for_each_opcode;
use crate::frame::{self, CodeUnit, Frame};
use crate::object::Ref;
use crate::opcodes::{flag, flags, op};
use crate::stackref::StackRef;
use crate::state::ThreadState;

/// A base frame, with room for the value that the topmost function returns.
#[repr(C)]
struct Base {
    frame: Frame,
    stack: [StackRef; 2],
}

/// Why the loop over instructions was left.
enum After {
    Fetch,
    Failed(Flow),
    /// At the marker of an instrumented instruction, with the argument.
    Marker(u32),
}

/// What a base frame "executes", wherever its callee returns or yields to.
static LEAVE: [CodeUnit; 4] = [op::INTERPRETER_EXIT as CodeUnit; 4];

/// Runs `frame` until it returns or yields, or raises. With `throw`, the exception that is set is raised where the frame
/// stands.
///
/// # Safety
/// `frame` is complete and does not run; a frame on the data stack is the topmost.
pub unsafe fn run<M: Manager>(ts: &'static ThreadState, frame: *mut Frame, throw: bool) -> Result {
    let mut base = Base {
        frame: Frame::base(frame::current(ts), LEAVE.as_ptr()),
        stack: [StackRef::NULL; 2],
    };
    base.frame.stackpointer = base.stack.as_mut_ptr();
    let base_frame = &raw mut base.frame;
    let mut r: Regs<M> = Regs::new(LEAVE.as_ptr(), base.stack.as_mut_ptr(), base_frame, ts);
    // SAFETY: the caller's; the base frame outlives the call.
    unsafe { (*frame).previous = base_frame };
    r.enter(frame, 0);
    let mut after = After::Fetch;
    if throw {
        monitoring::thrown(ts, r.frame());
        after = After::Failed(Flow::Error);
    }
    if control::recursion_error_on_entry(ts) {
        after = After::Failed(Flow::Error);
        // No handler of this frame may run.
        r.ip = core::ptr::null();
    }
    'entering: loop {
        let (mut opcode, mut oparg) = match after {
            After::Fetch => fetch(&mut r),
            After::Failed(flow) => {
                match unwind(ts, r.frame_ptr(), r.ip, r.sp.cast(), flow == Flow::Error) {
                    Resume::At { frame, ip, sp } => {
                        r.set_frame(frame);
                        (r.ip, r.sp) = (ip, sp.cast());
                    }
                    Resume::Nowhere => return Err(Raised::assume()),
                }
                fetch(&mut r)
            }
            After::Marker(oparg) => {
                match monitoring::instrumented(ts, r.frame_ptr(), r.ip, r.sp.cast(), oparg) {
                    monitoring::Then::Execute(original) => (original, oparg),
                    monitoring::Then::Goto { ip, sp } => {
                        (r.ip, r.sp) = (ip, sp.cast());
                        fetch(&mut r)
                    }
                    monitoring::Then::Raise => {
                        after = After::Failed(Flow::Error);
                        continue 'entering;
                    }
                }
            }
        };
        after = 'dispatch: loop {
            macro_rules! dispatch {
                ($($name:ident = $number:literal, $base:ident, $family:ident :: $handler:ident, $caches:literal, $popped:expr, $pushed:expr, $($flag:ident)|+;)*) => {
                    match opcode {
                        $($number => {
                            if flags::$name & (flag::ERROR | flag::ESCAPES) != 0 {
                                r.frame().instr_ptr = r.here(0);
                            }
                            r.jump($caches);
                            match $family::$handler(&mut r, oparg) {
                                Flow::Next => {
                                    (opcode, oparg) = fetch(&mut r);
                                    continue 'dispatch;
                                }
                                Flow::Deopt => {
                                    r.jump(-$caches);
                                    opcode = op::$base;
                                    continue 'dispatch;
                                }
                                Flow::Redo => {
                                    r.jump(-$caches);
                                    opcode = current(&r);
                                    continue 'dispatch;
                                }
                                Flow::Extend => {
                                    let (next, low) = fetch(&mut r);
                                    opcode = next;
                                    oparg = oparg << 8 | low;
                                    continue 'dispatch;
                                }
                                Flow::Exit => break 'entering,
                                failed => break 'dispatch After::Failed(failed),
                            }
                        })*
                        _ => break 'dispatch After::Marker(oparg),
                    }
                };
            }
            for_each_opcode!(dispatch);
        };
    }
    frame::set_current(ts, base.frame.previous);
    // SAFETY: the value is owned, as everything that leaves a frame.
    Ok(unsafe { Ref::from_owned(r.pop().as_ptr()) })
}

/// The next instruction and its argument.
#[inline(always)]
fn fetch<M: Manager>(r: &mut Regs<M>) -> (u8, u32) {
    let unit = current_unit(r, 0);
    r.jump(1);
    (unit as u8, u32::from(unit >> 8))
}

/// The opcode of the instruction that was fetched last, as it stands in the code now.
#[inline(always)]
fn current<M: Manager>(r: &Regs<M>) -> u8 {
    current_unit(r, -1) as u8
}

#[inline(always)]
fn current_unit<M: Manager>(r: &Regs<M>, offset: isize) -> CodeUnit {
    // SAFETY: `ip` is inside the code of the frame, whose last instruction does not fall through.
    unsafe { *r.ip.offset(offset) }
}
