//! Where the words of the evaluation stack are, and the emission that moves them.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use layout::_Py_IMMORTAL_INITIAL_REFCNT;

use crate::compiler::{Cold, Compiler};
use crate::runtime::Entry;

/// What is known of a value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Unknown,
    Int,
    Float,
}

/// Where a word of the stack is. Registers are the machine's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// In its place in the frame. The hint is as an object's, or 1 for what is known to be nothing, or [`PROBABLY_SELF`].
    Home { hint: u64 },
    /// Still in the local; `borrow` says that no reference of its own is made for it.
    Local { index: usize, borrow: bool },
    /// A word known now: an immortal object or a constant of the code, tagged, or nothing.
    Word(u64),
    /// An object. One that is not owned is kept alive by what it was loaded from, until anything changes.
    Object {
        reg: u8,
        owned: bool,
        kind: Kind,
        /// The object that stood there when the code was compiled, 0 if unknown.
        hint: u64,
    },
    /// The object at an address, which what it was loaded from keeps alive until anything changes.
    Known(u64),
    /// A word that was at home, tag and all.
    Moved(u8),
    /// An int that fits 64 bits.
    Int(u8),
    /// A float.
    Float(u8),
}

/// The hint of a `self` in its place in the frame, which may turn out to be nothing.
pub const PROBABLY_SELF: u64 = 2;

impl Value {
    /// In the frame, and nothing else is known.
    pub const HOME: Value = Value::Home { hint: 0 };
}

/// The registers that hold no value.
#[derive(Clone, Copy)]
pub struct Registers {
    general: u16,
    float: u16,
}

impl Default for Registers {
    fn default() -> Self {
        Registers {
            // rbp, rsi, rdi, r8 to r11
            general: 1 << 5 | 1 << 6 | 1 << 7 | 0xf << 8,
            float: 0xfffc,
        }
    }
}

impl Registers {
    pub fn count(self) -> u32 {
        self.general.count_ones()
    }

    pub fn count_floats(self) -> u32 {
        self.float.count_ones()
    }

    pub fn take(&mut self) -> u8 {
        let reg = self.general.trailing_zeros() as u8;
        assert!(reg < 16, "out of registers");
        self.general &= !(1 << reg);
        reg
    }

    pub fn take_float(&mut self) -> u8 {
        let reg = self.float.trailing_zeros() as u8;
        assert!(reg < 16, "out of registers");
        self.float &= !(1 << reg);
        reg
    }

    pub fn give(&mut self, reg: u8) {
        self.general |= 1 << reg;
    }

    pub fn give_float(&mut self, reg: u8) {
        self.float |= 1 << reg;
    }

    /// Takes the register of a value.
    pub fn keep(&mut self, value: Value) {
        match value {
            Value::Object { reg, .. } | Value::Moved(reg) | Value::Int(reg) => {
                self.general &= !(1 << reg);
            }
            Value::Float(reg) => self.float &= !(1 << reg),
            Value::Home { .. } | Value::Local { .. } | Value::Word(_) | Value::Known(_) => {}
        }
    }

    /// The registers of a value that is gone.
    pub fn release(&mut self, value: Value) {
        match value {
            Value::Object { reg, .. } | Value::Moved(reg) | Value::Int(reg) => self.give(reg),
            Value::Float(reg) => self.give_float(reg),
            Value::Home { .. } | Value::Local { .. } | Value::Word(_) | Value::Known(_) => {}
        }
    }
}

pub const RAX: u8 = 0;
pub const RCX: u8 = 1;

