//! The methods that `bytes` and `bytearray` have in common: their table, over anything that can be seen as bytes.

use core::cell::Cell;

use crate::err::Result;
use crate::object::*;

/// While this lives, the bytes of a `bytearray` stay where they are: what would resize it raises `BufferError`.
pub struct Pinned<'a>(Option<&'a Cell<isize>>);

impl<'a> Pinned<'a> {
    /// Pins by a count of exports; nothing is needed where bytes never move.
    #[inline]
    pub fn new(exports: Option<&'a Cell<isize>>) -> Pinned<'a> {
        if let Some(n) = exports {
            n.set(n.get() + 1);
        }
        Pinned(exports)
    }
}

impl Drop for Pinned<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(n) = self.0 {
            n.set(n.get() - 1);
        }
    }
}

/// A type whose instances are rows of bytes.
pub trait ByteLike: Layout + Sized {
    /// As messages name it.
    const NAME: &'static str;

    /// The bytes. Those of a `bytearray` may change or move when Python code runs.
    fn view(&self) -> &[u8];

    /// Pins the bytes, for methods whose arguments may run Python code.
    #[inline]
    fn pin(&self) -> Pinned<'_> {
        Pinned::new(None)
    }

    /// A new object of this type.
    fn make(bytes: &[u8]) -> Result;

    /// A new object of this type, written by `fill`.
    fn make_with(len: usize, fill: impl FnOnce(&mut [u8])) -> Result;

    /// The answer of a method that found nothing to change: the object itself where it can't change later.
    fn unchanged(&self) -> Result;
}

/// A method table: the shared rows, stamped for one type, after the rows of its own.
macro_rules! byte_methods {
    ($type:ty; $($own:expr),* $(,)?) => {
        &[
            $($own,)*
            $crate::noargs!("capitalize", $crate::types::bytes::case::capitalize::<$type>, "($self, /)"),
            $crate::fastcall!("center", $crate::types::bytes::pad::center::<$type>, "($self, width, fillchar=b' ', /)"),
            $crate::fastcall!("count", $crate::types::bytes::search::count::<$type>, "($self, sub[, start[, end]], /)"),
            $crate::keywords!("decode", $crate::types::bytes::build::decode::<$type>, "($self, /, encoding='utf-8', errors='strict')"),
            $crate::fastcall!("endswith", $crate::types::bytes::search::endswith::<$type>, "($self, suffix[, start[, end]], /)"),
            $crate::keywords!("expandtabs", $crate::types::bytes::pad::expandtabs::<$type>, "($self, /, tabsize=8)"),
            $crate::fastcall!("find", $crate::types::bytes::search::find::<$type>, "($self, sub[, start[, end]], /)"),
            $crate::method::class_method($crate::o!("fromhex", $crate::types::bytes::hex::fromhex::<$type>, "($type, string, /)")),
            $crate::keywords!("hex", $crate::types::bytes::hex::method_hex::<$type>, "($self, /, sep=<unrepresentable>, bytes_per_sep=1)"),
            $crate::fastcall!("index", $crate::types::bytes::search::index::<$type>, "($self, sub[, start[, end]], /)"),
            $crate::noargs!("isalnum", $crate::types::bytes::case::isalnum::<$type>, "($self, /)"),
            $crate::noargs!("isalpha", $crate::types::bytes::case::isalpha::<$type>, "($self, /)"),
            $crate::noargs!("isascii", $crate::types::bytes::case::isascii::<$type>, "($self, /)"),
            $crate::noargs!("isdigit", $crate::types::bytes::case::isdigit::<$type>, "($self, /)"),
            $crate::noargs!("islower", $crate::types::bytes::case::islower::<$type>, "($self, /)"),
            $crate::noargs!("isspace", $crate::types::bytes::case::isspace::<$type>, "($self, /)"),
            $crate::noargs!("istitle", $crate::types::bytes::case::istitle::<$type>, "($self, /)"),
            $crate::noargs!("isupper", $crate::types::bytes::case::isupper::<$type>, "($self, /)"),
            $crate::o!("join", $crate::types::bytes::build::join::<$type>, "($self, iterable_of_bytes, /)"),
            $crate::fastcall!("ljust", $crate::types::bytes::pad::ljust::<$type>, "($self, width, fillchar=b' ', /)"),
            $crate::noargs!("lower", $crate::types::bytes::case::lower::<$type>, "($self, /)"),
            $crate::fastcall!("lstrip", $crate::types::bytes::split::lstrip::<$type>, "($self, bytes=None, /)"),
            $crate::method::static_method($crate::fastcall!("maketrans", $crate::types::bytes::build::maketrans, "")),
            $crate::o!("partition", $crate::types::bytes::split::partition::<$type>, "($self, sep, /)"),
            $crate::fastcall!("replace", $crate::types::bytes::search::replace::<$type>, "($self, old, new, count=-1, /)"),
            $crate::o!("removeprefix", $crate::types::bytes::search::removeprefix::<$type>, "($self, prefix, /)"),
            $crate::o!("removesuffix", $crate::types::bytes::search::removesuffix::<$type>, "($self, suffix, /)"),
            $crate::fastcall!("rfind", $crate::types::bytes::search::rfind::<$type>, "($self, sub[, start[, end]], /)"),
            $crate::fastcall!("rindex", $crate::types::bytes::search::rindex::<$type>, "($self, sub[, start[, end]], /)"),
            $crate::fastcall!("rjust", $crate::types::bytes::pad::rjust::<$type>, "($self, width, fillchar=b' ', /)"),
            $crate::o!("rpartition", $crate::types::bytes::split::rpartition::<$type>, "($self, sep, /)"),
            $crate::keywords!("rsplit", $crate::types::bytes::split::rsplit::<$type>, "($self, /, sep=None, maxsplit=-1)"),
            $crate::fastcall!("rstrip", $crate::types::bytes::split::rstrip::<$type>, "($self, bytes=None, /)"),
            $crate::keywords!("split", $crate::types::bytes::split::split::<$type>, "($self, /, sep=None, maxsplit=-1)"),
            $crate::keywords!("splitlines", $crate::types::bytes::split::splitlines::<$type>, "($self, /, keepends=False)"),
            $crate::fastcall!("startswith", $crate::types::bytes::search::startswith::<$type>, "($self, prefix[, start[, end]], /)"),
            $crate::fastcall!("strip", $crate::types::bytes::split::strip::<$type>, "($self, bytes=None, /)"),
            $crate::noargs!("swapcase", $crate::types::bytes::case::swapcase::<$type>, "($self, /)"),
            $crate::noargs!("title", $crate::types::bytes::case::title::<$type>, "($self, /)"),
            $crate::keywords!("translate", $crate::types::bytes::build::translate::<$type>, "($self, table, /, delete=b'')"),
            $crate::noargs!("upper", $crate::types::bytes::case::upper::<$type>, "($self, /)"),
            $crate::o!("zfill", $crate::types::bytes::pad::zfill::<$type>, "($self, width, /)"),
        ]
    };
}
pub(crate) use byte_methods;
