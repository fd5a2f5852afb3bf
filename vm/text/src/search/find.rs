//! Substring search. Bytes use memchr's algorithms; wide characters are scanned in blocks for
//! the needle's first character, and fall back to two-way matching when that keeps failing.

use super::twoway::TwoWay;
use crate::each_kind;
use crate::kinds::{Char, Str};
use memchr::memmem;
use std::borrow::Cow;

/// Characters compared at once in a scan: enough for the compiler to use vectors.
const BLOCK: usize = 16;
/// Characters that failed comparisons may cost, beyond those scanned, before two-way takes over.
const PATIENCE: usize = 64;

/// Characters for which preparing a byte finder costs more than it saves.
const SHORT: usize = 80;

/// A needle prepared for search among characters of one kind; it is not empty.
pub trait Finder<'n, C> {
    fn new(needle: &'n [C]) -> Self;
    fn find(&self, hay: &[C]) -> Option<usize>;
}

impl<'n> Finder<'n, u8> for memmem::Finder<'n> {
    fn new(needle: &'n [u8]) -> Self {
        Self::new(needle)
    }

    #[inline]
    fn find(&self, hay: &[u8]) -> Option<usize> {
        self.find(hay)
    }
}

/// Search among UCS-2 and UCS-4 characters.
pub struct WideFinder<'n, C> {
    needle: &'n [C],
}

impl<'n, C: Char> Finder<'n, C> for WideFinder<'n, C> {
    fn new(needle: &'n [C]) -> Self {
        Self { needle }
    }

    fn find(&self, hay: &[C]) -> Option<usize> {
        let (&first, rest) = self.needle.split_first()?;
        let last_start = hay.len().checked_sub(rest.len())?;
        let (mut at, mut wasted) = (0, 0);
        while let Some(step) = scan(&hay[at..last_start], first) {
            at += step;
            let tail = &hay[at + 1..at + 1 + rest.len()];
            let same = tail.iter().zip(rest).take_while(|(a, b)| a == b).count();
            if same == rest.len() {
                return Some(at);
            }
            wasted += same;
            at += 1;
            if wasted > PATIENCE + at {
                return TwoWay::new(self.needle)
                    .find(&hay[at..])
                    .map(|found| at + found);
            }
        }
        None
    }
}

/// The first place of a character, found block by block.
fn scan<C: Char>(hay: &[C], target: C) -> Option<usize> {
    let (blocks, _) = hay.as_chunks::<BLOCK>();
    let skipped = blocks
        .iter()
        .take_while(|block| {
            !block
                .iter()
                .fold(false, |any, &unit| any | (unit == target))
        })
        .count();
    let from = skipped * BLOCK;
    hay[from..]
        .iter()
        .position(|&unit| unit == target)
        .map(|at| from + at)
}

fn find_unit<C: Char>(hay: &[C], code: u32) -> Option<usize> {
    let target = C::narrow(code)?;
    match C::view(hay) {
        Str::Latin1(bytes) => memchr::memchr(code as u8, bytes),
        _ => scan(hay, target),
    }
}

pub fn find_char(hay: Str<'_>, code: u32) -> Option<usize> {
    each_kind!(hay, hay => find_unit(hay, code))
}

pub fn rfind_char(hay: Str<'_>, code: u32) -> Option<usize> {
    fn rfind_unit<C: Char>(hay: &[C], code: u32) -> Option<usize> {
        let target = C::narrow(code)?;
        match C::view(hay) {
            Str::Latin1(bytes) => memchr::memrchr(code as u8, bytes),
            _ => hay.iter().rposition(|&unit| unit == target),
        }
    }
    each_kind!(hay, hay => rfind_unit(hay, code))
}

/// The needle as characters of the haystack's kind; `None` if one cannot occur there.
pub(super) fn convert<C: Char>(needle: Str<'_>) -> Option<Cow<'_, [C]>> {
    match C::borrow(needle) {
        Some(units) => Some(Cow::Borrowed(units)),
        None => needle
            .codes()
            .map(C::narrow)
            .collect::<Option<Vec<C>>>()
            .map(Cow::Owned),
    }
}

/// The first occurrence; an empty needle occurs at 0.
pub fn find(hay: Str<'_>, needle: Str<'_>) -> Option<usize> {
    match needle.len() {
        0 => Some(0),
        1 => find_char(hay, needle.at(0)),
        len if len > hay.len() => None,
        _ => each_kind!(hay, hay => find_units(hay, needle)),
    }
}

/// The last occurrence; an empty needle occurs at the end.
pub fn rfind(hay: Str<'_>, needle: Str<'_>) -> Option<usize> {
    fn rfind_units<C: Char>(hay: &[C], needle: Str<'_>) -> Option<usize> {
        let needle = convert::<C>(needle)?;
        if let (Str::Latin1(hay), Str::Latin1(needle)) = (C::view(hay), C::view(&needle)) {
            return memmem::rfind(hay, needle);
        }
        (0..=hay.len() - needle.len())
            .rev()
            .find(|&at| hay[at..].starts_with(&needle))
    }
    match needle.len() {
        0 => Some(hay.len()),
        1 => rfind_char(hay, needle.at(0)),
        len if len > hay.len() => None,
        _ => each_kind!(hay, hay => rfind_units(hay, needle)),
    }
}

pub fn contains(hay: Str<'_>, needle: Str<'_>) -> bool {
    find(hay, needle).is_some()
}

/// Reports each occurrence that does not overlap the one before, at most `max` of them, until
/// `report` fails. The needle is not empty.
pub fn matches<E>(
    hay: Str<'_>,
    needle: Str<'_>,
    max: usize,
    report: impl FnMut(usize) -> Result<(), E>,
) -> Result<(), E> {
    each_kind!(hay, hay => matches_in(hay, needle, max, report))
}

fn matches_in<C: Char, E>(
    hay: &[C],
    needle: Str<'_>,
    max: usize,
    mut report: impl FnMut(usize) -> Result<(), E>,
) -> Result<(), E> {
    let Some(needle) = convert::<C>(needle) else {
        return Ok(());
    };
    let single = if needle.len() == 1 {
        Some(needle[0].code())
    } else {
        None
    };
    let finder = C::Finder::new(&needle);
    let (mut at, mut left) = (0, max);
    while left > 0 {
        let rest = &hay[at..];
        let step = match single {
            Some(code) => find_unit(rest, code),
            None => finder.find(rest),
        };
        let Some(step) = step else { break };
        report(at + step)?;
        at += step + needle.len();
        left -= 1;
    }
    Ok(())
}

/// Number of occurrences that do not overlap, at most `max`; an empty needle stands between all
/// characters and at both ends.
pub fn count(hay: Str<'_>, needle: Str<'_>, max: usize) -> usize {
    if needle.is_empty() {
        return max.min(hay.len() + 1);
    }
    if let (Str::Latin1(hay), 1, usize::MAX) = (hay, needle.len(), max) {
        let Ok(byte) = u8::try_from(needle.at(0)) else {
            return 0;
        };
        return memchr::memchr_iter(byte, hay).count();
    }
    let mut found = 0;
    let Ok(()) = matches(hay, needle, max, |_| {
        found += 1;
        Ok::<(), std::convert::Infallible>(())
    });
    found
}

fn find_units<C: Char>(hay: &[C], needle: Str<'_>) -> Option<usize> {
    let needle = convert::<C>(needle)?;
    if hay.len() <= SHORT {
        return WideFinder::new(&needle).find(hay);
    }
    C::Finder::new(&needle).find(hay)
}
