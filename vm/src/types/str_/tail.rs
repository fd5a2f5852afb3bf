//! Strings that share a growable block, so that building a long text by `+=` copies each character a bounded number of
//! times under a manager that does not count: nobody knows there that a string has no other owner and may be changed.
//!
//! Each step makes a new string over the same block, which is one character longer than the one before and has all of its
//! characters. Such a string is not compact. Invariants: characters below `Block::used` never change; only the string that
//! ends at `used` is extended in place; one that another has outgrown has lost the zero behind its end, and gets a block of
//! its own when C asks for it (`terminate`).

use core::cell::Cell;
use core::mem::size_of;
use core::ptr;

use layout::{PyUnicode_Type, PyUnicodeObject};

use super::data::{StrData, StrExt, bytes, state, width};
use crate::err::{self, Result};
use crate::object::*;

/// Shorter texts are copied.
const SHORTEST: usize = 512;

/// The start of a block; the characters follow.
#[repr(C)]
struct Block {
    /// Bytes of characters that belong to a string.
    used: Cell<usize>,
    /// Bytes that there is room for, the terminating zero's included.
    room: Cell<usize>,
}

/// Whether the string's characters lie in a block that it shares.
#[inline]
pub fn is_shared(s: &PyUnicodeObject) -> bool {
    !s.is_compact() && s.as_obj().is_exact::<PyUnicodeObject>()
}

/// The block of a string that shares one.
fn block(s: &PyUnicodeObject) -> *mut Block {
    s.data_ptr().wrapping_sub(size_of::<Block>()).cast()
}

/// `left + right`, for a `left` that its owner gives up. None if copying serves as well.
pub fn extend(
    left: &PyUnicodeObject,
    right: &PyUnicodeObject,
) -> Option<Result<Ref<PyUnicodeObject>>> {
    let total = left.len().checked_add(right.len())?;
    if total < SHORTEST
        || right.max_char() > left.max_char()
        || !left.as_obj().is_exact::<PyUnicodeObject>()
    {
        return None;
    }
    let width = width(left.data());
    let needed = total.checked_add(1)?.checked_mul(width)?;
    let characters = if has_room(left, left.len() * width, needed) {
        left.data_ptr()
    } else {
        match copied(left, needed.checked_add(needed / 2)?) {
            Ok(characters) => characters,
            Err(raised) => return Some(Err(raised)),
        }
    };
    let new = over(characters, total, left);
    if let Ok(new) = &new {
        append(new, left.len(), right.data(), width);
    }
    Some(new)
}

/// Whether `s` is the longest string over its block, which has room for `needed` bytes.
fn has_room(s: &PyUnicodeObject, size: usize, needed: usize) -> bool {
    if !is_shared(s) {
        return false;
    }
    // SAFETY: the block lives as long as its strings.
    let block = unsafe { &*block(s) };
    block.used.get() == size && needed <= block.room.get()
}

/// A new block of `room` bytes that begins with the string's characters.
fn copied(s: &PyUnicodeObject, room: usize) -> Result<*mut u8> {
    let new = gc::allocate_buffer(size_of::<Block>() + room).cast::<Block>();
    if new.is_null() {
        return Err(err::no_memory());
    }
    let from = bytes(s.data());
    // SAFETY: a new block, zeroed, with room for as much.
    unsafe {
        (*new).used.set(from.len());
        (*new).room.set(room);
        let characters = new.add(1).cast::<u8>();
        characters.copy_from_nonoverlapping(from.as_ptr(), from.len());
        Ok(characters)
    }
}

/// A new string over a block, as wide as `like`.
fn over(characters: *mut u8, len: usize, like: &PyUnicodeObject) -> Result<Ref<PyUnicodeObject>> {
    trace_blocks();
    let ascii = like.is_ascii();
    let kind = if ascii {
        gc::Kind::Plain
    } else {
        gc::Kind::Destructible // it may own its UTF-8 form
    };
    let tp = (&raw const PyUnicode_Type).cast_mut();
    let new =
        gc::allocate_unfilled(size_of::<PyUnicodeObject>(), kind, tp).cast::<PyUnicodeObject>();
    if new.is_null() {
        return Err(err::no_memory());
    }
    // SAFETY: a new cell of that size, which nobody else knows of.
    let new = unsafe { Ref::from_owned(new) };
    let header = new.ascii_header();
    header.length.set(len as isize);
    header.hash.set(-1);
    header
        .state
        .bits
        .set(like.state() & (state::KIND | state::ASCII));
    new.data.set(characters.cast());
    share_utf8(&new);
    Ok(new)
}

/// The UTF-8 form of ASCII is the characters themselves.
fn share_utf8(s: &PyUnicodeObject) {
    let (utf8, len) = if s.is_ascii() {
        (s.data_ptr(), s.len())
    } else {
        (ptr::null_mut(), 0)
    };
    s.compact_header().utf8.set(utf8.cast());
    s.compact_header().utf8_length.set(len as isize);
}

/// Writes the last characters of a new string, and its zero.
fn append(s: &PyUnicodeObject, at: usize, from: StrData<'_>, wide: usize) {
    let mut fresh = super::Fresh::resume(s.to_ref());
    fresh.write(at, from);
    fresh.terminate();
    // SAFETY: the block lives as long as its strings.
    unsafe { (*block(s)).used.set(s.len() * wide) };
}

/// Makes sure that a zero follows the last character, as C expects.
pub fn terminate(s: &PyUnicodeObject) -> Result<()> {
    if !is_shared(s) {
        return Ok(());
    }
    let size = bytes(s.data()).len();
    // SAFETY: the block lives as long as its strings.
    if unsafe { (*block(s)).used.get() } != size {
        s.data.set(copied(s, size + width(s.data()))?.cast());
        if s.is_ascii() {
            share_utf8(s);
        }
    }
    Ok(())
}

/// From the first block on, strings are asked for theirs.
fn trace_blocks() {
    unsafe extern "C" fn traverse(
        s: *mut layout::PyObject,
        _: layout::visitproc,
        _: *mut core::ffi::c_void,
    ) -> core::ffi::c_int {
        // SAFETY: the collector asks a live string.
        let s = unsafe { &*s.cast::<PyUnicodeObject>() };
        if is_shared(s) {
            gc::mark_buffer(block(s).cast());
        }
        0
    }
    if PyUnicode_Type.tp_traverse.get().is_none() {
        PyUnicode_Type.tp_traverse.set(Some(traverse));
    }
}
