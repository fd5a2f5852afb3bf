//! The three kinds of string: borrowed views, owned buffers, and a builder that widens.
//!
//! Invariant: a `Buf` is canonical (the narrowest kind that holds its code points) when it comes
//! from `Builder::finish` or `Buf::from_codes`. Serves every other module of this crate.

use crate::search::{Finder, WideFinder};
use memchr::memmem;
use std::cmp::Ordering;
use std::fmt;

/// A code unit of one of the kinds; also a whole code point.
pub trait Char: Copy + Eq + Ord + fmt::Debug + 'static {
    const MAX: u32;

    /// How substrings are sought among characters of this kind.
    type Finder<'n>: Finder<'n, Self>;

    fn code(self) -> u32;

    /// The code point in this kind, if it fits.
    fn narrow(code: u32) -> Option<Self>;

    fn view(slice: &[Self]) -> Str<'_>;

    /// The slice of a string that is of this kind.
    fn borrow(text: Str<'_>) -> Option<&[Self]>;
}

macro_rules! char_kind {
    ($unit:ty, $variant:ident, $finder:ty) => {
        impl Char for $unit {
            const MAX: u32 = <$unit>::MAX as u32;
            type Finder<'n> = $finder;

            #[inline]
            fn code(self) -> u32 {
                u32::from(self)
            }

            #[inline]
            fn narrow(code: u32) -> Option<Self> {
                Self::try_from(code).ok()
            }

            #[inline]
            fn view(slice: &[Self]) -> Str<'_> {
                Str::$variant(slice)
            }

            #[inline]
            fn borrow(text: Str<'_>) -> Option<&[Self]> {
                match text {
                    Str::$variant(slice) => Some(slice),
                    _ => None,
                }
            }
        }
    };
}

char_kind!(u8, Latin1, memmem::Finder<'n>);
char_kind!(u16, Ucs2, WideFinder<'n, u16>);
char_kind!(u32, Ucs4, WideFinder<'n, u32>);

/// A borrowed string of any kind.
#[derive(Clone, Copy, Debug)]
pub enum Str<'a> {
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}

/// Runs an expression with the slice of whichever kind a `Str` has.
#[macro_export]
macro_rules! each_kind {
    ($text:expr, $slice:ident => $body:expr) => {
        match $text {
            $crate::kinds::Str::Latin1($slice) => $body,
            $crate::kinds::Str::Ucs2($slice) => $body,
            $crate::kinds::Str::Ucs4($slice) => $body,
        }
    };
}

impl<'a> Str<'a> {
    #[inline]
    pub fn len(self) -> usize {
        each_kind!(self, slice => slice.len())
    }

    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn at(self, index: usize) -> u32 {
        each_kind!(self, slice => slice[index].code())
    }

    pub fn slice(self, range: std::ops::Range<usize>) -> Str<'a> {
        match self {
            Self::Latin1(slice) => Self::Latin1(&slice[range]),
            Self::Ucs2(slice) => Self::Ucs2(&slice[range]),
            Self::Ucs4(slice) => Self::Ucs4(&slice[range]),
        }
    }

    pub fn codes(self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + 'a {
        (0..self.len()).map(move |index| self.at(index))
    }

    /// A code point at least as large as any in the text, and of the same kind as the largest.
    pub fn max_code(self) -> u32 {
        each_kind!(self, slice => slice.iter().fold(0, |all, unit| all | unit.code()))
    }

    pub fn is_ascii(self) -> bool {
        match self {
            Self::Latin1(slice) => slice.is_ascii(),
            _ => self.max_code() < 128,
        }
    }

    pub fn to_buf(self) -> Buf {
        let mut out = Builder::with_capacity(self.len());
        out.push_str(self);
        out.finish()
    }

    /// As Rust text for messages; lone surrogates become replacement characters.
    pub fn to_string_lossy(self) -> String {
        self.codes()
            .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    }
}

impl<'a> From<&'a Buf> for Str<'a> {
    fn from(buf: &'a Buf) -> Self {
        buf.as_str()
    }
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Str<'_> {}

impl PartialOrd for Str<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str<'_> {
    /// By code points.
    fn cmp(&self, other: &Self) -> Ordering {
        fn mixed<A: Char, B: Char>(a: &[A], b: &[B]) -> Ordering {
            a.iter()
                .map(|unit| unit.code())
                .cmp(b.iter().map(|unit| unit.code()))
        }
        match (*self, *other) {
            (Str::Latin1(a), Str::Latin1(b)) => a.cmp(b),
            (Str::Ucs2(a), Str::Ucs2(b)) => a.cmp(b),
            (Str::Ucs4(a), Str::Ucs4(b)) => a.cmp(b),
            (a, b) => each_kind!(a, a => each_kind!(b, b => mixed(a, b))),
        }
    }
}

