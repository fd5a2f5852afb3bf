//! The loop.
//!
//! It has no loop statement: the function of each instruction ends by jumping to that of the next one, through a table
//! with a function for each opcode. The registers are its parameters, so they stay in machine registers and each function
//! is compiled by itself; what runs rarely does not disturb what runs often. The jumps are calls in tail position with
//! the same parameters, which optimised builds turn into jumps; builds with debug assertions, which need not be
//! optimised, return to a loop instead.

use gc::Manager;
use layout::*;

use super::regs::Regs;
use super::unwind::{Resume, unwind};
use super::{
    Flow, attr, binary, build, call, cells, compare, compiled, control, exception, extend, format,
    generator, import_, intrinsics, iter,
};
use super::{load_store, match_, monitoring, names, subscr, super_};
use crate::err::{Raised, Result};
use crate::for_each_opcode;
use crate::frame::{self, CodeUnit, Frame};
use crate::object::Ref;
use crate::opcodes::{flag, flags, op};
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::tier;

/// A base frame, with room for the value that the topmost function returns.
#[repr(C)]
struct Base {
    frame: Frame,
    stack: [StackRef; 2],
    /// What a collector that searches the native stack above this frame must find too.
    _registers: gc::KeptRegisters,
}

/// What a base frame "executes", wherever its callee returns or yields to.
static LEAVE: [CodeUnit; 4] = [op::INTERPRETER_EXIT as CodeUnit; 4];

/// What leaves the interpreter: an owned reference, or null with an exception set.
type Left = *mut PyObject;

/// An instruction's function: the registers, and the argument.
type Handler<M> = unsafe fn(
    *const CodeUnit,
    *mut StackRef<M>,
    *mut StackRef<M>,
    &'static ThreadState,
    u32,
) -> Left;

