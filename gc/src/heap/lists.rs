//! Free cells: for each kind, prefix and size class a list that the allocation path takes from.
//!
//! A list has cells that were freed one by one, which are taken first as they are in the cache, and a run of adjacent free
//! cells, through which it moves by addition alone. When both are used up it moves on to the next run of its span, then to
//! another span. Invariant: a free cell is in one place only: in its list, in a run of the span in use, or in a span that
//! waits (`PARTIAL`), whose state bytes say which cells are free.

use super::alloc::note_growth;
use super::classes::{self, CLASSES};
use super::pages::{Kind, PAGE, PARTIAL, RANGE};
use super::spans::{ALLOCATED, Span};
use crate::gil::Gil;
use crate::managers;
use crate::stress;
use core::cell::Cell;
use core::ptr::null_mut;

/// The head of a cell that was freed, at the cell's start.
#[repr(C)]
struct FreeCell {
    next: *mut FreeCell,
}

/// The head of a run of free cells, at the start of its first cell.
#[repr(C)]
struct FreeRun {
    next: *mut FreeRun,
    end: usize,
}

/// What the fast path takes from.
#[repr(C)]
struct Reach {
    freed: Cell<*mut FreeCell>,
    /// The next cell of the run in use.
    cursor: Cell<usize>,
    /// Where that run ends.
    limit: Cell<usize>,
}

/// The free cells of one kind, prefix and size class.
#[repr(C)]
pub struct List {
    reach: Reach,
    /// What is held back under stress, where each allocation must take the slow path.
    held: Reach,
    /// Further runs of the span in use, in address order.
    runs: Cell<*mut FreeRun>,
    /// Spans that wait, as a page number plus 1; 0 is none.
    partial: Cell<u32>,
}

/// The addresses of the words of a list that compiled code uses.
pub struct Words {
    pub freed: usize,
    pub cursor: usize,
    pub limit: usize,
}

const ROWS: usize = 5;
pub const COUNT: usize = ROWS * CLASSES;

static LISTS: Gil<[List; COUNT]> = Gil::new([const { List::new() }; COUNT]);

/// The list's number, which its spans know.
#[inline(always)]
pub const fn number(class: usize, offset: usize, kind: Kind) -> usize {
    ((kind as usize - 1) * 2 + (offset != 0) as usize) * CLASSES + class
}

/// The list of that number.
#[inline(always)]
pub fn at(number: usize) -> &'static List {
    // `LISTS` is a static.
    &LISTS[number]
}

/// Every list.
pub fn all() -> impl Iterator<Item = &'static List> {
    (0..COUNT).map(at)
}

impl Reach {
    const fn new() -> Reach {
        Reach {
            freed: Cell::new(null_mut()),
            cursor: Cell::new(0),
            limit: Cell::new(0),
        }
    }

    #[inline(always)]
    fn take(&self, size: usize) -> Option<*mut u8> {
        let cell = self.freed.get();
        if !cell.is_null() {
            // SAFETY: cells in the list are free and hold the link.
            self.freed.set(unsafe { (*cell).next });
            return Some(cell.cast());
        }
        let cell = self.cursor.get();
        if cell == self.limit.get() {
            return None;
        }
        self.cursor.set(cell + size);
        Some(cell as *mut u8)
    }

    fn is_empty(&self) -> bool {
        self.freed.get().is_null() && self.cursor.get() == self.limit.get()
    }

    fn clear(&self) {
        self.freed.set(null_mut());
        self.cursor.set(0);
        self.limit.set(0);
    }
}

impl List {
    const fn new() -> List {
        List {
            reach: Reach::new(),
            held: Reach::new(),
            runs: Cell::new(null_mut()),
            partial: Cell::new(0),
        }
    }

    /// A cell of `size` bytes, the list's own size.
    #[inline(always)]
    pub fn take(&self, size: usize) -> Option<*mut u8> {
        self.reach.take(size)
    }

    /// Takes a cell after the fast path failed. May collect. Under stress the rest is held back again.
    pub fn take_slowly(&self, class: usize, offset: usize, kind: Kind) -> Option<*mut u8> {
        let reach = if stress::is_on() {
            self.hold();
            &self.held
        } else {
            self.give_back_held();
            &self.reach
        };
        if reach.is_empty() && !self.refill(class, offset, kind, reach) {
            return None;
        }
        reach.take(classes::cell_size(class))
    }

