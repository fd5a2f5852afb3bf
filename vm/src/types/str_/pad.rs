//! Methods that pad: to a width, with zeros, or from tab stop to tab stop.

use layout::PyUnicodeObject;

use super::Writer;
use super::alloc::Fresh;
use super::data::{StrExt, bound};
use super::ops::unchanged;
use crate::args;
use crate::err::{Result, raise};
use crate::object::*;

/// `left` and `right` fill characters around a string.
pub fn pad(
    s: &PyUnicodeObject,
    left: usize,
    right: usize,
    fill: u32,
) -> Result<Ref<PyUnicodeObject>> {
    if left == 0 && right == 0 {
        return unchanged(s);
    }
    let Some(len) = left
        .checked_add(s.len())
        .and_then(|n| n.checked_add(right))
        .filter(|&n| n <= isize::MAX as usize)
    else {
        return raise!(OverflowError, "padded string is too long");
    };
    let mut new = Fresh::new(len, s.max_char().max(bound(fill)))?;
    new.fill(0, left, fill);
    new.write(left, s.data());
    new.fill(left + s.len(), right, fill);
    Ok(new.finish())
}

/// The width and the fill character; the string's length counts against the width.
fn arguments(name: &str, s: &PyUnicodeObject, argv: &[&Obj]) -> Result<(usize, u32)> {
    args::expect(name, argv, 1..=2)?;
    let width = args::to_isize(argv[0])?;
    let fill = match argv.get(1) {
        None => u32::from(' '),
        Some(o) => match o.downcast::<PyUnicodeObject>() {
            Some(fill) if fill.len() == 1 => fill.char_at(0),
            Some(_) => {
                return raise!(
                    TypeError,
                    "The fill character must be exactly one character long"
                );
            }
            None => {
                return raise!(
                    TypeError,
                    "The fill character must be a unicode character, not {:.100}",
                    o.tp_name()
                );
            }
        },
    };
    Ok(((width.max(0) as usize).saturating_sub(s.len()), fill))
}

pub fn center(s: &PyUnicodeObject, args: &[&Obj]) -> Result<Ref<PyUnicodeObject>> {
    let (room, fill) = arguments("center", s, args)?;
    // The odd one goes left if the width is odd too.
    let left = room / 2 + (room & (room + s.len()) & 1);
    pad(s, left, room - left, fill)
}

pub fn ljust(s: &PyUnicodeObject, args: &[&Obj]) -> Result<Ref<PyUnicodeObject>> {
    let (room, fill) = arguments("ljust", s, args)?;
    pad(s, 0, room, fill)
}

pub fn rjust(s: &PyUnicodeObject, args: &[&Obj]) -> Result<Ref<PyUnicodeObject>> {
    let (room, fill) = arguments("rjust", s, args)?;
    pad(s, room, 0, fill)
}

pub fn zfill(s: &PyUnicodeObject, width: &Obj) -> Result<Ref<PyUnicodeObject>> {
    let width = args::to_isize(width)?.max(0) as usize;
    let room = width.saturating_sub(s.len());
    let sign = s
        .chars()
        .next()
        .filter(|&c| c == u32::from('+') || c == u32::from('-'));
    let Some(sign) = sign.filter(|_| room > 0) else {
        return pad(s, room, 0, u32::from('0'));
    };
    let mut new = Fresh::new(width, s.max_char())?;
    new.fill(0, 1, sign);
    new.fill(1, room, u32::from('0'));
    new.write(room + 1, s.data().slice(1..s.len()));
    Ok(new.finish())
}

pub fn expandtabs(
    s: &PyUnicodeObject,
    [tabsize]: [Option<&Obj>; 1],
) -> Result<Ref<PyUnicodeObject>> {
    let stop = tabsize.map_or(Ok(8), super::args::c_int)?.max(0) as usize;
    if text::search::find_char(s.data(), 9).is_none() {
        return unchanged(s);
    }
    let mut total = 0usize;
    let mut column = 0usize;
    for c in s.chars() {
        let n = match c {
            9 if stop > 0 => stop - column % stop,
            9 => 0,
            _ => 1,
        };
        column = if c == 10 || c == 13 { 0 } else { column + n };
        total = match total.checked_add(n) {
            Some(total) if total <= isize::MAX as usize => total,
            _ => return raise!(OverflowError, "new string is too long"),
        };
    }
    if total > isize::MAX as usize / 8 {
        return Err(crate::err::no_memory());
    }
    let mut out = Writer::with_capacity(total);
    let mut column = 0;
    for c in s.chars() {
        match c {
            9 if stop > 0 => {
                let n = stop - column % stop;
                out.push_repeated(u32::from(' '), n);
                column += n;
            }
            9 => {}
            10 | 13 => {
                out.push(c);
                column = 0;
            }
            _ => {
                out.push(c);
                column += 1;
            }
        }
    }
    out.finish()
}
