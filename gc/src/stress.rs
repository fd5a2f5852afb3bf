//! `--gc-stress=N`: a collection at every Nth allocation, once the main program has started.
//!
//! While it is on, no list of free cells is ever left full, so every allocation takes the slow path and is seen here.

use crate::gil::Gil;
use crate::heap::alloc;
use crate::managers;
use core::cell::Cell;

struct Stress {
    every: Cell<u64>,
    left: Cell<u64>,
    on: Cell<bool>,
}

static STRESS: Gil<Stress> = Gil::new(Stress {
    every: Cell::new(0),
    left: Cell::new(0),
    on: Cell::new(false),
});

pub(crate) fn configure(every: Option<u64>) {
    STRESS.every.set(every.unwrap_or(0));
}

/// Begins to count allocations, if stress was asked for: the script's first line is about to run.
pub fn start_stress() {
    if STRESS.every.get() != 0 {
        STRESS.left.set(STRESS.every.get());
        STRESS.on.set(true);
        alloc::hold_all_cells();
    }
}

/// Stops counting.
pub fn stop_stress() {
    STRESS.on.set(false);
}

#[inline]
pub(crate) fn is_on() -> bool {
    STRESS.on.get()
}

/// Counts one allocation.
#[inline]
pub(crate) fn tick() {
    if is_on() {
        STRESS.left.set(STRESS.left.get() - 1);
        if STRESS.left.get() == 0 {
            STRESS.left.set(STRESS.every.get());
            managers::collect_for_stress();
        }
    }
}
