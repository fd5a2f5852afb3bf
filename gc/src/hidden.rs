//! Vectors and sets in memory that no root scan reaches.
//!
//! The collector's own lists hold addresses of objects that may be dead. In native memory they would keep these alive, so
//! they live in mappings of their own.

use core::cell::Cell;
use core::marker::PhantomData;
use memmap2::MmapMut;

/// A stack of plain values.
pub struct Hidden<T: Copy> {
    mapping: Option<MmapMut>,
    length: usize,
    content: PhantomData<T>,
}

/// An empty vector's first capacity, and what a cleared one may keep, in bytes.
const KEPT: usize = 1 << 16;

impl<T: Copy> Hidden<T> {
    pub const fn new() -> Self {
        Hidden {
            mapping: None,
            length: 0,
            content: PhantomData,
        }
    }

    fn capacity(&self) -> usize {
        self.mapping
            .as_ref()
            .map_or(0, |mapping| mapping.len() / size_of::<T>())
    }

    fn start(&self) -> *mut T {
        match &self.mapping {
            Some(mapping) => mapping.as_ptr().cast_mut().cast(),
            None => core::ptr::NonNull::dangling().as_ptr(),
        }
    }

    #[inline]
    pub fn push(&mut self, item: T) {
        if self.length == self.capacity() {
            self.grow();
        }
        // SAFETY: the mapping has room for one more item, and pages are aligned for any `T`.
        unsafe { self.start().add(self.length).write(item) };
        self.length += 1;
    }

    #[cold]
    fn grow(&mut self) {
        let bytes = (self.capacity() * 2 * size_of::<T>()).max(KEPT);
        let mut new = map(bytes);
        if let Some(old) = self.mapping.take() {
            new[..old.len()].copy_from_slice(&old);
        }
        self.mapping = Some(new);
    }

    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.length = self.length.checked_sub(1)?;
        // SAFETY: the item was pushed.
        Some(unsafe { self.start().add(self.length).read() })
    }

    pub fn as_slice(&self) -> &[T] {
        // SAFETY: so many items were pushed.
        unsafe { core::slice::from_raw_parts(self.start(), self.length) }
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Empties the vector; the memory of a long one is returned.
    pub fn clear(&mut self) {
        self.length = 0;
        if self
            .mapping
            .as_ref()
            .is_some_and(|mapping| mapping.len() > KEPT)
        {
            self.mapping = None;
        }
    }
}

/// A set of addresses, none of which is zero.
pub struct HiddenSet {
    slots: Option<MmapMut>,
    length: usize,
}

impl HiddenSet {
    pub const fn new() -> Self {
        HiddenSet {
            slots: None,
            length: 0,
        }
    }

    fn slots(&self) -> &[Cell<usize>] {
        match &self.slots {
            // SAFETY: the mapping is page-aligned, zeroed or filled by `insert`, and borrowed with `self`.
            Some(mapping) => unsafe {
                core::slice::from_raw_parts(
                    mapping.as_ptr().cast(),
                    mapping.len() / size_of::<usize>(),
                )
            },
            None => &[],
        }
    }

    /// Adds `address` and says whether it was new.
    #[inline]
    pub fn insert(&mut self, address: usize) -> bool {
        if self.length * 2 >= self.slots().len() {
            self.grow();
        }
        let new = put(self.slots(), address);
        self.length += usize::from(new);
        new
    }

    #[cold]
    fn grow(&mut self) {
        let bytes = (self.slots().len() * 2 * size_of::<usize>()).max(KEPT);
        let old = core::mem::replace(
            self,
            HiddenSet {
                slots: Some(map(bytes)),
                length: self.length,
            },
        );
        old.slots()
            .iter()
            .filter(|slot| slot.get() != 0)
            .for_each(|slot| {
                put(self.slots(), slot.get());
            });
    }

    pub fn contains(&self, address: usize) -> bool {
        let slots = self.slots();
        !slots.is_empty() && slots[find(slots, address)].get() == address
    }

    pub fn clear(&mut self) {
        if self.slots().len() * size_of::<usize>() > KEPT {
            self.slots = None;
        }
        self.slots().iter().for_each(|slot| slot.set(0));
        self.length = 0;
    }
}

/// Adds `address` unless it is there.
#[inline]
fn put(slots: &[Cell<usize>], address: usize) -> bool {
    let slot = &slots[find(slots, address)];
    slot.replace(address) == 0
}

/// The slot that holds `address` or would. Linear probing from a multiplicative hash; the length is a power of two and the
/// table is at most half full.
#[inline]
fn find(slots: &[Cell<usize>], address: usize) -> usize {
    let hash = (address >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut at = hash >> (usize::BITS - slots.len().ilog2());
    while slots[at].get() != address && slots[at].get() != 0 {
        at = (at + 1) & (slots.len() - 1);
    }
    at
}

fn map(bytes: usize) -> MmapMut {
    MmapMut::map_anon(bytes).unwrap_or_else(|error| {
        eprintln!("tandem: the collector cannot map {bytes} bytes: {error}");
        std::process::abort()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_keeps_its_items_while_it_grows() {
        let mut items = Hidden::new();
        (0..1_000_000usize).for_each(|item| items.push(item));
        assert!(items.as_slice().iter().copied().eq(0..1_000_000));
        assert!((0..1_000_000).rev().all(|item| items.pop() == Some(item)));
        assert_eq!(items.pop(), None);
        items.clear();
        assert!(items.is_empty());
    }

    #[test]
    fn a_set_knows_what_is_new() {
        let mut set = HiddenSet::new();
        assert!((1..300_000usize).all(|item| set.insert(item * 8)));
        assert!((1..300_000usize).all(|item| !set.insert(item * 8)));
        set.clear();
        assert!(set.insert(8));
    }
}
