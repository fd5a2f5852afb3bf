//! The pickler's memo: which objects were pickled, and under which numbers.
//!
//! A table of positions in `entries`, found by the objects' addresses; an empty place holds 0, others the position plus 1.
//! Invariant: the table is a power of two in size and at most half full, and the entries own their objects.

use crate::prelude::*;

/// An entry: the object and its number.
pub type Entry = (Ref, usize);

/// The memo.
#[derive(Default)]
pub struct Memo {
    entries: Vec<Entry>,
    table: Vec<u32>,
}

impl Memo {
    fn start(&self, address: usize) -> usize {
        let bits = self.table.len().trailing_zeros();
        ((address >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> (64 - bits)
    }

    /// Where in the table an object is, or would be.
    fn place(&self, address: usize) -> (usize, Option<&Entry>) {
        let mask = self.table.len() - 1;
        let mut at = self.start(address);
        loop {
            match self.table[at] {
                0 => return (at, None),
                position => {
                    let entry = &self.entries[position as usize - 1];
                    if entry.0.as_ptr() as usize == address {
                        return (at, Some(entry));
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of an object.
    #[inline]
    pub fn get(&self, o: &Obj) -> Option<usize> {
        if self.table.is_empty() {
            return None;
        }
        self.place(o.as_ptr() as usize).1.map(|entry| entry.1)
    }

    /// Gives an object a number; a second one is ignored.
    pub fn set(&mut self, o: &Obj, number: usize) {
        if (self.entries.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        let (at, found) = self.place(o.as_ptr() as usize);
        if found.is_none() {
            self.entries.push((o.new_ref(), number));
            self.table[at] = self.entries.len() as u32;
        }
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(32);
        self.table = vec![0; size];
        for i in 0..self.entries.len() {
            let (at, _) = self.place(self.entries[i].0.as_ptr() as usize);
            self.table[at] = i as u32 + 1;
        }
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
