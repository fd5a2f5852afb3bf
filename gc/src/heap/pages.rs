//! The reserved range, its page table and its side tables.
//!
//! One contiguous range of addresses is reserved at start-up and never moves. Each 16 KiB page of it has a `Page`
//! descriptor, and each 16-byte granule has one state byte, one count and one bit in each of three bitmaps, all found from the address
//! by arithmetic alone. All of this memory is mapped directly: no root scan can reach it.

use super::bits::Bitmap;
use super::classes::GRANULE;
use crate::gil::Gil;
use core::cell::Cell;
use core::mem::size_of;
use memmap2::{Advice, MmapMut, MmapOptions};

pub const PAGE_SHIFT: usize = 14;
/// The unit in which the range is handed out, in bytes.
pub const PAGE: usize = 1 << PAGE_SHIFT;
pub const GRANULES_PER_PAGE: usize = PAGE / GRANULE;

const LARGEST_RANGE: usize = 1 << 38;
const SMALLEST_RANGE: usize = 1 << 28;
/// Heaps up to this size are backed by small pages.
const SMALL_HEAP: usize = 32 << 20;

/// What the cells of a span hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Objects whose death nothing needs to notice.
    Plain = 1,
    /// Objects whose death may have effects: a finalizer, weak references, native resources.
    Destructible = 2,
    /// Memory that one object owns: list items, dict tables.
    Buffer = 3,
}

/// The page's memory has been used since the kernel last zeroed it.
pub const DIRTY: u8 = 1;
/// The page is in the list of pages that hold tracked objects of generation 0.
pub const LISTED: u8 = 2;
/// The page is in the list of pages that hold tracked objects of generation 1.
pub const LISTED_MIDDLE: u8 = 64;
/// The span waits to be threaded: a cell that is freed now needs no list, since its state byte will be read.
pub const PARTIAL: u8 = 4;
/// A cell of the span has had weak references.
pub const WATCHED: u8 = 8;

/// The cells have a prefix. The flag's value is the distance from a cell's start to its object, in bytes.
pub const PREFIXED: u8 = 16;
/// The page is a span of many cells by itself.
pub const ALONE: u8 = 32;

/// One page's descriptor. A span is a run of pages; its first page's descriptor speaks for all of it.
#[repr(C)]
pub struct Page {
    /// The reciprocal of the cell size; 0 where the span is one cell.
    pub reciprocal: Cell<u32>,
    /// The cell size in bytes; 0 where the span is one cell.
    pub cell: Cell<u32>,
    /// How many pages back the span begins.
    pub back: Cell<u32>,
    /// The span's length in pages.
    pub pages: Cell<u32>,
    /// Which of the allocator's lists serves the span; meaningless where the span is one cell.
    pub list: Cell<u16>,
    /// A `Kind`, or 0 in a free page.
    pub kind: Cell<u8>,
    pub flags: Cell<u8>,
    /// The next span with free cells, as a page number; 0 ends the list.
    pub next: Cell<u32>,
    _padding: u64,
}

const _: () = assert!(size_of::<Page>() == 32, "found by a shift");

impl Page {
    pub fn is_free(&self) -> bool {
        self.kind.get() == 0
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    pub fn set(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    pub fn unset(&self, flag: u8) {
        self.flags.set(self.flags.get() & !flag);
    }
}

/// The range and what lies beside it.
pub struct Range {
    /// The address of page 0. Zero before `reserve`.
    pub base: Cell<usize>,
    /// Bytes from `base` to the end of the highest page ever used: what an address is tested against.
    pub used: Cell<usize>,
    /// The size of the reservation in bytes.
    pub reserved: Cell<usize>,
    pub table: Cell<*const Page>,
    /// One byte for each granule: the flags of the object that begins there.
    pub states: Cell<*const Cell<u8>>,
    /// Where the state byte of address 0 would be.
    states_from_zero: Cell<*const Cell<u8>>,
    /// One count for each granule, for the collection of cycles.
    counts: Cell<*const Cell<u16>>,
    /// Reached in this collection.
    pub marked: Bitmap,
    /// Dead, and kept until its death rites are over.
    pub condemned: Bitmap,
    /// A buffer that was scanned conservatively in this collection.
    pub scanned: Bitmap,
}

pub static RANGE: Gil<Range> = Gil::new(Range {
    base: Cell::new(0),
    used: Cell::new(0),
    reserved: Cell::new(0),
    table: Cell::new(core::ptr::null()),
    states: Cell::new(core::ptr::null()),
    states_from_zero: Cell::new(core::ptr::null()),
    counts: Cell::new(core::ptr::null()),
    marked: Bitmap::empty(),
    condemned: Bitmap::empty(),
    scanned: Bitmap::empty(),
});

impl Range {
    /// Reserves the range, once. It shrinks until the kernel agrees: a limit on addresses is not an error.
    pub fn reserve(&self) {
        if self.base.get() != 0 {
            return;
        }
        let mut size = LARGEST_RANGE;
        while size >= SMALLEST_RANGE {
            if self.try_reserve(size).is_some() {
                return;
            }
            size /= 2;
        }
        eprintln!("tandem: cannot reserve {SMALLEST_RANGE} bytes of addresses for the heap");
        std::process::abort();
    }

    fn try_reserve(&self, size: usize) -> Option<()> {
        let granules = size / GRANULE;
        let heap = map(size + PAGE)?;
        let table = map(size / PAGE * size_of::<Page>())?;
        let states = map(granules)?;
        let counts = map(granules * size_of::<u16>())?;
        let bitmaps = [map(granules / 8)?, map(granules / 8)?, map(granules / 8)?];
        let [marked, condemned, scanned] = bitmaps.map(keep);
        ask_for_huge_pages(&heap, SMALL_HEAP);
        ask_for_huge_pages(&states, SMALL_HEAP / GRANULE);
        let base = keep(heap) as usize;
        self.base.set(base.next_multiple_of(PAGE));
        self.reserved.set(size);
        // Page 0 stays empty: `base` itself is a word that a root scan meets.
        self.used.set(PAGE);
        self.table.set(keep(table).cast());
        self.states.set(keep(states).cast());
        self.counts.set(keep(counts).cast());
        let before_base = self.base.get() / GRANULE;
        self.states_from_zero
            .set(self.states.get().wrapping_sub(before_base));
        self.marked.place(marked.cast());
        self.condemned.place(condemned.cast());
        self.scanned.place(scanned.cast());
        Some(())
    }

    #[inline(always)]
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base.get()) < self.used.get()
    }

