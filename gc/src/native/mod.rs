//! Native memory: the process's `malloc`, which answers which block any address lies in.
//!
//! mimalloc serves Rust's allocations and, since its symbols override C's, those of every library. A tracing manager
//! scans a block of it when something that is scanned points into it.

use crate::gil::Gil;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::mem::MaybeUninit;
use libmimalloc_sys as mi;

unsafe extern "C" {
    fn tandem_native_block(address: *const u8, block: *mut Block) -> bool;
    fn tandem_native_free_blocks(page: usize, bits: *mut u64, alone: bool);
    fn tandem_native_used() -> usize;
    fn tandem_native_bounds(lowest: *mut usize, end: *mut usize);
    fn tandem_native_keep_readable();
    fn tandem_native_end();
}

/// A block of native memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub start: usize,
    /// In bytes.
    pub length: usize,
    /// Names the allocator's page.
    pub page: usize,
    /// The block's number in its page.
    pub index: usize,
    /// How many blocks of the page are backed by memory.
    pub capacity: usize,
}

/// Blocks lie between these addresses: what `note_bounds` found out.
static BOUNDS: Gil<Cell<(usize, usize)>> = Gil::new(Cell::new((0, 0)));

/// Finds out between which addresses blocks lie. To be called before a trace.
pub fn note_bounds() {
    let (mut lowest, mut end) = (0, 0);
    // SAFETY: the results are written.
    unsafe { tandem_native_bounds(&raw mut lowest, &raw mut end) };
    BOUNDS.set((lowest, end));
}

/// Blocks that were allocated before the last `note_bounds` lie between these addresses.
#[inline(always)]
pub fn bounds() -> (usize, usize) {
    BOUNDS.get()
}

/// The block that holds `address`. It may be free.
#[inline]
pub fn block(address: usize) -> Option<Block> {
    let mut block = MaybeUninit::uninit();
    // SAFETY: any address may be asked for; the result is written if the answer is yes.
    unsafe {
        tandem_native_block(address as *const u8, block.as_mut_ptr()).then(|| block.assume_init())
    }
}

/// Sets the bit of each block of `block`'s page that is known to be free. There is a bit for each of `capacity` blocks.
/// `alone` says that the process has no other thread: then more is known.
pub fn note_free_blocks(block: &Block, bits: &mut [u64], alone: bool) {
    assert!(bits.len() * 64 >= block.capacity);
    // SAFETY: the page exists, since one of its blocks was found while nothing ran, and the bits are as many as its blocks.
    unsafe { tandem_native_free_blocks(block.page, bits.as_mut_ptr(), alone) };
}

/// From now on, a block stays readable after it is freed, unless it is above 16 GiB: a scan may meet one that another
/// thread is freeing.
pub fn keep_freed_blocks_readable() {
    // SAFETY: sets an option.
    unsafe { tandem_native_keep_readable() };
}

/// The process ends: memory need not go back to the kernel piece by piece.
pub fn end() {
    // SAFETY: sets an option.
    unsafe { tandem_native_end() };
}

/// Bytes of native memory in use, roughly. Takes a moment.
pub fn used() -> usize {
    // SAFETY: reads the allocator's bitmaps.
    unsafe { tandem_native_used() }
}

/// Rust's allocator: the same mimalloc.
struct Native;

#[global_allocator]
static GLOBAL: Native = Native;

// SAFETY: mimalloc's aligned functions keep the allocator contract, from any thread.
unsafe impl GlobalAlloc for Native {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: alignments of layouts are powers of two.
        unsafe { mi::mi_malloc_aligned(layout.size(), layout.align()).cast() }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { mi::mi_zalloc_aligned(layout.size(), layout.align()).cast() }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller's block came from the functions above.
        unsafe { mi::mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { mi::mi_realloc_aligned(block.cast(), size, layout.align()).cast() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_from_any_address_in_them() {
        for size in [1, 16, 100, 5000, 100_000, 3 << 20, 40 << 20] {
            let held = vec![1u8; size];
            let start = held.as_ptr() as usize;
            for offset in (0..size).step_by(size.div_ceil(100)).chain([size - 1]) {
                let found = block(start + offset).expect("a block");
                assert_eq!(found.start, start);
                assert!(found.length >= size);
            }
        }
    }

    #[test]
    fn other_memory_has_no_blocks() {
        static WORD: u8 = 0;
        let local = 0u8;
        let mapped = memmap2::MmapMut::map_anon(1 << 20).unwrap();
        for address in [
            &raw const WORD,
            &raw const local,
            mapped.as_ptr(),
            core::ptr::null(),
        ] {
            assert!(block(address as usize).is_none());
        }
        assert!(block(usize::MAX).is_none() && block(1 << 40).is_none());
    }

    #[test]
    fn c_allocates_here_too() {
        // SAFETY: freed below, and only its address is used.
        let allocated = unsafe { libc::malloc(1000) };
        assert_eq!(
            block(allocated as usize + 999).map(|found| found.start),
            Some(allocated as usize)
        );
        // SAFETY: allocated above.
        unsafe { libc::free(allocated) };
    }
}
