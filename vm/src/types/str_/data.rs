//! Reading a `str`: its state bits, its characters in whichever of three widths it keeps them, and its UTF-8 form.
//!
//! Invariant: a string is canonical, that is, its width is the least that holds its largest character. So two equal
//! strings have equal kinds, and equality is a comparison of bytes.

use core::cmp::Ordering;
use core::slice;
use std::borrow::Cow;

use layout::{PyASCIIObject, PyCompactUnicodeObject, PyUnicodeObject};
use text::each_kind;

use crate::err::Result;
use crate::object::{AsObj, Obj, ObjExt, Ref};

/// Bits of `PyASCIIObject.state`.
pub mod state {
    pub const INTERNED: u32 = 0b11;
    pub const INTERNED_MORTAL: u32 = 1;
    pub const INTERNED_IMMORTAL: u32 = 2;
    pub const INTERNED_STATIC: u32 = 3;
    pub const KIND_SHIFT: u32 = 2;
    pub const KIND: u32 = 0b111 << KIND_SHIFT;
    pub const COMPACT: u32 = 1 << 5;
    pub const ASCII: u32 = 1 << 6;
    pub const STATIC: u32 = 1 << 7;
}

/// The characters of a string, borrowed, in whichever of the three widths it keeps them.
pub use text::Str as StrData;

/// Rounds a character, or the union of several characters' bits, up to the bound of its width.
#[inline]
pub fn bound(bits: u32) -> u32 {
    match bits {
        0..=0x7f => 0x7f,
        0x80..=0xff => 0xff,
        0x100..=0xffff => 0xffff,
        _ => 0x10ffff,
    }
}

/// Bytes that one character takes: 1, 2 or 4.
#[inline]
pub fn width(data: StrData<'_>) -> usize {
    match data {
        StrData::Latin1(_) => 1,
        StrData::Ucs2(_) => 2,
        StrData::Ucs4(_) => 4,
    }
}

/// The stored bytes, which is what is hashed.
#[inline]
pub fn bytes(data: StrData<'_>) -> &[u8] {
    // SAFETY: any initialised integers are bytes, and the length is theirs.
    each_kind!(data, s => unsafe { slice::from_raw_parts(s.as_ptr().cast(), size_of_val(s)) })
}

/// Order by code points.
pub fn compare_data(a: StrData<'_>, b: StrData<'_>) -> Ordering {
    match (a, b) {
        (StrData::Latin1(a), StrData::Latin1(b)) => a.cmp(b),
        (StrData::Ucs2(a), StrData::Ucs2(b)) => a.cmp(b),
        (a, b) => a.codes().cmp(b.codes()),
    }
}

pub trait StrExt {
    fn ascii_header(&self) -> &PyASCIIObject;
    fn compact_header(&self) -> &PyCompactUnicodeObject;
    fn state(&self) -> u32;
    fn is_ascii(&self) -> bool;
    fn is_compact(&self) -> bool;
    fn data(&self) -> StrData<'_>;
    fn data_ptr(&self) -> *mut u8;
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool;
    fn char_at(&self, i: usize) -> u32;
    fn chars(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_;
    /// 0x7f, 0xff, 0xffff or 0x10ffff.
    fn max_char(&self) -> u32;
    /// UTF-8, computed once and kept by the string. Raises UnicodeEncodeError for a lone surrogate.
    fn as_str(&self) -> Result<&str>;
    /// UTF-8 if it is there or can be had without an error.
    fn try_str(&self) -> Option<&str>;
    /// For messages: lone surrogates become U+FFFD.
    fn to_string_lossy(&self) -> Cow<'_, str>;
    fn hash(&self) -> isize;
    /// The same characters, whatever the types.
    fn equals(&self, other: &PyUnicodeObject) -> bool;
    /// The string itself if its type is exactly `str`, else a `str` of the same characters.
    fn to_exact(&self) -> Ref<PyUnicodeObject>;
}

impl StrExt for PyUnicodeObject {
    #[inline(always)]
    fn ascii_header(&self) -> &PyASCIIObject {
        &self._base._base
    }

    #[inline(always)]
    fn compact_header(&self) -> &PyCompactUnicodeObject {
        &self._base
    }

    #[inline(always)]
    fn state(&self) -> u32 {
        self.ascii_header().state.bits.get()
    }

    #[inline(always)]
    fn is_ascii(&self) -> bool {
        self.state() & state::ASCII != 0
    }

