//! Arithmetic on small ints and floats, unboxed.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use vm::code::caches;
use vm::interp::extend::operator;
use vm::opcodes::{CACHES, op};

use super::load_store::{constant_float, constant_int};
use crate::compiler::Compiler;
use crate::decode::Instruction;
use crate::runtime::Entry;
use crate::value::{Kind, RAX, Value};

pub fn emit(c: &mut Compiler, i: &Instruction) -> bool {
    if i.base == op::UNARY_NEGATIVE {
        return negative(c);
    }
    if i.base != op::BINARY_OP || c.has_missed(i) {
        return false;
    }
    let which = i.oparg % operator::INPLACE;
    match i.opcode {
        op::BINARY_OP_ADD_INT | op::BINARY_OP_SUBTRACT_INT | op::BINARY_OP_MULTIPLY_INT => {
            ints(c, which)
        }
        op::BINARY_OP_ADD_FLOAT | op::BINARY_OP_SUBTRACT_FLOAT | op::BINARY_OP_MULTIPLY_FLOAT => {
            floats(c, which)
        }
        op::BINARY_OP_INPLACE_ADD_UNICODE => append_text(c, i),
        op::BINARY_OP_EXTEND => match c.cache(i).map(|cache| cache.index.get()) {
            Some(0) => ints(c, which),
            Some(_) => floats(c, which),
            None => false,
        },
        _ => false,
    }
}

/// With the assignment that follows, so that the text grows in place.
fn append_text(c: &mut Compiler, i: &Instruction) -> bool {
    let assigned = c
        .following(1)
        .is_some_and(|next| next.base == op::STORE_FAST);
    if !assigned || i.start != i.at {
        return false;
    }
    c.call_handler(i, i.opcode);
    c.pop();
    c.skip = 1;
    true
}

impl Compiler<'_> {
    /// What the interpreter has learned at an instruction.
    pub fn cache(&self, i: &Instruction) -> Option<&caches::InlineCache> {
        if CACHES[i.base as usize] == 0 || caches::table(self.code).is_none() {
            return None;
        }
        // SAFETY: the first cache unit of an instruction of warm code is 0 or an entry's number.
        unsafe {
            let number = *vm::code::instructions(self.code).add(i.at + 1);
            (number != 0).then(|| caches::entry(self.code, number))
        }
    }

    /// The value at `index` as a machine integer. If the value is not one already, the register is a new one.
    pub fn as_int(&mut self, index: usize, exit: DynamicLabel) -> u8 {
        let value = self.stack[index];
        if let Value::Int(reg) = value {
            return reg;
        }
        let reg = self.free.take();
        if let Some(n) = constant_int(self, value) {
            self.load_word(reg, n as u64);
            return reg;
        }
        if matches!(value, Value::Float(_)) {
            dynasm!(self.ops ; .arch x64 ; jmp =>exit);
            return reg;
        }
        let depth = self.stack.len() - index;
        self.pointer(depth, RAX);
        if self.kind_of(value) != Kind::Int {
            dynasm!(self.ops ; .arch x64
                ; mov rcx, [rax + 8]
                ; cmp rcx, [r13 + Entry::IntType.offset()]
                ; jne =>exit
            );
            self.learn(value, Kind::Int);
        }
        dynasm!(self.ops ; .arch x64
            ; mov rcx, [rax + 16]
            ; cmp rcx, 16
            ; jae =>exit
            ; mov Rd(reg), [rax + 24]
            ; test cl, 2
            ; jz >positive
            ; neg Rq(reg)
            ; positive:
        );
        reg
    }

    /// The value at `index` as a float; of an int too.
    pub fn as_float(&mut self, index: usize, int: bool, exit: DynamicLabel) -> u8 {
        let value = self.stack[index];
        if let Value::Float(x) = value {
            return x;
        }
        let x = self.free.take_float();
        let constant = constant_float(self, value);
        let constant = constant.or_else(|| constant_int(self, value).map(|n| n as f64));
        if let Some(number) = constant {
            self.load_word(RAX, number.to_bits());
            dynasm!(self.ops ; .arch x64 ; movq Rx(x), rax);
            return x;
        }
        if int || matches!(value, Value::Int(_)) {
            let reg = self.as_int(index, exit);
            dynasm!(self.ops ; .arch x64
                ; xorps Rx(x), Rx(x)
                ; cvtsi2sd Rx(x), Rq(reg)
            );
            if value != Value::Int(reg) {
                self.free.give(reg);
            }
            return x;
        }
        let depth = self.stack.len() - index;
        self.pointer(depth, RAX);
        if self.kind_of(value) != Kind::Float {
            dynasm!(self.ops ; .arch x64
                ; mov rcx, [rax + 8]
                ; cmp rcx, [r13 + Entry::FloatType.offset()]
                ; jne =>exit
            );
            self.learn(value, Kind::Float);
        }
        dynasm!(self.ops ; .arch x64 ; movsd Rx(x), [rax + 16]);
        x
    }

    fn kind_of(&self, value: Value) -> Kind {
        match value {
            Value::Local { index, .. } => self.kinds[index],
            Value::Object { kind, .. } => kind,
            _ => Kind::Unknown,
        }
    }

    fn learn(&mut self, value: Value, kind: Kind) {
        if let Value::Local { index, .. } = value {
            self.kinds[index] = kind;
        }
    }

    /// Takes the two operands off the stack and drops them; `left` and `right` are the registers of their values, which
    /// stay taken.
    pub fn drop_operands(&mut self, left: u8, right: u8, float: bool) -> Operands {
        let index = self.stack.len() - 2;
        let (second, first) = (self.pop(), self.pop());
        self.drop_number(second, index + 1);
        self.drop_number(first, index);
        for value in [first, second] {
            // An object's register is not its value's.
            if matches!(value, Value::Object { .. } | Value::Moved(_)) {
                self.free.release(value);
            }
        }
        let mixed = |value: Value| matches!(value, Value::Int(_)) && float;
        for value in [first, second] {
            if mixed(value) {
                self.free.release(value);
            }
        }
        Operands { left, right, float }
    }

    pub fn release_operands(&mut self, operands: &Operands) {
        if operands.float {
            self.free.give_float(operands.left);
            self.free.give_float(operands.right);
        } else {
            self.free.give(operands.left);
            self.free.give(operands.right);
        }
    }
}

