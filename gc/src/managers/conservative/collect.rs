//! Finding the dead: mark from the roots, condemn what has death rites with all that it refers to, sweep the rest.
//!
//! A collection that grows out of an allocation ends there, and leaves rites to the next bytecode boundary. One that is
//! asked for performs them.

use super::death::{self, Death};
use super::mark;
use crate::arch::{self, Registers};
use crate::control;
use crate::events::{self, Phase, Reason, Record, Source};
use crate::gil::Gil;
use crate::heap::alloc::{growth, reset_growth};
use crate::heap::pages::{RANGE, WATCHED};
use crate::heap::runs;
use crate::heap::spans::{GENERATION, MIDDLE, OLD, RETIRED, Span, TRACKED, spans};
use crate::heap::sweep::{Usage, sweep};
use crate::hidden::Hidden;
use crate::host::{Event, host};
use crate::managers::Collected;
use crate::native;
use crate::roots::stale::NativeStack;
use crate::roots::{segments, threads, tls};
use core::cell::Cell;
use layout::PyObject;
use std::time::Instant;

/// The generation that a full collection is booked under.
const FULL: usize = control::GENERATIONS - 1;
/// Growth below this many bytes is no reason to collect before the program begins: little of it would be garbage.
const LEAST_GROWTH_AT_START: usize = 64 << 20;
/// The same once it has begun: little where collections take a small part of the time, since it takes memory that was never
/// touched; more and more while they take a large one, as they do where much dies and little lives.
const LEAST_GROWTH: usize = 4 << 20;
const LEAST_GROWTH_BUSY: usize = 32 << 20;
/// One part in so many of the time is a large part for collections, and one in so many a small one.
const LARGE_PART: u32 = 12;
const SMALL_PART: u32 = 48;
/// The next collection comes when heap and native memory are so many times what is live.
const HEAP_FACTOR: f64 = 1.5;
/// The least growth where the factor was asked for.
const LEAST_GROWTH_ASKED: usize = 1 << 20;

/// Native memory is looked at whenever the heap has grown by so many bytes.
const LOOK_EVERY: usize = 64 << 10;
/// A heap of so many live bytes is worth the threads that mark it together.
const SHARED_FROM: usize = 64 << 20;

struct Growth {
    /// Native bytes after the last collection, and how many there are more.
    native: Cell<usize>,
    native_growth: Cell<usize>,
    /// When the heap has grown by so many bytes, native memory is looked at again.
    look_at: Cell<usize>,
    /// Bytes that were live in the heap after the last collection.
    live: Cell<usize>,
    /// Growth below this many bytes is no reason to collect.
    least: Cell<usize>,
    /// The bounds of that.
    least_idle: Cell<usize>,
    least_busy: Cell<usize>,
    /// When the last collection ended.
    ended: Cell<Option<Instant>>,
    heap_factor: Cell<f64>,
    /// Collect when the two have grown by this much together.
    limit: Cell<usize>,
    /// Collected inside an allocation, and not told yet.
    untold: Cell<Option<Collected>>,
    /// A trace is running: nothing may be allocated in the heap.
    tracing: Cell<bool>,
}

static GROWTH: Gil<Growth> = Gil::new(Growth {
    native: Cell::new(0),
    native_growth: Cell::new(0),
    look_at: Cell::new(0),
    live: Cell::new(0),
    least: Cell::new(LEAST_GROWTH),
    least_idle: Cell::new(LEAST_GROWTH),
    least_busy: Cell::new(LEAST_GROWTH_BUSY),
    ended: Cell::new(None),
    heap_factor: Cell::new(HEAP_FACTOR),
    limit: Cell::new(LEAST_GROWTH_AT_START),
    untold: Cell::new(None),
    tracing: Cell::new(false),
});

/// From now on the heap is collected when it is `factor` times what lived after the last collection, however small it is.
pub fn set_heap_factor(factor: f64) {
    GROWTH.heap_factor.set(factor);
    let all = [
        &GROWTH.least,
        &GROWTH.least_idle,
        &GROWTH.least_busy,
        &GROWTH.limit,
    ];
    for least in all {
        least.set(LEAST_GROWTH_ASKED);
    }
}

/// The heap grows by `bytes`: collects if it, and native memory, have grown enough since the last time. 0 bytes: it is
/// native memory that may have grown.
pub fn before_growth(bytes: usize) {
    let heap = growth() + bytes;
    if bytes == 0 || heap >= GROWTH.look_at.get() {
        GROWTH.look_at.set(heap + LOOK_EVERY);
        let native = native::used().saturating_sub(GROWTH.native.get());
        GROWTH.native_growth.set(native);
    }
    if heap + GROWTH.native_growth.get() > GROWTH.limit.get() {
        collect_inside_allocation(Reason::Growth);
    }
}

