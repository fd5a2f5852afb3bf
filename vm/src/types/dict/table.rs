//! What can be done to a dict's tables: look up, insert, delete, grow, share, copy.
//!
//! Everything in the dict type and its C interface ends here. Invariants: `ma_keys` is null only while the dict is being
//! made; `ma_values` is set exactly for split tables; `ma_used` counts the values present. A comparison of keys may run
//! Python code that changes the dict: lookups notice it, and start again.

use core::ptr::{self, NonNull};

use layout::*;

use crate::err::{self, Result};
use crate::object::*;
use crate::protocol::object as proto;
use crate::raise;
use crate::types::type_::CompareOp;

use super::keys::{self, DictKeys, Kind};
use super::values::Values;
use super::watch;

/// The dict's key table.
#[inline(always)]
pub fn keys_of(d: &PyDictObject) -> &DictKeys {
    // SAFETY: a dict in use has a key table.
    unsafe { &*d.ma_keys.get().cast::<DictKeys>() }
}

/// The dict's detached or inline values, if its table is split.
#[inline(always)]
pub fn values_of(d: &PyDictObject) -> Option<&Values> {
    // SAFETY: null, or the values that the dict uses.
    unsafe { d.ma_values.get().cast::<Values>().as_ref() }
}

#[inline(always)]
fn keys_ptr(d: &PyDictObject) -> NonNull<DictKeys> {
    NonNull::from(keys_of(d))
}

/// Installs tables; the old ones are the caller's to release.
#[inline(always)]
pub fn set_tables(d: &PyDictObject, keys: NonNull<DictKeys>, values: Option<NonNull<Values>>) {
    d.ma_keys.set(keys.as_ptr().cast());
    d.ma_values
        .set(values.map_or(ptr::null_mut(), |v| v.as_ptr().cast()));
}

/// Gives a fresh dict the shared empty table.
#[inline(always)]
pub fn init_empty(d: &PyDictObject) {
    set_tables(d, NonNull::from(DictKeys::empty()), None);
}

#[inline(always)]
pub fn used(d: &PyDictObject) -> usize {
    d.ma_used.get() as usize
}

fn add_used(d: &PyDictObject, n: isize) {
    d.ma_used.set(d.ma_used.get() + n);
}

/// Whether `o` is an exact string: the only keys of string tables.
#[inline(always)]
pub fn is_str_key(o: &Obj) -> bool {
    o.is_exact::<PyUnicodeObject>()
}

/// The hash of a key, with the error that names a dict's key as unhashable.
#[inline]
pub fn hash_key(key: &Obj) -> Result<isize> {
    if is_str_key(key) {
        let hash = keys::known_str_hash(key);
        if hash != -1 {
            return Ok(hash);
        }
    }
    match proto::hash(key) {
        Ok(hash) => Ok(hash),
        Err(raised) => Err(explain_unhashable(raised, key, "a dict key")),
    }
}

/// Turns "unhashable type" into an error that says what the object was wanted for.
#[cold]
pub fn explain_unhashable(raised: err::Raised, key: &Obj, wanted_for: &str) -> err::Raised {
    let exception = err::catch(raised);
    if !ptr::eq(exception.ty(), &err::exc::TypeError) {
        return err::reraise(exception);
    }
    let text = str_lossy(&exception);
    let name = crate::types::type_::fully_qualified_name(key.ty());
    err::new(
        &err::exc::TypeError,
        format_args!("cannot use '{name}' as {wanted_for} ({text})"),
    )
}

enum Stop {
    Changed,
    Raised(err::Raised),
}

/// The index of the entry with an equal key. In a split table its value may be absent.
#[inline]
pub fn find(d: &PyDictObject, key: &Obj, hash: isize) -> Result<Option<usize>> {
    let keys = keys_of(d);
    if keys.is_str() && is_str_key(key) {
        return Ok(keys.find_str(key, hash));
    }
    find_general(d, key, hash)
}