impl Compiler<'_> {
    /// Adds a reference to an object.
    pub fn incref(&mut self, reg: u8) {
        if self.counts {
            dynasm!(self.ops ; .arch x64
                ; cmp DWORD [Rq(reg)], _Py_IMMORTAL_INITIAL_REFCNT as i32
                ; jae >immortal
                ; inc DWORD [Rq(reg)]
                ; immortal:
            );
        }
    }

    /// Gives up a reference to the object in rax. Nothing that is not owned may be on the stack, unless the object is a
    /// number.
    pub fn decref_rax(&mut self, number: bool) {
        if !self.counts {
            return;
        }
        let label = self.ops.new_dynamic_label();
        let back = self.ops.new_dynamic_label();
        let unit = self.decoded.instructions[self.number].at;
        let floats = self.free.count_floats() != Registers::default().count_floats();
        self.cold.push(Cold::Dealloc {
            label,
            back,
            unit,
            number,
            floats,
        });
        dynasm!(self.ops ; .arch x64
            ; cmp DWORD [rax], 0
            ; jl =>back
            ; dec DWORD [rax]
            ; jz =>label
            ; =>back
        );
    }

    /// Drops the word in rax.
    pub fn close_rax(&mut self, number: bool) {
        if self.counts {
            dynasm!(self.ops ; .arch x64
                ; test al, 1
                ; jnz >borrowed
            );
            self.decref_rax(number);
            dynasm!(self.ops ; .arch x64 ; borrowed:);
        }
    }

    /// Loads a constant.
    pub fn load_word(&mut self, reg: u8, word: u64) {
        if word == 0 {
            dynasm!(self.ops ; .arch x64 ; xor Rd(reg), Rd(reg));
        } else if let Ok(small) = u32::try_from(word) {
            dynasm!(self.ops ; .arch x64 ; mov Rd(reg), small as i32);
        } else {
            dynasm!(self.ops ; .arch x64 ; mov Rq(reg), QWORD word as i64);
        }
    }

    /// The word of an object that something else keeps alive.
    pub fn borrowed_word(&self, address: usize) -> u64 {
        address as u64 | u64::from(self.counts)
    }

    // ---- The stack as a whole ----

    pub fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// Makes rbp, which calls keep, free of values, and takes it.
    pub fn vacate_rbp(&mut self) -> u8 {
        const RBP: u8 = 5;
        let uses = |v: &Value| {
            matches!(
                v,
                Value::Object { reg: RBP, .. } | Value::Moved(RBP) | Value::Int(RBP)
            )
        };
        if let Some(index) = self.stack.iter().position(uses) {
            self.send_home(index);
        }
        self.free.keep(Value::Int(RBP));
        RBP
    }

    /// Puts every value in its place.
    pub fn flush(&mut self) {
        for index in 0..self.stack.len() {
            self.send_home(index);
        }
    }

    /// Puts a value in its place.
    pub fn send_home(&mut self, index: usize) {
        let home = self.home(index);
        match self.stack[index] {
            Value::Home { .. } => return,
            Value::Word(word) if i32::try_from(word).is_ok() => {
                dynasm!(self.ops ; .arch x64 ; mov QWORD [r12 + home], word as i32);
            }
            Value::Moved(reg) => dynasm!(self.ops ; .arch x64 ; mov [r12 + home], Rq(reg)),
            Value::Object { reg, owned, .. } => {
                if !owned {
                    self.incref(reg);
                }
                dynasm!(self.ops ; .arch x64 ; mov [r12 + home], Rq(reg));
            }
            _ => {
                self.owned_rax(index);
                dynasm!(self.ops ; .arch x64 ; mov [r12 + home], rax);
            }
        }
        let hint = match self.stack[index] {
            Value::Object { hint, .. } => hint,
            Value::Known(address) => address,
            // Not an object whose reference the place owns.
            Value::Word(1) => 1,
            _ => 0,
        };
        self.free.release(self.stack[index]);
        self.stack[index] = Value::Home { hint };
    }

    /// The word of a value in rax, owning its reference or needing none: what the model held is to be forgotten.
    pub fn owned_rax(&mut self, index: usize) {
        match self.stack[index] {
            Value::Home { .. } => dynasm!(self.ops ; .arch x64 ; mov rax, [r12 + self.home(index)]),
            Value::Local { index, borrow } => {
                dynasm!(self.ops ; .arch x64 ; mov rax, [r12 + (index * 8) as i32]);
                self.copy_rax(borrow);
            }
            Value::Word(word) => self.load_word(RAX, word),
            Value::Known(address) => {
                self.load_word(RAX, address);
                self.incref(RAX);
            }
            Value::Object { reg, owned, .. } => {
                if !owned {
                    self.incref(reg);
                }
                dynasm!(self.ops ; .arch x64 ; mov rax, Rq(reg));
            }
            Value::Moved(reg) => dynasm!(self.ops ; .arch x64 ; mov rax, Rq(reg)),
            value @ (Value::Int(_) | Value::Float(_)) => self.box_rax(value),
        }
    }

    /// Makes the word of a local, in rax, one for the stack.
    pub fn copy_rax(&mut self, borrow: bool) {
        if !self.counts {
            return;
        }
        if borrow {
            dynasm!(self.ops ; .arch x64 ; or rax, 1);
        } else {
            dynasm!(self.ops ; .arch x64
                ; test al, 1
                ; jnz >borrowed
            );
            self.incref(RAX);
            dynasm!(self.ops ; .arch x64 ; borrowed:);
        }
    }

    /// Makes the object of an unboxed number, in rax.
    pub fn box_rax(&mut self, value: Value) {
        match value {
            Value::Int(reg) => dynasm!(self.ops ; .arch x64
                ; mov rax, Rq(reg)
                ; call QWORD [r13 + Entry::BoxInt.offset()]
            ),
            Value::Float(reg) => dynasm!(self.ops ; .arch x64
                ; movaps xmm0, Rx(reg)
                ; call QWORD [r13 + Entry::BoxFloat.offset()]
            ),
            _ => unreachable!("not a number"),
        }
    }

    /// Makes every object on the stack owned: something may change now.
    pub fn secure(&mut self) {
        for index in 0..self.stack.len() {
            match self.stack[index] {
                Value::Object {
                    reg,
                    owned: false,
                    kind,
                    hint,
                } => {
                    self.incref(reg);
                    self.stack[index] = Value::Object {
                        reg,
                        owned: true,
                        kind,
                        hint,
                    };
                }
                Value::Known(_) => self.send_home(index),
                _ => {}
            }
        }
    }

    /// Takes copies of a local that is about to change.
    pub fn detach_local(&mut self, local: usize) {
        for index in 0..self.stack.len() {
            if matches!(self.stack[index], Value::Local { index, .. } if index == local) {
                self.send_home(index);
            }
        }
    }

    // ---- Single values ----

    /// Pushes an object of unknown type that `reg` holds.
    pub fn push_object(&mut self, reg: u8, owned: bool, hint: u64) {
        self.push(Value::Object {
            reg,
            owned,
            kind: Kind::Unknown,
            hint,
        });
    }

    /// Makes sure that the topmost `count` values have addresses.
    pub fn boxed(&mut self, count: usize) {
        for index in self.stack.len() - count..self.stack.len() {
            if matches!(self.stack[index], Value::Int(_) | Value::Float(_)) {
                self.send_home(index);
            }
        }
    }

    /// The topmost value, taken off the model.
    pub fn pop(&mut self) -> Value {
        self.stack.pop().expect("the stack is as deep as decoded")
    }

    /// The address of the object `depth` below the top, in `reg`; not of an unboxed number.
    pub fn pointer(&mut self, depth: usize, reg: u8) {
        let index = self.stack.len() - depth;
        match self.stack[index] {
            Value::Home { .. } => {
                dynasm!(self.ops ; .arch x64 ; mov Rq(reg), [r12 + self.home(index)])
            }
            Value::Local { index, .. } => {
                dynasm!(self.ops ; .arch x64 ; mov Rq(reg), [r12 + (index * 8) as i32]);
            }
            Value::Word(word) => {
                let address = if self.counts { word & !1 } else { word };
                self.load_word(reg, address);
                return;
            }
            Value::Known(address) => {
                self.load_word(reg, address);
                return;
            }
            Value::Object { reg: from, .. } => {
                dynasm!(self.ops ; .arch x64 ; mov Rq(reg), Rq(from));
                return;
            }
            Value::Moved(from) => dynasm!(self.ops ; .arch x64 ; mov Rq(reg), Rq(from)),
            Value::Int(_) | Value::Float(_) => unreachable!("an unboxed number has no address"),
        }
        if self.counts {
            dynasm!(self.ops ; .arch x64 ; and Rq(reg), -2);
        }
    }

    /// Pops the top into rax as a word that owns its reference or needs none.
    pub fn pop_owned_rax(&mut self) {
        self.owned_rax(self.stack.len() - 1);
        let value = self.pop();
        self.free.release(value);
    }

    /// Pops the top and drops it.
    pub fn drop_top(&mut self) {
        let index = self.stack.len() - 1;
        let value = self.pop();
        self.drop_value(value, index);
    }

    /// Drops a value that has left the stack, where it stood at `index`.
    pub fn drop_value(&mut self, value: Value, index: usize) {
        self.free.release(value);
        if !self.counts || !Self::holds_reference(value) {
            return;
        }
        let number = matches!(value, Value::Object { kind, .. } if kind != Kind::Unknown);
        if !number {
            // Its death may run any code. The register is still the value's.
            self.free.keep(value);
            self.secure();
            self.forget_kinds();
            self.free.release(value);
        }
        match value {
            Value::Home { .. } => {
                dynasm!(self.ops ; .arch x64 ; mov rax, [r12 + self.home(index)]);
                self.close_rax(false);
            }
            Value::Moved(reg) => {
                dynasm!(self.ops ; .arch x64 ; mov rax, Rq(reg));
                self.close_rax(false);
            }
            Value::Object { reg, .. } => {
                dynasm!(self.ops ; .arch x64 ; mov rax, Rq(reg));
                self.decref_rax(number);
            }
            _ => {}
        }
    }

    /// Whether dropping the value gives up a reference.
    pub fn holds_reference(value: Value) -> bool {
        matches!(
            value,
            Value::Home { .. } | Value::Moved(_) | Value::Object { owned: true, .. }
        )
    }

    /// Drops an operand that has proved to be a number, and stood at `index`.
    pub fn drop_number(&mut self, value: Value, index: usize) {
        if !self.counts {
            return;
        }
        match value {
            Value::Home { .. } => {
                dynasm!(self.ops ; .arch x64 ; mov rax, [r12 + self.home(index)]);
                self.close_rax(true);
            }
            Value::Object {
                reg, owned: true, ..
            } => {
                dynasm!(self.ops ; .arch x64 ; mov rax, Rq(reg));
                self.decref_rax(true);
            }
            Value::Moved(reg) => {
                dynasm!(self.ops ; .arch x64 ; mov rax, Rq(reg));
                self.close_rax(true);
            }
            _ => {}
        }
    }
}
