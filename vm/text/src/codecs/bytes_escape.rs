//! The escapes of bytes literals: `codecs.escape_decode` and `escape_encode`.

use super::unicode_escape::Invalid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesEscapeError {
    TrailingBackslash,
    /// A `\x` without two digits, by its place.
    Hex(usize),
}

impl BytesEscapeError {
    /// The text of the ValueError.
    pub fn message(self) -> String {
        match self {
            Self::TrailingBackslash => "Trailing \\ in string".into(),
            Self::Hex(at) => format!("invalid \\x escape at position {at}"),
        }
    }
}

/// What becomes of a bad `\x`, by the name of the error handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadHex {
    Strict,
    Replace,
    Ignore,
}

pub fn decode(
    input: &[u8],
    bad_hex: BadHex,
) -> Result<(Vec<u8>, Option<Invalid>), BytesEscapeError> {
    let mut out = Vec::with_capacity(input.len());
    let mut invalid = None;
    let mut at = 0;
    while let Some(step) = memchr::memchr(b'\\', &input[at..]) {
        let start = at + step;
        out.extend_from_slice(&input[at..start]);
        let &byte = input
            .get(start + 1)
            .ok_or(BytesEscapeError::TrailingBackslash)?;
        at = start + 2;
        match byte {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(byte),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b't' => out.push(0x09),
            b'n' => out.push(0x0a),
            b'r' => out.push(0x0d),
            b'v' => out.push(0x0b),
            b'a' => out.push(0x07),
            b'0'..=b'7' => {
                let rest = input[start + 1..]
                    .iter()
                    .take(3)
                    .take_while(|byte| matches!(**byte, b'0'..=b'7'));
                let (len, value) = rest.fold((0, 0), |(len, value), byte| {
                    (len + 1, value << 3 | u32::from(byte - b'0'))
                });
                at = start + 1 + len;
                if value > 0o377 {
                    invalid.get_or_insert(Invalid::Octal { at: start, value });
                }
                out.push(value as u8);
            }
            b'x' => {
                let digit = |at: usize| input.get(at).and_then(|&byte| (byte as char).to_digit(16));
                match (digit(at), digit(at + 1), bad_hex) {
                    (Some(high), Some(low), _) => {
                        out.push((high << 4 | low) as u8);
                        at += 2;
                        continue;
                    }
                    (_, _, BadHex::Strict) => return Err(BytesEscapeError::Hex(start)),
                    (_, _, BadHex::Replace) => out.push(b'?'),
                    (_, _, BadHex::Ignore) => {}
                }
                at += usize::from(digit(at).is_some());
            }
            _ => {
                invalid.get_or_insert(Invalid::Character { at: start, byte });
                out.extend([b'\\', byte]);
            }
        }
    }
    out.extend_from_slice(&input[at..]);
    Ok((out, invalid))
}

pub fn encode(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len());
    for &byte in input {
        match byte {
            b'\'' | b'\\' => out.extend([b'\\', byte]),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b' '..=b'~' => out.push(byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out
}
