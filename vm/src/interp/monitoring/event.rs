//! The events, by CPython's numbers, and which instructions they belong to.

use crate::opcodes::op;

pub const PY_START: usize = 0;
pub const PY_RESUME: usize = 1;
pub const PY_RETURN: usize = 2;
pub const PY_YIELD: usize = 3;
pub const CALL: usize = 4;
pub const LINE: usize = 5;
pub const INSTRUCTION: usize = 6;
pub const JUMP: usize = 7;
pub const BRANCH_LEFT: usize = 8;
pub const BRANCH_RIGHT: usize = 9;
pub const STOP_ITERATION: usize = 10;
/// How many events belong to locations in code, and can be disabled there.
pub const LOCAL: usize = 11;
pub const RAISE: usize = 11;
pub const EXCEPTION_HANDLED: usize = 12;
pub const PY_UNWIND: usize = 13;
pub const PY_THROW: usize = 14;
pub const RERAISE: usize = 15;
/// How many events a tool can ask for.
pub const UNGROUPED: usize = 16;
/// Come with `CALL`.
pub const C_RETURN: usize = 16;
pub const C_RAISE: usize = 17;
/// Stands for both branches.
pub const BRANCH: usize = 18;
pub const COUNT: usize = 19;

pub static NAMES: [&str; COUNT] = [
    "PY_START",
    "PY_RESUME",
    "PY_RETURN",
    "PY_YIELD",
    "CALL",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "STOP_ITERATION",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
    "PY_THROW",
    "RERAISE",
    "C_RETURN",
    "C_RAISE",
    "BRANCH",
];

/// The event of an instruction, by its generic opcode and argument.
pub fn of_instruction(opcode: u8, oparg: u32) -> Option<usize> {
    Some(match opcode {
        op::RESUME if oparg & 3 == 0 => PY_START,
        op::RESUME => PY_RESUME,
        op::RETURN_VALUE => PY_RETURN,
        op::YIELD_VALUE => PY_YIELD,
        op::CALL | op::CALL_KW | op::CALL_FUNCTION_EX | op::LOAD_SUPER_ATTR => CALL,
        op::JUMP_FORWARD | op::JUMP_BACKWARD => JUMP,
        op::POP_JUMP_IF_FALSE
        | op::POP_JUMP_IF_TRUE
        | op::POP_JUMP_IF_NONE
        | op::POP_JUMP_IF_NOT_NONE => BRANCH_RIGHT,
        op::POP_ITER | op::END_ASYNC_FOR => BRANCH_RIGHT,
        op::NOT_TAKEN | op::FOR_ITER => BRANCH_LEFT,
        op::END_FOR | op::END_SEND => STOP_ITERATION,
        _ => return None,
    })
}
