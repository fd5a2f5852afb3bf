//! `Digits`: the owned result of an operation on magnitudes, which stays inline while small.
//!
//! Invariant: either the heap vector is unallocated and the first `len` inline digits count, or
//! the heap vector alone counts.

use std::fmt;
use std::ops::{Deref, DerefMut};

const INLINE: usize = 6;

#[derive(Clone, Default)]
pub struct Digits {
    len: usize,
    inline: [u32; INLINE],
    heap: Vec<u32>,
}

impl Digits {
    #[inline]
    pub const fn new() -> Self {
        Self {
            len: 0,
            inline: [0; INLINE],
            heap: Vec::new(),
        }
    }

    /// `len` zero digits, to be written and then `trim`med.
    #[inline]
    pub fn zeroed(len: usize) -> Self {
        if len <= INLINE {
            Self { len, ..Self::new() }
        } else {
            Self {
                len: 0,
                inline: [0; INLINE],
                heap: vec![0; len],
            }
        }
    }

    #[inline]
    fn is_heap(&self) -> bool {
        self.heap.capacity() != 0
    }

    #[inline]
    pub fn truncate(&mut self, len: usize) {
        if self.is_heap() {
            self.heap.truncate(len);
        } else {
            self.len = self.len.min(len);
        }
    }

    /// Drops the leading zero digits.
    #[inline]
    pub fn trim(&mut self) {
        let len = super::trim(self).len();
        self.truncate(len);
    }

    pub fn push(&mut self, digit: u32) {
        if !self.is_heap() {
            if self.len < INLINE {
                self.inline[self.len] = digit;
                self.len += 1;
                return;
            }
            self.heap.reserve(2 * INLINE);
            self.heap.extend_from_slice(&self.inline);
        }
        self.heap.push(digit);
    }
}

impl Deref for Digits {
    type Target = [u32];

    #[inline]
    fn deref(&self) -> &[u32] {
        if self.is_heap() {
            &self.heap
        } else {
            &self.inline[..self.len]
        }
    }
}

impl DerefMut for Digits {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u32] {
        if self.is_heap() {
            &mut self.heap
        } else {
            &mut self.inline[..self.len]
        }
    }
}

impl From<Vec<u32>> for Digits {
    fn from(digits: Vec<u32>) -> Self {
        let mut this = Self {
            len: 0,
            inline: [0; INLINE],
            heap: digits,
        };
        this.trim();
        this
    }
}

impl From<&[u32]> for Digits {
    fn from(digits: &[u32]) -> Self {
        let digits = super::trim(digits);
        let mut this = Self::zeroed(digits.len());
        this.copy_from_slice(digits);
        this
    }
}

impl PartialEq for Digits {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Digits {}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::to_decimal(self))
    }
}
