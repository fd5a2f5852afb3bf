//! Locals, constants and the order of the stack: mostly changes of the model.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use layout::{PyLong_BASE, PyLongObject};
use vm::code;
use vm::opcodes::op;
use vm::types::int;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::runtime::Entry;
use crate::value::{Kind, Value};

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    let (low, high) = ((i.oparg & 15) as usize, (i.oparg >> 4) as usize);
    let whole = i.oparg as usize;
    match i.base {
        op::LOAD_FAST => load(c, whole, false),
        op::LOAD_FAST_BORROW => load(c, whole, true),
        op::LOAD_FAST_LOAD_FAST => {
            load(c, high, false);
            load(c, low, false);
        }
        op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
            load(c, high, true);
            load(c, low, true);
        }
        op::LOAD_CONST => {
            // SAFETY: the compiler of the bytecode proved the index.
            let o = unsafe { code::item(code::consts(c.code), whole) };
            let word = c.borrowed_word(core::ptr::from_ref(o) as usize);
            c.push(Value::Word(word));
        }
        op::LOAD_SMALL_INT => {
            let o = int::small_unchecked(i.oparg);
            let word = c.borrowed_word(core::ptr::from_ref(o) as usize);
            c.push(Value::Word(word));
        }
        op::LOAD_DEREF => load_cell(c, whole),
        op::STORE_FAST => store(c, whole),
        op::STORE_FAST_LOAD_FAST => {
            store(c, high);
            load(c, low, false);
        }
        op::STORE_FAST_STORE_FAST => {
            store(c, high);
            store(c, low);
        }
        op::POP_TOP | op::END_FOR | op::POP_ITER => c.drop_top(),
        op::PUSH_NULL => c.push(Value::Word(1)),
        op::END_SEND => {
            let top = c.stack.len() - 1;
            if matches!(c.stack[top - 1], Value::Int(_) | Value::Float(_)) {
                c.flush();
            }
            swap(c, top, top - 1);
            c.drop_top();
        }
        op::COPY => return copy(c, whole),
        op::SWAP => {
            let top = c.stack.len() - 1;
            let other = c.stack.len() - whole;
            swap(c, top, other);
        }
        _ => return false,
    }
    true
}

fn load(c: &mut Compiler, index: usize, borrow: bool) {
    c.push(Value::Local { index, borrow });
}

/// What the cell in a local holds, which the cell keeps alive.
fn load_cell(c: &mut Compiler, local: usize) {
    const CONTENT: i32 = core::mem::offset_of!(layout::PyCellObject, ob_ref) as i32;
    let exit = c.exit();
    let reg = c.free.take();
    dynasm!(c.ops ; .arch x64 ; mov rax, [r12 + (local * 8) as i32]);
    if c.counts {
        dynasm!(c.ops ; .arch x64 ; and rax, -2);
    }
    dynasm!(c.ops ; .arch x64
        ; mov Rq(reg), [rax + CONTENT]
        ; test Rq(reg), Rq(reg)
        ; jz =>exit
    );
    c.push_object(reg, false, 0);
}

/// Values at home trade places through registers.
fn swap(c: &mut Compiler, first: usize, second: usize) {
    if first == second {
        return;
    }
    for index in [first, second] {
        if matches!(c.stack[index], Value::Home { .. }) {
            // A word, tag and all: it goes back as it came.
            let reg = c.free.take();
            let home = c.home(index);
            dynasm!(c.ops ; .arch x64 ; mov Rq(reg), [r12 + home]);
            c.stack[index] = Value::Moved(reg);
        }
    }
    c.stack.swap(first, second);
    for index in [first, second] {
        if let Value::Moved(_) = c.stack[index] {
            c.send_home(index);
        }
    }
}

fn copy(c: &mut Compiler, depth: usize) -> bool {
    // Both copies are to be one object.
    c.boxed(depth);
    let index = c.stack.len() - depth;
    match c.stack[index] {
        Value::Local { index, .. } => c.push(Value::Local {
            index,
            borrow: false,
        }),
        Value::Word(word) => c.push(Value::Word(word)),
        Value::Home { .. } => {
            let home = c.home(index);
            let to = c.home(c.stack.len());
            dynasm!(c.ops ; .arch x64 ; mov rax, [r12 + home]);
            c.copy_rax(false);
            dynasm!(c.ops ; .arch x64 ; mov [r12 + to], rax);
            c.push(Value::HOME);
        }
        Value::Known(address) => c.push(Value::Known(address)),
        Value::Object {
            reg: from,
            kind,
            hint,
            ..
        } => {
            let reg = c.free.take();
            dynasm!(c.ops ; .arch x64 ; mov Rq(reg), Rq(from));
            c.incref(reg);
            c.push(Value::Object {
                reg,
                owned: true,
                kind,
                hint,
            });
        }
        Value::Moved(_) | Value::Int(_) | Value::Float(_) => return false,
    }
    true
}

