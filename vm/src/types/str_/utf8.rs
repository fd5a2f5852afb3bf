//! The UTF-8 form of a string that isn't ASCII: made on first demand and owned by the string as `malloc` memory, so that
//! C code may keep the pointer for as long as it keeps the string.

use layout::PyUnicodeObject;

use text::{Char, each_kind};

use super::data::{StrData, StrExt};
use crate::err::Raised;

/// How many bytes a code point takes.
#[inline]
pub fn encoded_len(c: u32) -> usize {
    match c {
        0..=0x7f => 1,
        0x80..=0x7ff => 2,
        0x800..=0xffff => 3,
        _ => 4,
    }
}

/// Appends a code point; a lone surrogate gets the three bytes that its number asks for.
#[inline]
pub fn push(out: &mut Vec<u8>, c: u32) {
    match c {
        0..=0x7f => out.push(c as u8),
        0x80..=0x7ff => out.extend_from_slice(&[0xc0 | (c >> 6) as u8, 0x80 | (c & 0x3f) as u8]),
        0x800..=0xffff => out.extend_from_slice(&[
            0xe0 | (c >> 12) as u8,
            0x80 | (c >> 6 & 0x3f) as u8,
            0x80 | (c & 0x3f) as u8,
        ]),
        _ => out.extend_from_slice(&[
            0xf0 | (c >> 18) as u8,
            0x80 | (c >> 12 & 0x3f) as u8,
            0x80 | (c >> 6 & 0x3f) as u8,
            0x80 | (c & 0x3f) as u8,
        ]),
    }
}

#[inline]
pub fn is_surrogate(c: u32) -> bool {
    (0xd800..=0xdfff).contains(&c)
}

/// The bytes, unless there is a lone surrogate.
pub fn encode(data: StrData<'_>) -> Option<Vec<u8>> {
    each_kind!(data, chars => {
        let mut out = Vec::with_capacity(chars.len() + chars.len() / 2 + 1);
        for &c in chars {
            let c = c.code();
            if is_surrogate(c) {
                return None;
            }
            push(&mut out, c);
        }
        Some(out)
    })
}

/// UTF-8 in which a lone surrogate takes three bytes, as in marshalled code.
pub fn to_wtf8(s: &PyUnicodeObject) -> Vec<u8> {
    if let Some(text) = s.try_str() {
        return text.as_bytes().to_vec();
    }
    let mut out = Vec::with_capacity(2 * s.len());
    s.chars().for_each(|c| push(&mut out, c));
    out
}

/// The cached form of a string that is not compact ASCII.
pub(super) fn cached(s: &PyUnicodeObject) -> Option<&str> {
    let header = s.compact_header();
    if header.utf8.get().is_null() {
        let bytes = encode(s.data())?;
        // SAFETY: room for the bytes and a terminator; `dealloc` frees it.
        unsafe {
            let copy = libc::malloc(bytes.len() + 1).cast::<u8>();
            if copy.is_null() {
                return None;
            }
            copy.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            *copy.add(bytes.len()) = 0;
            header.utf8.set(copy.cast());
        }
        header.utf8_length.set(bytes.len() as isize);
    }
    // SAFETY: written above, or by the same code before: valid UTF-8 that lives as long as the string.
    Some(unsafe {
        let bytes = core::slice::from_raw_parts(
            header.utf8.get().cast::<u8>(),
            header.utf8_length.get() as usize,
        );
        core::str::from_utf8_unchecked(bytes)
    })
}

/// Whether the string owns native memory: the cached form, or characters apart from the object.
pub fn owns_memory(s: &PyUnicodeObject) -> bool {
    let apart = !s.is_compact() && !super::tail::is_shared(s);
    apart || !s.is_ascii() && !s.compact_header().utf8.get().is_null()
}

/// Forgets the cached form, before the characters of an unshared string change.
pub(super) fn forget(s: &PyUnicodeObject) {
    if s.is_compact() && s.is_ascii() {
        return;
    }
    let header = s.compact_header();
    let old = header.utf8.replace(core::ptr::null_mut());
    header.utf8_length.set(0);
    if old.cast::<u8>() != s.data_ptr() {
        // SAFETY: it came from `malloc` in `cached`, or is null.
        unsafe { libc::free(old.cast()) }
    }
}

#[cold]
pub(super) fn surrogate_error(s: &PyUnicodeObject) -> Raised {
    let mut at = s
        .chars()
        .enumerate()
        .skip_while(|&(_, c)| !is_surrogate(c))
        .map(|(i, _)| i);
    let Some(start) = at.next() else {
        return crate::err::no_memory();
    };
    let end = start
        + s.chars()
            .skip(start)
            .take_while(|&c| is_surrogate(c))
            .count();
    crate::codecs::errors::encode_error("utf-8", s, start, end, "surrogates not allowed")
}

/// Bytes of the cached form, where it is a block of its own.
pub(super) fn cached_size(s: &PyUnicodeObject) -> usize {
    if s.is_ascii() || s.compact_header().utf8.get().is_null() {
        0
    } else {
        s.compact_header().utf8_length.get() as usize + 1
    }
}
