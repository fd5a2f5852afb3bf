//! Arguments of string methods: strings with CPython's complaints, and the bounds of searches.

use core::ops::Range;

use layout::PyUnicodeObject;

use crate::err::{Raised, Result, exc, raise};
use crate::object::*;
use crate::protocol::number::{index_isize, is_index};

/// The name of an object's type as argument errors show it.
pub fn type_in_message(o: &Obj) -> &str {
    if o.is_none() { "None" } else { o.tp_name() }
}

/// "find() argument 1 must be str, not int"
#[cold]
pub fn bad_argument(function: &str, which: &str, expected: &str, o: &Obj) -> Raised {
    crate::err::new(
        &exc::TypeError,
        format_args!(
            "{function}() {which} must be {expected}, not {:.50}",
            type_in_message(o)
        ),
    )
}

/// A string argument; `which` is "argument", "argument 1" or "argument 'sep'".
#[inline]
pub fn string<'a>(function: &str, which: &str, o: &'a Obj) -> Result<&'a PyUnicodeObject> {
    o.downcast::<PyUnicodeObject>()
        .ok_or_else(|| bad_argument(function, which, "str", o))
}

/// A bound of a search: an index, or `None` for the default; clamped to what fits.
#[inline]
pub fn slice_index(o: &Obj, default: isize) -> Result<isize> {
    if o.is_none() {
        return Ok(default);
    }
    if !is_index(o) {
        return raise!(
            TypeError,
            "slice indices must be integers or None or have an __index__ method"
        );
    }
    index_isize(o, None)
}

/// The same where `None` isn't allowed.
pub fn slice_index_not_none(o: &Obj) -> Result<isize> {
    if !is_index(o) {
        return raise!(
            TypeError,
            "slice indices must be integers or have an __index__ method"
        );
    }
    index_isize(o, None)
}

/// The bounds given by the second and third arguments, not yet fitted to a length.
pub fn bounds(args: &[&Obj]) -> Result<(isize, isize)> {
    Ok((
        args.get(1).map_or(Ok(0), |o| slice_index(o, 0))?,
        args.get(2)
            .map_or(Ok(isize::MAX), |o| slice_index(o, isize::MAX))?,
    ))
}

/// Bounds fitted to a length. `None` where the start lies beyond the end, so that not even an empty string occurs.
pub fn fit((start, end): (isize, isize), len: usize) -> Option<Range<usize>> {
    let len = len as isize;
    let end = if end > len {
        len
    } else if end < 0 {
        (end + len).max(0)
    } else {
        end
    };
    let start = if start < 0 {
        (start + len).max(0)
    } else {
        start
    };
    (start <= end).then_some(start as usize..end as usize)
}

/// A C `int` argument.
pub fn c_int(o: &Obj) -> Result<i32> {
    match i32::try_from(crate::args::to_i64(o)?) {
        Ok(n) => Ok(n),
        Err(_) => raise!(OverflowError, "Python int too large to convert to C int"),
    }
}

/// The position an iterator is set to: an `int`, clamped to a length.
pub fn position(o: &Obj, len: usize) -> Result<usize> {
    if !o.is::<layout::PyLongObject>() {
        return raise!(TypeError, "an integer is required");
    }
    Ok((crate::args::to_isize(o)?.max(0) as usize).min(len))
}

/// An iterator over an object, with a complaint of the caller's if it isn't iterable.
pub fn iter_or(o: &Obj, complain: impl FnOnce() -> Result) -> Result {
    match crate::protocol::object::iter(o) {
        Err(_) if crate::err::clear_if(&exc::TypeError) => complain(),
        other => other,
    }
}
