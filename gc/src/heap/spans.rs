//! Spans, and which cell an address lies in.
//!
//! A span is a run of pages cut into cells of one size and one kind. Invariant: the first page's descriptor is complete
//! before any cell is handed out, and every page of the span says how far back it begins.

use super::classes::{self, GRANULE};
use super::pages::{
    ALONE, GRANULES_PER_PAGE, Kind, PAGE, PAGE_SHIFT, PARTIAL, PREFIXED, Page, RANGE, WATCHED,
};
use super::runs;
use core::ops::Range;

/// The state byte: the cell is handed out.
pub const ALLOCATED: u8 = 1;
/// Known to the cycle collector, visible in `gc.get_objects`.
pub const TRACKED: u8 = 2;
/// `tp_finalize` has run.
pub const FINALIZED: u8 = 4;
/// The two bits that hold a tracked object's generation.
pub const GENERATION: u8 = 24;
/// Generation 2, where objects that survived stay.
pub const OLD: u8 = 0;
/// Generation 0.
pub const YOUNG: u8 = 8;
/// Generation 1.
pub const MIDDLE: u8 = 16;
/// Set aside by `gc.freeze`.
pub const FROZEN: u8 = 24;
/// `tp_free` was called during the death rites; the memory returns when they are over.
pub const FREED: u8 = 32;
/// Has, or had, weak references.
pub const REFERENCED_WEAKLY: u8 = 64;
/// `tp_dealloc` has run, and the memory was kept: an extension's free list holds it.
pub const RETIRED: u8 = 128;

/// A run of cells of one size.
#[derive(Clone, Copy)]
pub struct Span {
    pub number: usize,
    pub first: &'static Page,
}

impl Span {
    /// The span that begins at page `number`.
    pub fn at(number: usize) -> Span {
        Span {
            number,
            first: static_page(number),
        }
    }

    /// The span that `address` lies in.
    #[inline(always)]
    pub fn containing(address: usize) -> Option<Span> {
        if !RANGE.contains(address) {
            return None;
        }
        let number = RANGE.page_number(address);
        let page = static_page(number);
        if page.is_free() {
            return None;
        }
        Some(Span::at(number - page.back.get() as usize))
    }

    /// Makes a span of `pages` pages, whose cells are of `cell` bytes and belong to `list`. `cell` is 0 for a span that is one
    /// cell.
    pub fn create(pages: u32, list: usize, cell: usize, kind: Kind, offset: usize) -> Option<Span> {
        let number = runs::take(pages, cell == 0)?;
        let first = static_page(number);
        let span = Span { number, first };
        first.kind.set(kind as u8);
        span.describe(0..pages);
        if offset != 0 {
            first.set(PREFIXED);
        }
        if pages == 1 && cell != 0 {
            first.set(ALONE);
        }
        first.cell.set(cell as u32);
        first.reciprocal.set(if cell == 0 {
            0
        } else {
            classes::reciprocal(cell)
        });
        first.list.set(list as u16);
        first.next.set(0);
        Some(span)
    }

    /// Makes these pages, counted from the first one, the span's own, up to its new end.
    fn describe(self, pages: Range<u32>) {
        self.first.pages.set(pages.end);
        for back in pages {
            let page = static_page(self.number + back as usize);
            page.back.set(back);
            page.kind.set(self.first.kind.get());
            page.unset(PARTIAL | PREFIXED | WATCHED | ALONE);
        }
    }

    /// Lengthens or shortens a span that is one cell to `pages` pages, where it is. New memory is zeroed. False, with
    /// nothing done, if what follows is in use.
    pub fn resize_large(self, pages: u32) -> bool {
        let before = self.first.pages.get();
        if pages > before {
            let grown = runs::take_at(self.number + before as usize, pages - before);
            if grown {
                self.describe(before..pages);
            }
            return grown;
        }
        self.first.pages.set(pages);
        self.free_pages(pages..before);
        true
    }

