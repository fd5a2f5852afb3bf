//! Byte methods that cut into pieces, or cut pieces off the ends.

use core::ops::Range;

use text::Str;
use text::search::{self, Sides, is_ascii_space, is_byte_line_break};

use super::methods::ByteLike;
use super::needle::{Bytes, bytes_like};
use crate::args;
use crate::err::{Result, raise};
use crate::object::*;
use crate::types::{list, tuple};

/// The separator and the number of cuts; no separator stands for runs of white space.
fn arguments<'a>(
    sep: Option<&'a Obj>,
    maxsplit: Option<&Obj>,
) -> Result<(Option<Bytes<'a>>, usize)> {
    let max = usize::try_from(args::to_isize_or(maxsplit, -1)?).unwrap_or(usize::MAX);
    let Some(sep) = sep.filter(|o| !o.is_none()) else {
        return Ok((None, max));
    };
    let sep = bytes_like(sep)?;
    if sep.is_empty() {
        return raise!(ValueError, "empty separator");
    }
    Ok((Some(sep), max))
}

fn collector<'a, S: ByteLike>(
    s: &'a S,
    pieces: &'a mut Vec<Ref>,
) -> impl FnMut(Range<usize>) -> Result<()> + 'a {
    |piece| {
        pieces.push(if piece == (0..s.view().len()) {
            s.unchanged()?
        } else {
            S::make(&s.view()[piece])?
        });
        Ok(())
    }
}

pub fn split<S: ByteLike>(s: &S, [sep, maxsplit]: [Option<&Obj>; 2]) -> Result {
    let _pinned = s.pin();
    let (sep, max) = arguments(sep, maxsplit)?;
    let (hay, mut pieces) = (Str::Latin1(s.view()), Vec::new());
    match sep {
        Some(sep) => search::split(hay, Str::Latin1(&sep), max, collector(s, &mut pieces))?,
        None => search::split_space(hay, max, is_ascii_space, collector(s, &mut pieces))?,
    }
    Ok(list::new(pieces).into_obj())
}

pub fn rsplit<S: ByteLike>(s: &S, [sep, maxsplit]: [Option<&Obj>; 2]) -> Result {
    let _pinned = s.pin();
    let (sep, max) = arguments(sep, maxsplit)?;
    let (hay, mut pieces) = (Str::Latin1(s.view()), Vec::new());
    match sep {
        Some(sep) => search::rsplit(hay, Str::Latin1(&sep), max, collector(s, &mut pieces))?,
        None => search::rsplit_space(hay, max, is_ascii_space, collector(s, &mut pieces))?,
    }
    pieces.reverse();
    Ok(list::new(pieces).into_obj())
}

pub fn splitlines<S: ByteLike>(s: &S, [keepends]: [Option<&Obj>; 1]) -> Result {
    let keep = keepends.map_or(Ok(false), args::to_bool)?;
    let mut lines = Vec::new();
    search::splitlines(
        Str::Latin1(s.view()),
        keep,
        is_byte_line_break,
        collector(s, &mut lines),
    )?;
    Ok(list::new(lines).into_obj())
}

fn partition_at<S: ByteLike>(
    s: &S,
    sep: &Obj,
    how: fn(Str<'_>, Str<'_>) -> Option<usize>,
    whole_first: bool,
) -> Result {
    let given = bytes_like(sep)?;
    if given.is_empty() {
        return raise!(ValueError, "empty separator");
    }
    let bytes = s.view();
    let parts = match how(Str::Latin1(bytes), Str::Latin1(&given)) {
        Some(at) => {
            let kept = if sep.is::<layout::PyBytesObject>() && S::NAME == "bytes" {
                sep.new_ref()
            } else {
                S::make(&given)?
            };
            [
                S::make(&bytes[..at])?,
                kept,
                S::make(&bytes[at + given.len()..])?,
            ]
        }
        None => {
            let whole = if S::NAME == "bytes" {
                s.as_obj().new_ref()
            } else {
                s.unchanged()?
            };
            let (one, two) = (S::make(&[])?, S::make(&[])?);
            if whole_first {
                [whole, one, two]
            } else {
                [one, two, whole]
            }
        }
    };
    Ok(tuple::from_vec(Vec::from(parts)).into_obj())
}

pub fn partition<S: ByteLike>(s: &S, sep: &Obj) -> Result {
    partition_at(s, sep, search::find, true)
}

pub fn rpartition<S: ByteLike>(s: &S, sep: &Obj) -> Result {
    partition_at(s, sep, search::rfind, false)
}

fn strip_sides<S: ByteLike>(name: &str, s: &S, argv: &[&Obj], sides: Sides) -> Result {
    args::expect(name, argv, 0..=1)?;
    let rest = match argv.first().filter(|o| !o.is_none()) {
        None => search::strip(Str::Latin1(s.view()), sides, is_ascii_space),
        Some(o) => {
            let drop = bytes_like(o)?;
            search::strip(Str::Latin1(s.view()), sides, |c| {
                memchr::memchr(c as u8, &drop).is_some()
            })
        }
    };
    if rest == (0..s.view().len()) {
        s.unchanged()
    } else {
        S::make(&s.view()[rest])
    }
}

pub fn strip<S: ByteLike>(s: &S, args: &[&Obj]) -> Result {
    strip_sides("strip", s, args, Sides::Both)
}

pub fn lstrip<S: ByteLike>(s: &S, args: &[&Obj]) -> Result {
    strip_sides("lstrip", s, args, Sides::Left)
}

pub fn rstrip<S: ByteLike>(s: &S, args: &[&Obj]) -> Result {
    strip_sides("rstrip", s, args, Sides::Right)
}
