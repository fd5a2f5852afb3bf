//! Subscription of lists and tuples by small ints.

use core::mem::offset_of;

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use layout::{PyList_Type, PyListObject, PyTuple_Type, PyTupleObject, PyVarObject};
use vm::opcodes::op;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::value::{RAX, RCX, Value};

const SIZE: i32 = offset_of!(PyVarObject, ob_size) as i32;
const LIST_ITEMS: i32 = offset_of!(PyListObject, ob_item) as i32;
const TUPLE_ITEMS: i32 = offset_of!(PyTupleObject, ob_item) as i32;

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    if c.has_missed(i) {
        return false;
    }
    match i.opcode {
        op::BINARY_OP_SUBSCR_LIST_INT => load(c, true),
        op::BINARY_OP_SUBSCR_TUPLE_INT => load(c, false),
        op::STORE_SUBSCR_LIST_INT => store(c),
        _ => return false,
    }
    true
}

/// The container below the index.
fn load(c: &mut Compiler, list: bool) {
    if matches!(c.stack[c.stack.len() - 2], Value::Int(_) | Value::Float(_)) {
        c.flush();
    }
    let exit = c.exit();
    let top = c.stack.len() - 1;
    let index = c.as_int(top, exit);
    let tp = if list {
        (&raw const PyList_Type) as u64
    } else {
        (&raw const PyTuple_Type) as u64
    };
    c.pointer(2, RAX);
    c.load_word(RCX, tp);
    let reg = c.free.take();
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
        ; cmp Rq(index), [rax + SIZE]
        ; jae =>exit
    );
    if list {
        dynasm!(c.ops ; .arch x64
            ; mov rax, [rax + LIST_ITEMS]
            ; mov Rq(reg), [rax + Rq(index) * 8]
        );
    } else {
        dynasm!(c.ops ; .arch x64 ; mov Rq(reg), [rax + Rq(index) * 8 + TUPLE_ITEMS]);
    }
    let subscript = c.pop();
    if !matches!(subscript, Value::Int(_)) {
        c.free.give(index);
    }
    c.drop_number(subscript, top);
    c.free.release(subscript);
    super::attr::replace_owner(c, reg);
}

/// The value, the list, the index.
fn store(c: &mut Compiler) {
    if matches!(c.stack[c.stack.len() - 2], Value::Int(_) | Value::Float(_)) {
        c.flush();
    }
    let exit = c.exit();
    let top = c.stack.len() - 1;
    let index = c.as_int(top, exit);
    c.pointer(2, RAX);
    c.load_word(RCX, (&raw const PyList_Type) as u64);
    let place = c.free.take();
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
        ; cmp Rq(index), [rax + SIZE]
        ; jae =>exit
        ; mov Rq(place), [rax + LIST_ITEMS]
        ; lea Rq(place), [Rq(place) + Rq(index) * 8]
    );
    let subscript = c.pop();
    if !matches!(subscript, Value::Int(_)) {
        c.free.give(index);
    }
    c.drop_number(subscript, top);
    c.free.release(subscript);
    c.secure();
    let container = c.pop();
    c.heap_safe_rax();
    let value = c.pop();
    c.free.release(value);
    c.free.keep(container);
    if c.counts {
        let old = c.free.take();
        dynasm!(c.ops ; .arch x64
            ; mov Rq(old), [Rq(place)]
            ; mov [Rq(place)], rax
            ; mov rax, Rq(old)
        );
        c.free.give(old);
        c.free.give(place);
        c.decref_rax(false);
        c.forget_kinds();
    } else {
        dynasm!(c.ops ; .arch x64 ; mov [Rq(place)], rax);
        c.free.give(place);
    }
    c.drop_value(container, top - 1);
}
