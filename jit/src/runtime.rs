//! What compiled code is linked to: the table that register r13 points to, and the code that all functions share.
//!
//! Registers in compiled code: rbx, the interpreter's registers; r12, the frame's locals; r13, the table; r14, the thread;
//! r15, the code object. rax, rcx, rdx and xmm0, xmm1 are scratch; the others hold values of the stack.

use core::mem::offset_of;

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm, x64::X64Relocation};
use gc::Kind;
use layout::*;
use vm::code::caches::CacheTable;
use vm::interp::Flow;
use vm::opcodes::caches;
use vm::tier::Compiled;
use vm::types::generator::Generator;
use vm::types::int;

use crate::helpers;
use crate::memory::CodeMemory;

pub type Assembler = VecAssembler<X64Relocation>;

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident $(= $first:literal)?,)*) => {
        /// Entries of the table behind the interpreter's handlers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Entry {
            $($(#[$doc])* $name $(= $first)?,)*
            End,
        }

        impl Entry {
            /// The entries in order.
            pub const ALL: &[Entry] = &[$(Entry::$name,)*];
        }
    };
}

entries! {
    /// An address that the interpreter takes for code without caches.
    Nowhere = 256,
    /// Where code memory begins.
    Memory,
    /// Leaves compiled code with the flow in al.
    Leave,
    /// After a handler that did not answer `Next`, in al.
    Left,
    /// The int of rax, in rax.
    BoxInt,
    /// The float of xmm0, in rax.
    BoxFloat,
    /// Goes on in the frame whose locals r12 points to, with rax as the result of its call.
    Return,
    /// Goes on in the frame that a handler has entered, from r12's.
    Enter,
    /// Goes on where the interpreter's registers say.
    EnterAt,
    /// Goes on in the generator rax, to which rsi is sent, from r12's frame.
    Resume,
    /// Goes on in the frame whose locals r12 points to, to which its generator has yielded rax.
    Yield,
    /// Where the frame below an `__init__` goes on, as a place in code memory.
    Initialised,
    /// Frees the number rax, whose count is 0.
    FreeNumber,
    /// Deallocates rax, whose count is 0.
    Dealloc,
    /// The same, where no register but the scratch ones holds a float.
    FreeNumberLight,
    DeallocLight,
    /// Ends the iteration of the list or tuple iterator rax.
    Exhausted,
    ExhaustedSlow,
    /// Notes that the inline values rax have got the value number ecx.
    NoteAdded,
    NoteAddedSlow,
    /// Appends to the list rax, which has no room, the reference rcx.
    Append,
    AppendSlow,
    /// The types of ints and floats.
    IntType,
    FloatType,
    BoxIntSlow,
    BoxFloatSlow,
    FreeNumberSlow,
    DeallocSlow,
}

impl Entry {
    /// From r13, in bytes.
    pub const fn offset(self) -> i32 {
        self as i32 * 8
    }
}

/// Offsets in the interpreter's registers.
pub mod regs {
    pub const LOCALS: i8 = 8;
    pub const SP: i8 = 16;
}

/// Offsets in a frame, from its locals.
pub mod frame {
    use core::mem::offset_of;
    use vm::frame::Frame;
    const LOCALS: i32 = size_of::<Frame>() as i32;
    pub const EXECUTABLE: i32 = offset_of!(Frame, executable) as i32 - LOCALS;
    pub const PREVIOUS: i32 = offset_of!(Frame, previous) as i32 - LOCALS;
    pub const FUNCTION: i32 = offset_of!(Frame, funcobj) as i32 - LOCALS;
    pub const GLOBALS: i32 = offset_of!(Frame, globals) as i32 - LOCALS;
    pub const BUILTINS: i32 = offset_of!(Frame, builtins) as i32 - LOCALS;
    pub const NAMESPACE: i32 = offset_of!(Frame, locals) as i32 - LOCALS;
    pub const FRAME_OBJECT: i32 = offset_of!(Frame, frame_obj) as i32 - LOCALS;
    pub const STACK_POINTER: i32 = offset_of!(Frame, stackpointer) as i32 - LOCALS;
    pub const RETURN_OFFSET: i32 = offset_of!(Frame, return_offset) as i32 - LOCALS;
    pub const OWNER: i32 = offset_of!(Frame, owner) as i32 - LOCALS;
    pub const START: i32 = -LOCALS;
    pub const INSTR_PTR: i32 = offset_of!(Frame, instr_ptr) as i32 - LOCALS;
    pub const RESUME: i32 = offset_of!(Frame, resume) as i32 - LOCALS;
}

