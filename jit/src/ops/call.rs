//! Calls of Python functions within compiled code, and returns from them.
//!
//! A call whose function is foreseen (by the attribute's cache, or by what the global is now) pushes the frame inline, and
//! jumps to the function's compiled code. The caller's frame notes where it goes on; a return jumps there.

use core::mem::offset_of;

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use layout::*;
use vm::code::{self, caches::CacheTable};
use vm::interp::Flow;
use vm::interp::bind::code_of;
use vm::interp::cached;
use vm::object::{Obj, ObjExt};
use vm::opcodes::{caches, op};
use vm::tier::Compiled;

use crate::compiler::{Cold, Compiler};
use crate::decode::Instruction;
use crate::runtime::{Entry, frame, regs, thread};
use crate::value::{PROBABLY_SELF, RAX, RCX, Value};

const AFTER_CALL: i32 = 1 + caches::CALL as i32;
const FUNCTION_VERSION: i32 = offset_of!(PyFunctionObject, func_version) as i32;
/// Most locals that are cleared one by one.
const FEW_LOCALS: usize = 24;

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    match i.opcode {
        op::CALL_PY_EXACT_ARGS if !c.has_missed(i) => call_python(c, i).is_some(),
        op::CALL_LIST_APPEND if !c.has_missed(i) => append(c, i).is_some(),
        op::RETURN_VALUE => return_value(c),
        _ => false,
    }
}

/// The function that a global is now, for which its call is prepared.
pub fn function_now(c: &Compiler, i: &Instruction) -> Option<u64> {
    if i.opcode != op::LOAD_GLOBAL_MODULE {
        return None;
    }
    // SAFETY: the thread's frame, which is null or alive.
    let frame = unsafe { vm::frame::current(vm::state::current()).as_ref() }?;
    if !core::ptr::eq(frame.code(), c.code) {
        return None;
    }
    let o = cached::value(frame.globals(), c.cache(i)?)?;
    o.downcast_exact::<PyFunctionObject>()?;
    Some(core::ptr::from_ref(o) as u64)
}

/// A function that a cache names, if it still exists.
fn living_function<'a>(address: u64) -> Option<&'a PyFunctionObject> {
    let o = gc::is_object(address as usize)?;
    // SAFETY: the heap says that an object begins there.
    let o: &Obj = unsafe { &*o };
    let function: &PyFunctionObject = o.downcast_exact()?;
    gc::is_object(function.func_code.get() as usize)?;
    Some(function)
}

/// What is known of the callee when the call is compiled.
struct Callee<'a> {
    function: &'a PyFunctionObject,
    code: &'a PyCodeObject,
    version: u32,
    arguments: usize,
    /// Where the first argument is on the stack.
    first: usize,
}

fn foresee<'a>(c: &Compiler, i: &Instruction) -> Option<Callee<'a>> {
    let callable = c.stack.len() - i.oparg as usize - 2;
    let address = match c.stack[callable] {
        Value::Known(address) => address,
        Value::Object { hint, .. } | Value::Home { hint } if hint > PROBABLY_SELF => hint,
        _ => return None,
    };
    let no_self = match c.stack[callable + 1] {
        Value::Word(1) | Value::Home { hint: 1 } => true,
        Value::Home { hint: 0 } => return None,
        Value::Home {
            hint: PROBABLY_SELF,
        } => false,
        _ => false,
    };
    let function = living_function(address)?;
    let code = code_of(function);
    let version = function.func_version.get();
    let arguments = i.oparg as usize + usize::from(!no_self);
    let fits = version != 0
        && version == c.cache(i)?.version.get()
        && code.co_argcount.get() as usize == arguments
        && code.co_kwonlyargcount.get() == 0
        && code.co_flags.get() & (CO_VARARGS | CO_VARKEYWORDS | CO_OPTIMIZED) == CO_OPTIMIZED
        && code.co_nlocalsplus.get() as usize - arguments <= FEW_LOCALS;
    fits.then_some(Callee {
        function,
        code,
        version,
        arguments,
        first: callable + 1 + usize::from(no_self),
    })
}

