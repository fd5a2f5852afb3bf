//! `charmap`: single-byte encodings by a table or a mapping of the caller's.

use super::{DecodeErrors, Decoded, EncodeErrors, Fault, Replacement};
use crate::kinds::{Buf, Builder, Str};
use std::borrow::Cow;

const NAME: &str = "charmap";
const UNDEFINED: &str = "character maps to <undefined>";

/// What a byte decodes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromByte {
    Undefined,
    Code(u32),
    Text(Buf),
}

/// What a character encodes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToByte {
    Undefined,
    Byte(u8),
    Bytes(Vec<u8>),
}

/// Decodes by a function, which may fail.
pub fn decode_with<H: DecodeErrors>(
    input: &[u8],
    handler: &mut H,
    mut map: impl FnMut(u8) -> Result<FromByte, H::Error>,
) -> Result<Decoded, H::Error> {
    let mut input = Cow::Borrowed(input);
    let mut out = Builder::with_capacity(input.len());
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        match map(byte)? {
            FromByte::Code(code) => out.push(code),
            FromByte::Text(text) => out.push_str(text.as_str()),
            FromByte::Undefined => {
                let fault = Fault {
                    encoding: NAME,
                    start: at,
                    end: at + 1,
                    reason: UNDEFINED,
                };
                at = handler.resolve(fault, &mut input, &mut out)?;
                continue;
            }
        }
        at += 1;
    }
    Ok((out.finish(), at))
}

/// Decodes by a table of up to 256 characters, where U+FFFE means undefined.
pub fn decode<H: DecodeErrors>(
    input: &[u8],
    table: Str<'_>,
    handler: &mut H,
) -> Result<Decoded, H::Error> {
    decode_with(input, handler, |byte| {
        let byte = usize::from(byte);
        Ok(match (byte < table.len()).then(|| table.at(byte)) {
            None | Some(0xfffe) => FromByte::Undefined,
            Some(code) => FromByte::Code(code),
        })
    })
}

/// Encodes by a function, which may fail.
pub fn encode_with<H: EncodeErrors>(
    text: Str<'_>,
    handler: &mut H,
    mut map: impl FnMut(u32) -> Result<ToByte, H::Error>,
) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if put(map(text.at(at))?, &mut out) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < text.len() && map(text.at(end))? == ToByte::Undefined {
            end += 1;
        }
        let fault = Fault {
            encoding: NAME,
            start: at,
            end,
            reason: UNDEFINED,
        };
        let (replacement, next) = handler.resolve(fault)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend(bytes),
            Replacement::Text(text) => {
                for code in text.as_str().codes() {
                    if !put(map(code)?, &mut out) {
                        return Err(handler.strict(fault));
                    }
                }
            }
        }
        at = next;
    }
    Ok(out)
}

fn put(mapped: ToByte, out: &mut Vec<u8>) -> bool {
    match mapped {
        ToByte::Undefined => return false,
        ToByte::Byte(byte) => out.push(byte),
        ToByte::Bytes(bytes) => out.extend(bytes),
    }
    true
}

/// A decoding table turned around: `codecs.charmap_build`.
#[derive(Clone, Debug)]
pub struct EncodingMap {
    /// Sorted by character.
    entries: Vec<(u32, u8)>,
}

impl EncodingMap {
    /// From a table as `decode` takes it; of equal characters the last wins.
    pub fn new(table: Str<'_>) -> Self {
        let codes = table.codes().take(256).enumerate();
        let mut entries: Vec<_> = codes
            .filter(|&(_, code)| code != 0xfffe)
            .map(|(byte, code)| (code, byte as u8))
            .rev()
            .collect();
        entries.sort_by_key(|entry| entry.0);
        entries.dedup_by_key(|entry| entry.0);
        Self { entries }
    }

    pub fn get(&self, code: u32) -> ToByte {
        match self.entries.binary_search_by_key(&code, |entry| entry.0) {
            Ok(at) => ToByte::Byte(self.entries[at].1),
            Err(_) => ToByte::Undefined,
        }
    }
}

pub fn encode<H: EncodeErrors>(
    text: Str<'_>,
    map: &EncodingMap,
    handler: &mut H,
) -> Result<Vec<u8>, H::Error> {
    encode_with(text, handler, |code| Ok(map.get(code)))
}
