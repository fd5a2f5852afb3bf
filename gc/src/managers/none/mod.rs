//! `none`: no object is ever freed. The template for managers, and the cost floor of every experiment.
//!
//! Buffers that their owner frees or resizes do return, since that is the owner's doing and no reclamation: a list that
//! grows does not keep its former selves.

mod collect;
mod death;

use super::{Collected, Facts, Manager};
use crate::events::Reason;
use crate::heap::spans::Span;
use crate::roots::stale::NativeStack;

/// The manager that never frees.
pub struct NoManager;

impl Manager for NoManager {
    const FACTS: Facts = Facts {
        name: "none",
        summary: "never frees an object",
        counts: false,
        barrier: false,
        moves: false,
        scans_stacks: false,
    };

    fn collect(generation: usize, reason: Reason, _: NativeStack) -> Collected {
        collect::collect(generation, reason)
    }

    fn collect_pending(_: NativeStack) {}

    fn before_growth(_bytes: usize) {}

    fn collect_for_stress() {}

    unsafe fn free_object(span: Span, object: usize) {
        death::free_object(span, object);
    }
}
