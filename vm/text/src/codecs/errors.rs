//! The error handlers that Python comes with, as functions from a fault to its replacement.
//!
//! `None` means that the handler does not help, and the fault is to be raised. Serves codecs,
//! when a handler is known by name, and the functions that `codecs.lookup_error` returns.

use super::utf8;
use super::{DecodeErrors, EncodeErrors, Fault, Replacement, is_surrogate};
use crate::kinds::{Buf, Builder, Str};
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    Strict,
    Ignore,
    Replace,
    BackslashReplace,
    XmlCharRefReplace,
    NameReplace,
    SurrogateEscape,
    SurrogatePass,
}

/// An encoding that can hold surrogates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wide {
    Utf8,
    Utf16 { big: bool },
    Utf32 { big: bool },
}

impl Wide {
    /// By a name such as `UTF_16-BE`; without byte order, the machine's.
    fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        if name == "cp-utf8" {
            return Some(Self::Utf8);
        }
        let rest = name.strip_prefix("utf")?;
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        if rest == "8" {
            return Some(Self::Utf8);
        }
        let (wide, order) = rest.split_at_checked(2)?;
        let big = match order {
            "" | "le" | "-le" => false,
            "be" | "-be" => true,
            _ => return None,
        };
        match wide {
            "16" => Some(Self::Utf16 { big }),
            "32" => Some(Self::Utf32 { big }),
            _ => None,
        }
    }

    /// The surrogate at the start of some bytes, and its length.
    fn surrogate(self, bytes: &[u8]) -> Option<(u32, usize)> {
        let (code, len) = match (self, bytes) {
            (Self::Utf8, &[a, b, c, ..])
                if a & 0xf0 == 0xe0 && b & 0xc0 == 0x80 && c & 0xc0 == 0x80 =>
            {
                (
                    u32::from(a & 15) << 12 | u32::from(b & 63) << 6 | u32::from(c & 63),
                    3,
                )
            }
            (Self::Utf16 { big }, &[a, b, ..]) => {
                let unit = if big {
                    u16::from_be_bytes([a, b])
                } else {
                    u16::from_le_bytes([a, b])
                };
                (u32::from(unit), 2)
            }
            (Self::Utf32 { big }, &[a, b, c, d, ..]) => {
                let unit = [a, b, c, d];
                (
                    if big {
                        u32::from_be_bytes(unit)
                    } else {
                        u32::from_le_bytes(unit)
                    },
                    4,
                )
            }
            _ => return None,
        };
        is_surrogate(code).then_some((code, len))
    }

    fn push(self, code: u32, out: &mut Vec<u8>) {
        match self {
            Self::Utf8 => utf8::push_surrogate(code, out),
            Self::Utf16 { big: false } => out.extend((code as u16).to_le_bytes()),
            Self::Utf16 { big: true } => out.extend((code as u16).to_be_bytes()),
            Self::Utf32 { big: false } => out.extend(code.to_le_bytes()),
            Self::Utf32 { big: true } => out.extend(code.to_be_bytes()),
        }
    }
}

