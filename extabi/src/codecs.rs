//! The deprecated codec functions of `unicodeobject.h`, which take any codec.

use core::ffi::c_char;

use layout::*;
use vm::err::{Result, exc, raise};
use vm::object::*;

use crate::import::{PyCodec_Decode, PyCodec_Encode};
use crate::shape::*;

/// Refuses what is no str; warns of a function, and says what to use.
///
/// # Safety
/// `o` is an object.
unsafe fn deprecated(o: P, function: &str, instead: &str) -> Result<()> {
    // SAFETY: the caller's.
    if !unsafe { b(o) }.is::<PyUnicodeObject>() {
        return raise!(TypeError, "bad argument type for built-in operation");
    }
    let text = format!("{function}() is deprecated and will be removed in 3.15; use {instead}");
    vm::warn::warn(&exc::DeprecationWarning, 1, &text)
}

const DEFAULT: *const c_char = c"utf-8".as_ptr();

/// # Safety
/// `codec` is one of the C API, whose arguments these are.
unsafe fn by_codec(
    codec: unsafe extern "C" fn(P, *const c_char, *const c_char) -> P,
    o: P,
    encoding: *const c_char,
    errors: *const c_char,
) -> Result {
    let encoding = if encoding.is_null() {
        DEFAULT
    } else {
        encoding
    };
    // SAFETY: the caller's.
    unsafe { vm::err::from_owned(codec(o, encoding, errors)) }
}

/// # Safety
/// As [`by_codec`].
unsafe fn to_str(o: Ref, what: &str, encoding: *const c_char) -> Result {
    if o.is::<PyUnicodeObject>() {
        return Ok(o);
    }
    // SAFETY: the caller's.
    let name = (!encoding.is_null()).then(|| unsafe { text(encoding) });
    raise!(
        TypeError,
        "'{:.400}' {what}r returned '{:.400}' instead of 'str'; use codecs.{what}() to {what} to arbitrary types",
        name.as_deref().unwrap_or("utf-8"),
        o.tp_name()
    )
}

api! {
    fn PyUnicode_AsDecodedObject(o: P, encoding: *const c_char, errors: *const c_char) -> P {
        let warned = deprecated(o, "PyUnicode_AsDecodedObject", "PyCodec_Decode() to decode from str");
        new(warned.and_then(|()| by_codec(PyCodec_Decode, o, encoding, errors)))
    }
    fn PyUnicode_AsDecodedUnicode(o: P, encoding: *const c_char, errors: *const c_char) -> P {
        let warned = deprecated(o, "PyUnicode_AsDecodedUnicode", "PyCodec_Decode() to decode from str to str");
        new(warned.and_then(|()| by_codec(PyCodec_Decode, o, encoding, errors)).and_then(|v| to_str(v, "decode", encoding)))
    }
    fn PyUnicode_AsEncodedObject(o: P, encoding: *const c_char, errors: *const c_char) -> P {
        let warned = deprecated(o, "PyUnicode_AsEncodedObject", "PyUnicode_AsEncodedString() to encode from str to bytes or PyCodec_Encode() for generic encoding");
        new(warned.and_then(|()| by_codec(PyCodec_Encode, o, encoding, errors)))
    }
    fn PyUnicode_AsEncodedUnicode(o: P, encoding: *const c_char, errors: *const c_char) -> P {
        let warned = deprecated(o, "PyUnicode_AsEncodedUnicode", "PyCodec_Encode() to encode from str to str");
        new(warned.and_then(|()| by_codec(PyCodec_Encode, o, encoding, errors)).and_then(|v| to_str(v, "encode", encoding)))
    }
}
