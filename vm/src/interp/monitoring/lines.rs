//! Where lines start: the instructions that tell tools of a new line.

use layout::*;

use crate::code::{self, base_at, exceptions, units};
use crate::object::*;
use crate::opcodes::{CACHES, op};
use crate::types::bytes::BytesExt as _;

/// An instruction, with the argument that its prefixes make up.
struct Instruction {
    at: usize,
    opcode: u8,
    oparg: usize,
    next: usize,
}

fn instructions(code: &PyCodeObject) -> Vec<Instruction> {
    let mut found = Vec::new();
    let (mut at, mut oparg) = (0, 0);
    while at < units(code) {
        let opcode = base_at(code, at);
        // SAFETY: `at` is inside the code.
        let unit = unsafe { *code::instructions(code).add(at) };
        oparg = oparg << 8 | usize::from(unit >> 8);
        let next = at + 1 + usize::from(CACHES[opcode as usize]);
        found.push(Instruction {
            at,
            opcode,
            oparg,
            next,
        });
        if opcode != op::EXTENDED_ARG {
            oparg = 0;
        }
        at = next;
    }
    found
}

/// The line of each unit; -1 if it has none.
pub fn by_unit(code: &PyCodeObject) -> Vec<i32> {
    let mut lines = vec![-1; units(code)];
    for location in code::locations(code) {
        let range = location.start as usize / 2..(location.end as usize / 2).min(lines.len());
        lines
            .get_mut(range)
            .into_iter()
            .flatten()
            .for_each(|line| *line = location.line);
    }
    lines
}

/// For each unit, whether an instruction there begins a line.
pub fn starts(code: &PyCodeObject) -> Vec<bool> {
    let lines = by_unit(code);
    let mut starts = vec![false; lines.len()];
    let first = code._co_firsttraceable.get().max(0) as usize;
    let all = instructions(code);
    let traceable = || all.iter().filter(move |i| i.at >= first);
    let mut current = -1;
    for i in traceable() {
        match i.opcode {
            op::END_ASYNC_FOR | op::END_FOR | op::END_SEND | op::RESUME | op::POP_ITER => {}
            _ => {
                starts[i.at] = lines[i.at] >= 0 && lines[i.at] != current;
                current = lines[i.at];
            }
        }
    }
    for i in traceable() {
        let target = match i.opcode {
            op::JUMP_FORWARD
            | op::POP_JUMP_IF_FALSE
            | op::POP_JUMP_IF_TRUE
            | op::POP_JUMP_IF_NONE
            | op::POP_JUMP_IF_NOT_NONE => i.next + i.oparg,
            // Past the instruction that cleans up.
            op::FOR_ITER | op::SEND => i.next + i.oparg + 1,
            op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_INTERRUPT | op::END_ASYNC_FOR => {
                i.next.saturating_sub(i.oparg)
            }
            _ => continue,
        };
        let Some(&line) = lines.get(target) else {
            continue;
        };
        if line >= 0 && line != lines[i.at] && base_at(code, target) != op::END_ASYNC_FOR {
            starts[target] = true;
        }
    }
    if let Some(table) = code
        .co_exceptiontable
        .borrow_obj()
        .and_then(|t| t.downcast::<PyBytesObject>())
    {
        for (_, exceptions::Handler { target, .. }) in exceptions::entries(table.as_slice()) {
            if lines.get(target).is_some_and(|&line| line >= 0)
                && base_at(code, target) != op::END_ASYNC_FOR
            {
                starts[target] = true;
            }
        }
    }
    starts
}
