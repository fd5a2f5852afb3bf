//! UTF-7 (RFC 2152): ASCII with shifted runs of base 64 that hold UTF-16.

use super::{DecodeErrors, Decoded, Fault};
use crate::kinds::{Builder, Str};
use std::borrow::Cow;

fn from_base64(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

fn to_base64(value: u32) -> u8 {
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(value & 63) as usize]
}

/// A shifted run in progress.
#[derive(Default)]
struct Shift {
    on: bool,
    bits: u32,
    buffer: u32,
    /// A high surrogate that waits for its other half, or 0.
    high: u32,
    /// Length of the output when the run began.
    out_start: usize,
}

impl Shift {
    fn feed(&mut self, value: u32, out: &mut Builder) {
        self.buffer = self.buffer << 6 | value;
        self.bits += 6;
        if self.bits < 16 {
            return;
        }
        self.bits -= 16;
        let code = self.buffer >> self.bits & 0xffff;
        self.buffer &= (1 << self.bits) - 1;
        if self.high != 0 {
            if (0xdc00..0xe000).contains(&code) {
                out.push(0x1_0000 + ((self.high & 0x3ff) << 10 | code & 0x3ff));
                self.high = 0;
                return;
            }
            out.push(self.high);
            self.high = 0;
        }
        if (0xd800..0xdc00).contains(&code) {
            self.high = code;
        } else {
            out.push(code);
        }
    }

    /// What is wrong with a run that ends here.
    fn leftover(&self) -> Option<&'static str> {
        match self.bits {
            6.. => Some("partial character in shift sequence"),
            1.. if self.buffer != 0 => Some("non-zero padding bits in shift sequence"),
            _ => None,
        }
    }
}

pub fn decode<H: DecodeErrors>(
    input: &[u8],
    last: bool,
    handler: &mut H,
) -> Result<Decoded, H::Error> {
    let mut input = Cow::Borrowed(input);
    let mut out = Builder::with_capacity(input.len());
    let mut shift = Shift::default();
    let (mut at, mut start) = (0, 0);
    loop {
        let reason = match input.get(at).copied() {
            None if !shift.on => return Ok((out.finish(), at)),
            None if !last => {
                out.truncate(shift.out_start);
                return Ok((out.finish(), start));
            }
            None => {
                shift.on = false;
                if shift.high == 0 && shift.leftover().is_none() {
                    return Ok((out.finish(), at));
                }
                "unterminated shift sequence"
            }
            Some(byte) if shift.on => match from_base64(byte) {
                Some(value) => {
                    shift.feed(value, &mut out);
                    at += 1;
                    continue;
                }
                None => {
                    shift.on = false;
                    match shift.leftover() {
                        Some(reason) => {
                            at += 1;
                            reason
                        }
                        None => {
                            if shift.high != 0 && byte.is_ascii() && byte != b'+' {
                                out.push(shift.high);
                            }
                            shift.high = 0;
                            at += usize::from(byte == b'-');
                            continue;
                        }
                    }
                }
            },
            Some(b'+') => {
                start = at;
                at += 1;
                match input.get(at).copied() {
                    Some(b'-') => {
                        out.push(u32::from('+'));
                        at += 1;
                        continue;
                    }
                    Some(byte) if from_base64(byte).is_none() => {
                        at += 1;
                        "ill-formed sequence"
                    }
                    _ => {
                        shift = Shift {
                            on: true,
                            out_start: out.len(),
                            ..Shift::default()
                        };
                        continue;
                    }
                }
            }
            Some(byte) if byte.is_ascii() => {
                out.push(u32::from(byte));
                at += 1;
                continue;
            }
            Some(_) => {
                start = at;
                at += 1;
                "unexpected special character"
            }
        };
        let fault = Fault {
            encoding: "utf7",
            start,
            end: at,
            reason,
        };
        at = handler.resolve(fault, &mut input, &mut out)?;
    }
}

/// Characters that stand for themselves.
fn is_direct(code: u32) -> bool {
    match u8::try_from(code) {
        Ok(byte) => {
            matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'}') && !matches!(byte, b'+' | b'\\')
        }
        Err(_) => false,
    }
}

/// The bits of a run that do not fill a base 64 digit yet.
#[derive(Default)]
struct Pending {
    bits: u32,
    buffer: u32,
}

impl Pending {
    fn put(&mut self, unit: u32, out: &mut Vec<u8>) {
        self.buffer = self.buffer << 16 | unit;
        self.bits += 16;
        while self.bits >= 6 {
            self.bits -= 6;
            out.push(to_base64(self.buffer >> self.bits));
        }
        self.buffer &= (1 << self.bits) - 1;
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        if self.bits > 0 {
            out.push(to_base64(self.buffer << (6 - self.bits)));
        }
        *self = Self::default();
    }
}

pub fn encode(text: Str<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    let (mut shifted, mut pending) = (false, Pending::default());
    for code in text.codes() {
        if is_direct(code) {
            if shifted {
                pending.flush(&mut out);
                shifted = false;
                if from_base64(code as u8).is_some() || code == u32::from('-') {
                    out.push(b'-');
                }
            }
            out.push(code as u8);
            continue;
        }
        if !shifted {
            out.push(b'+');
            if code == u32::from('+') {
                out.push(b'-');
                continue;
            }
            shifted = true;
        }
        if code >= 0x1_0000 {
            pending.put(0xd800 | (code - 0x1_0000) >> 10, &mut out);
            pending.put(0xdc00 | code & 0x3ff, &mut out);
        } else {
            pending.put(code, &mut out);
        }
    }
    pending.flush(&mut out);
    if shifted {
        out.push(b'-');
    }
    out
}