    fn free_pages(self, pages: Range<u32>) {
        let start = self.number + pages.start as usize;
        let length = pages.end - pages.start;
        if length != 0 {
            (0..length as usize).for_each(|at| static_page(start + at).kind.set(0));
            runs::give_back(start, length);
        }
    }

    /// Makes the span's pages free ones, which the caller gives back: the first one and how many. No cell of it may be in use
    /// or in a list.
    pub fn vacate(self) -> (usize, u32) {
        let pages = self.first.pages.get();
        (0..pages as usize).for_each(|at| static_page(self.number + at).kind.set(0));
        (self.number, pages)
    }

    /// Gives the span's pages back. No cell of it may be in use or in a list.
    pub fn release(self) {
        self.free_pages(0..self.first.pages.get());
    }

    #[inline(always)]
    pub fn start(self) -> usize {
        RANGE.page_address(self.number)
    }

    pub fn bytes(self) -> usize {
        (self.first.pages.get() as usize) << PAGE_SHIFT
    }

    #[inline(always)]
    pub fn is_large(self) -> bool {
        self.first.cell.get() == 0
    }

    /// Bytes in one cell, its prefix included.
    #[inline(always)]
    pub fn cell_size(self) -> usize {
        match self.first.cell.get() {
            0 => self.bytes(),
            cell => cell as usize,
        }
    }

    /// How many cells the span has.
    pub fn cells(self) -> usize {
        match self.first.cell.get() {
            0 => 1,
            cell => self.bytes() / cell as usize,
        }
    }

    #[inline(always)]
    pub fn is_buffer(self) -> bool {
        self.first.kind.get() == Kind::Buffer as u8
    }

    #[inline(always)]
    pub fn is_destructible(self) -> bool {
        self.first.kind.get() == Kind::Destructible as u8
    }

    #[inline(always)]
    pub fn offset(self) -> usize {
        (self.first.flags.get() & PREFIXED) as usize
    }

    /// The index of the cell that `address` lies in; the tail behind the last cell counts as one more.
    #[inline(always)]
    pub fn index(self, address: usize) -> usize {
        let offset = (address - self.start()) as u64;
        ((offset * u64::from(self.first.reciprocal.get())) >> 32) as usize
    }

    /// The address of the object (or buffer) in cell `index`.
    #[inline(always)]
    pub fn object(self, index: usize) -> usize {
        self.start() + index * self.cell_size() + self.offset()
    }

    /// The granules of the span: the first one and how many there are.
    pub fn granules(self) -> (usize, usize) {
        let pages = self.first.pages.get() as usize;
        (self.number * GRANULES_PER_PAGE, pages * GRANULES_PER_PAGE)
    }

    /// The objects of the span that are handed out.
    pub fn allocated(self) -> impl Iterator<Item = usize> {
        (0..self.cells())
            .map(move |index| self.object(index))
            .filter(|&object| RANGE.state(object).get() & ALLOCATED != 0)
    }
}

#[inline(always)]
fn static_page(number: usize) -> &'static Page {
    // `RANGE` is a static, so its table is borrowed for as long as the process lives.
    RANGE.page(number)
}

/// The cell that holds `address`, handed out or not: its span and the address of its object.
#[inline]
pub fn find_cell(address: usize) -> Option<(Span, usize)> {
    let span = Span::containing(address)?;
    let index = span.index(address);
    let object = span.object(index);
    let end = object - span.offset() + span.cell_size();
    (end <= span.start() + span.bytes()).then_some((span, object))
}

/// The live cell that holds `address`.
#[inline]
pub fn find_live(address: usize) -> Option<(Span, usize)> {
    let found = find_cell(address)?;
    (RANGE.state(found.1).get() & ALLOCATED != 0).then_some(found)
}

/// Every span, in address order.
pub fn spans() -> impl Iterator<Item = Span> {
    let mut next = 0;
    core::iter::from_fn(move || {
        while next < RANGE.pages() {
            let span = Span::at(next);
            if span.first.is_free() {
                next += 1;
                continue;
            }
            next += span.first.pages.get() as usize;
            return Some(span);
        }
        None
    })
}

const _: () = assert!(PAGE.is_multiple_of(GRANULE));
