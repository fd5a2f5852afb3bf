//! Native memory: the process's `malloc`, which answers which block any address lies in.
//!
//! mimalloc serves Rust's allocations and, since its symbols override C's, those of every library. A tracing manager
//! scans a block of it when something that is scanned points into it. Of a block above 4 MiB, mimalloc knows interior
//! addresses in the first 4 MiB only.

use core::alloc::{GlobalAlloc, Layout};
use core::mem::MaybeUninit;
use libmimalloc_sys as mi;

unsafe extern "C" {
    fn tandem_native_block(address: *const u8, start: *mut usize, length: *mut usize) -> bool;
    fn tandem_native_committed() -> usize;
}

/// The block that holds `address`: its start and its length in bytes. The block may be free.
#[inline]
pub fn block(address: usize) -> Option<(usize, usize)> {
    let mut start = MaybeUninit::uninit();
    let mut length = MaybeUninit::uninit();
    // SAFETY: any address may be asked for; both results are written if the answer is yes.
    unsafe {
        tandem_native_block(
            address as *const u8,
            start.as_mut_ptr(),
            length.as_mut_ptr(),
        )
        .then(|| (start.assume_init(), length.assume_init()))
    }
}

/// Bytes that native memory takes from the kernel.
#[inline]
pub fn committed() -> usize {
    // SAFETY: reads a counter.
    unsafe { tandem_native_committed() }
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
