//! Buffers: memory that exactly one object owns.
//!
//! Invariant: a buffer is freed explicitly by its owner, or dies with it; nobody else frees it. An explicit free returns the
//! memory at once under every manager, except in the death rites, where nothing is released before the last dealloc.

use super::alloc::{allocate_buffer, note_growth, release_cell, release_small_cell};
use super::classes::{self, LARGEST_CELL};
use super::pages::{PAGE, RANGE};
use super::spans::{Span, find_live};
use crate::managers::conservative;

/// How many bytes the buffer at `buffer` really has: at least what was asked for. 0 for null.
#[inline]
pub fn buffer_capacity(buffer: *const u8) -> usize {
    match Span::containing(buffer as usize) {
        Some(span) => span.cell_size(),
        None => 0,
    }
}

/// Resizes a buffer, moving it if its cell is too small or far too big. Null, with the old buffer intact, if there is no
/// memory. What lies behind the old buffer's capacity is zeroed; the rest is as the owner left it. May collect: the owner
/// must still point to the old buffer. What grows in place does not collect.
///
/// # Safety
/// `buffer` is null or a live buffer, and the caller is its owner. The old address is dead if another one is returned.
pub unsafe fn realloc_buffer(buffer: *mut u8, size: usize) -> *mut u8 {
    if buffer.is_null() {
        return allocate_buffer(size);
    }
    let capacity = buffer_capacity(buffer);
    if fits(capacity, size) || resize_in_place(buffer, size) {
        return buffer;
    }
    let new = allocate_buffer(size);
    if !new.is_null() {
        // SAFETY: both are live, distinct, and at least as long as what is copied.
        unsafe {
            core::ptr::copy_nonoverlapping(buffer, new, capacity.min(size));
            free_buffer(buffer);
        }
    }
    new
}

/// A buffer with pages of its own can grow into free ones behind it, and give back those that it needs no more.
fn resize_in_place(buffer: *mut u8, size: usize) -> bool {
    let Some(span) = Span::containing(buffer as usize) else {
        return false;
    };
    if !span.is_large() || size <= LARGEST_CELL {
        return false;
    }
    let before = span.bytes();
    let pages = size.div_ceil(PAGE);
    let Ok(pages) = u32::try_from(pages) else {
        return false;
    };
    let done = span.resize_large(pages);
    if done {
        note_growth(span.bytes().saturating_sub(before));
    }
    done
}

fn fits(capacity: usize, size: usize) -> bool {
    let best = if size <= LARGEST_CELL {
        classes::cell_size(classes::class_of(size))
    } else {
        size
    };
    size <= capacity && best * 2 > capacity
}

/// Returns a buffer's memory. Null is fine.
///
/// # Safety
/// `buffer` is null or a live buffer which nothing uses from now on.
#[inline]
pub unsafe fn free_buffer(buffer: *mut u8) {
    let address = buffer as usize;
    // SAFETY: the caller's promise.
    let freed = RANGE.contains(address)
        && !conservative::are_rites_running()
        && unsafe { release_small_cell(address) };
    if !freed {
        // SAFETY: as above.
        unsafe { free_slowly(buffer) };
    }
}

/// # Safety
/// As `free_buffer`, of which this is the general case.
unsafe fn free_slowly(buffer: *mut u8) {
    let Some((span, address)) = find_live(buffer as usize) else {
        debug_assert!(buffer.is_null(), "not a live buffer");
        return;
    };
    debug_assert!(span.is_buffer() && address == buffer as usize);
    if !conservative::keeps_until_rites_end(address) {
        // SAFETY: the caller's promise.
        unsafe { release_cell(span, address) };
    }
}
