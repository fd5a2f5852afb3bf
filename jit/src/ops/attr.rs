//! Attributes, guarded by the version of the owner's type.

use core::mem::offset_of;

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use layout::{PyDictObject, PyHeapTypeObject, PyModule_Type, PyType_Type, PyTypeObject};
use vm::opcodes::op;
use vm::types::dict::keys::VERSION_OFFSET;
use vm::types::dict::values::{FIRST_VALUE_OFFSET, VALID_OFFSET};
use vm::types::module::Module;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::runtime::Entry;
use crate::value::{PROBABLY_SELF, RAX, RCX, Value};

const TYPE_VERSION: i32 = offset_of!(PyTypeObject, tp_version_tag) as i32;
const SHARED_KEYS: i32 = offset_of!(PyHeapTypeObject, ht_cached_keys) as i32;

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    if !matches!(i.base, op::LOAD_ATTR | op::STORE_ATTR) || !is_inline(i.opcode) {
        return false;
    }
    let back = c.tolerate(i);
    let done = match i.opcode {
        op::LOAD_ATTR_INSTANCE_VALUE => load_value(c, i),
        op::LOAD_ATTR_SLOT => load_slot(c, i),
        op::LOAD_ATTR_METHOD_WITH_VALUES => load_method(c, i, true),
        op::LOAD_ATTR_METHOD_NO_DICT => load_method(c, i, false),
        op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES => load_from_class(c, i, true),
        op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT => load_from_class(c, i, false),
        op::LOAD_ATTR_CLASS => load_of_class(c, i),
        op::LOAD_ATTR_MODULE => load_of_module(c, i),
        op::STORE_ATTR_INSTANCE_VALUE => store(c, i, true),
        op::STORE_ATTR_SLOT => store(c, i, false),
        _ => None,
    };
    c.rejoin(back);
    let method = matches!(
        i.opcode,
        op::LOAD_ATTR_METHOD_WITH_VALUES | op::LOAD_ATTR_METHOD_NO_DICT
    );
    if let (Some(_), true, Some(this)) = (back, method, c.stack.last_mut()) {
        *this = Value::Home {
            hint: PROBABLY_SELF,
        };
    }
    done.is_some()
}

fn is_inline(opcode: u8) -> bool {
    matches!(
        opcode,
        op::LOAD_ATTR_INSTANCE_VALUE
            | op::LOAD_ATTR_SLOT
            | op::LOAD_ATTR_METHOD_WITH_VALUES
            | op::LOAD_ATTR_METHOD_NO_DICT
            | op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
            | op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT
            | op::LOAD_ATTR_CLASS
            | op::LOAD_ATTR_MODULE
            | op::STORE_ATTR_INSTANCE_VALUE
            | op::STORE_ATTR_SLOT
    )
}

/// The owner in rax and its type in rcx, if it is of the cached version.
fn guard(c: &mut Compiler, version: u32, exit: DynamicLabel) {
    c.pointer(1, RAX);
    dynasm!(c.ops ; .arch x64
        ; mov rcx, [rax + 8]
        ; cmp DWORD [rcx + TYPE_VERSION], version as i32
        ; jne =>exit
    );
}

fn load_value(c: &mut Compiler, i: &Instruction) -> Option<()> {
    let cache = c.cache(i)?;
    let (version, values, place) = (cache.version.get(), cache.index.get(), cache.extra.get());
    c.boxed(1);
    let exit = c.exit();
    guard(c, version, exit);
    dynasm!(c.ops ; .arch x64
        ; cmp BYTE [rax + values as i32 + VALID_OFFSET as i32], 0
        ; je =>exit
    );
    found_at(c, i, place as i32, exit);
    Some(())
}

fn load_slot(c: &mut Compiler, i: &Instruction) -> Option<()> {
    let cache = c.cache(i)?;
    let (version, place) = (cache.version.get(), cache.index.get());
    c.boxed(1);
    let exit = c.exit();
    guard(c, version, exit);
    found_at(c, i, place as i32, exit);
    Some(())
}

