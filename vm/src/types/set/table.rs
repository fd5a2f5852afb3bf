//! The open-addressing table of a set: short linear runs, then a perturbed jump, in CPython's order.
//!
//! The table is the object's own eight slots, or a buffer of the collected heap. Invariants: a slot is unused (null key,
//! hash 0), deleted (the dummy, hash -1) or active; `fill` counts active and deleted slots, `used` the active ones; `fill`
//! stays below three fifths of the slots, so every probe ends.

use core::ptr::{self, NonNull};

use layout::*;

use crate::err::{self, Result};
use crate::object::*;
use crate::protocol::object as proto;
use crate::types::dict::keys::known_str_hash;
use crate::types::dict::table::{explain_unhashable, is_str_key};
use crate::types::str_::StrExt as _;
use crate::types::type_::CompareOp;

const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

/// The key of a deleted slot (`_PySet_Dummy`).
pub static DUMMY: PyObject =
    PyObject::statically_immortal((&raw const PyBaseObject_Type).cast_mut());

/// Whether a slot holds a key.
#[inline(always)]
pub fn is_active(entry: &setentry) -> bool {
    !entry.key.get().is_null() && !ptr::eq(entry.key.get(), &DUMMY)
}

/// The slots.
#[inline(always)]
pub fn slots(s: &PySetObject) -> &[setentry] {
    // SAFETY: the table has mask + 1 slots.
    unsafe { core::slice::from_raw_parts(s.table.get(), s.mask.get() as usize + 1) }
}

/// Makes a fresh object an empty set.
pub fn init_empty(s: &PySetObject) {
    s.mask.set(PySet_MINSIZE as isize - 1);
    s.table.set(s.smalltable.as_ptr().cast_mut());
    s.hash.set(-1);
}

/// Whether the table is a buffer.
#[inline(always)]
pub fn is_large(s: &PySetObject) -> bool {
    !ptr::eq(s.table.get(), s.smalltable.as_ptr())
}

/// The hash of an item, with the error that names a set's item as unhashable.
#[inline]
pub fn hash_item(item: &Obj) -> Result<isize> {
    if is_str_key(item) {
        let hash = known_str_hash(item);
        if hash != -1 {
            return Ok(hash);
        }
    }
    match proto::hash(item) {
        Ok(hash) => Ok(hash),
        Err(raised) => Err(explain_unhashable(raised, item, "a set element")),
    }
}

/// Visits slots in probing order until `visit` answers.
#[inline(always)]
fn probe<R>(
    table: *const setentry,
    mask: usize,
    hash: isize,
    mut visit: impl FnMut(&setentry) -> Option<R>,
) -> R {
    let mut perturb = hash as usize;
    let mut i = perturb & mask;
    loop {
        let run = if i + LINEAR_PROBES <= mask {
            LINEAR_PROBES
        } else {
            0
        };
        for at in i..=i + run {
            // SAFETY: at <= mask, the last slot.
            if let Some(answer) = visit(unsafe { &*table.add(at) }) {
                return answer;
            }
        }
        perturb >>= PERTURB_SHIFT;
        i = i.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
    }
}

enum Stop {
    Changed,
    Raised(err::Raised),
}

/// Where an item is, or where it would go: in the deleted slot that was passed last, else in the unused one at the end.
enum Place<'s> {
    Active(&'s setentry),
    Deleted(&'s setentry),
    Unused(&'s setentry),
}

#[inline]
fn find<'s>(s: &'s PySetObject, item: &Obj, hash: isize) -> Result<Place<'s>> {
    loop {
        match find_once(s, item, hash) {
            Ok(place) => return Ok(place),
            Err(Stop::Changed) => {}
            Err(Stop::Raised(raised)) => return Err(raised),
        }
    }
}

#[inline]
fn find_once<'s>(
    s: &'s PySetObject,
    item: &Obj,
    hash: isize,
) -> core::result::Result<Place<'s>, Stop> {
    let shape = (s.table.get(), s.mask.get());
    let mut deleted = None;
    probe(shape.0, shape.1 as usize, hash, |entry| {
        // SAFETY: the set's slots live as long as its table does; the caller uses the place before changing the set.
        let entry: &'s setentry = unsafe { &*ptr::from_ref(entry) };
        let Some(key) = entry.key.borrow_obj() else {
            return Some(Ok(deleted.map_or(Place::Unused(entry), Place::Deleted)));
        };
        if entry.hash.get() == hash {
            if ptr::eq(key, item) {
                return Some(Ok(Place::Active(entry)));
            }
            match equal(s, shape, entry, key, item) {
                Ok(true) => return Some(Ok(Place::Active(entry))),
                Ok(false) => {}
                Err(stop) => return Some(Err(stop)),
            }
        } else if entry.hash.get() == -1 {
            deleted = Some(entry);
        }
        None
    })
}

