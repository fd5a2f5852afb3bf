//! Making strings. A string that isn't of a subclass is one cell: header, characters, terminating zero.
//!
//! Invariant: every constructor here yields a canonical string, and the empty string and the 256 strings of one Latin-1
//! character are unique, static and immortal. An ASCII string is a plain cell, since nothing happens when it dies; a
//! wider one may own its UTF-8 form and is destructible.

use core::cell::Cell;
use core::ptr::null_mut;

use layout::{
    _PyUnicodeObject_state, PyASCIIObject, PyCompactUnicodeObject, PyObject, PyTypeObject,
    PyUnicode_Type, PyUnicodeObject,
};

use text::{Buf, Char, each_kind};

use super::data::{StrData, StrExt, bound, bytes, state, width};
use crate::err::{self, Result};
use crate::object::{Obj, ObjExt, Ref};

#[repr(C)]
struct StaticAscii {
    header: PyASCIIObject,
    data: [u8; 8],
}

#[repr(C)]
struct StaticLatin1 {
    header: PyCompactUnicodeObject,
    data: [u8; 8],
}

// SAFETY: reached under the GIL only.
unsafe impl Sync for StaticAscii {}
// SAFETY: as above.
unsafe impl Sync for StaticLatin1 {}

const fn static_header(len: isize, ascii: u32) -> PyASCIIObject {
    let state =
        state::INTERNED_STATIC | 1 << state::KIND_SHIFT | state::COMPACT | state::STATIC | ascii;
    PyASCIIObject {
        ob_base: PyObject::statically_immortal((&raw const PyUnicode_Type).cast_mut()),
        length: Cell::new(len),
        hash: Cell::new(-1),
        state: _PyUnicodeObject_state {
            bits: Cell::new(state),
        },
    }
}

const fn static_ascii(c: u8) -> StaticAscii {
    StaticAscii {
        header: static_header(1, state::ASCII),
        data: [c, 0, 0, 0, 0, 0, 0, 0],
    }
}

const fn static_latin1(c: u8) -> StaticLatin1 {
    StaticLatin1 {
        header: PyCompactUnicodeObject {
            _base: static_header(1, 0),
            utf8_length: Cell::new(0),
            utf8: Cell::new(null_mut()),
        },
        data: [c, 0, 0, 0, 0, 0, 0, 0],
    }
}

static EMPTY: StaticAscii = StaticAscii {
    header: static_header(0, state::ASCII),
    data: [0; 8],
};

static ASCII: [StaticAscii; 128] = {
    let mut all = [const { static_ascii(0) }; 128];
    let mut c = 0;
    while c < 128 {
        all[c] = static_ascii(c as u8);
        c += 1;
    }
    all
};

static LATIN1: [StaticLatin1; 128] = {
    let mut all = [const { static_latin1(0) }; 128];
    let mut c = 0;
    while c < 128 {
        all[c] = static_latin1(c as u8 + 128);
        c += 1;
    }
    all
};

/// The empty string.
#[inline]
pub fn empty() -> Ref<PyUnicodeObject> {
    // SAFETY: a static string.
    unsafe { Ref::from_borrowed((&raw const EMPTY).cast::<PyUnicodeObject>().cast_mut()) }
}

/// The string of one Latin-1 character, borrowed.
#[inline]
pub fn latin1_char(c: u8) -> &'static Obj {
    // SAFETY: a static string, whose header comes first.
    unsafe {
        match c {
            0..128 => &*(&raw const ASCII[c as usize]).cast::<Obj>(),
            _ => &*(&raw const LATIN1[c as usize - 128]).cast::<Obj>(),
        }
    }
}

/// The string of one Latin-1 character.
#[inline]
pub fn latin1_single(c: u8) -> Ref<PyUnicodeObject> {
    // SAFETY: a static string.
    unsafe { latin1_char(c).new_ref().into_cast() }
}

/// A string under construction: allocated for a number of characters and a bound on them, not yet shared.
pub struct Fresh(Ref<PyUnicodeObject>);

impl Fresh {
    /// `max_char` must be the exact bound of the characters to come, or the string will not be canonical.
    pub fn new(len: usize, max_char: u32) -> Result<Fresh> {
        let (header, width) = match bound(max_char) {
            0x7f => (size_of::<PyASCIIObject>(), 1),
            0xff => (size_of::<PyCompactUnicodeObject>(), 1),
            0xffff => (size_of::<PyCompactUnicodeObject>(), 2),
            _ => (size_of::<PyCompactUnicodeObject>(), 4),
        };
        if len > (isize::MAX as usize - header) / width - 1 {
            return Err(err::no_memory());
        }
        let ascii = header == size_of::<PyASCIIObject>();
        let kind = if ascii {
            gc::Kind::Plain
        } else {
            gc::Kind::Destructible
        };
        let size = header + (len + 1) * width;
        let o = gc::allocate_unfilled(size, kind, (&raw const PyUnicode_Type).cast_mut())
            .cast::<PyUnicodeObject>();
        if o.is_null() {
            return Err(err::no_memory());
        }
        // SAFETY: a new cell, large enough for header and characters, which nobody else knows of.
        unsafe {
            let h = &(*o)._base._base;
            h.length.set(len as isize);
            h.hash.set(-1);
            h.state.bits.set(
                (width as u32) << state::KIND_SHIFT
                    | state::COMPACT
                    | if ascii { state::ASCII } else { 0 },
            );
            if !ascii {
                (*o)._base.utf8.set(null_mut());
                (*o)._base.utf8_length.set(0);
            }
            o.cast::<u8>()
                .add(header + len * width)
                .write_bytes(0, width);
            Ok(Fresh(Ref::from_owned(o)))
        }
    }