fn find_general(d: &PyDictObject, key: &Obj, hash: isize) -> Result<Option<usize>> {
    loop {
        let keys = keys_of(d);
        if keys.is_str() && is_str_key(key) {
            return Ok(keys.find_str(key, hash));
        }
        let shape = (ptr::from_ref(keys), keys.kind(), keys.log2_size());
        let found = keys.find_with(key, hash, |ix, candidate| {
            let candidate = candidate.new_ref();
            let equal =
                proto::rich_compare_bool(&candidate, key, CompareOp::Eq).map_err(Stop::Raised)?;
            let now = keys_of(d);
            let same = shape == (ptr::from_ref(now), now.kind(), now.log2_size())
                && now.key(ix).is_some_and(|k| k.is_same(&candidate));
            if same { Ok(equal) } else { Err(Stop::Changed) }
        });
        match found {
            Ok(answer) => return Ok(answer),
            Err(Stop::Changed) => {}
            Err(Stop::Raised(raised)) => return Err(raised),
        }
    }
}

/// The value of entry `ix`, if present.
#[inline(always)]
pub fn value_at(d: &PyDictObject, ix: usize) -> Option<&Obj> {
    match values_of(d) {
        None => keys_of(d).value(ix).borrow(),
        Some(values) => values.slot(ix).borrow(),
    }
}

/// The value of a key, borrowed from the dict.
#[inline]
pub fn lookup<'d>(d: &'d PyDictObject, key: &Obj, hash: isize) -> Result<Option<&'d Obj>> {
    Ok(match find(d, key, hash)? {
        Some(ix) => value_at(d, ix),
        None => None,
    })
}

/// The value of a string key; an error of an exotic key's `__eq__` counts as absence.
#[inline]
pub fn lookup_str<'d>(d: &'d PyDictObject, key: &Obj, hash: isize) -> Option<&'d Obj> {
    let keys = keys_of(d);
    if keys.is_str() {
        return keys.find_str(key, hash).and_then(|ix| value_at(d, ix));
    }
    err::preserved(|| {
        lookup(d, key, hash).unwrap_or_else(|_| {
            err::clear();
            None
        })
    })
}

/// Sets `d[key] = value`.
#[inline]
pub fn insert(d: &PyDictObject, key: &Obj, hash: isize, value: &Obj) -> Result<()> {
    let keys = keys_of(d);
    if keys.kind() == Kind::Str && is_str_key(key) && d.ma_values.get().is_null() {
        if let Some(ix) = keys.find_str(key, hash) {
            replace(d, keys.value(ix), key, value);
            return Ok(());
        }
        return insert_new(d, key, hash, value);
    }
    insert_slow(d, key, hash, value)
}

#[inline(never)]
fn insert_slow(d: &PyDictObject, key: &Obj, hash: isize, value: &Obj) -> Result<()> {
    // The caller may only borrow them from where a comparison could drop them.
    let (key, value) = (key.new_ref(), value.new_ref());
    if keys_of(d).is_str() && !is_str_key(&key) && !keys_of(d).is_empty_keys() {
        grow(d, Kind::General)?;
    }
    if let Some(values) = values_of(d) {
        if let Some(ix) = share_key(keys_of(d), &key, hash) {
            set_split_value(d, values, ix, &key, &value);
            return Ok(());
        }
    } else if let Some(ix) = find(d, &key, hash)? {
        replace(d, keys_of(d).value(ix), &key, &value);
        return Ok(());
    }
    insert_new(d, &key, hash, &value)
}

#[inline]
fn replace(d: &PyDictObject, slot: &Slot, key: &Obj, value: &Obj) {
    if !ptr::eq(slot.as_ptr(), value) {
        watch::notify(d, PyDict_EVENT_MODIFIED, Some(key), Some(value));
        slot.set(Some(value.new_ref()));
    }
}

