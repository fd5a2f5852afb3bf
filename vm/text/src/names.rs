//! Names of characters, for `\N{...}`, `namereplace` and `unicodedata`.
//!
//! Invariant: what a later Unicode has added is unknown, whatever the name tables hold.

use crate::chars;
use rustpython_unicode as unicode;

/// CPython finds Tangut ideographs by name, but does not name them.
fn is_named(code: u32) -> bool {
    chars::is_assigned(code) && !matches!(code, 0x1_7000..=0x1_87f7 | 0x1_8d00..=0x1_8d08)
}

pub fn name(code: u32) -> Option<String> {
    if !is_named(code) {
        return None;
    }
    unicode::character_name(char::from_u32(code)?)
}

/// The character of a name or alias, in any case; sequences are not characters.
pub fn lookup(name: &str) -> Option<u32> {
    unicode::lookup_character(name)
        .map(u32::from)
        .filter(|&code| chars::is_assigned(code))
}
