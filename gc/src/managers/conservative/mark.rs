//! Marking: everything that a word, an object or a range of memory leads to.
//!
//! A word leads to the heap cell or the native block that it points into, wherever in it. Objects of precise types are
//! traced by their `tp_traverse`; all other cells, and native blocks, are scanned word by word. Explicit stacks replace
//! recursion. Invariant: a cell is pushed when its bit is first set, so it is traced once; a buffer is scanned only if a word
//! leads to it, since its owner knows best what it holds.
//!
//! Each thread that marks has a `Tracer`. One is enough for a small heap; `crew` lets several share a large one.

use super::crew::{self, Crew};
use super::natives::Natives;
use crate::arch;
use crate::gil::Gil;
use crate::heap::pages::RANGE;
use crate::heap::spans::{ALLOCATED, RETIRED, Span, find_live};
use crate::hidden::{Hidden, Stack};
use crate::host::{host, type_of};
use crate::native::{self, Block};
use crate::roots::threads;
use core::cell::{Cell, RefCell};
use core::ffi::{c_int, c_void};
use layout::{PyObject, PyTypeObject};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The size of the cache in front of `Host::is_precise`.
const KNOWN_TYPES: usize = 256;
/// How many objects are brought into the cache ahead of their being traced.
const AHEAD: usize = 8;

const WORD: usize = size_of::<usize>();

/// What `mark_buffer` and `visit_conservatively` do, which owners call from `tp_traverse`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No phase is on.
    Off,
    /// Set marks.
    Mark,
    /// Set marks, as other threads do.
    MarkTogether,
    /// Collect the words that an object holds.
    List,
}

struct Marker {
    mode: Cell<Mode>,
    condemning: Cell<bool>,
    natives: Mutex<Natives>,
    listed: RefCell<Hidden<usize>>,
    /// What the thread that collects has left to do.
    own: Tracer,
}

static MARKER: Gil<Marker> = Gil::new(Marker {
    mode: Cell::new(Mode::Off),
    condemning: Cell::new(false),
    natives: Mutex::new(Natives::new()),
    listed: RefCell::new(Hidden::new()),
    own: Tracer::new(),
});

thread_local! {
    /// The calling thread's tracer, if it is not the one that collects.
    static TRACER: Cell<*const Tracer> = const { Cell::new(core::ptr::null()) };
}

/// What one thread has left to trace.
pub struct Tracer {
    objects: Stack<usize>,
    ranges: Stack<(usize, usize)>,
    found: Cell<u64>,
    scanned: Cell<u64>,
    /// Types that were asked about in this trace: the address, and 1 if precise.
    known_types: [Cell<usize>; KNOWN_TYPES],
}

/// Starts a trace: nothing is marked.
pub fn begin() {
    let granules = RANGE.granule(RANGE.base.get() + RANGE.used.get());
    RANGE.marked.clear_all(granules);
    RANGE.scanned.clear_all(granules);
    native::note_bounds();
    natives().begin(threads::is_alone());
    MARKER.own.forget_types();
    take_counts();
    MARKER.mode.set(Mode::Mark);
    MARKER.condemning.set(false);
}

/// Goes on with a trace that ended.
pub fn resume() {
    MARKER.mode.set(Mode::Mark);
}

/// From now on, what is marked is condemned too.
pub fn begin_condemning() {
    MARKER.condemning.set(true);
}

/// Ends a trace. The marks stay readable.
pub fn end() {
    MARKER.mode.set(Mode::Off);
    MARKER.condemning.set(false);
}

/// Words scanned and cells found since the last call.
pub fn take_counts() -> (u64, u64) {
    (MARKER.own.scanned.take(), MARKER.own.found.take())
}

/// Whether the object at `address` is marked.
pub fn is_marked(address: usize) -> bool {
    RANGE.marked.get(RANGE.granule(address))
}

/// Marks what each word of a range leads to.
///
/// # Safety
/// The range can be read.
pub unsafe fn mark_range(start: usize, length: usize) {
    // SAFETY: the caller's promise.
    unsafe { MARKER.own.mark_range(start, length) };
}

