//! The managers: when memory is reclaimed, and nothing else.
//!
//! `MANAGERS` is the one table. The interpreter loop is generic over `Manager` and reads its `FACTS` at compile time; the
//! rest of the runtime is driven by the header of the object (a birth count that is immortal where nobody counts) and calls
//! the functions below, which go to the manager that `init` chose.
//!
//! # How to add a manager
//! 1. Copy the folder `none`: `mod.rs` states the facts and implements `Manager`, `collect.rs` finds what is dead,
//!    `death.rs` says what becomes of it.
//! 2. Add `mod` and a row to `MANAGERS`.
//! 3. If the manager wants something of the engine that no fact states, add the fact to `Facts`: the compiler then shows
//!    every manager that has to answer.
//! 4. Add a test file `tests/NAME.rs`: the manager is chosen once for a process, so each has a test binary of its own.

pub mod conservative;
pub mod none;
pub mod refcount;

use crate::arch::call_quietly;
use crate::control;
use crate::events::{self, Reason};
use crate::gil::Gil;
use crate::heap::alloc::{release_small_cell, set_birth_refcnt};
use crate::heap::pages::RANGE;
use crate::heap::spans::{Span, TRACKED, find_cell};
use crate::native;
use crate::roots::stale::NativeStack;
use crate::stress;
use core::cell::Cell;
use layout::{_Py_IMMORTAL_INITIAL_REFCNT, PyObject};
use std::fs::File;

pub use conservative::Conservative;
pub use none::NoManager;
pub use refcount::RefCount;

/// What the engine asks about a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The name, as `--gc=` takes it.
    pub name: &'static str,
    /// One line for `--help`.
    pub summary: &'static str,
    /// References are counted: the engine emits increments and decrements.
    pub counts: bool,
    /// The manager must be told of each store of a reference into an object.
    pub barrier: bool,
    /// Objects may change their addresses.
    pub moves: bool,
    /// Stacks are scanned, so a thread must publish its own before it gives the GIL up.
    pub scans_stacks: bool,
}

/// What a collection did.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Collected {
    /// Tracked objects that died.
    pub collected: usize,
    /// Tracked objects that are garbage and can't be freed.
    pub uncollectable: usize,
}

/// A memory manager. The types that implement it have no size: they are parameters.
pub trait Manager: 'static {
    const FACTS: Facts;

    /// Collects at once. Called where Python code may run.
    fn collect(generation: usize, reason: Reason, stack: NativeStack) -> Collected;

    /// Calls `f` with each object that a trace does not reach; under managers that have no trace, with none.
    fn for_each_unreached(stack: NativeStack, f: &mut dyn FnMut(*mut PyObject)) {
        let _ = (stack, f);
    }

    /// Does what was put off until Python code may run, or collects if a threshold asks for it.
    fn collect_pending(stack: NativeStack);

    /// The heap is about to grow by about `bytes`. May collect, but runs no Python code. A collection may be running already:
    /// its finalizers allocate.
    fn before_growth(bytes: usize);

    /// The `--gc-stress` tick, inside an allocation.
    fn collect_for_stress();

    /// What `tp_free` does.
    ///
    /// # Safety
    /// `object` is a live object of `span`, which nothing but a dead object refers to.
    unsafe fn free_object(span: Span, object: usize);
}

/// A row of the table of managers.
pub struct Row {
    pub facts: Facts,
    collect: fn(usize, Reason, NativeStack) -> Collected,
    for_each_unreached: fn(NativeStack, &mut dyn FnMut(*mut PyObject)),
    collect_pending: fn(NativeStack),
    before_growth: fn(usize),
    collect_for_stress: fn(),
    free_object: unsafe fn(Span, usize),
}

const fn row<M: Manager>() -> Row {
    Row {
        facts: M::FACTS,
        collect: M::collect,
        for_each_unreached: M::for_each_unreached,
        collect_pending: M::collect_pending,
        before_growth: M::before_growth,
        collect_for_stress: M::collect_for_stress,
        free_object: M::free_object,
    }
}

/// Every manager; the first one is the default.
pub static MANAGERS: &[Row] = &[row::<RefCount>(), row::<Conservative>(), row::<NoManager>()];

static CURRENT: Gil<Cell<&'static Row>> = Gil::new(Cell::new(&const { row::<RefCount>() }));
static COUNTS: Gil<Cell<bool>> = Gil::new(Cell::new(true));
/// Freeing an object is nothing but giving its cell back: references are counted, and neither a collection nor a record of
/// events wants to know.
static QUICK_FREES: Gil<Cell<bool>> = Gil::new(Cell::new(false));

/// To be called when one of the things that `QUICK_FREES` stands for has changed.
pub(crate) fn note_who_watches_frees() {
    QUICK_FREES.set(COUNTS.get() && !control::is_collecting() && !events::is_recording());
}

