//! ASCII and Latin-1: one byte a character.

use super::{DecodeErrors, Decoded, EncodeErrors, Fault, Replacement, run_end};
use crate::kinds::{Buf, Builder, Str};
use std::borrow::Cow;

struct Single {
    name: &'static str,
    limit: u32,
    reason: &'static str,
}

const ASCII: Single = Single {
    name: "ascii",
    limit: 0x80,
    reason: "ordinal not in range(128)",
};
const LATIN_1: Single = Single {
    name: "latin-1",
    limit: 0x100,
    reason: "ordinal not in range(256)",
};

pub fn decode_latin1(input: &[u8]) -> Buf {
    Buf::Latin1(input.to_vec())
}

pub fn decode_ascii<H: DecodeErrors>(input: &[u8], handler: &mut H) -> Result<Decoded, H::Error> {
    let mut out = Builder::with_capacity(input.len());
    let mut input = Cow::Borrowed(input);
    let mut at = 0;
    loop {
        let valid = input[at..]
            .iter()
            .position(|byte| !byte.is_ascii())
            .map_or(input.len(), |step| at + step);
        out.push_latin1(&input[at..valid]);
        if valid == input.len() {
            return Ok((out.finish(), valid));
        }
        let fault = Fault {
            encoding: ASCII.name,
            start: valid,
            end: valid + 1,
            reason: ASCII.reason,
        };
        at = handler.resolve(fault, &mut input, &mut out)?;
    }
}

pub fn encode_ascii<H: EncodeErrors>(text: Str<'_>, handler: &mut H) -> Result<Vec<u8>, H::Error> {
    encode(&ASCII, text, handler)
}

pub fn encode_latin1<H: EncodeErrors>(text: Str<'_>, handler: &mut H) -> Result<Vec<u8>, H::Error> {
    encode(&LATIN_1, text, handler)
}

fn encode<H: EncodeErrors>(
    codec: &Single,
    text: Str<'_>,
    handler: &mut H,
) -> Result<Vec<u8>, H::Error> {
    if let Str::Latin1(units) = text
        && (codec.limit == 0x100 || units.is_ascii())
    {
        return Ok(units.to_vec());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let code = text.at(at);
        if code < codec.limit {
            out.push(code as u8);
            at += 1;
            continue;
        }
        let end = run_end(text, at, |code| code >= codec.limit);
        let fault = Fault {
            encoding: codec.name,
            start: at,
            end,
            reason: codec.reason,
        };
        let (replacement, next) = handler.resolve(fault)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend(bytes),
            Replacement::Text(text) if text.as_str().codes().all(|code| code < codec.limit) => {
                out.extend(text.as_str().codes().map(|code| code as u8));
            }
            Replacement::Text(_) => return Err(handler.strict(fault)),
        }
        at = next;
    }
    Ok(out)
}
