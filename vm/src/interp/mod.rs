//! The interpreter: a loop over the instructions of a frame, one function for each opcode, in a file for each family.
//!
//! The loop is compiled once for each memory manager. Calls from Python to Python push a frame and stay in the loop; native
//! code enters it through [`eval_frame`]. Invariants: an instruction that fails leaves everything it still owns on the
//! stack, where unwinding drops it; `instr_ptr` of the frame is at every instruction that can raise or run other code.

pub mod attr;
pub mod binary;
pub mod bind;
pub mod bind_errors;
pub mod build;
pub mod cached;
pub mod call;
pub mod cells;
pub mod compare;
pub mod compiled;
pub mod control;
pub mod dead_words;
pub mod errors;
pub mod eval;
pub mod exception;
pub mod extend;
pub mod format;
pub mod generator;
pub mod import_;
pub mod intrinsics;
pub mod iter;
pub mod load_store;
pub mod match_;
pub mod monitoring;
pub mod names;
pub mod native_calls;
pub mod pending;
pub mod plans;
pub mod regs;
pub mod run;
pub mod specialize;
pub mod subscr;
pub mod super_;
pub mod trace;
pub mod unwind;

pub use eval::{call_function, eval_code, eval_frame, eval_with_closure};
pub use pending::handle_pending;

/// What the loop does after an instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Flow {
    /// Go on with the next instruction.
    Next,
    /// An exception is set: find its handler, and note the place in its traceback.
    Error,
    /// An exception is set that goes on its way: find its handler.
    Reraise,
    /// The guards of a specialised instruction failed: execute the generic form.
    Deopt,
    /// The instruction has been rewritten: execute it again.
    Redo,
    /// A prefix of the next instruction's argument.
    Extend,
    /// The base frame was reached: its value is on the stack.
    Exit,
    /// Go on in compiled code, if there is any for this place.
    Compiled,
}

impl Flow {
    /// The inverse of `as usize`.
    #[inline(always)]
    pub fn from_bits(bits: usize) -> Flow {
        match bits {
            0 => Flow::Next,
            1 => Flow::Error,
            2 => Flow::Reraise,
            3 => Flow::Deopt,
            4 => Flow::Redo,
            5 => Flow::Extend,
            6 => Flow::Exit,
            _ => Flow::Compiled,
        }
    }
}
