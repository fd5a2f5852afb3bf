//! Jumps, function entry, and the branches that test truth values.

use dynasmrt::{DynasmLabelApi, dynasm};
use vm::interp::Flow;
use vm::object::{FALSE, NONE, TRUE};
use vm::opcodes::op;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::value::{RAX, RCX, Value};

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    match i.base {
        op::RESUME => {
            c.flush();
            let exit = c.exit_with(Flow::Next);
            c.compare_version();
            dynasm!(c.ops ; .arch x64 ; jne =>exit);
            c.entry(i.next);
        }
        op::JUMP_BACKWARD => {
            c.flush();
            let exit = c.exit_with(Flow::Next);
            c.compare_version();
            dynasm!(c.ops ; .arch x64 ; jne =>exit);
            jump(c, i);
        }
        op::JUMP_FORWARD | op::JUMP_BACKWARD_NO_INTERRUPT => {
            c.flush();
            jump(c, i);
        }
        op::POP_JUMP_IF_FALSE => pop_jump(c, i, core::ptr::from_ref(FALSE()) as u64),
        op::POP_JUMP_IF_TRUE => pop_jump(c, i, core::ptr::from_ref(TRUE()) as u64),
        op::POP_JUMP_IF_NONE | op::POP_JUMP_IF_NOT_NONE => pop_jump_none(c, i),
        _ => return false,
    }
    true
}

fn jump(c: &mut Compiler, i: &Instruction) {
    let target = i.target().expect("a jump");
    let label = c.label(target);
    dynasm!(c.ops ; .arch x64 ; jmp =>label);
}

/// Jumps if the top, which is `True` or `False`, is the object at `wanted`.
fn pop_jump(c: &mut Compiler, i: &Instruction, wanted: u64) {
    let label = c.label(i.target().expect("a branch"));
    flush_below(c);
    c.pointer(1, RAX);
    let value = c.pop();
    c.free.release(value);
    c.load_word(RCX, wanted);
    dynasm!(c.ops ; .arch x64
        ; cmp rax, rcx
        ; je =>label
    );
}

/// Sends everything below the top home.
pub fn flush_below(c: &mut Compiler) {
    for index in 0..c.stack.len() - 1 {
        c.send_home(index);
    }
    // An unboxed number has no address to compare.
    if matches!(c.stack.last(), Some(Value::Int(_) | Value::Float(_))) {
        c.flush();
    }
}

fn pop_jump_none(c: &mut Compiler, i: &Instruction) {
    let target = c.label(i.target().expect("a branch"));
    flush_below(c);
    let none = c.ops.new_dynamic_label();
    c.pointer(1, RAX);
    c.load_word(RCX, core::ptr::from_ref(NONE()) as u64);
    dynasm!(c.ops ; .arch x64 ; cmp rax, rcx);
    if i.base == op::POP_JUMP_IF_NONE {
        dynasm!(c.ops ; .arch x64 ; je =>target);
        c.drop_top();
    } else {
        dynasm!(c.ops ; .arch x64 ; je =>none);
        c.drop_top();
        dynasm!(c.ops ; .arch x64
            ; jmp =>target
            ; =>none
        );
    }
}
