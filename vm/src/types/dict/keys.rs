//! The key table of a dict: a header, a probe table of small indices, then the entries in order of insertion.
//!
//! One buffer of the collected heap holds all three, laid out as CPython's `_dictkeysobject`. Tables whose keys are all
//! exact `str` have two-word entries and never run Python code to compare them; general tables add the hash. A *split*
//! table belongs to a class and is shared by its instances, which keep the values (see [`super::values`]).
//!
//! Invariants: an index in the probe table is below `nentries`; at least one slot in three is empty, so every probe ends;
//! probing visits the slots in CPython's order, so programs see CPython's order of comparisons. A `&DictKeys` borrowed
//! from a dict is dead as soon as Python code may have run: look the table up again.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use layout::*;

use crate::err::{self, Result};
use crate::object::*;
use crate::types::str_::StrExt as _;

/// log2 of the smallest table.
pub const LOG2_MIN: u8 = 3;
/// A probe-table slot that was never used.
pub const EMPTY: isize = -1;
/// A probe-table slot whose entry was deleted.
pub const DUMMY: isize = -2;
const PERTURB_SHIFT: u32 = 5;

/// How keys are stored and compared.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Any keys; hashes are kept in the entries.
    General = 0,
    /// Exact strings only.
    Str = 1,
    /// Exact strings only, shared by a class's instances; the entries' values are unused.
    Split = 2,
}

/// The header of a key table. The names are CPython's without `dk_`.
#[repr(C)]
pub struct DictKeys {
    /// Owners; once at its maximum it stays there, and the table is never freed by hand.
    refcnt: Cell<u32>,
    /// Entries below this index are known to be gaps.
    first: Cell<u32>,
    log2_size: Cell<u8>,
    log2_index_bytes: Cell<u8>,
    kind: Cell<Kind>,
    version: Cell<u32>,
    usable: Cell<usize>,
    nentries: Cell<usize>,
}

/// Where inline caches find [`DictKeys::version`].
pub const VERSION_OFFSET: usize = core::mem::offset_of!(DictKeys, version);

#[repr(C)]
struct StrEntry {
    key: Slot,
    value: Slot,
}

#[repr(C)]
struct Entry {
    hash: Cell<isize>,
    key: Slot,
    value: Slot,
}

#[repr(C)]
struct EmptyKeys {
    head: DictKeys,
    indices: [i8; 8],
}

// SAFETY: only touched while the global interpreter lock is held; nothing ever writes to it.
unsafe impl Sync for EmptyKeys {}

static EMPTY_KEYS: EmptyKeys = EmptyKeys {
    head: DictKeys {
        refcnt: Cell::new(1),
        first: Cell::new(0),
        log2_size: Cell::new(0),
        log2_index_bytes: Cell::new(3),
        kind: Cell::new(Kind::Str),
        version: Cell::new(1),
        usable: Cell::new(0),
        nentries: Cell::new(0),
    },
    indices: [EMPTY as i8; 8],
};

/// How many entries a table of `1 << log2` slots may hold.
pub const fn usable_of(log2: u8) -> usize {
    ((1usize << log2) << 1) / 3
}

/// log2 of the smallest table with at least `slots` slots.
pub fn log2_for_slots(slots: usize) -> u8 {
    let wanted = slots.saturating_sub(1) | ((1 << LOG2_MIN) - 1);
    (usize::BITS - wanted.leading_zeros()) as u8
}

/// log2 of the smallest table that holds `entries` entries.
pub fn log2_for_entries(entries: usize) -> u8 {
    log2_for_slots(entries.saturating_mul(3).div_ceil(2))
}

/// The integers that a probe table may consist of.
trait Index: Copy {
    fn widen(self) -> isize;
    fn narrow(ix: isize) -> Self;
}

macro_rules! index_widths {
    ($($int:ty)*) => {$(
        impl Index for $int {
            #[inline(always)]
            fn widen(self) -> isize {
                self as isize
            }
            #[inline(always)]
            fn narrow(ix: isize) -> Self {
                ix as $int
            }
        }
    )*};
}
index_widths!(i8 i16 i32 i64);

/// The hash of an exact string that has one already, as every key of a string table has.
#[inline(always)]
pub fn known_str_hash(key: &Obj) -> isize {
    // SAFETY: the caller passes strings, all of which start with PyASCIIObject.
    unsafe { key.cast::<PyUnicodeObject>() }
        ._base
        ._base
        .hash
        .get()
}

