//! Tandem's memory: one heap, interchangeable managers.
//!
//! The heap hands out objects and buffers and answers which of them any address lies in. A manager decides when memory is
//! reclaimed: by counting (`refcount`), by tracing from conservatively scanned roots (`conservative`), or never (`none`).
//! Objects are known by their type, which is a table of functions already; everything else is asked of the `Host`.
//!
//! Invariants:
//! - All functions need the GIL, and the state is in statics: there is one heap in a process.
//! - Python code runs only inside `collect` and `collect_pending`, never inside an allocation.
//! - Nothing of the heap or of the collector's lists lies in memory that is scanned for roots.

mod arch;
mod control;
mod events;
mod gil;
mod heap;
mod hidden;
mod host;
pub mod managers;
mod native;
mod roots;
mod stress;

pub use arch::{Kept as KeptRegisters, call_quietly, keep_registers};
pub use control::{
    DEBUG_COLLECTABLE, DEBUG_SAVEALL, DEBUG_STATS, DEBUG_UNCOLLECTABLE, GENERATIONS,
    GenerationStats, disable, enable, freeze, get_count, get_debug, get_freeze_count, get_stats,
    get_threshold, is_collecting, is_enabled, is_requested, set_debug, set_threshold, settle,
    unfreeze,
};
pub use events::{Reason, cascade_begin, cascade_end, finish, is_recording};
pub use gil::Gil;
pub use heap::*;
pub use host::{Event, Host, install_host};
pub use managers::conservative::{
    is_dying, mark_buffer, note_code, note_late_finalizer, note_started, reinit, set_heap_factor,
    visit_conservatively, weakref_read,
};
pub use managers::{
    Collected, Conservative, Facts, MANAGERS, Manager, NoManager, RefCount, before_resource,
    collect, collect_pending, counts, facts, for_each_unreached, free_object, free_quietly, init,
    reclaim,
};
pub use roots::stale::NativeStack;
pub use roots::threads::{
    ThreadStack, after_fork, publish, register_thread, resume, stack_bounds, unregister_thread,
};
pub use stress::{start_stress, stop_stress};
