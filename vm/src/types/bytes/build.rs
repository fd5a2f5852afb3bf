//! Making bytes objects: from constructors' arguments, by joining, repeating, slicing, translating; and their `repr`.

use layout::{PyBytesObject, PyListObject, PyLongObject, PyTupleObject, PyUnicodeObject};

use super::methods::ByteLike;
use super::needle::{Bytes, bytes_like};
use super::{BytesExt, try_build};
use crate::args;
use crate::err::{self, Result, exc, raise};
use crate::object::*;
use crate::protocol::buffer;
use crate::protocol::number::{index_isize, is_index};
use crate::types::list::ListExt;
use crate::types::slice::SliceIndices;
use crate::types::str_::args::iter_or;
use crate::types::str_::{self, StrExt};
use crate::types::tuple::TupleExt;
use crate::types::type_::builder::CompareOp;

// ---- Constructors' arguments ----

/// The size that a number asks for: so many zero bytes. `None` if the object isn't a number.
pub fn size_argument(o: &Obj) -> Result<Option<usize>> {
    if !is_index(o) {
        return Ok(None);
    }
    match index_isize(o, Some(&exc::OverflowError)) {
        Ok(n) => match usize::try_from(n) {
            Ok(n) => Ok(Some(n)),
            Err(_) => raise!(ValueError, "negative count"),
        },
        // Something whose `__index__` refuses may still be iterable.
        Err(raised) if !err::matches(&exc::TypeError) => Err(raised),
        Err(_) => {
            err::clear();
            Ok(None)
        }
    }
}

fn byte_of(item: &Obj, what: &str) -> Result<u8> {
    match u8::try_from(index_isize(item, None)?) {
        Ok(b) => Ok(b),
        Err(_) => raise!(ValueError, "{what} must be in range(0, 256)"),
    }
}

/// The bytes that an iterable of numbers yields; `target` names the type that is made of them.
pub fn collect(o: &Obj, target: &str) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for_each_byte(o, target, Some(64), |byte| {
        out.push(byte);
        Ok(())
    })?;
    Ok(out)
}

/// As [`collect`], giving each byte away as it comes. With a default length, an iterable is asked for its own first, whose
/// errors are then errors of the conversion.
pub fn for_each_byte(
    o: &Obj,
    target: &str,
    default_length: Option<usize>,
    mut put: impl FnMut(u8) -> Result<()>,
) -> Result<()> {
    let what = if target == "bytes" { "bytes" } else { "byte" };
    if let Some(list) = o.downcast_exact::<PyListObject>() {
        let mut i = 0;
        // The list may change while an item's `__index__` runs.
        while let Some(item) = list.items().get(i).cloned() {
            put(byte_of(&item, what)?)?;
            i += 1;
        }
        return Ok(());
    }
    if let Some(tuple) = o.downcast_exact::<PyTupleObject>() {
        return tuple
            .items()
            .iter()
            .try_for_each(|item| put(byte_of(item, what)?));
    }
    let it = iter_or(o, || {
        raise!(
            TypeError,
            "cannot convert '{:.200}' object to {target}",
            o.tp_name()
        )
    })?;
    if let Some(default) = default_length {
        crate::protocol::object::length_hint(o, default)?;
    }
    while let Some(item) = crate::protocol::object::next(&it)? {
        put(byte_of(&item, what)?)?;
    }
    Ok(())
}

// ---- Operators ----

pub fn concat<S: ByteLike>(a: &[u8], b: &[u8]) -> Result {
    if a.len() > isize::MAX as usize - b.len() {
        return Err(err::no_memory());
    }
    S::make_with(a.len() + b.len(), |out| {
        out[..a.len()].copy_from_slice(a);
        out[a.len()..].copy_from_slice(b);
    })
}

/// Fills a slice with copies of a pattern that divides it.
pub fn fill_repeated(out: &mut [u8], pattern: &[u8]) {
    match pattern {
        [] => {}
        &[b] => out.fill(b),
        _ => out
            .chunks_exact_mut(pattern.len())
            .for_each(|chunk| chunk.copy_from_slice(pattern)),
    }
}

pub fn repeat<S: ByteLike>(bytes: &[u8], n: isize, too_long: &str) -> Result {
    let n = n.max(0) as usize;
    match bytes
        .len()
        .checked_mul(n)
        .filter(|&len| len <= isize::MAX as usize)
    {
        Some(len) => S::make_with(len, |out| fill_repeated(out, bytes)),
        None if too_long.is_empty() => Err(err::no_memory()),
        None => raise!(OverflowError, "{too_long}"),
    }
}

pub fn sliced<S: ByteLike>(bytes: &[u8], s: &SliceIndices) -> Result {
    if s.step == 1 {
        return S::make(&bytes[s.start as usize..s.start as usize + s.len]);
    }
    S::make_with(s.len, |out| {
        let mut at = s.start;
        for to in out {
            *to = bytes[at as usize];
            at += s.step;
        }
    })
}

// ---- Methods ----

pub fn decode<S: ByteLike>(s: &S, [encoding, errors]: [Option<&Obj>; 2]) -> Result {
    let encoding = encoding
        .map(|o| str_::text_argument("decode", "encoding", o))
        .transpose()?;
    let errors = errors
        .map(|o| str_::text_argument("decode", "errors", o))
        .transpose()?;
    // The view keeps a bytearray from moving while a decoder written in Python runs.
    let view = buffer::simple(s.as_obj())?;
    crate::codecs::decode_bytes(view.bytes(), encoding, errors)
}

