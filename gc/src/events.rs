//! Events: what each collection and each long deallocation cascade cost, as JSON lines.
//!
//! Times are nanoseconds since `init`. Nothing is measured unless `init` got a file, except for a collection's pause, which
//! `gc.DEBUG_STATS` wants anyway.

use crate::control;
use crate::gil::Gil;
use crate::heap::sweep::{Usage, usage};
use crate::managers::{self, Collected};
use crate::native;
use core::cell::{Cell, RefCell};
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

/// Why a collection runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A generation's threshold was passed.
    Threshold,
    /// The heap or native memory has grown enough.
    Growth,
    /// `gc.collect()` or `PyGC_Collect`.
    Manual,
    /// Something else than memory has run out, which dead objects may hold.
    Exhausted,
    /// `--gc-stress`.
    Stress,
    /// The interpreter ends.
    Shutdown,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Threshold => "threshold",
            Reason::Growth => "growth",
            Reason::Manual => "manual",
            Reason::Exhausted => "exhausted",
            Reason::Stress => "stress",
            Reason::Shutdown => "shutdown",
        }
    }
}

/// The phases of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Scanning roots. Tracing managers only.
    Roots,
    /// Finding out what lives.
    Mark,
    /// Keeping what the dead with effects refer to.
    Condemn,
    /// Finalizers, weak references, deallocs.
    Death,
    /// Returning memory.
    Sweep,
}

const PHASES: [(Phase, &str); 5] = [
    (Phase::Roots, "roots"),
    (Phase::Mark, "mark"),
    (Phase::Condemn, "condemn"),
    (Phase::Death, "death"),
    (Phase::Sweep, "sweep"),
];

/// Where roots come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Thread stacks and registers.
    Stacks,
    /// Thread-local storage.
    Tls,
    /// Data segments of the binary and of libraries.
    Segments,
    /// What the host names: Python data stacks and precise roots.
    Host,
    /// Objects whose death rites wait.
    Pending,
}

/// For each source: words (or references) looked at, and objects found through them first.
pub(crate) const SOURCES: [(Source, &str); 5] = [
    (Source::Stacks, "stacks"),
    (Source::Tls, "tls"),
    (Source::Segments, "segments"),
    (Source::Host, "host"),
    (Source::Pending, "pending"),
];

struct Events {
    file: RefCell<Option<File>>,
    on: Cell<bool>,
    origin: Cell<Option<Instant>>,
    freed_objects: Cell<u64>,
    freed_bytes: Cell<u64>,
    collections: Cell<u64>,
    paused: Cell<u64>,
    cascades: Cell<u64>,
    cascade_start: Cell<Option<(Instant, u64, u64)>>,
}

static EVENTS: Gil<Events> = Gil::new(Events {
    file: RefCell::new(None),
    on: Cell::new(false),
    origin: Cell::new(None),
    freed_objects: Cell::new(0),
    freed_bytes: Cell::new(0),
    collections: Cell::new(0),
    paused: Cell::new(0),
    cascades: Cell::new(0),
    cascade_start: Cell::new(None),
});

/// A cascade is an event if it frees this many objects, or takes this long.
const CASCADE_OBJECTS: u64 = 1000;
const CASCADE_PAUSE: Duration = Duration::from_millis(1);

pub(crate) fn configure(file: Option<File>) {
    EVENTS.origin.set(Some(Instant::now()));
    EVENTS.on.set(file.is_some());
    EVENTS.file.replace(file);
}

/// Whether events are written, so that the vm has to bracket outermost deallocs.
#[inline]
pub fn is_recording() -> bool {
    EVENTS.on.get()
}

/// One collection's record in the making.
pub(crate) struct Record {
    generation: usize,
    reason: Reason,
    start: Instant,
    last: Cell<Instant>,
    phases: [Cell<Duration>; PHASES.len()],
    roots: [Cell<(u64, u64)>; SOURCES.len()],
    before: Usage,
}

/// Starts the clock of a collection.
pub(crate) fn begin(generation: usize, reason: Reason) -> Record {
    let before = if is_recording() {
        usage()
    } else {
        Usage::default()
    };
    let start = Instant::now();
    Record {
        generation,
        reason,
        start,
        last: Cell::new(start),
        phases: Default::default(),
        roots: Default::default(),
        before,
    }
}

impl Record {
    /// The time since the last call, or since the start, belongs to `phase`.
    pub(crate) fn phase(&self, phase: Phase) {
        let now = Instant::now();
        let spent = &self.phases[phase as usize];
        spent.set(spent.get() + (now - self.last.replace(now)));
    }