fn call_python(c: &mut Compiler, i: &Instruction) -> Option<()> {
    let callee = foresee(c, i)?;
    let callable = c.stack.len() - i.oparg as usize - 2;
    let (other, back) = (c.ops.new_dynamic_label(), c.ops.new_dynamic_label());
    c.cold.push(Cold::Call {
        label: other,
        stack: c.stack.clone(),
        number: c.number,
        opcode: i.opcode,
        back,
    });
    guard(c, callable, &callee, other);
    for index in 0..callable {
        c.send_home(index);
    }
    for index in callee.first..c.stack.len() {
        if matches!(c.stack[index], Value::Int(_) | Value::Float(_)) {
            c.send_home(index);
        }
    }
    let new = c.vacate_rbp();
    dynasm!(c.ops ; .arch x64 ; mov Rq(new), [r14 + thread::TOP]);
    let locals = -frame::START;
    for (number, index) in (callee.first..c.stack.len()).enumerate() {
        c.owned_rax(index);
        dynasm!(c.ops ; .arch x64 ; mov [Rq(new) + locals + (number * 8) as i32], rax);
    }
    c.owned_rax(callable);
    dynasm!(c.ops ; .arch x64 ; mov [Rq(new) + locals + frame::FUNCTION], rax);
    while c.stack.len() > callable {
        let value = c.pop();
        c.free.release(value);
    }
    fill_frame(c, &callee, new);
    enter(c, i, &callee, callable, back);
    c.free.give(new);
    c.push(Value::HOME);
    c.forget_kinds();
    Some(())
}

/// The callee is the foreseen one, unchanged, and there is room for its frame.
fn guard(c: &mut Compiler, callable: usize, callee: &Callee, exit: DynamicLabel) {
    let depth = c.stack.len() - callable;
    let known = matches!(c.stack[callable], Value::Known(_));
    if c.stack[callable + 1]
        == (Value::Home {
            hint: PROBABLY_SELF,
        })
    {
        let home = c.home(callable + 1);
        dynasm!(c.ops ; .arch x64
            ; cmp QWORD [r12 + home], 1
            ; je =>exit
        );
    }
    c.pointer(depth, RAX);
    if !known {
        c.load_word(RCX, core::ptr::from_ref(callee.function) as u64);
        dynasm!(c.ops ; .arch x64
            ; cmp rax, rcx
            ; jne =>exit
        );
        c.load_word(RCX, (&raw const PyFunction_Type) as u64);
        dynasm!(c.ops ; .arch x64
            ; cmp [rax + 8], rcx
            ; jne =>exit
        );
    }
    let bytes = callee.code.co_framesize.get() * 8;
    dynasm!(c.ops ; .arch x64
        ; cmp DWORD [rax + FUNCTION_VERSION], callee.version as i32
        ; jne =>exit
        ; cmp DWORD [r14 + thread::RECURSION], 1
        ; jle =>exit
        ; mov rcx, [r14 + thread::TOP]
        ; add rcx, bytes
        ; cmp rcx, [r14 + thread::LIMIT]
        ; jae =>exit
    );
}

/// All of a frame but its arguments and its function.
fn fill_frame(c: &mut Compiler, callee: &Callee, new: u8) {
    const L: i32 = -frame::START;
    let f = callee.function;
    c.load_word(RAX, core::ptr::from_ref(callee.code) as u64);
    c.incref(RAX);
    dynasm!(c.ops ; .arch x64
        ; mov [Rq(new) + L + frame::EXECUTABLE], rax
        ; lea rax, [rax + code::HEADER as i32]
        ; mov [Rq(new) + L + frame::INSTR_PTR], rax
        ; lea rax, [r12 + frame::START]
        ; mov [Rq(new) + L + frame::PREVIOUS], rax
    );
    c.load_word(RAX, f.func_globals.get() as u64);
    dynasm!(c.ops ; .arch x64 ; mov [Rq(new) + L + frame::GLOBALS], rax);
    c.load_word(RAX, f.func_builtins.get() as u64);
    let count = callee.code.co_nlocalsplus.get();
    dynasm!(c.ops ; .arch x64
        ; mov [Rq(new) + L + frame::BUILTINS], rax
        ; xor eax, eax
        ; mov [Rq(new) + L + frame::NAMESPACE], rax
        ; mov [Rq(new) + L + frame::FRAME_OBJECT], rax
        // With the owner, the thread, and no place to go on at.
        ; mov [Rq(new) + L + frame::RETURN_OFFSET], rax
        ; lea rax, [Rq(new) + L + count * 8]
        ; mov [Rq(new) + L + frame::STACK_POINTER], rax
    );
    for index in callee.arguments as i32..count {
        dynasm!(c.ops ; .arch x64 ; mov QWORD [Rq(new) + L + index * 8], 1);
    }
}

