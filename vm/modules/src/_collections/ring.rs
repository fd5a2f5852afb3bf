//! The ring of a deque: references in a buffer of the collected heap, which grows and shrinks by doubling.
//!
//! Invariants: `capacity` is a power of two (or 0 with no buffer); slots outside the `len` from `head` on are empty;
//! `state` changes with every change of structure, which is how iterators notice one.

use core::cell::Cell;
use core::ptr;

use vm::err::{self, Result};
use vm::object::*;

const SMALLEST: usize = 8;

/// A ring of references; zeroed memory is an empty one.
#[repr(C)]
pub struct Ring {
    buffer: Cell<*mut Slot>,
    capacity: Cell<usize>,
    head: Cell<usize>,
    len: Cell<usize>,
    /// Counts changes of structure.
    pub state: Cell<usize>,
}

impl Ring {
    /// The number of items.
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// The place of item `i`.
    #[inline(always)]
    pub fn slot(&self, i: usize) -> &Slot {
        debug_assert!(self.capacity.get() > 0);
        let at = (self.head.get() + i) & (self.capacity.get() - 1);
        // SAFETY: the mask keeps the place inside the buffer, whose zeroed slots are valid.
        unsafe { &*self.buffer.get().add(at) }
    }

    /// The item `i`, below the length.
    pub fn get(&self, i: usize) -> Option<Ref> {
        if i < self.len() {
            self.slot(i).get()
        } else {
            None
        }
    }

    /// Notes a change of structure.
    pub fn changed(&self) {
        self.state.set(self.state.get().wrapping_add(1));
    }

    /// Moves the items to a buffer with room for `capacity`, a power of two.
    fn resize(&self, capacity: usize) -> Result<()> {
        let bytes = capacity
            .checked_mul(size_of::<Slot>())
            .ok_or_else(err::no_memory)?;
        let buffer = gc::allocate_buffer(bytes).cast::<Slot>();
        if buffer.is_null() {
            return Err(err::no_memory());
        }
        for i in 0..self.len() {
            // SAFETY: the new buffer has room for all items.
            unsafe { &*buffer.add(i) }.set(self.slot(i).take());
        }
        let old = self.buffer.replace(buffer);
        self.capacity.set(capacity);
        self.head.set(0);
        if !old.is_null() {
            // SAFETY: the former buffer, which is empty now.
            unsafe { gc::free_buffer(old.cast()) };
        }
        Ok(())
    }

    fn reserve_one(&self) -> Result<()> {
        if self.len() == self.capacity.get() {
            self.resize((self.len() * 2).max(SMALLEST))
        } else {
            Ok(())
        }
    }

    /// Adds on the right.
    pub fn push_back(&self, item: Ref) -> Result<()> {
        self.reserve_one()?;
        self.slot(self.len()).set(Some(item));
        self.len.set(self.len() + 1);
        self.changed();
        Ok(())
    }

    /// Adds on the left.
    pub fn push_front(&self, item: Ref) -> Result<()> {
        self.reserve_one()?;
        self.head
            .set(self.head.get().wrapping_sub(1) & (self.capacity.get() - 1));
        self.slot(0).set(Some(item));
        self.len.set(self.len() + 1);
        self.changed();
        Ok(())
    }

    /// Takes off the right.
    pub fn pop_back(&self) -> Option<Ref> {
        let last = self.len().checked_sub(1)?;
        let item = self.slot(last).take();
        self.len.set(last);
        self.changed();
        self.shrink();
        item
    }

    /// Takes off the left.
    pub fn pop_front(&self) -> Option<Ref> {
        let rest = self.len().checked_sub(1)?;
        let item = self.slot(0).take();
        self.head
            .set((self.head.get() + 1) & (self.capacity.get() - 1));
        self.len.set(rest);
        self.changed();
        self.shrink();
        item
    }

    /// Gives memory back when most of it is unused. Failing to is no error.
    fn shrink(&self) {
        let capacity = self.capacity.get();
        if capacity > 64 && self.len() < capacity / 8 && self.resize(capacity / 4).is_err() {
            err::clear();
        }
    }

    /// Removes everything; the ring is empty before the first destructor runs.
    pub fn clear(&self) {
        let items: Vec<Ref> = (0..self.len())
            .filter_map(|i| self.slot(i).take())
            .collect();
        let buffer = self.buffer.replace(ptr::null_mut());
        self.capacity.set(0);
        self.head.set(0);
        self.len.set(0);
        self.changed();
        if !buffer.is_null() {
            // SAFETY: the deque's own buffer, which is empty now.
            unsafe { gc::free_buffer(buffer.cast()) };
        }
        drop(items);
    }

    /// Turns the ring by `n` to the right.
    pub fn rotate(&self, n: isize) -> Result<()> {
        let len = self.len() as isize;
        if len <= 1 {
            return Ok(());
        }
        let n = n.rem_euclid(len);
        let right = n <= len / 2;
        for _ in 0..(if right { n } else { len - n }) {
            let item = if right {
                self.pop_back()
            } else {
                self.pop_front()
            };
            let Some(item) = item else { break };
            if right {
                self.push_front(item)?
            } else {
                self.push_back(item)?
            }
        }
        self.changed();
        Ok(())
    }

    /// Takes item `i` out, moving the shorter side.
    pub fn remove_at(&self, i: usize) -> Option<Ref> {
        let item = self.slot(i).take();
        if i < self.len() / 2 {
            for j in (0..i).rev() {
                self.slot(j + 1).set(self.slot(j).take());
            }
            self.head
                .set((self.head.get() + 1) & (self.capacity.get() - 1));
        } else {
            for j in i + 1..self.len() {
                self.slot(j - 1).set(self.slot(j).take());
            }
        }
        self.len.set(self.len() - 1);
        self.changed();
        item
    }

    /// Puts an item in before the one at `i`.
    pub fn insert_at(&self, i: usize, item: Ref) -> Result<()> {
        self.reserve_one()?;
        for j in (i..self.len()).rev() {
            self.slot(j + 1).set(self.slot(j).take());
        }
        self.slot(i).set(Some(item));
        self.len.set(self.len() + 1);
        self.changed();
        Ok(())
    }

    /// Bytes of the buffer.
    pub fn size_in_bytes(&self) -> usize {
        self.capacity.get() * size_of::<Slot>()
    }

    /// Shows the collector the items.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        gc::mark_buffer(self.buffer.get().cast());
        for i in 0..self.len() {
            v.slot(self.slot(i))?;
        }
        Ok(())
    }
}
