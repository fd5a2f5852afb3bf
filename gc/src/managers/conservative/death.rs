//! What becomes of the condemned.
//!
//! Those that no cycle leads to die as by counting, owners first: finalizers while weak references are alive, then weak
//! references. The others die as by CPython's cycle collector: weak references first, then finalizers, then `tp_clear`. A
//! finalizer, or a weak reference that is read while it is alive, may bring objects back; so a trace from the roots comes
//! before anything that can't be undone. Memory is released after the last dealloc.
//!
//! Invariant: the condemned bits are those of the objects, and of what they refer to, whose rites are to come. Lists of them
//! lie in hidden memory, or the trace would find them alive.

use super::collect::{mark_newborn_dead, note_released, trace_from};
use super::{mark, order};
use crate::gil::Gil;
use crate::heap::alloc::release_cell;
use crate::heap::pages::RANGE;
use crate::heap::spans::{
    ALLOCATED, FINALIZED, FREED, REFERENCED_WEAKLY, RETIRED, Span, TRACKED, find_cell,
};
use crate::heap::{birth_refcnt, is_finalized, set_finalized};
use crate::hidden::Hidden;
use crate::host::host;
use crate::roots::stale::NativeStack;
use core::cell::{Cell, RefCell};
use layout::PyObject;

struct Rites {
    /// The condemned that have death rites.
    waiting: RefCell<Hidden<*mut PyObject>>,
    pending: Cell<bool>,
    running: Cell<bool>,
    /// A condemned object was brought to light while rites ran.
    leaked: Cell<bool>,
    /// Objects of `Kind::Plain` may have finalizers.
    late_finalizers: Cell<bool>,
}

static RITES: Gil<Rites> = Gil::new(Rites {
    waiting: RefCell::new(Hidden::new()),
    pending: Cell::new(false),
    running: Cell::new(false),
    leaked: Cell::new(false),
    late_finalizers: Cell::new(false),
});

/// Whether condemned objects wait for their rites.
#[inline]
pub fn are_pending() -> bool {
    RITES.pending.get()
}

/// Whether the object at `address` is dead, though its memory is not free yet.
#[inline]
pub fn is_condemned(address: usize) -> bool {
    are_pending() && RANGE.contains(address) && RANGE.condemned.get(RANGE.granule(address))
}

/// Whether the object is dead and its rites are not over: whoever refers to it is dead too.
pub fn is_dying(object: *const PyObject) -> bool {
    is_condemned(object as usize)
}

/// Whether rites are being performed.
#[inline]
pub fn are_rites_running() -> bool {
    RITES.running.get()
}

/// Whether an explicit free has to wait.
#[inline]
pub fn keeps_until_rites_end(address: usize) -> bool {
    RITES.running.get() && is_condemned(address)
}

/// A weak reference to `object` was read: whoever has it may keep it. To be called wherever a weak reference yields its
/// referent, except in the rites themselves.
#[inline]
pub fn weakref_read(object: *mut PyObject) {
    if is_condemned(object as usize) {
        spare();
    }
}

/// Code of the program is about to run. While rites are performed, it may take hold of the condemned.
#[inline]
pub fn note_code() {
    if RITES.running.get() {
        RITES.leaked.set(true);
    }
}

#[cold]
fn spare() {
    if RITES.running.get() {
        RITES.leaked.set(true);
    } else {
        // The next collection decides anew.
        pardon_all();
    }
}

fn granules() -> usize {
    RANGE.granule(RANGE.base.get() + RANGE.used.get())
}

fn pardon_all() {
    RANGE.condemned.clear_all(granules());
    RITES.waiting.borrow_mut().clear();
    RITES.pending.set(false);
}

/// Says that an object of `Kind::Plain` may have got a finalizer: its class has a new one, or it a new class.
pub fn note_late_finalizer() {
    RITES.late_finalizers.set(true);
}

pub fn plain_may_have_finalizers() -> bool {
    RITES.late_finalizers.get()
}

