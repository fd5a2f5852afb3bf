//! `raw_unicode_escape`: Latin-1 with `\uNNNN` and `\UNNNNNNNN`, as pickles use it.

use super::unicode_escape::{Escape, hex, push_hex};
use super::{DecodeErrors, Decoded, Fault};
use crate::kinds::{Builder, Str};
use std::borrow::Cow;

pub fn decode<H: DecodeErrors>(
    input: &[u8],
    last: bool,
    handler: &mut H,
) -> Result<Decoded, H::Error> {
    let mut input = Cow::Borrowed(input);
    let mut out = Builder::with_capacity(input.len());
    let mut at = 0;
    loop {
        let start = memchr::memchr(b'\\', &input[at..]).map_or(input.len(), |step| at + step);
        out.push_latin1(&input[at..start]);
        if start == input.len() {
            return Ok((out.finish(), start));
        }
        at = start + 2;
        let escape = match input.get(start + 1) {
            None if !last => return Ok((out.finish(), start)),
            None => {
                out.push(u32::from('\\'));
                at = start + 1;
                continue;
            }
            Some(b'u') => hex(&input, &mut at, 4, "truncated \\uXXXX escape"),
            Some(b'U') => hex(&input, &mut at, 8, "truncated \\UXXXXXXXX escape"),
            Some(_) => {
                out.push_latin1(&input[start..at]);
                continue;
            }
        };
        let reason = match escape {
            Escape::Code(code) => {
                out.push(code);
                continue;
            }
            Escape::Incomplete(_) if !last => return Ok((out.finish(), start)),
            Escape::Bad(_) if at == start + 10 => "\\Uxxxxxxxx out of range",
            Escape::Incomplete(reason) | Escape::Bad(reason) => reason,
            Escape::Nothing | Escape::Verbatim => continue,
        };
        let fault = Fault {
            encoding: "rawunicodeescape",
            start,
            end: at,
            reason,
        };
        at = handler.resolve(fault, &mut input, &mut out)?;
    }
}

pub fn encode(text: Str<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for code in text.codes() {
        match u8::try_from(code) {
            Ok(byte) => out.push(byte),
            Err(_) => push_hex(code, &mut out),
        }
    }
    out
}
