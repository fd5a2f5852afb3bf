//! Marking: everything that a word, an object or a range of memory leads to.
//!
//! A word leads to the heap cell or the native block that it points into, wherever in it. Objects of precise types are
//! traced by their `tp_traverse`; all other cells, and native blocks, are scanned word by word. An explicit stack replaces
//! recursion. Invariant: a cell is pushed when its bit is first set, so it is traced once; a buffer is scanned only if a word
//! leads to it, since its owner knows best what it holds.

use super::natives::Natives;
use crate::arch;
use crate::gil::Gil;
use crate::heap::pages::RANGE;
use crate::heap::spans::{ALLOCATED, RETIRED, Span, find_live};
use crate::hidden::Hidden;
use crate::host::{host, type_of};
use crate::native::{self, Block};
use crate::roots::threads;
use core::cell::{Cell, RefCell};
use core::ffi::{c_int, c_void};
use layout::{PyObject, PyTypeObject};

/// Addresses outside of this range are neither heap nor native memory.
const LOWEST_ADDRESS: usize = 1 << 16;
const HIGHEST_ADDRESS: usize = 1 << 47;

/// The size of the cache in front of `Host::is_precise`.
const KNOWN_TYPES: usize = 256;
/// How many objects are brought into the cache ahead of their being traced.
const AHEAD: usize = 8;

const WORD: usize = size_of::<usize>();

/// What is left to be traced.
#[derive(Clone, Copy)]
enum Work {
    Object(usize),
    Range(usize, usize),
}

/// What `mark_buffer` and `visit_conservatively` do, which owners call from `tp_traverse`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No phase is on.
    Off,
    /// Set marks.
    Mark,
    /// Collect the words that an object holds.
    List,
}

struct Marker {
    mode: Cell<Mode>,
    condemning: Cell<bool>,
    found: Cell<u64>,
    scanned: Cell<u64>,
    work: RefCell<Hidden<Work>>,
    natives: RefCell<Natives>,
    listed: RefCell<Hidden<usize>>,
    /// Types that were asked about in this trace: the address, and 1 if precise.
    known_types: [Cell<usize>; KNOWN_TYPES],
}

static MARKER: Gil<Marker> = Gil::new(Marker {
    mode: Cell::new(Mode::Off),
    condemning: Cell::new(false),
    found: Cell::new(0),
    scanned: Cell::new(0),
    work: RefCell::new(Hidden::new()),
    natives: RefCell::new(Natives::new()),
    listed: RefCell::new(Hidden::new()),
    known_types: [const { Cell::new(0) }; KNOWN_TYPES],
});

/// Starts a trace: nothing is marked.
pub fn begin() {
    let granules = RANGE.granule(RANGE.base.get() + RANGE.used.get());
    RANGE.marked.clear_all(granules);
    RANGE.scanned.clear_all(granules);
    MARKER.natives.borrow_mut().begin(threads::is_alone());
    MARKER.known_types.iter().for_each(|known| known.set(0));
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
    (MARKER.scanned.take(), MARKER.found.take())
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
    unsafe { for_each_word(start, length, mark_word) };
}

/// # Safety
/// The range can be read.
unsafe fn for_each_word(start: usize, length: usize, mut f: impl FnMut(usize)) {
    let first = start.next_multiple_of(WORD);
    let end = start.saturating_add(length);
    let words = end.saturating_sub(first) / WORD;
    MARKER.scanned.set(MARKER.scanned.get() + words as u64);
    for index in 0..words {
        // SAFETY: inside the range. Volatile, as other threads may write to native memory.
        f(unsafe { core::ptr::read_volatile((first as *const usize).add(index)) });
    }
}

/// Marks what `word` leads to, if anything.
#[inline]
fn mark_word(word: usize) {
    if RANGE.contains(word) {
        if let Some((span, address)) = find_live(word) {
            mark_cell(span, address);
        }
    } else if let Some(block) = native_block(word) {
        mark_native(&block);
    }
}

/// The native block that `word` points into.
#[inline]
fn native_block(word: usize) -> Option<Block> {
    if (LOWEST_ADDRESS..HIGHEST_ADDRESS).contains(&word) {
        native::block(word)
    } else {
        None
    }
}

fn mark_native(block: &Block) {
    let mut natives = MARKER.natives.borrow_mut();
    if natives.reach(block) {
        if MARKER.condemning.get() {
            natives.condemn(block);
        }
        push(Work::Range(block.start, block.length));
    }
}