/// Replaces the owner, in rax, by what it holds at an offset.
fn found_at(c: &mut Compiler, i: &Instruction, place: i32, exit: DynamicLabel) {
    let reg = c.free.take();
    dynasm!(c.ops ; .arch x64
        ; mov Rq(reg), [rax + place]
        ; test Rq(reg), Rq(reg)
        ; jz =>exit
    );
    replace_owner(c, reg);
    if i.oparg & 1 != 0 {
        c.push(Value::Word(1));
    }
}

/// Drops the owner on top, and pushes the object in `reg`, which the owner has kept alive.
pub fn replace_owner(c: &mut Compiler, reg: u8) {
    let index = c.stack.len() - 1;
    let owner = c.pop();
    let held = c.counts && Compiler::holds_reference(owner);
    if held {
        c.incref(reg);
    }
    c.drop_value(owner, index);
    c.push_object(reg, held, 0);
}

/// The owner in rax, of the type in rcx, has its attributes inline, and none that the class's would hide behind.
fn not_shadowed(c: &mut Compiler, keys: u32, exit: DynamicLabel) {
    const SIZE: i32 = offset_of!(PyTypeObject, tp_basicsize) as i32;
    dynasm!(c.ops ; .arch x64
        ; mov rdx, [rcx + SIZE]
        ; cmp BYTE [rax + rdx + VALID_OFFSET as i32], 0
        ; je =>exit
        ; mov rcx, [rcx + SHARED_KEYS]
        ; cmp DWORD [rcx + VERSION_OFFSET as i32], keys as i32
        ; jne =>exit
    );
}

/// Drops the owner on top, and pushes what its class holds.
fn replace_by_known(c: &mut Compiler, i: &Instruction, value: u64) {
    let held = c.counts && Compiler::holds_reference(c.stack[c.stack.len() - 1]);
    if held {
        // The owner's death may take the class with it.
        let reg = c.free.take();
        c.load_word(reg, value);
        replace_owner(c, reg);
    } else {
        let owner = c.pop();
        c.free.release(owner);
        c.push(Value::Known(value));
    }
    if i.oparg & 1 != 0 {
        c.push(Value::Word(1));
    }
}

fn load_from_class(c: &mut Compiler, i: &Instruction, with_values: bool) -> Option<()> {
    let cache = c.cache(i)?;
    let (version, keys) = (cache.version.get(), cache.second_version.get());
    let value = cache.object.get() as u64;
    c.boxed(1);
    let exit = c.exit();
    guard(c, version, exit);
    if with_values {
        not_shadowed(c, keys, exit);
    }
    replace_by_known(c, i, value);
    Some(())
}

/// Of a class whose metaclass is `type`.
fn load_of_class(c: &mut Compiler, i: &Instruction) -> Option<()> {
    let cache = c.cache(i)?;
    let (version, value) = (cache.version.get(), cache.object.get() as u64);
    c.boxed(1);
    let exit = c.exit();
    c.pointer(1, RAX);
    c.load_word(RCX, (&raw const PyType_Type) as u64);
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
        ; cmp DWORD [rax + TYPE_VERSION], version as i32
        ; jne =>exit
    );
    replace_by_known(c, i, value);
    Some(())
}

fn load_of_module(c: &mut Compiler, i: &Instruction) -> Option<()> {
    const DICT: i32 = offset_of!(Module, dict) as i32;
    const KEYS: i32 = offset_of!(PyDictObject, ma_keys) as i32;
    let cache = c.cache(i)?;
    let (version, slot) = (cache.version.get(), cache.extra.get());
    c.boxed(1);
    let exit = c.exit();
    c.pointer(1, RAX);
    c.load_word(RCX, (&raw const PyModule_Type) as u64);
    let reg = c.free.take();
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
        ; mov rax, [rax + DICT]
        ; test rax, rax
        ; jz =>exit
        ; mov rax, [rax + KEYS]
        ; cmp DWORD [rax + VERSION_OFFSET as i32], version as i32
        ; jne =>exit
        ; mov rax, QWORD slot as i64
        ; mov Rq(reg), [rax]
        ; test Rq(reg), Rq(reg)
        ; jz =>exit
    );
    replace_owner(c, reg);
    if i.oparg & 1 != 0 {
        c.push(Value::Word(1));
    }
    Some(())
}

