//! Splitting: reports the range of each piece, in order (`rsplit*`: from the end), until the
//! report fails.

use super::find::{matches, rfind};
use crate::each_kind;
use crate::kinds::{Char, Str};
use std::ops::Range;

/// White space of `bytes` methods.
pub fn is_ascii_space(code: u32) -> bool {
    matches!(code, 9..=13 | 32)
}

/// Line ends of `bytes` methods.
pub fn is_byte_line_break(code: u32) -> bool {
    matches!(code, 10 | 13)
}

/// Pieces between separators, which are not empty; at most `max` cuts.
pub fn split<E>(
    hay: Str<'_>,
    separator: Str<'_>,
    max: usize,
    mut report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    let mut start = 0;
    matches(hay, separator, max, |at| {
        report(start..at)?;
        start = at + separator.len();
        Ok(())
    })?;
    report(start..hay.len())
}

/// `split` with cuts made from the end.
pub fn rsplit<E>(
    hay: Str<'_>,
    separator: Str<'_>,
    max: usize,
    mut report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    let mut end = hay.len();
    for _ in 0..max {
        let Some(at) = rfind(hay.slice(0..end), separator) else {
            break;
        };
        report(at + separator.len()..end)?;
        end = at;
    }
    report(0..end)
}

/// Words between runs of white space; after `max` cuts the rest is one piece, which
/// keeps its trailing white space.
pub fn split_space<E>(
    hay: Str<'_>,
    max: usize,
    is_space: impl Fn(u32) -> bool,
    report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    each_kind!(hay, hay => split_space_in(hay, max, is_space, report))
}

fn split_space_in<C: Char, E>(
    hay: &[C],
    max: usize,
    is_space: impl Fn(u32) -> bool,
    mut report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    let next = |from: usize, space: bool| {
        hay[from..]
            .iter()
            .position(|unit| is_space(unit.code()) == space)
            .map(|step| from + step)
    };
    let (mut at, mut left) = (0, max);
    while let Some(start) = next(at, false) {
        if left == 0 {
            return report(start..hay.len());
        }
        at = next(start, true).unwrap_or(hay.len());
        report(start..at)?;
        left -= 1;
    }
    Ok(())
}

/// `split_space` with cuts made from the end.
pub fn rsplit_space<E>(
    hay: Str<'_>,
    max: usize,
    is_space: impl Fn(u32) -> bool,
    report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    each_kind!(hay, hay => rsplit_space_in(hay, max, is_space, report))
}

fn rsplit_space_in<C: Char, E>(
    hay: &[C],
    max: usize,
    is_space: impl Fn(u32) -> bool,
    mut report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    let previous = |to: usize, space: bool| {
        hay[..to]
            .iter()
            .rposition(|unit| is_space(unit.code()) == space)
    };
    let (mut at, mut left) = (hay.len(), max);
    while let Some(last) = previous(at, false) {
        if left == 0 {
            return report(0..last + 1);
        }
        at = previous(last, true).map_or(0, |space| space + 1);
        report(at..last + 1)?;
        left -= 1;
    }
    Ok(())
}

/// Lines, with their ends if `keep`; CR LF ends one line.
pub fn splitlines<E>(
    hay: Str<'_>,
    keep: bool,
    is_break: impl Fn(u32) -> bool,
    report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    each_kind!(hay, hay => splitlines_in(hay, keep, is_break, report))
}

fn splitlines_in<C: Char, E>(
    hay: &[C],
    keep: bool,
    is_break: impl Fn(u32) -> bool,
    mut report: impl FnMut(Range<usize>) -> Result<(), E>,
) -> Result<(), E> {
    let mut start = 0;
    while start < hay.len() {
        let end = hay[start..]
            .iter()
            .position(|unit| is_break(unit.code()))
            .map_or(hay.len(), |step| start + step);
        let next = match &hay[end..] {
            [] => end,
            [cr, lf, ..] if cr.code() == 13 && lf.code() == 10 => end + 2,
            _ => end + 1,
        };
        report(start..if keep { next } else { end })?;
        start = next;
    }
    Ok(())
}
