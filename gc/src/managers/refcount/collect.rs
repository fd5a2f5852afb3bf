//! Finding the dead: the cycles of one generation and those younger.

use super::death;
use super::trial::Trial;
use crate::control::{self, DEBUG_STATS, GENERATIONS};
use crate::events::{self, Phase, Reason};
use crate::gil::Gil;
use crate::heap::pages::{GRANULES_PER_PAGE, LISTED, RANGE};
use crate::heap::spans::{GENERATION, MIDDLE, OLD, TRACKED, spans};
use crate::host::{Event, host};
use crate::managers::Collected;
use core::cell::Cell;
use layout::PyObject;

static FULL_WANTED: Gil<Cell<bool>> = Gil::new(Cell::new(false));

/// Makes the next pending collection a full one, whatever the thresholds say.
pub fn ask_for_full() {
    FULL_WANTED.set(true);
}

/// A full collection, if stress asked for one.
pub fn take_full_request() -> bool {
    FULL_WANTED.replace(false)
}

/// Collects `generation` and what is younger.
pub fn collect(generation: usize, reason: Reason) -> Collected {
    control::set_collecting(true);
    let announced = |stop, collected: Collected| {
        if reason != Reason::Shutdown {
            host().event(&Event {
                stop,
                generation,
                collected: collected.collected,
                uncollectable: collected.uncollectable,
            });
        }
    };
    announced(false, Collected::default());
    let record = events::begin(generation, reason);
    debug_start(generation);
    control::begin_generation(generation);

    let mut trial = Trial::new();
    gather(generation, &mut trial);
    let (survivors, dead) = trial.split(&trial.candidates);
    record.phase(Phase::Mark);
    promote(generation, &survivors, &dead);
    let collected = death::run(&trial, dead);
    drop(trial);
    if generation == GENERATIONS - 1 {
        super::rebuild();
    }

    control::add_stats(generation, collected.collected, collected.uncollectable);
    let pause = record.end(collected);
    debug_stop(collected, pause);
    announced(true, collected);
    control::set_collecting(false);
    collected
}

/// Makes every tracked object of the generations to be examined a candidate.
fn gather(generation: usize, trial: &mut Trial) {
    if generation == GENERATIONS - 1 {
        let pages = control::take_young_pages();
        pages
            .iter()
            .for_each(|&number| RANGE.page(number as usize).unset(LISTED));
        for span in spans().filter(|span| !span.is_buffer()) {
            span.allocated()
                .for_each(|object| consider(object, generation, trial));
        }
        return;
    }
    let pages = control::take_young_pages();
    for &number in &pages {
        consider_page(number as usize, generation, trial);
    }
    if generation == 0 {
        control::put_young_pages(pages);
    } else {
        pages
            .iter()
            .for_each(|&number| RANGE.page(number as usize).unset(LISTED));
    }
}

/// Considers the objects that begin in a page.
fn consider_page(number: usize, oldest: usize, trial: &mut Trial) {
    let first = number * GRANULES_PER_PAGE;
    let tracked = u64::from_ne_bytes([TRACKED; 8]);
    let states = RANGE.state_words(first, GRANULES_PER_PAGE);
    for (index, word) in states.iter().enumerate() {
        if word.get() & tracked != 0 {
            let granules = first + index * 8..first + index * 8 + 8;
            granules.for_each(|granule| consider(RANGE.granule_address(granule), oldest, trial));
        }
    }
}

fn consider(address: usize, oldest: usize, trial: &mut Trial) {
    let state = RANGE.state(address).get();
    if state & TRACKED != 0 && control::generation_of(state).is_some_and(|index| index <= oldest) {
        trial.add(address as *mut PyObject);
    }
}

/// What was examined and lives is older by one generation. The dead move with it: what is resurrected belongs there.
fn promote(generation: usize, survivors: &[*mut PyObject], dead: &[*mut PyObject]) {
    let older = if generation == 0 { MIDDLE } else { OLD };
    for &object in survivors.iter().chain(dead) {
        let state = RANGE.state(object as usize);
        state.set(state.get() & !GENERATION | older);
    }
    control::note_survivors(generation, survivors.len());
    survivors
        .iter()
        .for_each(|&object| host().untrack_if_atomic(object));
}

fn debug_start(generation: usize) {
    if control::get_debug() & DEBUG_STATS == 0 {
        return;
    }
    let mut counts = [0usize; GENERATIONS];
    crate::for_each_tracked(None, |object| {
        if let Some(index) = control::generation_of(RANGE.state(object as usize).get()) {
            counts[index] += 1;
        }
    });
    host().debug_line(&format!("gc: collecting generation {generation}..."));
    host().debug_line(&format!(
        "gc: objects in each generation: {} {} {}",
        counts[0], counts[1], counts[2]
    ));
    host().debug_line(&format!(
        "gc: objects in permanent generation: {}",
        control::get_freeze_count()
    ));
}

fn debug_stop(collected: Collected, pause: std::time::Duration) {
    if control::get_debug() & DEBUG_STATS != 0 {
        host().debug_line(&format!(
            "gc: done, {} unreachable, {} uncollectable, {:.4}s elapsed",
            collected.collected + collected.uncollectable,
            collected.uncollectable,
            pause.as_secs_f64()
        ));
    }
}
