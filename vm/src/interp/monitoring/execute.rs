//! Executing a marked instruction: first the tools are told, then the original is executed, here or in the loop.

use layout::*;

use super::event;
use super::fire::{self, Event};
use super::module::missing_object;
use super::sites::{self, Which};
use crate::code;
use crate::err::{self, Result, exc};
use crate::frame::{CodeUnit, Frame};
use crate::interp::bind::Arguments;
use crate::object::*;
use crate::opcodes::{CACHES, op};
use crate::protocol::{call, object};
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::types::function::is_plain;
use crate::types::tuple::TupleExt as _;
use crate::types::{int, type_};

/// How the loop goes on.
pub enum Then {
    /// Executes the instruction that the marker stands for.
    Execute(u8),
    /// Goes on there: the instruction has been executed, or a tool has made the frame jump.
    Goto {
        ip: *const CodeUnit,
        sp: *mut StackRef,
    },
    Raise,
}

struct Site<'a> {
    ts: &'a ThreadState,
    frame: &'a mut Frame,
    at: usize,
    /// Behind the instruction and its caches.
    next: *const CodeUnit,
    oparg: u32,
    sp: *mut StackRef,
}

/// Tells the tools of the instruction before `ip`, which the marker stands for.
///
/// # Safety
/// `frame` is the one that runs; `ip` and `sp` point into its code and its stack.
#[cold]
#[inline(never)]
pub unsafe fn instrumented(
    ts: &ThreadState,
    frame: *mut Frame,
    ip: *const CodeUnit,
    sp: *mut StackRef,
    oparg: u32,
) -> Then {
    // SAFETY: the loop's frame, whose code `ip` is in.
    let (frame, at) = unsafe {
        (
            &mut *frame,
            ip.offset_from(code::instructions((*frame).code())) as usize - 1,
        )
    };
    let previous = core::mem::replace(&mut frame.instr_ptr, ip.wrapping_sub(1));
    let original = sites::original_opcode(frame.code(), at);
    if ts.base.tracing.get() != 0 {
        return Then::Execute(original);
    }
    // Tools may look at the frame, and make it jump.
    frame.stackpointer = sp;
    if original == op::RESUME && sites::is_outdated(frame.code()) {
        return match sites::instrument(frame.code()) {
            Ok(()) => Then::Goto {
                ip: ip.wrapping_sub(1),
                sp,
            },
            Err(_) => Then::Raise,
        };
    }
    let next = ip.wrapping_add(usize::from(CACHES[original as usize]));
    let mut site = Site {
        ts,
        frame,
        at,
        next,
        oparg,
        sp,
    };
    match site.tell(original, previous) {
        Ok(then) => then,
        Err(_) => Then::Raise,
    }
}