/// Leaves the caller's frame, whose stack is as deep as `depth`, for the callee's in rbp.
fn enter(c: &mut Compiler, i: &Instruction, callee: &Callee, depth: usize, back: DynamicLabel) {
    let home = c.home(depth);
    let bytes = callee.code.co_framesize.get() * 8;
    dynasm!(c.ops ; .arch x64
        ; lea rax, [r15 + Compiler::unit_offset(i.at)]
        ; mov [r12 + frame::INSTR_PTR], rax
        ; lea rax, [r12 + home]
        ; mov [r12 + frame::STACK_POINTER], rax
        ; mov WORD [r12 + frame::RETURN_OFFSET], AFTER_CALL as i16
        ; lea rax, [=>back]
        ; sub rax, [r13 + Entry::Memory.offset()]
        ; mov [r12 + frame::RESUME], eax
        ; dec DWORD [r14 + thread::RECURSION]
        ; mov [r14 + thread::FRAME], rbp
        ; lea r12, [rbp - frame::START]
        ; mov [rbx + regs::LOCALS as i32], r12
        ; add rbp, bytes
        ; mov [r14 + thread::TOP], rbp
    );
    let itself = core::ptr::eq(callee.code, c.code);
    if itself {
        let start = c.label(0);
        dynasm!(c.ops ; .arch x64 ; jmp =>start);
    } else {
        const TABLE: i32 = offset_of!(PyCodeObject, co_executors) as i32;
        const COMPILED: i32 = offset_of!(CacheTable, compiled) as i32;
        const START: i32 = offset_of!(Compiled, start) as i32;
        let address = core::ptr::from_ref(callee.code) as i64;
        dynasm!(c.ops ; .arch x64
            ; mov r15, QWORD address
            ; mov rcx, [r15 + TABLE]
            ; test rcx, rcx
            ; jz >cold
            ; mov rcx, [rcx + COMPILED]
            ; test rcx, rcx
            ; jz >cold
            ; jmp QWORD [rcx + START]
            ; cold:
        );
        let count = callee.code.co_nlocalsplus.get();
        dynasm!(c.ops ; .arch x64
            ; lea rax, [r15 + code::HEADER as i32]
            ; mov [rbx], rax
            ; lea rax, [r12 + count * 8]
            ; mov [rbx + regs::SP as i32], rax
            ; mov al, Flow::Compiled as i8
            ; jmp QWORD [r13 + Entry::Leave.offset()]
        );
    }
    let exit = c.exit_behind(i);
    dynasm!(c.ops ; .arch x64 ; =>back);
    c.compare_version();
    dynasm!(c.ops ; .arch x64 ; jne =>exit);
    c.entry(i.next);
}

