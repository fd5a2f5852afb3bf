//! The location table of a code object: which source range each instruction comes from, in CPython's compressed form.

use layout::*;

use crate::object::*;
use crate::types::bytes::BytesExt;

/// A run of instructions from one source range. Offsets are in bytes of code; -1 stands for "not known".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    pub start: i32,
    pub end: i32,
    pub line: i32,
    pub end_line: i32,
    pub column: i32,
    pub end_column: i32,
}

/// Walks the table.
pub struct Locations<'a> {
    table: &'a [u8],
    at: usize,
    offset: i32,
    line: i32,
}

impl<'a> Locations<'a> {
    pub fn new(table: &'a [u8], first_line: i32) -> Self {
        Locations {
            table,
            at: 0,
            offset: 0,
            line: first_line,
        }
    }

    fn byte(&mut self) -> u8 {
        let byte = self.table.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    fn varint(&mut self) -> i32 {
        let mut byte = self.byte();
        let mut value = u32::from(byte & 63);
        let mut shift = 0;
        while byte & 64 != 0 {
            byte = self.byte();
            shift += 6;
            value |= u32::from(byte & 63).checked_shl(shift).unwrap_or(0);
        }
        value as i32
    }

    fn signed(&mut self) -> i32 {
        let value = self.varint() as u32;
        if value & 1 != 0 {
            -((value >> 1) as i32)
        } else {
            (value >> 1) as i32
        }
    }
}

impl Iterator for Locations<'_> {
    type Item = Location;

    fn next(&mut self) -> Option<Location> {
        if self.at >= self.table.len() {
            return None;
        }
        let first = self.byte();
        let start = self.offset;
        self.offset += (i32::from(first & 7) + 1) * 2;
        let mut found = Location {
            start,
            end: self.offset,
            line: -1,
            end_line: -1,
            column: -1,
            end_column: -1,
        };
        match first >> 3 & 15 {
            15 => return Some(found),
            14 => {
                self.line += self.signed();
                found.end_line = self.line + self.varint();
                found.column = self.varint() - 1;
                found.end_column = self.varint() - 1;
            }
            13 => {
                self.line += self.signed();
                found.end_line = self.line;
            }
            code @ 10..=12 => {
                self.line += i32::from(code) - 10;
                found.end_line = self.line;
                found.column = i32::from(self.byte());
                found.end_column = i32::from(self.byte());
            }
            code => {
                let second = self.byte();
                found.end_line = self.line;
                found.column = i32::from(code) << 3 | i32::from(second >> 4);
                found.end_column = found.column + i32::from(second & 15);
            }
        }
        found.line = self.line;
        Some(found)
    }
}

/// The locations of a code object.
pub fn locations(code: &PyCodeObject) -> Locations<'_> {
    let table = code
        .co_linetable
        .borrow_obj()
        .and_then(|o| o.downcast::<PyBytesObject>());
    Locations::new(
        table.map_or(&[], |t| t.as_slice()),
        code.co_firstlineno.get(),
    )
}

/// The location of the instruction at byte `offset`.
pub fn location_of(code: &PyCodeObject, offset: i32) -> Option<Location> {
    if offset < 0 {
        return None;
    }
    locations(code).find(|l| l.start <= offset && offset < l.end)
}

/// The line of the instruction at byte `offset`; before the first one, the line where the code begins.
pub fn line_of(code: &PyCodeObject, offset: i32) -> Option<i32> {
    if offset < 0 {
        return Some(code.co_firstlineno.get());
    }
    location_of(code, offset)
        .map(|l| l.line)
        .filter(|&line| line >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        // Short, one-line, without columns, none, long.
        let table = [
            0x80 | 2 << 3,
            0x35,
            0x80 | 11 << 3 | 1,
            4,
            9,
            0x80 | 13 << 3,
            4,
            0x80 | 15 << 3,
            0x80 | 14 << 3,
            3,
            2,
            5,
            7,
        ];
        let found: Vec<_> = Locations::new(&table, 10).collect();
        let location = |start, end, line, end_line, column, end_column| Location {
            start,
            end,
            line,
            end_line,
            column,
            end_column,
        };
        assert_eq!(
            found,
            [
                location(0, 2, 10, 10, 19, 24),
                location(2, 6, 11, 11, 4, 9),
                location(6, 8, 13, 13, -1, -1),
                location(8, 10, -1, -1, -1, -1),
                location(10, 12, 12, 14, 4, 6),
            ]
        );
    }
}