/// Offsets in a thread's state.
pub mod thread {
    use core::mem::offset_of;
    use layout::PyThreadState;
    pub const BREAKER: i32 = offset_of!(PyThreadState, eval_breaker) as i32;
    pub const FRAME: i32 = offset_of!(PyThreadState, current_frame) as i32;
    pub const RECURSION: i32 = offset_of!(PyThreadState, py_recursion_remaining) as i32;
    pub const TOP: i32 = offset_of!(PyThreadState, datastack_top) as i32;
    pub const LIMIT: i32 = offset_of!(PyThreadState, datastack_limit) as i32;
    pub const EXC_INFO: i32 = offset_of!(PyThreadState, exc_info) as i32;
    pub const CHUNK: i32 = offset_of!(PyThreadState, datastack_chunk) as i32;
}

/// Bytes of the native frame for values that are saved over calls.
const SPILL: i32 = 256;

/// The scratch and value registers that calls may change.
const SAVED: [u8; 8] = [1, 2, 6, 7, 8, 9, 10, 11];

/// The place of the routine that compiled code is entered by.
pub struct Shared {
    pub enter: usize,
    pub table: &'static [usize],
}

/// Makes the shared code and the table.
pub fn link(memory: &CodeMemory, handlers: [usize; 256], counts: bool) -> Option<Shared> {
    static NOWHERE: [u16; 64] = [0; 64];
    let mut table = vec![0; Entry::End as usize];
    table[..256].copy_from_slice(&handlers);
    let mut set = |entry: Entry, value: usize| table[entry as usize] = value;
    set(Entry::Nowhere, (&raw const NOWHERE[32]) as usize);
    set(Entry::Memory, memory.base());
    set(Entry::IntType, (&raw const PyLong_Type) as usize);
    set(Entry::FloatType, (&raw const PyFloat_Type) as usize);
    set(Entry::BoxIntSlow, helpers::box_int as *const () as usize);
    set(
        Entry::BoxFloatSlow,
        helpers::box_float as *const () as usize,
    );
    set(
        Entry::FreeNumberSlow,
        helpers::free_number as *const () as usize,
    );
    set(
        Entry::ExhaustedSlow,
        helpers::exhausted as *const () as usize,
    );
    set(
        Entry::NoteAddedSlow,
        helpers::note_added as *const () as usize,
    );
    set(Entry::AppendSlow, helpers::append as *const () as usize);
    set(Entry::DeallocSlow, helpers::dealloc as *const () as usize);
    let table: &'static mut [usize] = Box::leak(table.into_boxed_slice());
    let mut ops = Assembler::new(0);
    let enter = ops.offset().0;
    enter_routine(&mut ops, table.as_ptr() as usize);
    let leave = ops.offset().0;
    dynasm!(ops ; .arch x64
        ; add rsp, SPILL + 8
        ; pop r15 ; pop r14 ; pop r13 ; pop r12 ; pop rbx ; pop rbp
        ; ret
    );
    let left = ops.offset().0;
    left_routine(&mut ops);
    let box_int = ops.offset().0;
    box_int_routine(&mut ops, counts);
    let box_float = ops.offset().0;
    box_float_routine(&mut ops, counts);
    let free_number = ops.offset().0;
    slow_routine(&mut ops, Entry::FreeNumberSlow);
    let dealloc = ops.offset().0;
    slow_routine(&mut ops, Entry::DeallocSlow);
    let free_number_light = ops.offset().0;
    light_routine(&mut ops, Entry::FreeNumberSlow);
    let dealloc_light = ops.offset().0;
    light_routine(&mut ops, Entry::DeallocSlow);
    let note_added = ops.offset().0;
    slow_routine(&mut ops, Entry::NoteAddedSlow);
    let append = ops.offset().0;
    allocating_routine(&mut ops, Entry::AppendSlow);
    let exhausted = ops.offset().0;
    slow_routine(&mut ops, Entry::ExhaustedSlow);
    let enter_frame = ops.offset().0;
    enter_frame_routine(&mut ops);
    let enter_at = ops.offset().0;
    enter_at_routine(&mut ops);
    let back = ops.offset().0;
    return_routine(&mut ops);
    let resume = ops.offset().0;
    resume_routine(&mut ops);
    let initialised = ops.offset().0;
    initialised_routine(&mut ops, counts);
    let yielded = ops.offset().0;
    yield_routine(&mut ops);
    let code = ops.finalize().ok()?;
    let start = memory.base() + memory.place(&code)?.offset as usize;
    table[Entry::Leave as usize] = start + leave;
    table[Entry::Exhausted as usize] = start + exhausted;
    table[Entry::Enter as usize] = start + enter_frame;
    table[Entry::EnterAt as usize] = start + enter_at;
    table[Entry::NoteAdded as usize] = start + note_added;
    table[Entry::Append as usize] = start + append;
    table[Entry::Return as usize] = start + back;
    table[Entry::Resume as usize] = start + resume;
    table[Entry::Initialised as usize] = start + initialised - memory.base();
    table[Entry::Yield as usize] = start + yielded;
    table[Entry::Left as usize] = start + left;
    table[Entry::BoxInt as usize] = start + box_int;
    table[Entry::BoxFloat as usize] = start + box_float;
    table[Entry::FreeNumber as usize] = start + free_number;
    table[Entry::Dealloc as usize] = start + dealloc;
    table[Entry::FreeNumberLight as usize] = start + free_number_light;
    table[Entry::DeallocLight as usize] = start + dealloc_light;
    Some(Shared {
        enter: start + enter,
        table,
    })
}