fn load_method(c: &mut Compiler, i: &Instruction, with_values: bool) -> Option<()> {
    let cache = c.cache(i)?;
    let version = cache.version.get();
    let keys = cache.second_version.get();
    let method = cache.object.get() as u64;
    c.boxed(1);
    let exit = c.exit();
    guard(c, version, exit);
    if with_values {
        not_shadowed(c, keys, exit);
    }
    let index = c.stack.len() - 1;
    let owner = match c.pop() {
        Value::Home { .. } => {
            // Its place is the method's now.
            let reg = c.free.take();
            let home = c.home(index);
            dynasm!(c.ops ; .arch x64 ; mov Rq(reg), [r12 + home]);
            Value::Moved(reg)
        }
        owner => owner,
    };
    c.push(Value::Known(method));
    c.push(owner);
    Some(())
}

/// Of the value below the owner, which is on top.
fn store(c: &mut Compiler, i: &Instruction, inline: bool) -> Option<()> {
    const DICT: i32 = -8;
    let cache = c.cache(i)?;
    let (version, index) = (cache.version.get(), cache.index.get());
    let place = if inline {
        cache.extra.get() as i32
    } else {
        index as i32
    };
    c.boxed(1);
    let exit = c.exit();
    guard(c, version, exit);
    if inline {
        dynasm!(c.ops ; .arch x64
            ; cmp QWORD [rax + DICT], 0
            ; jne =>exit
            ; cmp BYTE [rax + index as i32 + VALID_OFFSET as i32], 0
            ; je =>exit
        );
    }
    c.secure();
    let at = c.stack.len() - 1;
    let owner = c.stack[at];
    let (to, old) = (c.free.take(), c.free.take());
    c.pointer(1, to);
    c.pop();
    // The value's reference goes to the owner.
    c.heap_safe_rax();
    let value = c.pop();
    c.free.release(value);
    dynasm!(c.ops ; .arch x64
        ; mov Rq(old), [Rq(to) + place]
        ; mov [Rq(to) + place], rax
        ; test Rq(old), Rq(old)
        ; jz >first
    );
    if c.counts {
        dynasm!(c.ops ; .arch x64 ; mov rax, Rq(old));
        c.decref_rax(false);
        c.forget_kinds();
    }
    if inline {
        // The order in which attributes were first set is kept.
        let number = (place - index as i32 - FIRST_VALUE_OFFSET as i32) / 8;
        dynasm!(c.ops ; .arch x64
            ; jmp >done
            ; first:
            ; lea rax, [Rq(to) + index as i32]
            ; mov ecx, number
            ; call QWORD [r13 + Entry::NoteAdded.offset()]
            ; done:
        );
    } else {
        dynasm!(c.ops ; .arch x64 ; first:);
    }
    c.free.give(to);
    c.free.give(old);
    c.drop_value(owner, at);
    Some(())
}

impl Compiler<'_> {
    /// The top as an owned reference, in rax: what may outlive the frame. It stays on the model, to be forgotten.
    pub fn heap_safe_rax(&mut self) {
        let index = self.stack.len() - 1;
        if !self.counts {
            return self.owned_rax(index);
        }
        match self.stack[index] {
            Value::Local { index: local, .. } => {
                dynasm!(self.ops ; .arch x64
                    ; mov rax, [r12 + (local * 8) as i32]
                    ; and rax, -2
                );
                self.incref(RAX);
            }
            Value::Word(word) => {
                self.load_word(RAX, word & !1);
                self.incref(RAX);
            }
            Value::Home { .. } | Value::Moved(_) => {
                self.owned_rax(index);
                dynasm!(self.ops ; .arch x64
                    ; test al, 1
                    ; jz >owned
                    ; and rax, -2
                );
                self.incref(RAX);
                dynasm!(self.ops ; .arch x64 ; owned:);
            }
            _ => self.owned_rax(index),
        }
    }
}
