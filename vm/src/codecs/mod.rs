//! Encodings: the registry of codecs and of error handlers, and the codecs that are native.
//!
//! The common encodings are recognised by name and run without the registry, as CPython has it; everything else goes
//! through search functions, of which the `encodings` package registers the first. What a codec can't convert goes to an
//! error handler: the well-known names are handled natively, others are called with an exception (`errors`).

pub mod charmap;
pub mod errors;
pub mod handlers;
pub mod native;
pub mod registry;

use layout::{PyByteArrayObject, PyBytesObject, PyUnicodeObject};

pub use native::{Codec, decode_native, encode_native};

use crate::err::{Result, exc, raise};
use crate::object::*;
use crate::types::bytearray::ByteArrayExt;
use crate::types::str_::{self, StrData, StrExt};
use crate::types::{bytes, memoryview};

/// In development mode, raises `LookupError` for unknown names even where nothing has to be converted.
fn check_names(encoding: Option<&str>, errors: Option<&str>) -> Result<()> {
    if !crate::runtime::config().dev_mode {
        return Ok(());
    }
    if let Some(encoding) = encoding.filter(|&e| e != "utf-8") {
        registry::lookup(encoding)?;
    }
    if let Some(errors) = errors {
        handlers::lookup(errors)?;
    }
    Ok(())
}

/// `s.encode(encoding, errors)`: always a `bytes`.
pub fn encode_to_bytes(
    s: &PyUnicodeObject,
    encoding: Option<&str>,
    errors: Option<&str>,
) -> Result {
    check_names(encoding, errors)?;
    let encoding = encoding.unwrap_or("utf-8");
    if let Some(codec) = Codec::from_name(encoding) {
        return encode_native(codec, s, errors);
    }
    let result = registry::encode_text(s.as_obj(), encoding, errors)?;
    if result.is::<PyBytesObject>() {
        return Ok(result);
    }
    if let Some(array) = result.downcast::<PyByteArrayObject>() {
        crate::warn::warn(
            &exc::RuntimeWarning,
            1,
            &format!(
                "encoder {encoding} returned bytearray instead of bytes; use codecs.encode() to encode to arbitrary types"
            ),
        )?;
        return Ok(bytes::try_new(array.as_slice())?.into_obj());
    }
    raise!(
        TypeError,
        "'{encoding:.400}' encoder returned '{:.400}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
        result.tp_name()
    )
}

/// `bytes.decode(encoding, errors)`: always a `str`.
pub fn decode_bytes(input: &[u8], encoding: Option<&str>, errors: Option<&str>) -> Result {
    check_names(encoding, errors)?;
    if input.is_empty() {
        return Ok(str_::empty().into_obj());
    }
    let encoding = encoding.unwrap_or("utf-8");
    if let Some(codec) = Codec::from_name(encoding) {
        return Ok(decode_native(codec, input, errors, true)?.0);
    }
    let view = memoryview::from_object(bytes::try_new(input)?.as_obj())?;
    let result = registry::decode_text(view.as_obj(), encoding, errors)?;
    if result.is::<PyUnicodeObject>() {
        return Ok(result);
    }
    raise!(
        TypeError,
        "'{encoding:.400}' decoder returned '{:.400}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
        result.tp_name()
    )
}

/// The bytes of an ASCII string, or UnicodeEncodeError.
pub fn encode_ascii_strict(s: &PyUnicodeObject) -> Result<Vec<u8>> {
    if let (true, StrData::Latin1(ascii)) = (s.is_ascii(), s.data()) {
        return Ok(ascii.to_vec());
    }
    encode_native(Codec::Ascii, s, None).map(|_| Vec::new())
}

/// UTF-8 to text, with errors as `errors` names them.
pub fn decode_utf8(input: &[u8], errors: Option<&str>) -> Result {
    if let Ok(text) = core::str::from_utf8(input) {
        return Ok(str_::new(text).into_obj());
    }
    Ok(decode_native(Codec::Utf8, input, errors, true)?.0)
}

/// A file name from the operating system: UTF-8, with other bytes as lone surrogates.
pub fn fs_decode(name: &[u8]) -> Result {
    decode_utf8(name, Some("surrogateescape"))
}

/// A file name for the operating system, as `fs_decode` made it.
pub fn fs_encode(name: &PyUnicodeObject) -> Result<Vec<u8>> {
    if let Some(text) = name.try_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let encoded = encode_native(Codec::Utf8, name, Some("surrogateescape"))?;
    Ok(bytes::build::slice_of(&encoded).unwrap_or(&[]).to_vec())
}
