//! `conservative`: mark and sweep, from roots that are found by scanning stacks, registers, thread-local storage, data
//! segments and the native memory that these reach.
//!
//! Nobody counts. A collection stops the world simply by holding the GIL. It marks, frees what is dead and has no death
//! rites to be performed, and condemns the rest: that is kept until Python code may run, then finalized, reported to its weak
//! references, deallocated and only then freed. Invariant: at most one set of condemned objects exists. A collection that
//! comes before its rites are over keeps it, and what else has rites, alive.

mod collect;
mod crew;
mod death;
mod mark;
mod natives;
mod order;

use super::{Collected, Facts, Manager};
use crate::events::Reason;
use crate::heap::spans::Span;
use crate::roots::stale::NativeStack;
use layout::PyObject;

pub use collect::{note_started, set_heap_factor};
pub(crate) use death::{are_rites_running, is_condemned, keeps_until_rites_end};
pub use death::{is_dying, note_code, note_late_finalizer, reinit, weakref_read};
pub use mark::{mark_buffer, visit_conservatively};

/// The conservative tracing collector.
pub struct Conservative;

impl Manager for Conservative {
    const FACTS: Facts = Facts {
        name: "conservative",
        summary: "tracing from conservatively scanned roots, without counting",
        counts: false,
        barrier: false,
        moves: false,
        scans_stacks: true,
    };

    fn collect(generation: usize, reason: Reason, stack: NativeStack) -> Collected {
        collect::collect(generation, reason, stack)
    }

    fn for_each_unreached(stack: NativeStack, f: &mut dyn FnMut(*mut PyObject)) {
        collect::for_each_unreached(stack, f);
    }

    fn collect_pending(stack: NativeStack) {
        collect::finish_pending(stack);
    }

    fn before_growth(bytes: usize) {
        collect::before_growth(bytes);
    }

    fn collect_for_stress() {
        collect::collect_inside_allocation(Reason::Stress);
    }

    unsafe fn free_object(span: Span, object: usize) {
        // SAFETY: the caller's promise.
        unsafe { death::free_object(span, object) };
    }
}
