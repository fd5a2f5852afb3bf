//! The format mini-language at work: `__format__` of the numeric types, over crate `num`'s parser and layout.
//!
//! What is particular to Python is here: specifications and results are str objects, errors are exceptions, and `n` asks
//! the C library's locale.

use core::ffi::{CStr, c_char};

use layout::*;
use num::format_spec::{self as spec, Align, ErrorKind, Locale, Padded, Spec};

use crate::err::{self, Raised, Result, exc};
use crate::object::*;
use crate::types::int::{self, IntExt as _};
use crate::types::str_::{StrData, StrExt as _, Writer};

/// Raises what the mini-language found wrong.
#[cold]
pub fn raise(e: &spec::Error) -> Raised {
    let tp = match e.kind {
        ErrorKind::Value => &exc::ValueError,
        ErrorKind::Overflow => &exc::OverflowError,
    };
    err::new(tp, format_args!("{}", e.message))
}

/// Parses a specification for an object whose type is called `type_name`.
pub fn parse(
    text: &PyUnicodeObject,
    default_code: u8,
    align: Align,
    type_name: &str,
) -> Result<Spec> {
    let decimal = text::chars::decimal_value;
    let parsed = match text.data() {
        StrData::Latin1(s) => Spec::parse(s, default_code, align, type_name, decimal),
        StrData::Ucs2(s) => Spec::parse(s, default_code, align, type_name, decimal),
        StrData::Ucs4(s) => Spec::parse(s, default_code, align, type_name, decimal),
    };
    parsed.map_err(|e| raise(&e))
}

/// The laid-out text as a str.
pub fn finish(laid_out: core::result::Result<Padded, spec::Error>) -> Result {
    let padded = laid_out.map_err(|e| raise(&e))?;
    if padded
        .left
        .saturating_add(padded.inner)
        .saturating_add(padded.right)
        > isize::MAX as usize >> 20
    {
        return Err(err::no_memory());
    }
    let mut out = Writer::new();
    out.push_repeated(padded.fill, padded.left);
    out.push_str(&padded.head);
    out.push_repeated(padded.fill, padded.inner);
    out.push_str(&padded.body);
    if let Some(c) = padded.tail {
        out.push(c);
    }
    out.push_repeated(padded.fill, padded.right);
    Ok(out.finish()?.into_obj())
}

/// `int.__format__` with a specification that is not empty.
pub fn format_int(n: &PyLongObject, text: &PyUnicodeObject) -> Result {
    let s = parse(text, b'd', Align::Right, n.as_obj().tp_name())?;
    finish(spec::format_int(
        &s,
        n.value(),
        int::max_str_digits(),
        locale,
    ))
}

/// `float.__format__` with a specification that is not empty.
pub fn format_float(x: f64, type_name: &str, text: &PyUnicodeObject) -> Result {
    let s = parse(text, 0, Align::Right, type_name)?;
    finish(spec::format_float(&s, x, locale))
}

/// `complex.__format__` with a specification that is not empty.
pub fn format_complex(z: Py_complex, type_name: &str, text: &PyUnicodeObject) -> Result {
    let s = parse(text, 0, Align::Right, type_name)?;
    finish(spec::format_complex(&s, z.real, z.imag, locale))
}

fn c_text(p: *const c_char) -> String {
    // SAFETY: localeconv's fields are NUL-terminated.
    unsafe { CStr::from_ptr(p) }.to_string_lossy().into_owned()
}

/// How the C library's current locale writes numbers.
pub fn locale() -> Locale {
    // SAFETY: the result stays valid until the next call, and the interpreter's lock is held.
    let conventions = unsafe { &*libc::localeconv() };
    // SAFETY: as above.
    let grouping = unsafe { CStr::from_ptr(conventions.grouping) }
        .to_bytes()
        .to_vec();
    Locale {
        decimal_point: c_text(conventions.decimal_point),
        thousands_sep: c_text(conventions.thousands_sep),
        grouping,
    }
}