/// Marks a cell that was found by a word.
pub fn mark_cell(span: Span, address: usize) {
    let granule = RANGE.granule(address);
    if span.is_buffer() {
        set_mark(granule);
        if RANGE.scanned.insert(granule) {
            push(Work::Range(address, span.cell_size()));
        }
    } else if set_mark(granule) {
        push(Work::Object(address));
    }
}

/// Marks an object that a live one refers to exactly.
#[inline]
pub fn mark_object(object: *mut PyObject) {
    let address = object as usize;
    if !RANGE.contains(address) {
        return mark_word(address);
    }
    let granule = RANGE.granule(address);
    if RANGE.marked.get(granule) {
        return;
    }
    if RANGE.state(address).get() & ALLOCATED == 0 {
        return mark_word(address);
    }
    set_mark(granule);
    push(Work::Object(address));
}

#[inline]
fn set_mark(granule: usize) -> bool {
    let new = RANGE.marked.insert(granule);
    if new {
        MARKER.found.set(MARKER.found.get() + 1);
        if MARKER.condemning.get() {
            RANGE.condemned.set(granule);
        }
    }
    new
}

#[inline]
fn push(work: Work) {
    MARKER.work.borrow_mut().push(work);
}

/// Traces until nothing is left. What is popped waits in a short queue while the cache fetches it.
pub fn drain() {
    let mut queue = [Work::Range(0, 0); AHEAD];
    let (mut first, mut count) = (0, 0);
    loop {
        while count < AHEAD
            && let Some(work) = MARKER.work.borrow_mut().pop()
        {
            let (Work::Object(address) | Work::Range(address, _)) = work;
            arch::prefetch(address);
            queue[(first + count) % AHEAD] = work;
            count += 1;
        }
        if count == 0 {
            return;
        }
        let work = queue[first];
        first = (first + 1) % AHEAD;
        count -= 1;
        match work {
            Work::Object(address) => trace(address),
            // SAFETY: native blocks and buffers can be read in full.
            Work::Range(start, length) => unsafe { mark_range(start, length) },
        }
    }
}

fn is_precise(tp: *const PyTypeObject) -> bool {
    let address = tp as usize;
    let known = &MARKER.known_types[(address >> 4 ^ address >> 12) % KNOWN_TYPES];
    if known.get() & !1 != address {
        known.set(address | usize::from(host().is_precise(tp)));
    }
    known.get() & 1 != 0
}

fn trace(address: usize) {
    match exact_type(address) {
        Some(traced) => traced.visit(mark_exactly),
        // SAFETY: a live cell can be read in full.
        None => unsafe { mark_range(address - prefix(address), cell_rest(address)) },
    }
}

unsafe extern "C" fn mark_exactly(object: *mut PyObject, _: *mut c_void) -> c_int {
    mark_object(object);
    0
}

/// An object of a precise type.
struct Traced(*mut PyObject);

impl Traced {
    /// Visits the type and all references.
    fn visit(self, visit: layout::visitproc) {
        let tp = type_of(self.0);
        let heap_type = (&raw const *tp).cast_mut().cast::<PyObject>();
        // SAFETY: a live object of that type, and a visitor that runs no code of the program.
        unsafe {
            if RANGE.contains(heap_type as usize) {
                visit(heap_type, core::ptr::null_mut());
            }
            if let Some(traverse) = tp.tp_traverse.get() {
                traverse(self.0, visit, core::ptr::null_mut());
            }
        }
    }
}

/// The object at `address`, if its `tp_traverse` can be relied on.
fn exact_type(address: usize) -> Option<Traced> {
    let object = address as *mut PyObject;
    // SAFETY: a live cell has a header.
    let tp = unsafe { (*object).ob_type.get() };
    let retired = RANGE.state(address).get() & RETIRED != 0;
    (!tp.is_null() && !retired && is_precise(tp)).then_some(Traced(object))
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
    if MARKER.mode.get() == Mode::Mark && RANGE.contains(address) {
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
        // SAFETY: the caller's promise.
        Mode::Mark => unsafe { mark_range(start as usize, length) },
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
            .filter(|block| MARKER.natives.borrow().is_condemned(block))
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
        match exact_type(start) {
            Some(traced) => traced.visit(list_exactly),
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
