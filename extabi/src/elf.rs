//! A look at a shared library before the system's loader maps it: one that was cut short would end the process by a
//! signal at the first touch of what is missing.

use std::fs::File;
use std::io::Read;

const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
const LOADABLE: u32 = 1;

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(pair)))
}

/// The length that the program headers of a 64-bit ELF file speak of; none if this is no such file.
fn needed(start: &[u8]) -> Option<u64> {
    if start.len() < HEADER || !start.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size, count) = (word(start, 32)?, half(start, 54)?, half(start, 56)?);
    if size < PROGRAM_HEADER {
        return None;
    }
    let mut end = table.checked_add((size * count) as u64)?;
    for i in 0..count {
        let at = usize::try_from(table).ok()?.checked_add(i * size)?;
        let Some(row) = start.get(at..at + PROGRAM_HEADER) else {
            break;
        };
        let kind = u32::from_le_bytes(row[..4].try_into().ok()?);
        if kind == LOADABLE {
            end = end.max(word(row, 8)?.checked_add(word(row, 32)?)?);
        }
    }
    Some(end)
}

/// Whether the file ends before what it is to hold. What cannot be read is left to the loader to complain about.
pub fn is_truncated(path: &str) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    let length = file.metadata().map_or(u64::MAX, |m| m.len());
    let mut start = Vec::with_capacity(4096);
    if file.take(4096).read_to_end(&mut start).is_err() {
        return false;
    }
    needed(&start).is_some_and(|n| n > length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_file_is_told_from_a_whole_one() {
        let this = std::env::current_exe().expect("a path");
        let whole = std::fs::read(&this).expect("a program");
        let end = needed(&whole[..4096]).expect("an ELF file");
        assert!(end <= whole.len() as u64 && end > 4096);
        assert!(!is_truncated(&this.to_string_lossy()));
        assert_eq!(needed(b"text"), None);
    }
}
