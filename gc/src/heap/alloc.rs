//! Allocation: pop a cell, else refill the list.
//!
//! For each kind, prefix and size class there is one list of free cells. Popping one is the whole fast path, in the
//! interpreter and in compiled code. An empty list is refilled with all free cells of one span, found by their state bytes;
//! this is where a collection may be triggered, and nowhere else. A cell is zeroed when it is popped.

use super::classes::{self, CLASSES, LARGEST_CELL};
use super::pages::{Kind, PAGE, PARTIAL, RANGE, SMALL_HEAP};
use super::spans::{ALLOCATED, Span, spans};
use crate::gil::Gil;
use crate::managers;
use crate::stress;
use core::cell::Cell;
use layout::PyObject;

const ROWS: usize = 5;
/// How many bytes of a new span's cells are listed at a time in a small heap: a list is written into its cells, and a
/// small program must not pay for memory that it does not use.
const PORTION: usize = 4096;

/// The head of a free cell, at the cell's start.
#[repr(C)]
struct FreeCell {
    next: *mut FreeCell,
}

/// The free cells of one kind, prefix and size class.
#[repr(C)]
pub struct List {
    /// What the fast path pops.
    free: Cell<*mut FreeCell>,
    /// Cells held back under stress, where each allocation must take the slow path.
    held: Cell<*mut FreeCell>,
    /// Spans with free cells, as a page number plus 1; 0 is none.
    partial: Cell<u32>,
    /// A new span whose cells are listed a few at a time, as a page number plus 1; 0 is none.
    fresh: Cell<u32>,
    /// The first cell of it that was not listed yet.
    unlisted: Cell<u32>,
}

static LISTS: Gil<[List; ROWS * CLASSES]> = Gil::new(
    [const {
        List {
            free: Cell::new(core::ptr::null_mut()),
            held: Cell::new(core::ptr::null_mut()),
            partial: Cell::new(0),
            fresh: Cell::new(0),
            unlisted: Cell::new(0),
        }
    }; ROWS * CLASSES],
);

/// Bytes of free cells that were given to lists, and of large cells, since a manager last asked.
static GROWTH: Gil<Cell<usize>> = Gil::new(Cell::new(0));

pub(crate) fn note_growth(bytes: usize) {
    GROWTH.set(GROWTH.get() + bytes);
}

/// Bytes that were made available since `reset_growth`.
pub(crate) fn growth() -> usize {
    GROWTH.get()
}

pub(crate) fn reset_growth() {
    GROWTH.set(0);
}

static BIRTH_REFCNT: Gil<Cell<u32>> = Gil::new(Cell::new(1));

#[inline(always)]
const fn list_number(class: usize, offset: usize, kind: Kind) -> usize {
    ((kind as usize - 1) * 2 + (offset != 0) as usize) * CLASSES + class
}

/// The reference count that an object is born with: 1, or the immortal one where nobody counts.
#[inline(always)]
pub fn birth_refcnt() -> u32 {
    BIRTH_REFCNT.get()
}

pub(crate) fn set_birth_refcnt(count: u32) {
    BIRTH_REFCNT.set(count);
}

/// A new object of `size` bytes, behind `prefix` (0, 8 or 16) bytes for the managed dict pointer (at -8) and the weak
/// reference list (at -16). All of it is zeroed, except for the reference count, which is `birth_refcnt()`. The address is a
/// multiple of 16. Null if there is no memory. May collect.
#[inline]
pub fn allocate_object(size: usize, prefix: usize, kind: Kind) -> *mut PyObject {
    debug_assert!(prefix <= 16 && kind != Kind::Buffer && size >= size_of::<PyObject>());
    let offset = if prefix == 0 { 0 } else { 16 };
    let object = allocate(size.saturating_add(offset), offset, kind).cast::<PyObject>();
    if !object.is_null() {
        // SAFETY: the cell is new, zeroed, aligned and at least as big as the header.
        unsafe { (*object).ob_refcnt.set(birth_refcnt()) };
    }
    object
}

/// A new zeroed buffer of at least `size` bytes, for one object to own. Null if there is no memory. May collect.
#[inline]
pub fn allocate_buffer(size: usize) -> *mut u8 {
    allocate(size, 0, Kind::Buffer)
}

#[inline(always)]
fn allocate(size: usize, offset: usize, kind: Kind) -> *mut u8 {
    if size <= LARGEST_CELL {
        let class = classes::class_of(size);
        let list = &LISTS[list_number(class, offset, kind)];
        if let Some(cell) = list.pop() {
            return hand_out(cell, class, offset);
        }
    }
    allocate_slow(size, offset, kind)
}

