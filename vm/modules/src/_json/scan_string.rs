//! JSON strings: from behind the opening quote to behind the closing one.

use super::{Unit, decode_error, text_of};
use crate::prelude::*;
use vm::types::str_::{StrData, StrExt as _, Writer};

/// `scanstring(string, end, strict=True)`: the string, and where it ended.
pub fn scanstring(_: &Obj, args: &[&Obj]) -> Result {
    let given = args.len();
    if given < 2 {
        return raise!(
            TypeError,
            "scanstring() takes at least 2 arguments ({given} given)"
        );
    }
    if given > 3 {
        return raise!(
            TypeError,
            "scanstring() takes at most 3 arguments ({given} given)"
        );
    }
    let start = args::to_isize(args[1])?;
    let strict = args.get(2).map_or(Ok(true), |o| proto::is_true(o))?;
    let text = text_of(args[0])?;
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let (string, end) = match text.data() {
        StrData::Latin1(units) => scan(text, units, start, strict),
        StrData::Ucs2(units) => scan(text, units, start, strict),
        StrData::Ucs4(units) => scan(text, units, start, strict),
    }?;
    Ok(tuple::from_array([string, int::from_usize(end).into_obj()]).into_obj())
}

/// As [`scanstring`], for the characters of `text`.
pub fn scan<U: Unit>(
    text: &PyUnicodeObject,
    units: &[U],
    start: usize,
    strict: bool,
) -> Result<(Ref, usize)> {
    if start > units.len() {
        return raise!(ValueError, "end is out of bounds");
    }
    let unterminated = || {
        decode_error(
            "Unterminated string starting at",
            text,
            start.saturating_sub(1),
        )
    };
    // Nothing is put together for a string without escapes.
    let mut built: Option<Writer> = None;
    let mut at = start;
    loop {
        let chunk = at;
        let stop = loop {
            let Some(&unit) = units.get(at) else {
                return Err(unterminated());
            };
            match unit.into() {
                c if c == u32::from(b'"') || c == u32::from(b'\\') => break c,
                0..0x20 if strict => {
                    return Err(decode_error("Invalid control character at", text, at));
                }
                _ => at += 1,
            }
        };
        let chunk = U::data(&units[chunk..at]);
        at += 1;
        if stop == u32::from(b'"') {
            let string = match built {
                None => str_::try_from_data(chunk)?,
                Some(mut w) => {
                    w.push_data(chunk);
                    w.finish()?
                }
            };
            return Ok((string.into_obj(), at));
        }
        let w = built.get_or_insert_default();
        w.push_data(chunk);
        let Some(&unit) = units.get(at) else {
            return Err(unterminated());
        };
        w.push(escaped(text, units, &mut at, unit.into())?);
    }
}

/// The character of an escape, of which `at` is at the character `c` behind the backslash.
fn escaped<U: Unit>(text: &PyUnicodeObject, units: &[U], at: &mut usize, c: u32) -> Result<u32> {
    *at += 1;
    let plain = match u8::try_from(c).unwrap_or(0) {
        c @ (b'"' | b'\\' | b'/') => c,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let first = four_digits(text, units, at)?;
            let pair = (0xd800..0xdc00).contains(&first)
                && *at + 6 <= units.len()
                && units[*at].into() == u32::from(b'\\')
                && units[*at + 1].into() == u32::from(b'u');
            if pair {
                let mut behind = *at + 2;
                let second = four_digits(text, units, &mut behind)?;
                if (0xdc00..0xe000).contains(&second) {
                    *at = behind;
                    return Ok(0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00)));
                }
            }
            return Ok(first);
        }
        _ => return Err(decode_error("Invalid \\escape", text, *at - 2)),
    };
    Ok(u32::from(plain))
}

fn four_digits<U: Unit>(text: &PyUnicodeObject, units: &[U], at: &mut usize) -> Result<u32> {
    let digits = units.get(*at..*at + 4);
    let digit = |u: &U| char::from_u32((*u).into()).and_then(|c| c.to_digit(16));
    let value = digits.and_then(|d| d.iter().try_fold(0, |n, u| digit(u).map(|d| n << 4 | d)));
    match value {
        Some(value) => {
            *at += 4;
            Ok(value)
        }
        None => Err(decode_error("Invalid \\uXXXX escape", text, *at - 1)),
    }
}