/// Chooses the manager, before the first object is allocated. `stress` collects at every Nth allocation from
/// `start_stress` on; `stats` receives one JSON line for each event. False, with nothing done, if no manager has that name.
pub fn init(manager: &str, stress: Option<u64>, stats: Option<File>) -> bool {
    let Some(row) = MANAGERS.iter().find(|row| row.facts.name == manager) else {
        return false;
    };
    RANGE.reserve();
    if row.facts.scans_stacks {
        native::keep_freed_blocks_readable();
    }
    CURRENT.set(row);
    COUNTS.set(row.facts.counts);
    set_birth_refcnt(if row.facts.counts {
        1
    } else {
        _Py_IMMORTAL_INITIAL_REFCNT
    });
    stress::configure(stress);
    events::configure(stats);
    note_who_watches_frees();
    true
}

/// The facts of the manager in use.
pub fn facts() -> Facts {
    CURRENT.get().facts
}

/// Whether references are counted.
#[inline]
pub fn counts() -> bool {
    COUNTS.get()
}

/// Collects `generation` (0 to 2) and everything younger, and runs finalizers and callbacks. Call it only where Python code
/// may run. Does nothing while another collection runs.
pub fn collect(generation: usize, reason: Reason, stack: NativeStack) -> Collected {
    if control::is_collecting() {
        return Collected::default();
    }
    (CURRENT.get().collect)(generation, reason, stack)
}

/// Calls `f` with each object that nothing leads to. Nothing is freed, and no code of the program runs. Where counts tell of
/// deaths at once, there is none to be found.
pub fn for_each_unreached(stack: NativeStack, f: &mut dyn FnMut(*mut PyObject)) {
    (CURRENT.get().for_each_unreached)(stack, f);
}

/// Something has run out that dead objects may hold, such as descriptors. Collects, and says that it is worth another try. False
/// where it is not, since counting would have found such objects at once. Call it only where Python code may run.
#[cold]
pub fn reclaim() -> bool {
    if counts() || control::is_collecting() {
        return false;
    }
    collect(
        control::GENERATIONS - 1,
        Reason::Exhausted,
        NativeStack::Whole,
    );
    true
}

/// What the interpreter calls at a bytecode boundary after `Host::request`.
pub fn collect_pending(stack: NativeStack) {
    if control::take_request() && !control::is_collecting() {
        (CURRENT.get().collect_pending)(stack);
    }
}

#[inline]
pub(crate) fn before_growth(bytes: usize) {
    (CURRENT.get().before_growth)(bytes);
}

static RESOURCES: Gil<Cell<u32>> = Gil::new(Cell::new(0));

/// An object that may own native memory is about to be born. The heap's growth says little about such memory, so it is
/// looked at now and then.
#[inline]
pub fn before_resource() {
    let n = RESOURCES.get().wrapping_add(1);
    RESOURCES.set(n);
    if n.is_multiple_of(32) {
        before_growth(0);
    }
}

pub(crate) fn collect_for_stress() {
    (CURRENT.get().collect_for_stress)();
}

/// What `tp_free` calls: the object is dead and its memory may be used again, at once where references are counted.
/// Elsewhere the memory returns at the next sweep, or when the death rites are over. Objects outside the heap are ignored.
///
/// # Safety
/// `object` is null, or a live object which nothing but a dead object refers to.
#[inline]
pub unsafe fn free_object(object: *mut PyObject) {
    let address = object as usize;
    if QUICK_FREES.get() && RANGE.contains(address) {
        let state = RANGE.state(address).get();
        // SAFETY: the caller's promise.
        if unsafe { release_small_cell(address) } {
            if state & TRACKED != 0 {
                control::count_untracked();
            }
            return;
        }
    }
    // SAFETY: as above.
    unsafe { free_slowly(address) }
}

/// As `free_object`, for an object that is not tracked, in code that must not be disturbed.
///
/// # Safety
/// As `free_object`.
#[inline(always)]
pub unsafe fn free_quietly(object: *mut PyObject) {
    let address = object as usize;
    // SAFETY: the caller's promise.
    unsafe {
        if !QUICK_FREES.get() || !RANGE.contains(address) || !release_small_cell(address) {
            call_quietly(free_rarely, address, 0);
        }
    }
}

unsafe extern "C" fn free_rarely(address: usize, _: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { free_slowly(address) };
    0
}

/// # Safety
/// As `free_object`, of which this is the general case.
#[cold]
#[inline(never)]
unsafe fn free_slowly(address: usize) {
    let Some(span) = Span::containing(address) else {
        return;
    };
    debug_assert!(
        find_cell(address).is_some_and(|found| found.1 == address),
        "no object"
    );
    if COUNTS.get() {
        // SAFETY: the caller's promise.
        unsafe { RefCount::free_object(span, address) };
    } else {
        // SAFETY: the caller's promise.
        unsafe { (CURRENT.get().free_object)(span, address) };
    }
}

/// Whether a state byte says tracked; the count of generation 0 follows the frees.
#[inline]
pub(crate) fn forget_tracking(address: usize) {
    if RANGE.state(address).get() & TRACKED != 0 {
        control::count_untracked();
    }
}