#[inline(always)]
fn hand_out(cell: *mut u8, class: usize, offset: usize) -> *mut u8 {
    // SAFETY: the cell was free, has the size of its class, and an offset is smaller than any cell that has one.
    let object = unsafe {
        core::ptr::write_bytes(cell, 0, classes::cell_size(class));
        cell.add(offset)
    };
    RANGE.state(object as usize).set(ALLOCATED);
    object
}

#[cold]
#[inline(never)]
fn allocate_slow(size: usize, offset: usize, kind: Kind) -> *mut u8 {
    RANGE.reserve();
    stress::tick();
    if size > LARGEST_CELL {
        return allocate_large(size, offset, kind);
    }
    let class = classes::class_of(size);
    let list = &LISTS[list_number(class, offset, kind)];
    if list.held.get().is_null() && list.free.get().is_null() && !refill(list, class, offset, kind)
    {
        return core::ptr::null_mut();
    }
    match list.pop_slow() {
        Some(cell) => hand_out(cell, class, offset),
        None => core::ptr::null_mut(),
    }
}

/// Finds free cells for an empty list.
fn refill(list: &List, class: usize, offset: usize, kind: Kind) -> bool {
    let bytes = classes::span_pages(class) * PAGE;
    managers::before_growth(bytes);
    if !list.free.get().is_null() {
        return true;
    }
    let count = match list.take_partial() {
        Some(span) => list.thread(span),
        None if list.fresh.get() != 0 => list.thread_fresh(),
        None => {
            let pages = classes::span_pages(class) as u32;
            let number = list_number(class, offset, kind);
            let cell = classes::cell_size(class);
            let Some(span) = Span::create(pages, number, cell, kind, offset) else {
                return false;
            };
            if RANGE.used.get() <= SMALL_HEAP {
                list.fresh.set(span.number as u32 + 1);
                list.unlisted.set(0);
                list.thread_fresh()
            } else {
                list.thread(span)
            }
        }
    };
    note_growth(count * classes::cell_size(class));
    true
}

#[inline(never)]
fn allocate_large(size: usize, offset: usize, kind: Kind) -> *mut u8 {
    if size > RANGE.reserved.get() {
        return core::ptr::null_mut();
    }
    let pages = size.div_ceil(PAGE);
    managers::before_growth(pages * PAGE);
    let Some(span) = Span::create(pages as u32, 0, 0, kind, offset) else {
        return core::ptr::null_mut();
    };
    note_growth(span.bytes());
    let object = span.object(0);
    RANGE.state(object).set(ALLOCATED);
    object as *mut u8
}

/// Returns the memory of a live cell at once: the state byte is cleared, and the cell can be handed out again.
///
/// # Safety
/// `object` is the address of a live cell of `span`, which nothing uses from now on.
#[inline]
pub(crate) unsafe fn release_cell(span: Span, object: usize) {
    debug_assert!(RANGE.state(object).get() & ALLOCATED != 0, "freed twice");
    RANGE.state(object).set(0);
    if span.is_large() {
        span.release();
        return;
    }
    let list = &LISTS[span.first.list.get() as usize];
    if !span.first.has(PARTIAL) {
        // SAFETY: the cell was live, so it is in no list, and the caller gave it up.
        unsafe { list.push((object - span.offset()) as *mut u8) };
    }
}

impl List {
    #[inline(always)]
    fn pop(&self) -> Option<*mut u8> {
        let cell = self.free.get();
        if cell.is_null() {
            return None;
        }
        // SAFETY: cells in the list are free and hold the link.
        self.free.set(unsafe { (*cell).next });
        Some(cell.cast())
    }

    /// Pops after a refill. Under stress one cell at a time leaves the held list, so that the fast path always fails.
    fn pop_slow(&self) -> Option<*mut u8> {
        if stress::is_on() {
            self.hold();
            self.free.set(self.held.get());
            let cell = self.pop();
            self.held.set(self.free.replace(core::ptr::null_mut()));
            return cell;
        }
        if self.free.get().is_null() {
            self.free.set(self.held.replace(core::ptr::null_mut()));
        }
        self.pop()
    }

    /// Moves the free cells to the held ones, whose list is empty or shorter than any the fast path sees.
    fn hold(&self) {
        while let Some(cell) = self.pop() {
            // SAFETY: just popped, so free and in no list.
            unsafe {
                let cell = cell.cast::<FreeCell>();
                (*cell).next = self.held.replace(cell);
            }
        }
    }

    /// # Safety
    /// `cell` is a free cell of this list's class which is in no list.
    #[inline(always)]
    unsafe fn push(&self, cell: *mut u8) {
        let cell = cell.cast::<FreeCell>();
        // SAFETY: the caller's promise; every cell has room for the link.
        unsafe { (*cell).next = self.free.get() };
        self.free.set(cell);
    }