/// rdi: the interpreter's registers; rsi: where to go.
fn enter_routine(ops: &mut Assembler, table: usize) {
    dynasm!(ops ; .arch x64
        ; push rbp ; push rbx ; push r12 ; push r13 ; push r14 ; push r15
        ; sub rsp, SPILL + 8
        ; mov rbx, rdi
        ; mov r12, [rdi + regs::LOCALS as i32]
        ; mov r14, [rdi + 24]
        ; mov r13, QWORD table as i64
        ; mov r15, [r12 + frame::EXECUTABLE]
        ; and r15, -2
        ; mov rax, [r13 + Entry::Nowhere.offset()]
        ; mov [rbx], rax
        ; jmp rsi
    );
}

/// al: the flow that a handler answered with, in a frame whose `instr_ptr` is at the instruction.
fn left_routine(ops: &mut Assembler) {
    dynasm!(ops ; .arch x64
        ; mov rcx, [r12 + frame::INSTR_PTR]
        ; cmp al, Flow::Deopt as i8
        ; je >back
        // Another frame, or a place that the handler has set: it is complete.
        ; cmp [rbx + regs::LOCALS as i32], r12
        ; jne >leave
        ; mov rdx, [r13 + Entry::Nowhere.offset()]
        ; cmp [rbx], rdx
        ; jne >leave
        ; cmp al, Flow::Error as i8
        ; je >raised
        ; cmp al, Flow::Reraise as i8
        ; jne >back
        ; raised:
        ; add rcx, 2
        ; back:
        ; mov [rbx], rcx
        ; leave:
        ; jmp QWORD [r13 + Entry::Leave.offset()]
    );
}

