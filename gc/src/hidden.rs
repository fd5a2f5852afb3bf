//! Vectors and maps in memory that no root scan reaches.
//!
//! The collector's own lists hold addresses of objects that may be dead. In native memory they would keep these alive, so
//! they live in mappings of their own.

use core::cell::{Cell, UnsafeCell};
use memmap2::MmapMut;

/// A stack of plain values.
pub struct Hidden<T: Copy> {
    mapping: Option<MmapMut>,
    start: *mut T,
    capacity: usize,
    length: usize,
}

/// An empty vector's first capacity, and what a cleared one may keep, in bytes.
const KEPT: usize = 1 << 16;

impl<T: Copy> Default for Hidden<T> {
    fn default() -> Self {
        Hidden::new()
    }
}

impl<T: Copy> Hidden<T> {
    pub const fn new() -> Self {
        Hidden {
            mapping: None,
            start: core::ptr::NonNull::dangling().as_ptr(),
            capacity: 0,
            length: 0,
        }
    }

    #[inline]
    pub fn push(&mut self, item: T) {
        if self.length == self.capacity {
            self.grow();
        }
        // SAFETY: the mapping has room for one more item, and pages are aligned for any `T`.
        unsafe { self.start.add(self.length).write(item) };
        self.length += 1;
    }

    #[cold]
    fn grow(&mut self) {
        let bytes = (self.capacity * 2 * size_of::<T>()).max(KEPT);
        let mut new = map(bytes);
        if let Some(old) = self.mapping.take() {
            new[..old.len()].copy_from_slice(&old);
        }
        self.start = new.as_mut_ptr().cast();
        self.capacity = new.len() / size_of::<T>();
        self.mapping = Some(new);
    }

    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.length = self.length.checked_sub(1)?;
        // SAFETY: the item was pushed.
        Some(unsafe { self.start.add(self.length).read() })
    }

    /// Appends `count` copies of `item`.
    pub fn extend(&mut self, count: usize, item: T) {
        (0..count).for_each(|_| self.push(item));
    }

    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: so many items were pushed, and the vector is borrowed mutably.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.length) }
    }

    pub fn as_slice(&self) -> &[T] {
        // SAFETY: so many items were pushed.
        unsafe { core::slice::from_raw_parts(self.start, self.length) }
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
            *self = Hidden::new();
        }
    }
}

// SAFETY: it owns its memory, as `Vec` does.
unsafe impl<T: Copy + Send> Send for Hidden<T> {}

/// A stack that can be used through a shared borrow, by one thread.
pub struct Stack<T: Copy>(UnsafeCell<Hidden<T>>);

impl<T: Copy> Default for Stack<T> {
    fn default() -> Self {
        Stack::new()
    }
}

impl<T: Copy> Stack<T> {
    pub const fn new() -> Self {
        Stack(UnsafeCell::new(Hidden::new()))
    }

    #[inline]
    pub fn push(&self, item: T) {
        // SAFETY: one thread uses the stack, and no reference into it outlives a call.
        unsafe { &mut *self.0.get() }.push(item);
    }

    #[inline]
    pub fn pop(&self) -> Option<T> {
        // SAFETY: as above.
        unsafe { &mut *self.0.get() }.pop()
    }

    #[inline]
    pub fn len(&self) -> usize {
        // SAFETY: as above.
        unsafe { &*self.0.get() }.length
    }
}

/// A map from addresses, none of which is zero, to words.
pub struct HiddenMap {
    slots: Option<MmapMut>,
    length: usize,
}

type Slot = (Cell<usize>, Cell<usize>);

impl HiddenMap {
    pub const fn new() -> Self {
        HiddenMap {
            slots: None,
            length: 0,
        }
    }

    fn slots(&self) -> &[Slot] {
        match &self.slots {
            // SAFETY: the mapping is page-aligned, zeroed or filled by `insert`, and borrowed with `self`.
            Some(mapping) => unsafe {
                core::slice::from_raw_parts(
                    mapping.as_ptr().cast(),
                    mapping.len() / size_of::<Slot>(),
                )
            },
            None => &[],
        }
    }

    #[inline]
    pub fn get(&self, address: usize) -> Option<usize> {
        let slots = self.slots();
        if slots.is_empty() {
            return None;
        }
        let slot = find(slots, address);
        (slot.0.get() != 0).then(|| slot.1.get())
    }

    /// Adds an address that is not there yet.
    pub fn insert(&mut self, address: usize, word: usize) {
        if self.length * 2 >= self.slots().len() {
            self.grow();
        }
        let slot = find(self.slots(), address);
        slot.0.set(address);
        slot.1.set(word);
        self.length += 1;
    }

    #[cold]
    fn grow(&mut self) {
        let bytes = (self.slots().len() * 2 * size_of::<Slot>()).max(KEPT);
        let new = HiddenMap {
            slots: Some(map(bytes)),
            length: self.length,
        };
        let old = core::mem::replace(self, new);
        for (address, word) in old.slots().iter().filter(|slot| slot.0.get() != 0) {
            let slot = find(self.slots(), address.get());
            slot.0.set(address.get());
            slot.1.set(word.get());
        }
    }

    pub fn clear(&mut self) {
        if size_of_val(self.slots()) > KEPT {
            self.slots = None;
        }
        self.slots().iter().for_each(|slot| slot.0.set(0));
        self.length = 0;
    }
}

/// The slot that holds `address`, or the empty one where it belongs. Linear probing from a multiplicative hash; the length is
/// a power of two and the table is at most half full.
#[inline]
fn find(slots: &[Slot], address: usize) -> &Slot {
    let hash = (address >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut at = hash >> (usize::BITS - slots.len().ilog2());
    while slots[at].0.get() != address && slots[at].0.get() != 0 {
        at = (at + 1) & (slots.len() - 1);
    }
    &slots[at]
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
    fn a_map_finds_what_it_was_given() {
        let mut map = HiddenMap::new();
        assert_eq!(map.get(8), None);
        (1..300_000usize).for_each(|item| map.insert(item * 8, item));
        assert!((1..300_000usize).all(|item| map.get(item * 8) == Some(item)));
        assert_eq!(map.get(4), None);
        map.clear();
        assert_eq!(map.get(8), None);
    }
}