    /// Writes characters from `at` on; each of them fits the width that was asked for.
    pub fn write(&mut self, at: usize, from: StrData<'_>) {
        /// Keeps the low bits of each character, as the caller knows that it fits.
        fn convert<A: Char>(to: *mut u8, width: usize, from: &[A]) {
            for (i, c) in from.iter().enumerate() {
                // SAFETY: within the string, see the bounds check of `write`.
                unsafe {
                    match width {
                        1 => to.add(i).write(c.code() as u8),
                        2 => to.cast::<u16>().add(i).write(c.code() as u16),
                        _ => to.cast::<u32>().add(i).write(c.code()),
                    }
                }
            }
        }
        let s = &*self.0;
        assert!(at + from.len() <= s.len());
        let wide = width(s.data());
        let to = s.data_ptr().wrapping_add(at * wide);
        if width(from) == wide {
            let from = bytes(from);
            // SAFETY: the check above; the source is another object, or Rust memory.
            return unsafe { to.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
        }
        each_kind!(from, chars => match wide {
            1 => convert(to, 1, chars),
            2 => convert(to, 2, chars),
            _ => convert(to, 4, chars),
        })
    }

    /// Writes `n` times the same character from `at` on.
    pub fn fill(&mut self, at: usize, n: usize, c: u32) {
        let s = &*self.0;
        assert!(at + n <= s.len());
        let p = s.data_ptr();
        // SAFETY: within the string by the check above.
        unsafe {
            match s.data() {
                StrData::Latin1(_) => p.add(at).write_bytes(c as u8, n),
                StrData::Ucs2(_) => {
                    core::slice::from_raw_parts_mut(p.cast::<u16>().add(at), n).fill(c as u16)
                }
                StrData::Ucs4(_) => {
                    core::slice::from_raw_parts_mut(p.cast::<u32>().add(at), n).fill(c)
                }
            }
        }
    }

    /// Takes up an existing string again. Its caller is the only owner.
    pub(super) fn resume(s: Ref<PyUnicodeObject>) -> Fresh {
        Fresh(s)
    }

    /// Makes the string shorter than its room, which stays for later appends.
    pub(super) fn shorten(&mut self, len: usize) {
        assert!(len <= self.0.len());
        self.0.ascii_header().length.set(len as isize);
        self.terminate();
    }

    /// Writes the zero after the last character.
    pub(super) fn terminate(&mut self) {
        let width = width(self.0.data());
        // SAFETY: every string has room for one character more than its length.
        unsafe {
            self.0
                .data_ptr()
                .add(self.0.len() * width)
                .write_bytes(0, width)
        }
    }

    /// The characters, to be overwritten by ones that fit.
    pub fn data(&self) -> StrData<'_> {
        self.0.data()
    }

    #[inline]
    pub fn finish(self) -> Ref<PyUnicodeObject> {
        self.0
    }
}

/// The string of these characters, narrowed to the width they need.
pub fn try_from_data(data: StrData<'_>) -> Result<Ref<PyUnicodeObject>> {
    match (data.len(), data) {
        (0, _) => Ok(empty()),
        (1, _) if data.at(0) < 256 => Ok(latin1_single(data.at(0) as u8)),
        (n, _) => {
            let mut new = Fresh::new(n, data.max_code())?;
            new.write(0, data);
            Ok(new.finish())
        }
    }
}

fn infallible<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|_| out_of_memory())
}

#[cold]
fn out_of_memory() -> ! {
    crate::fatal("out of memory while a string was made")
}

/// What an algorithm of the `text` crate made.
pub fn from_buf(buf: &Buf) -> Result<Ref<PyUnicodeObject>> {
    try_from_data(buf.as_str())
}

pub fn from_data(data: StrData<'_>) -> Ref<PyUnicodeObject> {
    infallible(try_from_data(data))
}