/// What the death of an object takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Nothing.
    Unnoticed,
    /// A dealloc that only frees native memory.
    Quiet,
    /// Rites in their order: finalizers, weak references, dealloc.
    WithRites,
}

/// What the death of an unmarked object takes. No code of the program runs.
pub fn kind_of_death(span: Span, address: usize) -> Death {
    let state = RANGE.state(address).get();
    let object = address as *mut PyObject;
    // SAFETY: a live cell has a header.
    let untyped = unsafe { (*object).ob_type.get().is_null() };
    if untyped || state & RETIRED != 0 {
        return Death::Unnoticed;
    }
    if state & REFERENCED_WEAKLY != 0 && host().has_weakrefs(object) {
        return Death::WithRites;
    }
    if !span.is_destructible() && !plain_may_have_finalizers() {
        return Death::Unnoticed;
    }
    if state & FINALIZED == 0 && host().has_finalizer(object) {
        return Death::WithRites;
    }
    match (host().needs_dealloc(object), host().dies_quietly(object)) {
        (false, _) => Death::Unnoticed,
        (true, true) => Death::Quiet,
        (true, false) => Death::WithRites,
    }
}

/// Runs the dealloc of those that die quietly; the sweep that follows frees what they refer to. `late` gets those that something
/// with rites leads to, as it may still ask for them. Returns how many tracked objects were buried.
pub fn bury_quietly(objects: &[*mut PyObject], late: &mut Hidden<*mut PyObject>) -> usize {
    let mut tracked = 0;
    for &object in objects {
        if mark::is_marked(object as usize) {
            late.push(object);
            continue;
        }
        tracked += usize::from(RANGE.state(object as usize).get() & TRACKED != 0);
        host().dealloc(object);
    }
    tracked
}

/// The rites of these objects are to come; they are condemned already.
pub fn await_rites(objects: Hidden<*mut PyObject>) {
    RITES.waiting.replace(objects);
    RITES.pending.set(true);
}

/// Marks the condemned, whose rites are not over. Those whose dealloc was called are not visited again.
pub fn keep_condemned() {
    for granule in RANGE.condemned.ones(granules()) {
        let address = RANGE.granule_address(granule);
        let state = RANGE.state(address).get();
        if state & (RETIRED | FREED) != 0 {
            RANGE.marked.set(granule);
        } else if let Some((span, address)) = find_cell(address) {
            mark::mark_cell(span, address);
        }
    }
}

/// Performs the rites of all condemned objects and frees their memory. Returns how many tracked objects died that way.
pub fn run(stack: NativeStack) -> usize {
    if !are_pending() {
        return 0;
    }
    RITES.running.set(true);
    RITES.leaked.set(false);
    let waiting = RITES.waiting.replace(Hidden::new());
    let order::Order { alone, cyclic } = order::sort(waiting.as_slice());
    drop(waiting);

    finalize(alone.as_slice());
    stack.clear_unused();
    spare_what_returned(stack);
    handle_weakrefs_singly(alone.as_slice());
    handle_weakrefs_together(cyclic.as_slice());
    finalize(cyclic.as_slice());
    stack.clear_unused();
    spare_what_returned(stack);
    let dead = still_condemned(cyclic.as_slice());
    host().clear_weakrefs_quietly(dead.as_slice());
    dead.as_slice()
        .iter()
        .filter(|&&object| host().needs_dealloc(object))
        .for_each(|&object| host().clear(object));
    let collected = count_tracked();
    deallocate(alone.as_slice());
    deallocate(cyclic.as_slice());
    stack.clear_unused();
    // An extension's dealloc may have run code of the program, which keeps what the dead referred to.
    spare_what_returned(stack);
    release();
    RITES.running.set(false);
    collected
}

