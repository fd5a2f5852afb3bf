//! Case conversions of whole strings: the full mappings, the final sigma, title-casing.
//!
//! Serves `str`'s methods; ASCII strings take a byte-wise path.

use crate::chars::{self, Mapped};
use crate::each_kind;
use crate::kinds::{Buf, Builder, Char, Str};

const CAPITAL_SIGMA: u32 = 0x3a3;
const SMALL_SIGMA: u32 = 0x3c3;
const FINAL_SIGMA: u32 = 0x3c2;

fn ascii(text: Str<'_>) -> Option<&[u8]> {
    match text {
        Str::Latin1(units) if units.is_ascii() => Some(units),
        _ => None,
    }
}

fn map(text: Str<'_>, mapping: impl FnMut(usize, u32) -> Mapped) -> Buf {
    each_kind!(text, units => map_units(units, mapping))
}

fn map_units<C: Char>(units: &[C], mut mapping: impl FnMut(usize, u32) -> Mapped) -> Buf {
    let mut out = Builder::with_capacity(units.len());
    for (at, unit) in units.iter().enumerate() {
        mapping(at, unit.code())
            .iter()
            .for_each(|code| out.push(code));
    }
    out.finish()
}

/// Lower case in context: a sigma that ends a word takes its final form.
fn lower_at(text: Str<'_>, at: usize, code: u32) -> Mapped {
    if code != CAPITAL_SIGMA {
        return chars::to_lower(code);
    }
    let relevant = |code: &u32| !chars::is_case_ignorable(*code);
    let after_letter = text
        .slice(0..at)
        .codes()
        .rev()
        .find(relevant)
        .is_some_and(chars::is_cased);
    let before_letter = text
        .slice(at + 1..text.len())
        .codes()
        .find(relevant)
        .is_some_and(chars::is_cased);
    Mapped::one(if after_letter && !before_letter {
        FINAL_SIGMA
    } else {
        SMALL_SIGMA
    })
}

pub fn lower(text: Str<'_>) -> Buf {
    match ascii(text) {
        Some(text) => Buf::Latin1(text.to_ascii_lowercase()),
        None => map(text, |at, code| lower_at(text, at, code)),
    }
}

pub fn upper(text: Str<'_>) -> Buf {
    match ascii(text) {
        Some(text) => Buf::Latin1(text.to_ascii_uppercase()),
        None => map(text, |_, code| chars::to_upper(code)),
    }
}

pub fn casefold(text: Str<'_>) -> Buf {
    match ascii(text) {
        Some(text) => Buf::Latin1(text.to_ascii_lowercase()),
        None => map(text, |_, code| chars::to_fold(code)),
    }
}

pub fn swapcase(text: Str<'_>) -> Buf {
    map(text, |at, code| {
        if chars::is_upper(code) {
            lower_at(text, at, code)
        } else if chars::is_lower(code) {
            chars::to_upper(code)
        } else {
            Mapped::one(code)
        }
    })
}

pub fn capitalize(text: Str<'_>) -> Buf {
    map(text, |at, code| {
        if at == 0 {
            chars::to_title(code)
        } else {
            lower_at(text, at, code)
        }
    })
}

pub fn title(text: Str<'_>) -> Buf {
    let mut in_word = false;
    map(text, |at, code| {
        let mapped = if in_word {
            lower_at(text, at, code)
        } else {
            chars::to_title(code)
        };
        in_word = chars::is_cased(code);
        mapped
    })
}

/// `str.islower`: something is cased, and nothing is upper or title case.
pub fn is_lower(text: Str<'_>) -> bool {
    let mut cased = false;
    for code in text.codes() {
        if chars::is_upper(code) || chars::is_title(code) {
            return false;
        }
        cased |= chars::is_lower(code);
    }
    cased
}

/// `str.isupper`: something is cased, and nothing is lower or title case.
pub fn is_upper(text: Str<'_>) -> bool {
    let mut cased = false;
    for code in text.codes() {
        if chars::is_lower(code) || chars::is_title(code) {
            return false;
        }
        cased |= chars::is_upper(code);
    }
    cased
}

/// `str.istitle`: upper or title case starts each word, and only there.
pub fn is_title(text: Str<'_>) -> bool {
    let (mut cased, mut in_word) = (false, false);
    for code in text.codes() {
        if chars::is_upper(code) || chars::is_title(code) {
            if in_word {
                return false;
            }
            (cased, in_word) = (true, true);
        } else if chars::is_lower(code) {
            if !in_word {
                return false;
            }
        } else {
            in_word = false;
        }
    }
    cased
}

/// `str.isidentifier`
pub fn is_identifier(text: Str<'_>) -> bool {
    let mut codes = text.codes();
    codes.next().is_some_and(chars::is_identifier_start) && codes.all(chars::is_identifier_continue)
}
