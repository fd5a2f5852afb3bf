//! The interpreter's registers: where it is in the code, the stack pointer, the frame and the thread.
//!
//! Opcode functions get them by exclusive reference and are inlined into the loop's functions, whose parameters they are;
//! this keeps them in machine registers. So no reference to them is ever passed to a function that is not inlined.

use gc::Manager;
use layout::*;

use super::Flow;
use crate::code::caches::{self as tables, InlineCache};
use crate::err::Result;
use crate::frame::{self, CodeUnit, Frame};
use crate::object::*;
use crate::opcodes::{caches, op};
use crate::stackref::StackRef;
use crate::state::ThreadState;

#[repr(C)]
pub struct Regs<M> {
    /// The unit after the current instruction and its caches.
    pub ip: *const CodeUnit,
    /// The frame's locals, behind its other fields: what instructions touch most. It stands between the pointers, which
    /// compiled code writes one by one, lest both be read as one word, which would wait for the writes to be complete.
    locals: *mut StackRef<M>,
    /// The word above the topmost.
    pub sp: *mut StackRef<M>,
    pub ts: &'static ThreadState,
}

impl<M: Manager> Regs<M> {
    pub fn new(
        ip: *const CodeUnit,
        sp: *mut StackRef,
        frame: *mut Frame,
        ts: &'static ThreadState,
    ) -> Self {
        Regs {
            ip,
            sp: sp.cast(),
            locals: Frame::locals_start(frame).cast(),
            ts,
        }
    }

    #[inline(always)]
    pub fn at(
        ip: *const CodeUnit,
        sp: *mut StackRef<M>,
        locals: *mut StackRef<M>,
        ts: &'static ThreadState,
    ) -> Self {
        Regs { ip, sp, locals, ts }
    }

    #[inline(always)]
    pub fn locals(&self) -> *mut StackRef<M> {
        self.locals
    }

    /// The word `depth` below the top, which is at depth 1.
    #[inline(always)]
    pub fn peek(&self, depth: usize) -> StackRef<M> {
        // SAFETY: the compiler proved the stack's depth.
        unsafe { *self.sp.sub(depth) }
    }

    /// The object `depth` below the top.
    #[inline(always)]
    pub fn obj<'a>(&self, depth: usize) -> &'a Obj {
        self.peek(depth).obj()
    }

    #[inline(always)]
    pub fn poke(&mut self, depth: usize, value: StackRef<M>) {
        // SAFETY: as for `peek`.
        unsafe { *self.sp.sub(depth) = value }
    }

    #[inline(always)]
    pub fn push(&mut self, value: StackRef<M>) {
        // SAFETY: the frame has room for `co_stacksize` words.
        unsafe {
            self.sp.write(value);
            self.sp = self.sp.add(1);
        }
    }

    #[inline(always)]
    pub fn push_ref(&mut self, value: Ref) {
        self.push(StackRef::owned(value));
    }

    #[inline(always)]
    pub fn pop(&mut self) -> StackRef<M> {
        // SAFETY: as for `peek`.
        unsafe {
            self.sp = self.sp.sub(1);
            *self.sp
        }
    }

    #[inline(always)]
    pub fn pop_ref(&mut self) -> Ref {
        self.pop().into_ref()
    }

    /// Forgets the topmost words without dropping them.
    #[inline(always)]
    pub fn shrink(&mut self, count: usize) {
        // SAFETY: as for `peek`.
        unsafe { self.sp = self.sp.sub(count) };
    }

    /// Drops the topmost words.
    #[inline(always)]
    pub fn drop(&mut self, count: usize) {
        if M::FACTS.counts {
            for _ in 0..count {
                self.pop().close();
            }
        } else {
            self.shrink(count);
        }
    }

    /// The topmost words, the lowest first.
    #[inline(always)]
    pub fn top<'a>(&self, count: usize) -> &'a [StackRef<M>] {
        // SAFETY: as for `peek`; the words stay until the instruction changes the stack.
        unsafe { core::slice::from_raw_parts(self.sp.sub(count), count) }
    }

