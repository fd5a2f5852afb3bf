//! The values of an instance whose keys are shared: an array in the order of the class's key table, inline in the
//! instance or in a buffer of its own, followed by the order in which the values were first set.
//!
//! Layout and meaning are CPython's `_dictvalues`. Invariant: `order[..size]` names each filled slot exactly once, and
//! `valid` is 0 once the instance's attributes have moved into an ordinary dict.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::err::{self, Result};
use crate::object::*;

use super::keys::DictKeys;

/// The header of a value array.
#[repr(C)]
pub struct Values {
    capacity: Cell<u8>,
    size: Cell<u8>,
    embedded: Cell<u8>,
    valid: Cell<u8>,
    _pad: [u8; 4],
}

/// Where the first value lies, from the header.
pub const FIRST_VALUE_OFFSET: usize = size_of::<Values>();
/// Where the interpreter tests that inline values are in use.
pub const VALID_OFFSET: usize = core::mem::offset_of!(Values, valid);

impl Values {
    /// Bytes that an array of `capacity` values takes.
    pub const fn size_for(capacity: usize) -> usize {
        size_of::<Values>() + capacity * 8 + capacity.next_multiple_of(8)
    }

    /// Writes the header of an inline array into zeroed memory.
    ///
    /// # Safety
    /// `at` has room for [`Values::size_for`]`(capacity)` zeroed bytes.
    pub unsafe fn init_inline(at: *mut Values, capacity: usize) {
        // SAFETY: the caller's.
        let this = unsafe { &*at };
        this.capacity.set(capacity as u8);
        this.size.set(0);
        this.embedded.set(1);
        this.valid.set(1);
    }

    /// A detached array with room for `capacity` values, all absent.
    pub fn alloc(capacity: usize) -> Result<NonNull<Values>> {
        let Some(values) =
            NonNull::new(gc::allocate_buffer(Values::size_for(capacity)).cast::<Values>())
        else {
            return Err(err::no_memory());
        };
        // SAFETY: fresh memory of that size.
        let this = unsafe { values.as_ref() };
        this.capacity.set(capacity as u8);
        this.valid.set(1);
        Ok(values)
    }

    /// A detached array with the same values in the same order.
    pub fn duplicate(&self) -> Result<NonNull<Values>> {
        let copy = Values::alloc(self.capacity())?;
        // SAFETY: just made.
        let to = unsafe { copy.as_ref() };
        for ix in self.order() {
            to.slot(ix).set(self.slot(ix).get());
            to.note_added(ix);
        }
        Ok(copy)
    }

    /// A detached array to which the references move; this one is left invalid and empty.
    pub fn detach(&self) -> Result<NonNull<Values>> {
        let copy = Values::alloc(self.capacity())?;
        // SAFETY: just made.
        let to = unsafe { copy.as_ref() };
        for ix in self.order() {
            to.slot(ix).set(self.slot(ix).take());
            to.note_added(ix);
        }
        self.size.set(0);
        self.valid.set(0);
        Ok(copy)
    }

    /// Drops the values of a detached array and frees it.
    ///
    /// # Safety
    /// `values` came from [`Values::alloc`], and nobody uses it again.
    pub unsafe fn free(values: NonNull<Values>) {
        // SAFETY: owned until here.
        unsafe {
            values.as_ref().clear();
            gc::free_buffer(values.as_ptr().cast());
        }
    }

    /// Frees a detached array whose references were moved elsewhere.
    ///
    /// # Safety
    /// As [`Values::free`].
    pub unsafe fn free_moved(values: NonNull<Values>) {
        // SAFETY: the caller's.
        unsafe { gc::free_buffer(values.as_ptr().cast()) };
    }

    /// The number of slots.
    #[inline(always)]
    pub fn capacity(&self) -> usize {
        self.capacity.get() as usize
    }

