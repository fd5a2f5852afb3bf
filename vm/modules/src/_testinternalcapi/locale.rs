//! Text of the locale's encoding, which is UTF-8, as bytes and back.

use vm::codecs;
use vm::types::bytes::build::slice_of;

use crate::prelude::*;

/// The value and the error handler, which must be one that names from the operating system need.
fn arguments<'a>(given: &[&'a Obj]) -> Result<(&'a Obj, String)> {
    args::expect("function", given, 1..=3)?;
    let errors = given
        .get(2)
        .map_or_else(|| "strict".to_owned(), |e| str_lossy(e));
    match errors.as_str() {
        "strict" | "surrogateescape" => Ok((given[0], errors)),
        _ => raise!(ValueError, "unsupported error handler"),
    }
}

/// A `UnicodeError` as the error of the function that C's start-up uses.
fn plain(result: Result, verb: &str) -> Result {
    result.or_else(|raised| {
        if !err::matches(&exc::UnicodeError) {
            return Err(raised);
        }
        let at = err::take().map_or(Ok(0), |e| {
            args::to_isize(&*proto::getattr_str(&e, "start")?)
        })?;
        raise!(
            RuntimeError,
            "{verb}e error: pos={at}, reason={verb}ing error"
        )
    })
}

pub(super) fn encode(_: &Obj, given: &[&Obj]) -> Result {
    let (text, errors) = arguments(given)?;
    let Some(text) = text.downcast::<PyUnicodeObject>() else {
        return raise!(TypeError, "argument 1 must be str, not {}", text.tp_name());
    };
    plain(codecs::encode_to_bytes(text, None, Some(&errors)), "encod")
}

pub(super) fn decode(_: &Obj, given: &[&Obj]) -> Result {
    let (bytes, errors) = arguments(given)?;
    let Some(bytes) = slice_of(bytes) else {
        return raise!(
            TypeError,
            "argument 1 must be bytes, not {}",
            bytes.tp_name()
        );
    };
    plain(codecs::decode_utf8(bytes, Some(&errors)), "decod")
}
