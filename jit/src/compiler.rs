//! One code object's way to machine code: instruction by instruction, in order, with a model of the evaluation stack.
//!
//! The stack's words have their homes in the frame, and at every place that control reaches from elsewhere they are there.
//! In between, the model says where each word is: at home, still in the local or constant that it was loaded from, or in a
//! register, unboxed perhaps. An instruction first tests what it relies on, while its operands are still in place; a test
//! that fails leaves to the interpreter at that instruction. What has no form of its own calls the interpreter's handler.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use layout::PyCodeObject;
use vm::code::{self, caches::InlineCache};
use vm::interp::Flow;
use vm::opcodes::op;

use crate::decode::{Decoded, Instruction, decode, row};
use crate::ops;
use crate::runtime::{Assembler, Entry, frame, regs, thread};
use crate::value::{Kind, Registers, Value};

/// What is emitted behind the function's code.
pub enum Cold {
    /// A failed guard: the stack as it was before the instruction goes home, and the interpreter executes it.
    Exit {
        label: DynamicLabel,
        stack: Vec<Value>,
        unit: usize,
        flow: Flow,
    },
    /// The last reference to rax is gone.
    Dealloc {
        label: DynamicLabel,
        back: DynamicLabel,
        unit: usize,
        number: bool,
        /// Whether registers hold floats.
        floats: bool,
    },
    /// The sequence iterator in rax is exhausted: it lets go of its sequence.
    Exhausted {
        label: DynamicLabel,
        target: DynamicLabel,
    },
    /// A call of another function than the foreseen one: by the handler, which enters its frame and comes back to `back`.
    Call {
        label: DynamicLabel,
        stack: Vec<Value>,
        number: usize,
        opcode: u8,
        back: DynamicLabel,
    },
    /// A failed guard where many types come by: by the generic handler, with everything at home before and after.
    Generic {
        label: DynamicLabel,
        stack: Vec<Value>,
        number: usize,
        back: DynamicLabel,
    },
    /// A handler has entered a frame, which may return to `back`.
    Entered {
        label: DynamicLabel,
        back: Option<DynamicLabel>,
        /// Whether it is an `__init__`, with a frame between.
        init: bool,
    },
}

pub struct Compiler<'a> {
    pub code: &'a PyCodeObject,
    pub ops: Assembler,
    /// Whether this is the last time that the code is compiled.
    last: bool,
    /// Whether references are counted.
    pub counts: bool,
    /// The eval breaker's word that this code runs under.
    pub version: usize,
    pub decoded: Decoded,
    /// Labels of units that are jumped to or entered at.
    labels: Vec<Option<DynamicLabel>>,
    entries: Vec<usize>,
    pub stack: Vec<Value>,
    pub free: Registers,
    /// What is known of the locals' types.
    pub kinds: Vec<Kind>,
    /// The version that the keys of the globals are known to have.
    pub globals: Option<u32>,
    pub cold: Vec<Cold>,
    /// Where a handler's unusual answer goes.
    left: DynamicLabel,
    /// The exit of the instruction being compiled, if it has one.
    exit: Option<DynamicLabel>,
    /// The number of the instruction being compiled.
    pub number: usize,
    pub locals: usize,
    /// False behind an instruction that control does not pass.
    pub reachable: bool,
    /// Instructions to skip, since an earlier one has done their work.
    pub skip: usize,
    /// Where each instruction's code begins, for listings.
    pub places: Vec<(usize, usize)>,
}

/// The machine code of a code object.
pub struct Output {
    /// Where the code begins in the bytes.
    pub start: usize,
    pub bytes: Vec<u8>,
    /// Where each unit's entry is in the bytes.
    pub entries: Vec<Option<usize>>,
    pub places: Vec<(usize, usize)>,
}

