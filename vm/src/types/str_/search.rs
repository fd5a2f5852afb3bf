//! Methods that look for a substring, and `replace`.

use layout::{PyTupleObject, PyUnicodeObject};
use text::search;

use super::alloc::from_buf;
use super::args::{bounds, fit, string};
use super::data::{StrData, StrExt};
use super::ops::{substring, unchanged};
use crate::args;
use crate::err::{Result, raise};
use crate::object::*;
use crate::types::tuple::TupleExt;

/// Where `needle` occurs first within bounds.
fn locate(
    name: &str,
    s: &PyUnicodeObject,
    argv: &[&Obj],
    how: fn(StrData<'_>, StrData<'_>) -> Option<usize>,
) -> Result<Option<usize>> {
    args::expect(name, argv, 1..=3)?;
    let needle = string(name, "argument 1", argv[0])?;
    let Some(range) = fit(bounds(argv)?, s.len()) else {
        return Ok(None);
    };
    let start = range.start;
    Ok(how(s.data().slice(range), needle.data()).map(|at| start + at))
}

fn or_minus_one(at: Option<usize>) -> isize {
    at.map_or(-1, |at| at as isize)
}

fn or_error(at: Option<usize>) -> Result<isize> {
    match at {
        Some(at) => Ok(at as isize),
        None => raise!(ValueError, "substring not found"),
    }
}

pub fn find(s: &PyUnicodeObject, args: &[&Obj]) -> Result<isize> {
    locate("find", s, args, search::find).map(or_minus_one)
}

pub fn rfind(s: &PyUnicodeObject, args: &[&Obj]) -> Result<isize> {
    locate("rfind", s, args, search::rfind).map(or_minus_one)
}

pub fn index(s: &PyUnicodeObject, args: &[&Obj]) -> Result<isize> {
    locate("index", s, args, search::find).and_then(or_error)
}

pub fn rindex(s: &PyUnicodeObject, args: &[&Obj]) -> Result<isize> {
    locate("rindex", s, args, search::rfind).and_then(or_error)
}

pub fn count(s: &PyUnicodeObject, argv: &[&Obj]) -> Result<usize> {
    args::expect("count", argv, 1..=3)?;
    let needle = string("count", "argument 1", argv[0])?;
    let range = fit(bounds(argv)?, s.len());
    Ok(range.map_or(0, |range| {
        search::count(s.data().slice(range), needle.data(), usize::MAX)
    }))
}

/// `needle in s` of two strings.
#[inline]
pub fn contains_str(s: &PyUnicodeObject, needle: &PyUnicodeObject) -> bool {
    search::contains(s.data(), needle.data())
}

pub fn contains(s: &PyUnicodeObject, needle: &Obj) -> Result<bool> {
    match needle.downcast::<PyUnicodeObject>() {
        Some(needle) => Ok(contains_str(s, needle)),
        None => raise!(
            TypeError,
            "'in <string>' requires string as left operand, not {:.100}",
            needle.tp_name()
        ),
    }
}

#[derive(Clone, Copy)]
enum Affix {
    Prefix,
    Suffix,
}

fn matches_at(data: StrData<'_>, affix: &PyUnicodeObject, side: Affix) -> bool {
    let n = affix.len();
    if n > data.len() {
        return false;
    }
    let part = match side {
        Affix::Prefix => data.slice(0..n),
        Affix::Suffix => data.slice(data.len() - n..data.len()),
    };
    part == affix.data()
}

fn has_affix(name: &str, s: &PyUnicodeObject, argv: &[&Obj], side: Affix) -> Result<bool> {
    args::expect(name, argv, 1..=3)?;
    let bounds = bounds(argv)?;
    let range = fit(bounds, s.len());
    let test = |affix: &PyUnicodeObject| {
        range
            .clone()
            .is_some_and(|range| matches_at(s.data().slice(range), affix, side))
    };
    if let Some(choices) = argv[0].downcast::<PyTupleObject>() {
        for choice in choices.items() {
            let Some(affix) = choice.downcast::<PyUnicodeObject>() else {
                return raise!(
                    TypeError,
                    "tuple for {name} must only contain str, not {:.100}",
                    choice.tp_name()
                );
            };
            if test(affix) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match argv[0].downcast::<PyUnicodeObject>() {
        Some(affix) => Ok(test(affix)),
        None => raise!(
            TypeError,
            "{name} first arg must be str or a tuple of str, not {:.100}",
            argv[0].tp_name()
        ),
    }
}

pub fn startswith(s: &PyUnicodeObject, args: &[&Obj]) -> Result<bool> {
    has_affix("startswith", s, args, Affix::Prefix)
}

pub fn endswith(s: &PyUnicodeObject, args: &[&Obj]) -> Result<bool> {
    has_affix("endswith", s, args, Affix::Suffix)
}

pub fn removeprefix(s: &PyUnicodeObject, prefix: &Obj) -> Result<Ref<PyUnicodeObject>> {
    let prefix = string("removeprefix", "argument", prefix)?;
    if matches_at(s.data(), prefix, Affix::Prefix) {
        Ok(substring(s, prefix.len(), s.len()))
    } else {
        unchanged(s)
    }
}

pub fn removesuffix(s: &PyUnicodeObject, suffix: &Obj) -> Result<Ref<PyUnicodeObject>> {
    let suffix = string("removesuffix", "argument", suffix)?;
    if matches_at(s.data(), suffix, Affix::Suffix) {
        Ok(substring(s, 0, s.len() - suffix.len()))
    } else {
        unchanged(s)
    }
}

pub fn replace(
    s: &PyUnicodeObject,
    [old, new, count]: [Option<&Obj>; 3],
) -> Result<Ref<PyUnicodeObject>> {
    let old = string("replace", "argument 1", old.unwrap_or(NONE()))?;
    let new = string("replace", "argument 2", new.unwrap_or(NONE()))?;
    let count = args::to_isize_or(count, -1)?;
    replace_str(s, old, new, count)
}

/// Replaces at most `count` occurrences, all if it is negative.
pub fn replace_str(
    s: &PyUnicodeObject,
    old: &PyUnicodeObject,
    new: &PyUnicodeObject,
    count: isize,
) -> Result<Ref<PyUnicodeObject>> {
    let max = usize::try_from(count).unwrap_or(usize::MAX);
    if old.len() > s.len() || (old.is_empty() && new.is_empty()) || old.equals(new) {
        return unchanged(s);
    }
    if new.len() > old.len() {
        let found = search::count(s.data(), old.data(), max);
        if found == 0 {
            return unchanged(s);
        }
        let growth = (new.len() - old.len())
            .checked_mul(found)
            .and_then(|n| n.checked_add(s.len()));
        if growth.is_none_or(|n| n > isize::MAX as usize) {
            return raise!(OverflowError, "replace string is too long");
        }
    }
    match search::replace(s.data(), old.data(), new.data(), max) {
        Some(replaced) => from_buf(&replaced),
        None => unchanged(s),
    }
}
