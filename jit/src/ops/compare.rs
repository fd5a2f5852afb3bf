//! Comparison, identity and truth, with the branches that follow them.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use vm::object::{FALSE, TRUE};
use vm::opcodes::op;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::value::{Kind, RAX, RCX, Value};

/// What the flags say, and when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Of floats, of which `Below` has its operands swapped: neither holds for numbers that have no order.
    Above,
    AboveOrEqual,
    FloatEqual,
    FloatNotEqual,
}

const LT: u32 = 0;
const LE: u32 = 1;
const EQ: u32 = 2;
const NE: u32 = 3;
const GT: u32 = 4;

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    if c.has_missed(i) {
        return i.base == op::TO_BOOL && to_bool_any(c, i);
    }
    match i.opcode {
        op::COMPARE_OP_INT => compare_ints(c, i),
        op::COMPARE_OP_FLOAT => compare_floats(c, i),
        op::IS_OP => is_op(c, i),
        op::TO_BOOL_BOOL | op::TO_BOOL_NONE => to_bool_known(c, i),
        op::TO_BOOL_INT => to_bool_int(c),
        op::UNARY_NOT => unary_not(c),
        _ => return false,
    }
    true
}

fn compare_ints(c: &mut Compiler, i: &Instruction) {
    let (first, second) = (c.stack.len() - 2, c.stack.len() - 1);
    let exit = c.exit();
    let left = c.as_int(first, exit);
    let right = c.as_int(second, exit);
    let operands = c.drop_operands(left, right, false);
    let test = match i.oparg >> 5 {
        LT => Test::Less,
        LE => Test::LessOrEqual,
        EQ => Test::Equal,
        NE => Test::NotEqual,
        GT => Test::Greater,
        _ => Test::GreaterOrEqual,
    };
    conclude(c, test, |c| {
        dynasm!(c.ops ; .arch x64 ; cmp Rq(operands.left), Rq(operands.right));
    });
    c.release_operands(&operands);
}

fn compare_floats(c: &mut Compiler, i: &Instruction) {
    let (first, second) = (c.stack.len() - 2, c.stack.len() - 1);
    let exit = c.exit();
    let left = c.as_float(first, false, exit);
    let right = c.as_float(second, false, exit);
    let operands = c.drop_operands(left, right, true);
    let (test, swapped) = match i.oparg >> 5 {
        LT => (Test::Above, true),
        LE => (Test::AboveOrEqual, true),
        EQ => (Test::FloatEqual, false),
        NE => (Test::FloatNotEqual, false),
        GT => (Test::Above, false),
        _ => (Test::AboveOrEqual, false),
    };
    let (a, b) = if swapped {
        (operands.right, operands.left)
    } else {
        (operands.left, operands.right)
    };
    conclude(c, test, |c| {
        dynasm!(c.ops ; .arch x64 ; ucomisd Rx(a), Rx(b));
    });
    c.release_operands(&operands);
}

/// Goes on with the outcome of a test whose operands have left the model: branches, if a branch follows, else pushes a
/// truth value. `set_flags` may use rax and rcx.
pub fn conclude(c: &mut Compiler, test: Test, set_flags: impl FnOnce(&mut Compiler)) {
    let branch = c
        .following(1)
        .filter(|next| matches!(next.base, op::POP_JUMP_IF_FALSE | op::POP_JUMP_IF_TRUE));
    match branch {
        Some(branch) => {
            c.flush();
            let target = c.label(branch.target().expect("a branch"));
            set_flags(c);
            jump_if(c, test, branch.base == op::POP_JUMP_IF_TRUE, target);
            c.skip = 1;
        }
        None => {
            let reg = c.free.take();
            set_flags(c);
            truth(c, test, reg);
            c.push(Value::Object {
                reg,
                owned: false,
                kind: Kind::Unknown,
                hint: 0,
            });
        }
    }
}

fn jump_if(c: &mut Compiler, test: Test, wanted: bool, target: DynamicLabel) {
    match (test, wanted) {
        (Test::Equal, true) | (Test::NotEqual, false) => {
            dynasm!(c.ops ; .arch x64 ; je =>target)
        }
        (Test::NotEqual, true) | (Test::Equal, false) => {
            dynasm!(c.ops ; .arch x64 ; jne =>target)
        }
        (Test::Less, true) | (Test::GreaterOrEqual, false) => {
            dynasm!(c.ops ; .arch x64 ; jl =>target)
        }
        (Test::GreaterOrEqual, true) | (Test::Less, false) => {
            dynasm!(c.ops ; .arch x64 ; jge =>target)
        }
        (Test::Greater, true) | (Test::LessOrEqual, false) => {
            dynasm!(c.ops ; .arch x64 ; jg =>target)
        }
        (Test::LessOrEqual, true) | (Test::Greater, false) => {
            dynasm!(c.ops ; .arch x64 ; jle =>target)
        }
        (Test::Above, true) => dynasm!(c.ops ; .arch x64 ; ja =>target),
        (Test::Above, false) => dynasm!(c.ops ; .arch x64 ; jbe =>target),
        (Test::AboveOrEqual, true) => dynasm!(c.ops ; .arch x64 ; jae =>target),
        (Test::AboveOrEqual, false) => dynasm!(c.ops ; .arch x64 ; jb =>target),
        (Test::FloatEqual, true) | (Test::FloatNotEqual, false) => dynasm!(c.ops ; .arch x64
            ; jp >other
            ; je =>target
            ; other:
        ),
        (Test::FloatEqual, false) | (Test::FloatNotEqual, true) => dynasm!(c.ops ; .arch x64
            ; jp =>target
            ; jne =>target
        ),
    }
}

