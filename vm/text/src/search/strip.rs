//! Stripping: the range that remains.

use crate::each_kind;
use crate::kinds::{Char, Str};
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    Left,
    Right,
    Both,
}

/// What remains after the characters at the ends that satisfy `drops`.
pub fn strip(text: Str<'_>, sides: Sides, drops: impl Fn(u32) -> bool) -> Range<usize> {
    each_kind!(text, units => strip_in(units, sides, drops))
}

fn strip_in<C: Char>(units: &[C], sides: Sides, drops: impl Fn(u32) -> bool) -> Range<usize> {
    let stays = |unit: &C| !drops(unit.code());
    let start = match sides {
        Sides::Right => 0,
        _ => units.iter().position(stays).unwrap_or(units.len()),
    };
    let end = match sides {
        Sides::Left => units.len(),
        _ => units[start..]
            .iter()
            .rposition(stays)
            .map_or(start, |at| start + at + 1),
    };
    start..end
}
