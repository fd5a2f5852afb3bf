//! Generators and coroutines: resumed from compiled code, and suspended in it.
//!
//! A frame that resumes a generator notes where it goes on when that yields; the jump before that place goes where it
//! returns. A frame that has yielded notes where it goes on itself.

use core::mem::offset_of;

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use layout::{PyCoro_Type, PyGen_Type};
use vm::frame::phase;
use vm::interp::iter::FAR;
use vm::object::NONE;
use vm::opcodes::{caches, op};
use vm::types::generator::Generator;

use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::runtime::{self, Entry, frame, regs, thread};
use crate::value::{RAX, RCX, Value};

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    match i.opcode {
        op::FOR_ITER_GEN if !c.has_missed(i) && i.oparg <= FAR => {
            resume(c, i, false);
            true
        }
        op::SEND_GEN if !c.has_missed(i) && i.oparg <= FAR => {
            resume(c, i, true);
            true
        }
        op::YIELD_VALUE => {
            yield_value(c, i);
            true
        }
        _ => false,
    }
}

/// Goes on in the generator on top, or, with a value to send, below the top.
fn resume(c: &mut Compiler, i: &Instruction, send: bool) {
    const STATE: i32 = offset_of!(Generator, frame_state) as i32;
    const OFFSET: usize = 1 + caches::SEND;
    let target = i.target().expect("a branch");
    // Where it goes on when the generator returns.
    let returned = if send { target } else { target - 1 };
    c.flush();
    let exit = c.exit();
    let none = c.borrowed_word(core::ptr::from_ref(NONE()) as usize);
    c.pointer(1 + usize::from(send), RAX);
    c.load_word(RCX, (&raw const PyGen_Type) as u64);
    dynasm!(c.ops ; .arch x64 ; cmp [rax + 8], rcx);
    if send {
        c.load_word(RCX, (&raw const PyCoro_Type) as u64);
        dynasm!(c.ops ; .arch x64
            ; je >known
            ; cmp [rax + 8], rcx
            ; jne =>exit
            ; known:
        );
    } else {
        dynasm!(c.ops ; .arch x64 ; jne =>exit);
    }
    dynasm!(c.ops ; .arch x64
        ; cmp DWORD [r14 + thread::RECURSION], 1
        ; jle =>exit
        ; mov cl, [rax + STATE]
        ; test cl, cl
        ; jns =>exit
    );
    if send {
        let top = c.home(c.stack.len() - 1);
        dynasm!(c.ops ; .arch x64
            ; mov rsi, [r12 + top]
            // Before it has begun, it takes nothing but None.
            ; cmp cl, phase::CREATED
            ; jne >begun
            ; mov rdi, rsi
        );
        if c.counts {
            dynasm!(c.ops ; .arch x64 ; or rdi, 1);
        }
        c.load_word(RCX, none);
        dynasm!(c.ops ; .arch x64
            ; cmp rdi, rcx
            ; jne =>exit
            ; begun:
        );
        if c.counts {
            dynasm!(c.ops ; .arch x64
                ; test sil, 1
                ; jz >owned
                ; and rsi, -2
            );
            c.incref(6);
            dynasm!(c.ops ; .arch x64 ; owned:);
        }
        c.pop();
    } else {
        c.load_word(6, none);
    }
    let depth = c.home(c.stack.len());
    let back = c.ops.new_dynamic_label();
    let other = c.label(returned);
    dynasm!(c.ops ; .arch x64
        ; lea rcx, [r15 + Compiler::unit_offset(i.at)]
        ; mov [r12 + frame::INSTR_PTR], rcx
        ; lea rcx, [r12 + depth]
        ; mov [r12 + frame::STACK_POINTER], rcx
        ; mov WORD [r12 + frame::RETURN_OFFSET], (OFFSET + i.oparg as usize) as i16
        ; lea rcx, [=>back]
        ; sub rcx, [r13 + Entry::Memory.offset()]
        ; or ecx, runtime::RESUMES as i32
        ; mov [r12 + frame::RESUME], ecx
        ; jmp QWORD [r13 + Entry::Resume.offset()]
        ; jmp =>other
    );
    c.forget_kinds();
    let exit = c.exit_behind(i);
    dynasm!(c.ops ; .arch x64 ; =>back);
    c.compare_version();
    dynasm!(c.ops ; .arch x64 ; jne =>exit);
    c.push(Value::HOME);
    c.entry(returned);
    c.entry(i.next);
}

/// Leaves the frame, which goes on behind the instruction.
fn yield_value(c: &mut Compiler, i: &Instruction) {
    const FRAME: i32 = offset_of!(Generator, frame) as i32 - frame::START;
    const STATE: i32 = offset_of!(Generator, frame_state) as i32 - FRAME;
    const HANDLED: i32 = runtime::EXC_STATE - FRAME;
    c.boxed(1);
    c.heap_safe_rax();
    let value = c.pop();
    c.free.release(value);
    let result = c.free.take();
    dynasm!(c.ops ; .arch x64 ; mov Rq(result), rax);
    c.flush();
    let depth = c.home(c.stack.len());
    let next = c.label(i.next);
    dynasm!(c.ops ; .arch x64
        ; mov rax, Rq(result)
        ; lea rcx, [r15 + Compiler::unit_offset(i.next)]
        ; mov [r12 + frame::INSTR_PTR], rcx
        ; lea rcx, [r12 + depth]
        ; mov [r12 + frame::STACK_POINTER], rcx
        ; lea rcx, [=>next]
        ; sub rcx, [r13 + Entry::Memory.offset()]
        ; mov [r12 + frame::RESUME], ecx
        ; mov BYTE [r12 + STATE], phase::SUSPENDED + i.oparg as i8
        ; xor edx, edx
        ; mov rcx, [r12 + HANDLED]
        ; mov [r12 + HANDLED], rdx
        ; mov [r14 + thread::EXC_INFO], rcx
        ; inc DWORD [r14 + thread::RECURSION]
        ; mov rcx, [r12 + frame::PREVIOUS]
        ; mov [r12 + frame::PREVIOUS], rdx
        ; mov [r14 + thread::FRAME], rcx
        ; lea r12, [rcx - frame::START]
        ; mov [rbx + regs::LOCALS as i32], r12
        ; jmp QWORD [r13 + Entry::Yield.offset()]
    );
    c.free.give(result);
    c.entry(i.next);
    c.reachable = false;
}
