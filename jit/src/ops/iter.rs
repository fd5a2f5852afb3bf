//! Iteration.

use core::mem::offset_of;

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use vm::opcodes::op;
use vm::types::list::ListIter;
use vm::types::range::RangeIter;
use vm::types::tuple::TupleIter;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::runtime::Entry;
use crate::value::{RAX, RCX, Value};

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    match i.opcode {
        op::FOR_ITER_RANGE if !c.has_missed(i) => for_range(c, i),
        op::FOR_ITER_LIST if !c.has_missed(i) => for_list(c, i),
        op::FOR_ITER_TUPLE if !c.has_missed(i) => for_tuple(c, i),
        op::UNPACK_SEQUENCE_LIST => return unpack(c, i, true),
        op::UNPACK_SEQUENCE_TUPLE | op::UNPACK_SEQUENCE_TWO_TUPLE => return unpack(c, i, false),
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
    let known = matches!(i.opcode, op::FOR_ITER_GEN | op::SEND_GEN);
    let opcode = if known && i.start == i.at && !c.has_missed(i) {
        i.opcode
    } else {
        i.base
    };
    c.call_handler(i, opcode);
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

/// The end is left to the interpreter, which lets go of the list.
fn for_list(c: &mut Compiler, i: &Instruction) {
    use layout::{PyListIter_Type, PyListObject, PyVarObject};
    let reg = begin(
        c,
        (&raw const PyListIter_Type) as u64,
        ListIter::SEQUENCE_OFFSET,
        ListIter::INDEX_OFFSET,
    );
    let end = end_of(c, i);
    let (size, items) = (
        offset_of!(PyVarObject, ob_size) as i32,
        offset_of!(PyListObject, ob_item) as i32,
    );
    dynasm!(c.ops ; .arch x64
        ; cmp rdx, [rcx + size]
        ; jae =>end
        ; mov rcx, [rcx + items]
        ; mov Rq(reg), [rcx + rdx * 8]
        ; inc QWORD [rax + ListIter::INDEX_OFFSET as i32]
    );
    c.push_object(reg, false, 0);
}

fn for_tuple(c: &mut Compiler, i: &Instruction) {
    use layout::{PyTupleIter_Type, PyTupleObject, PyVarObject};
    let reg = begin(
        c,
        (&raw const PyTupleIter_Type) as u64,
        TupleIter::SEQUENCE_OFFSET,
        TupleIter::INDEX_OFFSET,
    );
    let end = end_of(c, i);
    let (size, items) = (
        offset_of!(PyVarObject, ob_size) as i32,
        offset_of!(PyTupleObject, ob_item) as i32,
    );
    dynasm!(c.ops ; .arch x64
        ; cmp rdx, [rcx + size]
        ; jae =>end
        ; mov Rq(reg), [rcx + rdx * 8 + items]
        ; inc QWORD [rax + TupleIter::INDEX_OFFSET as i32]
    );
    c.push_object(reg, false, 0);
}

/// The iterator in rax, its sequence in rcx, the position in rdx.
fn begin(c: &mut Compiler, tp: u64, sequence: usize, index: usize) -> u8 {
    c.flush();
    let exit = c.exit();
    c.pointer(1, RAX);
    c.load_word(RCX, tp);
    let reg = c.free.take();
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
        ; mov rcx, [rax + sequence as i32]
        ; mov rdx, [rax + index as i32]
        ; test rcx, rcx
        ; jz =>exit
    );
    reg
}

/// Where the exhausted iterator, still on the stack, is told to let go of its sequence.
fn end_of(c: &mut Compiler, i: &Instruction) -> dynasmrt::DynamicLabel {
    let label = c.ops.new_dynamic_label();
    let target = c.label(i.target().expect("a branch"));
    c.exhausted(label, target);
    label
}

/// Replaces the sequence, which is at home, by as many items, which lie from rax on.
fn unpack_home(c: &mut Compiler, count: usize, items: i32) {
    let sequence = c.free.take();
    let reg = c.free.take();
    let index = c.stack.len() - 1;
    c.pop();
    dynasm!(c.ops ; .arch x64 ; mov Rq(sequence), [r12 + c.home(index)]);
    for number in 0..count {
        let home = c.home(index + count - 1 - number);
        dynasm!(c.ops ; .arch x64 ; mov Rq(reg), [rax + items + (number * 8) as i32]);
        c.incref(reg);
        dynasm!(c.ops ; .arch x64 ; mov [r12 + home], Rq(reg));
        c.push(Value::HOME);
    }
    c.free.give(reg);
    c.drop_value(Value::Moved(sequence), index);
}

/// Of items in registers, or, if they are many, at home.
fn unpack(c: &mut Compiler, i: &Instruction, list: bool) -> bool {
    use layout::{PyList_Type, PyListObject, PyTuple_Type, PyTupleObject, PyVarObject};
    let count = i.oparg as usize;
    const MOST: usize = 30;
    if count > MOST || c.has_missed(i) {
        return false;
    }
    let many = count > 4;
    if many || (c.free.count() as usize) < count + 1 {
        c.flush();
    }
    c.boxed(1);
    let exit = c.exit();
    c.pointer(1, RAX);
    let tp = if list {
        (&raw const PyList_Type) as u64
    } else {
        (&raw const PyTuple_Type) as u64
    };
    c.load_word(RCX, tp);
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
        ; cmp QWORD [rax + offset_of!(PyVarObject, ob_size) as i32], count as i32
        ; jne =>exit
    );
    let items = if list {
        dynasm!(c.ops ; .arch x64
            ; mov rax, [rax + offset_of!(PyListObject, ob_item) as i32]
        );
        0
    } else {
        offset_of!(PyTupleObject, ob_item) as i32
    };
    let held = c.counts && Compiler::holds_reference(c.stack[c.stack.len() - 1]);
    if many {
        unpack_home(c, count, items);
        return true;
    }
    let mut regs = Vec::with_capacity(count);
    for number in 0..count {
        let reg = c.free.take();
        dynasm!(c.ops ; .arch x64 ; mov Rq(reg), [rax + items + (number * 8) as i32]);
        if held {
            c.incref(reg);
        }
        regs.push(reg);
    }
    let index = c.stack.len() - 1;
    let sequence = c.pop();
    c.drop_value(sequence, index);
    for reg in regs.into_iter().rev() {
        c.push_object(reg, held, 0);
    }
    true
}