/// Stores the value of shared key `ix` in the instance's values.
pub fn set_split_value(d: &PyDictObject, values: &Values, ix: usize, key: &Obj, value: &Obj) {
    let slot = values.slot(ix);
    if slot.as_ptr().is_null() {
        watch::notify(d, PyDict_EVENT_ADDED, Some(key), Some(value));
        slot.set(Some(value.new_ref()));
        values.note_added(ix);
        add_used(d, 1);
    } else {
        replace(d, slot, key, value);
    }
}

/// The index of an exact string in a shared table, to which it is added if there is room.
pub fn share_key(keys: &DictKeys, key: &Obj, hash: isize) -> Option<usize> {
    if let Some(ix) = keys.find_str(key, hash) {
        return Some(ix);
    }
    (keys.usable() > 0).then(|| keys.append(hash, key.new_ref(), None))
}

/// Adds a key that is known to be absent.
pub fn insert_new(d: &PyDictObject, key: &Obj, hash: isize, value: &Obj) -> Result<()> {
    let keys = keys_of(d);
    if keys.usable() == 0 || !d.ma_values.get().is_null() || (keys.is_str() && !is_str_key(key)) {
        make_room(d, is_str_key(key))?;
    }
    watch::notify(d, PyDict_EVENT_ADDED, Some(key), Some(value));
    keys_of(d).append(hash, key.new_ref(), Some(value.new_ref()));
    add_used(d, 1);
    Ok(())
}

#[cold]
#[inline(never)]
fn make_room(d: &PyDictObject, str_key: bool) -> Result<()> {
    let kind = if str_key { Kind::Str } else { Kind::General };
    if keys_of(d).is_empty_keys() {
        set_tables(d, DictKeys::alloc(keys::LOG2_MIN, kind)?, None);
        return Ok(());
    }
    grow(d, kind)
}

fn grow(d: &PyDictObject, kind: Kind) -> Result<()> {
    resize(d, keys::log2_for_slots(used(d) * 3), kind)
}

/// Moves the entries to a new, combined table; a general table stays general.
pub fn resize(d: &PyDictObject, log2: u8, kind: Kind) -> Result<()> {
    let old = keys_ptr(d);
    // SAFETY: the dict owns a share of it until `release` below.
    let old_keys = unsafe { old.as_ref() };
    let kind = if old_keys.is_str() && kind != Kind::General {
        Kind::Str
    } else {
        Kind::General
    };
    let new = DictKeys::alloc(log2, kind)?;
    // SAFETY: just made.
    let new_keys = unsafe { new.as_ref() };
    match values_of(d) {
        Some(values) => {
            let values_ptr = NonNull::from(values);
            values.move_entries(old_keys, new_keys);
            set_tables(d, new, None);
            // SAFETY: the dict's share of the class's keys and its own values end here.
            unsafe {
                if values.is_embedded() {
                    values.invalidate()
                } else {
                    Values::free_moved(values_ptr)
                }
                DictKeys::release(old);
            }
        }
        None => {
            old_keys.move_entries(new_keys);
            set_tables(d, new, None);
            // SAFETY: a combined table has one owner, and its references have moved.
            unsafe { DictKeys::free_moved(old) };
        }
    }
    Ok(())
}

/// Makes room for `entries` more entries in one step.
pub fn reserve(d: &PyDictObject, entries: usize, kind: Kind) -> Result<()> {
    if keys_of(d).is_empty_keys() {
        let log2 = keys::log2_for_entries(entries);
        set_tables(d, DictKeys::alloc(log2, kind)?, None);
        return Ok(());
    }
    resize(d, keys::log2_for_entries(used(d) + entries), kind)
}