/// Marks an object that a live one refers to exactly.
pub fn mark_object(object: *mut PyObject) {
    MARKER.own.mark_object(object);
}

/// Marks a cell that was found by a word.
pub fn mark_cell(span: Span, address: usize) {
    MARKER.own.mark_cell(span, address);
}

/// Traces until nothing is left.
pub fn drain() {
    MARKER.own.drain(None);
}

/// As `drain`, with the help of other threads. Nothing is being condemned.
pub fn drain_together() {
    MARKER.mode.set(Mode::MarkTogether);
    crew::work_together(&MARKER.own);
    MARKER.mode.set(Mode::Mark);
}

fn natives() -> MutexGuard<'static, Natives> {
    // A panic of the collector ends the process.
    MARKER
        .natives
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Where words may lead to.
#[derive(Clone, Copy)]
struct Targets {
    heap: usize,
    heap_size: usize,
    native: usize,
    native_size: usize,
}

impl Targets {
    fn now() -> Targets {
        let native = native::bounds();
        Targets {
            heap: RANGE.base.get(),
            heap_size: RANGE.used.get(),
            native: native.0,
            native_size: native.1 - native.0,
        }
    }

    /// Whether the word is worth a closer look.
    #[inline(always)]
    fn contain(self, word: usize) -> bool {
        word.wrapping_sub(self.heap) < self.heap_size
            || word.wrapping_sub(self.native) < self.native_size
    }
}

/// # Safety
/// The range can be read.
unsafe fn for_each_word(start: usize, length: usize, mut f: impl FnMut(usize)) {
    let first = start.next_multiple_of(WORD);
    let end = start.saturating_add(length);
    for index in 0..end.saturating_sub(first) / WORD {
        // SAFETY: inside the range. Volatile, as other threads may write to native memory.
        f(unsafe { core::ptr::read_volatile((first as *const usize).add(index)) });
    }
}

/// The native block that `word` points into.
#[inline]
fn native_block(word: usize) -> Option<Block> {
    let (lowest, end) = native::bounds();
    if (lowest..end).contains(&word) {
        native::block(word)
    } else {
        None
    }
}

/// Sets a mark and says whether it is new.
#[inline]
fn set_mark(granule: usize) -> bool {
    if MARKER.mode.get() == Mode::MarkTogether {
        return RANGE.marked.insert_together(granule);
    }
    let new = RANGE.marked.insert(granule);
    if new && MARKER.condemning.get() {
        RANGE.condemned.set(granule);
    }
    new
}

fn set_scanned(granule: usize) -> bool {
    if MARKER.mode.get() == Mode::MarkTogether {
        RANGE.scanned.insert_together(granule)
    } else {
        RANGE.scanned.insert(granule)
    }
}

impl Tracer {
    pub const fn new() -> Tracer {
        Tracer {
            objects: Stack::new(),
            ranges: Stack::new(),
            found: Cell::new(0),
            scanned: Cell::new(0),
            known_types: [const { Cell::new(0) }; KNOWN_TYPES],
        }
    }

    fn forget_types(&self) {
        self.known_types.iter().for_each(|known| known.set(0));
    }

    /// Calls `f`, during which the calling thread marks with this tracer.
    pub fn serve(&self, f: impl FnOnce()) {
        TRACER.set(self);
        f();
        TRACER.set(core::ptr::null());
    }

    /// # Safety
    /// The range can be read.
    unsafe fn mark_range(&self, start: usize, length: usize) {
        self.scanned
            .set(self.scanned.get() + (length / WORD) as u64);
        let targets = Targets::now();
        let mark = |word| {
            if targets.contain(word) {
                self.mark_word(word);
            }
        };
        // SAFETY: the caller's promise.
        unsafe { for_each_word(start, length, mark) };
    }

    /// Marks what `word` leads to, if anything.
    fn mark_word(&self, word: usize) {
        if RANGE.contains(word) {
            if let Some((span, address)) = find_live(word) {
                self.mark_cell(span, address);
            }
        } else if let Some(block) = native_block(word) {
            self.mark_native(&block);
        }
    }