    /// How many pages have ever been used.
    pub fn pages(&self) -> usize {
        self.used.get() >> PAGE_SHIFT
    }

    #[inline(always)]
    pub fn page(&self, number: usize) -> &Page {
        debug_assert!(number < self.reserved.get() >> PAGE_SHIFT);
        // SAFETY: the table has a descriptor for each reserved page, zeroed memory is a valid one, and it is never unmapped.
        unsafe { &*self.table.get().add(number) }
    }

    #[inline(always)]
    pub fn page_number(&self, address: usize) -> usize {
        (address - self.base.get()) >> PAGE_SHIFT
    }

    #[inline(always)]
    pub fn page_address(&self, number: usize) -> usize {
        self.base.get() + (number << PAGE_SHIFT)
    }

    #[inline(always)]
    pub fn granule(&self, address: usize) -> usize {
        (address - self.base.get()) / GRANULE
    }

    #[inline(always)]
    pub fn granule_address(&self, granule: usize) -> usize {
        self.base.get() + granule * GRANULE
    }

    /// The state byte of the object at `address`, which lies in the range.
    #[inline(always)]
    pub fn state(&self, address: usize) -> &Cell<u8> {
        debug_assert!(self.contains(address));
        // SAFETY: the table has a byte for each granule of the range.
        unsafe { &*self.states_from_zero.get().wrapping_add(address / GRANULE) }
    }

    /// The count of the object at `address`, which lies in the range.
    #[inline(always)]
    pub fn count(&self, address: usize) -> &Cell<u16> {
        debug_assert!(self.contains(address));
        // SAFETY: the table has a count for each granule of the range.
        unsafe { &*self.counts.get().add(self.granule(address)) }
    }

    /// Zeroes the counts of a page.
    pub fn clear_counts(&self, number: usize) {
        let first = self.count(self.page_address(number)).as_ptr();
        // SAFETY: the table has a count for each granule.
        unsafe { first.write_bytes(0, GRANULES_PER_PAGE) };
    }

    /// Gives the memory of the counts, all of which are zero, back to the kernel.
    pub fn give_back_counts(&self) {
        let length = self.used.get() / GRANULE * size_of::<u16>();
        let start = self.counts.get().cast_mut().cast();
        // SAFETY: the counts are ours, and zero, as they are afterwards.
        unsafe { libc::madvise(start, length, libc::MADV_DONTNEED) };
    }

    /// The state byte of an address is at this address plus a sixteenth of its own, with wrap-around.
    pub fn states_from_zero(&self) -> usize {
        self.states_from_zero.get() as usize
    }

    /// The state bytes of `granules` granules, eight to a word. Both numbers are multiples of eight.
    pub fn state_words(&self, first: usize, granules: usize) -> &[Cell<u64>] {
        debug_assert!(first.is_multiple_of(8) && granules.is_multiple_of(8));
        // SAFETY: the table has a byte for each granule, and its mapping is aligned.
        unsafe { core::slice::from_raw_parts(self.states.get().add(first).cast(), granules / 8) }
    }
}

fn map(bytes: usize) -> Option<MmapMut> {
    MmapOptions::new()
        .len(bytes)
        .no_reserve_swap()
        .map_anon()
        .ok()
}

/// Faults are dear, and a heap fills its pages densely; but a small program must not pay with whole huge pages.
fn ask_for_huge_pages(mapping: &MmapMut, from: usize) {
    // Kernels that do not know the advice do without.
    let _ = mapping.advise_range(Advice::HugePage, from, mapping.len() - from);
}

/// Gives up ownership: the heap lives as long as the process.
fn keep(mut mapping: MmapMut) -> *mut u8 {
    let start = mapping.as_mut_ptr();
    core::mem::forget(mapping);
    start
}