/// The frame is at its first instruction, or not one to be entered here.
fn enter_frame_routine(ops: &mut Assembler) {
    const TABLE: i32 = offset_of!(PyCodeObject, co_executors) as i32;
    const COMPILED: i32 = offset_of!(CacheTable, compiled) as i32;
    const START: i32 = offset_of!(Compiled, start) as i32;
    dynasm!(ops ; .arch x64
        ; mov rdx, [rbx + regs::LOCALS as i32]
        ; mov rax, [rdx + frame::EXECUTABLE]
        ; and rax, -2
        ; mov rcx, [rax + TABLE]
        ; test rcx, rcx
        ; jz >leave
        ; mov rcx, [rcx + COMPILED]
        ; test rcx, rcx
        ; jz >leave
        ; lea rsi, [rax + vm::code::HEADER as i32]
        ; cmp rsi, [rbx]
        ; jne >leave
        ; mov rsi, [r13 + Entry::Nowhere.offset()]
        ; mov [rbx], rsi
        ; mov r12, rdx
        ; mov r15, rax
        ; jmp QWORD [rcx + START]
        ; leave:
        ; mov al, Flow::Compiled as i8
        ; jmp QWORD [r13 + Entry::Leave.offset()]
    );
}

/// The frame may be one that runs no code, or code that is not compiled.
fn enter_at_routine(ops: &mut Assembler) {
    const TABLE: i32 = offset_of!(PyCodeObject, co_executors) as i32;
    const COMPILED: i32 = offset_of!(CacheTable, compiled) as i32;
    const START: i32 = offset_of!(Compiled, start) as i32;
    dynasm!(ops ; .arch x64
        ; mov rdx, [rbx + regs::LOCALS as i32]
        ; mov rax, [rdx + frame::EXECUTABLE]
        ; and rax, -2
        ; cmp BYTE [rdx + frame::OWNER], vm::frame::owner::INTERPRETER as i8
        ; jae >leave
        ; mov rcx, [rax + TABLE]
        ; test rcx, rcx
        ; jz >leave
        ; mov rcx, [rcx + COMPILED]
        ; test rcx, rcx
        ; jz >leave
        ; mov rcx, [rcx + START]
        // Two bytes a unit of code, four a place: the places lie before the start, as numbers from 1.
        ; mov rdi, [rbx]
        ; lea rsi, [rax + vm::code::HEADER as i32]
        ; sub rdi, rsi
        ; add rdi, rdi
        ; mov rsi, rcx
        ; sub rsi, rdi
        ; mov esi, [rsi - 4]
        ; test esi, esi
        ; jz >leave
        ; mov rdi, [r13 + Entry::Nowhere.offset()]
        ; mov [rbx], rdi
        ; mov r12, rdx
        ; mov r15, rax
        ; lea rax, [rcx + rsi - 1]
        ; jmp rax
        ; leave:
        ; mov al, Flow::Compiled as i8
        ; jmp QWORD [r13 + Entry::Leave.offset()]
    );
}

/// r12 is a caller's frame that has been made the current one; rax is what its callee returned.
fn return_routine(ops: &mut Assembler) {
    dynasm!(ops ; .arch x64
        ; mov [rbx + regs::LOCALS as i32], r12
        ; mov rcx, [r12 + frame::STACK_POINTER]
        ; mov [rcx], rax
        ; mov eax, [r12 + frame::RESUME]
        ; cmp eax, 1
        ; jle >special
        ; add rax, [r13 + Entry::Memory.offset()]
        ; mov r15, [r12 + frame::EXECUTABLE]
        ; and r15, -2
        ; jmp rax
        ; special:
        ; test eax, eax
        ; jns >interpreter
        // The jump before the place where it goes on after a yield.
        ; and eax, !RESUMES as i32
        ; add rax, [r13 + Entry::Memory.offset()]
        ; sub rax, JUMP
        ; mov r15, [r12 + frame::EXECUTABLE]
        ; and r15, -2
        ; jmp rax
        ; interpreter:
        ; add rcx, 8
        ; mov [rbx + regs::SP as i32], rcx
        ; movzx ecx, WORD [r12 + frame::RETURN_OFFSET]
        ; add rcx, rcx
        ; add rcx, [r12 + frame::INSTR_PTR]
        ; mov [rbx], rcx
        ; test eax, eax
        ; jz >leave
        ; jmp QWORD [r13 + Entry::EnterAt.offset()]
        ; leave:
        ; mov al, Flow::Next as i8
        ; jmp QWORD [r13 + Entry::Leave.offset()]
    );
}

/// The mark of a frame's place to go on at that it has resumed a generator.
pub const RESUMES: u32 = 1 << 31;