    fn mark_native(&self, block: &Block) {
        let mut natives = natives();
        if natives.reach(block) {
            if MARKER.condemning.get() {
                natives.condemn(block);
            }
            self.ranges.push((block.start, block.length));
        }
    }

    fn mark_cell(&self, span: Span, address: usize) {
        let granule = RANGE.granule(address);
        if span.is_buffer() {
            self.count(set_mark(granule));
            if set_scanned(granule) {
                self.ranges.push((address, span.cell_size()));
            }
        } else if set_mark(granule) {
            self.count(true);
            self.objects.push(address);
        }
    }

    #[inline]
    fn count(&self, new: bool) {
        self.found.set(self.found.get() + u64::from(new));
    }

    #[inline]
    fn mark_object(&self, object: *mut PyObject) {
        let address = object as usize;
        if !RANGE.contains(address) {
            return self.mark_word(address);
        }
        let granule = RANGE.granule(address);
        if RANGE.marked.get(granule) {
            return;
        }
        if RANGE.state(address).get() & ALLOCATED == 0 {
            return self.mark_word(address);
        }
        if set_mark(granule) {
            self.count(true);
            self.objects.push(address);
        }
    }

    /// Traces until nothing is left here, and hands work to the crew that has none. What is popped waits in a short queue
    /// while the cache fetches it.
    pub fn drain(&self, crew: Option<&Crew>) {
        let mut queue = [0; AHEAD];
        let (mut first, mut count) = (0, 0);
        loop {
            while count < AHEAD
                && let Some(address) = self.objects.pop()
            {
                arch::prefetch(address);
                queue[(first + count) % AHEAD] = address;
                count += 1;
            }
            if count != 0 {
                let address = queue[first];
                first = (first + 1) % AHEAD;
                count -= 1;
                self.trace(address);
                if let Some(crew) = crew {
                    crew.share(&self.objects);
                }
            } else if let Some((start, length)) = self.ranges.pop() {
                // SAFETY: native blocks and buffers can be read in full.
                unsafe { self.mark_range(start, length) };
            } else {
                return;
            }
        }
    }

    /// Takes over what another thread has left.
    pub fn take_over(&self, objects: &mut Hidden<usize>) {
        while let Some(object) = objects.pop() {
            self.objects.push(object);
        }
    }

    fn is_precise(&self, tp: *const PyTypeObject) -> bool {
        let address = tp as usize;
        let known = &self.known_types[(address >> 4 ^ address >> 12) % KNOWN_TYPES];
        if known.get() & !1 != address {
            known.set(address | usize::from(host().is_precise(tp)));
        }
        known.get() & 1 != 0
    }

    fn trace(&self, address: usize) {
        match self.exact_type(address) {
            Some(traced) => traced.visit(mark_exactly, core::ptr::from_ref(self).cast_mut().cast()),
            // SAFETY: a live cell can be read in full.
            None => unsafe { self.mark_range(address - prefix(address), cell_rest(address)) },
        }
    }

    /// The object at `address`, if its `tp_traverse` can be relied on.
    #[inline]
    fn exact_type(&self, address: usize) -> Option<Traced> {
        let object = address as *mut PyObject;
        // SAFETY: a live cell has a header.
        let tp = unsafe { (*object).ob_type.get() };
        let retired = RANGE.state(address).get() & RETIRED != 0;
        (!tp.is_null() && !retired && self.is_precise(tp)).then_some(Traced(object))
    }
}

unsafe extern "C" fn mark_exactly(object: *mut PyObject, tracer: *mut c_void) -> c_int {
    // SAFETY: `trace` passes its tracer.
    unsafe { &*tracer.cast::<Tracer>() }.mark_object(object);
    0
}

/// An object of a precise type.
struct Traced(*mut PyObject);