/// Takes the entry `ix`, whose value is present, out of the dict, and answers the value.
pub fn take_at(d: &PyDictObject, ix: usize) -> Option<Ref> {
    let keys = keys_of(d);
    let key = keys.key(ix).map(Obj::new_ref);
    watch::notify(d, PyDict_EVENT_DELETED, key.as_deref(), None);
    add_used(d, -1);
    match values_of(d) {
        Some(values) => {
            let value = values.slot(ix).take();
            values.note_removed(ix);
            value
        }
        None => {
            let (old_key, value) = keys_of(d).remove(ix);
            drop(old_key);
            value
        }
    }
}

/// Removes a key and answers its value.
pub fn take(d: &PyDictObject, key: &Obj, hash: isize) -> Result<Option<Ref>> {
    match find(d, key, hash)? {
        Some(ix) if value_at(d, ix).is_some() => Ok(take_at(d, ix)),
        _ => Ok(None),
    }
}

/// Removes the last entry.
pub fn take_last(d: &PyDictObject) -> Result<Option<(Ref, Ref)>> {
    if used(d) == 0 {
        return Ok(None);
    }
    if values_of(d).is_some() {
        resize(d, keys_of(d).log2_size(), Kind::Str)?;
    }
    let keys = keys_of(d);
    let Some(ix) = (0..keys.nentries())
        .rev()
        .find(|&ix| keys.value(ix).borrow().is_some())
    else {
        return Ok(None);
    };
    watch::notify(d, PyDict_EVENT_DELETED, keys.key(ix), None);
    let keys = keys_of(d);
    let (key, value) = keys.remove(ix);
    keys.truncate(ix);
    add_used(d, -1);
    Ok(key.zip(value))
}

/// Makes the entry `ix` the first.
pub fn move_to_front(d: &PyDictObject, ix: usize) -> Result<()> {
    let old = keys_ptr(d);
    let keys = keys_of(d);
    let new = DictKeys::alloc(keys.log2_size(), keys.kind())?;
    // SAFETY: just made.
    let to = unsafe { new.as_ref() };
    let hash = keys.hash(ix);
    if let (Some(key), Some(value)) = (keys.slots(ix).0.take(), keys.value(ix).take()) {
        to.push(hash, key, value);
    }
    keys.move_entries(to);
    set_tables(d, new, None);
    // SAFETY: a combined table has one owner, and its references have moved.
    unsafe { DictKeys::free_moved(old) };
    Ok(())
}

/// Removes everything.
pub fn clear(d: &PyDictObject) {
    if keys_of(d).is_empty_keys() {
        return;
    }
    watch::notify(d, PyDict_EVENT_CLEARED, None, None);
    let old = keys_ptr(d);
    match values_of(d) {
        Some(values) if values.is_embedded() => {
            d.ma_used.set(0);
            values.clear();
        }
        values => {
            let values = values.map(NonNull::from);
            d.ma_used.set(0);
            init_empty(d);
            // SAFETY: the dict gave both up.
            unsafe { release_tables(old, values) };
        }
    }
}

/// Drops detached values and a share of a key table.
///
/// # Safety
/// The caller owns both and does not use them again.
pub unsafe fn release_tables(keys: NonNull<DictKeys>, values: Option<NonNull<Values>>) {
    // SAFETY: the caller's.
    unsafe {
        if let Some(values) = values {
            Values::free(values);
        }
        DictKeys::release(keys);
    }
}

/// The next entry in order, borrowed; `pos` starts at 0 and is opaque.
#[inline]
pub fn next_at<'d>(d: &'d PyDictObject, pos: &mut usize) -> Option<(&'d Obj, &'d Obj, isize)> {
    let keys = keys_of(d);
    match values_of(d) {
        Some(values) => {
            if *pos >= values.len() {
                return None;
            }
            let ix = values.nth(*pos);
            *pos += 1;
            Some((keys.key(ix)?, values.slot(ix).borrow()?, keys.hash(ix)))
        }
        None => {
            if *pos == 0 {
                *pos = keys.first_live()?;
            }
            while *pos < keys.nentries() {
                let ix = *pos;
                *pos += 1;
                if let (Some(key), Some(value)) = (keys.key(ix), keys.value(ix).borrow()) {
                    return Some((key, value, keys.hash(ix)));
                }
            }
            None
        }
    }
}

