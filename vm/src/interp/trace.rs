//! Jumps that a trace function makes its frame do, by assigning `f_lineno`.
//!
//! A jump is possible where the stack of the target is a part of the present one: what each instruction finds on the
//! stack is worked out by kinds of values, from the start of the code along all its paths.

use layout::*;

use super::monitoring::{event, lines};
use crate::args;
use crate::code::{self, base_at, units};
use crate::err::{Result, raise};
use crate::frame::Frame;
use crate::object::*;
use crate::opcodes::{CACHES, op, stack_effect};
use crate::stackref::StackRef;
use crate::state;
use crate::types::bytes::BytesExt as _;
use crate::types::frameobject::{FrameObject, frame_of};
use crate::warn;

pub use super::monitoring::legacy::opcodes_wanted;

/// What a value on the stack is for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Iterator,
    Except,
    Object,
    Null,
    Lasti,
}

type Stack = Vec<Kind>;

/// Assigning `frame.f_lineno`.
pub fn set_line(f: &FrameObject, line: &Obj) -> Result<()> {
    if !line.is::<PyLongObject>() {
        return raise!(ValueError, "lineno must be an integer");
    }
    let event = state::current().base.what_event.get();
    if event < 0 {
        return raise!(ValueError, "f_lineno can only be set in a trace function");
    }
    match event as usize {
        event::LINE | event::PY_RESUME | event::JUMP => {}
        event::PY_START => {
            return raise!(
                ValueError,
                "can't jump from the 'call' trace event of a new frame"
            );
        }
        event::CALL | event::C_RETURN => return raise!(ValueError, "can't jump during a call"),
        event::PY_YIELD => return raise!(ValueError, "can't jump from a 'yield' statement"),
        _ => return raise!(ValueError, "can only jump from a 'line' trace event"),
    }
    let line = args::to_i32(line)?;
    let Some(frame) = frame_of(f) else {
        return raise!(ValueError, "f_lineno can only be set in a trace function");
    };
    let code = frame.code().to_ref();
    let lines = lines::by_unit(&code);
    if line < code.co_firstlineno.get() {
        return raise!(
            ValueError,
            "line {} comes before the current code block",
            line
        );
    }
    let Some(line) = lines.iter().copied().filter(|&l| l >= line).min() else {
        return raise!(
            ValueError,
            "line {} comes after the current code block",
            line
        );
    };
    let stacks = stacks(&code);
    let here = frame.lasti().max(0) as usize;
    let Some(present) = stacks.get(here).cloned().flatten() else {
        return raise!(ValueError, "can't jump from unreachable code");
    };
    let mut best: Option<(usize, usize)> = None;
    let mut problem = "cannot find bytecode for specified line";
    for (at, _) in lines.iter().enumerate().filter(|&(_, &l)| l == line) {
        match &stacks[at] {
            Some(target) if compatible(&present, target) => {
                if best.is_none_or(|(_, depth)| target.len() > depth) {
                    best = Some((at, target.len()));
                }
            }
            target => problem = explain(target.as_deref()),
        }
    }
    let Some((at, depth)) = best else {
        return raise!(ValueError, "{}", problem);
    };
    bind_unbound(frame)?;
    pop_to(frame, present, depth);
    frame.instr_ptr = code::instructions(&code).wrapping_add(at);
    f.f_lineno.set(0);
    Ok(())
}

fn explain(target: Option<&[Kind]>) -> &'static str {
    match target.map(|stack| stack.last()) {
        None => "can't jump into an exception handler, or code may be unreachable",
        Some(Some(Kind::Except)) => "can't jump into an 'except' block as there's no exception",
        Some(Some(Kind::Lasti)) => "can't jump into a re-raising block as there's no location",
        Some(Some(Kind::Iterator)) => "can't jump into the body of a for loop",
        Some(_) => "incompatible stacks",
    }
}

/// Whether what lies on top of the target can be popped off the present stack.
fn compatible(present: &[Kind], target: &[Kind]) -> bool {
    target.len() <= present.len()
        && present.iter().zip(target).all(|(&from, &to)| match to {
            Kind::Object => from != Kind::Null,
            Kind::Null => true,
            other => from == other,
        })
}

/// Variables that the jump leaves without a value get None, since the compiler believes them bound.
fn bind_unbound(frame: &mut Frame) -> Result<()> {
    let kinds = code::local_kinds(frame.code()).to_vec();
    let is_unbound = |index: usize, kinds: u8| {
        kinds & (code::kind::CELL | code::kind::FREE) == 0 && frame.local(index).is_null()
    };
    let unbound: Vec<usize> = kinds
        .iter()
        .enumerate()
        .filter(|&(i, &k)| is_unbound(i, k))
        .map(|(i, _)| i)
        .collect();
    if unbound.is_empty() {
        return Ok(());
    }
    let plural = if unbound.len() == 1 { "" } else { "s" };
    let text = format!(
        "assigning None to {} unbound local{}",
        unbound.len(),
        plural
    );
    warn::warn(&crate::err::exc::RuntimeWarning, 0, &text)?;
    for index in unbound {
        frame.set_local(index, StackRef::owned(none()));
    }
    Ok(())
}

