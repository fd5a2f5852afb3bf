//! `refcount`: CPython's rules. References are counted by the engine and by extensions; an object dies when its count
//! reaches zero, at once. This folder adds what counting can't do: cycles, found by trial deletion over three generations.
//!
//! Invariant: an object's count is at least the number of references that `tp_traverse` of tracked objects visits.

mod collect;
mod death;
mod trial;

use super::{Collected, Facts, Manager, forget_tracking};
use crate::control;
use crate::events::{self, Reason};
use crate::gil::Gil;
use crate::heap::alloc::release_cell;
use crate::heap::pages::RANGE;
use crate::heap::runs;
use crate::heap::spans::Span;
use crate::heap::sweep::rebuild_lists;
use crate::roots::stale::NativeStack;
use core::cell::Cell;

/// Gives the pages of empty spans back, and to the kernel what is not worth keeping.
fn rebuild() {
    let usage = rebuild_lists();
    runs::trim((usage.bytes / KEPT_DIVISOR).max(LEAST_KEPT));
}

/// Free memory that is kept for what comes next: this part of what is live, but so many bytes at least.
const KEPT_DIVISOR: usize = 8;
const LEAST_KEPT: usize = 8 << 20;

/// Reference counting with a cycle collector.
pub struct RefCount;

/// The used part of the range at which the lists are rebuilt, so that memory freed in one size class serves another.
static REBUILD_AT: Gil<Cell<usize>> = Gil::new(Cell::new(64 << 20));

impl Manager for RefCount {
    const FACTS: Facts = Facts {
        name: "refcount",
        summary: "reference counting, with a collector of cycles, as CPython",
        counts: true,
        barrier: false,
        moves: false,
        scans_stacks: false,
    };

    fn collect(generation: usize, reason: Reason, _: NativeStack) -> Collected {
        collect::collect(generation, reason)
    }

    fn collect_pending(_: NativeStack) {
        if collect::take_full_request() {
            collect::collect(2, Reason::Stress);
        } else if control::is_enabled()
            && let Some(generation) = control::due_generation()
        {
            collect::collect(generation, Reason::Threshold);
        }
    }

    fn before_growth(bytes: usize) {
        if RANGE.used.get() + bytes > REBUILD_AT.get() && !control::is_collecting() {
            rebuild();
            REBUILD_AT.set(RANGE.used.get() / 4 * 5);
        }
    }

    fn collect_for_stress() {
        collect::ask_for_full();
        control::request();
    }

    #[inline]
    unsafe fn free_object(span: Span, object: usize) {
        forget_tracking(object);
        if events::is_recording() {
            events::count_freed(span.cell_size());
        }
        if control::is_collecting() {
            trial::forget(object);
        }
        // SAFETY: the caller's promise.
        unsafe { release_cell(span, object) };
    }
}
