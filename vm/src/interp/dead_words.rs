//! Words of the data stacks that nothing uses: what was popped stays behind in memory, and a collector that scans memory
//! would keep it alive.
//!
//! They are cleared before a scan, where it is certain that they are dead: above the topmost frame; in a frame that called
//! another one, above where its stack was then; and in a frame whose innermost instruction is a call of native code (or one that
//! changes an item), above where the code says that its stack is.

use core::ptr;

use crate::code::{self, base_at, units};
use crate::frame::{self, CodeUnit, Frame, owner};
use crate::opcodes::op;
use crate::stackref::StackRef;
use crate::state::ThreadState;
use crate::types::generator;

/// How many units of code are worth the look for the depth of its stack.
const LONGEST: usize = 4096;

/// Clears the dead words of a thread's data stack.
pub fn clear(ts: &ThreadState) {
    clear_unused(ts);
    let mut callee: Option<&Frame> = None;
    // SAFETY: the current frame starts a chain of live frames.
    while let Some(frame) = unsafe { callee.map_or(frame::current(ts), |f| f.previous).as_ref() } {
        if frame.owner <= owner::GENERATOR
            && let Some(live) = live_words(frame, callee)
        {
            clear_above(frame, live);
        }
        callee = Some(frame);
    }
}

/// Clears what lies above the topmost frame.
fn clear_unused(ts: &ThreadState) {
    let (top, limit) = (ts.base.datastack_top.get(), ts.base.datastack_limit.get());
    if !top.is_null() && top < limit {
        // SAFETY: the rest of the chunk belongs to no frame.
        unsafe { ptr::write_bytes(top, 0, limit.offset_from(top) as usize) };
    }
    // SAFETY: a chunk in reserve is of the size that it says, and empty.
    unsafe {
        if let Some(chunk) = ts.base.datastack_cached_chunk.get().as_ref() {
            let start = chunk.data.as_ptr().cast::<u8>().cast_mut();
            let header = start as usize - ptr::from_ref(chunk) as usize;
            ptr::write_bytes(start, 0, chunk.size.get() - header);
        }
    }
}

/// How many words of locals and stack are in use, if that is known.
fn live_words(frame: &Frame, callee: Option<&Frame>) -> Option<usize> {
    let start = frame.localsplus.as_ptr();
    match callee {
        // A call from Python to Python notes the stack pointer.
        Some(callee) if callee.owner == owner::THREAD || was_resumed(frame, callee) => {
            // SAFETY: both point into the frame.
            usize::try_from(unsafe { frame.stackpointer.cast_const().offset_from(start) }).ok()
        }
        Some(callee) if callee.owner == owner::GENERATOR => words_at_call(frame),
        Some(_) => None,
        None => words_at_call(frame),
    }
}

/// Whether an instruction of the frame has resumed the generator of `callee`, which lies on top of the stack then. Native
/// code that throws into a generator links its frame without a note of where the stack is.
fn was_resumed(frame: &Frame, callee: &Frame) -> bool {
    if callee.owner != owner::GENERATOR || frame.stackpointer.cast_const() <= frame.stack_base() {
        return false;
    }
    let code = frame.code();
    // SAFETY: a frame that runs code is inside it.
    let at = unsafe { frame.instr_ptr.offset_from(code::instructions(code)) };
    let resumes = usize::try_from(at)
        .ok()
        .filter(|&at| at < units(code))
        .is_some_and(|at| matches!(base_at(code, at), op::FOR_ITER | op::SEND));
    // SAFETY: the stack pointer is above the stack's bottom.
    let top = unsafe { *frame.stackpointer.sub(1) };
    resumes && !top.is_integer() && core::ptr::eq(top.as_ptr().cast(), generator::of_frame(callee))
}

/// How many words are in use where the innermost instruction is a call of native code, or changes an item.
fn words_at_call(frame: &Frame) -> Option<usize> {
    let code = frame.code();
    // SAFETY: a frame that runs code is inside it.
    let at = unsafe { frame.instr_ptr.offset_from(code::instructions(code)) };
    let at = usize::try_from(at).ok().filter(|&at| at < units(code))?;
    if units(code) > LONGEST {
        return None;
    }
    let wanted = match base_at(code, at) {
        // SAFETY: `at` is inside the code.
        op::CALL => 2 + unsafe { argument(frame.instr_ptr) },
        // SAFETY: as above.
        op::CALL_KW => 3 + unsafe { argument(frame.instr_ptr) },
        op::DELETE_SUBSCR => 2,
        op::STORE_SUBSCR => 3,
        _ => return None,
    };
    let depth = super::trace::depth_at(code, at).filter(|&depth| depth >= wanted)?;
    Some(code.co_nlocalsplus.get() as usize + depth)
}

/// The argument of an instruction, but for what its prefixes add.
///
/// # Safety
/// `at` points into code.
unsafe fn argument(at: *const CodeUnit) -> usize {
    // SAFETY: the caller's promise.
    usize::from(unsafe { *at } >> 8)
}

/// Clears what a frame's stack has room for above so many words.
fn clear_above(frame: &Frame, live: usize) {
    let code = frame.code();
    let room = (code.co_nlocalsplus.get() + code.co_stacksize.get()) as usize;
    let start = frame.localsplus.as_ptr().cast_mut();
    for word in live..room {
        // SAFETY: within the frame, and unused. Volatile: the frame is read by others than the compiler knows.
        unsafe { start.add(word).write_volatile(StackRef::NULL) };
    }
}