pub fn join<S: ByteLike>(s: &S, iterable: &Obj) -> Result {
    let items = match (
        iterable.downcast_exact::<PyListObject>(),
        iterable.downcast_exact::<PyTupleObject>(),
    ) {
        (Some(list), _) => list.items().to_vec(),
        (_, Some(tuple)) => tuple.items().to_vec(),
        _ => crate::protocol::object::to_vec(&*iter_or(iterable, || {
            raise!(TypeError, "can only join an iterable")
        })?)?,
    };
    if let [only] = &items[..]
        && S::NAME == "bytes"
        && only.is_exact::<PyBytesObject>()
    {
        return Ok(only.clone());
    }
    let mut parts: Vec<Bytes<'_>> = Vec::with_capacity(items.len());
    let mut total = 0usize;
    for (i, item) in items.iter().enumerate() {
        let part = match bytes_like(item) {
            Ok(part) => part,
            Err(raised) if item.is_exact::<PyBytesObject>() => {
                return Err(raised);
            }
            Err(_) => {
                err::clear();
                return raise!(
                    TypeError,
                    "sequence item {i}: expected a bytes-like object, {:.80} found",
                    item.tp_name()
                );
            }
        };
        let list = iterable.downcast_exact::<PyListObject>();
        if list.is_some_and(|list| list.len() != items.len()) {
            return raise!(RuntimeError, "sequence changed size during iteration");
        }
        total = match total.checked_add(part.len()) {
            Some(n) => n,
            None => return raise!(OverflowError, "join() result is too long"),
        };
        parts.push(part);
    }
    let separator = s.view();
    let between = separator.len().checked_mul(parts.len().saturating_sub(1));
    let Some(total) = between
        .and_then(|n| n.checked_add(total))
        .filter(|&n| n <= isize::MAX as usize)
    else {
        return raise!(OverflowError, "join() result is too long");
    };
    S::make_with(total, |out| {
        let mut rest = out;
        for (i, part) in parts.iter().enumerate() {
            for piece in [if i > 0 { separator } else { &[] }, part] {
                let (to, after) = rest.split_at_mut(piece.len());
                to.copy_from_slice(piece);
                rest = after;
            }
        }
    })
}

pub fn maketrans(_: &Obj, argv: &[&Obj]) -> Result {
    args::expect("maketrans", argv, 2..=2)?;
    let (from, to) = (bytes_like(argv[0])?, bytes_like(argv[1])?);
    if from.len() != to.len() {
        return raise!(ValueError, "maketrans arguments must have same length");
    }
    let table = try_build(256, |out| {
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = i as u8;
        }
        for (&from, &to) in from.iter().zip(to.iter()) {
            out[usize::from(from)] = to;
        }
    })?;
    Ok(table.into_obj())
}

pub fn translate<S: ByteLike>(s: &S, [table, delete]: [Option<&Obj>; 2]) -> Result {
    let table = table.filter(|o| !o.is_none()).map(bytes_like).transpose()?;
    if table.as_ref().is_some_and(|t| t.len() != 256) {
        return raise!(ValueError, "translation table must be 256 characters long");
    }
    let delete = delete.map(bytes_like).transpose()?;
    let mut dropped = [false; 256];
    for &b in delete.as_deref().unwrap_or(&[]) {
        dropped[usize::from(b)] = true;
    }
    let map = |b: u8| table.as_ref().map_or(b, |t| t[usize::from(b)]);
    let out: Vec<u8> = s
        .view()
        .iter()
        .filter(|&&b| !dropped[usize::from(b)])
        .map(|&b| map(b))
        .collect();
    if out == s.view() {
        s.unchanged()
    } else {
        S::make(&out)
    }
}

// ---- Text and warnings ----

/// `repr` between a prefix and a suffix.
pub fn repr(bytes: &[u8], prefix: &str, suffix: &str) -> Result {
    let text = text::escape::bytes_repr(bytes);
    Ok(str_::new(&format!("{prefix}{text}{suffix}")).into_obj())
}

/// A `BytesWarning`, if `-b` asks for them.
pub fn warn_bytes(message: &str) -> Result<()> {
    if layout::Py_BytesWarningFlag.get() > 0 {
        crate::warn::warn(&exc::BytesWarning, 1, message)
    } else {
        Ok(())
    }
}

/// Warns when bytes are compared with text or a number, which they never equal.
pub fn warn_comparison(other: &Obj, op: CompareOp) -> Result<()> {
    if layout::Py_BytesWarningFlag.get() == 0 || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(());
    }
    if other.is::<PyUnicodeObject>() {
        warn_bytes("Comparison between bytes and string")
    } else if other.is::<PyLongObject>() {
        warn_bytes("Comparison between bytes and int")
    } else {
        Ok(())
    }
}

/// The bytes of an object that is `bytes`.
pub fn slice_of(o: &Obj) -> Option<&[u8]> {
    o.downcast::<PyBytesObject>().map(BytesExt::as_slice)
}

/// An ASCII-only string's bytes.
pub fn ascii_of(o: &Obj) -> Option<&[u8]> {
    match o.downcast::<PyUnicodeObject>() {
        Some(s) if s.is_ascii() => s.try_str().map(str::as_bytes),
        _ => None,
    }
}
