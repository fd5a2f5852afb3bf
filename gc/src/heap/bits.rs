//! Bitmaps with one bit for each granule of the heap.
//!
//! Its words are atomic, since several threads may mark; but only `insert_together` pays for that.
//!
//! A bitmap is a window on a mapping that is as long as the heap's reservation; only the parts that are touched take memory.

use bitvec::order::Lsb0;
use bitvec::slice::BitSlice;
use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One bit for each granule.
pub struct Bitmap {
    words: Cell<*mut AtomicU64>,
}

impl Bitmap {
    pub const fn empty() -> Self {
        Bitmap {
            words: Cell::new(core::ptr::null_mut()),
        }
    }

    /// Gives the bitmap its memory: zeroed, mapped for good, long enough for every granule of the range.
    pub(super) fn place(&self, words: *mut AtomicU64) {
        self.words.set(words);
    }

    #[inline(always)]
    fn word(&self, granule: usize) -> &AtomicU64 {
        // SAFETY: callers pass granules of the heap's range, for each of which the mapping has a bit.
        unsafe { &*self.words.get().add(granule / 64) }
    }

    #[inline(always)]
    pub fn get(&self, granule: usize) -> bool {
        self.word(granule).load(Relaxed) >> (granule % 64) & 1 != 0
    }

    #[inline(always)]
    pub fn set(&self, granule: usize) {
        let word = self.word(granule);
        word.store(word.load(Relaxed) | 1 << (granule % 64), Relaxed);
    }

    #[inline(always)]
    pub fn clear(&self, granule: usize) {
        let word = self.word(granule);
        word.store(word.load(Relaxed) & !(1 << (granule % 64)), Relaxed);
    }

    /// Sets the bit and says whether it was clear.
    #[inline(always)]
    pub fn insert(&self, granule: usize) -> bool {
        let word = self.word(granule);
        let bit = 1 << (granule % 64);
        let before = word.load(Relaxed);
        word.store(before | bit, Relaxed);
        before & bit == 0
    }

    /// As `insert`, while other threads do the same.
    #[inline(always)]
    pub fn insert_together(&self, granule: usize) -> bool {
        let bit = 1 << (granule % 64);
        self.word(granule).fetch_or(bit, Relaxed) & bit == 0
    }

    /// The bits of `granules` granules from `first` on; both are multiples of 64.
    pub fn words(&self, first: usize, granules: usize) -> &[AtomicU64] {
        debug_assert!(first.is_multiple_of(64) && granules.is_multiple_of(64));
        // SAFETY: as for `word`.
        unsafe { core::slice::from_raw_parts(self.words.get().add(first / 64), granules / 64) }
    }

    /// Clears the first `granules` bits.
    pub fn clear_all(&self, granules: usize) {
        if granules != 0 {
            // SAFETY: as for `word`; the bits beyond the last granule in use are zero anyway.
            unsafe { core::ptr::write_bytes(self.words.get(), 0, granules.div_ceil(64)) };
        }
    }

    /// The granules below `granules` whose bits are set, in ascending order. Nothing may change them meanwhile.
    pub fn ones(&self, granules: usize) -> impl Iterator<Item = usize> + '_ {
        let length = granules.div_ceil(64);
        let words: &[AtomicU64] = if length == 0 {
            &[]
        } else {
            // SAFETY: as for `word`.
            unsafe { core::slice::from_raw_parts(self.words.get(), length) }
        };
        BitSlice::<AtomicU64, Lsb0>::from_slice(words).iter_ones()
    }
}