/// Bytes of a jump to a label.
const JUMP: i32 = 5;

/// From a generator to what it handles exceptions under.
pub const EXC_STATE: i32 =
    (offset_of!(Generator, exc_state) + offset_of!(_PyErr_StackItem, previous_item)) as i32;

/// rax is a suspended generator, rsi a word for its stack; r12's frame is complete.
fn resume_routine(ops: &mut Assembler) {
    const STATE: i32 = offset_of!(Generator, frame_state) as i32;
    const STACK_ITEM: i32 = offset_of!(Generator, exc_state) as i32;
    const FRAME: i32 = offset_of!(Generator, frame) as i32;
    dynasm!(ops ; .arch x64
        ; mov BYTE [rax + STATE], vm::frame::phase::EXECUTING
        ; mov rcx, [r14 + thread::EXC_INFO]
        ; mov [rax + EXC_STATE], rcx
        ; lea rcx, [rax + STACK_ITEM]
        ; mov [r14 + thread::EXC_INFO], rcx
        ; dec DWORD [r14 + thread::RECURSION]
        ; add rax, FRAME
        ; mov [r14 + thread::FRAME], rax
        ; lea rcx, [r12 + frame::START]
        ; lea r12, [rax - frame::START]
        ; mov [r12 + frame::PREVIOUS], rcx
        ; mov [rbx + regs::LOCALS as i32], r12
        ; mov rcx, [r12 + frame::STACK_POINTER]
        ; mov [rcx], rsi
        ; add rcx, 8
        ; mov [r12 + frame::STACK_POINTER], rcx
        ; mov eax, [r12 + frame::RESUME]
        ; cmp eax, 1
        ; jle >other
        ; add rax, [r13 + Entry::Memory.offset()]
        ; mov r15, [r12 + frame::EXECUTABLE]
        ; and r15, -2
        ; jmp rax
        ; other:
        ; mov [rbx + regs::SP as i32], rcx
        ; mov rcx, [r12 + frame::INSTR_PTR]
        ; mov [rbx], rcx
        ; jmp QWORD [r13 + Entry::EnterAt.offset()]
    );
}

/// r12 is the frame below an `__init__`, r15 its code: an instance, and on top what the method has returned.
fn initialised_routine(ops: &mut Assembler, counts: bool) {
    const CHUNK_HEADER: i32 = offset_of!(_PyStackChunk, data) as i32;
    dynasm!(ops ; .arch x64
        ; mov rax, [r12 + 8]
        ; and rax, -2
        ; mov rcx, QWORD core::ptr::from_ref(vm::object::NONE()) as i64
        ; cmp rax, rcx
        ; jne >interpreter
        ; mov rax, [r14 + thread::CHUNK]
        ; lea rax, [rax + CHUNK_HEADER - frame::START]
        ; cmp rax, r12
        ; je >interpreter
        ; cmp QWORD [r12 + frame::FRAME_OBJECT], 0
        ; jne >interpreter
    );
    if counts {
        // The runtime keeps this code for good.
        dynasm!(ops ; .arch x64
            ; cmp DWORD [r15], 0
            ; jl >immortal
            ; dec DWORD [r15]
            ; immortal:
        );
    }
    dynasm!(ops ; .arch x64
        ; mov rax, [r12]
        ; mov rcx, [r12 + frame::PREVIOUS]
        ; mov [r14 + thread::FRAME], rcx
        ; lea rdx, [r12 + frame::START]
        ; mov [r14 + thread::TOP], rdx
        ; inc DWORD [r14 + thread::RECURSION]
        ; lea r12, [rcx - frame::START]
        ; jmp QWORD [r13 + Entry::Return.offset()]
        ; interpreter:
        ; lea rcx, [r12 + 16]
        ; mov [rbx + regs::SP as i32], rcx
        ; mov rcx, [r12 + frame::INSTR_PTR]
        ; mov [rbx], rcx
        ; mov al, Flow::Next as i8
        ; jmp QWORD [r13 + Entry::Leave.offset()]
    );
}