    fn take_partial(&self) -> Option<Span> {
        let number = self.partial.get().checked_sub(1)?;
        let span = Span::at(number as usize);
        self.partial.set(span.first.next.replace(0));
        span.first.unset(PARTIAL);
        Some(span)
    }

    fn put_partial(&self, span: Span) {
        let before = self.partial.replace(span.number as u32 + 1);
        span.first.next.set(before);
        span.first.set(PARTIAL);
    }

    /// Links all free cells of `span` into the list, which is empty, in address order.
    fn thread(&self, span: Span) -> usize {
        let mut count = 0;
        for index in (0..span.cells()).rev() {
            let object = span.object(index);
            if RANGE.state(object).get() & ALLOCATED == 0 {
                // SAFETY: the state byte says that the cell is free, and a span in no list has no listed cell.
                unsafe { self.push((object - span.offset()) as *mut u8) };
                count += 1;
            }
        }
        count
    }

    /// Links the next portion of the fresh span's cells into the list, which is empty, in address order.
    fn thread_fresh(&self) -> usize {
        let span = Span::at(self.fresh.get() as usize - 1);
        let first = self.unlisted.get() as usize;
        let end = span
            .cells()
            .min(first + (PORTION / span.cell_size()).max(1));
        for index in (first..end).rev() {
            let object = span.object(index);
            debug_assert!(RANGE.state(object).get() == 0, "was never listed");
            // SAFETY: the cells of a fresh span from `unlisted` on were never in a list.
            unsafe { self.push((object - span.offset()) as *mut u8) };
        }
        self.unlisted.set(end as u32);
        if end == span.cells() {
            self.fresh.set(0);
        }
        end - first
    }

    fn forget(&self) {
        self.free.set(core::ptr::null_mut());
        self.held.set(core::ptr::null_mut());
        self.partial.set(0);
        self.fresh.set(0);
    }
}

/// Sweeps: frees every cell that `lives` denies, and rebuilds all lists. Returns what is live.
pub(crate) fn sweep(lives: impl Fn(usize) -> bool) -> Usage {
    LISTS.iter().for_each(List::forget);
    let mut usage = Usage::default();
    for span in spans() {
        span.first.unset(PARTIAL);
        let mut live = 0;
        for address in span.allocated() {
            if lives(address) {
                live += 1;
            } else {
                RANGE.state(address).set(0);
            }
        }
        usage.bytes += live * span.cell_size();
        if !span.is_buffer() {
            usage.objects += live;
        }
        if live == 0 {
            span.release();
        } else if live < span.cells() {
            LISTS[span.first.list.get() as usize].put_partial(span);
        }
    }
    usage
}

/// Forgets all lists and builds them anew from the state bytes; spans without live cells return to the free pages.
pub(crate) fn rebuild_lists() {
    sweep(|_| true);
}

/// What is live in the heap.
#[derive(Clone, Copy, Default, Debug)]
pub struct Usage {
    /// Bytes in live cells, buffers included.
    pub bytes: usize,
    /// Live objects.
    pub objects: usize,
}

/// Counts what is live, without changing anything.
pub fn usage() -> Usage {
    spans().fold(Usage::default(), |sum, span| {
        let live = span.allocated().count();
        Usage {
            bytes: sum.bytes + live * span.cell_size(),
            objects: sum.objects + if span.is_buffer() { 0 } else { live },
        }
    })
}

/// What compiled code needs to allocate one size of object inline, as `allocate_object` does.
#[derive(Clone, Copy, Debug)]
pub struct InlineAllocation {
    /// The address of the list's head: load it, test for null, store the word it points to back.
    pub head: usize,
    /// How many bytes from the popped cell are to be zeroed.
    pub cell_size: usize,
    /// Bytes from the cell to the object.
    pub offset: usize,
    /// The state byte of an object is at `states + (object - base) / 16` and becomes `state`.
    pub states: usize,
    pub base: usize,
    pub state: u8,
}

/// How to allocate such an object inline; `None` for sizes that no list serves.
pub fn inline_allocation(size: usize, prefix: usize, kind: Kind) -> Option<InlineAllocation> {
    let offset = if prefix == 0 { 0 } else { 16 };
    let size = size + offset;
    (size <= LARGEST_CELL).then(|| {
        let class = classes::class_of(size);
        InlineAllocation {
            head: (&raw const LISTS[list_number(class, offset, kind)].free) as usize,
            cell_size: classes::cell_size(class),
            offset,
            states: RANGE.states.get() as usize,
            base: RANGE.base.get(),
            state: ALLOCATED,
        }
    })
}

/// Takes the cells from every fast path's reach, so that stress sees the next allocation.
pub(crate) fn hold_all_cells() {
    LISTS.iter().for_each(List::hold);
}