/// Runs `frame` until it returns or yields, or raises. With `throw`, the exception that is set is raised where the frame
/// stands.
///
/// # Safety
/// `frame` is complete and does not run; a frame on the data stack is the topmost.
pub unsafe fn run<M: Manager>(ts: &'static ThreadState, frame: *mut Frame, throw: bool) -> Result {
    let mut base = Base {
        frame: Frame::base(frame::current(ts), LEAVE.as_ptr()),
        stack: [StackRef::NULL; 2],
        _registers: gc::keep_registers(),
    };
    base.frame.stackpointer = base.stack.as_mut_ptr();
    let base_frame = &raw mut base.frame;
    let mut r: Regs<M> = Regs::new(LEAVE.as_ptr(), base.stack.as_mut_ptr(), base_frame, ts);
    // SAFETY: the caller's; the base frame outlives the call.
    unsafe { (*frame).previous = base_frame };
    // SAFETY: the frame was just made ready for this.
    unsafe { r.enter(frame, 0) };
    if throw {
        monitoring::thrown(ts, r.frame());
    }
    // SAFETY: the registers are those of the frame, which is complete.
    let left = unsafe {
        if control::recursion_error_on_entry(ts) {
            // No handler of this frame may run.
            r.ip = core::ptr::null();
            start(failed::<M>, r, 1)
        } else if throw {
            start(failed::<M>, r, 1)
        } else {
            let mut at = frame;
            if tier::is_on() && tier::is_current(ts, (*frame).code()) {
                at = compiled::enter::<M>(r.ip, r.sp, frame, ts);
                if !at.is_null() {
                    r = Regs::new((*at).instr_ptr, (*at).stackpointer, at, ts);
                }
            }
            if at.is_null() {
                core::ptr::null_mut()
            } else {
                let (opcode, oparg) = fetch(&mut r);
                start(Handlers::<M>::TABLE[usize::from(opcode)], r, oparg)
            }
        }
    };
    if left.is_null() {
        return Err(Raised::assume());
    }
    frame::set_current(ts, base.frame.previous);
    // SAFETY: the value is owned, as everything that leaves a frame.
    Ok(unsafe { Ref::from_owned(left) })
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

/// Goes on with the next instruction.
#[inline(always)]
unsafe fn next<M: Manager>(mut r: Regs<M>) -> Left {
    let (opcode, oparg) = fetch(&mut r);
    // SAFETY: the caller's: the registers are those of the running frame.
    unsafe { go(Handlers::<M>::TABLE[usize::from(opcode)], r, oparg) }
}

/// The end of an instruction's function: the jump to another.
#[cfg(not(debug_assertions))]
#[inline(always)]
unsafe fn go<M: Manager>(to: Handler<M>, r: Regs<M>, oparg: u32) -> Left {
    // SAFETY: the caller's.
    unsafe { to(r.ip, r.sp, r.locals(), r.ts, oparg) }
}

/// The first of the jumps.
#[cfg(not(debug_assertions))]
use go as start;

/// Where jumps that return to a loop say what they jump to.
#[cfg(debug_assertions)]
mod bounce {
    use super::*;

    #[derive(Clone, Copy)]
    struct Jump {
        to: *const (),
        ip: *const CodeUnit,
        sp: *mut StackRef,
        locals: *mut StackRef,
        oparg: u32,
    }

    static JUMP: gc::Gil<core::cell::Cell<Option<Jump>>> =
        gc::Gil::new(core::cell::Cell::new(None));

    pub unsafe fn go<M: Manager>(to: Handler<M>, r: Regs<M>, oparg: u32) -> Left {
        JUMP.set(Some(Jump {
            to: to as *const (),
            ip: r.ip,
            sp: r.sp.cast(),
            locals: r.locals().cast(),
            oparg,
        }));
        core::ptr::null_mut()
    }

    pub unsafe fn start<M: Manager>(to: Handler<M>, r: Regs<M>, oparg: u32) -> Left {
        // SAFETY: the caller's; a jump that is set was made by a handler for the same manager.
        unsafe {
            let mut left = to(r.ip, r.sp, r.locals(), r.ts, oparg);
            while let Some(jump) = JUMP.take() {
                let to: Handler<M> = core::mem::transmute(jump.to);
                left = to(
                    jump.ip,
                    jump.sp.cast(),
                    jump.locals.cast(),
                    r.ts,
                    jump.oparg,
                );
            }
            left
        }
    }
}
#[cfg(debug_assertions)]
use bounce::{go, start};

/// Goes on where the exception that is set is handled. Without an `ip` no handler of this frame may run; `trace` says
/// whether the frame joins the traceback.
#[cold]
unsafe fn failed<M: Manager>(
    ip: *const CodeUnit,
    sp: *mut StackRef<M>,
    locals: *mut StackRef<M>,
    ts: &'static ThreadState,
    trace: u32,
) -> Left {
    // SAFETY: the locals are the running frame's.
    let frame = unsafe {
        let frame = locals.cast::<Frame>().sub(1);
        recover(ts, frame, ip, sp.cast(), trace != 0)
    };
    if frame.is_null() {
        return core::ptr::null_mut();
    }
    // SAFETY: the frame runs now, and notes where.
    unsafe {
        let r = Regs::<M>::new((*frame).instr_ptr, (*frame).stackpointer, frame, ts);
        if tier::is_on() {
            go(tiered::<M>, r, 0)
        } else {
            next(r)
        }
    }
}

/// Goes on in compiled code, where there is any.
unsafe fn tiered<M: Manager>(
    ip: *const CodeUnit,
    sp: *mut StackRef<M>,
    locals: *mut StackRef<M>,
    ts: &'static ThreadState,
    _: u32,
) -> Left {
    // SAFETY: the locals are the running frame's.
    let frame = compiled::enter::<M>(ip, sp, unsafe { locals.cast::<Frame>().sub(1) }, ts);
    if frame.is_null() {
        return core::ptr::null_mut();
    }
    // SAFETY: the frame runs now, and notes where.
    unsafe {
        next(Regs::<M>::new(
            (*frame).instr_ptr,
            (*frame).stackpointer,
            frame,
            ts,
        ))
    }
}

/// The frame that handles the exception, which notes where it goes on; null if none does.
///
/// # Safety
/// As for [`unwind`].
#[inline(never)]
pub unsafe fn recover(
    ts: &'static ThreadState,
    frame: *mut Frame,
    ip: *const CodeUnit,
    sp: *mut StackRef,
    trace: bool,
) -> *mut Frame {
    // SAFETY: what the caller promises.
    match unsafe { unwind(ts, frame, ip, sp, trace) } {
        Resume::At { frame, ip, sp } => {
            // SAFETY: the frame is alive.
            unsafe {
                (*frame).instr_ptr = ip;
                (*frame).stackpointer = sp;
            }
            frame
        }
        Resume::Nowhere => core::ptr::null_mut(),
    }
}

/// Not an opcode: a tool has raised.
const RAISE: usize = 256;

/// At the marker of an instrumented instruction.
unsafe fn marked<M: Manager>(
    ip: *const CodeUnit,
    sp: *mut StackRef<M>,
    locals: *mut StackRef<M>,
    ts: &'static ThreadState,
    oparg: u32,
) -> Left {
    // SAFETY: the locals are the running frame's.
    let frame = unsafe { locals.cast::<Frame>().sub(1) };
    let then = tell(ts, frame, ip, sp.cast(), oparg);
    // SAFETY: the registers are those of the running frame.
    unsafe {
        match then {
            RAISE => go(failed::<M>, Regs::new(ip, sp.cast(), frame, ts), 1),
            0..RAISE => go(
                Handlers::<M>::TABLE[then],
                Regs::new(ip, sp.cast(), frame, ts),
                oparg,
            ),
            _ => next(Regs::<M>::new(
                then as *const CodeUnit,
                (*frame).stackpointer,
                frame,
                ts,
            )),
        }
    }
}

/// Tells the tools. The answer is the opcode to execute, or `RAISE`, or where to go on, with the stack as the frame says.
#[inline(never)]
fn tell(
    ts: &'static ThreadState,
    frame: *mut Frame,
    ip: *const CodeUnit,
    sp: *mut StackRef,
    oparg: u32,
) -> usize {
    // SAFETY: the registers of the frame that runs.
    match unsafe { monitoring::instrumented(ts, frame, ip, sp, oparg) } {
        monitoring::Then::Execute(original) => usize::from(original),
        monitoring::Then::Raise => RAISE,
        monitoring::Then::Goto { ip, sp } => {
            // SAFETY: the frame is alive.
            unsafe { (*frame).stackpointer = sp };
            ip as usize
        }
    }
}

/// Instructions that keep nothing on the native stack, and occur often enough for that to count.
const LIGHT_OPS: &[u8] = &[
    op::LOAD_FAST,
    op::LOAD_FAST_BORROW,
    op::LOAD_FAST_AND_CLEAR,
    op::LOAD_FAST_LOAD_FAST,
    op::LOAD_FAST_BORROW_LOAD_FAST_BORROW,
    op::LOAD_CONST,
    op::LOAD_CONST_IMMORTAL,
    op::LOAD_CONST_MORTAL,
    op::LOAD_SMALL_INT,
    op::LOAD_DEREF,
    op::STORE_FAST,
    op::STORE_FAST_LOAD_FAST,
    op::STORE_FAST_STORE_FAST,
    op::POP_TOP,
    op::END_FOR,
    op::POP_ITER,
    op::PUSH_NULL,
    op::COPY,
    op::SWAP,
    op::NOP,
    op::NOT_TAKEN,
    op::EXTENDED_ARG,
    op::POP_JUMP_IF_FALSE,
    op::POP_JUMP_IF_TRUE,
    op::POP_JUMP_IF_NONE,
    op::POP_JUMP_IF_NOT_NONE,
    op::JUMP_FORWARD,
    op::JUMP_BACKWARD_NO_JIT,
    op::JUMP_BACKWARD_NO_INTERRUPT,
    op::RESUME_CHECK,
    op::RETURN_VALUE,
    op::YIELD_VALUE,
    op::INTERPRETER_EXIT,
    op::UNARY_NOT,
    op::TO_BOOL_ALWAYS_TRUE,
    op::TO_BOOL_BOOL,
    op::TO_BOOL_INT,
    op::TO_BOOL_LIST,
    op::TO_BOOL_NONE,
    op::TO_BOOL_STR,
    op::COMPARE_OP_INT,
    op::COMPARE_OP_FLOAT,
    op::COMPARE_OP_STR,
    op::CONTAINS_OP_DICT,
    op::CONTAINS_OP_SET,
    op::IS_OP,
    op::BINARY_OP_ADD_INT,
    op::BINARY_OP_SUBTRACT_INT,
    op::BINARY_OP_MULTIPLY_INT,
    op::BINARY_OP_ADD_FLOAT,
    op::BINARY_OP_SUBTRACT_FLOAT,
    op::BINARY_OP_MULTIPLY_FLOAT,
    op::BINARY_OP_SUBSCR_LIST_INT,
    op::BINARY_OP_SUBSCR_TUPLE_INT,
    op::BINARY_OP_SUBSCR_STR_INT,
    op::BINARY_OP_SUBSCR_DICT,
    op::BINARY_OP_SUBSCR_GETITEM,
    op::BINARY_OP_EXTEND,
    op::STORE_SUBSCR_LIST_INT,
    op::STORE_SUBSCR_DICT,
    op::LOAD_GLOBAL_MODULE,
    op::LOAD_GLOBAL_BUILTIN,
    op::LOAD_ATTR_INSTANCE_VALUE,
    op::LOAD_ATTR_SLOT,
    op::LOAD_ATTR_MODULE,
    op::LOAD_ATTR_CLASS,
    op::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK,
    op::LOAD_ATTR_METHOD_WITH_VALUES,
    op::LOAD_ATTR_METHOD_NO_DICT,
    op::LOAD_ATTR_METHOD_LAZY_DICT,
    op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES,
    op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT,
    op::LOAD_ATTR_PROPERTY,
    op::LOAD_ATTR_WITH_HINT,
    op::STORE_ATTR_INSTANCE_VALUE,
    op::STORE_ATTR_SLOT,
    op::CALL_PY_EXACT_ARGS,
    op::CALL_BOUND_METHOD_EXACT_ARGS,
    op::CALL_BUILTIN_O,
    op::CALL_METHOD_DESCRIPTOR_O,
    op::CALL_METHOD_DESCRIPTOR_NOARGS,
    op::CALL_LIST_APPEND,
    op::CALL_TYPE_1,
    op::CALL_LEN,
    op::CALL_ISINSTANCE,
    op::GET_ITER,
    op::FOR_ITER,
    op::FOR_ITER_LIST,
    op::FOR_ITER_TUPLE,
    op::FOR_ITER_RANGE,
    op::FOR_ITER_GEN,
    op::SEND_GEN,
    op::END_SEND,
    op::UNPACK_SEQUENCE_TWO_TUPLE,
    op::UNPACK_SEQUENCE_TUPLE,
    op::UNPACK_SEQUENCE_LIST,
    op::BUILD_TUPLE,
    op::BUILD_LIST,
    op::LIST_APPEND,
];

const LIGHT: [bool; 256] = {
    let mut light = [false; 256];
    let mut at = 0;
    while at < LIGHT_OPS.len() {
        light[LIGHT_OPS[at] as usize] = true;
        at += 1;
    }
    light
};

/// What a step leaves: the instruction pointer, and the stack pointer with the [`Flow`] in its low bits.
type Stepped = (*const CodeUnit, usize);

const FLOW_BITS: usize = 7;

struct Handlers<M>(core::marker::PhantomData<M>);

macro_rules! handlers {
    ($($name:ident = $number:literal, $base:ident, $family:ident :: $handler:ident, $caches:literal, $popped:expr, $pushed:expr, $($flag:ident)|+;)*) => {
        /// A function for each instruction.
        #[allow(non_snake_case)]
        mod instruction {
            use super::*;
            $(
                pub unsafe fn $name<M: Manager>(
                    ip: *const CodeUnit,
                    sp: *mut StackRef<M>,
                    locals: *mut StackRef<M>,
                    ts: &'static ThreadState,
                    oparg: u32,
                ) -> Left {
                    #[inline(never)]
                    unsafe fn step<M: Manager>(
                        ip: *const CodeUnit,
                        sp: *mut StackRef<M>,
                        locals: *mut StackRef<M>,
                        ts: &'static ThreadState,
                        oparg: u32,
                    ) -> Stepped {
                        let mut r = Regs::<M>::at(ip, sp, locals, ts);
                        let flow = execute(&mut r, oparg);
                        (r.ip, r.sp as usize | flow as usize)
                    }

                    #[inline(always)]
                    fn execute<M: Manager>(r: &mut Regs<M>, oparg: u32) -> Flow {
                        if flags::$name & (flag::ERROR | flag::ESCAPES) != 0 {
                            r.frame().instr_ptr = r.here(0);
                        }
                        r.jump($caches);
                        $family::$handler(r, oparg)
                    }

                    // SAFETY: the registers stay those of the running frame.
                    unsafe {
                        let (mut r, flow) = if LIGHT[$number] {
                            let mut r = Regs::<M>::at(ip, sp, locals, ts);
                            let flow = execute(&mut r, oparg);
                            (r, flow)
                        } else {
                            let (ip, tagged) = step::<M>(ip, sp, locals, ts, oparg);
                            let sp = (tagged & !FLOW_BITS) as *mut StackRef<M>;
                            let locals = Frame::locals_start(frame::current(ts)).cast();
                            (Regs::at(ip, sp, locals, ts), Flow::from_bits(tagged & FLOW_BITS))
                        };
                        match flow {
                            Flow::Next => next(r),
                            Flow::Deopt => {
                                r.jump(-$caches);
                                go($base::<M>, r, oparg)
                            }
                            Flow::Redo => {
                                r.jump(-$caches);
                                go(Handlers::<M>::TABLE[usize::from(current(&r))], r, oparg)
                            }
                            Flow::Extend => {
                                let (opcode, low) = fetch(&mut r);
                                go(Handlers::<M>::TABLE[usize::from(opcode)], r, oparg << 8 | low)
                            }
                            Flow::Exit => r.pop().as_ptr(),
                            Flow::Compiled => go(tiered::<M>, r, 0),
                            Flow::Error => go(failed::<M>, r, 1),
                            Flow::Reraise => go(failed::<M>, r, 0),
                        }
                    }
                }
            )*
        }

        impl<M: Manager> Handlers<M> {
            /// Instrumented code has its marker in the place of opcodes that have no function.
            const TABLE: &'static [Handler<M>; 256] = &{
                let mut table: [Handler<M>; 256] = [marked::<M>; 256];
                $(table[$number] = instruction::$name::<M>;)*
                table
            };
        }
    };
}
for_each_opcode!(handlers);