/// The last entry at or before position `pos - 1`, borrowed, for iteration from the end: `pos` starts at
/// [`reverse_start`] and counts down to 0. A position behind the end, which the dict has lost, is the end.
pub fn previous_at<'d>(d: &'d PyDictObject, pos: &mut usize) -> Option<(&'d Obj, &'d Obj)> {
    let keys = keys_of(d);
    match values_of(d) {
        Some(values) => {
            *pos = (*pos).checked_sub(1).filter(|&i| i < values.len())?;
            let ix = values.nth(*pos);
            Some((keys.key(ix)?, values.slot(ix).borrow()?))
        }
        None => {
            if *pos > keys.nentries() {
                return None;
            }
            while *pos > 0 {
                *pos -= 1;
                if let (Some(key), Some(value)) = (keys.key(*pos), keys.value(*pos).borrow()) {
                    return Some((key, value));
                }
            }
            None
        }
    }
}

/// Where iteration from the end starts.
pub fn reverse_start(d: &PyDictObject) -> usize {
    values_of(d).map_or(keys_of(d).nentries(), Values::len)
}

/// Copies `from`'s tables into the empty dict `to`, if that is quicker than inserting and keeps the same contents.
pub fn copy_tables(from: &PyDictObject, to: &PyDictObject) -> Result<bool> {
    let keys = keys_of(from);
    if let Some(values) = values_of(from) {
        let copy = values.duplicate()?;
        keys.retain();
        set_tables(to, NonNull::from(keys), Some(copy));
    } else if used(from) >= keys.nentries() * 2 / 3 {
        set_tables(to, keys.duplicate()?, None);
    } else {
        return Ok(false);
    }
    to.ma_used.set(from.ma_used.get());
    Ok(true)
}

/// What happens to a key that both sides of a merge have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Merge {
    /// The first value stays.
    Keep,
    /// The second value wins.
    Override,
    /// `KeyError(key)`: duplicate keyword arguments.
    Unique,
}

/// Merges the dict `from` into `d`.
pub fn merge(d: &PyDictObject, from: &PyDictObject, how: Merge) -> Result<()> {
    if ptr::eq(d, from) || used(from) == 0 {
        return Ok(());
    }
    let their_keys = keys_of(from);
    if used(d) == 0 && values_of(d).is_none() && values_of(from).is_none() {
        let log2 = their_keys.log2_size();
        let snug = log2 == keys::LOG2_MIN || keys::usable_of(log2 - 1) < used(from);
        if used(from) == their_keys.nentries() && snug {
            watch::notify(d, PyDict_EVENT_CLONED, Some(from.as_obj()), None);
            let copy = keys_of(from).duplicate()?;
            let old = keys_ptr(d);
            set_tables(d, copy, None);
            d.ma_used.set(from.ma_used.get());
            // SAFETY: the dict gave it up.
            unsafe { DictKeys::release(old) };
            return Ok(());
        }
    }
    let how = if used(d) == 0 { Merge::Override } else { how };
    if keys::usable_of(keys_of(d).log2_size()) < used(from) {
        let kind = if their_keys.is_str() {
            Kind::Str
        } else {
            Kind::General
        };
        reserve(d, used(from), kind)?;
    }
    let size = used(from);
    let mut pos = 0;
    while let Some((key, value, hash)) = next_at(from, &mut pos) {
        let (key, value) = (key.new_ref(), value.new_ref());
        if how == Merge::Override || lookup(d, &key, hash)?.is_none() {
            insert(d, &key, hash, &value)?;
        } else if how == Merge::Unique {
            return Err(err::key_error(&key));
        }
        if used(from) != size {
            return raise!(RuntimeError, "dict mutated during update");
        }
    }
    Ok(())
}
