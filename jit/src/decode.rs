//! Bytecode as the compiler reads it: instructions with their whole arguments, the depth of the stack before each, and the
//! places that control reaches from elsewhere.

use layout::{PyBytesObject, PyCodeObject};
use vm::code::{self, exceptions};
use vm::object::{Obj, ObjExt};
use vm::opcodes::{BASE, CACHES, OPCODES, Opcode, op};
use vm::types::bytes::BytesExt;

/// An instruction.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    /// The unit it begins at, with its prefixes.
    pub start: usize,
    /// The unit of the opcode.
    pub at: usize,
    /// The unit behind it and its caches.
    pub next: usize,
    /// As the interpreter has specialised it.
    pub opcode: u8,
    /// The generic form.
    pub base: u8,
    pub oparg: u32,
}

impl Instruction {
    /// Where a jump goes.
    pub fn target(&self) -> Option<usize> {
        let oparg = self.oparg as usize;
        Some(match self.base {
            op::JUMP_FORWARD
            | op::POP_JUMP_IF_FALSE
            | op::POP_JUMP_IF_TRUE
            | op::POP_JUMP_IF_NONE
            | op::POP_JUMP_IF_NOT_NONE
            | op::SEND => self.next + oparg,
            // Past the END_FOR.
            op::FOR_ITER => self.next + oparg + 1,
            op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_INTERRUPT => self.next - oparg,
            _ => return None,
        })
    }

    /// Whether control goes on behind it.
    pub fn falls_through(&self) -> bool {
        !matches!(
            self.base,
            op::JUMP_FORWARD
                | op::JUMP_BACKWARD
                | op::JUMP_BACKWARD_NO_INTERRUPT
                | op::RETURN_VALUE
                | op::RAISE_VARARGS
                | op::RERAISE
                | op::INTERPRETER_EXIT
        )
    }
}

/// The row of an opcode.
pub fn row(opcode: u8) -> Option<&'static Opcode> {
    const NONE: u16 = u16::MAX;
    static ROWS: [u16; 256] = {
        let mut rows = [NONE; 256];
        let mut at = 0;
        while at < OPCODES.len() {
            if OPCODES[at].number < 256 && rows[OPCODES[at].number as usize] == NONE {
                rows[OPCODES[at].number as usize] = at as u16;
            }
            at += 1;
        }
        rows
    };
    OPCODES.get(usize::from(ROWS[usize::from(opcode)]))
}

/// What is known of code before it is compiled.
pub struct Decoded {
    pub instructions: Vec<Instruction>,
    /// Before each unit that is an instruction's start; -1 where control never comes.
    pub depth: Vec<i32>,
    /// Units that are jumped to, from inside or from a handler's search.
    pub is_target: Vec<bool>,
}

/// Reads code; nothing if it is instrumented, or too big.
pub fn decode(code: &PyCodeObject) -> Option<Decoded> {
    // Longer code falls out of the machine's caches, which the interpreter's does not.
    const MOST: usize = 3000;
    let units = code::units(code);
    if units > MOST {
        return None;
    }
    let instructions = read(code, units)?;
    let mut index = vec![usize::MAX; units];
    for (number, i) in instructions.iter().enumerate() {
        index[i.start] = number;
    }
    let mut decoded = Decoded {
        instructions,
        depth: vec![-1; units],
        is_target: vec![false; units],
    };
    let mut work = vec![(0, 0)];
    let table = code.co_exceptiontable.get();
    // SAFETY: null, or an object that the code owns.
    let table = unsafe { table.cast::<Obj>().as_ref() }.and_then(|o| o.downcast::<PyBytesObject>());
    for (_, handler) in exceptions::entries(table.map_or(&[][..], |b| BytesExt::as_slice(b))) {
        let depth = handler.depth + usize::from(handler.push_lasti) + 1;
        *decoded.is_target.get_mut(handler.target)? = true;
        work.push((handler.target, depth as i32));
    }
    while let Some((mut at, mut depth)) = work.pop() {
        loop {
            if at >= units || index[at] == usize::MAX {
                return None;
            }
            if decoded.depth[at] >= 0 {
                if decoded.depth[at] != depth {
                    return None;
                }
                break;
            }
            decoded.depth[at] = depth;
            let i = decoded.instructions[index[at]];
            let (popped, pushed) = effect(&i)?;
            let after = depth - popped + pushed;
            if depth < popped {
                return None;
            }
            if let Some(target) = i.target() {
                // An exhausted iterator stays, and pushes nothing.
                let there = if i.base == op::FOR_ITER { depth } else { after };
                *decoded.is_target.get_mut(target)? = true;
                work.push((target, there));
                if i.base == op::FOR_ITER {
                    // A generator that is iterated over returns to the END_FOR.
                    decoded.is_target[target - 1] = true;
                    work.push((target - 1, depth + 1));
                }
            }
            if !i.falls_through() {
                break;
            }
            (at, depth) = (i.next, after);
        }
    }
    Some(decoded)
}

fn effect(i: &Instruction) -> Option<(i32, i32)> {
    let row = row(i.base)?;
    Some(((row.popped)(i.oparg) as i32, (row.pushed)(i.oparg) as i32))
}

fn read(code: &PyCodeObject, units: usize) -> Option<Vec<Instruction>> {
    let all = code::instructions(code);
    let mut found = Vec::new();
    let (mut at, mut start, mut oparg) = (0, 0, 0);
    while at < units {
        // SAFETY: `at` is inside the code.
        let unit = unsafe { *all.add(at) };
        let opcode = unit as u8;
        row(opcode)?;
        oparg = oparg << 8 | u32::from(unit >> 8);
        let base = BASE[opcode as usize];
        let next = at + 1 + usize::from(CACHES[base as usize]);
        if base != op::EXTENDED_ARG {
            found.push(Instruction {
                start,
                at,
                next,
                opcode,
                base,
                oparg,
            });
            (start, oparg) = (next, 0);
        }
        at = next;
    }
    Some(found)
}