/// `True` or `False` by the flags.
fn truth(c: &mut Compiler, test: Test, reg: u8) {
    let yes = c.ops.new_dynamic_label();
    let (t, f) = (
        core::ptr::from_ref(TRUE()) as i64,
        core::ptr::from_ref(FALSE()) as i64,
    );
    dynasm!(c.ops ; .arch x64 ; mov Rq(reg), QWORD t);
    jump_if(c, test, true, yes);
    dynasm!(c.ops ; .arch x64
        ; mov Rq(reg), QWORD f
        ; =>yes
    );
}

fn is_op(c: &mut Compiler, i: &Instruction) {
    let unboxed = |v: &Value| matches!(v, Value::Int(_) | Value::Float(_));
    if c.stack.iter().rev().take(2).any(unboxed) {
        c.flush();
    }
    let test = if i.oparg == 0 {
        Test::Equal
    } else {
        Test::NotEqual
    };
    let (left, right) = (c.free.take(), c.free.take());
    c.pointer(2, left);
    c.pointer(1, right);
    // The addresses are known: the operands may go.
    c.drop_top();
    c.drop_top();
    conclude(c, test, |c| {
        dynasm!(c.ops ; .arch x64 ; cmp Rq(left), Rq(right));
    });
    c.free.give(left);
    c.free.give(right);
}

/// What has proved to be a bool, or `None`, is tested by its address.
fn to_bool_known(c: &mut Compiler, i: &Instruction) {
    if matches!(c.stack.last(), Some(Value::Int(_) | Value::Float(_))) {
        c.flush();
    }
    let exit = c.exit();
    let value = *c.stack.last().expect("a value to test");
    c.pointer(1, RAX);
    if i.opcode == op::TO_BOOL_NONE {
        c.load_word(RCX, core::ptr::from_ref(vm::object::NONE()) as u64);
        dynasm!(c.ops ; .arch x64 ; cmp rax, rcx ; jne =>exit);
        c.pop();
        c.free.release(value);
        let word = c.borrowed_word(core::ptr::from_ref(FALSE()) as usize);
        c.push(Value::Word(word));
        return;
    }
    c.load_word(RCX, (&raw const layout::PyBool_Type) as u64);
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
    );
    // Immortal, so that nobody keeps it alive.
    c.pop();
    c.free.release(value);
    let reg = c.free.take();
    dynasm!(c.ops ; .arch x64 ; mov Rq(reg), rax);
    c.push(Value::Object {
        reg,
        owned: false,
        kind: Kind::Unknown,
        hint: 0,
    });
}

/// Of many types: `True`, `False` and `None` here, others by the handler.
fn to_bool_any(c: &mut Compiler, i: &Instruction) -> bool {
    c.flush();
    let home = c.home(c.stack.len() - 1);
    let no = c.borrowed_word(core::ptr::from_ref(FALSE()) as usize);
    let done = c.ops.new_dynamic_label();
    let other = c.ops.new_dynamic_label();
    c.pointer(1, RAX);
    for known in [TRUE(), FALSE()] {
        c.load_word(RCX, core::ptr::from_ref(known) as u64);
        dynasm!(c.ops ; .arch x64
            ; cmp rax, rcx
            ; je =>done
        );
    }
    c.load_word(RCX, core::ptr::from_ref(vm::object::NONE()) as u64);
    dynasm!(c.ops ; .arch x64
        ; cmp rax, rcx
        ; jne =>other
    );
    c.load_word(RCX, no);
    dynasm!(c.ops ; .arch x64
        ; mov [r12 + home], rcx
        ; jmp =>done
        ; =>other
    );
    c.call_handler(i, i.base);
    dynasm!(c.ops ; .arch x64 ; =>done);
    true
}

fn to_bool_int(c: &mut Compiler) {
    let exit = c.exit();
    let index = c.stack.len() - 1;
    let reg = c.as_int(index, exit);
    let value = c.pop();
    c.drop_number(value, index);
    if matches!(value, Value::Object { .. } | Value::Moved(_)) {
        c.free.release(value);
    }
    conclude(c, Test::NotEqual, |c| {
        dynasm!(c.ops ; .arch x64 ; test Rq(reg), Rq(reg));
    });
    c.free.give(reg);
}

/// Of `True` or `False`.
fn unary_not(c: &mut Compiler) {
    if matches!(c.stack.last(), Some(Value::Int(_) | Value::Float(_))) {
        c.flush();
    }
    let reg = c.free.take();
    c.pointer(1, reg);
    let value = c.pop();
    c.free.release(value);
    conclude(c, Test::Equal, |c| {
        c.load_word(RCX, core::ptr::from_ref(FALSE()) as u64);
        dynasm!(c.ops ; .arch x64 ; cmp Rq(reg), rcx);
    });
    c.free.give(reg);
}