#[inline]
fn same_text(a: &Obj, b: &Obj) -> bool {
    // SAFETY: both are exact strings, says the caller.
    unsafe { a.cast::<PyUnicodeObject>().equals(b.cast()) }
}

impl DictKeys {
    /// The table of every empty dict: shared, static, never changed.
    #[inline(always)]
    pub fn empty() -> &'static DictKeys {
        &EMPTY_KEYS.head
    }

    /// Whether this is the static empty table.
    #[inline(always)]
    pub fn is_empty_keys(&self) -> bool {
        ptr::eq(self, &EMPTY_KEYS.head)
    }

    /// A table of `1 << log2` slots with no entries and one owner.
    pub fn alloc(log2: u8, kind: Kind) -> Result<NonNull<DictKeys>> {
        if log2 >= 40 {
            return Err(err::no_memory());
        }
        let log2_index_bytes = match log2 {
            0..8 => log2.max(3),
            8..16 => log2 + 1,
            16..32 => log2 + 2,
            _ => log2 + 3,
        };
        let index_bytes = 1usize << log2_index_bytes;
        let usable = usable_of(log2);
        let size = size_of::<DictKeys>() + index_bytes + usable * entry_size(kind);
        let Some(keys) = NonNull::new(gc::allocate_buffer(size).cast::<DictKeys>()) else {
            return Err(err::no_memory());
        };
        let head = DictKeys {
            refcnt: Cell::new(1),
            first: Cell::new(0),
            log2_size: Cell::new(log2),
            log2_index_bytes: Cell::new(log2_index_bytes),
            kind: Cell::new(kind),
            version: Cell::new(0),
            usable: Cell::new(usable),
            nentries: Cell::new(0),
        };
        // SAFETY: the buffer has room for the header and the indices; entries stay zero, which is "absent".
        unsafe {
            keys.write(head);
            keys.as_ref().indices().write_bytes(0xff, index_bytes);
        }
        Ok(keys)
    }

    /// Bytes that the table takes.
    pub fn size_in_bytes(&self) -> usize {
        size_of::<DictKeys>()
            + (1 << self.log2_index_bytes.get())
            + usable_of(self.log2_size.get()) * entry_size(self.kind.get())
    }

    /// Notes another owner.
    #[inline]
    pub fn retain(&self) {
        if !self.is_empty_keys() {
            self.refcnt.set(self.refcnt.get().saturating_add(1));
        }
    }

    /// Gives up ownership; the last owner's release drops the entries and frees the table.
    ///
    /// # Safety
    /// The caller owns a share of `keys`, and does not use it again.
    pub unsafe fn release(keys: NonNull<DictKeys>) {
        // SAFETY: owned until here.
        let this = unsafe { keys.as_ref() };
        if this.is_empty_keys() || this.refcnt.get() == u32::MAX {
            return;
        }
        let owners = this.refcnt.get() - 1;
        this.refcnt.set(owners);
        if owners != 0 {
            return;
        }
        for ix in 0..this.nentries.get() {
            let (key, value) = this.slots(ix);
            drop(key.take());
            drop(value.take());
        }
        // SAFETY: made by `alloc`, and this was the last owner.
        unsafe { gc::free_buffer(keys.as_ptr().cast()) };
    }

    /// Frees a table whose references were moved elsewhere.
    ///
    /// # Safety
    /// The caller is the only owner and does not use it again.
    pub unsafe fn free_moved(keys: NonNull<DictKeys>) {
        // SAFETY: owned, says the caller.
        unsafe {
            if !keys.as_ref().is_empty_keys() {
                gc::free_buffer(keys.as_ptr().cast());
            }
        }
    }

    #[inline(always)]
    fn indices(&self) -> *mut i8 {
        // SAFETY: the indices follow the header.
        unsafe { ptr::from_ref(self).add(1).cast_mut().cast() }
    }

    #[inline(always)]
    fn entries(&self) -> *mut u8 {
        // SAFETY: the entries follow the indices.
        unsafe { self.indices().add(1 << self.log2_index_bytes.get()).cast() }
    }

    /// The number of slots of the probe table, minus one.
    #[inline(always)]
    fn mask(&self) -> usize {
        (1 << self.log2_size.get()) - 1
    }

    /// log2 of the number of slots.
    #[inline(always)]
    pub fn log2_size(&self) -> u8 {
        self.log2_size.get()
    }

    /// How keys are stored.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        self.kind.get()
    }

    /// Whether all keys are exact strings.
    #[inline(always)]
    pub fn is_str(&self) -> bool {
        self.kind.get() != Kind::General
    }

    /// Entries that can still be added.
    #[inline(always)]
    pub fn usable(&self) -> usize {
        self.usable.get()
    }

    /// Makes room shrink: classes do so to size their instances.
    #[inline(always)]
    pub fn set_usable(&self, usable: usize) {
        self.usable.set(usable);
    }

    /// Entries that were ever added, deleted ones included.
    #[inline(always)]
    pub fn nentries(&self) -> usize {
        self.nentries.get()
    }

    /// The number that names this set of keys, or 0 if it has none yet.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    /// Gives the table a version, unique among all tables, which lasts until its keys change; 0 if none is left.
    pub fn assign_version(&self) -> u32 {
        static NEXT: GlobalVersion = GlobalVersion(Cell::new(2));
        if self.version.get() == 0 {
            let next = NEXT.0.get();
            if next == 0 {
                return 0;
            }
            NEXT.0.set(next.wrapping_add(1));
            self.version.set(next);
        }
        self.version.get()
    }

    /// Takes the version away: the set of keys is about to change.
    #[inline(always)]
    pub fn invalidate(&self) {
        self.version.set(0);
    }

    /// The key and value fields of entry `ix`.
    #[inline(always)]
    pub fn slots(&self, ix: usize) -> (&Slot, &Slot) {
        debug_assert!(ix < usable_of(self.log2_size.get()).max(self.nentries.get() + 1));
        // SAFETY: ix is below the table's capacity; zeroed memory is a valid empty entry.
        unsafe {
            if self.is_str() {
                let e = &*self.entries().cast::<StrEntry>().add(ix);
                (&e.key, &e.value)
            } else {
                let e = &*self.entries().cast::<Entry>().add(ix);
                (&e.key, &e.value)
            }
        }
    }

    /// The key of entry `ix`; absent if the entry was deleted.
    #[inline(always)]
    pub fn key(&self, ix: usize) -> Option<&Obj> {
        self.slots(ix).0.borrow()
    }

    /// The value field of entry `ix`.
    #[inline(always)]
    pub fn value(&self, ix: usize) -> &Slot {
        self.slots(ix).1
    }

    /// The hash of entry `ix`, which is present.
    #[inline(always)]
    pub fn hash(&self, ix: usize) -> isize {
        // SAFETY: as in `slots`.
        unsafe {
            if self.is_str() {
                (*self.entries().cast::<StrEntry>().add(ix))
                    .key
                    .borrow()
                    .map_or(0, known_str_hash)
            } else {
                (*self.entries().cast::<Entry>().add(ix)).hash.get()
            }
        }
    }

    /// Visits slots of the probe table in probing order, as (slot, index), until `visit` answers.
    #[inline(always)]
    fn probe<R>(&self, hash: isize, visit: impl FnMut(usize, isize) -> Option<R>) -> R {
        match self.log2_size.get() {
            0..8 => self.probe_in::<i8, R>(hash, visit),
            8..16 => self.probe_in::<i16, R>(hash, visit),
            16..32 => self.probe_in::<i32, R>(hash, visit),
            _ => self.probe_in::<i64, R>(hash, visit),
        }
    }

    #[inline(always)]
    fn probe_in<I: Index, R>(
        &self,
        hash: isize,
        mut visit: impl FnMut(usize, isize) -> Option<R>,
    ) -> R {
        let indices = self.indices().cast::<I>();
        let mask = self.mask();
        let mut perturb = hash as usize;
        let mut i = perturb & mask;
        loop {
            // SAFETY: the mask keeps i inside the probe table.
            let ix = unsafe { indices.add(i).read() }.widen();
            if let Some(answer) = visit(i, ix) {
                return answer;
            }
            perturb >>= PERTURB_SHIFT;
            i = i.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1) & mask;
        }
    }

    fn set_index(&self, slot: usize, ix: isize) {
        debug_assert!(slot <= self.mask());
        // SAFETY: the slot is inside the probe table, whose width follows from its size.
        unsafe {
            let at = self.indices();
            match self.log2_size.get() {
                0..8 => at.add(slot).write(i8::narrow(ix)),
                8..16 => at.cast::<i16>().add(slot).write(i16::narrow(ix)),
                16..32 => at.cast::<i32>().add(slot).write(i32::narrow(ix)),
                _ => at.cast::<i64>().add(slot).write(i64::narrow(ix)),
            }
        }
    }

    /// The index of an exact string in a string table. Runs no Python code.
    #[inline]
    pub fn find_str(&self, key: &Obj, hash: isize) -> Option<usize> {
        debug_assert!(self.is_str());
        let entries = self.entries().cast::<StrEntry>();
        self.probe(hash, |_, ix| {
            if ix >= 0 {
                // SAFETY: indices name entries of the table, and a deleted entry has no index.
                let candidate = unsafe { &*(*entries.add(ix as usize)).key.as_ptr() };
                let hit = ptr::eq(candidate, key)
                    || (known_str_hash(candidate) == hash && same_text(candidate, key));
                return hit.then_some(Some(ix as usize));
            }
            (ix == EMPTY).then_some(None)
        })
    }

    /// The index of a key, for keys that may need Python code to compare: `equal` is asked about each entry with the
    /// same hash and another identity, and returns `None` when the search must stop (error, or the table changed).
    #[inline(always)]
    pub fn find_with<R>(
        &self,
        key: &Obj,
        hash: isize,
        mut equal: impl FnMut(usize, &Obj) -> core::result::Result<bool, R>,
    ) -> core::result::Result<Option<usize>, R> {
        self.probe(hash, |_, ix| {
            if ix >= 0 {
                let ix = ix as usize;
                let candidate = self.key(ix)?;
                if ptr::eq(candidate, key) {
                    return Some(Ok(Some(ix)));
                }
                if self.hash(ix) == hash {
                    match equal(ix, candidate) {
                        Ok(true) => return Some(Ok(Some(ix))),
                        Ok(false) => {}
                        Err(stop) => return Some(Err(stop)),
                    }
                }
                return None;
            }
            (ix == EMPTY).then_some(Ok(None))
        })
    }

    /// Adds an entry after the last; there is room, and the key is not there yet.
    pub fn append(&self, hash: isize, key: Ref, value: Option<Ref>) -> usize {
        debug_assert!(self.usable.get() > 0);
        let ix = self.nentries.get();
        let slot = self.probe(hash, |slot, old| (old < 0).then_some(slot));
        self.set_entry(ix, hash, key, value);
        self.set_index(slot, ix as isize);
        self.nentries.set(ix + 1);
        self.usable.set(self.usable.get() - 1);
        self.version.set(0);
        ix
    }

    fn set_entry(&self, ix: usize, hash: isize, key: Ref, value: Option<Ref>) {
        let (k, v) = self.slots(ix);
        k.set(Some(key));
        v.set(value);
        if !self.is_str() {
            // SAFETY: a general table's entries are of this shape.
            unsafe { (*self.entries().cast::<Entry>().add(ix)).hash.set(hash) };
        }
    }

    /// Takes entry `ix` out of the table, leaving a gap; the caller drops what was there.
    pub fn remove(&self, ix: usize) -> (Option<Ref>, Option<Ref>) {
        let hash = self.hash(ix);
        let slot = self.probe(hash, |slot, at| (at == ix as isize).then_some(slot));
        self.invalidate();
        self.set_index(slot, DUMMY);
        let (key, value) = self.slots(ix);
        (key.take(), value.take())
    }

    /// Forgets the entries from `ix` on, which were removed. Their room is not regained: dummies still mark the slots.
    pub fn truncate(&self, ix: usize) {
        self.nentries.set(ix);
        self.first.set(self.first.get().min(ix as u32));
    }

    /// Appends `hash, key, value` without probing for duplicates nor touching the version: for tables being built.
    fn push_moved(&self, hash: isize, key: Ref, value: Option<Ref>) {
        let ix = self.nentries.get();
        let slot = self.probe(hash, |slot, old| (old < 0).then_some(slot));
        self.set_entry(ix, hash, key, value);
        self.set_index(slot, ix as isize);
        self.nentries.set(ix + 1);
        self.usable.set(self.usable.get() - 1);
    }

    /// The first entry with a value, of a table that is not shared. Taking entries off the front again and again is quick.
    pub fn first_live(&self) -> Option<usize> {
        let from = self.first.get() as usize;
        let found = (from..self.nentries.get()).find(|&ix| !self.value(ix).as_ptr().is_null());
        let gaps = found.unwrap_or(self.nentries.get());
        if gaps > from {
            self.first
                .set(u32::try_from(gaps).unwrap_or(self.first.get()));
        }
        found
    }

    /// Moves the live entries of this unshared table to the new table `to`, which has room; gaps close.
    pub fn move_entries(&self, to: &DictKeys) {
        for ix in 0..self.nentries.get() {
            let (key, value) = self.slots(ix);
            if value.borrow().is_none() {
                continue;
            }
            let hash = self.hash(ix);
            if let (Some(key), value @ Some(_)) = (key.take(), value.take()) {
                to.push_moved(hash, key, value);
            }
        }
    }

    /// Adds an entry to a table under construction.
    pub fn push(&self, hash: isize, key: Ref, value: Ref) {
        self.push_moved(hash, key, Some(value));
    }

    /// A copy of an unshared table, gaps included, with new references.
    pub fn duplicate(&self) -> Result<NonNull<DictKeys>> {
        let copy = DictKeys::alloc(self.log2_size.get(), self.kind.get())?;
        // SAFETY: fresh, and sized as this table; references are counted as they are copied.
        unsafe {
            let to = copy.as_ref();
            ptr::copy_nonoverlapping(
                self.indices(),
                to.indices(),
                1 << self.log2_index_bytes.get(),
            );
            for ix in 0..self.nentries.get() {
                let (key, value) = self.slots(ix);
                if let (Some(k), Some(v)) = (key.get(), value.get()) {
                    to.set_entry(ix, self.hash(ix), k, Some(v));
                }
            }
            to.nentries.set(self.nentries.get());
            to.usable.set(self.usable.get());
        }
        Ok(copy)
    }

    /// Shows the collector what the table holds.
    pub fn visit(&self, v: &mut Visitor) -> Visit {
        if self.is_empty_keys() {
            return Ok(());
        }
        gc::mark_buffer(ptr::from_ref(self).cast());
        for ix in 0..self.nentries.get() {
            let (key, value) = self.slots(ix);
            v.slot(value)?;
            v.slot(key)?;
        }
        Ok(())
    }
}

