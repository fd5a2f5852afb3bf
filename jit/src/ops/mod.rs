//! One file for each family of instructions, as in the interpreter.

mod arith;
mod compare;
mod control;
mod iter;
mod load_store;

use vm::opcodes::op;

use crate::compiler::Compiler;
use crate::decode::Instruction;

/// Emits an instruction.
pub fn emit(c: &mut Compiler, i: &Instruction) {
    if !(load_store::emit(c, i)
        || control::emit(c, i)
        || arith::emit(c, i)
        || compare::emit(c, i)
        || iter::emit(c, i))
    {
        generic(c, i);
    }
}

/// By the interpreter's handler.
pub fn generic(c: &mut Compiler, i: &Instruction) {
    match i.base {
        op::NOP | op::NOT_TAKEN | op::CACHE => {}
        _ => c.call_handler(i, i.base),
    }
}
