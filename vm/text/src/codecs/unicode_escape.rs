//! `unicode_escape`: the escapes of string literals, over Latin-1 bytes.

use super::{DecodeErrors, Fault};
use crate::kinds::{Buf, Builder, Str};
use std::borrow::Cow;

/// What decoding gives besides its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unescaped {
    pub text: Buf,
    /// Bytes taken; fewer than given only if more were to follow.
    pub consumed: usize,
    /// The first escape that Python warns of.
    pub invalid: Option<Invalid>,
}

/// An escape that Python accepts with a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// `\c` for a character that makes no escape; its place is the backslash's.
    Character { at: usize, byte: u8 },
    /// `\ooo` above 0o377.
    Octal { at: usize, value: u32 },
}

/// The outcome of one escape.
pub(super) enum Escape {
    Code(u32),
    /// Text that stands for itself, backslash included.
    Verbatim,
    Nothing,
    /// The input ends in it.
    Incomplete(&'static str),
    Bad(&'static str),
}

/// Reads up to `count` hexadecimal digits; the cursor stops at the first other byte.
pub(super) fn hex(input: &[u8], at: &mut usize, count: usize, truncated: &'static str) -> Escape {
    let mut code = 0u32;
    for _ in 0..count {
        let Some(&byte) = input.get(*at) else {
            return Escape::Incomplete(truncated);
        };
        let Some(digit) = (byte as char).to_digit(16) else {
            return Escape::Bad(truncated);
        };
        code = code << 4 | digit;
        *at += 1;
    }
    if code > 0x10_ffff {
        Escape::Bad("illegal Unicode character")
    } else {
        Escape::Code(code)
    }
}

/// Reads `{NAME}`.
fn named(input: &[u8], at: &mut usize, lookup: &mut impl FnMut(&str) -> Option<u32>) -> Escape {
    const MALFORMED: &str = "malformed \\N character escape";
    match input.get(*at) {
        None => return Escape::Incomplete(MALFORMED),
        Some(b'{') => *at += 1,
        Some(_) => return Escape::Bad(MALFORMED),
    }
    let Some(len) = input[*at..].iter().position(|&byte| byte == b'}') else {
        *at = input.len();
        return Escape::Incomplete(MALFORMED);
    };
    if len == 0 {
        return Escape::Bad(MALFORMED);
    }
    let name = &input[*at..*at + len];
    *at += len + 1;
    match std::str::from_utf8(name).ok().and_then(lookup) {
        Some(code) => Escape::Code(code),
        None => Escape::Bad("unknown Unicode character name"),
    }
}

fn octal(input: &[u8], at: &mut usize, first: u8) -> u32 {
    let mut code = u32::from(first - b'0');
    for _ in 0..2 {
        match input.get(*at) {
            Some(&byte @ b'0'..=b'7') => code = code << 3 | u32::from(byte - b'0'),
            _ => break,
        }
        *at += 1;
    }
    code
}

/// Decodes; `lookup` finds a character by its name.
pub fn decode<H: DecodeErrors>(
    input: &[u8],
    last: bool,
    handler: &mut H,
    mut lookup: impl FnMut(&str) -> Option<u32>,
) -> Result<Unescaped, H::Error> {
    let mut input = Cow::Borrowed(input);
    let mut out = Builder::with_capacity(input.len());
    let mut invalid = None;
    let mut at = 0;
    loop {
        let start = memchr::memchr(b'\\', &input[at..]).map_or(input.len(), |step| at + step);
        out.push_latin1(&input[at..start]);
        if start == input.len() {
            return Ok(Unescaped {
                text: out.finish(),
                consumed: start,
                invalid,
            });
        }
        at = start + 1;
        let escape = match input.get(at).copied() {
            None => Escape::Incomplete("\\ at end of string"),
            Some(byte) => {
                at += 1;
                match byte {
                    b'\n' => Escape::Nothing,
                    b'\\' | b'\'' | b'"' => Escape::Code(u32::from(byte)),
                    b'b' => Escape::Code(0x08),
                    b'f' => Escape::Code(0x0c),
                    b't' => Escape::Code(0x09),
                    b'n' => Escape::Code(0x0a),
                    b'r' => Escape::Code(0x0d),
                    b'v' => Escape::Code(0x0b),
                    b'a' => Escape::Code(0x07),
                    b'0'..=b'7' => {
                        let value = octal(&input, &mut at, byte);
                        if value > 0o377 {
                            invalid.get_or_insert(Invalid::Octal { at: start, value });
                        }
                        Escape::Code(value)
                    }
                    b'x' => hex(&input, &mut at, 2, "truncated \\xXX escape"),
                    b'u' => hex(&input, &mut at, 4, "truncated \\uXXXX escape"),
                    b'U' => hex(&input, &mut at, 8, "truncated \\UXXXXXXXX escape"),
                    b'N' => named(&input, &mut at, &mut lookup),
                    _ => {
                        invalid.get_or_insert(Invalid::Character { at: start, byte });
                        Escape::Verbatim
                    }
                }
            }
        };
        let reason = match escape {
            Escape::Code(code) => {
                out.push(code);
                continue;
            }
            Escape::Nothing => continue,
            Escape::Verbatim => {
                out.push_latin1(&input[start..at]);
                continue;
            }
            Escape::Incomplete(_) if !last => {
                return Ok(Unescaped {
                    text: out.finish(),
                    consumed: start,
                    invalid,
                });
            }
            Escape::Incomplete(reason) | Escape::Bad(reason) => reason,
        };
        let fault = Fault {
            encoding: "unicodeescape",
            start,
            end: at,
            reason,
        };
        at = handler.resolve(fault, &mut input, &mut out)?;
    }
}

/// `\xNN`, `\uNNNN` or `\UNNNNNNNN`.
pub(super) fn push_hex(code: u32, out: &mut Vec<u8>) {
    let text = match code {
        0..0x100 => format!("\\x{code:02x}"),
        0x100..0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    };
    out.extend_from_slice(text.as_bytes());
}

pub fn encode(text: Str<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for code in text.codes() {
        match code {
            0x09 => out.extend(b"\\t"),
            0x0a => out.extend(b"\\n"),
            0x0d => out.extend(b"\\r"),
            0x5c => out.extend(b"\\\\"),
            0x20..0x7f => out.push(code as u8),
            _ => push_hex(code, &mut out),
        }
    }
    out
}