fn still_condemned(objects: &[*mut PyObject]) -> Hidden<*mut PyObject> {
    let mut dead = Hidden::new();
    objects
        .iter()
        .filter(|&&object| is_condemned(object as usize))
        .for_each(|&object| dead.push(object));
    dead
}

#[inline(never)]
fn finalize(objects: &[*mut PyObject]) {
    for &object in objects {
        if is_condemned(object as usize) && !is_finalized(object) && host().has_finalizer(object) {
            set_finalized(object);
            RITES.leaked.set(true);
            host().finalize(object);
        }
    }
}

/// After code of the program has run: whatever the roots lead to again is not dead, nor what the rites of newborn objects may
/// ask for.
#[inline(never)]
fn spare_what_returned(stack: NativeStack) {
    if !RITES.leaked.replace(false) {
        return;
    }
    trace_from(stack, None);
    mark_newborn_dead();
    for granule in RANGE.condemned.ones(granules()).collect::<Vec<_>>() {
        let retired = RANGE.state(RANGE.granule_address(granule)).get() & RETIRED != 0;
        if RANGE.marked.get(granule) && !retired {
            RANGE.condemned.clear(granule);
        }
    }
}

fn handle_weakrefs_singly(objects: &[*mut PyObject]) {
    for &object in objects {
        if is_condemned(object as usize) && host().has_weakrefs(object) {
            host().handle_weakrefs(&[object], &|object| is_condemned(object as usize));
        }
    }
}

fn handle_weakrefs_together(objects: &[*mut PyObject]) {
    let dead = still_condemned(objects);
    if !dead.is_empty() {
        host().handle_weakrefs(dead.as_slice(), &|object| is_condemned(object as usize));
    }
}

fn deallocate(objects: &[*mut PyObject]) {
    for &object in objects {
        if !is_condemned(object as usize) || !host().needs_dealloc(object) {
            continue;
        }
        let state = RANGE.state(object as usize);
        state.set(state.get() | RETIRED);
        host().dealloc(object);
    }
}

fn count_tracked() -> usize {
    let tracked =
        |&granule: &usize| RANGE.state(RANGE.granule_address(granule)).get() & TRACKED != 0;
    RANGE.condemned.ones(granules()).filter(tracked).count()
}

/// Frees the condemned, except those that an extension kept for itself.
fn release() {
    let mut condemned = Hidden::new();
    RANGE
        .condemned
        .ones(granules())
        .for_each(|granule| condemned.push(granule));
    pardon_all();
    let mut bytes = 0;
    for &granule in condemned.as_slice() {
        let address = RANGE.granule_address(granule);
        let state = RANGE.state(address);
        if state.get() & (RETIRED | FREED) == RETIRED {
            state.set(ALLOCATED | RETIRED);
        } else if let Some((span, object)) = find_cell(address) {
            bytes += span.cell_size();
            // SAFETY: dead, and all rites are over.
            unsafe { release_cell(span, object) };
        }
    }
    note_released(bytes);
}

/// What `tp_free` does: in the rites the memory waits for their end, else it returns at the next sweep.
///
/// # Safety
/// `object` is a live object of `span`, which nothing but a dead object refers to.
pub unsafe fn free_object(_span: Span, object: usize) {
    let state = RANGE.state(object);
    if keeps_until_rites_end(object) {
        state.set(state.get() & !TRACKED | FREED);
    } else {
        state.set(0);
    }
}

/// For `PyObject_Init` and its kin: the cell begins a new life, as extensions do with what they keep in free lists.
///
/// # Safety
/// The caller owns `object` and initialises its header.
pub unsafe fn reinit(object: *mut PyObject) {
    let address = object as usize;
    if RANGE.contains(address) {
        let state = RANGE.state(address);
        state.set(state.get() & !(RETIRED | FINALIZED | FREED));
    }
    // SAFETY: the caller's promise.
    unsafe {
        (*object).ob_refcnt.set(birth_refcnt());
        (*object).ob_overflow.set(0);
        (*object).ob_flags.set(0);
    }
}
