//! UTF-32 in either byte order.

use super::{ByteOrder, DecodeErrors, EncodeErrors, Fault, is_surrogate, replace_ascii};
use crate::kinds::{Buf, Builder, Str};
use std::borrow::Cow;

/// Text, bytes taken, and the byte order that a mark has set.
pub fn decode<H: DecodeErrors>(
    input: &[u8],
    order: ByteOrder,
    last: bool,
    handler: &mut H,
) -> Result<(Buf, usize, ByteOrder), H::Error> {
    let (mut at, mut order) = (0, order);
    if order == ByteOrder::Native {
        (at, order) = match input {
            [0xff, 0xfe, 0, 0, ..] => (4, ByteOrder::Little),
            [0, 0, 0xfe, 0xff, ..] => (4, ByteOrder::Big),
            _ => (0, order),
        };
    }
    let big = order == ByteOrder::Big;
    let encoding = if big { "utf-32-be" } else { "utf-32-le" };
    let mut input = Cow::Borrowed(input);
    let mut out = Builder::with_capacity(input.len() / 4);
    loop {
        let (end, reason) = match input[at..].first_chunk::<4>() {
            None if at == input.len() || !last => return Ok((out.finish(), at, order)),
            None => (input.len(), "truncated data"),
            Some(&bytes) => match if big {
                u32::from_be_bytes(bytes)
            } else {
                u32::from_le_bytes(bytes)
            } {
                0x11_0000.. => (at + 4, "code point not in range(0x110000)"),
                code if is_surrogate(code) => (
                    at + 4,
                    "code point in surrogate code point range(0xd800, 0xe000)",
                ),
                code => {
                    out.push(code);
                    at += 4;
                    continue;
                }
            },
        };
        let fault = Fault {
            encoding,
            start: at,
            end,
            reason,
        };
        at = handler.resolve(fault, &mut input, &mut out)?;
    }
}

pub fn encode<H: EncodeErrors>(
    text: Str<'_>,
    order: ByteOrder,
    handler: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let encoding = match order {
        ByteOrder::Little => "utf-32-le",
        ByteOrder::Native => "utf-32",
        ByteOrder::Big => "utf-32-be",
    };
    let big = order == ByteOrder::Big;
    let put = |code: u32, out: &mut Vec<u8>| {
        out.extend(if big {
            code.to_be_bytes()
        } else {
            code.to_le_bytes()
        })
    };
    let mut out = Vec::with_capacity(4 * text.len() + 4);
    if order == ByteOrder::Native {
        put(0xfeff, &mut out);
    }
    let mut at = 0;
    while at < text.len() {
        let code = text.at(at);
        if is_surrogate(code) {
            let fault = Fault {
                encoding,
                start: at,
                end: at + 1,
                reason: "surrogates not allowed",
            };
            at = replace_ascii(fault, 4, handler, &mut out, |byte, out| {
                put(u32::from(byte), out)
            })?;
            continue;
        }
        put(code, &mut out);
        at += 1;
    }
    Ok(out)
}