    /// Replaces the topmost `count` words by a value.
    #[inline(always)]
    pub fn replace(&mut self, count: usize, value: StackRef<M>) {
        if M::FACTS.counts {
            // The value is in place before anything is dropped, since dropping may run code that looks at the stack.
            let lowest = self.peek(count);
            self.poke(count, value);
            for _ in 1..count {
                self.pop().close();
            }
            lowest.close();
        } else {
            self.poke(count, value);
            self.shrink(count - 1);
        }
    }

    /// Replaces the topmost `count` words by a result; an error leaves them where they are.
    #[inline(always)]
    pub fn finish(&mut self, count: usize, result: Result) -> Flow {
        match result {
            Ok(value) => {
                self.replace(count, StackRef::owned(value));
                Flow::Next
            }
            Err(_) => Flow::Error,
        }
    }

    /// Replaces the topmost `count` words by a truth value.
    #[inline(always)]
    pub fn finish_bool(&mut self, count: usize, result: Result<bool>) -> Flow {
        match result {
            Ok(value) => {
                self.replace(count, truth(value));
                Flow::Next
            }
            Err(_) => Flow::Error,
        }
    }

    /// As [`finish_bool`](Self::finish_bool) for a known value; a jump that tests it is taken at once.
    #[inline(always)]
    pub fn finish_test(&mut self, count: usize, value: bool) -> Flow {
        self.drop(count);
        // SAFETY: an instruction follows.
        let next = unsafe { *self.ip };
        let wanted = match next as u8 {
            op::POP_JUMP_IF_FALSE => false,
            op::POP_JUMP_IF_TRUE => true,
            _ => {
                self.push(truth(value));
                return Flow::Next;
            }
        };
        self.jump(1 + caches::POP_JUMP_IF_FALSE as isize);
        self.branch(value == wanted, u32::from(next >> 8));
        Flow::Next
    }

    /// Goes `offset` units on if the branch is taken, else past the mark of branches that are not.
    #[inline(always)]
    pub fn branch(&mut self, taken: bool, offset: u32) {
        if taken {
            self.jump(offset as isize);
            return;
        }
        // SAFETY: code never ends with a branch, so an instruction follows.
        if unsafe { *self.ip } as u8 == op::NOT_TAKEN {
            self.jump(1);
        }
    }

    /// Drops the topmost `count` words if all went well.
    #[inline(always)]
    pub fn finish_drop(&mut self, count: usize, result: Result<()>) -> Flow {
        match result {
            Ok(()) => {
                self.drop(count);
                Flow::Next
            }
            Err(_) => Flow::Error,
        }
    }

    /// Pushes a result.
    #[inline(always)]
    pub fn finish_push(&mut self, result: Result) -> Flow {
        match result {
            Ok(value) => {
                self.push_ref(value);
                Flow::Next
            }
            Err(_) => Flow::Error,
        }
    }

    #[inline(always)]
    pub fn frame<'a>(&self) -> &'a mut Frame {
        // SAFETY: the running frame is alive, and only the interpreter changes it.
        unsafe { &mut *self.frame_ptr() }
    }

    #[inline(always)]
    pub fn frame_ptr(&self) -> *mut Frame {
        // SAFETY: the locals lie directly behind the struct.
        unsafe { self.locals.cast::<Frame>().sub(1) }
    }

    #[inline(always)]
    pub fn set_frame(&mut self, frame: *mut Frame) {
        self.locals = Frame::locals_start(frame).cast();
    }

    #[inline(always)]
    fn local_slot(&self, index: usize) -> *mut StackRef<M> {
        // SAFETY: the compiler proved the index.
        unsafe { self.locals.add(index) }
    }

    #[inline(always)]
    pub fn local(&self, index: usize) -> StackRef<M> {
        // SAFETY: as for `local_slot`.
        unsafe { *self.local_slot(index) }
    }

    /// Overwrites a local without dropping what was there.
    #[inline(always)]
    pub fn put_local(&mut self, index: usize, value: StackRef<M>) {
        // SAFETY: as for `local_slot`.
        unsafe { *self.local_slot(index) = value }
    }

    /// Stores a local, then drops what was there.
    #[inline(always)]
    pub fn set_local(&mut self, index: usize, value: StackRef<M>) {
        let old = self.local(index);
        self.put_local(index, value);
        old.close();
    }