/// Compiles code; nothing if that is not possible.
pub fn compile(code: &PyCodeObject, counts: bool, last: bool) -> Option<Output> {
    let decoded = decode(code)?;
    let units = code::units(code);
    let locals = code.co_nlocalsplus.get() as usize;
    let mut ops = Assembler::new(0);
    let left = ops.new_dynamic_label();
    let mut c = Compiler {
        code,
        ops,
        last,
        counts,
        version: code._co_instrumentation_version.get(),
        decoded,
        labels: vec![None; units + 1],
        entries: Vec::new(),
        stack: Vec::new(),
        free: Registers::default(),
        kinds: vec![Kind::Unknown; locals],
        globals: None,
        cold: Vec::new(),
        left,
        exit: None,
        number: 0,
        locals,
        reachable: false,
        skip: 0,
        places: Vec::new(),
    };
    // The places to enter at lie before the code, the first one last.
    for _ in 0..units {
        dynasm!(c.ops ; .arch x64 ; .bytes [0u8; 4]);
    }
    let start = c.ops.offset().0;
    c.all();
    c.cold();
    let entries = c.entry_offsets(units);
    let places = c.places;
    let mut bytes = c.ops.finalize().ok()?;
    for (unit, place) in entries.iter().enumerate() {
        let from = start - 4 * (unit + 1);
        let distance = place.map_or(0, |at| (at - start + 1) as u32);
        bytes[from..from + 4].copy_from_slice(&distance.to_le_bytes());
    }
    Some(Output {
        start,
        bytes,
        entries,
        places,
    })
}