fn entry_size(kind: Kind) -> usize {
    if kind == Kind::General {
        size_of::<Entry>()
    } else {
        size_of::<StrEntry>()
    }
}

struct GlobalVersion(Cell<u32>);
// SAFETY: only touched while the global interpreter lock is held.
unsafe impl Sync for GlobalVersion {}

const _: () = {
    assert!(size_of::<DictKeys>() == 32);
    assert!(size_of::<StrEntry>() == 16 && size_of::<Entry>() == 24);
    assert!(VERSION_OFFSET == 12);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_as_small_as_they_can_be() {
        assert_eq!(
            [0, 1, 8, 9, 16, 17, 1000].map(log2_for_slots),
            [3, 3, 3, 4, 4, 5, 10]
        );
        for entries in 0..5000 {
            let log2 = log2_for_entries(entries);
            assert!(usable_of(log2) >= entries);
            assert!(log2 == LOG2_MIN || usable_of(log2 - 1) < entries);
        }
    }

    #[test]
    fn probing_reaches_every_slot() {
        for hash in [0, 1, -1, isize::MIN, isize::MAX, 0x1234_5678_9abc_def0] {
            let mut seen = [false; 8];
            let mut turns = 0;
            let keys = EmptyKeys {
                head: DictKeys {
                    log2_size: Cell::new(3),
                    ..empty_head()
                },
                indices: [EMPTY as i8; 8],
            };
            keys.head.probe(hash, |slot, ix| {
                assert_eq!(ix, EMPTY);
                seen[slot] = true;
                turns += 1;
                (turns == 64).then_some(())
            });
            assert_eq!(seen, [true; 8]);
        }
    }

    fn empty_head() -> DictKeys {
        DictKeys {
            refcnt: Cell::new(1),
            first: Cell::new(0),
            log2_size: Cell::new(0),
            log2_index_bytes: Cell::new(3),
            kind: Cell::new(Kind::Str),
            version: Cell::new(0),
            usable: Cell::new(0),
            nentries: Cell::new(0),
        }
    }
}