/// `items.append(x)`, with the `POP_TOP` that follows.
fn append(c: &mut Compiler, i: &Instruction) -> Option<()> {
    const METHOD: i32 = offset_of!(PyMethodDescrObject, d_method) as i32;
    const SIZE: i32 = offset_of!(PyVarObject, ob_size) as i32;
    const ITEMS: i32 = offset_of!(PyListObject, ob_item) as i32;
    const ALLOCATED: i32 = offset_of!(PyListObject, allocated) as i32;
    let method = c.cache(i)?.extra.get() as u64;
    let callable = c.stack.len() - 3;
    if i.oparg != 1
        || c.following(1)?.base != op::POP_TOP
        || matches!(
            c.stack[callable + 1],
            Value::Word(_) | Value::Int(_) | Value::Float(_)
        )
    {
        return None;
    }
    let exit = c.exit();
    c.pointer(3, RAX);
    c.load_word(RCX, (&raw const PyMethodDescr_Type) as u64);
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + 8], rcx
        ; jne =>exit
    );
    c.load_word(RCX, method);
    dynasm!(c.ops ; .arch x64
        ; cmp [rax + METHOD], rcx
        ; jne =>exit
    );
    let list = c.free.take();
    c.pointer(2, list);
    c.load_word(RCX, (&raw const PyList_Type) as u64);
    dynasm!(c.ops ; .arch x64
        ; cmp Rq(list), 1
        ; jbe =>exit
        ; cmp [Rq(list) + 8], rcx
        ; jne =>exit
    );
    c.heap_safe_rax();
    let value = c.pop();
    c.free.release(value);
    dynasm!(c.ops ; .arch x64
        ; mov rcx, [Rq(list) + SIZE]
        ; cmp rcx, [Rq(list) + ALLOCATED]
        ; jge >full
        ; mov rdx, [Rq(list) + ITEMS]
        ; mov [rdx + rcx * 8], rax
        ; inc QWORD [Rq(list) + SIZE]
        ; jmp >done
        ; full:
        ; mov rcx, rax
        ; mov rax, Rq(list)
        ; call QWORD [r13 + Entry::Append.offset()]
        ; done:
    );
    c.free.give(list);
    c.drop_top();
    c.drop_top();
    c.skip = 1;
    Some(())
}

// ---- Returns ----

/// Of a frame that lives on the data stack, that nobody has looked at.
fn return_value(c: &mut Compiler) -> bool {
    const CHUNK_HEADER: i32 = offset_of!(_PyStackChunk, data) as i32;
    const SPECIAL: i32 = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
    let flags = c.code.co_flags.get();
    if flags & CO_OPTIMIZED == 0 || flags & SPECIAL != 0 || c.locals > FEW_LOCALS {
        return false;
    }
    let exit = c.exit_with(Flow::Next);
    dynasm!(c.ops ; .arch x64
        ; cmp QWORD [r12 + frame::FRAME_OBJECT], 0
        ; jne =>exit
        ; mov rax, [r14 + thread::CHUNK]
        ; lea rax, [rax + CHUNK_HEADER - frame::START]
        ; cmp rax, r12
        ; je =>exit
    );
    let moved = take_result(c);
    // The caller is the current frame while this one's locals die.
    let (result, caller) = (5, 8);
    dynasm!(c.ops ; .arch x64
        ; mov Rq(result), rax
        ; mov Rq(caller), [r12 + frame::PREVIOUS]
        ; mov [r14 + thread::FRAME], Rq(caller)
    );
    if c.counts {
        for local in (0..c.locals).filter(|local| Some(*local) != moved) {
            dynasm!(c.ops ; .arch x64 ; mov rax, [r12 + (local * 8) as i32]);
            let number = c.kinds[local] != crate::value::Kind::Unknown;
            c.close_rax(number);
        }
        for word in [frame::FUNCTION, frame::EXECUTABLE] {
            dynasm!(c.ops ; .arch x64 ; mov rax, [r12 + word]);
            c.close_rax(false);
        }
    }
    dynasm!(c.ops ; .arch x64
        ; lea rax, [r12 + frame::START]
        ; mov [r14 + thread::TOP], rax
        ; inc DWORD [r14 + thread::RECURSION]
        ; lea r12, [Rq(caller) - frame::START]
        ; mov rax, Rq(result)
        ; jmp QWORD [r13 + Entry::Return.offset()]
    );
    c.reachable = false;
    true
}

/// The result in rax, owned. What a local alone holds moves out of it: its number is the answer.
fn take_result(c: &mut Compiler) -> Option<usize> {
    let moved = match c.stack.last() {
        Some(Value::Local { index, .. }) if c.counts => Some(*index),
        _ => None,
    };
    match moved {
        Some(local) => dynasm!(c.ops ; .arch x64
            ; mov rax, [r12 + (local * 8) as i32]
            ; test al, 1
            ; jz >owned
            ; and rax, -2
        ),
        None => c.heap_safe_rax(),
    }
    if moved.is_some() {
        c.incref(RAX);
        dynasm!(c.ops ; .arch x64 ; owned:);
    }
    let value = c.pop();
    c.free.release(value);
    moved
}
