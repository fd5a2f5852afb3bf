//! The codecs that need no registry: their names, and how the `text` crate's algorithms run with Python's error handlers.

use layout::PyUnicodeObject;
use text::Buf;
use text::codecs::unicode_escape::{Invalid, Unescaped};
use text::codecs::{
    ByteOrder, raw_unicode_escape, single, unicode_escape, utf7, utf8, utf16, utf32,
};

use super::errors::{Decoding, Encoding};
use crate::err::{Result, exc};
use crate::object::*;
use crate::types::bytes;
use crate::types::str_::{self, StrData, StrExt};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    Utf8,
    Utf7,
    Utf16(ByteOrder),
    Utf32(ByteOrder),
    Ascii,
    Latin1,
    UnicodeEscape,
    RawUnicodeEscape,
}

/// Lower case, and one underscore for each run of other characters than letters, digits and dots.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            out.push(c.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

impl Codec {
    /// The codec of an encoding so common that the registry is not asked.
    pub fn from_name(name: &str) -> Option<Codec> {
        if name == "utf-8" {
            return Some(Codec::Utf8);
        }
        if name.len() > 16 {
            return None;
        }
        let name = normalize(name);
        Some(match &name[..] {
            "utf8" | "utf_8" => Codec::Utf8,
            "utf16" | "utf_16" => Codec::Utf16(ByteOrder::Native),
            "utf32" | "utf_32" => Codec::Utf32(ByteOrder::Native),
            "ascii" | "us_ascii" => Codec::Ascii,
            "latin1" | "latin_1" | "iso_8859_1" | "iso8859_1" => Codec::Latin1,
            _ => return None,
        })
    }
}

/// The bytes of a string in a native encoding.
pub fn encode_native(codec: Codec, s: &PyUnicodeObject, errors: Option<&str>) -> Result {
    if let (true, StrData::Latin1(ascii), Codec::Utf8 | Codec::Ascii | Codec::Latin1) =
        (s.is_ascii(), s.data(), codec)
    {
        return Ok(bytes::try_new(ascii)?.into_obj());
    }
    if codec == Codec::Utf8
        && let Some(utf8) = s.try_str()
    {
        return Ok(bytes::try_new(utf8.as_bytes())?.into_obj());
    }
    let mut handler = Encoding::new(s, errors);
    let data = s.data();
    let encoded = match codec {
        Codec::Utf8 => utf8::encode(data, &mut handler)?,
        Codec::Utf7 => utf7::encode(data),
        Codec::Utf16(order) => utf16::encode(data, order, &mut handler)?,
        Codec::Utf32(order) => utf32::encode(data, order, &mut handler)?,
        Codec::Ascii => single::encode_ascii(data, &mut handler)?,
        Codec::Latin1 => single::encode_latin1(data, &mut handler)?,
        Codec::UnicodeEscape => unicode_escape::encode(data),
        Codec::RawUnicodeEscape => raw_unicode_escape::encode(data),
    };
    Ok(bytes::try_new(&encoded)?.into_obj())
}

/// Text, the number of bytes taken, and the byte order that a mark has set.
pub fn decode_native(
    codec: Codec,
    input: &[u8],
    errors: Option<&str>,
    last: bool,
) -> Result<(Ref, usize, ByteOrder)> {
    if codec == Codec::Latin1 {
        return Ok((
            str_::try_from_data(StrData::Latin1(input))?.into_obj(),
            input.len(),
            ByteOrder::Native,
        ));
    }
    let mut handler = Decoding::new(input, errors);
    let plain = |(text, taken): (Buf, usize)| (text, taken, ByteOrder::Native);
    let (text, taken, order) = match codec {
        Codec::Utf8 => plain(utf8::decode(input, last, &mut handler)?),
        Codec::Utf7 => plain(utf7::decode(input, last, &mut handler)?),
        Codec::Utf16(order) => utf16::decode(input, order, last, &mut handler)?,
        Codec::Utf32(order) => utf32::decode(input, order, last, &mut handler)?,
        Codec::Ascii => plain(single::decode_ascii(input, &mut handler)?),
        Codec::Latin1 => plain((single::decode_latin1(input), input.len())),
        Codec::RawUnicodeEscape => plain(raw_unicode_escape::decode(input, last, &mut handler)?),
        Codec::UnicodeEscape => {
            let Unescaped {
                text,
                consumed,
                invalid,
            } = unicode_escape::decode(input, last, &mut handler, text::names::lookup)?;
            if let Some(invalid) = invalid {
                warn_invalid(&invalid, "")?;
            }
            plain((text, consumed))
        }
    };
    Ok((str_::from_buf(&text)?.into_obj(), taken, order))
}

/// Warns of an escape that is accepted but means nothing; `prefix` is `b` for bytes.
pub fn warn_invalid(invalid: &Invalid, prefix: &str) -> Result<()> {
    let (escape, kind) = match invalid {
        Invalid::Character { byte, .. } => (format!("\\{}", *byte as char), ""),
        Invalid::Octal { value, .. } => (format!("\\{value:o}"), "octal "),
    };
    let message = format!(
        "{prefix}\"{escape}\" is an invalid {kind}escape sequence. Such sequences will not work in the future. "
    );
    crate::warn::warn(&exc::DeprecationWarning, 1, &message)
}
