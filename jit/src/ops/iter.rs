//! Iteration.

use core::mem::offset_of;

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use vm::opcodes::op;
use vm::types::range::RangeIter;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::runtime::Entry;
use crate::value::{RAX, RCX, Value};

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    match i.opcode {
        op::FOR_ITER_RANGE => for_range(c, i),
        _ if i.base == op::FOR_ITER || i.base == op::SEND => by_handler(c, i),
        _ => return false,
    }
    true
}

/// The handler either pushes a value, or enters a generator's frame, or moves `ip` by the argument.
fn by_handler(c: &mut Compiler, i: &Instruction) {
    let target = i.target().expect("a branch");
    if i.base == op::FOR_ITER {
        // Where a generator returns to.
        c.entry(target - 1);
    } else {
        c.entry(target);
    }
    c.call_handler(i, i.base);
    let label = c.label(target);
    let on = c.ops.new_dynamic_label();
    dynasm!(c.ops ; .arch x64
        ; mov rax, [r13 + Entry::Nowhere.offset()]
        ; cmp [rbx], rax
        ; je =>on
        ; mov [rbx], rax
        ; jmp =>label
        ; =>on
    );
}

fn for_range(c: &mut Compiler, i: &Instruction) {
    let label = c.label(i.target().expect("a branch"));
    c.flush();
    let exit = c.exit();
    c.pointer(1, RAX);
    c.load_word(RCX, (&raw const layout::PyRangeIter_Type) as u64);
    let reg = c.free.take();
    let (start, step, len) = (
        offset_of!(RangeIter, start) as i32,
        offset_of!(RangeIter, step) as i32,
        offset_of!(RangeIter, len) as i32,
    );
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
        ; cmp QWORD [rax + len], 0
        ; jle =>label
        ; mov Rq(reg), [rax + start]
        ; mov rcx, [rax + step]
        ; add rcx, Rq(reg)
        ; mov [rax + start], rcx
        ; dec QWORD [rax + len]
    );
    c.push(Value::Int(reg));
}