/// From UTF-8.
pub fn new(s: &str) -> Ref<PyUnicodeObject> {
    if s.is_ascii() {
        return from_ascii(s.as_bytes());
    }
    let (len, bits) = s
        .chars()
        .fold((0, 0), |(n, bits), c| (n + 1, bits | c as u32));
    if len == 1 && bits < 256 {
        return latin1_single(bits as u8);
    }
    let new = infallible(Fresh::new(len, bits));
    fill_from(&new, s.chars().map(u32::from));
    new.finish()
}

/// From bytes known to be ASCII.
#[inline]
pub fn from_ascii(s: &[u8]) -> Ref<PyUnicodeObject> {
    match s {
        [] => empty(),
        [c] => latin1_single(*c),
        _ => {
            let mut new = infallible(Fresh::new(s.len(), 0x7f));
            new.write(0, StrData::Latin1(s));
            new.finish()
        }
    }
}

/// Writes exactly as many characters as the string has room for, at most.
fn fill_from(new: &Fresh, chars: impl Iterator<Item = u32>) {
    let s = &*new.0;
    let (p, n) = (s.data_ptr(), s.len());
    // SAFETY: `zip` stops at the string's length, and the string is not shared yet.
    unsafe {
        match s.data() {
            StrData::Latin1(_) => (0..n).zip(chars).for_each(|(i, c)| *p.add(i) = c as u8),
            StrData::Ucs2(_) => (0..n)
                .zip(chars)
                .for_each(|(i, c)| *p.cast::<u16>().add(i) = c as u16),
            StrData::Ucs4(_) => (0..n)
                .zip(chars)
                .for_each(|(i, c)| *p.cast::<u32>().add(i) = c),
        }
    }
}

pub fn from_latin1(s: &[u8]) -> Ref<PyUnicodeObject> {
    from_data(StrData::Latin1(s))
}

pub fn from_ucs2(s: &[u16]) -> Ref<PyUnicodeObject> {
    from_data(StrData::Ucs2(s))
}

pub fn from_ucs4(s: &[u32]) -> Ref<PyUnicodeObject> {
    from_data(StrData::Ucs4(s))
}

/// From code points, lone surrogates included.
pub fn from_chars(s: &[u32]) -> Ref<PyUnicodeObject> {
    from_ucs4(s)
}

pub fn from_char(c: u32) -> Ref<PyUnicodeObject> {
    from_ucs4(&[c])
}

/// From UTF-8 in which lone surrogates are encoded as three bytes, as constants in marshalled code are. `None` for
/// anything else.
pub fn from_wtf8(s: &[u8]) -> Option<Ref<PyUnicodeObject>> {
    if let Ok(s) = core::str::from_utf8(s) {
        return Some(new(s));
    }
    let mut chars = Vec::with_capacity(s.len());
    let mut rest = s;
    while !rest.is_empty() {
        match core::str::from_utf8(rest) {
            Ok(s) => {
                chars.extend(s.chars().map(u32::from));
                break;
            }
            Err(e) => {
                let (good, bad) = rest.split_at(e.valid_up_to());
                chars.extend(core::str::from_utf8(good).ok()?.chars().map(u32::from));
                let &[0xed, b @ 0xa0..=0xbf, c @ 0x80..=0xbf, ..] = bad else {
                    return None;
                };
                chars.push(0xd000 | (u32::from(b) & 0x3f) << 6 | u32::from(c) & 0x3f);
                rest = &bad[3..];
            }
        }
    }
    Some(from_chars(&chars))
}

/// An instance of a subclass, which keeps its characters in a block of their own.
pub fn new_of_type(tp: &PyTypeObject, chars: &PyUnicodeObject) -> Result<Ref<PyUnicodeObject>> {
    let new = crate::object::alloc::<PyUnicodeObject>(tp)?;
    let data = chars.data();
    let (bytes, width) = (bytes(data), width(data));
    // SAFETY: room for the characters and a terminator; `dealloc` frees it.
    let block = unsafe { libc::malloc(bytes.len() + width).cast::<u8>() };
    if block.is_null() {
        return Err(err::no_memory());
    }
    // SAFETY: the block has this size.
    unsafe {
        block.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        block.add(bytes.len()).write_bytes(0, width);
    }
    let ascii = chars.state() & state::ASCII;
    let h = new.ascii_header();
    h.length.set(data.len() as isize);
    h.hash.set(chars.ascii_header().hash.get());
    h.state
        .bits
        .set((width as u32) << state::KIND_SHIFT | ascii);
    new.data.set(block.cast());
    if ascii != 0 {
        new.compact_header().utf8.set(block.cast());
        new.compact_header().utf8_length.set(data.len() as isize);
    }
    Ok(new)
}

/// A string of one character repeated.
pub fn filled(len: usize, c: u32) -> Result<Ref<PyUnicodeObject>> {
    match len {
        0 => Ok(empty()),
        1 => Ok(from_char(c)),
        _ => {
            let mut new = Fresh::new(len, c)?;
            new.fill(0, len, c);
            Ok(new.finish())
        }
    }
}
