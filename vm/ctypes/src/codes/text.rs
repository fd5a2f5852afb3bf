//! Characters, arrays of characters in structures, and pointers to texts.

use super::Extent;
use crate::prelude::*;
use std::ffi::c_char;
use vm::types::capsule;

/// `char`: a bytes object of one byte.
///
/// # Safety
/// A byte can be read there.
pub unsafe fn char_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    Ok(bytes::single(unsafe { *at }).into_obj())
}

/// # Safety
/// A byte can be written there.
pub unsafe fn char_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let c = char_of(value)?;
    // SAFETY: the caller's.
    unsafe { *at = c };
    Ok(none())
}

fn char_of(value: &Obj) -> Result<u8> {
    const WANTED: &str =
        "one character bytes, bytearray, or an integer in range(256) expected, not";
    let kind = if value.is::<PyBytesObject>() {
        "bytes"
    } else if value.is::<PyByteArrayObject>() {
        "bytearray"
    } else if let Some(n) = value.downcast::<PyLongObject>() {
        return match n.to_i64().map(u8::try_from) {
            Some(Ok(c)) => Ok(c),
            _ => raise!(TypeError, "integer not in range(256)"),
        };
    } else {
        return raise!(
            TypeError,
            "{WANTED} {}",
            type_::fully_qualified_name(value.ty())
        );
    };
    match *vm::protocol::buffer::simple(value)?.bytes() {
        [c] => Ok(c),
        ref data => raise!(TypeError, "{WANTED} {kind} of length {}", data.len()),
    }
}

/// `wchar_t`: a str of one character.
///
/// # Safety
/// A `wchar_t` can be read there.
pub unsafe fn wchar_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    from_wide(&[unsafe { at.cast::<u32>().read_unaligned() }])
}

/// # Safety
/// A `wchar_t` can be written there.
pub unsafe fn wchar_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let Some(s) = str_::of(value) else {
        return raise!(
            TypeError,
            "a unicode character expected, not instance of {}",
            type_::fully_qualified_name(value.ty())
        );
    };
    if s.len() != 1 {
        return raise!(
            TypeError,
            "a unicode character expected, not a string of length {}",
            s.len()
        );
    }
    // SAFETY: the caller's.
    unsafe { at.cast::<u32>().write_unaligned(s.char_at(0)) };
    Ok(none())
}

/// A str of wide characters; what is no code point is an error.
pub fn from_wide(chars: &[u32]) -> Result {
    if let Some(c) = chars.iter().find(|&&c| c > 0x10_ffff) {
        return raise!(
            ValueError,
            "character U+{c:x} is not in range [U+0000; U+10ffff]"
        );
    }
    Ok(str_::from_chars(chars).into_obj())
}

/// Wide characters, wherever they lie.
///
/// # Safety
/// `n` of them can be read at `at`.
pub unsafe fn read_wide(at: *const u8, n: usize) -> Vec<u32> {
    // SAFETY: the caller's.
    (0..n)
        .map(|i| unsafe { at.cast::<u32>().add(i).read_unaligned() })
        .collect()
}

/// How many wide characters come before a zero.
///
/// # Safety
/// There is a zero, or `limit` of them can be read.
unsafe fn wide_len(at: *const u8, limit: usize) -> usize {
    let mut n = 0;
    // SAFETY: the caller's.
    while n < limit && unsafe { at.cast::<u32>().add(n).read_unaligned() } != 0 {
        n += 1;
    }
    n
}

/// A field that is an array of `char`: its bytes before the first zero.
///
/// # Safety
/// The extent can be read.
pub unsafe fn char_array_get(at: *const u8, extent: Extent) -> Result {
    // SAFETY: the caller's.
    let all = unsafe { core::slice::from_raw_parts(at, extent.size) };
    let end = all.iter().position(|&c| c == 0).unwrap_or(all.len());
    Ok(bytes::try_new(&all[..end])?.into_obj())
}

/// # Safety
/// The extent can be written.
pub unsafe fn char_array_set(at: *mut u8, value: &Obj, extent: Extent) -> Result {
    let Some(b) = value.downcast::<PyBytesObject>() else {
        return raise!(TypeError, "expected bytes, {} found", value.tp_name());
    };
    // What counts ends at the first zero, which is copied too if there is room.
    let data = b.as_slice();
    let data = &data[..data.iter().position(|&c| c == 0).unwrap_or(data.len())];
    if data.len() > extent.size {
        return raise!(
            ValueError,
            "bytes too long ({}, maximum length {})",
            data.len(),
            extent.size
        );
    }
    // SAFETY: the caller's; the zero only where there is room.
    unsafe {
        ptr::copy_nonoverlapping(data.as_ptr(), at, data.len());
        if data.len() < extent.size {
            *at.add(data.len()) = 0;
        }
    }
    Ok(none())
}

