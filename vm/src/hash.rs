//! The key of this process's text hashes, which `PYTHONHASHSEED` selects and start-up sets, before any string is hashed.

use layout::Global;
use num::hash::Key;

static KEY: Global<Key> = Global::new(Key::ZERO);

/// Sets the key. Hashes taken before are those of another key, so this comes first at start-up.
pub fn set_key(key: Key) {
    KEY.set(key);
}

/// The hash of a string's or bytes object's memory.
#[inline]
pub fn bytes(bytes: &[u8]) -> isize {
    KEY.get().hash_bytes(bytes) as isize
}
