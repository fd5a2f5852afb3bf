//! Stale words: what was put down in memory that a scan searches, and is in use no more. Each would keep a dead object alive.
//!
//! Three kinds are left out. The host clears those of the stacks that it keeps itself (`Host::root_ranges`). Where the engine
//! asks for a collection between two instructions, the native calls from there on hold no references: nothing of them is
//! searched (`NativeStack::Above`). Everywhere else all of the native stack is, and what matters are the holes in the
//! collector's own frames, under which those of calls that have returned show: the stack is cleared before each phase.

use crate::arch;

/// What of the calling thread's native stack may hold references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeStack {
    /// All of it, and the registers.
    Whole,
    /// What lies above this address. Who says so vouches for the native calls below, and for the registers.
    Above(usize),
}

/// How far below its caller a clearing reaches.
const CLEARED: usize = 32 * 1024;

impl NativeStack {
    /// Overwrites what returned calls have left below the caller. To be called before each phase of a collection.
    #[inline(always)]
    pub fn clear_unused(self) {
        if self == NativeStack::Whole {
            // SAFETY: what is called next needs room too: the collector never runs at the very end of a stack.
            unsafe { arch::scrub_below(CLEARED) };
        }
    }

    /// Where the search begins if the stack pointer is `here`.
    pub fn lowest(self, here: usize) -> usize {
        match self {
            NativeStack::Whole => here,
            NativeStack::Above(address) => address.max(here),
        }
    }
}