impl Errors {
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "strict" => Self::Strict,
            "ignore" => Self::Ignore,
            "replace" => Self::Replace,
            "backslashreplace" => Self::BackslashReplace,
            "xmlcharrefreplace" => Self::XmlCharRefReplace,
            "namereplace" => Self::NameReplace,
            "surrogateescape" => Self::SurrogateEscape,
            "surrogatepass" => Self::SurrogatePass,
            _ => return None,
        })
    }

    /// The replacement for a decoder's fault, and where to go on.
    pub fn decode(self, fault: &Fault, input: &[u8]) -> Option<(Buf, usize)> {
        self.decode_range(fault.encoding, fault.start, fault.end, input)
    }

    /// `decode` for an encoding known by any name.
    pub fn decode_range(
        self,
        encoding: &str,
        start: usize,
        end: usize,
        input: &[u8],
    ) -> Option<(Buf, usize)> {
        let bad = input.get(start..end)?;
        match self {
            Self::Ignore => Some((Buf::default(), end)),
            Self::Replace => Some((Buf::Ucs2(vec![0xfffd]), end)),
            Self::BackslashReplace => {
                let text: String = bad.iter().map(|byte| format!("\\x{byte:02x}")).collect();
                Some((Buf::Latin1(text.into_bytes()), end))
            }
            Self::SurrogateEscape => {
                let escaped: Vec<u16> = bad
                    .iter()
                    .take(4)
                    .take_while(|byte| !byte.is_ascii())
                    .map(|&byte| 0xdc00 | u16::from(byte))
                    .collect();
                let next = start + escaped.len();
                (next > start).then_some((Buf::Ucs2(escaped), next))
            }
            Self::SurrogatePass => {
                let (code, len) = Wide::from_name(encoding)?.surrogate(&input[start..])?;
                Some((Buf::Ucs2(vec![code as u16]), start + len))
            }
            Self::Strict | Self::XmlCharRefReplace | Self::NameReplace => None,
        }
    }

    /// The replacement for an encoder's fault, and where to go on. `name` gives the names of
    /// characters.
    pub fn encode(
        self,
        fault: &Fault,
        text: Str<'_>,
        name: impl Fn(u32) -> Option<String>,
    ) -> Option<(Replacement, usize)> {
        let mut end = fault.end;
        // These codecs take as many surrogates as they can before they report the rest.
        if self == Self::SurrogateEscape && fault.encoding != "charmap" {
            let escaped = |at: &usize| (0xdc80..0xdd00).contains(&text.at(*at));
            end = fault.start + (fault.start..fault.end).take_while(escaped).count();
            if end == fault.start {
                return None;
            }
        }
        let replacement = self.encode_range(fault.encoding, text.slice(fault.start..end), name)?;
        Some((replacement, end))
    }

    /// The replacement for characters that could not be encoded.
    pub fn encode_range(
        self,
        encoding: &str,
        bad: Str<'_>,
        name: impl Fn(u32) -> Option<String>,
    ) -> Option<Replacement> {
        let mut out = Vec::new();
        match self {
            Self::Strict => return None,
            Self::Ignore => {}
            Self::Replace => out.resize(bad.len(), b'?'),
            Self::BackslashReplace => bad.codes().for_each(|code| push_escape(code, &mut out)),
            Self::XmlCharRefReplace => {
                bad.codes()
                    .for_each(|code| out.extend_from_slice(format!("&#{code};").as_bytes()));
            }
            Self::NameReplace => bad.codes().for_each(|code| match name(code) {
                Some(name) => out.extend_from_slice(format!("\\N{{{name}}}").as_bytes()),
                None => push_escape(code, &mut out),
            }),
            Self::SurrogateEscape => {
                for code in bad.codes() {
                    out.push(
                        u8::try_from(code.wrapping_sub(0xdc00))
                            .ok()
                            .filter(|byte| !byte.is_ascii())?,
                    );
                }
                return Some(Replacement::Bytes(out));
            }
            Self::SurrogatePass => {
                let wide = Wide::from_name(encoding)?;
                for code in bad.codes() {
                    if !is_surrogate(code) {
                        return None;
                    }
                    wide.push(code, &mut out);
                }
                return Some(Replacement::Bytes(out));
            }
        }
        Some(Replacement::Text(Buf::Latin1(out)))
    }

    /// `str.translate`'s and `UnicodeTranslateError`'s replacement.
    pub fn translate_range(self, bad: Str<'_>) -> Option<Buf> {
        match self {
            Self::Replace => {
                let mut out = Builder::default();
                out.push_repeated(0xfffd, bad.len());
                Some(out.finish())
            }
            _ => match self.encode_range("", bad, |_| None)? {
                Replacement::Text(text) => Some(text),
                Replacement::Bytes(_) => None,
            },
        }
    }
}

fn push_escape(code: u32, out: &mut Vec<u8>) {
    super::unicode_escape::push_hex(code, out);
}

/// A decoder's handler that knows no others; it fails with the fault.
#[derive(Clone, Copy, Debug)]
pub struct Known(pub Errors);

impl DecodeErrors for Known {
    type Error = Fault;

    fn resolve(
        &mut self,
        fault: Fault,
        input: &mut Cow<'_, [u8]>,
        out: &mut Builder,
    ) -> Result<usize, Fault> {
        let (text, next) = self.0.decode(&fault, input).ok_or(fault)?;
        out.push_str(text.as_str());
        Ok(next)
    }
}

/// The same for the encoder of a text.
#[derive(Clone, Copy, Debug)]
pub struct KnownFor<'a>(pub Errors, pub Str<'a>);

impl EncodeErrors for KnownFor<'_> {
    type Error = Fault;

    fn resolve(&mut self, fault: Fault) -> Result<(Replacement, usize), Fault> {
        self.0.encode(&fault, self.1, |_| None).ok_or(fault)
    }

    fn strict(&mut self, fault: Fault) -> Fault {
        fault
    }
}