    #[inline(always)]
    pub fn code<'a>(&self) -> &'a PyCodeObject {
        // SAFETY: the frame keeps its code alive.
        unsafe { &*core::ptr::from_ref(self.frame().code()) }
    }

    #[inline(always)]
    pub fn constant<'a>(&self, index: u32) -> &'a Obj {
        // SAFETY: the compiler proved the index.
        unsafe { crate::code::item(crate::code::consts(self.code()), index as usize) }
    }

    #[inline(always)]
    pub fn name<'a>(&self, index: u32) -> &'a Obj {
        // SAFETY: the compiler proved the index.
        unsafe { crate::code::item(crate::code::names(self.code()), index as usize) }
    }

    /// Where the current instruction stands, given its number of cache units.
    #[inline(always)]
    pub fn here(&self, caches: usize) -> *const CodeUnit {
        // SAFETY: the instruction and its caches precede `ip`.
        unsafe { self.ip.sub(1 + caches) }
    }

    /// The instruction's cache entry, if its code is warm.
    #[inline(always)]
    pub fn cache_if_warm<'a>(&self, caches: usize) -> Option<&'a InlineCache> {
        // SAFETY: the first cache unit holds 0 or the number of an entry of this code.
        unsafe {
            let number = *self.ip.sub(caches);
            if number == 0 {
                None
            } else {
                Some(tables::entry(self.code(), number))
            }
        }
    }

    /// The entry of a specialised instruction, which has one.
    #[inline(always)]
    pub fn cache<'a>(&self, caches: usize) -> &'a InlineCache {
        // SAFETY: only instructions with an entry are specialised.
        unsafe { tables::entry(self.code(), *self.ip.sub(caches)) }
    }

    /// Moves `offset` units on.
    #[inline(always)]
    pub fn jump(&mut self, offset: isize) {
        // SAFETY: the compiler proved the target.
        self.ip = unsafe { self.ip.offset(offset) };
    }

    /// Goes on in `callee`, which returns `offset` units behind the instruction that `instr_ptr` is at.
    ///
    /// # Safety
    /// `callee` is a complete frame that nothing else runs.
    #[inline(always)]
    pub unsafe fn enter(&mut self, callee: *mut Frame, offset: usize) {
        let caller = self.frame();
        caller.return_offset = offset as u16;
        caller.resume = 0;
        caller.stackpointer = self.sp.cast();
        let remaining = &self.ts.base.py_recursion_remaining;
        remaining.set(remaining.get() - 1);
        self.set_frame(callee);
        frame::set_current(self.ts, callee);
        // SAFETY: the callee is a complete frame.
        unsafe {
            self.ip = (*callee).instr_ptr;
            self.sp = (*callee).stackpointer.cast();
        }
    }

    /// Goes on in a generator's frame, which [`Generator::resume`](crate::types::generator::Generator::resume) has prepared.
    ///
    /// # Safety
    /// As for [`enter`](Self::enter).
    #[inline(always)]
    pub unsafe fn enter_generator(&mut self, callee: *mut Frame, offset: usize) {
        // SAFETY: the generator's frame is suspended.
        unsafe {
            (*callee).previous = self.frame_ptr();
            self.enter(callee, offset);
        }
    }

    /// Goes back to the frame `previous`, where it was left.
    ///
    /// # Safety
    /// `previous` is the live frame that called or resumed this one.
    #[inline(always)]
    pub unsafe fn leave_to(&mut self, previous: *mut Frame, offset: usize) {
        self.set_frame(previous);
        frame::set_current(self.ts, previous);
        // SAFETY: the caller's frame was complete when it called.
        unsafe {
            self.ip = (*previous).instr_ptr.add(offset);
            self.sp = (*previous).stackpointer.cast();
        }
    }

    /// After [`leave_to`](Self::leave_to): whether that frame goes on in compiled code.
    #[inline(always)]
    pub fn go_on(&self) -> Flow {
        if self.frame().resume == 0 {
            Flow::Next
        } else {
            Flow::Compiled
        }
    }
}

/// `True` or `False` as a word.
#[inline(always)]
pub fn truth<M: Manager>(value: bool) -> StackRef<M> {
    StackRef::immortal(if value { TRUE() } else { FALSE() })
}