#[inline]
fn equal(
    s: &PySetObject,
    shape: (*mut setentry, isize),
    entry: &setentry,
    key: &Obj,
    item: &Obj,
) -> core::result::Result<bool, Stop> {
    if is_str_key(key) && is_str_key(item) {
        // SAFETY: both were just checked to be strings.
        return Ok(unsafe { key.cast::<PyUnicodeObject>().equals(item.cast()) });
    }
    let key = key.new_ref();
    let equal = proto::rich_compare_bool(&key, item, CompareOp::Eq).map_err(Stop::Raised)?;
    if shape != (s.table.get(), s.mask.get()) || !ptr::eq(entry.key.get(), key.as_ptr()) {
        return Err(Stop::Changed);
    }
    Ok(equal)
}

/// Whether the item is in the set.
#[inline]
pub fn contains(s: &PySetObject, item: &Obj, hash: isize) -> Result<bool> {
    Ok(matches!(find(s, item, hash)?, Place::Active(_)))
}

/// Adds an item, and says whether it was new.
pub fn add(s: &PySetObject, item: &Obj, hash: isize) -> Result<bool> {
    let item = item.new_ref();
    let (entry, fresh) = match find(s, &item, hash)? {
        Place::Active(_) => return Ok(false),
        Place::Deleted(entry) => (entry, false),
        Place::Unused(entry) => (entry, true),
    };
    entry.key.set(item.into_raw());
    entry.hash.set(hash);
    s.used.set(s.used.get() + 1);
    s.fill.set(s.fill.get() + isize::from(fresh));
    if fresh && s.fill.get() as usize * 5 >= s.mask.get() as usize * 3 {
        resize(s, grown(s))?;
    }
    Ok(true)
}

fn grown(s: &PySetObject) -> usize {
    let used = s.used.get() as usize;
    if used > 50_000 { used * 2 } else { used * 4 }
}

/// Removes an item, and answers it.
pub fn take(s: &PySetObject, item: &Obj, hash: isize) -> Result<Option<Ref>> {
    Ok(match find(s, item, hash)? {
        Place::Active(entry) => take_entry(s, entry),
        Place::Deleted(_) | Place::Unused(_) => None,
    })
}

fn take_entry(s: &PySetObject, entry: &setentry) -> Option<Ref> {
    let key = entry.key.take_ref();
    entry.key.set((&raw const DUMMY).cast_mut());
    entry.hash.set(-1);
    s.used.set(s.used.get() - 1);
    key
}

/// Removes some item: the next after the one removed last.
pub fn pop(s: &PySetObject) -> Option<Ref> {
    if s.used.get() == 0 {
        return None;
    }
    let all = slots(s);
    let mask = s.mask.get() as usize;
    let mut at = s.finger.get() as usize & mask;
    while !is_active(&all[at]) {
        at = if at == mask { 0 } else { at + 1 };
    }
    s.finger.set(at as isize + 1);
    take_entry(s, &all[at])
}

/// Puts a key into a table that has neither it nor deleted slots.
fn insert_clean(table: *const setentry, mask: usize, key: *mut PyObject, hash: isize) {
    probe(table, mask, hash, |entry| {
        entry.key.get().is_null().then(|| {
            entry.key.set(key);
            entry.hash.set(hash);
        })
    });
}

/// Moves the items to a table with more than `min_used` slots, and forgets deleted ones.
pub fn resize(s: &PySetObject, min_used: usize) -> Result<()> {
    let mut size = PySet_MINSIZE;
    while size <= min_used {
        size <<= 1;
    }
    let was_large = is_large(s);
    let old = s.table.get();
    let old_mask = s.mask.get() as usize;
    let small_copy: [setentry; PySet_MINSIZE];
    let mut from: *const setentry = old;
    let table = if size == PySet_MINSIZE {
        if !was_large {
            if s.fill.get() == s.used.get() {
                return Ok(());
            }
            small_copy = core::array::from_fn(|i| setentry {
                key: s.smalltable[i].key.clone(),
                hash: s.smalltable[i].hash.clone(),
            });
            from = small_copy.as_ptr();
        }
        for entry in &s.smalltable {
            entry.key.set(ptr::null_mut());
            entry.hash.set(0);
        }
        s.smalltable.as_ptr().cast_mut()
    } else {
        alloc_table(size)?.as_ptr()
    };
    s.table.set(table);
    s.mask.set(size as isize - 1);
    s.fill.set(s.used.get());
    for i in 0..=old_mask {
        // SAFETY: the old table, or its copy on the stack, has that many slots.
        let entry = unsafe { &*from.add(i) };
        if is_active(entry) {
            insert_clean(table, size - 1, entry.key.get(), entry.hash.get());
        }
    }
    if was_large {
        // SAFETY: the set's former table, which it does not use any more.
        unsafe { gc::free_buffer(old.cast()) };
    }
    Ok(())
}

fn alloc_table(size: usize) -> Result<NonNull<setentry>> {
    let bytes = size
        .checked_mul(size_of::<setentry>())
        .ok_or_else(err::no_memory)?;
    NonNull::new(gc::allocate_buffer(bytes).cast()).ok_or_else(err::no_memory)
}

/// Makes room for `more` items that are expected to be new.
pub fn reserve(s: &PySetObject, more: usize) -> Result<()> {
    if (s.fill.get() as usize + more) * 5 >= s.mask.get() as usize * 3 {
        resize(s, (s.used.get() as usize + more) * 2)?;
    }
    Ok(())
}