/// Two machine values that have left the model.
pub struct Operands {
    pub left: u8,
    pub right: u8,
    float: bool,
}

fn ints(c: &mut Compiler, which: u32) -> bool {
    let (first, second) = (c.stack.len() - 2, c.stack.len() - 1);
    let known = |v: Value| matches!(v, Value::Float(_));
    if known(c.stack[first]) || known(c.stack[second]) {
        return false;
    }
    let constant = constant_int(c, c.stack[second]).and_then(|n| i32::try_from(n).ok());
    let shift = matches!(which, operator::LSHIFT | operator::RSHIFT);
    if shift && !constant.is_some_and(|n| (0..31).contains(&n)) {
        return false;
    }
    let supported = matches!(
        which,
        operator::ADD
            | operator::SUBTRACT
            | operator::MULTIPLY
            | operator::AND
            | operator::OR
            | operator::XOR
            | operator::FLOOR_DIVIDE
            | operator::REMAINDER
    );
    if !shift && !supported {
        return false;
    }
    let exit = c.exit();
    let left = c.as_int(first, exit);
    let right = c.as_int(second, exit);
    let result = c.free.take();
    operate(c, which, result, left, right, constant, exit);
    let operands = c.drop_operands(left, right, false);
    c.release_operands(&operands);
    c.push(Value::Int(result));
    true
}

fn operate(
    c: &mut Compiler,
    which: u32,
    result: u8,
    left: u8,
    right: u8,
    constant: Option<i32>,
    exit: DynamicLabel,
) {
    match which {
        operator::FLOOR_DIVIDE | operator::REMAINDER => {
            return divide(c, which, result, left, right, constant, exit);
        }
        _ => dynasm!(c.ops ; .arch x64 ; mov Rq(result), Rq(left)),
    }
    match (which, constant) {
        (operator::ADD, _) => dynasm!(c.ops ; .arch x64 ; add Rq(result), Rq(right) ; jo =>exit),
        (operator::SUBTRACT, _) => {
            dynasm!(c.ops ; .arch x64 ; sub Rq(result), Rq(right) ; jo =>exit)
        }
        (operator::MULTIPLY, _) => {
            dynasm!(c.ops ; .arch x64 ; imul Rq(result), Rq(right) ; jo =>exit)
        }
        (operator::AND, _) => dynasm!(c.ops ; .arch x64 ; and Rq(result), Rq(right)),
        (operator::OR, _) => dynasm!(c.ops ; .arch x64 ; or Rq(result), Rq(right)),
        (operator::XOR, _) => dynasm!(c.ops ; .arch x64 ; xor Rq(result), Rq(right)),
        (operator::RSHIFT, Some(n)) => {
            dynasm!(c.ops ; .arch x64 ; sar Rq(result), n as i8)
        }
        (operator::LSHIFT, Some(n)) => dynasm!(c.ops ; .arch x64
            ; shl Rq(result), n as i8
            ; mov rax, Rq(result)
            ; sar rax, n as i8
            ; cmp rax, Rq(left)
            ; jne =>exit
        ),
        _ => unreachable!("checked before"),
    }
}

