//! Compiled code's side of the interpreter: how the loop enters it, and the instructions that it calls out of line.

use gc::Manager;

use super::regs::Regs;
use super::run::recover;
use super::{
    Flow, attr, binary, build, call, cells, compare, control, exception, extend, format, generator,
    import_, intrinsics, iter, load_store, match_, names, subscr, super_,
};
use crate::for_each_opcode;
use crate::frame::{CodeUnit, Frame, owner};
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::tier;

/// Runs compiled code for as long as there is any at the place that is reached, which may be the handler of an exception.
/// The frame in which the interpreter goes on notes where; null if an exception leaves the interpreter.
#[inline(never)]
pub fn enter<M: Manager>(
    ip: *const CodeUnit,
    sp: *mut StackRef<M>,
    frame: *mut Frame,
    ts: &'static ThreadState,
) -> *mut Frame {
    let mut r: Regs<M> = Regs::new(ip, sp.cast(), frame, ts);
    loop {
        match resume(&mut r) {
            Flow::Compiled => {}
            flow @ (Flow::Error | Flow::Reraise) => {
                let trace = flow == Flow::Error;
                // SAFETY: the registers of the frame that runs.
                let frame = unsafe { recover(ts, r.frame_ptr(), r.ip, r.sp.cast(), trace) };
                if frame.is_null() {
                    return frame;
                }
                // SAFETY: the frame runs now, and notes where.
                r = unsafe { Regs::new((*frame).instr_ptr, (*frame).stackpointer, frame, ts) };
            }
            flow => {
                if flow == Flow::Deopt {
                    // SAFETY: a guard fails at an instruction.
                    unsafe { tier::failed(r.code(), r.ip) };
                }
                let frame = r.frame();
                frame.instr_ptr = r.ip;
                frame.stackpointer = r.sp.cast();
                return frame;
            }
        }
    }
}

/// Runs compiled code until it is left, if there is any.
fn resume<M: Manager>(r: &mut Regs<M>) -> Flow {
    let frame = r.frame();
    if frame.owner >= owner::INTERPRETER {
        return Flow::Next;
    }
    // SAFETY: the registers are those of the frame.
    match unsafe { tier::entry(r.ts, frame.code(), r.ip) } {
        // SAFETY: the entry is of the frame's code, which is current.
        Some((tier, entry)) => unsafe { tier.enter((&raw mut *r).cast(), entry) },
        None => Flow::Next,
    }
}

/// An instruction out of line. `ip` of the registers is behind the instruction and its caches; it is not an instruction of
/// the frame's code where compiled code wants nothing counted or fused.
pub type Handler<M> = unsafe extern "C" fn(*mut Regs<M>, u32) -> Flow;

macro_rules! handlers {
    ($($name:ident = $number:literal, $base:ident, $family:ident :: $handler:ident, $caches:literal, $popped:expr, $pushed:expr, $($flag:ident)|+;)*) => {
        unsafe extern "C" fn out_of_line<M: Manager, const OPCODE: usize>(
            r: *mut Regs<M>,
            oparg: u32,
        ) -> Flow {
            // SAFETY: compiled code passes its registers.
            let r = unsafe { &mut *r };
            match OPCODE {
                $($number => $family::$handler(r, oparg),)*
                _ => control::reserved(r, oparg),
            }
        }

        /// The handlers by opcode.
        pub const fn handlers<M: Manager>() -> [Handler<M>; 256] {
            let mut table: [Handler<M>; 256] = [out_of_line::<M, 0>; 256];
            $(table[$number] = out_of_line::<M, $number>;)*
            table
        }
    };
}

for_each_opcode!(handlers);