impl Site<'_> {
    fn peek(&self, depth: usize) -> StackRef {
        // SAFETY: the compiler proved the stack's depth.
        unsafe { *self.sp.sub(depth) }
    }

    fn obj<'a>(&self, depth: usize) -> &'a Obj {
        self.peek(depth).obj()
    }

    /// Where the frame goes on if a tool has changed that.
    fn jumped(&self) -> Option<Then> {
        let here = code::instructions(self.frame.code()).wrapping_add(self.at);
        (self.frame.instr_ptr != here).then_some(Then::Goto {
            ip: self.frame.instr_ptr,
            sp: self.frame.stackpointer,
        })
    }

    fn offset_of(&self, ip: *const CodeUnit) -> usize {
        // SAFETY: both are in the frame's code.
        unsafe { ip.offset_from(code::instructions(self.frame.code())) as usize }
    }

    fn tell(&mut self, original: u8, previous: *const CodeUnit) -> Result<Then> {
        let Some(table) = sites::table(self.frame.code()) else {
            return Ok(Then::Execute(original));
        };
        let wants = *table.site(self.at);
        if wants.line != 0 {
            let line = table.lines[self.at];
            let before = self.offset_of(previous);
            // A line is told once, unless the function has only just been entered.
            let same_line = table.lines.get(before) == Some(&line)
                && code::base_at(self.frame.code(), before) != op::RESUME;
            if line >= 0 && !same_line {
                let number = int::from_i64(i64::from(line));
                let event = Event {
                    kind: event::LINE,
                    at: self.at,
                    arguments: &[number.as_obj()],
                };
                fire::local(self.ts, self.frame, wants.line, Which::Line, &event)?;
                if let Some(then) = self.jumped() {
                    return Ok(then);
                }
            }
        }
        if wants.instruction != 0 {
            let event = Event {
                kind: event::INSTRUCTION,
                at: self.at,
                arguments: &[],
            };
            fire::local(
                self.ts,
                self.frame,
                wants.instruction,
                Which::Instruction,
                &event,
            )?;
            if let Some(then) = self.jumped() {
                return Ok(then);
            }
        }
        if wants.event == 0 {
            return Ok(Then::Execute(original));
        }
        let Some(kind) = event::of_instruction(original, self.oparg) else {
            return Ok(Then::Execute(original));
        };
        self.tell_own(original, kind, wants.event, previous)
    }

    fn fire(&mut self, tools: u8, kind: usize, at: usize, arguments: &[&Obj]) -> Result<()> {
        fire::local(
            self.ts,
            self.frame,
            tools,
            Which::Own,
            &Event {
                kind,
                at,
                arguments,
            },
        )
    }

    /// A jump from one place to another: the place that is disabled is the marked one.
    fn fire_jump(&mut self, tools: u8, kind: usize, from: usize, to: usize) -> Result<()> {
        let target = int::from_i64(to as i64 * 2);
        let event = Event {
            kind,
            at: from,
            arguments: &[target.as_obj()],
        };
        fire::local(self.ts, self.frame, tools, Which::Own, &event)
    }

    fn tell_own(
        &mut self,
        original: u8,
        kind: usize,
        tools: u8,
        previous: *const CodeUnit,
    ) -> Result<Then> {
        let (at, next) = (self.at, self.offset_of(self.next));
        match original {
            op::RESUME => {
                self.fire(tools, kind, at, &[])?;
                if let Some(then) = self.jumped() {
                    return Ok(then);
                }
            }
            op::RETURN_VALUE | op::YIELD_VALUE => self.fire(tools, kind, at, &[self.obj(1)])?,
            op::JUMP_FORWARD => self.fire_jump(tools, kind, at, next + self.oparg as usize)?,
            op::JUMP_BACKWARD => {
                self.fire_jump(tools, kind, at, next - self.oparg as usize)?;
                if let Some(then) = self.jumped() {
                    return Ok(then);
                }
            }
            op::POP_JUMP_IF_FALSE
            | op::POP_JUMP_IF_TRUE
            | op::POP_JUMP_IF_NONE
            | op::POP_JUMP_IF_NOT_NONE => {
                let top = self.peek(1);
                let taken = match original {
                    op::POP_JUMP_IF_FALSE => top.is(FALSE()),
                    op::POP_JUMP_IF_TRUE => top.is(TRUE()),
                    op::POP_JUMP_IF_NONE => top.is(NONE()),
                    _ => !top.is(NONE()),
                };
                if taken {
                    self.fire_jump(tools, kind, at, next + self.oparg as usize)?;
                }
            }
            // The branch is the conditional jump before it.
            op::NOT_TAKEN => self.fire_jump(tools, kind, at.saturating_sub(2), next)?,
            op::POP_ITER => {
                let from = self.offset_of(previous);
                self.fire_jump(tools, kind, from, next)?;
            }
            op::FOR_ITER => return self.for_iter(tools, kind, next),
            op::END_FOR | op::END_SEND => self.stop_iteration(original, tools, kind)?,
            op::END_ASYNC_FOR if type_::is_subtype(self.obj(1).ty(), &exc::StopAsyncIteration) => {
                self.fire_jump(tools, kind, next - self.oparg as usize, next)?;
            }
            op::CALL | op::CALL_KW | op::CALL_FUNCTION_EX => return self.call(original, tools),
            op::LOAD_SUPER_ATTR => self.fire(tools, kind, at, &[self.obj(3), self.obj(2)])?,
            _ => {}
        }
        Ok(Then::Execute(original))
    }

    fn for_iter(&mut self, tools: u8, kind: usize, next: usize) -> Result<Then> {
        match object::next(self.obj(1))? {
            Some(item) => {
                // SAFETY: the compiler reserved room for the item.
                unsafe {
                    self.sp.write(StackRef::owned(item));
                    self.sp = self.sp.add(1);
                }
                self.frame.stackpointer = self.sp;
                self.fire_jump(tools, kind, self.at, next)?;
                Ok(Then::Goto {
                    ip: self.next,
                    sp: self.sp,
                })
            }
            None => Ok(Then::Goto {
                ip: self.next.wrapping_add(self.oparg as usize + 1),
                sp: self.sp,
            }),
        }
    }

    /// A generator that another one waits for has returned: as if it had raised `StopIteration`.
    fn stop_iteration(&mut self, original: u8, tools: u8, kind: usize) -> Result<()> {
        let (receiver, value) = (self.obj(2), self.peek(1));
        let generator = core::ptr::eq(receiver.ty(), &PyGen_Type);
        let coroutine = original == op::END_SEND && core::ptr::eq(receiver.ty(), &PyCoro_Type);
        if (!generator && !coroutine) || value.is_null() {
            return Ok(());
        }
        let exception = call::call1(exc::StopIteration.as_obj(), value.obj())?;
        self.fire(tools, kind, self.at, &[&exception])
    }

    /// A call: of native code, the return is told as well, so it is made here.
    fn call(&mut self, original: u8, tools: u8) -> Result<Then> {
        let arguments = self.oparg as usize;
        let depth = match original {
            op::CALL => arguments + 2,
            op::CALL_KW => arguments + 3,
            _ => 4,
        };
        self.unbind(original, depth);
        let callable = self.obj(depth).new_ref();
        let first = self.first_argument(original, depth);
        self.fire(tools, event::CALL, self.at, &[&callable, &first])?;
        if callable
            .downcast_exact::<PyFunctionObject>()
            .is_some_and(is_plain)
        {
            return Ok(Then::Execute(original));
        }
        let result = match original {
            op::CALL_FUNCTION_EX => self.call_spread(),
            _ => self.call_vector(depth, original == op::CALL_KW),
        };
        let kind = if result.is_ok() {
            event::C_RETURN
        } else {
            event::C_RAISE
        };
        let saved = err::take();
        // The call may have changed what the tools want.
        let tools = sites::table(self.frame.code()).map_or(0, |t| t.site(self.at).event);
        let told = fire::everywhere(
            self.ts,
            self.frame,
            tools,
            &Event {
                kind,
                at: self.at,
                arguments: &[&callable, &first],
            },
        );
        if told.is_ok() {
            err::restore(saved);
        }
        told?;
        let value = result?;
        for _ in 0..depth {
            // SAFETY: the call's words are on the stack.
            unsafe {
                self.sp = self.sp.sub(1);
                (*self.sp).close();
            }
        }
        // SAFETY: there is room where the words were.
        unsafe {
            self.sp.write(StackRef::owned(value));
            self.sp = self.sp.add(1);
        }
        Ok(Then::Goto {
            ip: self.next,
            sp: self.sp,
        })
    }

    /// Replaces a bound method by its function and its self.
    fn unbind(&mut self, original: u8, depth: usize) {
        if original == op::CALL_FUNCTION_EX || !self.peek(depth - 1).is_null() {
            return;
        }
        let word = self.peek(depth);
        let Some(method) = word.obj().downcast_exact::<PyMethodObject>() else {
            return;
        };
        let (Some(function), Some(this)) = (method.im_func.get_ref(), method.im_self.get_ref())
        else {
            return;
        };
        // SAFETY: the call's words are on the stack.
        unsafe {
            *self.sp.sub(depth) = StackRef::owned(function);
            *self.sp.sub(depth - 1) = StackRef::owned(this);
        }
        word.close();
    }

    fn first_argument(&self, original: u8, depth: usize) -> Ref {
        if original == op::CALL_FUNCTION_EX {
            let first = self
                .obj(2)
                .downcast::<PyTupleObject>()
                .and_then(|t| t.items().first().cloned());
            return first.unwrap_or_else(missing_object);
        }
        let this = self.peek(depth - 1);
        if !this.is_null() {
            return this.to_ref();
        }
        if self.oparg == 0 {
            missing_object()
        } else {
            self.peek(depth - 2).to_ref()
        }
    }

    fn call_vector(&self, depth: usize, with_keywords: bool) -> Result {
        let keywords: Option<&PyTupleObject> = if with_keywords {
            self.obj(1).downcast()
        } else {
            None
        };
        let first = if self.peek(depth - 1).is_null() {
            depth - 2
        } else {
            depth - 1
        };
        let last = usize::from(with_keywords);
        // SAFETY: the arguments are on the stack.
        let words = unsafe { core::slice::from_raw_parts(self.sp.sub(first), first - last) };
        let given = Arguments { words, keywords };
        let objects: Vec<&Obj> = given.words.iter().map(|word| word.obj()).collect();
        let count = objects.len() - keywords.map_or(0, |names| names.items().len());
        let names = keywords.map_or(core::ptr::null_mut(), |names| names.as_ptr());
        // SAFETY: the slice holds the arguments.
        unsafe { call::vectorcall(self.obj(depth), objects.as_ptr().cast(), count, names) }
    }

    fn call_spread(&self) -> Result {
        let keywords = self
            .peek(1)
            .opt()
            .and_then(|d| d.downcast::<PyDictObject>());
        match self.obj(2).downcast::<PyTupleObject>() {
            Some(positional) => call::call_tuple_dict(self.obj(4), positional, keywords),
            None => {
                let positional = crate::types::tuple::from_vec(object::to_vec(self.obj(2))?);
                call::call_tuple_dict(self.obj(4), &positional, keywords)
            }
        }
    }
}