impl Compiler<'_> {
    fn entry_offsets(&mut self, units: usize) -> Vec<Option<usize>> {
        let mut offsets = vec![None; units];
        for &unit in &self.entries {
            let label = self.labels[unit];
            if let (Some(label), true) = (label, unit < units) {
                let place = self.ops.labels().resolve_dynamic(label).ok();
                offsets[unit] = place.map(|at| at.0);
            }
        }
        offsets
    }

    fn all(&mut self) {
        self.entry(0);
        self.number = 0;
        while self.number < self.decoded.instructions.len() {
            let i = self.decoded.instructions[self.number];
            if self.decoded.depth[i.start] >= 0 {
                self.one(&i);
            } else {
                self.reachable = false;
            }
            self.number += 1;
        }
    }

    fn one(&mut self, i: &Instruction) {
        let head = self.decoded.is_target[i.start] || self.labels[i.start].is_some();
        if head {
            if self.reachable {
                self.flush();
            }
            let label = self.label(i.start);
            self.entry(i.start);
            dynasm!(self.ops ; .arch x64 ; =>label);
            self.begin_block(self.decoded.depth[i.start] as usize);
        } else if !self.reachable {
            return;
        }
        self.places.push((self.ops.offset().0, i.start));
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.exit = None;
        debug_assert_eq!(self.stack.len(), self.decoded.depth[i.start] as usize);
        if self.free.count() < 4 || self.free.count_floats() < 4 {
            self.flush();
        }
        self.reachable = i.falls_through();
        ops::emit(self, i);
    }

    fn begin_block(&mut self, depth: usize) {
        self.stack.clear();
        self.stack.resize(depth, Value::HOME);
        self.free = Registers::default();
        self.forget_kinds();
        self.reachable = true;
        self.skip = 0;
    }

    /// Other code may have stored to the locals.
    pub fn forget_kinds(&mut self) {
        self.kinds.fill(Kind::Unknown);
        self.globals = None;
    }

    /// The label of a unit.
    pub fn label(&mut self, unit: usize) -> DynamicLabel {
        *self.labels[unit].get_or_insert_with(|| self.ops.new_dynamic_label())
    }

    /// Lets the interpreter enter at a unit, where all values are at home.
    pub fn entry(&mut self, unit: usize) {
        self.label(unit);
        if self.entries.last() != Some(&unit) {
            self.entries.push(unit);
        }
    }

    /// The instruction that follows, if control reaches it only from here.
    pub fn following(&self, ahead: usize) -> Option<Instruction> {
        let i = *self.decoded.instructions.get(self.number + ahead)?;
        let head = self.decoded.is_target[i.start] || self.labels[i.start].is_some();
        (!head).then_some(i)
    }

    /// Where a word of the stack has its home, from r12.
    pub fn home(&self, index: usize) -> i32 {
        ((self.locals + index) * 8) as i32
    }

    /// From the code object to a unit.
    pub fn unit_offset(unit: usize) -> i32 {
        (code::HEADER + unit * 2) as i32
    }

    // ---- Leaving ----

    /// Where to go if the instruction cannot be executed here. The stack must be as before the instruction.
    pub fn exit(&mut self) -> DynamicLabel {
        self.exit_with(Flow::Deopt)
    }

    /// Makes guards that fail go on by the generic handler, if they may fail often: the label for [`rejoin`](Self::rejoin).
    pub fn tolerate(&mut self, i: &Instruction) -> Option<DynamicLabel> {
        if !self.has_missed(i) {
            return None;
        }
        self.flush();
        let (label, back) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.cold.push(Cold::Generic {
            label,
            stack: self.stack.clone(),
            number: self.number,
            back,
        });
        self.exit = Some(label);
        Some(back)
    }

    /// Where the generic handler goes on. What it has left is not known to be what was foreseen.
    pub fn rejoin(&mut self, back: Option<DynamicLabel>) {
        let Some(back) = back else { return };
        self.flush();
        dynasm!(self.ops ; .arch x64 ; =>back);
        self.forget_kinds();
        for value in &mut self.stack {
            if *value == (Value::Home { hint: 1 }) {
                *value = Value::HOME;
            }
        }
    }

    /// As [`exit`](Self::exit), for reasons that say nothing about the code.
    pub fn exit_with(&mut self, flow: Flow) -> DynamicLabel {
        if let Some(label) = self.exit {
            return label;
        }
        let label = self.ops.new_dynamic_label();
        self.exit = Some(label);
        let stack = self.stack.clone();
        let unit = self.decoded.instructions[self.number].start;
        self.cold.push(Cold::Exit {
            label,
            stack,
            unit,
            flow,
        });
        label
    }

    /// Leaves to the interpreter at the next instruction, with everything at home.
    pub fn exit_behind(&mut self, i: &Instruction) -> DynamicLabel {
        let label = self.ops.new_dynamic_label();
        let depth = self.decoded.depth[i.next].max(0) as usize;
        self.cold.push(Cold::Exit {
            label,
            stack: vec![Value::HOME; depth],
            unit: i.next,
            flow: Flow::Next,
        });
        label
    }

    pub fn exhausted(&mut self, label: DynamicLabel, target: DynamicLabel) {
        self.cold.push(Cold::Exhausted { label, target });
    }

    /// Whether the interpreter's form of an instruction has failed there since it was chosen.
    pub fn has_missed(&self, i: &Instruction) -> bool {
        self.cache(i).is_some_and(InlineCache::has_missed)
    }

    /// Whether the interpreter has never been there often enough to choose a form of the instruction: it is left to it, and
    /// once it has been there often the code is compiled anew.
    pub fn is_cold(&self, i: &Instruction) -> bool {
        !self.last
            && i.opcode == i.base
            && is_counted(i.base)
            && self.cache(i).is_some_and(InlineCache::is_untried)
    }

    fn cold(&mut self) {
        let left = self.left;
        dynasm!(self.ops ; .arch x64
            ; =>left
            ; jmp QWORD [r13 + Entry::Left.offset()]
        );
        for cold in core::mem::take(&mut self.cold) {
            match cold {
                Cold::Exit {
                    label,
                    stack,
                    unit,
                    flow,
                } => {
                    dynasm!(self.ops ; .arch x64 ; =>label);
                    self.stack = stack;
                    self.flush();
                    let depth = self.home(self.stack.len());
                    dynasm!(self.ops ; .arch x64
                        ; lea rax, [r12 + depth]
                        ; mov [rbx + regs::SP as i32], rax
                        ; lea rax, [r15 + Self::unit_offset(unit)]
                        ; mov [rbx], rax
                        ; mov al, flow as i8
                        ; jmp QWORD [r13 + Entry::Leave.offset()]
                    );
                }
                Cold::Dealloc {
                    label,
                    back,
                    unit,
                    number,
                    floats,
                } => {
                    let routine = match (number, floats) {
                        (true, true) => Entry::FreeNumber,
                        (true, false) => Entry::FreeNumberLight,
                        (false, true) => Entry::Dealloc,
                        (false, false) => Entry::DeallocLight,
                    };
                    dynasm!(self.ops ; .arch x64 ; =>label);
                    if !number {
                        dynasm!(self.ops ; .arch x64
                            ; lea rcx, [r15 + Self::unit_offset(unit)]
                            ; mov [r12 + frame::INSTR_PTR], rcx
                        );
                    }
                    dynasm!(self.ops ; .arch x64
                        ; call QWORD [r13 + routine.offset()]
                        ; jmp =>back
                    );
                }
                Cold::Exhausted { label, target } => dynasm!(self.ops ; .arch x64
                    ; =>label
                    ; call QWORD [r13 + Entry::Exhausted.offset()]
                    ; jmp =>target
                ),
                Cold::Call {
                    label,
                    stack,
                    number,
                    opcode,
                    back,
                } => {
                    dynasm!(self.ops ; .arch x64 ; =>label);
                    self.stack = stack;
                    let i = self.decoded.instructions[number];
                    self.prepare_handler(&i);
                    dynasm!(self.ops ; .arch x64
                        ; mov rdi, rbx
                        ; mov esi, i.oparg as i32
                        ; call QWORD [r13 + i32::from(opcode) * 8]
                        ; test al, al
                        ; jne =>left
                        ; lea rax, [=>back]
                        ; sub rax, [r13 + Entry::Memory.offset()]
                        ; mov [r12 + frame::RESUME], eax
                        ; jmp QWORD [r13 + Entry::Enter.offset()]
                    );
                }
                Cold::Generic {
                    label,
                    stack,
                    number,
                    back,
                } => {
                    dynasm!(self.ops ; .arch x64 ; =>label);
                    self.stack = stack;
                    let i = self.decoded.instructions[number];
                    self.prepare_handler(&i);
                    dynasm!(self.ops ; .arch x64
                        ; mov rdi, rbx
                        ; mov esi, i.oparg as i32
                        ; call QWORD [r13 + i32::from(i.base) * 8]
                        ; test al, al
                        ; jne =>left
                        ; jmp =>back
                    );
                }
                Cold::Entered { label, back, init } => {
                    dynasm!(self.ops ; .arch x64 ; =>label);
                    if init {
                        dynasm!(self.ops ; .arch x64
                            ; mov rax, [rbx + regs::LOCALS as i32]
                            ; mov rax, [rax + frame::PREVIOUS]
                            ; mov ecx, [r13 + Entry::Initialised.offset()]
                            ; mov [rax + frame::RESUME - frame::START], ecx
                        );
                    }
                    if let Some(back) = back {
                        dynasm!(self.ops ; .arch x64
                            ; lea rax, [=>back]
                            ; sub rax, [r13 + Entry::Memory.offset()]
                            ; mov [r12 + frame::RESUME], eax
                            ; jmp QWORD [r13 + Entry::Enter.offset()]
                        );
                    } else {
                        dynasm!(self.ops ; .arch x64
                            ; mov DWORD [r12 + frame::RESUME], 1
                            ; jmp QWORD [r13 + Entry::EnterAt.offset()]
                        );
                    }
                }
            }
        }
    }

    // ---- The interpreter's handlers ----

    /// Puts everything where a handler finds it.
    fn prepare_handler(&mut self, i: &Instruction) {
        self.flush();
        let depth = self.home(self.stack.len());
        dynasm!(self.ops ; .arch x64
            ; lea rax, [r12 + depth]
            ; mov [rbx + regs::SP as i32], rax
            ; lea rax, [r15 + Self::unit_offset(i.at)]
            ; mov [r12 + frame::INSTR_PTR], rax
        );
    }

    /// Executes an instruction by its handler. Afterwards the stack is at home.
    pub fn call_handler(&mut self, i: &Instruction, opcode: u8) {
        self.prepare_handler(i);
        let real_ip = wants_ip(opcode);
        if real_ip {
            dynasm!(self.ops ; .arch x64
                ; lea rax, [r15 + Self::unit_offset(i.next)]
                ; mov [rbx], rax
            );
        }
        dynasm!(self.ops ; .arch x64
            ; mov rdi, rbx
            ; mov esi, i.oparg as i32
            ; call QWORD [r13 + i32::from(opcode) * 8]
        );
        if leaves_frame(i.base) {
            dynasm!(self.ops ; .arch x64
                ; cmp al, Flow::Compiled as i8
                ; jne >leave
                ; jmp QWORD [r13 + Entry::EnterAt.offset()]
                ; leave:
                ; jmp QWORD [r13 + Entry::Leave.offset()]
            );
            self.reachable = false;
            if i.base != op::RETURN_VALUE {
                // The generator goes on there.
                self.entry(i.next);
            }
            return;
        }
        let left = self.left;
        dynasm!(self.ops ; .arch x64
            ; test al, al
            ; jne =>left
        );
        self.forget_kinds();
        let reset = |c: &mut Self| {
            if real_ip {
                dynasm!(c.ops ; .arch x64
                    ; mov rcx, [r13 + Entry::Nowhere.offset()]
                    ; mov [rbx], rcx
                );
            }
        };
        if !self.reachable {
            return;
        }
        let depth = self.decoded.depth.get(i.next).copied().unwrap_or(-1);
        if enters_frame(opcode) {
            let label = self.ops.new_dynamic_label();
            // A generator yields to one place and returns to another.
            let resumes = matches!(i.base, op::FOR_ITER | op::SEND);
            let back = (!resumes && depth >= 0).then(|| self.ops.new_dynamic_label());
            let init = opcode == op::CALL_ALLOC_AND_ENTER_INIT;
            self.cold.push(Cold::Entered { label, back, init });
            dynasm!(self.ops ; .arch x64
                ; cmp [rbx + regs::LOCALS as i32], r12
                ; jne =>label
            );
            reset(self);
            if let Some(back) = back {
                // The callee may have installed a tool.
                let exit = self.exit_behind(i);
                dynasm!(self.ops ; .arch x64 ; =>back);
                self.compare_version();
                dynasm!(self.ops ; .arch x64 ; jne =>exit);
            }
            if depth >= 0 {
                self.entry(i.next);
            }
        } else {
            reset(self);
        }
        let popped = row(i.base).map_or(0, |row| (row.popped)(i.oparg)) as usize;
        self.stack.truncate(self.stack.len() - popped);
        self.stack.resize(depth.max(0) as usize, Value::HOME);
    }

    /// Compares the thread's requests, and the version of its instrumentation, with what this code runs under; the flags
    /// say whether they are equal.
    pub fn compare_version(&mut self) {
        match i32::try_from(self.version) {
            Ok(version) => {
                dynasm!(self.ops ; .arch x64 ; cmp QWORD [r14 + thread::BREAKER], version)
            }
            Err(_) => dynasm!(self.ops ; .arch x64
                ; mov rax, QWORD self.version as i64
                ; cmp [r14 + thread::BREAKER], rax
            ),
        }
    }
}