/// An owned string of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buf {
    Latin1(Vec<u8>),
    Ucs2(Vec<u16>),
    Ucs4(Vec<u32>),
}

impl Buf {
    pub fn from_codes(codes: impl IntoIterator<Item = u32>) -> Self {
        let mut out = Builder::default();
        codes.into_iter().for_each(|code| out.push(code));
        out.finish()
    }

    #[inline]
    pub fn as_str(&self) -> Str<'_> {
        match self {
            Self::Latin1(units) => Str::Latin1(units),
            Self::Ucs2(units) => Str::Ucs2(units),
            Self::Ucs4(units) => Str::Ucs4(units),
        }
    }
}

impl Default for Buf {
    fn default() -> Self {
        Self::Latin1(Vec::new())
    }
}

impl From<&str> for Buf {
    fn from(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Latin1(text.as_bytes().to_vec());
        }
        Self::from_codes(text.chars().map(u32::from))
    }
}

/// Collects code points in the narrowest kind that has sufficed so far.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    buf: Buf,
}

impl Builder {
    pub fn with_capacity(len: usize) -> Self {
        Self {
            buf: Buf::Latin1(Vec::with_capacity(len)),
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.buf.as_str().len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn push(&mut self, code: u32) {
        match &mut self.buf {
            Buf::Latin1(units) if code <= <u8 as Char>::MAX => units.push(code as u8),
            Buf::Ucs2(units) if code <= <u16 as Char>::MAX => units.push(code as u16),
            Buf::Ucs4(units) => units.push(code),
            _ => self.push_slow(code),
        }
    }

    #[cold]
    fn push_slow(&mut self, code: u32) {
        self.widen(code);
        self.push(code);
    }

    /// Makes room for code points up to `code`.
    fn widen(&mut self, code: u32) {
        match &self.buf {
            Buf::Latin1(units) if code > <u16 as Char>::MAX => {
                self.buf = Buf::Ucs4(units.iter().map(|&unit| u32::from(unit)).collect());
            }
            Buf::Latin1(units) if code > <u8 as Char>::MAX => {
                self.buf = Buf::Ucs2(units.iter().map(|&unit| u16::from(unit)).collect());
            }
            Buf::Ucs2(units) if code > <u16 as Char>::MAX => {
                self.buf = Buf::Ucs4(units.iter().map(|&unit| u32::from(unit)).collect());
            }
            _ => {}
        }
    }

    pub fn push_ascii(&mut self, text: &str) {
        debug_assert!(text.is_ascii());
        self.push_latin1(text.as_bytes());
    }

    pub fn push_latin1(&mut self, text: &[u8]) {
        match &mut self.buf {
            Buf::Latin1(units) => units.extend_from_slice(text),
            Buf::Ucs2(units) => units.extend(text.iter().map(|&unit| u16::from(unit))),
            Buf::Ucs4(units) => units.extend(text.iter().map(|&unit| u32::from(unit))),
        }
    }

    pub fn push_str(&mut self, text: Str<'_>) {
        match text {
            Str::Latin1(text) => self.push_latin1(text),
            _ => {
                self.widen(text.max_code());
                match (&mut self.buf, text) {
                    (Buf::Ucs2(units), Str::Ucs2(text)) => units.extend_from_slice(text),
                    (Buf::Ucs4(units), Str::Ucs4(text)) => units.extend_from_slice(text),
                    _ => text.codes().for_each(|code| self.push(code)),
                }
            }
        }
    }

    /// Appends Rust text, widening at most once.
    pub fn push_utf8(&mut self, text: &str) {
        if text.is_ascii() {
            return self.push_latin1(text.as_bytes());
        }
        // Lead bytes tell the kind: from F0 on four bytes, from C4 on past Latin-1.
        let lead = text
            .bytes()
            .fold(0, |most, byte| if byte > most { byte } else { most });
        self.widen(match lead {
            0xf0.. => 0x10_ffff,
            0xc4.. => 0xffff,
            _ => 0xff,
        });
        let codes = text.chars().map(u32::from);
        match &mut self.buf {
            Buf::Latin1(units) => units.extend(codes.map(|code| code as u8)),
            Buf::Ucs2(units) => units.extend(codes.map(|code| code as u16)),
            Buf::Ucs4(units) => units.extend(codes),
        }
    }

    /// Drops the characters from `len` on; the kind stays canonical.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.buf = self.buf.as_str().slice(0..len).to_buf();
        }
    }

    pub fn push_repeated(&mut self, code: u32, count: usize) {
        self.widen(code);
        match &mut self.buf {
            Buf::Latin1(units) => units.resize(units.len() + count, code as u8),
            Buf::Ucs2(units) => units.resize(units.len() + count, code as u16),
            Buf::Ucs4(units) => units.resize(units.len() + count, code),
        }
    }

    #[inline]
    pub fn finish(self) -> Buf {
        self.buf
    }
}