impl Traced {
    /// Visits the type and all references.
    #[inline]
    fn visit(self, visit: layout::visitproc, argument: *mut c_void) {
        let tp = type_of(self.0);
        let heap_type = (&raw const *tp).cast_mut().cast::<PyObject>();
        // SAFETY: a live object of that type, and a visitor that runs no code of the program.
        unsafe {
            if RANGE.contains(heap_type as usize) {
                visit(heap_type, argument);
            }
            if let Some(traverse) = tp.tp_traverse.get() {
                traverse(self.0, visit, argument);
            }
        }
    }
}

/// Bytes of the prefix that hold a reference: the managed dict pointer, but not the weak reference list.
fn prefix(address: usize) -> usize {
    Span::containing(address).map_or(0, |span| span.offset().min(WORD))
}

/// Bytes from there to the end of the cell.
fn cell_rest(address: usize) -> usize {
    Span::containing(address).map_or(0, |span| span.cell_size() - span.offset() + prefix(address))
}

/// For `tp_traverse` of a type that owns a buffer: the buffer lives as its owner does. What it holds has to be visited, or
/// passed to `visit_conservatively`. Null is fine. Does nothing unless a tracing manager marks.
#[inline]
pub fn mark_buffer(buffer: *const u8) {
    let address = buffer as usize;
    let marks = matches!(MARKER.mode.get(), Mode::Mark | Mode::MarkTogether);
    if marks && RANGE.contains(address) {
        set_mark(RANGE.granule(address));
    }
}

/// For `tp_traverse` of a type that holds references in memory which only a scan understands: `length` bytes from `start`
/// on. Does nothing unless a tracing manager marks: under counting, such references are counted and no more.
///
/// # Safety
/// The range can be read.
#[inline]
pub unsafe fn visit_conservatively(start: *const u8, length: usize) {
    match MARKER.mode.get() {
        Mode::Off => {}
        Mode::Mark | Mode::MarkTogether => {
            // SAFETY: while a thread serves with a tracer, that one lives.
            let tracer = unsafe { TRACER.get().as_ref() }.unwrap_or(&MARKER.own);
            // SAFETY: the caller's promise.
            unsafe { tracer.mark_range(start as usize, length) };
        }
        // SAFETY: the caller's promise.
        Mode::List => unsafe { list_range(start as usize, length) },
    }
}

/// # Safety
/// The range can be read.
unsafe fn list_range(start: usize, length: usize) {
    // SAFETY: the caller's promise.
    unsafe { for_each_word(start, length, list_word) };
}

fn list_word(word: usize) {
    let target = if RANGE.contains(word) {
        find_live(word)
            .map(|(_, address)| address)
            .filter(|&address| is_condemned(address))
    } else {
        native_block(word)
            .filter(|block| natives().is_condemned(block))
            .map(|block| block.start)
    };
    if let Some(target) = target {
        MARKER.listed.borrow_mut().push(target);
    }
}

fn is_condemned(address: usize) -> bool {
    RANGE.condemned.get(RANGE.granule(address))
}

unsafe extern "C" fn list_exactly(object: *mut PyObject, _: *mut c_void) -> c_int {
    list_word(object as usize);
    0
}

/// Appends to `targets` the condemned cells and blocks that the condemned cell or block at `start` refers to.
pub fn list_condemned(start: usize, targets: &mut Hidden<usize>) {
    MARKER.mode.set(Mode::List);
    if !RANGE.contains(start) {
        let length = native::block(start).map_or(0, |block| block.length);
        // SAFETY: native blocks can be read in full.
        unsafe { list_range(start, length) };
    } else if Span::containing(start).is_some_and(Span::is_buffer) {
        // SAFETY: buffers can be read in full.
        unsafe { list_range(start, Span::containing(start).map_or(0, Span::cell_size)) };
    } else {
        match MARKER.own.exact_type(start) {
            Some(traced) => traced.visit(list_exactly, core::ptr::null_mut()),
            // SAFETY: a live cell can be read in full.
            None => unsafe { list_range(start - prefix(start), cell_rest(start)) },
        }
    }
    MARKER.mode.set(Mode::Off);
    let mut listed = MARKER.listed.borrow_mut();
    while let Some(target) = listed.pop() {
        targets.push(target);
    }
}
