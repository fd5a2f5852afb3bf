//! What the `gc` module shows and sets: generations, thresholds, counts, statistics, enabling, debug flags.
//!
//! The state is the same under every manager. Under managers that do not count, generations are a façade: each collection is
//! full, and the counts only answer `gc.get_count`.

use crate::gil::Gil;
use crate::heap::pages::{LISTED, LISTED_MIDDLE, RANGE};
use crate::heap::spans::{FROZEN, GENERATION, MIDDLE, OLD, TRACKED, YOUNG, spans};
use crate::host::host;
use crate::managers;
use core::cell::{Cell, RefCell};

/// How many generations `gc` has.
pub const GENERATIONS: usize = 3;

/// `gc.DEBUG_STATS`.
pub const DEBUG_STATS: u32 = 1;
/// `gc.DEBUG_COLLECTABLE`.
pub const DEBUG_COLLECTABLE: u32 = 2;
/// `gc.DEBUG_UNCOLLECTABLE`.
pub const DEBUG_UNCOLLECTABLE: u32 = 4;
/// `gc.DEBUG_SAVEALL`.
pub const DEBUG_SAVEALL: u32 = 32;

/// One entry of `gc.get_stats()`.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct GenerationStats {
    pub collections: usize,
    pub collected: usize,
    pub uncollectable: usize,
}

#[derive(Default)]
struct Generation {
    count: Cell<i64>,
    threshold: Cell<i64>,
    stats: Cell<GenerationStats>,
}

impl Generation {
    const fn with_threshold(threshold: i64) -> Self {
        Generation {
            count: Cell::new(0),
            threshold: Cell::new(threshold),
            stats: Cell::new(GenerationStats {
                collections: 0,
                collected: 0,
                uncollectable: 0,
            }),
        }
    }
}

struct Control {
    generations: [Generation; GENERATIONS],
    enabled: Cell<bool>,
    collecting: Cell<bool>,
    requested: Cell<bool>,
    debug: Cell<u32>,
    long_lived_total: Cell<usize>,
    long_lived_pending: Cell<usize>,
    young_pages: RefCell<Vec<u32>>,
    middle_pages: RefCell<Vec<u32>>,
}

static CONTROL: Gil<Control> = Gil::new(Control {
    generations: [
        Generation::with_threshold(2000),
        Generation::with_threshold(10),
        Generation::with_threshold(10),
    ],
    enabled: Cell::new(true),
    collecting: Cell::new(false),
    requested: Cell::new(false),
    debug: Cell::new(0),
    long_lived_total: Cell::new(0),
    long_lived_pending: Cell::new(0),
    young_pages: RefCell::new(Vec::new()),
    middle_pages: RefCell::new(Vec::new()),
});

pub fn enable() {
    CONTROL.enabled.set(true);
}

pub fn disable() {
    CONTROL.enabled.set(false);
}

/// Whether automatic collection is on.
pub fn is_enabled() -> bool {
    CONTROL.enabled.get()
}

pub fn set_debug(flags: u32) {
    CONTROL.debug.set(flags);
}

pub fn get_debug() -> u32 {
    CONTROL.debug.get()
}

/// `gc.set_threshold`; `None` leaves a generation's threshold as it is.
pub fn set_threshold(thresholds: [Option<i64>; GENERATIONS]) {
    for (generation, threshold) in CONTROL.generations.iter().zip(thresholds) {
        if let Some(threshold) = threshold {
            generation.threshold.set(threshold);
        }
    }
}

pub fn get_threshold() -> [i64; GENERATIONS] {
    CONTROL
        .generations
        .each_ref()
        .map(|generation| generation.threshold.get())
}

pub fn get_count() -> [i64; GENERATIONS] {
    CONTROL
        .generations
        .each_ref()
        .map(|generation| generation.count.get())
}

pub fn get_stats() -> [GenerationStats; GENERATIONS] {
    CONTROL
        .generations
        .each_ref()
        .map(|generation| generation.stats.get())
}

/// Moves every tracked object to the permanent generation, which no collection examines.
pub fn freeze() {
    change_generation(|_| true, FROZEN);
    CONTROL
        .generations
        .iter()
        .for_each(|generation| generation.count.set(0));
}

/// Moves every tracked object to the oldest generation unexamined: what start-up made lives as long as the program.
pub fn settle() {
    change_generation(|_| true, OLD);
    take_young_pages()
        .iter()
        .for_each(|&number| RANGE.page(number as usize).unset(LISTED));
    CONTROL
        .generations
        .iter()
        .for_each(|generation| generation.count.set(0));
}

/// Moves the permanent generation back to the oldest one.
pub fn unfreeze() {
    change_generation(|state| state & GENERATION == FROZEN, OLD);
}

/// How many objects are in the permanent generation.
pub fn get_freeze_count() -> usize {
    let mut count = 0;
    for_each_state(|state| count += usize::from(state.get() & GENERATION == FROZEN));
    count
}

