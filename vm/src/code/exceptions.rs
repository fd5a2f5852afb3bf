//! The exception table of a code object: which handler covers which instructions.

use layout::*;

use crate::object::*;
use crate::types::bytes::BytesExt;

/// Where an exception is handled. `target` is in units of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub target: usize,
    /// How deep the stack is when the handler starts.
    pub depth: usize,
    /// Whether the handler wants to know which instruction raised.
    pub push_lasti: bool,
}

/// Six bits a byte, the highest first; bit 6 says that more follow, bit 7 starts an entry.
fn varint(table: &[u8], at: &mut usize) -> usize {
    let mut value = 0;
    while let Some(&byte) = table.get(*at) {
        *at += 1;
        value = value << 6 | usize::from(byte & 63);
        if byte & 64 == 0 {
            break;
        }
    }
    value
}

/// The innermost handler of the instruction at `offset`, in units.
pub fn handler_at(table: &[u8], offset: usize) -> Option<Handler> {
    // Entries are in order of their start: skip by halves to the last that can cover the offset.
    let mut at = 0;
    let mut end = table.len();
    while end - at > 40 {
        let mut middle = at + (end - at) / 2;
        while table[middle] & 128 == 0 {
            middle -= 1;
        }
        if middle == at {
            break;
        }
        let mut read = middle;
        if varint(table, &mut read) > offset {
            end = middle;
        } else {
            at = middle;
        }
    }
    while at < table.len() {
        let start = varint(table, &mut at);
        if start > offset {
            return None;
        }
        let size = varint(table, &mut at);
        let target = varint(table, &mut at);
        let depth_and_lasti = varint(table, &mut at);
        if offset < start + size {
            return Some(Handler {
                target,
                depth: depth_and_lasti >> 1,
                push_lasti: depth_and_lasti & 1 != 0,
            });
        }
    }
    None
}

/// The entries: where each begins to cover, in units, and its handler.
pub fn entries(table: &[u8]) -> Vec<(usize, Handler)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < table.len() {
        let [start, _, target, rest] = [(); 4].map(|()| varint(table, &mut at));
        found.push((
            start,
            Handler {
                target,
                depth: rest >> 1,
                push_lasti: rest & 1 != 0,
            },
        ));
    }
    found
}

/// The innermost handler of the instruction at `offset` of `code`.
pub fn handler(code: &PyCodeObject, offset: usize) -> Option<Handler> {
    let table = code
        .co_exceptiontable
        .borrow_obj()?
        .downcast::<PyBytesObject>()?;
    handler_at(table.as_slice(), offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_covering_entry() {
        let mut table = Vec::new();
        for i in 0..40u8 {
            // start = i * 4 (two digits), size 2, target 7, depth 3 with lasti.
            let start = usize::from(i) * 4;
            table.extend([128 | 64 | (start >> 6) as u8, (start & 63) as u8, 2, 7, 7]);
        }
        for i in 0..40 {
            let expected = Handler {
                target: 7,
                depth: 3,
                push_lasti: true,
            };
            assert_eq!(handler_at(&table, i * 4), Some(expected));
            assert_eq!(handler_at(&table, i * 4 + 1), Some(expected));
            assert_eq!(handler_at(&table, i * 4 + 2), None);
        }
        assert_eq!(handler_at(&[], 3), None);
    }
}