/// r12 is the frame that has resumed a generator, and the current one; rax is what the generator has yielded.
fn yield_routine(ops: &mut Assembler) {
    const OFFSET: i32 = 2 * (1 + caches::SEND as i32);
    dynasm!(ops ; .arch x64
        ; mov rcx, [r12 + frame::STACK_POINTER]
        ; mov [rcx], rax
        ; mov eax, [r12 + frame::RESUME]
        ; test eax, eax
        ; jns >other
        ; and eax, !RESUMES as i32
        ; add rax, [r13 + Entry::Memory.offset()]
        ; mov r15, [r12 + frame::EXECUTABLE]
        ; and r15, -2
        ; jmp rax
        ; other:
        ; add rcx, 8
        ; mov [rbx + regs::SP as i32], rcx
        ; mov rcx, [r12 + frame::INSTR_PTR]
        ; add rcx, OFFSET
        ; mov [rbx], rcx
        ; test eax, eax
        ; jz >leave
        ; jmp QWORD [r13 + Entry::EnterAt.offset()]
        ; leave:
        ; mov al, Flow::Next as i8
        ; jmp QWORD [r13 + Entry::Leave.offset()]
    );
}

/// Calls a helper with rax and rcx for its arguments, keeping every register but rax.
fn slow_routine(ops: &mut Assembler, helper: Entry) {
    save(ops);
    dynasm!(ops ; .arch x64
        ; mov rdi, rax
        ; mov rsi, rcx
        ; call QWORD [r13 + helper.offset()]
    );
    restore(ops);
}

/// As [`slow_routine`], where of the registers of floats only the scratch ones may hold one.
fn light_routine(ops: &mut Assembler, helper: Entry) {
    for reg in SAVED {
        dynasm!(ops ; .arch x64 ; push Rq(reg));
    }
    dynasm!(ops ; .arch x64
        ; sub rsp, 24
        ; movsd [rsp], xmm0
        ; movsd [rsp + 8], xmm1
        ; mov rdi, rax
        ; call QWORD [r13 + helper.offset()]
        ; movsd xmm0, [rsp]
        ; movsd xmm1, [rsp + 8]
        ; add rsp, 24
    );
    for reg in SAVED.into_iter().rev() {
        dynasm!(ops ; .arch x64 ; pop Rq(reg));
    }
    dynasm!(ops ; .arch x64 ; ret);
}

/// As [`slow_routine`], for helpers that allocate. The frame's instruction may be one that was executed before: a collector
/// that concludes from it how deep the stack is must not take it for the present one.
fn allocating_routine(ops: &mut Assembler, helper: Entry) {
    save(ops);
    dynasm!(ops ; .arch x64
        ; mov rdi, rax
        ; mov rsi, rcx
        ; mov rdx, [r12 + frame::INSTR_PTR]
        ; mov [rsp + SPARE], rdx
        ; lea rdx, [r15 + vm::code::HEADER as i32]
        ; mov [r12 + frame::INSTR_PTR], rdx
        ; call QWORD [r13 + helper.offset()]
        ; mov rdx, [rsp + SPARE]
        ; mov [r12 + frame::INSTR_PTR], rdx
    );
    restore(ops);
}

/// A word that [`save`] leaves on the stack.
const SPARE: i32 = 128;

/// Saves what calls may change but rax; the stack is aligned afterwards, as these routines are called.
fn save(ops: &mut Assembler) {
    for reg in SAVED {
        dynasm!(ops ; .arch x64 ; push Rq(reg));
    }
    dynasm!(ops ; .arch x64 ; sub rsp, 136);
    for x in 0..16u8 {
        dynasm!(ops ; .arch x64 ; movsd [rsp + i32::from(x) * 8], Rx(x));
    }
}

fn restore(ops: &mut Assembler) {
    for x in 0..16u8 {
        dynasm!(ops ; .arch x64 ; movsd Rx(x), [rsp + i32::from(x) * 8]);
    }
    dynasm!(ops ; .arch x64 ; add rsp, 136);
    for reg in SAVED.into_iter().rev() {
        dynasm!(ops ; .arch x64 ; pop Rq(reg));
    }
    dynasm!(ops ; .arch x64 ; ret);
}

