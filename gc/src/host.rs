//! What the runtime does for its memory manager: roots, finalizers, weak references, events.
//!
//! The manager knows objects as memory with a type, no more. Everything else about them it asks the `Host`, which the vm
//! installs once. The defaults read the type's slots and suit any runtime; the vm overrides what it knows better.

use crate::gil::Gil;
use core::cell::Cell;
use layout::{PyObject, PyTypeObject, destructor, inquiry};

/// The runtime, as the managers see it. All methods are called with the GIL held, on the thread that collects, and with live
/// objects whose type word is set.
pub trait Host: Sync {
    /// Visits references that no scan finds. Tracing managers only; may be empty, since data segments are scanned.
    fn roots(&self, visit: &mut dyn FnMut(*mut PyObject)) {
        let _ = visit;
    }

    /// Calls `scan` with the start and the length in bytes of each range outside of the heap, the native heap, the stacks
    /// and the data segments that holds references: the Python data stacks. Words may have their low three bits set.
    fn root_ranges(&self, scan: &mut dyn FnMut(*const u8, usize)) {
        let _ = scan;
    }

    /// Whether `tp_traverse` of this type visits every reference that an instance holds, in itself, in its buffers and in
    /// its prefix. Types for which this is false are scanned conservatively, the whole cell. Must not allocate.
    fn is_precise(&self, tp: *const PyTypeObject) -> bool {
        let _ = tp;
        false
    }

    /// Whether `finalize` would have an effect. Must not run Python code.
    fn has_finalizer(&self, object: *mut PyObject) -> bool {
        type_of(object).tp_finalize.get().is_some()
    }

    /// Runs `tp_finalize`. The caller has set the finalized flag and, where counts matter, holds a reference.
    fn finalize(&self, object: *mut PyObject) {
        call(type_of(object).tp_finalize.get(), object);
    }

    /// Whether the object has the legacy finalizer, `tp_del`, which makes its cycle uncollectable under counting.
    fn has_legacy_finalizer(&self, object: *mut PyObject) -> bool {
        type_of(object).tp_del.get().is_some()
    }

    /// Whether live weak references to the object exist.
    fn has_weakrefs(&self, object: *mut PyObject) -> bool;

    /// Clears every weak reference to the objects of `dead`; then calls the callbacks of those weak references that are
    /// not themselves dead by `is_dead`.
    fn handle_weakrefs(&self, dead: &[*mut PyObject], is_dead: &dyn Fn(*mut PyObject) -> bool);

    /// Clears weak references that finalizers made to the objects of `dead`. No callback is called.
    fn clear_weakrefs_quietly(&self, dead: &[*mut PyObject]);

    /// Runs `tp_clear`, and reports the exception if it leaves one.
    fn clear(&self, object: *mut PyObject) {
        if let Some(clear) = type_of(object).tp_clear.get() {
            call_inquiry(clear, object);
        }
    }

    /// Whether the death of this object has effects beyond its memory and that of its buffers, so that `tp_dealloc` has to
    /// run under a tracing manager. The default: every type that native code defines.
    fn needs_dealloc(&self, object: *mut PyObject) -> bool {
        !self.is_precise(type_of(object))
    }

    /// Whether `tp_dealloc` of this object, which needs it, frees native memory and does nothing else: then it may run in any
    /// order, with no more than the memory of what the object refers to still there. The default: of none.
    fn dies_quietly(&self, object: *mut PyObject) -> bool {
        let _ = object;
        false
    }

    /// Runs `tp_dealloc`.
    fn dealloc(&self, object: *mut PyObject) {
        call(type_of(object).tp_dealloc.get(), object);
    }

    /// Untracks a survivor of generation 0 that can't be part of a cycle, such as a tuple of strings.
    fn untrack_if_atomic(&self, object: *mut PyObject) {
        let _ = object;
    }

    /// Appends to `gc.garbage`.
    fn append_garbage(&self, object: *mut PyObject);

    /// Calls `gc.callbacks`.
    fn event(&self, event: &Event) {
        let _ = event;
    }

    /// Writes a line of `gc.set_debug` output to `sys.stderr`.
    fn debug_line(&self, line: &str) {
        eprintln!("{line}");
    }

    /// Sets the eval breaker: `collect_pending` wants to be called at the next bytecode boundary. May come from inside an
    /// allocation, so it must not allocate.
    fn request(&self);
}

/// What `gc.callbacks` are told.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// `false` before a collection, `true` after it.
    pub stop: bool,
    pub generation: usize,
    pub collected: usize,
    pub uncollectable: usize,
}

fn call(slot: Option<destructor>, object: *mut PyObject) {
    if let Some(function) = slot {
        // SAFETY: a slot of the object's own type, and a manager names live objects only.
        unsafe { function(object) };
    }
}

fn call_inquiry(function: inquiry, object: *mut PyObject) {
    // SAFETY: as for `call`.
    unsafe { function(object) };
}

struct Nobody;

impl Host for Nobody {
    fn has_weakrefs(&self, _: *mut PyObject) -> bool {
        false
    }
    fn handle_weakrefs(&self, _: &[*mut PyObject], _: &dyn Fn(*mut PyObject) -> bool) {}
    fn clear_weakrefs_quietly(&self, _: &[*mut PyObject]) {}
    fn append_garbage(&self, _: *mut PyObject) {}
    fn request(&self) {}
}

static HOST: Gil<Cell<&'static dyn Host>> = Gil::new(Cell::new(&Nobody));

/// Names the runtime, once, at start-up.
pub fn install_host(host: &'static dyn Host) {
    HOST.set(host);
}

#[inline]
pub(crate) fn host() -> &'static dyn Host {
    HOST.get()
}

/// The type of an object that has one.
#[inline]
pub(crate) fn type_of<'a>(object: *mut PyObject) -> &'a PyTypeObject {
    // SAFETY: callers pass live objects whose type word is set, and a type outlives its instances.
    unsafe { &*(*object).ob_type.get() }
}
