//! Encodings: bytes to text and back, stateful where a stream may end in mid-character.
//!
//! Invariant: what cannot be converted is never decided here. A `Fault`, with CPython's range and
//! reason, goes to the caller's error handler, which supplies a replacement and the place to go
//! on from. `errors` has the built-in handlers. Serves `str`, `bytes`, `io` and `_codecs`.

pub mod bytes_escape;
pub mod charmap;
pub mod errors;
pub mod raw_unicode_escape;
pub mod single;
pub mod unicode_escape;
pub mod utf16;
pub mod utf32;
pub mod utf7;
pub mod utf8;

use crate::kinds::{Buf, Builder, Str};
use std::borrow::Cow;

/// What a UnicodeDecodeError or UnicodeEncodeError says, save for its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub encoding: &'static str,
    pub start: usize,
    pub end: usize,
    pub reason: &'static str,
}

/// A decoder's error handler.
pub trait DecodeErrors {
    type Error;

    /// Appends a replacement and returns where in the input to go on, at most its length. The
    /// handler may change the input, as Python's may.
    fn resolve(
        &mut self,
        fault: Fault,
        input: &mut Cow<'_, [u8]>,
        out: &mut Builder,
    ) -> Result<usize, Self::Error>;
}

/// What an encoder's error handler puts in place of the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// To be encoded in turn, without further help.
    Text(Buf),
    /// Already encoded.
    Bytes(Vec<u8>),
}

/// An encoder's error handler.
pub trait EncodeErrors {
    type Error;

    /// The replacement, and where in the text to go on, at most its length.
    fn resolve(&mut self, fault: Fault) -> Result<(Replacement, usize), Self::Error>;

    /// The error to raise when the replacement cannot be encoded either.
    fn strict(&mut self, fault: Fault) -> Self::Error;
}

/// Decoded text and the number of bytes it took; fewer than given only if more were to follow.
pub type Decoded = (Buf, usize);

/// Byte order of UTF-16 and UTF-32; `Native` reads or writes a byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    Little,
    Native,
    Big,
}

/// Asks the handler, and encodes a text replacement one ASCII character at a time.
fn replace_ascii<H: EncodeErrors>(
    fault: Fault,
    unit: usize,
    handler: &mut H,
    out: &mut Vec<u8>,
    mut put: impl FnMut(u8, &mut Vec<u8>),
) -> Result<usize, H::Error> {
    let (replacement, next) = handler.resolve(fault)?;
    match replacement {
        Replacement::Bytes(bytes) if bytes.len() % unit == 0 => out.extend(bytes),
        Replacement::Text(text) if text.as_str().is_ascii() => {
            text.as_str().codes().for_each(|code| put(code as u8, out));
        }
        _ => return Err(handler.strict(fault)),
    }
    Ok(next)
}

/// The end of the run of characters from `start` on that satisfy a condition.
fn run_end(text: Str<'_>, start: usize, condition: impl Fn(u32) -> bool) -> usize {
    (start..text.len())
        .find(|&at| !condition(text.at(at)))
        .unwrap_or(text.len())
}

fn is_surrogate(code: u32) -> bool {
    (0xd800..0xe000).contains(&code)
}