    /// The number of values present.
    #[inline(always)]
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.size.get() as usize
    }

    /// Whether the array lies inside an instance.
    #[inline(always)]
    pub fn is_embedded(&self) -> bool {
        self.embedded.get() != 0
    }

    /// Whether the instance's attributes are here.
    #[inline(always)]
    pub fn is_valid(&self) -> bool {
        self.valid.get() != 0
    }

    /// Says that the attributes have moved to an ordinary dict.
    pub fn invalidate(&self) {
        self.valid.set(0);
        self.size.set(0);
    }

    /// The value for key `ix` of the shared table.
    #[inline(always)]
    pub fn slot(&self, ix: usize) -> &Slot {
        debug_assert!(ix < self.capacity());
        // SAFETY: keys are never added beyond the capacity that instances were given.
        unsafe { &*ptr::from_ref(self).add(1).cast::<Slot>().add(ix) }
    }

    #[inline(always)]
    fn order_array(&self) -> *mut u8 {
        // SAFETY: the order follows the values.
        unsafe {
            ptr::from_ref(self)
                .add(1)
                .cast::<Slot>()
                .add(self.capacity())
                .cast_mut()
                .cast()
        }
    }

    /// The slot that was filled as number `i`.
    #[inline(always)]
    pub fn nth(&self, i: usize) -> usize {
        debug_assert!(i < self.len());
        // SAFETY: `size` entries of the order are set.
        unsafe { self.order_array().add(i).read() as usize }
    }

    /// The filled slots in order; stable only while nothing is added or removed.
    pub fn order(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).map(|i| self.nth(i))
    }

    /// Notes that slot `ix` has just been filled.
    #[inline(always)]
    pub fn note_added(&self, ix: usize) {
        let size = self.len();
        debug_assert!(size < self.capacity());
        // SAFETY: each slot is noted once, so the order never outgrows the capacity.
        unsafe { self.order_array().add(size).write(ix as u8) };
        self.size.set(size as u8 + 1);
    }

    /// Notes that slot `ix` has just been emptied.
    pub fn note_removed(&self, ix: usize) {
        let size = self.len();
        // SAFETY: the order has `size` entries.
        let order = unsafe { core::slice::from_raw_parts_mut(self.order_array(), size) };
        if let Some(at) = order.iter().position(|&o| o as usize == ix) {
            order.copy_within(at + 1.., at);
            self.size.set(size as u8 - 1);
        }
    }

    /// Drops every value; they are out of sight before the first destructor runs.
    pub fn clear(&self) {
        let taken: Vec<Ref> = self.order().filter_map(|ix| self.slot(ix).take()).collect();
        self.size.set(0);
        drop(taken);
    }

    /// Drops the values of an instance that nothing refers to any more, in the order of the slots.
    #[inline]
    pub fn drop_with_owner(&self) {
        self.valid.set(0);
        self.size.set(0);
        for ix in 0..self.capacity() {
            drop(self.slot(ix).take());
        }
    }

    /// Shows the collector the values.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        for ix in self.order() {
            v.slot(self.slot(ix))?;
        }
        Ok(())
    }

    /// Moves the values, with their keys, to the end of `to`; this array is left empty.
    pub fn move_entries(&self, keys: &DictKeys, to: &DictKeys) {
        for ix in self.order() {
            if let (Some(key), Some(value)) = (keys.key(ix), self.slot(ix).take()) {
                to.push(keys.hash(ix), key.new_ref(), value);
            }
        }
        self.size.set(0);
    }
}

const _: () = {
    assert!(size_of::<Values>() == 8);
    assert!(VALID_OFFSET == 3);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_that_of_first_assignment() {
        let mut memory = [0u64; Values::size_for(9) / 8];
        let at = memory.as_mut_ptr().cast::<Values>();
        // SAFETY: zeroed, and of the size for nine values.
        let values = unsafe {
            Values::init_inline(at, 9);
            &*at
        };
        for ix in [4, 0, 8, 2] {
            values.note_added(ix);
        }
        values.note_removed(0);
        values.note_removed(7);
        values.note_added(0);
        assert_eq!(values.order().collect::<Vec<_>>(), [4, 8, 2, 0]);
        assert!(values.is_embedded() && values.is_valid());
        values.invalidate();
        assert_eq!((values.len(), values.is_valid()), (0, false));
    }
}
