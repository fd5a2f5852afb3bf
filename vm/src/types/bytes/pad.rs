//! Byte methods that pad: to a width, with zeros, or from tab stop to tab stop.

use layout::{PyByteArrayObject, PyBytesObject};

use super::BytesExt;
use super::methods::ByteLike;
use crate::args;
use crate::err::{Result, raise};
use crate::object::*;
use crate::types::bytearray::ByteArrayExt;
use crate::types::str_::args::c_int;

fn padded<S: ByteLike>(s: &S, left: usize, right: usize, fill: u8) -> Result {
    if left == 0 && right == 0 {
        return s.unchanged();
    }
    let bytes = s.view();
    let Some(len) = left
        .checked_add(bytes.len())
        .and_then(|n| n.checked_add(right))
    else {
        return Err(crate::err::no_memory());
    };
    S::make_with(len, |out| {
        out.fill(fill);
        out[left..left + bytes.len()].copy_from_slice(bytes);
    })
}

fn fill_byte(name: &str, o: &Obj) -> Result<u8> {
    let bytes = match (
        o.downcast::<PyBytesObject>(),
        o.downcast::<PyByteArrayObject>(),
    ) {
        (Some(b), _) => b.as_slice(),
        (_, Some(b)) => b.as_slice(),
        _ => {
            return raise!(
                TypeError,
                "{name}() argument 2 must be a byte string of length 1, not {}",
                o.tp_name()
            );
        }
    };
    match bytes {
        &[b] => Ok(b),
        _ => raise!(
            TypeError,
            "{name}(): argument 2 must be a byte string of length 1, not a {} object of length {}",
            o.tp_name(),
            bytes.len()
        ),
    }
}

/// How much room the width leaves, and what fills it.
fn arguments<S: ByteLike>(name: &str, s: &S, argv: &[&Obj]) -> Result<(usize, u8)> {
    args::expect(name, argv, 1..=2)?;
    let width = args::to_isize(argv[0])?.max(0) as usize;
    let fill = argv.get(1).map_or(Ok(b' '), |o| fill_byte(name, o))?;
    Ok((width.saturating_sub(s.view().len()), fill))
}

pub fn center<S: ByteLike>(s: &S, args: &[&Obj]) -> Result {
    let (room, fill) = arguments("center", s, args)?;
    let left = room / 2 + (room & (room + s.view().len()) & 1);
    padded(s, left, room - left, fill)
}

pub fn ljust<S: ByteLike>(s: &S, args: &[&Obj]) -> Result {
    let (room, fill) = arguments("ljust", s, args)?;
    padded(s, 0, room, fill)
}

pub fn rjust<S: ByteLike>(s: &S, args: &[&Obj]) -> Result {
    let (room, fill) = arguments("rjust", s, args)?;
    padded(s, room, 0, fill)
}

pub fn zfill<S: ByteLike>(s: &S, width: &Obj) -> Result {
    let width = args::to_isize(width)?.max(0) as usize;
    let bytes = s.view();
    let room = width.saturating_sub(bytes.len());
    match bytes.first() {
        Some(&sign @ (b'+' | b'-')) if room > 0 => S::make_with(width, |out| {
            out[..=room].fill(b'0');
            out[0] = sign;
            out[room + 1..].copy_from_slice(&bytes[1..]);
        }),
        _ => padded(s, room, 0, b'0'),
    }
}

pub fn expandtabs<S: ByteLike>(s: &S, [tabsize]: [Option<&Obj>; 1]) -> Result {
    let stop = tabsize.map_or(Ok(8), c_int)?.max(0) as usize;
    let bytes = s.view();
    let tabs = memchr::memchr_iter(b'\t', bytes).count();
    if tabs
        .checked_mul(stop)
        .is_none_or(|n| n > isize::MAX as usize - bytes.len())
    {
        return raise!(OverflowError, "result too long");
    }
    let (mut out, mut column) = (Vec::with_capacity(bytes.len()), 0);
    for &b in bytes {
        match b {
            b'\t' if stop > 0 => {
                let n = stop - column % stop;
                out.resize(out.len() + n, b' ');
                column += n;
            }
            b'\t' => {}
            _ => {
                out.push(b);
                column = if b == b'\n' || b == b'\r' {
                    0
                } else {
                    column + 1
                };
            }
        }
    }
    S::make(&out)
}
