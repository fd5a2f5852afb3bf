//! UTF-8. The standard library's validator finds the same maximal ill-formed ranges as CPython.

use super::{DecodeErrors, Decoded, EncodeErrors, Fault, is_surrogate, replace_ascii, run_end};
use crate::kinds::{Builder, Char, Str};
use std::borrow::Cow;

const NAME: &str = "utf-8";

pub fn decode<H: DecodeErrors>(
    input: &[u8],
    last: bool,
    handler: &mut H,
) -> Result<Decoded, H::Error> {
    let mut out = Builder::with_capacity(input.len());
    let mut input = Cow::Borrowed(input);
    let mut at = 0;
    loop {
        let error = match std::str::from_utf8(&input[at..]) {
            Ok(text) => {
                out.push_utf8(text);
                return Ok((out.finish(), input.len()));
            }
            Err(error) => error,
        };
        let valid = at + error.valid_up_to();
        // Validated a moment ago, so nothing is lost.
        out.push_utf8(std::str::from_utf8(&input[at..valid]).unwrap_or_default());
        let (end, reason) = match error.error_len() {
            None if !last => return Ok((out.finish(), valid)),
            // A surrogate, which the handler may accept once it is whole.
            Some(_) if !last && matches!(input[valid..], [0xed, 0xa0..=0xbf]) => {
                return Ok((out.finish(), valid));
            }
            None => (input.len(), "unexpected end of data"),
            Some(len) if is_start(input[valid]) => (valid + len, "invalid continuation byte"),
            Some(len) => (valid + len, "invalid start byte"),
        };
        let fault = Fault {
            encoding: NAME,
            start: valid,
            end,
            reason,
        };
        at = handler.resolve(fault, &mut input, &mut out)?;
    }
}

fn is_start(byte: u8) -> bool {
    matches!(byte, 0xc2..=0xf4)
}

/// Appends the encoding of a surrogate.
pub(super) fn push_surrogate(code: u32, out: &mut Vec<u8>) {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
    out.extend([0xe0 | (code >> 12) as u8, tail(6), tail(0)]);
}

pub fn encode<H: EncodeErrors>(text: Str<'_>, handler: &mut H) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    loop {
        let stopped = crate::each_kind!(text, units => encode_valid(&units[at..], &mut out));
        let Some(step) = stopped else { return Ok(out) };
        let start = at + step;
        let end = run_end(text, start, is_surrogate);
        let fault = Fault {
            encoding: NAME,
            start,
            end,
            reason: "surrogates not allowed",
        };
        at = replace_ascii(fault, 1, handler, &mut out, |byte, out| out.push(byte))?;
    }
}

/// Encodes up to the first surrogate, and returns its place.
fn encode_valid<C: Char>(units: &[C], out: &mut Vec<u8>) -> Option<usize> {
    if let Str::Latin1(bytes) = C::view(units)
        && bytes.is_ascii()
    {
        out.extend_from_slice(bytes);
        return None;
    }
    // Room for the longest encoding, written by index: pushes would check for room each time.
    let start = out.len();
    out.resize(start + units.len() * longest::<C>(), 0);
    let (mut end, mut stopped) = (start, None);
    for (at, unit) in units.iter().enumerate() {
        let code = unit.code();
        if is_surrogate(code) {
            stopped = Some(at);
            break;
        }
        let tail = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
        if code < 0x80 {
            out[end] = code as u8;
            end += 1;
        } else if code < 0x800 {
            out[end..end + 2].copy_from_slice(&[0xc0 | (code >> 6) as u8, tail(0)]);
            end += 2;
        } else if code < 0x1_0000 {
            out[end..end + 3].copy_from_slice(&[0xe0 | (code >> 12) as u8, tail(6), tail(0)]);
            end += 3;
        } else {
            out[end..end + 4].copy_from_slice(&[
                0xf0 | (code >> 18) as u8,
                tail(12),
                tail(6),
                tail(0),
            ]);
            end += 4;
        }
    }
    out.truncate(end);
    stopped
}

/// Bytes that a character of a kind may take.
fn longest<C: Char>() -> usize {
    match C::MAX {
        0xff => 2,
        0xffff => 3,
        _ => 4,
    }
}