/// Adds all items of another set.
pub fn merge(s: &PySetObject, other: &PySetObject) -> Result<()> {
    if ptr::eq(s, other) || other.used.get() == 0 {
        return Ok(());
    }
    reserve(s, other.used.get() as usize)?;
    if s.fill.get() == 0 {
        let same_shape = s.mask.get() == other.mask.get() && other.fill.get() == other.used.get();
        let (table, mask) = (s.table.get(), s.mask.get() as usize);
        s.fill.set(other.used.get());
        s.used.set(other.used.get());
        for (i, entry) in slots(other)
            .iter()
            .enumerate()
            .filter(|(_, e)| is_active(e))
        {
            let Some(key) = entry.key.get_ref().map(Ref::into_raw) else {
                continue;
            };
            if same_shape {
                slots(s)[i].key.set(key);
                slots(s)[i].hash.set(entry.hash.get());
            } else {
                insert_clean(table, mask, key, entry.hash.get());
            }
        }
        return Ok(());
    }
    let mut pos = 0;
    while let Some((item, hash)) = next_entry(other, &mut pos) {
        add(s, &item, hash)?;
    }
    Ok(())
}

/// The next item and its hash; `pos` starts at 0 and is opaque. The set may change meanwhile.
#[inline]
pub fn next_entry(s: &PySetObject, pos: &mut usize) -> Option<(Ref, isize)> {
    while *pos <= s.mask.get() as usize {
        let entry = &slots(s)[*pos];
        *pos += 1;
        if is_active(entry) {
            return entry.key.get_ref().map(|key| (key, entry.hash.get()));
        }
    }
    None
}

/// Removes everything; the set is empty before the first destructor runs.
pub fn clear(s: &PySetObject) {
    if s.fill.get() == 0 && !is_large(s) {
        return;
    }
    let mut items = Vec::with_capacity(s.used.get() as usize);
    for entry in slots(s) {
        if is_active(entry) {
            items.extend(entry.key.take_ref());
        }
    }
    let old = is_large(s).then(|| s.table.get());
    for entry in &s.smalltable {
        entry.key.set(ptr::null_mut());
        entry.hash.set(0);
    }
    s.fill.set(0);
    s.used.set(0);
    s.mask.set(PySet_MINSIZE as isize - 1);
    s.table.set(s.smalltable.as_ptr().cast_mut());
    s.hash.set(-1);
    if let Some(old) = old {
        // SAFETY: the set's former table, which it does not use any more.
        unsafe { gc::free_buffer(old.cast()) };
    }
    drop(items);
}

/// Shrinks the table if deleted slots take more than a quarter of it.
pub fn trim(s: &PySetObject) -> Result<()> {
    if (s.fill.get() - s.used.get()) as usize <= s.mask.get() as usize / 4 {
        return Ok(());
    }
    resize(s, grown(s))
}

/// Exchanges the contents of two sets.
pub fn swap(a: &PySetObject, b: &PySetObject) {
    a.fill.swap(&b.fill);
    a.used.swap(&b.used);
    a.mask.swap(&b.mask);
    let (table_a, table_b) = (
        is_large(a).then(|| a.table.get()),
        is_large(b).then(|| b.table.get()),
    );
    a.table
        .set(table_b.unwrap_or(a.smalltable.as_ptr().cast_mut()));
    b.table
        .set(table_a.unwrap_or(b.smalltable.as_ptr().cast_mut()));
    if table_a.is_none() || table_b.is_none() {
        for (x, y) in a.smalltable.iter().zip(&b.smalltable) {
            x.key.swap(&y.key);
            x.hash.swap(&y.hash);
        }
    }
    a.hash.set(-1);
    b.hash.set(-1);
}

/// Drops the items and the table of a set that dies.
pub fn release(s: &PySetObject) {
    for entry in slots(s) {
        if is_active(entry) {
            drop(entry.key.take_ref());
        }
    }
    if is_large(s) {
        // SAFETY: the set's own table, which it does not use again.
        unsafe { gc::free_buffer(s.table.get().cast()) };
    }
}

/// Shows the collector the items.
pub fn visit(s: &PySetObject, v: &mut Visitor) -> Visit {
    if s.table.get().is_null() {
        return Ok(());
    }
    if is_large(s) {
        gc::mark_buffer(s.table.get().cast());
    }
    for entry in slots(s) {
        if is_active(entry) {
            v.visit_ptr(entry.key.get())?;
        }
    }
    Ok(())
}

/// The hash of a frozenset: the same whatever the order and the shape of the table.
pub fn hash(s: &PySetObject) -> isize {
    let shuffle = |h: u64| ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167);
    let mut hash = 0u64;
    for entry in slots(s).iter().filter(|e| is_active(e)) {
        hash ^= shuffle(entry.hash.get() as u64);
    }
    hash ^= (s.used.get() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    if hash == u64::MAX {
        590_923_713
    } else {
        hash as isize
    }
}