    /// So many words were looked at in `source`, and so many objects were found there first.
    pub(crate) fn roots(&self, source: Source, words: u64, objects: u64) {
        let sum = &self.roots[source as usize];
        sum.set((sum.get().0 + words, sum.get().1 + objects));
    }

    /// Stops the clock and writes the event. Returns the pause.
    pub(crate) fn end(&self, collected: Collected) -> Duration {
        let pause = self.start.elapsed();
        EVENTS.collections.set(EVENTS.collections.get() + 1);
        EVENTS
            .paused
            .set(EVENTS.paused.get() + pause.as_nanos() as u64);
        if is_recording() {
            let after = usage();
            let phases = join(PHASES.iter().map(|&(phase, name)| {
                format!(
                    "\"{name}\":{}",
                    self.phases[phase as usize].get().as_nanos()
                )
            }));
            let roots = join(SOURCES.iter().map(|&(source, name)| {
                let (words, objects) = self.roots[source as usize].get();
                format!("\"{name}\":{{\"words\":{words},\"objects\":{objects}}}")
            }));
            write_line(&format!(
                "{{\"event\":\"collection\",\"manager\":\"{}\",\"generation\":{},\"reason\":\"{}\",\"start_ns\":{},\
                 \"pause_ns\":{},\"phases_ns\":{{{phases}}},\"bytes_before\":{},\"bytes_after\":{},\"objects_before\":{},\
                 \"objects_after\":{},\"collected\":{},\"uncollectable\":{},\"roots\":{{{roots}}}}}",
                managers::facts().name,
                self.generation,
                self.reason.name(),
                since_origin(self.start),
                pause.as_nanos(),
                self.before.bytes,
                after.bytes,
                self.before.objects,
                after.objects,
                collected.collected,
                collected.uncollectable,
            ));
        }
        pause
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

fn since_origin(instant: Instant) -> u128 {
    let origin = EVENTS.origin.get().unwrap_or(instant);
    instant.saturating_duration_since(origin).as_nanos()
}

fn write_line(line: &str) {
    if let Some(file) = EVENTS.file.borrow_mut().as_mut() {
        // A full disk must not end the program that is measured.
        let _ = writeln!(file, "{line}");
    }
}

/// Counts an object that was freed by counting.
#[inline]
pub(crate) fn count_freed(bytes: usize) {
    EVENTS.freed_objects.set(EVENTS.freed_objects.get() + 1);
    EVENTS
        .freed_bytes
        .set(EVENTS.freed_bytes.get() + bytes as u64);
}

/// Brackets an outermost dealloc, from its first object to its last. Call it where `is_recording`. What dies within a
/// collection belongs to the collection.
pub fn cascade_begin() {
    if control::is_collecting() {
        return;
    }
    let freed = (EVENTS.freed_objects.get(), EVENTS.freed_bytes.get());
    EVENTS
        .cascade_start
        .set(Some((Instant::now(), freed.0, freed.1)));
}

/// The end of what `cascade_begin` began: an event if it was long.
pub fn cascade_end() {
    let Some((start, objects, bytes)) = EVENTS.cascade_start.take() else {
        return;
    };
    let pause = start.elapsed();
    let objects = EVENTS.freed_objects.get() - objects;
    let bytes = EVENTS.freed_bytes.get() - bytes;
    if objects < CASCADE_OBJECTS && pause < CASCADE_PAUSE {
        return;
    }
    EVENTS.cascades.set(EVENTS.cascades.get() + 1);
    EVENTS
        .paused
        .set(EVENTS.paused.get() + pause.as_nanos() as u64);
    write_line(&format!(
        "{{\"event\":\"cascade\",\"manager\":\"{}\",\"start_ns\":{},\"pause_ns\":{},\"objects\":{objects},\"bytes\":{bytes}}}",
        managers::facts().name,
        since_origin(start),
        pause.as_nanos(),
    ));
}

/// Call it once, when the interpreter ends: writes the summary line, and leaves the memory to the kernel.
pub fn finish() {
    native::end();
    if !is_recording() {
        return;
    }
    let live = usage();
    write_line(&format!(
        "{{\"event\":\"summary\",\"manager\":\"{}\",\"elapsed_ns\":{},\"collections\":{},\"cascades\":{},\"paused_ns\":{},\
         \"freed_by_counting\":{},\"bytes\":{},\"objects\":{}}}",
        managers::facts().name,
        since_origin(Instant::now()),
        EVENTS.collections.get(),
        EVENTS.cascades.get(),
        EVENTS.paused.get(),
        EVENTS.freed_objects.get(),
        live.bytes,
        live.objects,
    ));
    EVENTS.on.set(false);
    managers::note_who_watches_frees();
    EVENTS.file.replace(None);
}