fn change_generation(which: impl Fn(u8) -> bool, generation: u8) {
    for_each_state(|state| {
        if which(state.get()) {
            state.set(state.get() & !GENERATION | generation);
        }
    });
}

fn for_each_state(mut f: impl FnMut(&Cell<u8>)) {
    for span in spans() {
        for object in span.allocated() {
            let state = RANGE.state(object);
            if state.get() & TRACKED != 0 {
                f(state);
            }
        }
    }
}

/// The generation of a tracked object, from its state byte; `None` for the permanent one.
pub(crate) fn generation_of(state: u8) -> Option<usize> {
    match state & GENERATION {
        YOUNG => Some(0),
        MIDDLE => Some(1),
        OLD => Some(2),
        _ => None,
    }
}

/// Counts an object that became tracked, and asks for a collection where the threshold is passed.
#[inline]
pub(crate) fn count_tracked() {
    if count_young() > CONTROL.generations[0].threshold.get() {
        request_if_wanted();
    }
}

/// Counts an object that became tracked; says how many there are.
#[inline]
pub(crate) fn count_young() -> i64 {
    let young = &CONTROL.generations[0];
    let count = young.count.get() + 1;
    young.count.set(count);
    count
}

/// Counts an object that is tracked no more: only net growth asks for a collection.
#[inline]
pub(crate) fn count_untracked() {
    let young = &CONTROL.generations[0];
    if young.count.get() > 0 {
        young.count.set(young.count.get() - 1);
    }
}

#[cold]
fn request_if_wanted() {
    let threshold = CONTROL.generations[0].threshold.get();
    if threshold != 0 && managers::counts() && is_enabled() && !is_collecting() {
        request();
    }
}

/// Asks the interpreter to call `collect_pending` at its next bytecode boundary.
pub(crate) fn request() {
    if !CONTROL.requested.replace(true) {
        host().request();
    }
}

/// Whether `collect_pending` has something to do.
#[inline]
pub fn is_requested() -> bool {
    CONTROL.requested.get()
}

pub(crate) fn take_request() -> bool {
    CONTROL.requested.replace(false)
}

/// Whether a collection is running.
pub fn is_collecting() -> bool {
    CONTROL.collecting.get()
}

pub(crate) fn set_collecting(collecting: bool) {
    CONTROL.collecting.set(collecting);
    managers::note_who_watches_frees();
}

pub(crate) fn list_young_page(number: usize) {
    CONTROL.young_pages.borrow_mut().push(number as u32);
}

pub(crate) fn take_young_pages() -> Vec<u32> {
    CONTROL.young_pages.take()
}

/// Adds pages to those that hold objects of generation 1.
pub(crate) fn list_middle_pages(pages: &[u32]) {
    let mut middle = CONTROL.middle_pages.borrow_mut();
    for &number in pages {
        let page = RANGE.page(number as usize);
        if !page.has(LISTED_MIDDLE) {
            page.set(LISTED_MIDDLE);
            middle.push(number);
        }
    }
}

pub(crate) fn take_middle_pages() -> Vec<u32> {
    CONTROL.middle_pages.take()
}

/// The oldest generation whose threshold is passed. The full one waits until a quarter of the old objects is new.
pub(crate) fn due_generation() -> Option<usize> {
    let exceeded = |index: usize| {
        let generation = &CONTROL.generations[index];
        generation.count.get() > generation.threshold.get()
    };
    let full_pays = CONTROL.long_lived_pending.get() >= CONTROL.long_lived_total.get() / 4;
    if CONTROL.generations[0].threshold.get() == 0 {
        return None;
    }
    (0..GENERATIONS)
        .rev()
        .find(|&index| exceeded(index) && (index < 2 || full_pays))
}

/// Before a collection: it counts towards the next older one, and starts the younger counts anew.
pub(crate) fn begin_generation(index: usize) {
    if let Some(older) = CONTROL.generations.get(index + 1) {
        older.count.set(older.count.get() + 1);
    }
    CONTROL.generations[..=index]
        .iter()
        .for_each(|generation| generation.count.set(0));
}

/// After the marking of a collection: how many of its objects are long-lived now.
pub(crate) fn note_survivors(index: usize, survivors: usize) {
    match index {
        1 => CONTROL
            .long_lived_pending
            .set(CONTROL.long_lived_pending.get() + survivors),
        2 => {
            CONTROL.long_lived_pending.set(0);
            CONTROL.long_lived_total.set(survivors);
        }
        _ => {}
    }
}

pub(crate) fn add_stats(index: usize, collected: usize, uncollectable: usize) {
    let stats = &CONTROL.generations[index].stats;
    let mut sums = stats.get();
    sums.collections += 1;
    sums.collected += collected;
    sums.uncollectable += uncollectable;
    stats.set(sums);
}
