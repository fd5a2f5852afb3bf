//! Methods that cut a string into pieces, or cut pieces off its ends.

use core::ops::Range;

use layout::PyUnicodeObject;
use text::search::{self, Sides};
use text::{chars, search::find_char};

use super::data::{StrData, StrExt};
use super::ops::substring;
use crate::args;
use crate::err::{Result, raise};
use crate::object::*;
use crate::types::{list, tuple};

/// `None` stands for runs of white space.
fn separator(sep: Option<&Obj>) -> Result<Option<&PyUnicodeObject>> {
    let Some(sep) = sep.filter(|o| !o.is_none()) else {
        return Ok(None);
    };
    let Some(sep) = sep.downcast::<PyUnicodeObject>() else {
        return raise!(TypeError, "must be str or None, not {:.100}", sep.tp_name());
    };
    if sep.is_empty() {
        return raise!(ValueError, "empty separator");
    }
    Ok(Some(sep))
}

fn max_cuts(maxsplit: Option<&Obj>) -> Result<usize> {
    Ok(usize::try_from(args::to_isize_or(maxsplit, -1)?).unwrap_or(usize::MAX))
}

fn collector<'a>(
    s: &'a PyUnicodeObject,
    pieces: &'a mut Vec<Ref>,
) -> impl FnMut(Range<usize>) -> Result<()> + 'a {
    |piece| {
        pieces.push(substring(s, piece.start, piece.end).into_obj());
        Ok(())
    }
}

pub fn split(s: &PyUnicodeObject, [sep, maxsplit]: [Option<&Obj>; 2]) -> Result {
    let max = max_cuts(maxsplit)?;
    split_str(s, separator(sep)?, max)
}

/// A list of the pieces; without a separator, of the words.
pub fn split_str(s: &PyUnicodeObject, sep: Option<&PyUnicodeObject>, max: usize) -> Result {
    let mut pieces = Vec::new();
    match sep {
        Some(sep) => search::split(s.data(), sep.data(), max, collector(s, &mut pieces))?,
        None => search::split_space(s.data(), max, chars::is_space, collector(s, &mut pieces))?,
    }
    Ok(list::new(pieces).into_obj())
}

pub fn rsplit(s: &PyUnicodeObject, [sep, maxsplit]: [Option<&Obj>; 2]) -> Result {
    let max = max_cuts(maxsplit)?;
    rsplit_str(s, separator(sep)?, max)
}

pub fn rsplit_str(s: &PyUnicodeObject, sep: Option<&PyUnicodeObject>, max: usize) -> Result {
    let mut pieces = Vec::new();
    match sep {
        Some(sep) => search::rsplit(s.data(), sep.data(), max, collector(s, &mut pieces))?,
        None => search::rsplit_space(s.data(), max, chars::is_space, collector(s, &mut pieces))?,
    }
    pieces.reverse();
    Ok(list::new(pieces).into_obj())
}

pub fn splitlines(s: &PyUnicodeObject, [keepends]: [Option<&Obj>; 1]) -> Result {
    let keep = keepends.map_or(Ok(false), args::to_bool)?;
    splitlines_str(s, keep)
}

pub fn splitlines_str(s: &PyUnicodeObject, keep: bool) -> Result {
    let mut lines = Vec::new();
    search::splitlines(
        s.data(),
        keep,
        chars::is_line_break,
        collector(s, &mut lines),
    )?;
    Ok(list::new(lines).into_obj())
}

fn partition_argument(sep: &Obj) -> Result<&PyUnicodeObject> {
    match sep.downcast::<PyUnicodeObject>() {
        Some(sep) if sep.is_empty() => raise!(ValueError, "empty separator"),
        Some(sep) => Ok(sep),
        None => raise!(TypeError, "must be str, not {:.100}", sep.tp_name()),
    }
}

pub fn partition(s: &PyUnicodeObject, sep: &Obj) -> Result {
    let sep = partition_argument(sep)?;
    let empty = super::empty();
    Ok(match search::find(s.data(), sep.data()) {
        Some(at) => {
            let (head, tail) = (substring(s, 0, at), substring(s, at + sep.len(), s.len()));
            tuple::new(&[head.as_obj(), sep.as_obj(), tail.as_obj()]).into_obj()
        }
        None => tuple::new(&[s.as_obj(), empty.as_obj(), empty.as_obj()]).into_obj(),
    })
}

pub fn rpartition(s: &PyUnicodeObject, sep: &Obj) -> Result {
    let sep = partition_argument(sep)?;
    let empty = super::empty();
    Ok(match search::rfind(s.data(), sep.data()) {
        Some(at) => {
            let (head, tail) = (substring(s, 0, at), substring(s, at + sep.len(), s.len()));
            tuple::new(&[head.as_obj(), sep.as_obj(), tail.as_obj()]).into_obj()
        }
        None => tuple::new(&[empty.as_obj(), empty.as_obj(), s.as_obj()]).into_obj(),
    })
}

/// A small set of characters to strip: a bit for each residue modulo 64 says "no" at once.
struct CharSet<'a> {
    chars: StrData<'a>,
    residues: u64,
}

impl<'a> CharSet<'a> {
    fn new(chars: StrData<'a>) -> CharSet<'a> {
        CharSet {
            chars,
            residues: chars.codes().fold(0, |bits, c| bits | 1 << (c & 63)),
        }
    }

    fn has(&self, c: u32) -> bool {
        self.residues >> (c & 63) & 1 != 0 && find_char(self.chars, c).is_some()
    }
}

fn strip_sides(
    name: &str,
    s: &PyUnicodeObject,
    args: &[&Obj],
    sides: Sides,
) -> Result<Ref<PyUnicodeObject>> {
    args::expect(name, args, 0..=1)?;
    let rest = match args.first().filter(|o| !o.is_none()) {
        None => search::strip(s.data(), sides, chars::is_space),
        Some(o) => {
            let Some(drop) = o.downcast::<PyUnicodeObject>() else {
                return raise!(TypeError, "{name} arg must be None or str");
            };
            let set = CharSet::new(drop.data());
            search::strip(s.data(), sides, |c| set.has(c))
        }
    };
    Ok(substring(s, rest.start, rest.end))
}

pub fn strip(s: &PyUnicodeObject, args: &[&Obj]) -> Result<Ref<PyUnicodeObject>> {
    strip_sides("strip", s, args, Sides::Both)
}

pub fn lstrip(s: &PyUnicodeObject, args: &[&Obj]) -> Result<Ref<PyUnicodeObject>> {
    strip_sides("lstrip", s, args, Sides::Left)
}

pub fn rstrip(s: &PyUnicodeObject, args: &[&Obj]) -> Result<Ref<PyUnicodeObject>> {
    strip_sides("rstrip", s, args, Sides::Right)
}
