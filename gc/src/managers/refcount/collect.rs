//! Finding the dead: the cycles of one generation and those younger.

use super::death;
use super::trial::{Trial, is_candidate};
use crate::control::{self, DEBUG_STATS, GENERATIONS};
use crate::events::{self, Phase, Reason};
use crate::gil::Gil;
use crate::heap::pages::{LISTED, LISTED_MIDDLE, RANGE};
use crate::heap::spans::{GENERATION, MIDDLE, OLD, spans};
use crate::host::{Event, host};
use crate::managers::Collected;
use core::cell::Cell;

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

    let trial = Trial::new(pages_to_examine(generation), generation);
    let dead = trial.split();
    record.phase(Phase::Mark);
    promote(generation, &trial, dead.len());
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

/// The pages in which objects of the generation, or of a younger one, begin.
fn pages_to_examine(generation: usize) -> Vec<u32> {
    let mut young = control::take_young_pages();
    for &number in &young {
        RANGE.page(number as usize).unset(LISTED);
    }
    if generation == 0 {
        // Its survivors are in generation 1.
        control::list_middle_pages(&young);
        return young;
    }
    let middle = control::take_middle_pages();
    if generation == 1 {
        // A page in both lists is examined once.
        young.retain(|&number| !RANGE.page(number as usize).has(LISTED_MIDDLE));
        young.extend(&middle);
    }
    for &number in &middle {
        RANGE.page(number as usize).unset(LISTED_MIDDLE);
    }
    if generation == 1 {
        return young;
    }
    spans()
        .filter(|span| !span.is_buffer())
        .flat_map(|span| {
            // A span that is one object has it in the first page.
            let pages = if span.is_large() {
                1
            } else {
                span.first.pages.get() as usize
            };
            span.number..span.number + pages
        })
        .map(|number| number as u32)
        .collect()
}

/// What was examined and lives is older by one generation. The dead move with it: what is resurrected belongs there.
fn promote(generation: usize, trial: &Trial, dead: usize) {
    let older = if generation == 0 { MIDDLE } else { OLD };
    trial.for_each_tracked(|object| {
        let state = RANGE.state(object as usize);
        state.set(state.get() & !GENERATION | older);
        if !is_candidate(object) {
            host().untrack_if_atomic(object);
        }
    });
    control::note_survivors(generation, trial.candidates - dead);
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