/// A field that is an array of `wchar_t`.
///
/// # Safety
/// The extent can be read.
pub unsafe fn wchar_array_get(at: *const u8, extent: Extent) -> Result {
    // SAFETY: the caller's.
    unsafe { from_wide(&read_wide(at, wide_len(at, extent.size / 4))) }
}

/// # Safety
/// The extent can be written.
pub unsafe fn wchar_array_set(at: *mut u8, value: &Obj, extent: Extent) -> Result {
    let Some(s) = str_::of(value) else {
        return raise!(
            TypeError,
            "unicode string expected instead of {} instance",
            value.tp_name()
        );
    };
    let room = extent.size / 4;
    if s.len() > room {
        return raise!(
            ValueError,
            "string too long ({}, maximum length {room})",
            s.len()
        );
    }
    // SAFETY: the caller's.
    unsafe { write_wide(at, s, room) };
    Ok(none())
}

/// Writes the characters, and a zero if there is room.
///
/// # Safety
/// `room` wide characters can be written, and the text has no more.
pub unsafe fn write_wide(at: *mut u8, s: &PyUnicodeObject, room: usize) {
    let zero = (s.len() < room).then_some(0);
    for (i, c) in s.chars().chain(zero).enumerate() {
        // SAFETY: the caller's.
        unsafe { at.cast::<u32>().add(i).write_unaligned(c) };
    }
}

/// `char *`: bytes, or `None` for null.
///
/// # Safety
/// A pointer can be read there, null or to bytes that end with a zero.
pub unsafe fn char_p_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    unsafe {
        let p = at.cast::<*const c_char>().read_unaligned();
        if p.is_null() {
            return Ok(none());
        }
        Ok(bytes::try_new(CStr::from_ptr(p).to_bytes())?.into_obj())
    }
}

/// # Safety
/// A pointer can be written there.
pub unsafe fn char_p_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let address = if value.is_none() {
        0
    } else if let Some(b) = value.downcast::<PyBytesObject>() {
        b.as_slice().as_ptr() as usize
    } else if let Some(n) = value.downcast::<PyLongObject>() {
        to_address(n)
    } else {
        return raise!(
            TypeError,
            "bytes or integer address expected instead of {} instance",
            value.tp_name()
        );
    };
    // SAFETY: the caller's.
    unsafe { at.cast::<usize>().write_unaligned(address) };
    Ok(if value.is::<PyBytesObject>() {
        value.new_ref()
    } else {
        none()
    })
}

/// `wchar_t *`: a str, or `None` for null.
///
/// # Safety
/// A pointer can be read there, null or to characters that end with a zero.
pub unsafe fn wchar_p_get(at: *const u8, _: Extent) -> Result {
    // SAFETY: the caller's.
    unsafe {
        let p = at.cast::<*const u8>().read_unaligned();
        if p.is_null() {
            return Ok(none());
        }
        from_wide(&read_wide(p, wide_len(p, usize::MAX)))
    }
}

/// # Safety
/// A pointer can be written there.
pub unsafe fn wchar_p_set(at: *mut u8, value: &Obj, _: Extent) -> Result {
    let (address, kept) = if value.is_none() {
        (0, none())
    } else if let Some(n) = value.downcast::<PyLongObject>() {
        (to_address(n), none())
    } else if let Some(s) = str_::of(value) {
        let (p, keeper) = wide_copy(s)?;
        (p as usize, keeper)
    } else {
        return raise!(
            TypeError,
            "unicode string or integer address expected instead of {} instance",
            value.tp_name()
        );
    };
    // SAFETY: the caller's.
    unsafe { at.cast::<usize>().write_unaligned(address) };
    Ok(kept)
}

/// A copy of a text in wide characters with a zero at its end, and the object that frees it.
pub fn wide_copy(s: &PyUnicodeObject) -> Result<(*mut u8, Ref)> {
    let room = s.len() + 1;
    // SAFETY: the capsule frees it.
    let p = unsafe { libc::malloc(room * 4) }.cast::<u8>();
    if p.is_null() {
        return Err(err::no_memory());
    }
    // SAFETY: there is room for the text and its zero.
    unsafe { write_wide(p, s, room) };
    let keeper = capsule::new(
        p.cast(),
        c"_ctypes/cfield.c pymem".as_ptr(),
        Some(free_wide),
    )?;
    Ok((p, keeper.into_obj()))
}

unsafe extern "C" fn free_wide(o: *mut PyObject) {
    // SAFETY: called with a dying capsule of ours, whose pointer is memory from malloc.
    unsafe { libc::free((*o).cast::<capsule::Capsule>().pointer.get()) };
}
