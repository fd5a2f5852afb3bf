//! Properties of single code points, with CPython 3.14's answers (Unicode 16.0).
//!
//! Invariant: every answer comes from the generated tables; code points past U+10FFFF have none.
//! Serves `str`'s predicates, `case`, `escape`, `re` and the compiler's identifiers.

#[rustfmt::skip]
mod tables;

pub use tables::UNICODE_VERSION;
use tables::*;

struct Record {
    flags: u16,
    /// 255 for none.
    digit: u8,
    lower: i32,
    upper: i32,
    title: i32,
}

#[inline]
fn record(code: u32) -> &'static Record {
    let block = INDEX
        .get((code >> 7) as usize)
        .copied()
        .unwrap_or(INDEX[INDEX.len() - 1]);
    &RECORDS[BLOCKS[(block as usize) << 7 | (code & 127) as usize] as usize]
}

#[inline]
fn has(code: u32, flags: u16) -> bool {
    record(code).flags & flags != 0
}

#[inline]
pub fn is_alpha(code: u32) -> bool {
    has(code, ALPHA)
}

#[inline]
pub fn is_decimal(code: u32) -> bool {
    has(code, DECIMAL)
}

#[inline]
pub fn is_digit(code: u32) -> bool {
    has(code, DIGIT)
}

#[inline]
pub fn is_numeric(code: u32) -> bool {
    has(code, NUMERIC)
}

#[inline]
pub fn is_alnum(code: u32) -> bool {
    has(code, ALPHA | DECIMAL | DIGIT | NUMERIC)
}

/// In Unicode 16.0 at all.
#[inline]
pub fn is_assigned(code: u32) -> bool {
    has(code, ASSIGNED)
}

/// White space, as `str.split` and `str.strip` see it.
#[inline]
pub fn is_space(code: u32) -> bool {
    if code < 128 {
        return matches!(code, 9..=13 | 28..=32);
    }
    has(code, SPACE)
}

#[inline]
pub fn is_printable(code: u32) -> bool {
    if code < 127 {
        return code >= 32;
    }
    has(code, PRINTABLE)
}

#[inline]
pub fn is_lower(code: u32) -> bool {
    has(code, LOWER)
}

#[inline]
pub fn is_upper(code: u32) -> bool {
    has(code, UPPER)
}

#[inline]
pub fn is_title(code: u32) -> bool {
    has(code, TITLE)
}

#[inline]
pub fn is_cased(code: u32) -> bool {
    has(code, LOWER | UPPER | TITLE)
}

#[inline]
pub fn is_case_ignorable(code: u32) -> bool {
    has(code, CASE_IGNORABLE)
}

/// Starts an identifier; the underscore does.
#[inline]
pub fn is_identifier_start(code: u32) -> bool {
    has(code, XID_START)
}

#[inline]
pub fn is_identifier_continue(code: u32) -> bool {
    has(code, XID_CONTINUE)
}

/// Ends a line, as `str.splitlines` sees it.
#[inline]
pub fn is_line_break(code: u32) -> bool {
    if code < 128 {
        return matches!(code, 10..=13 | 28..=30);
    }
    has(code, LINE_BREAK)
}

/// The value of a decimal digit, usable in `int()`.
#[inline]
pub fn decimal_value(code: u32) -> Option<u32> {
    let record = record(code);
    (record.flags & DECIMAL != 0).then_some(u32::from(record.digit))
}

/// The value of a digit, superscripts and circled digits included.
pub fn digit_value(code: u32) -> Option<u32> {
    match record(code).digit {
        255 => None,
        digit => Some(u32::from(digit)),
    }
}

/// The value of anything numeric, fractions and ideographs included.
pub fn numeric_value(code: u32) -> Option<f64> {
    if let Some(digit) = digit_value(code) {
        return Some(f64::from(digit));
    }
    let at = NUMBERS.binary_search_by_key(&code, |entry| entry.0).ok()?;
    Some(NUMBERS[at].1)
}

/// The single code point that lower-cases `code`, as `re` uses it.
#[inline]
pub fn simple_lower(code: u32) -> u32 {
    code.wrapping_add_signed(record(code).lower)
}

#[inline]
pub fn simple_upper(code: u32) -> u32 {
    code.wrapping_add_signed(record(code).upper)
}

#[inline]
pub fn simple_title(code: u32) -> u32 {
    code.wrapping_add_signed(record(code).title)
}

/// One to three code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped([u32; 3]);

impl Mapped {
    #[inline]
    pub const fn one(code: u32) -> Self {
        Self([code, 0, 0])
    }

    #[inline]
    pub fn iter(self) -> impl Iterator<Item = u32> {
        // No mapping has U+0000 past its first code point.
        let len = 1 + usize::from(self.0[1] != 0) + usize::from(self.0[2] != 0);
        self.0.into_iter().take(len)
    }
}

#[cold]
fn full_case(code: u32, which: usize) -> Mapped {
    match FULL_CASES.binary_search_by_key(&code, |entry| entry.0) {
        Ok(at) => Mapped(FULL_CASES[at].1[which]),
        Err(_) => Mapped::one(code),
    }
}

#[inline]
fn mapped(code: u32, delta: impl Fn(&Record) -> i32, which: usize) -> Mapped {
    let record = record(code);
    if record.flags & FULL_CASE != 0 {
        return full_case(code, which);
    }
    Mapped::one(code.wrapping_add_signed(delta(record)))
}

/// Lower case; the final form of sigma depends on its neighbours, so it is the caller's.
#[inline]
pub fn to_lower(code: u32) -> Mapped {
    mapped(code, |record| record.lower, 0)
}

#[inline]
pub fn to_upper(code: u32) -> Mapped {
    mapped(code, |record| record.upper, 1)
}

#[inline]
pub fn to_title(code: u32) -> Mapped {
    mapped(code, |record| record.title, 2)
}

#[inline]
pub fn to_fold(code: u32) -> Mapped {
    if !has(code, FOLD) {
        return to_lower(code);
    }
    match FOLDS.binary_search_by_key(&code, |entry| entry.0) {
        Ok(at) => Mapped(FOLDS[at].1),
        Err(_) => Mapped::one(code),
    }
}