fn store(c: &mut Compiler, local: usize) {
    let value = *c.stack.last().expect("a value to store");
    if value
        == (Value::Local {
            index: local,
            borrow: true,
        })
        || value
            == (Value::Local {
                index: local,
                borrow: false,
            })
    {
        c.pop();
        return;
    }
    let kind = match value {
        Value::Int(_) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Object { kind, .. } => kind,
        Value::Local { index, .. } => c.kinds[index],
        Value::Word(_) | Value::Known(_) | Value::Home { .. } | Value::Moved(_) => Kind::Unknown,
    };
    let slot = (local * 8) as i32;
    let top = c.pop();
    c.detach_local(local);
    c.push(top);
    let old_is_number = c.kinds[local] != Kind::Unknown;
    if !old_is_number {
        c.pop();
        c.secure();
        c.push(top);
    }
    if c.counts && matches!(value, Value::Float(_)) {
        store_float(c, local);
        c.kinds[local] = Kind::Float;
        return;
    }
    if c.counts && matches!(value, Value::Int(_)) {
        store_int(c, local);
        c.kinds[local] = Kind::Int;
        return;
    }
    c.pop_owned_rax();
    if c.counts {
        // The value is in place before the old one dies.
        let reg = c.free.take();
        dynasm!(c.ops ; .arch x64
            ; mov Rq(reg), [r12 + slot]
            ; mov [r12 + slot], rax
            ; mov rax, Rq(reg)
        );
        c.free.give(reg);
        c.close_rax(old_is_number);
        if !old_is_number {
            c.forget_kinds();
        }
    } else {
        dynasm!(c.ops ; .arch x64 ; mov [r12 + slot], rax);
    }
    c.kinds[local] = kind;
}

/// Writes a float into the object that the local holds, if nothing else refers to it.
fn store_float(c: &mut Compiler, local: usize) {
    let slot = (local * 8) as i32;
    let Value::Float(x) = c.pop() else {
        unreachable!("a float is on top")
    };
    let known = c.kinds[local];
    dynasm!(c.ops ; .arch x64 ; mov rax, [r12 + slot]);
    dynasm!(c.ops ; .arch x64
        ; test al, 1
        ; jnz >new
    );
    if known != Kind::Float {
        dynasm!(c.ops ; .arch x64
            ; mov rcx, [rax + 8]
            ; cmp rcx, [r13 + Entry::FloatType.offset()]
            ; jne >new
        );
    }
    dynasm!(c.ops ; .arch x64
        ; cmp DWORD [rax], 1
        ; jne >new
        ; movsd [rax + 16], Rx(x)
        ; jmp >done
        ; new:
        ; movaps xmm0, Rx(x)
        ; call QWORD [r13 + Entry::BoxFloat.offset()]
        ; mov rcx, [r12 + slot]
        ; mov [r12 + slot], rax
        ; mov rax, rcx
    );
    c.free.give_float(x);
    let number = known != Kind::Unknown;
    c.close_rax(number);
    dynasm!(c.ops ; .arch x64 ; done:);
    if !number {
        c.forget_kinds();
    }
}

/// As [`store_float`], for an int of one digit that is no static one.
fn store_int(c: &mut Compiler, local: usize) {
    let slot = (local * 8) as i32;
    let Value::Int(n) = c.pop() else {
        unreachable!("an int is on top")
    };
    let known = c.kinds[local];
    let static_ints = (int::LARGEST - int::SMALLEST) as i32;
    dynasm!(c.ops ; .arch x64
        ; mov rax, [r12 + slot]
        ; test al, 1
        ; jnz >new
        ; cmp DWORD [rax], 1
        ; jne >new
    );
    if known != Kind::Int {
        dynasm!(c.ops ; .arch x64
            ; mov rcx, [rax + 8]
            ; cmp rcx, [r13 + Entry::IntType.offset()]
            ; jne >new
        );
    }
    dynasm!(c.ops ; .arch x64
        ; lea rcx, [Rq(n) - int::SMALLEST as i32]
        ; cmp rcx, static_ints
        ; jbe >new
        // The magnitude, and twice the sign.
        ; mov rcx, Rq(n)
        ; mov rdx, Rq(n)
        ; sar rdx, 63
        ; xor rcx, rdx
        ; sub rcx, rdx
        ; and edx, 2
        ; cmp rcx, PyLong_BASE as i32
        ; jae >new
        ; or edx, 8
        ; mov [rax + 16], rdx
        ; mov [rax + 24], ecx
        ; jmp >done
        ; new:
        ; mov rax, Rq(n)
        ; call QWORD [r13 + Entry::BoxInt.offset()]
        ; mov rcx, [r12 + slot]
        ; mov [r12 + slot], rax
        ; mov rax, rcx
    );
    c.free.give(n);
    let number = known != Kind::Unknown;
    c.close_rax(number);
    dynasm!(c.ops ; .arch x64 ; done:);
    if !number {
        c.forget_kinds();
    }
}

/// The value of a word that is a compact int.
pub fn constant_int(c: &Compiler, value: Value) -> Option<i64> {
    use vm::object::{Obj, ObjExt};
    use vm::types::int::IntExt;
    let Value::Word(word) = value else {
        return None;
    };
    if word <= 1 {
        return None;
    }
    let address = if c.counts { word & !1 } else { word };
    // SAFETY: words of the model are constants, which the code keeps alive.
    let o: &Obj = unsafe { &*(address as *const Obj) };
    let n: &PyLongObject = o.downcast_exact()?;
    n.is_compact().then(|| n.compact_value() as i64)
}

/// The value of a word that is a float.
pub fn constant_float(c: &Compiler, value: Value) -> Option<f64> {
    use vm::object::{Obj, ObjExt};
    let Value::Word(word) = value else {
        return None;
    };
    if word <= 1 {
        return None;
    }
    let address = if c.counts { word & !1 } else { word };
    // SAFETY: as above.
    let o: &Obj = unsafe { &*(address as *const Obj) };
    let n: &layout::PyFloatObject = o.downcast_exact()?;
    Some(n.ob_fval.get())
}
