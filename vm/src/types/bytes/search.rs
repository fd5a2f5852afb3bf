//! Byte methods that look for a run of bytes, and `replace`.

use layout::PyTupleObject;
use text::{Buf, Str, search};

use super::methods::ByteLike;
use super::needle::{byte, bytes_like, needle};
use crate::args;
use crate::err::{Result, raise};
use crate::object::*;
use crate::protocol::buffer::has_buffer;
use crate::protocol::number::is_index;
use crate::types::str_::args::{bounds, fit};
use crate::types::tuple::TupleExt;

fn locate<S: ByteLike>(
    name: &str,
    s: &S,
    argv: &[&Obj],
    how: fn(Str<'_>, Str<'_>) -> Option<usize>,
) -> Result<Option<usize>> {
    args::expect(name, argv, 1..=3)?;
    let _pinned = s.pin();
    let bounds = bounds(argv)?;
    let needle = needle(argv[0])?;
    let Some(range) = fit(bounds, s.view().len()) else {
        return Ok(None);
    };
    let start = range.start;
    Ok(how(Str::Latin1(&s.view()[range]), Str::Latin1(&needle)).map(|at| start + at))
}

fn or_minus_one(at: Option<usize>) -> isize {
    at.map_or(-1, |at| at as isize)
}

fn or_error(at: Option<usize>) -> Result<isize> {
    match at {
        Some(at) => Ok(at as isize),
        None => raise!(ValueError, "subsection not found"),
    }
}

pub fn find<S: ByteLike>(s: &S, args: &[&Obj]) -> Result<isize> {
    locate("find", s, args, search::find).map(or_minus_one)
}

pub fn rfind<S: ByteLike>(s: &S, args: &[&Obj]) -> Result<isize> {
    locate("rfind", s, args, search::rfind).map(or_minus_one)
}

pub fn index<S: ByteLike>(s: &S, args: &[&Obj]) -> Result<isize> {
    locate("index", s, args, search::find).and_then(or_error)
}

pub fn rindex<S: ByteLike>(s: &S, args: &[&Obj]) -> Result<isize> {
    locate("rindex", s, args, search::rfind).and_then(or_error)
}

pub fn count<S: ByteLike>(s: &S, argv: &[&Obj]) -> Result<usize> {
    args::expect("count", argv, 1..=3)?;
    let _pinned = s.pin();
    let bounds = bounds(argv)?;
    let needle = needle(argv[0])?;
    let range = fit(bounds, s.view().len());
    Ok(range.map_or(0, |range| {
        search::count(
            Str::Latin1(&s.view()[range]),
            Str::Latin1(&needle),
            usize::MAX,
        )
    }))
}

pub fn contains<S: ByteLike>(s: &S, o: &Obj) -> Result<bool> {
    let _pinned = s.pin();
    if !has_buffer(o) && is_index(o) {
        let b = byte(o)?;
        return Ok(s.view().contains(&b));
    }
    let needle = bytes_like(o)?;
    Ok(search::contains(
        Str::Latin1(s.view()),
        Str::Latin1(&needle),
    ))
}

fn has_affix<S: ByteLike>(
    name: &str,
    s: &S,
    argv: &[&Obj],
    test: fn(&[u8], &[u8]) -> bool,
) -> Result<bool> {
    args::expect(name, argv, 1..=3)?;
    let _pinned = s.pin();
    let bounds = bounds(argv)?;
    let matches = |o: &Obj| {
        let affix = bytes_like(o)?;
        Ok(fit(bounds, s.view().len()).is_some_and(|range| test(&s.view()[range], &affix)))
    };
    if let Some(choices) = argv[0].downcast::<PyTupleObject>() {
        for choice in choices.items() {
            if matches(choice)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !has_buffer(argv[0]) {
        return raise!(
            TypeError,
            "{name} first arg must be bytes or a tuple of bytes, not {:.100}",
            argv[0].tp_name()
        );
    }
    matches(argv[0])
}

pub fn startswith<S: ByteLike>(s: &S, args: &[&Obj]) -> Result<bool> {
    has_affix("startswith", s, args, |bytes, affix| {
        bytes.starts_with(affix)
    })
}

pub fn endswith<S: ByteLike>(s: &S, args: &[&Obj]) -> Result<bool> {
    has_affix("endswith", s, args, |bytes, affix| bytes.ends_with(affix))
}

pub fn removeprefix<S: ByteLike>(s: &S, prefix: &Obj) -> Result {
    let prefix = bytes_like(prefix)?;
    match s.view().strip_prefix(&*prefix) {
        Some(rest) if !prefix.is_empty() => S::make(rest),
        _ => s.unchanged(),
    }
}

pub fn removesuffix<S: ByteLike>(s: &S, suffix: &Obj) -> Result {
    let suffix = bytes_like(suffix)?;
    match s.view().strip_suffix(&*suffix) {
        Some(rest) if !suffix.is_empty() => S::make(rest),
        _ => s.unchanged(),
    }
}

pub fn replace<S: ByteLike>(s: &S, argv: &[&Obj]) -> Result {
    args::expect("replace", argv, 2..=3)?;
    let _pinned = s.pin();
    let (old, new) = (bytes_like(argv[0])?, bytes_like(argv[1])?);
    let max = usize::try_from(args::to_isize_or(argv.get(2).copied(), -1)?).unwrap_or(usize::MAX);
    let bytes = s.view();
    if new.len() > old.len() {
        let found = search::count(Str::Latin1(bytes), Str::Latin1(&old), max);
        let growth = (new.len() - old.len())
            .checked_mul(found)
            .and_then(|n| n.checked_add(bytes.len()));
        if growth.is_none_or(|n| n > isize::MAX as usize) {
            return raise!(OverflowError, "replace bytes is too long");
        }
    }
    if old.is_empty() && new.is_empty() {
        return s.unchanged();
    }
    match search::replace(
        Str::Latin1(bytes),
        Str::Latin1(&old),
        Str::Latin1(&new),
        max,
    ) {
        Some(Buf::Latin1(replaced)) => S::make(&replaced),
        _ => s.unchanged(),
    }
}
