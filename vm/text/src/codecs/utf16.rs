//! UTF-16 in either byte order.

use super::{ByteOrder, DecodeErrors, EncodeErrors, Fault, is_surrogate, replace_ascii};
use crate::kinds::{Buf, Builder, Str};
use std::borrow::Cow;

fn unit(bytes: [u8; 2], big: bool) -> u32 {
    u32::from(if big {
        u16::from_be_bytes(bytes)
    } else {
        u16::from_le_bytes(bytes)
    })
}

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
            [0xff, 0xfe, ..] => (2, ByteOrder::Little),
            [0xfe, 0xff, ..] => (2, ByteOrder::Big),
            _ => (0, order),
        };
    }
    let big = order == ByteOrder::Big;
    let encoding = if big { "utf-16-be" } else { "utf-16-le" };
    let mut input = Cow::Borrowed(input);
    let mut out = Builder::with_capacity(input.len() / 2);
    loop {
        let rest = &input[at..];
        let (end, reason) = match *rest {
            [] => return Ok((out.finish(), at, order)),
            [_] if !last => return Ok((out.finish(), at, order)),
            [_] => (at + 1, "truncated data"),
            [a, b, ref rest @ ..] => match unit([a, b], big) {
                high @ 0xd800..0xdc00 => match *rest {
                    [] | [_] if !last => return Ok((out.finish(), at, order)),
                    [] | [_] => (input.len(), "unexpected end of data"),
                    [c, d, ..] => match unit([c, d], big) {
                        low @ 0xdc00..0xe000 => {
                            out.push(0x1_0000 + ((high & 0x3ff) << 10 | low & 0x3ff));
                            at += 4;
                            continue;
                        }
                        _ => (at + 2, "illegal UTF-16 surrogate"),
                    },
                },
                0xdc00..0xe000 => (at + 2, "illegal encoding"),
                code => {
                    out.push(code);
                    at += 2;
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
        ByteOrder::Little => "utf-16-le",
        ByteOrder::Native => "utf-16",
        ByteOrder::Big => "utf-16-be",
    };
    let big = order == ByteOrder::Big;
    let put = |unit: u16, out: &mut Vec<u8>| {
        out.extend(if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        })
    };
    let mut out = Vec::with_capacity(2 * text.len() + 2);
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
            at = replace_ascii(fault, 2, handler, &mut out, |byte, out| {
                put(u16::from(byte), out)
            })?;
            continue;
        }
        if code < 0x1_0000 {
            put(code as u16, &mut out);
        } else {
            put(0xd800 | ((code - 0x1_0000) >> 10) as u16, &mut out);
            put(0xdc00 | (code & 0x3ff) as u16, &mut out);
        }
        at += 1;
    }
    Ok(out)
}
