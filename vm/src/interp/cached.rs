//! Entries of namespaces that inline caches know by the version of the keys and the index.
//!
//! A dict's keys lose their version when a key comes or goes, so as long as the version is the cached one, the index means
//! the same key. Only the value may have changed, and that is read afresh.

use layout::*;

use crate::object::*;
use crate::types::dict::table::{keys_of, value_at};
use crate::types::dict::{DictExt, keys};

/// The value of the entry, if the keys are still the cached ones.
#[inline(always)]
pub fn value(d: &PyDictObject, version: u32, index: u32) -> Option<&Obj> {
    if has_version(d, version) {
        value_at(d, index as usize)
    } else {
        None
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