fn note_live(usage: Usage) {
    reset_growth();
    GROWTH.look_at.set(LOOK_EVERY);
    GROWTH.live.set(usage.bytes);
    note_native();
    runs::trim(GROWTH.limit.get());
}

/// Adapts the least growth to the part of the time that collections take, of which one began at `begun` and ends now.
fn pace(begun: Instant) {
    let now = Instant::now();
    let pause = now - begun;
    let Some(before) = GROWTH.ended.replace(Some(now)) else {
        return;
    };
    let worked = begun - before;
    let least = if worked < pause * LARGE_PART {
        GROWTH
            .least
            .get()
            .saturating_mul(2)
            .min(GROWTH.least_busy.get())
    } else if worked > pause * SMALL_PART {
        (GROWTH.least.get() / 2).max(GROWTH.least_idle.get())
    } else {
        return;
    };
    GROWTH.least.set(least);
    note_native();
}

/// The interpreter has started: what it has allocated lives, and from now on growth is the program's.
pub fn note_started() {
    GROWTH.live.set(growth());
    reset_growth();
    GROWTH.look_at.set(LOOK_EVERY);
    note_native();
}

/// Bytes that counted as live until the condemned among them had their rites.
pub fn note_released(bytes: usize) {
    GROWTH.live.set(GROWTH.live.get().saturating_sub(bytes));
}

/// Native memory is now that of the living: to be called when the dead have had their rites, in which they free theirs.
fn note_native() {
    let native = native::used();
    GROWTH.native.set(native);
    GROWTH.native_growth.set(0);
    let growth = (GROWTH.live.get() + native) as f64 * (GROWTH.heap_factor.get() - 1.0);
    GROWTH.limit.set((growth as usize).max(GROWTH.least.get()));
}

/// Collects, and puts off whatever may run code of the program.
pub fn collect_inside_allocation(reason: Reason) {
    debug_assert!(!GROWTH.tracing.get(), "allocated during a trace");
    let begun = Instant::now();
    let record = events::begin(FULL, reason);
    let collected = trace_and_sweep(&record, NativeStack::Whole);
    pace(begun);
    control::begin_generation(FULL);
    control::add_stats(FULL, collected.collected, 0);
    record.end(collected);
    GROWTH.untold.set(Some(collected));
    control::request();
}

/// At a bytecode boundary after `collect_inside_allocation`.
pub fn finish_pending(stack: NativeStack) {
    let Some(collected) = GROWTH.untold.take() else {
        return;
    };
    control::set_collecting(true);
    tell(FULL, false, Collected::default());
    stack.clear_unused();
    let rites = death::run(stack);
    note_native();
    tell(
        FULL,
        true,
        Collected {
            collected: collected.collected + rites,
            uncollectable: 0,
        },
    );
    control::set_collecting(false);
}

/// A collection that was asked for. Every one is full.
pub fn collect(generation: usize, reason: Reason, stack: NativeStack) -> Collected {
    control::set_collecting(true);
    if reason != Reason::Shutdown {
        tell(generation, false, Collected::default());
    }
    GROWTH.untold.set(None);
    stack.clear_unused();
    let mut collected = Collected {
        collected: death::run(stack),
        uncollectable: 0,
    };
    stack.clear_unused();
    let record = events::begin(generation, reason);
    control::begin_generation(generation);
    collected.collected += trace_and_sweep(&record, stack).collected;
    stack.clear_unused();
    collected.collected += death::run(stack);
    note_native();
    record.phase(Phase::Death);
    if reason == Reason::Manual {
        age(generation);
    }
    control::add_stats(generation, collected.collected, 0);
    record.end(collected);
    if reason != Reason::Shutdown {
        tell(generation, true, collected);
    }
    control::set_collecting(false);
    collected
}

/// Moves the objects of the generation, and of those younger, to an older one, and hides those that can't be in cycles. Only
/// what a program that asks for collections can see is worth that.
fn age(generation: usize) {
    let older = if generation == 0 { MIDDLE } else { OLD };
    for address in spans()
        .filter(|span| !span.is_buffer())
        .flat_map(Span::allocated)
    {
        let state = RANGE.state(address);
        let examined = state.get() & (TRACKED | RETIRED) == TRACKED
            && control::generation_of(state.get()).is_some_and(|of| of <= generation);
        if examined {
            state.set(state.get() & !GENERATION | older);
            host().untrack_if_atomic(address as *mut PyObject);
        }
    }
}

fn tell(generation: usize, stop: bool, collected: Collected) {
    host().event(&Event {
        stop,
        generation,
        collected: collected.collected,
        uncollectable: collected.uncollectable,
    });
}

/// Frees what is dead and needs no rites, condemns what does. Returns how many tracked objects were freed.
fn trace_and_sweep(record: &Record, stack: NativeStack) -> Collected {
    let condemned_before = death::are_pending();
    trace_from(stack, Some(record));
    if condemned_before {
        mark::resume();
        death::keep_condemned();
        note_roots(Some(record), Source::Pending);
        mark::drain();
        mark::end();
    }
    record.phase(Phase::Mark);
    let buried = see_to_the_dead(!condemned_before);
    record.phase(Phase::Condemn);
    let (usage, swept) = sweep();
    note_live(usage);
    record.phase(Phase::Sweep);
    Collected {
        collected: swept + buried,
        uncollectable: 0,
    }
}

