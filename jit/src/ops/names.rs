//! Globals and builtins, guarded by the version of their namespaces' keys.

use core::mem::offset_of;

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use layout::{PyDict_Type, PyDictObject};
use vm::opcodes::op;
use vm::types::dict::keys::VERSION_OFFSET;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::runtime::frame;
use crate::value::{RCX, Value};

const KEYS: i32 = offset_of!(PyDictObject, ma_keys) as i32;

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    match i.opcode {
        op::LOAD_GLOBAL_MODULE => load(c, i, false),
        op::LOAD_GLOBAL_BUILTIN => load(c, i, true),
        _ => None,
    }
    .is_some()
}

fn load(c: &mut Compiler, i: &Instruction, builtin: bool) -> Option<()> {
    if c.has_missed(i) {
        return None;
    }
    let cache = c.cache(i)?;
    let (version, second) = (cache.version.get(), cache.second_version.get());
    let slot = cache.extra.get();
    let globals = if builtin { second } else { version };
    let exit = c.exit();
    if c.globals != Some(globals) {
        dynasm!(c.ops ; .arch x64
            ; mov rax, [r12 + frame::GLOBALS]
            ; mov rax, [rax + KEYS]
            ; cmp DWORD [rax + VERSION_OFFSET as i32], globals as i32
            ; jne =>exit
        );
        c.globals = Some(globals);
    }
    if builtin {
        c.load_word(RCX, (&raw const PyDict_Type) as u64);
        dynasm!(c.ops ; .arch x64
            ; mov rax, [r12 + frame::BUILTINS]
            ; cmp [rax + 8], rcx
            ; jne =>exit
            ; mov rax, [rax + KEYS]
            ; cmp DWORD [rax + VERSION_OFFSET as i32], version as i32
            ; jne =>exit
        );
    }
    let reg = c.free.take();
    dynasm!(c.ops ; .arch x64
        ; mov rax, QWORD slot as i64
        ; mov Rq(reg), [rax]
        ; test Rq(reg), Rq(reg)
        ; jz =>exit
    );
    let hint = super::call::function_now(c, i).unwrap_or(0);
    c.push_object(reg, false, hint);
    if i.oparg & 1 != 0 {
        c.push(Value::Word(1));
    }
    Some(())
}