/// Towards minus infinity, as Python has it.
fn divide(
    c: &mut Compiler,
    which: u32,
    result: u8,
    left: u8,
    right: u8,
    constant: Option<i32>,
    exit: DynamicLabel,
) {
    if let Some(n) = constant.filter(|n| *n > 0 && n.count_ones() == 1) {
        dynasm!(c.ops ; .arch x64 ; mov Rq(result), Rq(left));
        if which == operator::REMAINDER {
            dynasm!(c.ops ; .arch x64 ; and Rq(result), n - 1);
        } else {
            dynasm!(c.ops ; .arch x64 ; sar Rq(result), n.trailing_zeros() as i8);
        }
        return;
    }
    if constant.is_none_or(|n| n == 0 || n == -1) {
        // Neither 0 nor -1, whose quotient may overflow.
        dynasm!(c.ops ; .arch x64
            ; lea rcx, [Rq(right) + 1]
            ; cmp rcx, 1
            ; jbe =>exit
        );
    }
    dynasm!(c.ops ; .arch x64
        ; mov rax, Rq(left)
        ; cqo
        ; idiv Rq(right)
        ; test rdx, rdx
        ; jz >exact
        ; mov rcx, rdx
        ; xor rcx, Rq(right)
        ; jns >exact
        ; dec rax
        ; add rdx, Rq(right)
        ; exact:
    );
    if which == operator::REMAINDER {
        dynasm!(c.ops ; .arch x64 ; mov Rq(result), rdx);
    } else {
        dynasm!(c.ops ; .arch x64 ; mov Rq(result), rax);
    }
}

fn floats(c: &mut Compiler, which: u32) -> bool {
    let (first, second) = (c.stack.len() - 2, c.stack.len() - 1);
    if !matches!(
        which,
        operator::ADD | operator::SUBTRACT | operator::MULTIPLY | operator::TRUE_DIVIDE
    ) {
        return false;
    }
    let number = c.decoded.instructions[c.number];
    let kinds = if number.opcode == op::BINARY_OP_EXTEND {
        c.cache(&number).map_or(1, |cache| cache.index.get())
    } else {
        1
    };
    let is_int =
        |v: Value, c: &Compiler| matches!(v, Value::Int(_)) || constant_int(c, v).is_some();
    if is_int(c.stack[first], c) && is_int(c.stack[second], c) {
        return false;
    }
    let exit = c.exit();
    let left = c.as_float(first, kinds == 3, exit);
    let right = c.as_float(second, kinds == 2, exit);
    if which == operator::TRUE_DIVIDE {
        dynasm!(c.ops ; .arch x64
            ; xorps xmm0, xmm0
            ; ucomisd xmm0, Rx(right)
            ; je =>exit
        );
    }
    let result = c.free.take_float();
    dynasm!(c.ops ; .arch x64 ; movaps Rx(result), Rx(left));
    match which {
        operator::ADD => dynasm!(c.ops ; .arch x64 ; addsd Rx(result), Rx(right)),
        operator::SUBTRACT => dynasm!(c.ops ; .arch x64 ; subsd Rx(result), Rx(right)),
        operator::MULTIPLY => dynasm!(c.ops ; .arch x64 ; mulsd Rx(result), Rx(right)),
        _ => dynasm!(c.ops ; .arch x64 ; divsd Rx(result), Rx(right)),
    }
    let operands = c.drop_operands(left, right, true);
    c.release_operands(&operands);
    c.push(Value::Float(result));
    true
}

/// Of what is known to be a float.
fn negative(c: &mut Compiler) -> bool {
    let index = c.stack.len() - 1;
    let value = c.stack[index];
    if c.kind_of(value) != Kind::Float && !matches!(value, Value::Float(_)) {
        return false;
    }
    let exit = c.exit();
    let from = c.as_float(index, false, exit);
    let result = c.free.take_float();
    dynasm!(c.ops ; .arch x64
        ; mov rax, QWORD i64::MIN
        ; movq Rx(result), rax
        ; xorps Rx(result), Rx(from)
    );
    let value = c.pop();
    c.drop_number(value, index);
    if matches!(value, Value::Object { .. } | Value::Moved(_)) {
        c.free.release(value);
    }
    c.free.give_float(from);
    c.push(Value::Float(result));
    true
}