/// Marks everything that the roots lead to.
pub fn trace_from(stack: NativeStack, record: Option<&Record>) {
    GROWTH.tracing.set(true);
    mark::begin();
    mark_stacks(stack);
    note_roots(record, Source::Stacks);
    // SAFETY: thread-local storage of live threads can be read.
    tls::for_each_range(|start, length| unsafe { mark::mark_range(start, length) });
    note_roots(record, Source::Tls);
    segments::for_each_module(|module| {
        for (start, length) in module.writable {
            // SAFETY: writable segments of loaded modules can be read.
            unsafe { mark::mark_range(start, length) };
        }
    });
    note_roots(record, Source::Segments);
    // SAFETY: the host names ranges that can be read.
    host().root_ranges(&mut |start, length| unsafe { mark::mark_range(start as usize, length) });
    host().roots(&mut |object| mark::mark_object(object));
    note_roots(record, Source::Host);
    if let Some(record) = record {
        record.phase(Phase::Roots);
    }
    if GROWTH.live.get() < SHARED_FROM {
        mark::drain();
    } else {
        mark::drain_together();
    }
    mark::end();
    GROWTH.tracing.set(false);
}

fn note_roots(record: Option<&Record>, source: Source) {
    let (words, found) = mark::take_counts();
    if let Some(record) = record {
        record.roots(source, words, found);
    }
}

/// The spilled registers lie above the stack pointer that the scan begins with.
#[inline(never)]
fn mark_stacks(stack: NativeStack) {
    let mut registers = Registers::default();
    // SAFETY: a local array. Stacks of registered threads can be read from their stack pointers up.
    unsafe { arch::spill(&raw mut registers) };
    let here = core::hint::black_box(&registers)[0].min(&raw const registers as usize);
    let here = stack.lowest(here);
    // SAFETY: as above.
    threads::for_each_stack_range(here, |start, length| unsafe {
        mark::mark_range(start, length)
    });
}

/// The objects that no trace has reached and whose death has to be noticed.
struct Unreached {
    with_rites: Hidden<*mut PyObject>,
    quiet: Hidden<*mut PyObject>,
}

fn unreached() -> Unreached {
    let mut found = Unreached {
        with_rites: Hidden::new(),
        quiet: Hidden::new(),
    };
    let late = death::plain_may_have_finalizers();
    let looked_at = |span: &Span| span.is_destructible() || span.first.has(WATCHED);
    for span in spans().filter(|span| !span.is_buffer() && (looked_at(span) || late)) {
        for address in span.allocated() {
            if mark::is_marked(address) {
                continue;
            }
            match death::kind_of_death(span, address) {
                Death::Unnoticed => {}
                Death::Quiet => found.quiet.push(address as *mut PyObject),
                Death::WithRites => found.with_rites.push(address as *mut PyObject),
            }
        }
    }
    found
}

/// Marks all that newborn objects lead to which the program has dropped again, while rites ran, and whose own death a later
/// collection sees to.
pub fn mark_newborn_dead() {
    let Unreached { with_rites, quiet } = unreached();
    mark::resume();
    let newborn = |object: &&*mut PyObject| !death::is_condemned(**object as usize);
    for found in [with_rites, quiet] {
        for &object in found.as_slice().iter().filter(newborn) {
            mark::mark_object(object);
        }
    }
    mark::drain();
    mark::end();
}

/// Finds the dead that have rites, and marks all that they lead to. If `condemn`, their rites come next; else a later
/// collection finds them again. Those that die quietly do so. Returns how many tracked objects did.
fn see_to_the_dead(condemn: bool) -> usize {
    let Unreached {
        mut with_rites,
        quiet,
    } = unreached();
    if !with_rites.is_empty() {
        mark::resume();
        if condemn {
            mark::begin_condemning();
        }
        with_rites
            .as_slice()
            .iter()
            .for_each(|&object| mark::mark_object(object));
        mark::drain();
        mark::end();
    }
    let buried = death::bury_quietly(quiet.as_slice(), &mut with_rites);
    if condemn && !with_rites.is_empty() {
        death::await_rites(with_rites);
    }
    buried
}

/// Calls `f` with each object that nothing leads to, or that is condemned. No code of the program runs before that, and nothing is
/// freed.
pub fn for_each_unreached(stack: NativeStack, mut f: impl FnMut(*mut PyObject)) {
    stack.clear_unused();
    trace_from(stack, None);
    crate::heap::for_each_typed(|object| {
        if !mark::is_marked(object as usize) {
            f(object);
        }
    });
}