    #[inline(always)]
    fn is_compact(&self) -> bool {
        self.state() & state::COMPACT != 0
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.ascii_header().length.get() as usize
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn data_ptr(&self) -> *mut u8 {
        let start = core::ptr::from_ref(self).cast::<u8>().cast_mut();
        if !self.is_compact() {
            return self.data.get().cast();
        }
        let header = if self.is_ascii() {
            size_of::<PyASCIIObject>()
        } else {
            size_of::<PyCompactUnicodeObject>()
        };
        start.wrapping_add(header)
    }

    #[inline]
    fn data(&self) -> StrData<'_> {
        let (p, n) = (self.data_ptr(), self.len());
        // SAFETY: a string owns `n` characters of its kind at `p`, and never changes them once it is shared.
        unsafe {
            match (self.state() & state::KIND) >> state::KIND_SHIFT {
                1 => StrData::Latin1(slice::from_raw_parts(p, n)),
                2 => StrData::Ucs2(slice::from_raw_parts(p.cast(), n)),
                _ => StrData::Ucs4(slice::from_raw_parts(p.cast(), n)),
            }
        }
    }

    #[inline]
    fn char_at(&self, i: usize) -> u32 {
        self.data().at(i)
    }

    #[inline]
    fn chars(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + '_ {
        self.data().codes()
    }

    #[inline]
    fn max_char(&self) -> u32 {
        match self.data() {
            StrData::Latin1(_) if self.is_ascii() => 0x7f,
            StrData::Latin1(_) => 0xff,
            StrData::Ucs2(_) => 0xffff,
            StrData::Ucs4(_) => 0x10ffff,
        }
    }

    #[inline]
    fn as_str(&self) -> Result<&str> {
        match self.try_str() {
            Some(s) => Ok(s),
            None => Err(super::utf8::surrogate_error(self)),
        }
    }

    #[inline]
    fn try_str(&self) -> Option<&str> {
        if let (true, StrData::Latin1(bytes)) = (self.is_ascii(), self.data()) {
            // SAFETY: the ASCII bit says that all bytes are below 0x80.
            return Some(unsafe { core::str::from_utf8_unchecked(bytes) });
        }
        super::utf8::cached(self)
    }

    fn to_string_lossy(&self) -> Cow<'_, str> {
        match self.try_str() {
            Some(s) => Cow::Borrowed(s),
            None => Cow::Owned(
                self.chars()
                    .map(|c| char::from_u32(c).unwrap_or('\u{fffd}'))
                    .collect(),
            ),
        }
    }

    #[inline]
    fn hash(&self) -> isize {
        match self.ascii_header().hash.get() {
            -1 => hash_slow(self),
            h => h,
        }
    }

    #[inline]
    fn equals(&self, other: &PyUnicodeObject) -> bool {
        eq(self, other)
    }

    fn to_exact(&self) -> Ref<PyUnicodeObject> {
        if self.as_obj().is_exact::<PyUnicodeObject>() {
            self.to_ref()
        } else {
            super::from_data(self.data())
        }
    }
}

#[cold]
fn hash_slow(s: &PyUnicodeObject) -> isize {
    let h = crate::hash::bytes(bytes(s.data()));
    s.ascii_header().hash.set(h);
    h
}

/// Equality of characters, whatever the types of the two.
#[inline]
pub fn eq(a: &PyUnicodeObject, b: &PyUnicodeObject) -> bool {
    core::ptr::eq(a, b)
        || (a.len() == b.len()
            && (a.state() ^ b.state()) & state::KIND == 0
            && bytes(a.data()) == bytes(b.data()))
}

/// Equality with ASCII or UTF-8 text, without making an object.
pub fn eq_str(a: &PyUnicodeObject, b: &str) -> bool {
    match a.data() {
        StrData::Latin1(s) if a.is_ascii() => s == b.as_bytes(),
        data => data.codes().eq(b.chars().map(u32::from)),
    }
}

/// Whether an object is a string of this text.
pub fn same_text(o: &Obj, text: &str) -> bool {
    of(o).is_some_and(|s| eq_str(s, text))
}

/// Order by code points.
pub fn compare(a: &PyUnicodeObject, b: &PyUnicodeObject) -> Ordering {
    if core::ptr::eq(a, b) {
        Ordering::Equal
    } else {
        compare_data(a.data(), b.data())
    }
}

/// The string that an object is, if it is one: a `str` or of a subclass.
#[inline]
pub fn of(o: &Obj) -> Option<&PyUnicodeObject> {
    o.downcast::<PyUnicodeObject>()
}

/// The characters of a `str` for a message, whatever else the object is: then nothing.
pub fn to_string_lossy(o: &Obj) -> String {
    of(o)
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default()
}
