//! Entries of namespaces that inline caches know by the version of the keys and the address of the value.
//!
//! A dict's keys lose their version when a key comes or goes or the table moves, and no two tables have the same version.
//! So as long as the version is the cached one, the address is the same key's value in this dict.

use core::cell::Cell;

use layout::*;

use crate::code::caches::InlineCache;
use crate::object::*;
use crate::types::dict::table::{keys_of, values_of};
use crate::types::dict::{DictExt, keys};

/// The value of the entry, if the keys are still the cached ones.
#[inline(always)]
pub fn value<'a>(d: &'a PyDictObject, cache: &InlineCache) -> Option<&'a Obj> {
    if !has_version(d, cache.version.get()) {
        return None;
    }
    // SAFETY: the version proves that the table is the one the address was taken from.
    unsafe {
        (*(cache.extra.get() as *const Cell<*mut PyObject>))
            .get()
            .as_ref()
    }
}

/// Whether the dict has the same keys as when the version was taken.
#[inline(always)]
pub fn has_version(d: &PyDictObject, version: u32) -> bool {
    keys_of(d).version() == version
}

/// The index of a string key; its version says how long that is good.
pub fn index_of(d: &PyDictObject, name: &Obj) -> Option<usize> {
    let hash = keys::known_str_hash(name);
    if hash == -1 || !keys_of(d).is_str() {
        return None;
    }
    d.lookup_index(name, hash)
}

/// Notes an entry; false if it cannot be known in this way.
pub fn note(cache: &InlineCache, d: &PyDictObject, index: usize) -> bool {
    let version = d.keys_version();
    if version == 0 || values_of(d).is_some() {
        return false;
    }
    cache.version.set(version);
    let slot = keys_of(d).value(index);
    cache.extra.set(core::ptr::from_ref(slot) as usize);
    true
}