    /// # Safety
    /// `cell` is a free cell of this list's class which is in no list.
    #[inline(always)]
    pub unsafe fn push(&self, cell: *mut u8) {
        let cell = cell.cast::<FreeCell>();
        // SAFETY: the caller's promise; every cell has room for the link.
        unsafe { (*cell).next = self.reach.freed.get() };
        self.reach.freed.set(cell);
    }

    pub fn words(&self) -> Words {
        Words {
            freed: (&raw const self.reach.freed) as usize,
            cursor: (&raw const self.reach.cursor) as usize,
            limit: (&raw const self.reach.limit) as usize,
        }
    }

    /// Takes the cells from the fast path's reach, so that stress sees the next allocation.
    pub fn hold(&self) {
        while !self.reach.freed.get().is_null() {
            let cell = self.reach.freed.get();
            // SAFETY: a cell in the list is free and holds the link.
            unsafe {
                self.reach.freed.set((*cell).next);
                (*cell).next = self.held.freed.replace(cell);
            }
        }
        if self.reach.cursor.get() != self.reach.limit.get() {
            self.held.cursor.set(self.reach.cursor.get());
            self.held.limit.set(self.reach.limit.get());
        }
        self.reach.clear();
    }

    fn give_back_held(&self) {
        if self.reach.is_empty() && !self.held.is_empty() {
            self.reach.freed.set(self.held.freed.get());
            self.reach.cursor.set(self.held.cursor.get());
            self.reach.limit.set(self.held.limit.get());
            self.held.clear();
        }
    }

    /// Finds free cells for a list that has none in reach.
    fn refill(&self, class: usize, offset: usize, kind: Kind, reach: &Reach) -> bool {
        if self.next_run(reach) {
            return true;
        }
        let pages = classes::span_pages(class);
        managers::before_growth(pages * PAGE);
        if !reach.is_empty() {
            return true;
        }
        let size = classes::cell_size(class);
        if let Some(span) = self.take_partial() {
            note_growth(self.divide(span) * size);
            return self.next_run(reach);
        }
        let number = number(class, offset, kind);
        let Some(span) = Span::create(pages as u32, number, size, kind, offset) else {
            return false;
        };
        let bytes = span.cells() * size;
        note_growth(bytes);
        reach.cursor.set(span.start());
        reach.limit.set(span.start() + bytes);
        true
    }

    fn next_run(&self, reach: &Reach) -> bool {
        let run = self.runs.get();
        if run.is_null() {
            return false;
        }
        reach.cursor.set(run as usize);
        // SAFETY: a run in the list lies at the start of a free cell, which has room for it.
        unsafe {
            reach.limit.set((*run).end);
            self.runs.set((*run).next);
        }
        true
    }

    /// Puts the free cells of `span` into the list of runs, which is empty. Returns how many there are.
    fn divide(&self, span: Span) -> usize {
        let size = span.cell_size();
        let mut free = 0;
        let mut last: *mut FreeRun = null_mut();
        for index in 0..span.cells() {
            let object = span.object(index);
            if RANGE.state(object).get() & ALLOCATED != 0 {
                continue;
            }
            free += 1;
            let cell = object - span.offset();
            // SAFETY: the state byte says that the cell is free, and a span that waited has no listed cell. A cell has
            // room for two words.
            unsafe {
                if !last.is_null() && (*last).end == cell {
                    (*last).end = cell + size;
                    continue;
                }
                let run = cell as *mut FreeRun;
                run.write(FreeRun {
                    next: null_mut(),
                    end: cell + size,
                });
                if last.is_null() {
                    self.runs.set(run);
                } else {
                    (*last).next = run;
                }
                last = run;
            }
        }
        free
    }

    fn take_partial(&self) -> Option<Span> {
        let number = self.partial.get().checked_sub(1)?;
        let span = Span::at(number as usize);
        self.partial.set(span.first.next.replace(0));
        span.first.unset(PARTIAL);
        Some(span)
    }

    /// Lets a span with free cells wait. None of its cells is in a list.
    pub fn put_partial(&self, span: Span) {
        let before = self.partial.replace(span.number as u32 + 1);
        span.first.next.set(before);
        span.first.set(PARTIAL);
    }

    /// Forgets all free cells: the state bytes say where they are.
    pub fn forget(&self) {
        self.reach.clear();
        self.held.clear();
        self.runs.set(null_mut());
        self.partial.set(0);
    }
}