/// Drops what the target does not have.
fn pop_to(frame: &mut Frame, mut present: Stack, depth: usize) {
    while present.len() > depth {
        let kind = present.pop();
        // SAFETY: the frame's stack is as deep as was worked out.
        let word = unsafe {
            frame.stackpointer = frame.stackpointer.sub(1);
            *frame.stackpointer
        };
        if kind != Some(Kind::Except) {
            word.close();
            continue;
        }
        // Below a handler lies what was handled before.
        // SAFETY: the thread always has an innermost item.
        let item = unsafe { &*state::current().base.exc_info.get() };
        let value = if word.is(NONE()) {
            None
        } else {
            Some(word.into_ref())
        };
        item.exc_value.set_ref(value);
    }
}

/// How many words the instruction at `at` finds on the stack, if a path leads to it.
pub fn depth_at(code: &PyCodeObject, at: usize) -> Option<usize> {
    stacks(code).get(at)?.as_ref().map(Vec::len)
}

/// What each instruction finds on the stack; nothing for those that no path leads to.
fn stacks(code: &PyCodeObject) -> Vec<Option<Stack>> {
    let count = units(code);
    let mut stacks: Vec<Option<Stack>> = vec![None; count + 1];
    let is_generator =
        code.co_flags.get() & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR) != 0;
    // A generator is sent None to start it.
    stacks[0] = Some(if is_generator {
        vec![Kind::Object]
    } else {
        Vec::new()
    });
    loop {
        let known = stacks.iter().flatten().count();
        follow(code, &mut stacks);
        enter_handlers(code, &mut stacks);
        if stacks.iter().flatten().count() == known {
            return stacks;
        }
    }
}

fn note(stacks: &mut [Option<Stack>], at: usize, stack: &Stack) {
    if let Some(slot) = stacks.get_mut(at) {
        slot.get_or_insert_with(|| stack.clone());
    }
}

/// Passes once over the code, along what is known.
fn follow(code: &PyCodeObject, stacks: &mut [Option<Stack>]) {
    let (mut at, mut oparg) = (0, 0usize);
    while at < units(code) {
        let opcode = base_at(code, at);
        // SAFETY: `at` is inside the code.
        let unit = unsafe { *code::instructions(code).add(at) };
        oparg = oparg << 8 | usize::from(unit >> 8);
        let next = at + 1 + usize::from(CACHES[opcode as usize]);
        if let Some(stack) = stacks[at].clone()
            && let Some(after) = execute(opcode, oparg, stack, next, stacks)
        {
            note(stacks, next, &after);
        }
        if opcode != op::EXTENDED_ARG {
            oparg = 0;
        }
        at = next;
    }
}

/// The stack behind an instruction, if it falls through; targets of jumps are noted.
fn execute(
    opcode: u8,
    oparg: usize,
    mut stack: Stack,
    next: usize,
    stacks: &mut [Option<Stack>],
) -> Option<Stack> {
    match opcode {
        op::EXTENDED_ARG => {}
        op::POP_JUMP_IF_FALSE
        | op::POP_JUMP_IF_TRUE
        | op::POP_JUMP_IF_NONE
        | op::POP_JUMP_IF_NOT_NONE => {
            stack.pop();
            note(stacks, next + oparg, &stack);
        }
        op::SEND => note(stacks, next + oparg, &stack),
        op::JUMP_FORWARD => {
            note(stacks, next + oparg, &stack);
            return None;
        }
        op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_INTERRUPT => {
            note(stacks, next.saturating_sub(oparg), &stack);
            return None;
        }
        op::GET_ITER | op::GET_AITER => {
            stack.pop();
            stack.push(Kind::Iterator);
        }
        op::FOR_ITER => {
            stack.push(Kind::Object);
            note(stacks, next + oparg, &stack);
        }
        op::END_ASYNC_FOR => {
            stack.pop();
            stack.pop();
        }
        op::PUSH_EXC_INFO => stack.push(Kind::Except),
        op::POP_EXCEPT => {
            stack.pop();
        }
        op::RETURN_VALUE | op::RAISE_VARARGS | op::RERAISE => return None,
        op::PUSH_NULL => stack.push(Kind::Null),
        op::LOAD_GLOBAL => {
            stack.push(Kind::Object);
            if oparg & 1 != 0 {
                stack.push(Kind::Null);
            }
        }
        op::SWAP => {
            let top = stack.len().checked_sub(1)?;
            let other = stack.len().checked_sub(oparg)?;
            stack.swap(top, other);
        }
        op::COPY => {
            let kind = *stack.get(stack.len().checked_sub(oparg)?)?;
            stack.push(kind);
        }
        _ => {
            let effect = stack_effect(u32::from(opcode), oparg as u32, false).unwrap_or(0);
            for _ in effect..0 {
                stack.pop();
            }
            for _ in 0..effect {
                stack.push(Kind::Object);
            }
        }
    }
    Some(stack)
}

/// A handler starts with as much of the stack as its table entry says, and the exception.
fn enter_handlers(code: &PyCodeObject, stacks: &mut [Option<Stack>]) {
    let Some(table) = code
        .co_exceptiontable
        .borrow_obj()
        .and_then(|t| t.downcast::<PyBytesObject>())
    else {
        return;
    };
    for (start, handler) in code::exceptions::entries(table.as_slice()) {
        let Some(mut stack) = stacks.get(start).cloned().flatten() else {
            continue;
        };
        stack.truncate(handler.depth);
        if handler.push_lasti {
            stack.push(Kind::Lasti);
        }
        stack.push(Kind::Except);
        note(stacks, handler.target, &stack);
    }
}