/// Takes a cell for an object of a plain type into rax, and writes its header; the zero bytes behind `size` too. rcx and rdx
/// are lost. Without a cell, it goes to `slow`.
fn take_cell(
    ops: &mut Assembler,
    a: &gc::InlineAllocation,
    size: usize,
    tp: usize,
    counts: bool,
    slow: DynamicLabel,
) {
    let refcnt = if counts {
        1
    } else {
        _Py_IMMORTAL_INITIAL_REFCNT as i32
    };
    dynasm!(ops ; .arch x64
        ; mov rcx, QWORD a.freed as i64
        ; mov rax, [rcx]
        ; test rax, rax
        ; jz >run
        ; mov rdx, [rax]
        ; mov [rcx], rdx
        ; jmp >taken
        ; run:
        ; mov rcx, QWORD a.cursor as i64
        ; mov rax, [rcx]
        ; mov rdx, QWORD a.limit as i64
        ; cmp rax, [rdx]
        ; je =>slow
        ; lea rdx, [rax + a.cell_size as i32]
        ; mov [rcx], rdx
        ; taken:
        ; mov DWORD [rax], refcnt
        ; mov DWORD [rax + 4], 0
        ; mov rcx, QWORD tp as i64
        ; mov [rax + 8], rcx
    );
    for offset in (size..a.cell_size).step_by(8) {
        dynasm!(ops ; .arch x64 ; mov QWORD [rax + offset as i32], 0);
    }
    dynasm!(ops ; .arch x64
        ; mov rdx, rax
        ; shr rdx, 4
        ; mov rcx, QWORD a.states as i64
        ; mov BYTE [rcx + rdx], a.state as i8
    );
}

/// Small values are static ints; those of one digit are made here.
fn box_int_routine(ops: &mut Assembler, counts: bool) {
    let size = size_of::<PyLongObject>();
    let static_ints = (int::LARGEST - int::SMALLEST) as i32;
    let first = core::ptr::from_ref(int::small(int::SMALLEST)) as i64;
    const { assert!(size_of::<PyLongObject>() == 32) };
    let slow = ops.new_dynamic_label();
    let a = gc::inline_allocation(size, 0, Kind::Plain);
    dynasm!(ops ; .arch x64
        ; lea rcx, [rax - int::SMALLEST as i32]
        ; cmp rcx, static_ints
        ; ja >made
        ; mov rax, QWORD first
        ; shl ecx, 5
        ; add rax, rcx
        ; ret
        ; made:
    );
    if let Some(a) = a {
        dynasm!(ops ; .arch x64
            // The magnitude, and twice the sign.
            ; mov rcx, rax
            ; mov rdx, rax
            ; sar rdx, 63
            ; xor rcx, rdx
            ; sub rcx, rdx
            ; cmp rcx, PyLong_BASE as i32
            ; jae =>slow
            ; push rax
            ; push rcx
        );
        let none = ops.new_dynamic_label();
        take_cell(
            ops,
            &a,
            size,
            (&raw const PyLong_Type) as usize,
            counts,
            none,
        );
        dynasm!(ops ; .arch x64
            ; pop rcx
            ; pop rdx
            ; sar rdx, 63
            ; and edx, 2
            ; or edx, 8
            ; mov [rax + 16], rdx
            ; mov [rax + 24], rcx
            ; ret
            ; =>none
            ; pop rcx
            ; pop rax
        );
    }
    dynasm!(ops ; .arch x64 ; =>slow);
    allocating_routine(ops, Entry::BoxIntSlow);
}

fn box_float_routine(ops: &mut Assembler, counts: bool) {
    let size = size_of::<PyFloatObject>();
    let slow = ops.new_dynamic_label();
    if let Some(a) = gc::inline_allocation(size, 0, Kind::Plain) {
        take_cell(
            ops,
            &a,
            size,
            (&raw const PyFloat_Type) as usize,
            counts,
            slow,
        );
        dynasm!(ops ; .arch x64
            ; movsd [rax + 16], xmm0
            ; ret
        );
    }
    dynasm!(ops ; .arch x64 ; =>slow);
    allocating_routine(ops, Entry::BoxFloatSlow);
}