/// Whether the interpreter counts executions of a generic instruction, to choose a form of it.
fn is_counted(base: u8) -> bool {
    matches!(
        base,
        op::BINARY_OP
            | op::CALL
            | op::COMPARE_OP
            | op::CONTAINS_OP
            | op::FOR_ITER
            | op::LOAD_ATTR
            | op::LOAD_GLOBAL
            | op::LOAD_SUPER_ATTR
            | op::SEND
            | op::STORE_ATTR
            | op::STORE_SUBSCR
            | op::TO_BOOL
            | op::UNPACK_SEQUENCE
    )
}

/// Whether a handler looks at, or keeps, the place behind its instruction, or has a cache there.
fn wants_ip(opcode: u8) -> bool {
    matches!(
        opcode,
        op::LOAD_ATTR_WITH_HINT
            | op::LOAD_ATTR_MODULE
            | op::LOAD_ATTR_CLASS
            | op::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
            | op::LOAD_ATTR_PROPERTY
            | op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT
            | op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
            | op::LOAD_ATTR_METHOD_LAZY_DICT
            | op::STORE_ATTR_WITH_HINT
            | op::BINARY_OP_SUBSCR_GETITEM
            | op::BINARY_OP_INPLACE_ADD_UNICODE
            | op::TO_BOOL_ALWAYS_TRUE
            | op::CALL_LEN
            | op::CALL_ISINSTANCE
            | op::CALL_LIST_APPEND
            | op::CALL_ALLOC_AND_ENTER_INIT
            | op::RETURN_GENERATOR
            | op::YIELD_VALUE
            | op::RERAISE
            | op::CLEANUP_THROW
            | op::END_ASYNC_FOR
            | op::RAISE_VARARGS
    )
}

/// Whether control goes on in the caller's frame.
fn leaves_frame(base: u8) -> bool {
    matches!(
        base,
        op::RETURN_VALUE | op::RETURN_GENERATOR | op::YIELD_VALUE
    )
}

/// Whether a handler may push the frame of a Python function, or enter a generator's.
fn enters_frame(opcode: u8) -> bool {
    matches!(
        opcode,
        op::CALL
            | op::CALL_KW
            | op::CALL_FUNCTION_EX
            | op::CALL_PY_EXACT_ARGS
            | op::CALL_BOUND_METHOD_EXACT_ARGS
            | op::CALL_ALLOC_AND_ENTER_INIT
            | op::FOR_ITER_GEN
            | op::SEND
            | op::SEND_GEN
            | op::LOAD_ATTR_PROPERTY
            | op::BINARY_OP_SUBSCR_GETITEM
    )
}
